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
 * With flip_kernel the taps of w count from the other end: y = conv2d(x, turned w), the convolution of
 * textbooks.  The kernels get a copy of w that is turned, and what they give for dw is turned back; both
 * are as small as w.
 *
 * With a fused rectifier, y = max(0, conv2d(x, w) + b), the gradient of the sum is g where y > 0.
 *
 *   db[k] = sum_{n,p,q} g[n,k,p,q], conv2d_backward_bias, whose derivative repeats u over n, p, q
 *
 * While no rule is recorded, conv2d_backward_weight_bias gives dw and db in one pass over g.
 */
#include "core/error.h"
#include "ops/conv2d_args.h"
#include "ops/conv2d_engine.h"
#include "ops/iterate.h"
#include "ops/layout.h"
#include "ops/ops.h"
#include "ops/relu.h"
#include "ops/window.h"

typedef struct {
    gra_shape shape; /* of the result */
    gra__conv2d_args conv;
} backward_args;

extern const gra_op gra_op_conv2d_backward_input, gra_op_conv2d_backward_weight,
    gra_op_conv2d_backward_bias, gra_op_conv2d_backward_weight_bias;

gra_tensor *gra__conv2d_backward_input(gra_tensor *g, gra_tensor *w, gra_shape shape,
                                       const gra__conv2d_args *args)
{
    return gra_apply(&gra_op_conv2d_backward_input, (gra_tensor *[]){g, w}, 2,
                     &(backward_args){shape, *args});
}

gra_tensor *gra__conv2d_backward_weight(gra_tensor *g, gra_tensor *x, gra_shape shape,
                                        const gra__conv2d_args *args)
{
    return gra_apply(&gra_op_conv2d_backward_weight, (gra_tensor *[]){g, x}, 2,
                     &(backward_args){shape, *args});
}

gra_tensor *gra__conv2d_backward_bias(gra_tensor *g)
{
    return gra_apply(&gra_op_conv2d_backward_bias, &g, 1, NULL);
}

/* The weight as the kernels take it, who do not turn it. */
static gra_tensor *turned(gra_tensor *w, const gra__conv2d_args *args)
{
    return args->flip_kernel ? gra__conv2d_turned(w) : w;
}

static void conv_forward(gra_call *c)
{
    const gra__conv2d_args *const a = c->args;
    gra_tensor *const x = c->in[0], *const w = c->in[1],
                      *const bias = c->n_in > 2 ? c->in[2] : NULL;
    gra_shape shape;
    if (!gra__conv2d_output(x, w, bias, a, &shape))
        return;
    const gra__conv2d_shape s = gra__conv2d_kernel_shape(x->shape, w->shape, shape, a);
    gra_tensor *const taps = turned(w, a);
    c->out[0] = taps ? gra__conv2d_run(GRA__FORWARD, &s, shape, x, taps, bias, a->relu) : NULL;
    c->saves = (c->needs[0] ? GRA_IN(1) : 0) | (c->needs[1] ? GRA_IN(0) : 0) |
               (a->relu ? GRA_OUT(0) : GRA_SAVE_NOTHING);
}

void gra__conv2d_gradients(gra_call *c, gra_tensor *g, const gra__conv2d_args *args,
                           gra_tensor **dx)
{
    gra__conv2d_args plain = *args;
    plain.relu = false; /* what lies behind the rectifier is linear */
    const bool bias = c->n_in > 2 && c->needs[2];
    if (c->needs[0])
        dx[0] = gra__conv2d_backward_input(g, c->in[1], gra_call_shape(c, 0), &plain);
    if (c->needs[1] && bias && !gra_grad_enabled()) {
        gra_apply_many(&gra_op_conv2d_backward_weight_bias, (gra_tensor *[]){g, c->in[0]}, 2,
                       &(backward_args){gra_call_shape(c, 1), plain}, dx + 1, 2);
        return;
    }
    if (c->needs[1])
        dx[1] = gra__conv2d_backward_weight(g, c->in[0], gra_call_shape(c, 1), &plain);
    if (bias)
        dx[2] = gra__conv2d_backward_bias(g);
}

static void conv_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    gra__conv2d_gradients(c, c->out[0] ? gra__relu_backward(g[0], c->out[0]) : g[0], c->args, dx);
}

static bool gradient_fits(const gra_call *c, gra_shape x, gra_shape w)
{
    const gra__conv2d_args *const a = &((const backward_args *)c->args)->conv;
    return gra__conv_gradient_fits(gra_op_name(c->op), c->in[0], c->in[1], x, w, a->stride,
                                   a->padding, a->dilation, 2, a->groups);
}

