/* 2-D convolution and its gradients in float32 on channels-last activations.
 *
 * May include: conv2d.h. Pointers and sizes only. Activations are channels-last in memory, weights row-major:
 * x and dx[n][h][w][c], y and g[n][out_h][out_w][k], w and dw[k][c / groups][r][s], bias and db[k].
 *
 *     if (gra__conv2d_nhwc_fits(&shape)) {
 *         void *workspace = ... of gra__conv2d_nhwc_forward_workspace_f32(&shape) bytes;
 *         gra__conv2d_nhwc_forward_f32(&shape, x, w, bias, true, y, workspace);
 *     }
 *
 * 3x3 and 5x5 filters of stride 1 whose channels are whole vectors go through Winograd's algorithm (winograd.h), wide
 * filters of few channels with a stride as well (space_to_depth.h), the others through an implicit matrix product
 * (channels_last.h). Formulas are conv2d.h's. Results are overwritten, not added to, and have the same bits for any
 * number of threads.
 *
 * Each function takes `workspace`, of at least as many bytes as the function with _workspace in its name returned for
 * the same shape and number of threads. It is aligned as malloc aligns, and its contents do not matter.
 */
#ifndef GRA_OPS_KERNELS_CONV2D_NHWC_H
#define GRA_OPS_KERNELS_CONV2D_NHWC_H

#include <stdbool.h>

#include "ops/kernels/conv2d.h"

/* Whether the functions below take this shape; where not, the caller uses conv2d.h on row-major tensors. */
bool gra__conv2d_nhwc_fits(const gra__conv2d_shape *shape);

/* Whether it pays to bring a row-major tensor into channels-last for this shape: few channels and images do not. */
bool gra__conv2d_nhwc_pays(const gra__conv2d_shape *shape);

size_t gra__conv2d_nhwc_forward_workspace_f32(const gra__conv2d_shape *shape);
size_t gra__conv2d_nhwc_backward_input_workspace_f32(const gra__conv2d_shape *shape);
size_t gra__conv2d_nhwc_backward_weight_workspace_f32(const gra__conv2d_shape *shape);

/* y = x * w + bias, and with relu max(0, that), which lets NaN through; bias may be NULL. */
void gra__conv2d_nhwc_forward_f32(const gra__conv2d_shape *shape, const float *x, const float *w,
                                  const float *bias, bool relu, float *y, void *workspace);

/* The same with weights brought beforehand into the form that the algorithm works with: `bytes` of it, aligned to 64,
 * which are 0 where there is no such form. It stays right while w does, for shapes that have the same form. */
typedef struct gra__weight_form {
    size_t bytes;
    uint64_t name; // forms of a tensor with different names differ
} gra__weight_form;

gra__weight_form gra__conv2d_nhwc_form_f32(const gra__conv2d_shape *shape);
void gra__conv2d_nhwc_prepare_f32(const gra__conv2d_shape *shape, const float *w, float *prepared);
size_t gra__conv2d_nhwc_forward_prepared_workspace_f32(const gra__conv2d_shape *shape);
void gra__conv2d_nhwc_forward_prepared_f32(const gra__conv2d_shape *shape, const float *x,
                                           const float *prepared, const float *bias, bool relu,
                                           float *y, void *workspace);

/* dx = the sum of g * w over the outputs that read each element of x. */
void gra__conv2d_nhwc_backward_input_f32(const gra__conv2d_shape *shape, const float *g,
                                         const float *w, float *dx, void *workspace);

/* dw = the sum of g * x over images and pixels, and where db is not NULL, db[k] = the sum of g. */
void gra__conv2d_nhwc_backward_weight_f32(const gra__conv2d_shape *shape, const float *g,
                                          const float *x, float *dw, float *db, void *workspace);

#endif
