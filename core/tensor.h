/* tensor.h - tensors: a refcounted handle on a refcounted storage.
 *
 * A tensor is sizes, strides and an offset over a storage; views share the storage, so writing
 * through one is seen through all.  Element (i, j) of a matrix lies at
 * offset + i * stride[0] + j * stride[1], counted in elements.
 *
 *     gra_tensor *x = gra_zeros(GRA_SHAPE(2, 3));
 *     float *p = gra_tensor_data(x);                 row-major, 64-byte aligned when freshly made
 *     p[1 * 3 + 2] = 5;
 *     gra_print(x);
 *
 * Ownership: a returned tensor belongs to the current scope (see scope.h).
 * Includes only core.
 */
#ifndef GRA_CORE_TENSOR_H
#define GRA_CORE_TENSOR_H

#include "dtype.h"
#include "object.h"
#include "shape.h"

GRA_BEGIN_DECLS

typedef struct gra_tensor gra_tensor;

/* Queries. On NULL: -1, 0, false or NULL, silently, as an error is pending then. */
int gra_tensor_ndim(const gra_tensor *t);
gra_shape gra_tensor_shape(const gra_tensor *t);
int64_t gra_tensor_size(const gra_tensor *t, int dim);   /* negative dims count from the end */
int64_t gra_tensor_stride(const gra_tensor *t, int dim); /* in elements */
int64_t gra_tensor_numel(const gra_tensor *t);
gra_dtype gra_tensor_dtype(const gra_tensor *t);
bool gra_is_contiguous(const gra_tensor *t); /* row-major without gaps */
bool gra_is_leaf(const gra_tensor *t);       /* not the result of a recorded op */
bool gra_tensor_requires_grad(const gra_tensor *t);

/* The first element. gra_tensor_data demands a row-major tensor and otherwise fails with an error
 * that names gra_contiguous; gra_tensor_data_strided gives any, to be read with the strides. Whoever
 * writes through the pointer of a tensor that the graph saved, or of a weight that its layer caches
 * (.cache_weights), must call gra_tensor_touch(t). */
void *gra_tensor_data(gra_tensor *t);
void *gra_tensor_data_strided(gra_tensor *t);
void gra_tensor_touch(gra_tensor *t);

/* The only element of a one-element tensor; NaN and 0 on error. */
double gra_item(const gra_tensor *t);
int64_t gra_item_int(const gra_tensor *t);

/* The element at an index, for tests and teaching; NaN with an error where the index is outside. */
double gra_tensor_at(const gra_tensor *t, gra_shape index);

/* Autograd's side of a tensor. The gradient (or NULL) stays the tensor's own. */
gra_tensor *gra_requires_grad(gra_tensor *t);                    /* sets it on a leaf, returns t */
gra_tensor *gra_set_requires_grad(gra_tensor *t, bool requires); /* the same, with a choice */
gra_tensor *gra_tensor_grad(const gra_tensor *t);
void gra_tensor_zero_grad(gra_tensor *t);   /* forgets the gradient: it is NULL afterwards */
gra_tensor *gra_retain_grad(gra_tensor *t); /* keep the gradient of an intermediate result too */

GRA_END_DECLS

#endif