static void backward_input_forward(gra_call *c)
{
    const backward_args *const a = c->args;
    if (!gradient_fits(c, a->shape, c->in[1]->shape))
        return;
    const gra__conv2d_shape s =
        gra__conv2d_kernel_shape(a->shape, c->in[1]->shape, c->in[0]->shape, &a->conv);
    gra_tensor *const w = turned(c->in[1], &a->conv);
    c->out[0] =
        w ? gra__conv2d_run(GRA__BACKWARD_INPUT, &s, a->shape, c->in[0], w, NULL, false) : NULL;
}

static void backward_input_vjp(gra_call *c, gra_tensor **u, gra_tensor **dx)
{
    const backward_args *const a = c->args;
    if (c->needs[0])
        dx[0] = gra__conv2d_apply_for(u[0], c->in[1], gra_call_shape(c, 0), &a->conv);
    if (c->needs[1])
        dx[1] = gra__conv2d_backward_weight(c->in[0], u[0], gra_call_shape(c, 1), &a->conv);
}

static void backward_weight_forward(gra_call *c)
{
    const backward_args *const a = c->args;
    if (!gradient_fits(c, c->in[1]->shape, a->shape))
        return;
    const gra__conv2d_shape s =
        gra__conv2d_kernel_shape(c->in[1]->shape, a->shape, c->in[0]->shape, &a->conv);
    gra_tensor *const dw =
        gra__conv2d_run(GRA__BACKWARD_WEIGHT, &s, a->shape, c->in[0], c->in[1], NULL, false);
    c->out[0] = dw ? turned(dw, &a->conv) : NULL;
}

static void backward_weight_vjp(gra_call *c, gra_tensor **u, gra_tensor **dx)
{
    const backward_args *const a = c->args;
    if (c->needs[0])
        dx[0] = gra__conv2d_apply_for(c->in[1], u[0], gra_call_shape(c, 0), &a->conv);
    if (c->needs[1])
        dx[1] = gra__conv2d_backward_input(c->in[0], u[0], gra_call_shape(c, 1), &a->conv);
}

static void backward_weight_bias_forward(gra_call *c)
{
    const backward_args *const a = c->args;
    if (!gradient_fits(c, c->in[1]->shape, a->shape))
        return;
    const gra__conv2d_shape s =
        gra__conv2d_kernel_shape(c->in[1]->shape, a->shape, c->in[0]->shape, &a->conv);
    gra_tensor *const dw =
        gra__conv2d_run_weight_bias(&s, a->shape, c->in[0], c->in[1], &c->out[1]);
    c->out[0] = dw ? turned(dw, &a->conv) : NULL;
}

static void backward_bias_forward(gra_call *c)
{
    const gra_tensor *const g = c->in[0];
    char text[GRA_SHAPE_TEXT];
    if (g->shape.count != 4 || !gra_dtype_is_floating(g->dtype))
        gra_fail(
            "conv2d_backward_bias: g is %s of shape %s; a floating-point [N, K, P, Q] is needed",
            gra_dtype_name(g->dtype), gra_shape_text(g->shape, text));
    else
        c->out[0] = gra__conv2d_sum_bias(c->in[0]);
}

static void backward_bias_vjp(gra_call *c, gra_tensor **u, gra_tensor **dx)
{
    const gra_shape shape = gra_call_shape(c, 0);
    dx[0] = gra_expand(gra_view(u[0], GRA_SHAPE(shape.size[1], 1, 1)), shape);
}

double gra__conv2d_flops(gra_shape y, gra_shape w)
{
    return 2 * (double)gra__numel(&y) * (double)gra__numel_between(&w, 1, 4);
}

static double conv_flops(const gra_call *c)
{
    return gra__conv2d_flops(c->out[0]->shape, c->in[1]->shape);
}

static double backward_input_flops(const gra_call *c)
{
    return gra__conv2d_flops(c->in[0]->shape, c->in[1]->shape);
}

static double backward_weight_flops(const gra_call *c)
{
    return gra__conv2d_flops(c->in[0]->shape, c->out[0]->shape);
}

const gra_op gra_op_conv2d = {
    .schema =
        "conv2d(Tensor input, Tensor weight, Tensor? bias=None, int[2] stride=1, "
        "int[2] padding=0, int[2] dilation=1, int groups=1, bool relu=False, bool flip_kernel=False) -> "
        "Tensor",
    .forward = conv_forward,
    .vjp = conv_vjp,
    .curvature = GRA_CURVATURE_PRODUCTS,
    .saves = GRA_IN(0) | GRA_IN(1) | GRA_OUT(0), /* forward narrows it */
    .args_size = sizeof(gra__conv2d_args),
    .flops = conv_flops,
};

