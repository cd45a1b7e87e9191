/* 2-D pooling and its gradients, with PyTorch's conventions.
 *
 * May include: nothing of Gradus. Tensors are contiguous planes, x[planes][h][w] and y[planes][out_h][out_w], where planes
 * is images times channels. The caller gives out_h and out_w, so ceil_mode is the caller's. Any size may be 0.
 *
 *     window of (p, q):  rows p*stride_h - pad_h + i*dilation_h for i < kernel_h, columns likewise, where in the image
 */
#ifndef GRA_OPS_KERNELS_POOL2D_H
#define GRA_OPS_KERNELS_POOL2D_H

#include <stdbool.h>
#include <stdint.h>

typedef struct gra__pool2d_shape {
    int64_t planes, h, w;           // input: images times channels, rows, columns
    int64_t out_h, out_w;           // output rows and columns
    int64_t kernel_h, kernel_w;     // the window
    int64_t stride_h, stride_w;     // at least 1
    int64_t pad_h, pad_w;           // at most half the window
    int64_t dilation_h, dilation_w; // at least 1; average pooling has none and does not read them
} gra__pool2d_shape;

/* y = sum of the window / divisor. The divisor is divisor_override if that is not 0, otherwise the number of the
 * window's positions, those in the padding only with count_include_pad. */
void gra__avg_pool2d_forward_f32(const gra__pool2d_shape *shape, bool count_include_pad,
                                 int64_t divisor_override, const float *x, float *y);
void gra__avg_pool2d_forward_f64(const gra__pool2d_shape *shape, bool count_include_pad,
                                 int64_t divisor_override, const double *x, double *y);
void gra__avg_pool2d_backward_f32(const gra__pool2d_shape *shape, bool count_include_pad,
                                  int64_t divisor_override, const float *g, float *dx);
void gra__avg_pool2d_backward_f64(const gra__pool2d_shape *shape, bool count_include_pad,
                                  int64_t divisor_override, const double *g, double *dx);

/* y = maximum of the window, indices = its place i*w + j in the plane. Of equal numbers the first wins; NaN beats every
 * number, the last NaN every other. */
void gra__max_pool2d_forward_f32(const gra__pool2d_shape *shape, const float *x, float *y,
                                 int64_t *indices);
void gra__max_pool2d_forward_f64(const gra__pool2d_shape *shape, const double *x, double *y,
                                 int64_t *indices);
/* False where an index lies outside of the plane; the others are added all the same. */
bool gra__max_pool2d_backward_f32(const gra__pool2d_shape *shape, const float *g,
                                  const int64_t *indices, float *dx);
bool gra__max_pool2d_backward_f64(const gra__pool2d_shape *shape, const double *g,
                                  const int64_t *indices, double *dx);

#endif
