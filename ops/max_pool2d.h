/* max_pool2d.h - what max_pool2d.c shares with ops that have a pooling fused. */
#ifndef GRA_OPS_MAX_POOL2D_H
#define GRA_OPS_MAX_POOL2D_H

#include "core/tensor_struct.h"
#include "ops/kernels/pool2d.h"
#include "ops/ops.h"

typedef struct gra__max_pool2d_args {
    int64_t kernel[2], stride[2], padding[2], dilation[2]; /* height, width */
    bool ceil_mode;
} gra__max_pool2d_args;

/* The arguments that the options stand for; false with an error. */
bool gra__max_pool2d_args_of(const char *op, const gra_max_pool2d_options *o,
                             gra__max_pool2d_args *args);

/* The maxima of x [N, C, H, W], and who they are: int64 places in the plane, or uint8 places in the window where x
 * goes to the kernels for channels-last. NULL with an error. */
gra_tensor *gra__max_pool2d_run(const char *op, gra_tensor *x, const gra__max_pool2d_args *args,
                                gra_tensor **winners);

/* Winners as places in the plane of an input of a shape; those themselves where they are that already. */
gra_tensor *gra__max_pool2d_places(gra_shape x, gra_tensor *winners,
                                   const gra__max_pool2d_args *args);

/* What the kernels are told: input x and output y. */
gra__pool2d_shape gra__max_pool2d_kernel_shape(gra_shape x, gra_shape y,
                                               const gra__max_pool2d_args *args);

/* The gradient of the pooling's input, of a shape, from g and the winners that were kept; recorded. */
gra_tensor *gra__max_pool2d_backward(gra_tensor *g, gra_tensor *winners, gra_shape shape,
                                     const gra__max_pool2d_args *args);

#endif
