/* shape.h - sizes of a tensor and lists of dims, passed by value.
 *
 *     gra_zeros(GRA_SHAPE(2, 3));                     two rows of three
 *     gra_sum(x, .dims = GRA_DIMS(0, -1));            over the first and the last dim
 *
 * At most GRA_MAX_DIMS dims.  A scalar has count 0 (GRA_SCALAR).  Sizes count elements.
 */
#ifndef GRA_CORE_SHAPE_H
#define GRA_CORE_SHAPE_H

#include "common.h"

GRA_BEGIN_DECLS

#define GRA_MAX_DIMS 8

typedef struct gra_shape {
    int count;                  /* number of dims, 0 to GRA_MAX_DIMS */
    int64_t size[GRA_MAX_DIMS]; /* elements along each dim, >= 0 (-1: infer, in view and reshape) */
} gra_shape;

typedef struct gra_dims {
    int count;                 /* 0 means all dims */
    int64_t dim[GRA_MAX_DIMS]; /* -ndim to ndim - 1; negative counts from the end */
} gra_dims;

#ifndef __cplusplus
#define GRA_SHAPE(...)                                                                             \
    ((gra_shape){(int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), {__VA_ARGS__}})
#define GRA_DIMS(...)                                                                              \
    ((gra_dims){(int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), {__VA_ARGS__}})
#define GRA_SCALAR ((gra_shape){0, {0}})
#endif

/* A shape of `count` sizes read from an array; more than GRA_MAX_DIMS keeps the count, and whoever
 * makes a tensor of it reports the error. */
gra_shape gra_shape_of(const int64_t *sizes, int count);
bool gra_shape_equal(gra_shape a, gra_shape b);

/* Writes "[2, 3]" into buffer (PyTorch's way) and returns buffer. */
#define GRA_SHAPE_TEXT 192
char *gra_shape_text(gra_shape shape, char buffer[GRA_SHAPE_TEXT]);

GRA_END_DECLS

#endif
