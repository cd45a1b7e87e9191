/* product.h - one matrix product in any dtype: the step between matmul and linear and the kernels.
 *
 *   c = a b + bias          a [m, k], b [k, n], c [m, n] row-major, bias [n] or NULL
 *
 * Matrices are read with strides, so a transposed one is not copied.  May include: core, kernels.
 */
#ifndef GRA_OPS_PRODUCT_H
#define GRA_OPS_PRODUCT_H

#include "core/tensor_struct.h"

typedef struct gra__matrix {
    const void *data; /* of the element at (0, 0) */
    int64_t rows, columns;
    int64_t row_step, column_step; /* strides, in elements */
} gra__matrix;

/* The dtype that products of a dtype are computed in: float32 for bfloat16, int64 for integers. False
 * with an error for bool, and where the dtypes of count tensors (NULLs are skipped) differ. */
bool gra__product_dtype(const char *op, gra_tensor *const *tensors, int count, gra_dtype *dtype);

/* t in that dtype, and copied where its last two dims have strides that no kernel takes (0, from
 * gra_expand). */
gra_tensor *gra__product_ready(gra_tensor *t, gra_dtype dtype);

/* The matrix of the last two dims of t. */
gra__matrix gra__matrix_of(const gra_tensor *t);
gra__matrix gra__matrix_transposed(gra__matrix a);

/* Whether some rows of an m x n x k product, 16 at least, get the same bits when they are made
 * alone. */
bool gra__product_is_by_rows(gra_dtype dtype, int64_t m, int64_t n, int64_t k);

/* c = a b + bias, all in `dtype`: float32, float64 or int64 (which wraps around). */
void gra__product(gra_dtype dtype, gra__matrix a, gra__matrix b, void *c, const void *bias);

#endif
