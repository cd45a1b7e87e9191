/* Adaptive average pooling and its gradient: any output size, windows of nearly equal size.
 *
 * May include: nothing of Gradus. Strides are in numbers, so any layout will do.
 *
 *     window of p:  floor(p h / out_h) <= i < ceil((p + 1) h / out_h); neighbours may overlap by a pixel
 */
#ifndef GRA_OPS_KERNELS_ADAPTIVE_POOL2D_H
#define GRA_OPS_KERNELS_ADAPTIVE_POOL2D_H

#include <stdint.h>

typedef struct gra__adaptive_shape {
    int64_t n, c, h, w, out_h, out_w;
    int64_t in_stride[4], out_stride[4]; // of images n, channels c, rows, columns
} gra__adaptive_shape;

/* y[n][c][p][q] = mean of x[n][c] over the window of (p, q). */
void gra__adaptive_avg_pool2d_f32(const gra__adaptive_shape *shape, const float *x, float *y);
void gra__adaptive_avg_pool2d_f64(const gra__adaptive_shape *shape, const double *x, double *y);

/* dx += g / size of the window, over the windows; dx holds zeros before. */
void gra__adaptive_avg_pool2d_backward_f32(const gra__adaptive_shape *shape, const float *g,
                                           float *dx);
void gra__adaptive_avg_pool2d_backward_f64(const gra__adaptive_shape *shape, const double *g,
                                           double *dx);

/* y[n][c][p][q] = the maximum of x[n][c] over the window of (p, q), of which the first of equals wins, and the last NaN
 * over all; indices, row-major, is its place i * w + j. */
void gra__adaptive_max_pool2d_f32(const gra__adaptive_shape *shape, const float *x, float *y,
                                  int64_t *indices);
void gra__adaptive_max_pool2d_f64(const gra__adaptive_shape *shape, const double *x, double *y,
                                  int64_t *indices);

#endif
