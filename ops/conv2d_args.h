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
    bool relu;        /* y = max(0, y), fused */
    bool flip_kernel; /* the filter turned by 180 degrees: a convolution as textbooks have it */
} gra__conv2d_args;

/* Whether input x [N, C, ..], weight w [K, C / groups, ..] and bias [K] of a convolution agree in dtypes and
 * shapes; false with an error. The weight has `dims` dims behind the channels, as x has. */
bool gra__conv_agrees(const char *op, const gra_tensor *x, const gra_tensor *w,
                      const gra_tensor *bias, int dims, int64_t groups);
/* The same for a gradient op, called by name perhaps: whether g is the gradient of a convolution's result,
 * given the shapes of input and weight, one of which is that of the other tensor. A pair or triple each. */
bool gra__conv_gradient_fits(const char *op, const gra_tensor *g, const gra_tensor *other,
                             gra_shape x, gra_shape w, const int64_t *stride,
                             const int64_t *padding, const int64_t *dilation, int dims,
                             int64_t groups);

bool gra__conv_dtypes_agree(const char *op, const gra_tensor *x, const gra_tensor *w,
                            const gra_tensor *bias);

/* The zeros on both sides of an input for a padding of GRA_SAME, with which the result is as long as the
 * input: (before, after), which differ by one where the window covers an even number of elements. */
void gra__same_padding(int64_t kernel, int64_t dilation, int64_t ends[2]);

/* The arguments that the options stand for; false with an error. */
bool gra__conv2d_args_of(const gra_conv2d_options *o, gra__conv2d_args *args);

/* The shape of the output of x [N, C, H, W]; false with an error where dtypes or shapes do not agree. */
bool gra__conv2d_output(const gra_tensor *x, const gra_tensor *w, const gra_tensor *bias,
                        const gra__conv2d_args *args, gra_shape *shape);

/* What the kernels are told: input x, weight w and output y. */
gra__conv2d_shape gra__conv2d_kernel_shape(gra_shape x, gra_shape w, gra_shape y,
                                           const gra__conv2d_args *args);

/* The convolution of x [N, C, H, W], the same without rows and columns that a shape does not have (a
 * transposed convolution may leave room for more), and the gradients of its input and weight, of a
 * shape; recorded. */
gra_tensor *gra__conv2d_apply(gra_tensor *x, gra_tensor *w, gra_tensor *bias,
                              const gra__conv2d_args *args);
gra_tensor *gra__conv2d_apply_for(gra_tensor *x, gra_tensor *w, gra_shape shape,
                                  const gra__conv2d_args *args);
gra_tensor *gra__conv2d_backward_input(gra_tensor *g, gra_tensor *w, gra_shape shape,
                                       const gra__conv2d_args *args);
gra_tensor *gra__conv2d_backward_weight(gra_tensor *g, gra_tensor *x, gra_shape shape,
                                        const gra__conv2d_args *args);
gra_tensor *gra__conv2d_backward_bias(gra_tensor *g);

/* A vjp's part that is the convolution's, recorded: dx[i] of each input that needs it, from the gradient
 * of the sums, those before a fused rectifier. c->in[0] is x, c->in[1] w. */
void gra__conv2d_gradients(gra_call *c, gra_tensor *g, const gra__conv2d_args *args,
                           gra_tensor **dx);

/* One multiply-add for each output, each tap of the filter and each channel of the group, those that
 * meet the padding included; the gradients have as many. */
double gra__conv2d_flops(gra_shape y, gra_shape w);

#endif
