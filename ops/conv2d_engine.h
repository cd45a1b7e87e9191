/* conv2d_engine.h - which kernel runs a convolution, and in which layout.
 *
 * There are three engines, each with all three directions:
 *
 *     row-major float32      ops/kernels/conv2d.h        direct; few channels, small images, all the rest
 *     row-major float64      ops/kernels/conv2d.h        im2col
 *     channels-last float32  ops/kernels/conv2d_nhwc.h   Winograd
 *
 * The last one takes and gives activations in channels-last memory; weights are row-major in all.
 */
#ifndef GRA_OPS_CONV2D_ENGINE_H
#define GRA_OPS_CONV2D_ENGINE_H

#include "core/derived.h"
#include "core/tensor_struct.h"
#include "ops/kernels/conv2d.h"

typedef enum {
    GRA__FORWARD,         /* y  from a = x, b = w */
    GRA__BACKWARD_INPUT,  /* dx from a = g, b = w */
    GRA__BACKWARD_WEIGHT, /* dw from a = g, b = x */
} gra__direction;

/* The result as a new tensor of the given shape and of a's dtype; bfloat16 is computed in float32.
 * bias may be NULL; with relu, y = max(0, y). NULL with an error where memory is short. */
gra_tensor *gra__conv2d_run(gra__direction direction, const gra__conv2d_shape *s, gra_shape shape,
                            gra_tensor *a, gra_tensor *b, gra_tensor *bias, bool relu);

/* dw as gra__conv2d_run gives it, and *db = the sum of g over images and pixels, in one pass where the engine
 * can. NULL with an error where memory is short. */
gra_tensor *gra__conv2d_run_weight_bias(const gra__conv2d_shape *s, gra_shape shape, gra_tensor *g,
                                        gra_tensor *x, gra_tensor **db);

/* Whether x goes to the kernels for channels-last float32, in the forward pass. */
bool gra__conv2d_is_channels_last(const gra__conv2d_shape *s, const gra_tensor *x);

/* ---- the forward kernel for channels-last float32 ----
 *
 * `form` holds the weights as the kernel works with them, where w keeps a form (gra__keep_derived), and
 * is NULL otherwise: they are then brought into it in each call. w is row-major. */
gra__derived *gra__conv2d_form(const gra__conv2d_shape *s, gra_tensor *w);
size_t gra__conv2d_form_workspace(const gra__conv2d_shape *s, const gra__derived *form);
void gra__conv2d_form_run(const gra__conv2d_shape *s, const float *x, const float *w,
                          const gra__derived *form, const float *bias, bool relu, float *y,
                          void *workspace);

/* w [K, C, R, S] with the taps of each filter in reverse: w[k, c, R - 1 - r, S - 1 - s]. w itself where there is
 * but one. */
gra_tensor *gra__conv2d_turned(gra_tensor *w);

/* db[k] = the sum of g [N, K, P, Q] over n, p, q. */
gra_tensor *gra__conv2d_sum_bias(gra_tensor *g);

#endif
