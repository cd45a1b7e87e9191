/* avg_pool2d.c - mean over sliding windows.
 *
 *   y[p] = sum_{i in window(p)} x[i] / d(p)          dx[i] = sum_{p: i in window(p)} g[p] / d(p)
 *
 * d is the window's size, with or without the zeros of the padding.  The op is linear, so its
 * gradient op, avg_pool2d_backward, has the pooling itself as its derivative.  float32 that lies
 * channels-last gives a result that does.
 */
#include "core/error.h"
#include "ops/iterate.h"
#include "ops/kernels/pool2d_nhwc.h"
#include "ops/layout.h"
#include "ops/ops.h"
#include "ops/window.h"

typedef struct {
    int64_t kernel[2], stride[2], padding[2]; /* height, width */
    bool ceil_mode, count_include_pad;
    int64_t divisor_override; /* 0: none */
} pool_args;

typedef struct {
    gra_shape shape; /* of the result: the pooling's input */
    pool_args pool;
} backward_args;

extern const gra_op gra_op_avg_pool2d;

static gra__pool2d_shape kernel_shape(gra_shape x, gra_shape y, const pool_args *a)
{
    return gra__pool_shape(x, y, a->kernel, a->stride, a->padding, (const int64_t[]){1, 1});
}

static gra__pool2d_average average_of(const pool_args *a)
{
    return (gra__pool2d_average){a->count_include_pad, a->divisor_override};
}

static gra_tensor *pool_channels_last(gra_tensor *x, gra_shape shape, const pool_args *a)
{
    gra_tensor *const y = gra__empty_channels_last("avg_pool2d", shape, GRA_FLOAT32);
    const gra__pool2d_shape s = kernel_shape(x->shape, shape, a);
    const gra__pool2d_average average = average_of(a);
    if (y)
        gra__avg_pool2d_nhwc_forward_f32(&s, shape.size[1], &average, gra__ptr(x), gra__ptr(y));
    return y;
}

/* Called by name, the op may be given any numbers, and no stride. False with an error. */
static bool resolve(const pool_args *given, pool_args *a)
{
    *a = *given;
    if (!gra__pool_numbers("avg_pool2d", a->kernel, a->stride, a->padding))
        return false;
    if (a->divisor_override < 0)
        gra_fail("avg_pool2d: divisor_override %lld is negative; a positive divisor is needed, "
                 "or 0 for the window's size",
                 (long long)a->divisor_override);
    return !gra_error();
}

static void pool_forward(gra_call *c)
{
    pool_args resolved;
    const pool_args *const a = &resolved;
    if (!resolve(c->args, &resolved))
        return;
    const bool channels_last = gra__pool_channels_last(c->in[0]);
    gra_tensor *const x = channels_last ? c->in[0] : gra__pool_ready(gra_op_name(c->op), c->in[0]);
    int64_t out[2];
    const gra__window window[2] = {
        {a->kernel[0], gra__pool_stride(a->stride, a->kernel, 0), a->padding[0], 1},
        {a->kernel[1], gra__pool_stride(a->stride, a->kernel, 1), a->padding[1], 1},
    };
    if (!x || !gra__window_output("avg_pool2d", x->shape, window, a->ceil_mode, out))
        return;
    const gra_shape shape = GRA_SHAPE(x->shape.size[0], x->shape.size[1], out[0], out[1]);
    if (channels_last) {
        c->out[0] = pool_channels_last(x, shape, a);
        return;
    }
    gra_tensor *const y = gra__empty("avg_pool2d", shape, x->dtype);
    if (!y)
        return;
    const gra__pool2d_shape s = kernel_shape(x->shape, shape, a);
    if (x->dtype == GRA_FLOAT64)
        gra__avg_pool2d_forward_f64(&s, a->count_include_pad, a->divisor_override, gra__ptr(x),
                                    gra__ptr(y));
    else
        gra__avg_pool2d_forward_f32(&s, a->count_include_pad, a->divisor_override, gra__ptr(x),
                                    gra__ptr(y));
    c->out[0] = gra__converted(y, c->in[0]->dtype);
}

static gra_tensor *backward_channels_last(gra_tensor *g, const backward_args *a)
{
    gra_tensor *const dx = gra__empty_channels_last("avg_pool2d_backward", a->shape, GRA_FLOAT32);
    const gra__pool2d_shape s = kernel_shape(a->shape, g->shape, &a->pool);
    const gra__pool2d_average average = average_of(&a->pool);
    if (dx)
        gra__avg_pool2d_nhwc_backward_f32(&s, a->shape.size[1], &average, gra__ptr(g),
                                          gra__ptr(dx));
    return dx;
}

