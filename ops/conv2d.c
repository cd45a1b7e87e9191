/* conv2d.c - 2-D convolution (cross-correlation) and its gradients.
 *
 *   y[n,k,p,q] = b[k] + sum_{c,r,s} w[k,c,r,s] x[n, c, p stride + r dilation - padding, ...]
 *
 * y is linear in x and in w, so there are three bilinear ops, and each one's derivatives are the
 * other two (u is the gradient of the op's result):
 *
 *   y  = conv2d(x, w)                    dx = backward_input(g, w)    dw = backward_weight(g, x)
 *   dx = conv2d_backward_input(g, w)     dg = conv2d(u, w)            dw = backward_weight(g, u)
 *   dw = conv2d_backward_weight(g, x)    dg = conv2d(x, u)            dx = backward_input(g, u)
 *
 * With a fused rectifier, y = max(0, conv2d(x, w) + b), the gradient of the sum is g where y > 0.
 *
 *   db[k] = sum_{n,p,q} g[n,k,p,q], conv2d_backward_bias, whose derivative repeats u over n, p, q
 */
#include "ops/kernels/conv2d.h"
#include "core/error.h"
#include "ops/conv2d_engine.h"
#include "ops/iterate.h"
#include "ops/ops.h"
#include "ops/relu.h"
#include "ops/window.h"

typedef struct {
    int64_t stride[2], padding[2], dilation[2]; /* height, width */
    int64_t groups;
    bool relu; /* y = max(0, y), fused */
} conv_args;

typedef struct {
    gra_shape shape; /* of the result */
    conv_args conv;
} backward_args;

extern const gra_op gra_op_conv2d_backward_input, gra_op_conv2d_backward_weight,
    gra_op_conv2d_backward_bias;

static gra_tensor *apply_conv(gra_tensor *x, gra_tensor *w, gra_tensor *bias,
                              const conv_args *args);

static gra_tensor *backward_input(gra_tensor *g, gra_tensor *w, gra_shape shape,
                                  const conv_args *args)
{
    return gra_apply(&gra_op_conv2d_backward_input, (gra_tensor *[]){g, w}, 2,
                     &(backward_args){shape, *args});
}

static gra_tensor *backward_weight(gra_tensor *g, gra_tensor *x, gra_shape shape,
                                   const conv_args *args)
{
    return gra_apply(&gra_op_conv2d_backward_weight, (gra_tensor *[]){g, x}, 2,
                     &(backward_args){shape, *args});
}

static gra__conv2d_shape kernel_shape(gra_shape x, gra_shape w, gra_shape y, const conv_args *a)
{
    return (gra__conv2d_shape){
        .n = x.size[0],
        .c = x.size[1],
        .h = x.size[2],
        .w = x.size[3],
        .k = w.size[0],
        .r = w.size[2],
        .s = w.size[3],
        .out_h = y.size[2],
        .out_w = y.size[3],
        .stride_h = a->stride[0],
        .stride_w = a->stride[1],
        .pad_h = a->padding[0],
        .pad_w = a->padding[1],
        .dilation_h = a->dilation[0],
        .dilation_w = a->dilation[1],
        .groups = a->groups,
    };
}

static bool dtypes_agree(const gra_tensor *x, const gra_tensor *w, const gra_tensor *bias)
{
    const bool same = x->dtype == w->dtype && (!bias || bias->dtype == x->dtype);
    if (same && gra_dtype_is_floating(x->dtype))
        return true;
    gra_fail(
        "conv2d: input is %s, weight %s%s%s; one floating-point dtype is needed (gra_to converts)",
        gra_dtype_name(x->dtype), gra_dtype_name(w->dtype), bias ? ", bias " : "",
        bias ? gra_dtype_name(bias->dtype) : "");
    return false;
}

