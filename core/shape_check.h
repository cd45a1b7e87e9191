/* shape_check.h - shape arithmetic for the library's own use; reports through gra_fail. */
#ifndef GRA_CORE_SHAPE_CHECK_H
#define GRA_CORE_SHAPE_CHECK_H

#include "shape.h"

/* Whether a caller's shape was made by GRA_SHAPE or a function; an error that names op if not. */
bool gra__shape_given(const char *op, gra_shape shape);

/* Number of elements, or -1 with an error when a size is negative, the dims are too many or the
 * product times `element` bytes does not fit. `op` names the caller in the message. */
int64_t gra__shape_numel(const char *op, gra_shape shape, size_t element);

/* Product of the sizes, known to be valid. */
int64_t gra__numel(const gra_shape *shape);

/* The shape that a and b broadcast to; false with an error naming op where they do not. */
bool gra__broadcast(const char *op, const gra_shape *a, const gra_shape *b, gra_shape *result);

/* Wraps a negative dim. -1 with an error when it lies outside -ndim .. ndim-1 (a scalar accepts 0
 * and -1, as in PyTorch). */
int gra__wrap_dim(const char *op, int64_t dim, int ndim);

/* The dims as a bit mask; an empty list gives all dims. False with an error for a dim out of range
 * or named twice. */
bool gra__dims_mask(const char *op, gra_dims dims, int ndim, unsigned *mask);

/* Fills strides for a row-major tensor. */
void gra__row_major(const gra_shape *shape, int64_t stride[GRA_MAX_DIMS]);

#endif
