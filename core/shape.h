/* shape.h - sizes of a tensor and lists of dims, passed by value.
 *
 *     gra_zeros(GRA_SHAPE(2, 3));                     two rows of three
 *     gra_sum(x, .dims = GRA_DIMS(0, -1));            over the first and the last dim
 *
 * At most GRA_MAX_DIMS dims.  A scalar has count 0 (GRA_SCALAR).  Sizes count elements.
 *
 * Both structs begin with a pointer that GRA_SHAPE and GRA_DIMS set.  Without it the compiler would
 * take gra_zeros(2, 3) for a shape with count 2 and one size of 3; as it is, it warns about an integer
 * that becomes a pointer, and the call is an error.
 */
#ifndef GRA_CORE_SHAPE_H
#define GRA_CORE_SHAPE_H

#include "common.h"

GRA_BEGIN_DECLS

#define GRA_MAX_DIMS 8

/* Where the first members of shapes and dims point to. */
extern const char gra_shape_kind, gra_dims_kind;

typedef struct gra_shape {
    const char *kind;           /* &gra_shape_kind */
    int count;                  /* number of dims, 0 to GRA_MAX_DIMS */
    int64_t size[GRA_MAX_DIMS]; /* elements along each dim, >= 0 (-1: infer, in view and reshape) */
} gra_shape;

typedef struct gra_dims {
    const char *kind;          /* &gra_dims_kind */
    int count;                 /* 0 means all dims */
    int64_t dim[GRA_MAX_DIMS]; /* -ndim to ndim - 1; negative counts from the end */
} gra_dims;

#ifndef __cplusplus
#define GRA_SHAPE(...)                                                                             \
    ((gra_shape){&gra_shape_kind,                                                                  \
                 (int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)),                        \
                 {__VA_ARGS__}})
#define GRA_DIMS(...)                                                                              \
    ((gra_dims){                                                                                   \
        &gra_dims_kind, (int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), {__VA_ARGS__}})
#define GRA_SCALAR ((gra_shape){&gra_shape_kind, 0, {0}})
#define GRA_ALL_DIMS ((gra_dims){&gra_dims_kind, 0, {0}})
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
