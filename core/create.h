/* create.h - new tensors from sizes, ranges and data.
 *
 *     gra_tensor *a = gra_zeros(GRA_SHAPE(2, 3));
 *     gra_tensor *b = gra_full(GRA_SHAPE(2, 3), 7, .dtype = GRA_INT64);
 *     gra_tensor *c = gra_vector(1, 2.5, -3);
 *     gra_tensor *d = gra_from_data(pixels, GRA_SHAPE(28, 28), .dtype = GRA_UINT8);
 *
 * All belong to the current scope, are not recorded and, but for those like another tensor, row-major.
 * Errors: a negative size, more than GRA_MAX_DIMS dims, more bytes than there are.
 */
#ifndef GRA_CORE_CREATE_H
#define GRA_CORE_CREATE_H

#include "tensor.h"

GRA_BEGIN_DECLS

/* Options of the constructors that take a shape. */
typedef struct gra_create_options {
    int begin_;
    gra_shape shape;
    gra_dtype dtype;    /* GRA_FLOAT32 */
    bool requires_grad; /* false */
} gra_create_options;

typedef struct gra_full_options {
    int begin_;
    gra_shape shape;
    double value;
    gra_dtype dtype;    /* GRA_FLOAT32 */
    bool requires_grad; /* false */
} gra_full_options;

typedef struct gra_from_data_options {
    int begin_;
    const void *data; /* row-major elements of dtype, copied */
    gra_shape shape;
    gra_dtype dtype;    /* GRA_FLOAT32 */
    bool requires_grad; /* false */
} gra_from_data_options;

gra_create_options gra_create_defaults(void);
gra_full_options gra_full_defaults(void);
gra_from_data_options gra_from_data_defaults(void);

gra_tensor *gra_empty_with(gra_create_options options); /* not initialised */
gra_tensor *gra_zeros_with(gra_create_options options);
gra_tensor *gra_ones_with(gra_create_options options);
gra_tensor *gra_full_with(gra_full_options options); /* every element is value */
gra_tensor *gra_from_data_with(gra_from_data_options options);

/* start, start + step, ... below end: ceil((end - start) / step) elements. int64 where all three are
 * whole numbers, float32 otherwise; gra_to converts. */
gra_tensor *gra_arange(double start, double end, double step);
gra_tensor *gra_linspace(double start, double end, int64_t steps); /* both ends included, float32 */
gra_tensor *gra_eye(int64_t n);                                    /* n x n identity, float32 */
gra_tensor *gra_scalar(double value, gra_dtype dtype);             /* no dims */

/* A float32 vector of count doubles. */
gra_tensor *gra_vector_of(const double *values, size_t count);

/* The same shape and dtype as t, and the same strides where they leave no gaps (else row-major). NULL
 * in gives NULL out. */
gra_tensor *gra_empty_like(const gra_tensor *t);
gra_tensor *gra_zeros_like(const gra_tensor *t);
gra_tensor *gra_ones_like(const gra_tensor *t);
gra_tensor *gra_full_like(const gra_tensor *t, double value);

#ifndef __cplusplus
#define gra_empty(...) gra_empty_with(GRA_KEYWORDS(gra_create_options, .begin_ = 0, __VA_ARGS__))
#define gra_zeros(...) gra_zeros_with(GRA_KEYWORDS(gra_create_options, .begin_ = 0, __VA_ARGS__))
#define gra_ones(...) gra_ones_with(GRA_KEYWORDS(gra_create_options, .begin_ = 0, __VA_ARGS__))
#define gra_full(...) gra_full_with(GRA_KEYWORDS(gra_full_options, .begin_ = 0, __VA_ARGS__))
#define gra_from_data(...)                                                                         \
    gra_from_data_with(GRA_KEYWORDS(gra_from_data_options, .begin_ = 0, __VA_ARGS__))
#define gra_vector(...)                                                                            \
    gra_vector_of((const double[]){__VA_ARGS__},                                                   \
                  sizeof((const double[]){__VA_ARGS__}) / sizeof(double))
#endif

GRA_END_DECLS

#endif