static bool shapes_agree(const gra_tensor *x, const gra_tensor *w, const gra_tensor *bias,
                         int64_t groups)
{
    char a[GRA_SHAPE_TEXT], b[GRA_SHAPE_TEXT];
    if (w->shape.count != 4) {
        gra_fail("conv2d: weight has shape %s; [K, C / groups, R, S] is needed",
                 gra_shape_text(w->shape, a));
        return false;
    }
    const int64_t channels = x->shape.size[1], k = w->shape.size[0];
    if (groups < 1 || channels % groups || k % groups) {
        gra_fail(
            "conv2d: groups %lld does not divide the %lld channels of input and the %lld of the "
            "output",
            (long long)groups, (long long)channels, (long long)k);
        return false;
    }
    if (channels != w->shape.size[1] * groups) {
        gra_fail("conv2d: input %s has %lld channels, weight %s with groups %lld expects %lld",
                 gra_shape_text(x->shape, a), (long long)channels, gra_shape_text(w->shape, b),
                 (long long)groups, (long long)(w->shape.size[1] * groups));
        return false;
    }
    if (bias && (bias->shape.count != 1 || bias->shape.size[0] != k)) {
        gra_fail("conv2d: bias has shape %s; [%lld] is needed, one for each output channel",
                 gra_shape_text(bias->shape, a), (long long)k);
        return false;
    }
    return true;
}

static void conv_forward(gra_call *c)
{
    const conv_args *const a = c->args;
    gra_tensor *const x = c->in[0], *const w = c->in[1],
                      *const bias = c->n_in > 2 ? c->in[2] : NULL;
    int64_t out[2];
    if (!dtypes_agree(x, w, bias) || !shapes_agree(x, w, bias, a->groups))
        return;
    const gra__window window[2] = {
        {w->shape.size[2], a->stride[0], a->padding[0], a->dilation[0]},
        {w->shape.size[3], a->stride[1], a->padding[1], a->dilation[1]},
    };
    if (!gra__window_output("conv2d", x, window, false, out))
        return;
    const gra_shape shape = GRA_SHAPE(x->shape.size[0], w->shape.size[0], out[0], out[1]);
    const gra__conv2d_shape s = kernel_shape(x->shape, w->shape, shape, a);
    c->out[0] = gra__conv2d_run(GRA__FORWARD, &s, shape, x, w, bias, a->relu);
    c->saves = (c->needs[0] ? GRA_IN(1) : 0) | (c->needs[1] ? GRA_IN(0) : 0) |
               (a->relu ? GRA_OUT(0) : GRA_SAVE_NOTHING);
}

static void conv_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    conv_args plain = *(const conv_args *)c->args;
    plain.relu = false; /* what lies behind the rectifier is linear */
    gra_tensor *const gy = c->out[0] ? gra__relu_backward(g[0], c->out[0]) : g[0];
    if (c->needs[0])
        dx[0] = backward_input(gy, c->in[1], gra_call_shape(c, 0), &plain);
    if (c->needs[1])
        dx[1] = backward_weight(gy, c->in[0], gra_call_shape(c, 1), &plain);
    if (c->n_in > 2 && c->needs[2])
        dx[2] = gra_apply(&gra_op_conv2d_backward_bias, &gy, 1, NULL);
}

static void backward_input_forward(gra_call *c)
{
    const backward_args *const a = c->args;
    const gra__conv2d_shape s = kernel_shape(a->shape, c->in[1]->shape, c->in[0]->shape, &a->conv);
    c->out[0] = gra__conv2d_run(GRA__BACKWARD_INPUT, &s, a->shape, c->in[0], c->in[1], NULL, false);
}

static void backward_input_vjp(gra_call *c, gra_tensor **u, gra_tensor **dx)
{
    const backward_args *const a = c->args;
    if (c->needs[0])
        dx[0] = apply_conv(u[0], c->in[1], NULL, &a->conv);
    if (c->needs[1])
        dx[1] = backward_weight(c->in[0], u[0], gra_call_shape(c, 1), &a->conv);
}

