/* max_pool2d.c - maximum over sliding windows.
 *
 *   y[p] = max_{i in window(p)} x[i] = x[w(p)]       dx[i] = sum_{p: w(p) = i} g[p]
 *
 * w(p) is the winner's place in its plane, the first one of equals; NaN wins.  The forward keeps the
 * winners for the backward pass.  The gradient op is linear in g; its derivative picks u at the
 * winners.
 */
#include "core/error.h"
#include "ops/iterate.h"
#include "ops/kernels/pool2d.h"
#include "ops/ops.h"
#include "ops/window.h"

typedef struct {
    int64_t kernel[2], stride[2], padding[2], dilation[2]; /* height, width */
    bool ceil_mode;
} pool_args;

typedef struct {
    gra_shape shape; /* of the result: the pooling's input */
} backward_args;

static void backward_forward(gra_call *c)
{
    const backward_args *const a = c->args;
    gra_tensor *const g = gra__pool_ready(gra_op_name(c->op), c->in[0]), *const winners = c->in[1];
    gra_tensor *const dx = g ? gra__empty("max_pool2d_backward", a->shape, g->dtype) : NULL;
    if (!dx)
        return;
    const gra__pool2d_shape s = {
        .planes = a->shape.size[0] * a->shape.size[1],
        .h = a->shape.size[2],
        .w = a->shape.size[3],
        .out_h = g->shape.size[2],
        .out_w = g->shape.size[3],
    };
    if (g->dtype == GRA_FLOAT64)
        gra__max_pool2d_backward_f64(&s, gra__ptr(g), gra__ptr(winners), gra__ptr(dx));
    else
        gra__max_pool2d_backward_f32(&s, gra__ptr(g), gra__ptr(winners), gra__ptr(dx));
    c->out[0] = gra__converted(dx, c->in[0]->dtype);
}

/* u at the winners: the planes are flattened for gather. */
static void backward_vjp(gra_call *c, gra_tensor **u, gra_tensor **dx)
{
    gra_tensor *const winners = c->in[1];
    gra_tensor *const flat = gra_flatten(u[0], 2, 3);
    dx[0] = gra_reshape(gra_gather(flat, 2, gra_flatten(winners, 2, 3)), winners->shape);
}

const gra_op gra_op_max_pool2d_backward = {
    .schema = "max_pool2d_backward(Tensor g, Tensor winners, int[] shape) -> Tensor",
    .forward = backward_forward,
    .vjp = backward_vjp,
    .saves = GRA_IN(1),
    .args_size = sizeof(backward_args),
};

static void run_kernel(const pool_args *a, gra_tensor *x, gra_tensor *y, gra_tensor *winners)
{
    const gra__pool2d_shape s = {
        .planes = x->shape.size[0] * x->shape.size[1],
        .h = x->shape.size[2],
        .w = x->shape.size[3],
        .out_h = y->shape.size[2],
        .out_w = y->shape.size[3],
        .kernel_h = a->kernel[0],
        .kernel_w = a->kernel[1],
        .stride_h = a->stride[0],
        .stride_w = a->stride[1],
        .pad_h = a->padding[0],
        .pad_w = a->padding[1],
        .dilation_h = a->dilation[0],
        .dilation_w = a->dilation[1],
    };
    if (x->dtype == GRA_FLOAT64)
        gra__max_pool2d_forward_f64(&s, gra__ptr(x), gra__ptr(y), gra__ptr(winners));
    else
        gra__max_pool2d_forward_f32(&s, gra__ptr(x), gra__ptr(y), gra__ptr(winners));
}

static void pool_forward(gra_call *c)
{
    const pool_args *const a = c->args;
    gra_tensor *const x = gra__pool_ready(gra_op_name(c->op), c->in[0]);
    int64_t out[2];
    const gra__window window[2] = {
        {a->kernel[0], a->stride[0], a->padding[0], a->dilation[0]},
        {a->kernel[1], a->stride[1], a->padding[1], a->dilation[1]},
    };
    if (!x || !gra__window_output("max_pool2d", x, window, a->ceil_mode, out))
        return;
    const gra_shape shape = GRA_SHAPE(x->shape.size[0], x->shape.size[1], out[0], out[1]);
    gra_tensor *const y = gra__empty("max_pool2d", shape, x->dtype);
    gra_tensor *const winners = gra__empty("max_pool2d", shape, GRA_INT64);
    if (!y || !winners)
        return;
    run_kernel(a, x, y, winners);
    c->out[0] = gra__converted(y, c->in[0]->dtype);
    c->saved[0] = winners;
}

static void pool_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    dx[0] = gra_apply(&gra_op_max_pool2d_backward, (gra_tensor *[]){g[0], c->saved[0]}, 2,
                      &(backward_args){gra_call_shape(c, 0)});
}

const gra_op gra_op_max_pool2d = {
    .schema = "max_pool2d(Tensor input, int[2] kernel_size, int[2] stride, int[2] padding=0, "
              "int[2] dilation=1, bool ceil_mode=False) -> Tensor",
    .forward = pool_forward,
    .vjp = pool_vjp,
    .saves = GRA_SAVE_NOTHING,
    .args_size = sizeof(pool_args),
};

gra_max_pool2d_options gra_max_pool2d_defaults(void)
{
    return (gra_max_pool2d_options){.dilation = 1};
}

gra_tensor *gra_max_pool2d_with(gra_max_pool2d_options o)
{
    pool_args args = {.ceil_mode = o.ceil_mode};
    if (!o.input || gra_error())
        return gra_apply(&gra_op_max_pool2d, &o.input, 1, &args);
    if (!gra__pool_options("max_pool2d", o.kernel_size, o.kernel_size_hw, o.stride, o.stride_hw,
                           o.padding, o.padding_hw, args.kernel, args.stride, args.padding) ||
        !gra__pair("max_pool2d", "dilation", o.dilation, 1, o.dilation_hw, 1, args.dilation))
        return NULL;
    gra_tensor *const batch = gra__as_batch("max_pool2d", o.input);
    gra_tensor *const y = batch ? gra_apply(&gra_op_max_pool2d, &batch, 1, &args) : NULL;
    return batch == o.input ? y : y ? gra_squeeze(y, GRA_DIMS(0)) : NULL;
}
