/* conv2d_args.h - a convolution's arguments and what is checked of them, for conv2d.c and the ops that
 * have something fused with it.
 */
#ifndef GRA_OPS_CONV2D_ARGS_H
#define GRA_OPS_CONV2D_ARGS_H

#include "core/op.h"
#include "core/tensor_struct.h"
#include "ops/kernels/conv2d.h"
#include "ops/ops.h"

typedef struct gra__conv2d_args {
    int64_t stride[2], padding[2], dilation[2]; /* height, width */
    int64_t groups;
    bool relu; /* y = max(0, y), fused */
} gra__conv2d_args;

/* The arguments that the options stand for; false with an error. */
bool gra__conv2d_args_of(const gra_conv2d_options *o, gra__conv2d_args *args);

/* The shape of the output of x [N, C, H, W]; false with an error where dtypes or shapes do not agree. */
bool gra__conv2d_output(const gra_tensor *x, const gra_tensor *w, const gra_tensor *bias,
                        const gra__conv2d_args *args, gra_shape *shape);

/* What the kernels are told: input x, weight w and output y. */
gra__conv2d_shape gra__conv2d_kernel_shape(gra_shape x, gra_shape w, gra_shape y,
                                           const gra__conv2d_args *args);

/* A vjp's part that is the convolution's, recorded: dx[i] of each input that needs it, from the gradient
 * of the sums, those before a fused rectifier. c->in[0] is x, c->in[1] w. */
void gra__conv2d_gradients(gra_call *c, gra_tensor *g, const gra__conv2d_args *args,
                           gra_tensor **dx);

/* One multiply-add for each output, each tap of the filter and each channel of the group, those that
 * meet the padding included; the gradients have as many. */
double gra__conv2d_flops(gra_shape y, gra_shape w);

#endif
