/* Convolution of few channels with a wide filter and a stride, such as AlexNet's first, by Winograd's algorithm.
 *
 * May include: conv2d.h. The caller is conv2d_nhwc.c; layouts, formulas and workspaces are conv2d_nhwc.h's.
 *
 * Squares of stride x stride pixels become the channels of one pixel, which turns the stride into 1 and, for instance, an
 * 11 x 11 filter of stride 4 on 3 channels into a 3 x 3 filter on 48:
 *
 *     x'[i][j][(a, b, c)] = x[i * stride + a - pad][j * stride + b - pad][c]
 *     w'[k][(a, b, c)][r][s] = w[k][c][r * stride + a][s * stride + b],  0 where that is outside the filter
 */
#ifndef GRA_OPS_KERNELS_SPACE_TO_DEPTH_H
#define GRA_OPS_KERNELS_SPACE_TO_DEPTH_H

#include <stdbool.h>

#include "ops/kernels/conv2d.h"

/* Square filters of more than two and at most three strides, no groups, no dilation, whole vectors of c * stride^2. */
bool gra__space_to_depth_fits(const gra__conv2d_shape *shape);

size_t gra__space_to_depth_forward_workspace(const gra__conv2d_shape *shape);
size_t gra__space_to_depth_backward_input_workspace(const gra__conv2d_shape *shape);
size_t gra__space_to_depth_backward_weight_workspace(const gra__conv2d_shape *shape);

void gra__space_to_depth_forward(const gra__conv2d_shape *shape, const float *x, const float *w,
                                 const float *bias, bool relu, float *y, void *workspace);
void gra__space_to_depth_backward_input(const gra__conv2d_shape *shape, const float *g,
                                        const float *w, float *dx, void *workspace);
void gra__space_to_depth_backward_weight(const gra__conv2d_shape *shape, const float *g,
                                         const float *x, float *dw, float *db, void *workspace);

#endif
