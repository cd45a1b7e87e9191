/* 2-D pooling and its gradients in float32 on channels-last images.
 *
 * May include: pool2d.h. Pointers and sizes only: x and dx[images][h][w][c], y and g[images][out_h][out_w][c], where the
 * shape's planes are images times c. Vectors run over the channels, so any window, stride, padding and dilation costs
 * alike; results are pool2d.h's. Any size may be 0.
 *
 * Each gradient is gathered, not scattered: a pixel of dx is the sum over the windows that it lies in, in their order.
 * So every pixel is written once, also where windows overlap, and threads share nothing.
 *
 *     kernel 3, stride 2      i  0 1 2 3 4 5 6
 *                             p  0 0 0             pixel 2 lies in windows 0 (as position 2) and 1 (as position 0)
 *                                    1 1 1
 *                                        2 2 2
 */
#ifndef GRA_OPS_KERNELS_POOL2D_NHWC_H
#define GRA_OPS_KERNELS_POOL2D_NHWC_H

#include "ops/kernels/pool2d.h"

/* What average pooling divides by. */
typedef struct gra__pool2d_average {
    bool count_include_pad;
    int64_t divisor_override; // 0: none
} gra__pool2d_average;

void gra__avg_pool2d_nhwc_forward_f32(const gra__pool2d_shape *shape, int64_t channels,
                                      const gra__pool2d_average *average, const float *x, float *y);
void gra__avg_pool2d_nhwc_backward_f32(const gra__pool2d_shape *shape, int64_t channels,
                                       const gra__pool2d_average *average, const float *g,
                                       float *dx);

/* Whether a position in the window fits into a byte, as the functions below need. */
bool gra__max_pool2d_nhwc_fits(const gra__pool2d_shape *shape);

/* winners[images][out_h][out_w][c] = the maximum's place i * kernel_w + j in its window. */
void gra__max_pool2d_nhwc_forward_f32(const gra__pool2d_shape *shape, int64_t channels,
                                      const float *x, float *y, uint8_t *winners);
void gra__max_pool2d_nhwc_backward_f32(const gra__pool2d_shape *shape, int64_t channels,
                                       const float *g, const uint8_t *winners, float *dx);

/* After a rectifier: the winners of the outputs that are not above 0 become nobody, so that they get no gradient. For
 * windows of less than 256 positions. NaN stays. */
enum { GRA_NO_WINNER = 255 };
void gra__max_pool2d_nhwc_rectify(int64_t outputs, const float *y, uint8_t *winners);

/* The same winners as places i * w + j in the plane: indices[images][out_h][out_w][c]. */
void gra__max_pool2d_nhwc_indices(const gra__pool2d_shape *shape, int64_t channels,
                                  const uint8_t *winners, int64_t *indices);

/* The loops, compiled once per instruction set: one row of the result each, from a whole image. */
typedef struct gra__pool2d_nhwc_table {
    void (*average)(const gra__pool2d_shape *shape, int64_t channels,
                    const gra__pool2d_average *average, int64_t row, const float *x, float *y);
    void (*average_backward)(const gra__pool2d_shape *shape, int64_t channels,
                             const gra__pool2d_average *average, int64_t row, const float *g,
                             float *dx);
    void (*max)(const gra__pool2d_shape *shape, int64_t channels, int64_t row, const float *x,
                float *y, uint8_t *winners);
    void (*max_backward)(const gra__pool2d_shape *shape, int64_t channels, int64_t row,
                         const float *g, const uint8_t *winners, float *dx);
} gra__pool2d_nhwc_table;

#endif
