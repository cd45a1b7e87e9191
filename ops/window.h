/* window.h - what convolution and pooling share: options in height and width, output sizes, images
 * without a batch. */
#ifndef GRA_OPS_WINDOW_H
#define GRA_OPS_WINDOW_H

#include "core/tensor_struct.h"
#include "ops/kernels/pool2d.h"

/* One dim of a sliding window, in pixels. */
typedef struct gra__window {
    int64_t kernel, stride, padding, dilation;
} gra__window;

/* Puts a scalar option, or the tuple given instead of it, into pair[0] (height) and pair[1] (width).
 * False with an error when both were given or a value lies outside min .. 2^31 - 1. */
bool gra__pair(const char *op, const char *name, int64_t scalar, int64_t normal,
               const int64_t tuple[2], int64_t min, int64_t pair[2]);

/* The same for depth, height and width, whose tuple is called NAME_dhw. */
bool gra__triple(const char *op, const char *name, int64_t scalar, int64_t normal,
                 const int64_t tuple[3], int64_t min, int64_t triple[3]);

/* Whether an option without a tuple lies in that range; an error if not. */
bool gra__in_range(const char *op, const char *name, int64_t value, int64_t min);

/* Number of window positions over `size` pixels, at least 0 (0: no window fits).
 *
 *   floor((size + 2 padding - dilation (kernel - 1) - 1) / stride) + 1
 *
 * or the ceiling, without windows that would begin behind the image, in ceil_mode. */
int64_t gra__window_count(int64_t size, gra__window window, bool ceil_mode);

/* An input of [C, H, W] as [1, C, H, W]; one of [N, C, H, W] as it is. NULL with an error for another
 * number of dims. And the same for `dims` of them behind the channels: 1 (L), 2 (H, W) or 3 (D, H, W). */
gra_tensor *gra__as_batch(const char *op, gra_tensor *x);
gra_tensor *gra__as_batch_of(const char *op, gra_tensor *x, int dims);

/* Whether a shape has a batch; an error if not. An op that is called by name may get any. */
bool gra__is_batch(const char *op, gra_shape x, int dims);

/* y, made of gra__as_batch(x), without the batch that x has not; NULL for NULL. */
gra_tensor *gra__without_batch(gra_tensor *y, const gra_tensor *x, const gra_tensor *batch);

/* Checks that a window is one and fits into rows and columns of the shape x [N, C, H, W], and writes the
 * output's. And the same for `dims` of them behind the channels. */
bool gra__window_output(const char *op, gra_shape x, const gra__window window[2], bool ceil_mode,
                        int64_t out[2]);
bool gra__windows_output(const char *op, gra_shape x, const gra__window *window, int dims,
                         bool ceil_mode, int64_t *out);

/* What the dims behind the channels are called: "height" for 0 of 2. */
const char *gra__extent_name(int i, int dims);

/* A pooling's stride along dim i; 0 stands for the kernel's size, as where a call by name leaves it out. */
static inline int64_t gra__pool_stride(const int64_t *stride, const int64_t *kernel, int i)
{
    return stride[i] ? stride[i] : kernel[i];
}

/* The options of a pooling: like gra__pair for each; a stride of 0 is the kernel's size, and padding is
 * at most half the kernel. */
bool gra__pool_options(const char *op, int64_t kernel, const int64_t kernel_hw[2], int64_t stride,
                       const int64_t stride_hw[2], int64_t padding, const int64_t padding_hw[2],
                       int64_t kernels[2], int64_t strides[2], int64_t paddings[2]);

/* The same for numbers that are there already: strides of 0 become the kernel's size. */
bool gra__pool_numbers(const char *op, const int64_t kernel[2], int64_t stride[2],
                       const int64_t padding[2]);

/* Whether g and the shape of a pooling's input fit each other, for a gradient op called by name: g has
 * the shape of the result. The numbers of the windows are checked too, as by gra__window_output. */
bool gra__pool_gradient_fits(const char *op, gra_shape g, gra_shape x, const gra__window window[2],
                             bool ceil_mode);

/* Whether x goes to the kernels for channels-last images: float32 in that order. */
bool gra__pool_channels_last(const gra_tensor *x);

/* x as the other pooling kernels take it: row-major float32 or float64 (bfloat16 is computed in float32). NULL
 * with an error for other dtypes. */
gra_tensor *gra__pool_ready(const char *op, gra_tensor *x);

/* What the pooling kernels are told: input x and output y as [N, C, H, W], pairs as height, width. */
gra__pool2d_shape gra__pool_shape(gra_shape x, gra_shape y, const int64_t kernel[2],
                                  const int64_t stride[2], const int64_t padding[2],
                                  const int64_t dilation[2]);

#endif