const gra_op gra_op_conv2d_backward_input = {
    .schema = "conv2d_backward_input(Tensor g, Tensor weight, int[] shape, int[2] stride, "
              "int[2] padding, int[2] dilation, int groups, bool relu=False, "
              "bool flip_kernel=False) -> Tensor",
    .forward = backward_input_forward,
    .vjp = backward_input_vjp,
    .args_size = sizeof(backward_args),
    .flops = backward_input_flops,
};

const gra_op gra_op_conv2d_backward_weight = {
    .schema = "conv2d_backward_weight(Tensor g, Tensor input, int[] shape, int[2] stride, "
              "int[2] padding, int[2] dilation, int groups, bool relu=False, "
              "bool flip_kernel=False) -> Tensor",
    .forward = backward_weight_forward,
    .vjp = backward_weight_vjp,
    .args_size = sizeof(backward_args),
    .flops = backward_weight_flops,
};

const gra_op gra_op_conv2d_backward_weight_bias = {
    .schema = "conv2d_backward_weight_bias(Tensor g, Tensor input, int[] shape, int[2] stride, "
              "int[2] padding, int[2] dilation, int groups, bool relu=False, "
              "bool flip_kernel=False) -> (Tensor, Tensor)",
    .forward =
        backward_weight_bias_forward, /* called while nothing is recorded: there is no rule */
    .args_size = sizeof(backward_args),
    .flops = backward_weight_flops,
};

const gra_op gra_op_conv2d_backward_bias = {
    .schema = "conv2d_backward_bias(Tensor g) -> Tensor",
    .forward = backward_bias_forward,
    .vjp = backward_bias_vjp,
    .saves = GRA_SAVE_NOTHING,
};

gra_tensor *gra__conv2d_apply(gra_tensor *x, gra_tensor *w, gra_tensor *bias,
                              const gra__conv2d_args *args)
{
    return gra_apply(&gra_op_conv2d, (gra_tensor *[]){x, w, bias}, bias ? 3 : 2, args);
}

gra_tensor *gra__conv2d_apply_for(gra_tensor *x, gra_tensor *w, gra_shape shape,
                                  const gra__conv2d_args *args)
{
    gra_tensor *y = gra__conv2d_apply(x, w, NULL, args);
    for (int d = 2; d < 4 && y; d++)
        if (y->shape.size[d] > shape.size[d])
            y = gra_narrow(y, d, 0, shape.size[d]);
    return y;
}

gra_conv2d_options gra_conv2d_defaults(void)
{
    return (gra_conv2d_options){.stride = 1, .dilation = 1, .groups = 1};
}

/* Puts numbers in place of a padding of GRA_SAME. Where one side needs more zeros than the other, the input
 * gets those. */
static bool resolve_same(gra_conv2d_options *o, int64_t padding[2])
{
    const gra_shape *const w = &o->weight->shape;
    int64_t stride[2], dilation[2], h[2], v[2];
    if (!gra__pair("conv2d", "stride", o->stride, 1, o->stride_hw, 1, stride) ||
        !gra__pair("conv2d", "dilation", o->dilation, 1, o->dilation_hw, 1, dilation))
        return false;
    if (stride[0] != 1 || stride[1] != 1) {
        gra_fail("conv2d: padding GRA_SAME needs stride 1; it is (%lld, %lld)",
                 (long long)stride[0], (long long)stride[1]);
        return false;
    }
    gra__same_padding(w->size[2], dilation[0], v);
    gra__same_padding(w->size[3], dilation[1], h);
    padding[0] = v[0];
    padding[1] = h[0];
    if (v[0] != v[1] || h[0] != h[1])
        o->input = gra_pad(o->input, GRA_PADS(0, h[1] - h[0], 0, v[1] - v[0]));
    return o->input != NULL;
}

gra_tensor *gra_conv2d_with(gra_conv2d_options o)
{
    gra__conv2d_args args = {.groups = o.groups};
    int64_t same[2] = {0, 0};
    if (!o.input || !o.weight || gra_error())
        return gra__conv2d_apply(o.input, o.weight, o.bias, &args);
    gra_tensor *const batch = gra__as_batch("conv2d", o.input);
    const gra_tensor *const x = o.input;
    if (!batch)
        return NULL;
    o.input = batch;
    const bool is_same = o.padding == GRA_SAME && o.weight->shape.count == 4;
    if (o.padding == GRA_SAME)
        o.padding = 0;
    if ((is_same && !resolve_same(&o, same)) || !gra__conv2d_args_of(&o, &args))
        return NULL;
    args.padding[0] += same[0];
    args.padding[1] += same[1];
    gra_tensor *const y = gra__conv2d_apply(o.input, o.weight, o.bias, &args);
    return gra__without_batch(y, x, batch);
}