/* Called by name, the op may be given any shape and numbers. */
static bool backward_fits(gra_shape g, const backward_args *a)
{
    pool_args p;
    if (!resolve(&a->pool, &p))
        return false;
    const gra__window window[2] = {
        {p.kernel[0], p.stride[0], p.padding[0], 1},
        {p.kernel[1], p.stride[1], p.padding[1], 1},
    };
    return gra__pool_gradient_fits("avg_pool2d_backward", g, a->shape, window, p.ceil_mode);
}

static void backward_forward(gra_call *c)
{
    const backward_args *const a = c->args;
    if (!backward_fits(c->in[0]->shape, a))
        return;
    if (gra__pool_channels_last(c->in[0])) {
        c->out[0] = backward_channels_last(c->in[0], a);
        return;
    }
    gra_tensor *const g = gra__pool_ready(gra_op_name(c->op), c->in[0]);
    gra_tensor *const dx = g ? gra__empty("avg_pool2d_backward", a->shape, g->dtype) : NULL;
    if (!dx)
        return;
    const gra__pool2d_shape s = kernel_shape(a->shape, g->shape, &a->pool);
    if (g->dtype == GRA_FLOAT64)
        gra__avg_pool2d_backward_f64(&s, a->pool.count_include_pad, a->pool.divisor_override,
                                     gra__ptr(g), gra__ptr(dx));
    else
        gra__avg_pool2d_backward_f32(&s, a->pool.count_include_pad, a->pool.divisor_override,
                                     gra__ptr(g), gra__ptr(dx));
    c->out[0] = gra__converted(dx, c->in[0]->dtype);
}

static void backward_vjp(gra_call *c, gra_tensor **u, gra_tensor **dx)
{
    const backward_args *const a = c->args;
    dx[0] = gra_apply(&gra_op_avg_pool2d, u, 1, &a->pool);
}

const gra_op gra_op_avg_pool2d_backward = {
    .schema = "avg_pool2d_backward(Tensor g, int[] shape, int[2] kernel_size, int[2] stride, "
              "int[2] padding, bool ceil_mode, bool count_include_pad, int divisor_override) -> "
              "Tensor",
    .forward = backward_forward,
    .vjp = backward_vjp,
    .saves = GRA_SAVE_NOTHING,
    .args_size = sizeof(backward_args),
};

static void pool_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    backward_args a = {.shape = gra_call_shape(c, 0)};
    if (resolve(c->args, &a.pool))
        dx[0] = gra_apply(&gra_op_avg_pool2d_backward, g, 1, &a);
}

/* The factors 1/d squared, where one d is everywhere the same. */
static void pool_curvature(gra_call *c, gra_tensor **h, gra_tensor **dx)
{
    pool_args a;
    if (!resolve(c->args, &a))
        return;
    const bool inside = a.padding[0] == 0 && a.padding[1] == 0 && !a.ceil_mode;
    const int64_t d = a.divisor_override ? a.divisor_override : a.kernel[0] * a.kernel[1];
    if (!a.divisor_override && !inside)
        gra_fail(
            "avg_pool2d: no curvature goes through windows of several sizes; padding 0 without "
            "ceil_mode, or a divisor_override, is needed");
    else
        pool_vjp(c, h, dx);
    if (dx[0])
        dx[0] = gra_div_scalar(dx[0], (double)d);
}

const gra_op gra_op_avg_pool2d = {
    .schema =
        "avg_pool2d(Tensor input, int[2] kernel_size, int[2] stride=0, int[2] padding=0, "
        "bool ceil_mode=False, bool count_include_pad=True, int divisor_override=0) -> Tensor",
    .forward = pool_forward,
    .vjp = pool_vjp,
    .curvature = GRA_CURVATURE_OWN,
    .curvature_rule = pool_curvature,
    .saves = GRA_SAVE_NOTHING,
    .args_size = sizeof(pool_args),
};

gra_avg_pool2d_options gra_avg_pool2d_defaults(void)
{
    return (gra_avg_pool2d_options){.count_include_pad = true};
}

gra_tensor *gra_avg_pool2d_with(gra_avg_pool2d_options o)
{
    pool_args args = {
        .ceil_mode = o.ceil_mode,
        .count_include_pad = o.count_include_pad,
        .divisor_override = o.divisor_override,
    };
    if (!o.input || gra_error())
        return gra_apply(&gra_op_avg_pool2d, &o.input, 1, &args);
    if (!gra__pool_options("avg_pool2d", o.kernel_size, o.kernel_size_hw, o.stride, o.stride_hw,
                           o.padding, o.padding_hw, args.kernel, args.stride, args.padding))
        return NULL;
    gra_tensor *const batch = gra__as_batch("avg_pool2d", o.input);
    gra_tensor *const y = batch ? gra_apply(&gra_op_avg_pool2d, &batch, 1, &args) : NULL;
    return batch == o.input ? y : y ? gra_squeeze(y, GRA_DIMS(0)) : NULL;
}
