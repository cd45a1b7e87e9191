/* conv1d.c - 1-D convolution (cross-correlation).
 *
 *   y[n,k,q] = b[k] + sum_{c,s} w[k,c,s] x[n, c, q stride + s dilation - padding]
 *
 * It is the 2-D one of images with a single row, x [N, C, 1, L] and w [K, C / groups, 1, S], which has the
 * derivative.
 */
#include "core/error.h"
#include "ops/conv2d_args.h"
#include "ops/ops.h"
#include "ops/window.h"

typedef struct {
    int64_t stride[1], padding[1], dilation[1];
    int64_t groups;
    bool relu, flip_kernel;
} conv_args;

/* Checks under the name conv1d what the 2-D convolution would call by other names. */
static bool check(const gra_tensor *x, const gra_tensor *w, const gra_tensor *bias,
                  const conv_args *a)
{
    const bool same = a->padding[0] == GRA_SAME;
    int64_t out;
    if (!gra__in_range("conv1d", "stride", a->stride[0], 1) ||
        !gra__in_range("conv1d", "padding", same ? 0 : a->padding[0], 0) ||
        !gra__in_range("conv1d", "dilation", a->dilation[0], 1) ||
        !gra__conv_agrees("conv1d", x, w, bias, 1, a->groups))
        return false;
    const gra__window window = {w->shape.size[2], a->stride[0], a->padding[0], a->dilation[0]};
    if (same && a->stride[0] != 1)
        gra_fail("conv1d: padding GRA_SAME needs stride 1; it is %lld", (long long)a->stride[0]);
    return !gra_error() &&
           (same || gra__windows_output("conv1d", x->shape, &window, 1, false, &out));
}

static void conv_forward(gra_call *c)
{
    const conv_args *const a = c->args;
    gra_tensor *const x = gra__as_batch_of("conv1d", c->in[0], 1);
    gra_tensor *const bias = c->n_in > 2 ? c->in[2] : NULL;
    if (!x || !check(x, c->in[1], bias, a))
        return;
    gra_conv2d_options o = gra_conv2d_defaults();
    o.input = gra_unsqueeze(x, 2);
    o.weight = gra_unsqueeze(c->in[1], 2);
    o.bias = bias;
    o.groups = a->groups;
    o.activation = a->relu ? GRA_RELU : GRA_NO_ACTIVATION;
    o.flip_kernel = a->flip_kernel;
    o.stride_hw[0] = o.dilation_hw[0] = 1;
    o.stride_hw[1] = a->stride[0];
    o.dilation_hw[1] = a->dilation[0];
    if (a->padding[0] == GRA_SAME)
        o.padding = GRA_SAME;
    else
        o.padding_hw[1] = a->padding[0];
    gra_tensor *const y = gra_conv2d_with(o);
    c->out[0] = gra__without_batch(y ? gra_squeeze(y, GRA_DIMS(2)) : NULL, c->in[0], x);
}

const gra_op gra_op_conv1d = {
    .schema = "conv1d(Tensor input, Tensor weight, Tensor? bias=None, int[1] stride=1, "
              "int[1] padding=0, int[1] dilation=1, int groups=1, bool relu=False, "
              "bool flip_kernel=False) -> Tensor",
    .forward = conv_forward,
    .args_size = sizeof(conv_args),
    .composite = true,
};

gra_conv1d_options gra_conv1d_defaults(void)
{
    return (gra_conv1d_options){.stride = 1, .dilation = 1, .groups = 1};
}

gra_tensor *gra_conv1d_with(gra_conv1d_options o)
{
    const conv_args args = {
        {o.stride}, {o.padding}, {o.dilation}, o.groups, o.activation == GRA_RELU, o.flip_kernel};
    return gra_apply(&gra_op_conv1d, (gra_tensor *[]){o.input, o.weight, o.bias}, o.bias ? 3 : 2,
                     &args);
}