static void backward_weight_forward(gra_call *c)
{
    const backward_args *const a = c->args;
    const gra__conv2d_shape s = kernel_shape(c->in[1]->shape, a->shape, c->in[0]->shape, &a->conv);
    c->out[0] =
        gra__conv2d_run(GRA__BACKWARD_WEIGHT, &s, a->shape, c->in[0], c->in[1], NULL, false);
}

static void backward_weight_vjp(gra_call *c, gra_tensor **u, gra_tensor **dx)
{
    const backward_args *const a = c->args;
    if (c->needs[0])
        dx[0] = apply_conv(c->in[1], u[0], NULL, &a->conv);
    if (c->needs[1])
        dx[1] = backward_input(c->in[0], u[0], gra_call_shape(c, 1), &a->conv);
}

static void backward_bias_forward(gra_call *c)
{
    c->out[0] = gra__conv2d_sum_bias(c->in[0]);
}

static void backward_bias_vjp(gra_call *c, gra_tensor **u, gra_tensor **dx)
{
    const gra_shape shape = gra_call_shape(c, 0);
    dx[0] = gra_expand(gra_view(u[0], GRA_SHAPE(shape.size[1], 1, 1)), shape);
}

const gra_op gra_op_conv2d = {
    .schema = "conv2d(Tensor input, Tensor weight, Tensor? bias=None, int[2] stride=1, "
              "int[2] padding=0, int[2] dilation=1, int groups=1, bool relu=False) -> Tensor",
    .forward = conv_forward,
    .vjp = conv_vjp,
    .saves = GRA_IN(0) | GRA_IN(1) | GRA_OUT(0), /* forward narrows it */
    .args_size = sizeof(conv_args),
};

const gra_op gra_op_conv2d_backward_input = {
    .schema = "conv2d_backward_input(Tensor g, Tensor weight, int[] shape, int[2] stride, "
              "int[2] padding, int[2] dilation, int groups, bool relu=False) -> Tensor",
    .forward = backward_input_forward,
    .vjp = backward_input_vjp,
    .args_size = sizeof(backward_args),
};

const gra_op gra_op_conv2d_backward_weight = {
    .schema = "conv2d_backward_weight(Tensor g, Tensor input, int[] shape, int[2] stride, "
              "int[2] padding, int[2] dilation, int groups, bool relu=False) -> Tensor",
    .forward = backward_weight_forward,
    .vjp = backward_weight_vjp,
    .args_size = sizeof(backward_args),
};

const gra_op gra_op_conv2d_backward_bias = {
    .schema = "conv2d_backward_bias(Tensor g) -> Tensor",
    .forward = backward_bias_forward,
    .vjp = backward_bias_vjp,
    .saves = GRA_SAVE_NOTHING,
};

static gra_tensor *apply_conv(gra_tensor *x, gra_tensor *w, gra_tensor *bias, const conv_args *args)
{
    return gra_apply(&gra_op_conv2d, (gra_tensor *[]){x, w, bias}, bias ? 3 : 2, args);
}

gra_conv2d_options gra_conv2d_defaults(void)
{
    return (gra_conv2d_options){.stride = 1, .dilation = 1, .groups = 1};
}

gra_tensor *gra_conv2d_with(gra_conv2d_options o)
{
    conv_args args = {.groups = o.groups, .relu = o.activation == GRA_RELU};
    if (!o.input || !o.weight || gra_error())
        return apply_conv(o.input, o.weight, o.bias, &args);
    if (!gra__pair("conv2d", "stride", o.stride, 1, o.stride_hw, 1, args.stride) ||
        !gra__pair("conv2d", "padding", o.padding, 0, o.padding_hw, 0, args.padding) ||
        !gra__pair("conv2d", "dilation", o.dilation, 1, o.dilation_hw, 1, args.dilation))
        return NULL;
    gra_tensor *const batch = gra__as_batch("conv2d", o.input);
    gra_tensor *const y = batch ? apply_conv(batch, o.weight, o.bias, &args) : NULL;
    return batch == o.input ? y : y ? gra_squeeze(y, GRA_DIMS(0)) : NULL;
}
