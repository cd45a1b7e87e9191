/* max_pool2d.c - maximum over sliding windows.
 *
 *   y[p] = max_{i in window(p)} x[i] = x[w(p)]       dx[i] = sum_{p: w(p) = i} g[p]
 *
 * w(p) is the winner's place, the first one of equals; NaN wins.  The forward keeps the winners for the
 * backward pass.  The gradient op is linear in g; its derivative picks u at the winners.  float32 that
 * lies channels-last gives a result that does, and keeps a byte for each winner.
 */
#include "ops/max_pool2d.h"
#include "core/error.h"
#include "ops/iterate.h"
#include "ops/kernels/pool2d_nhwc.h"
#include "ops/layout.h"
#include "ops/ops.h"
#include "ops/window.h"

typedef struct {
    gra_shape shape; /* of the result: the pooling's input */
    gra__max_pool2d_args pool;
} backward_args;

gra__pool2d_shape gra__max_pool2d_kernel_shape(gra_shape x, gra_shape y,
                                               const gra__max_pool2d_args *a)
{
    return gra__pool_shape(x, y, a->kernel, a->stride, a->padding, a->dilation);
}

/* Called by name, the op may be given any numbers, and no stride. False with an error. */
static bool resolve(const char *op, const gra__max_pool2d_args *a, gra__max_pool2d_args *resolved)
{
    *resolved = *a;
    return gra__pool_numbers(op, a->kernel, resolved->stride, a->padding);
}

static void windows_of(const gra__max_pool2d_args *a, gra__window window[2])
{
    for (int i = 0; i < 2; i++)
        window[i] = (gra__window){a->kernel[i], gra__pool_stride(a->stride, a->kernel, i),
                                  a->padding[i], a->dilation[i]};
}

/* ---- the gradient: winners are places in the plane (int64) or in the window (uint8) ---- */

/* Whether the places in a window are bytes. */
static bool window_fits(const char *op, gra_shape g, const backward_args *a)
{
    const gra__max_pool2d_args *const p = &a->pool;
    gra__window window[2];
    windows_of(p, window);
    if (!gra__pool_gradient_fits(op, g, a->shape, window, p->ceil_mode))
        return false;
    const gra__pool2d_shape s = gra__max_pool2d_kernel_shape(a->shape, g, p);
    if (gra__max_pool2d_nhwc_fits(&s))
        return true;
    gra_fail("%s: winners are uint8, which has no room for the %lld x %lld places of a window; "
             "int64 is needed",
             op, (long long)p->kernel[0], (long long)p->kernel[1]);
    return false;
}

/* Called by name, the op may be given any tensors and numbers. Places in the plane say all, and the numbers
 * may then be those of no window (adaptive_max_pool2d); places in the window need them. */
static bool backward_fits(const gra_call *c)
{
    static const char name[] = "max_pool2d_backward";
    const backward_args *const a = c->args;
    const gra_shape g = c->in[0]->shape, winners = c->in[1]->shape;
    char text[3][GRA_SHAPE_TEXT];
    if (g.count != 4 || a->shape.count != 4 || !gra_shape_equal(g, winners) ||
        g.size[0] != a->shape.size[0] || g.size[1] != a->shape.size[1]) {
        gra_fail("%s: g has shape %s, winners %s, and the input %s; [N, C, P, Q] twice and "
                 "[N, C, H, W] are needed",
                 name, gra_shape_text(g, text[0]), gra_shape_text(winners, text[1]),
                 gra_shape_text(a->shape, text[2]));
        return false;
    }
    if (c->in[1]->dtype == GRA_INT64)
        return true;
    if (c->in[1]->dtype == GRA_UINT8 && c->in[0]->dtype == GRA_FLOAT32)
        return window_fits(name, g, a);
    gra_fail("%s: g is %s and winners are %s; they are int64, or uint8 where g is float32", name,
             gra_dtype_name(c->in[0]->dtype), gra_dtype_name(c->in[1]->dtype));
    return false;
}

static void backward_channels_last(gra_call *c)
{
    const backward_args *const a = c->args;
    gra_tensor *const g = gra__channels_last(c->in[0]);
    gra_tensor *const winners = g ? gra__channels_last(c->in[1]) : NULL;
    gra_tensor *const dx =
        winners ? gra__empty_channels_last("max_pool2d_backward", a->shape, GRA_FLOAT32) : NULL;
    if (!dx)
        return;
    const gra__pool2d_shape s = gra__max_pool2d_kernel_shape(a->shape, g->shape, &a->pool);
    gra__max_pool2d_nhwc_backward_f32(&s, a->shape.size[1], gra__ptr(g), gra__ptr(winners),
                                      gra__ptr(dx));
    c->out[0] = dx;
}

static void backward_forward(gra_call *c)
{
    if (!backward_fits(c))
        return;
    if (c->in[1]->dtype == GRA_UINT8) {
        backward_channels_last(c);
        return;
    }
    const backward_args *const a = c->args;
    gra_tensor *const g = gra__pool_ready(gra_op_name(c->op), c->in[0]);
    gra_tensor *const winners = g ? gra__packed(c->in[1], GRA_INT64) : NULL;
    gra_tensor *const dx = winners ? gra__empty("max_pool2d_backward", a->shape, g->dtype) : NULL;
    if (!dx)
        return;
    const gra__pool2d_shape s = gra__max_pool2d_kernel_shape(a->shape, g->shape, &a->pool);
    const bool inside =
        g->dtype == GRA_FLOAT64
            ? gra__max_pool2d_backward_f64(&s, gra__ptr(g), gra__ptr(winners), gra__ptr(dx))
            : gra__max_pool2d_backward_f32(&s, gra__ptr(g), gra__ptr(winners), gra__ptr(dx));
    if (inside)
        c->out[0] = gra__converted(dx, c->in[0]->dtype);
    else
        gra_fail("max_pool2d_backward: a winner lies outside of its plane of %lld x %lld pixels; "
                 "places are 0 to %lld",
                 (long long)s.h, (long long)s.w, (long long)(s.h * s.w - 1));
}

gra_tensor *gra__max_pool2d_places(gra_shape x, gra_tensor *winners,
                                   const gra__max_pool2d_args *args)
{
    gra__max_pool2d_args a;
    if (winners->dtype == GRA_INT64 || !resolve("max_pool2d", args, &a))
        return winners;
    gra_tensor *const wide = gra__empty_channels_last("max_pool2d", winners->shape, GRA_INT64);
    const gra__pool2d_shape s = gra__max_pool2d_kernel_shape(x, winners->shape, &a);
    if (wide)
        gra__max_pool2d_nhwc_indices(&s, x.size[1], gra__ptr(winners), gra__ptr(wide));
    return wide;
}

/* u at the winners: the planes are flattened for gather. */
static void backward_vjp(gra_call *c, gra_tensor **u, gra_tensor **dx)
{
    const backward_args *const a = c->args;
    gra_tensor *const winners = gra__max_pool2d_places(a->shape, c->in[1], &a->pool);
    if (!winners)
        return;
    gra_tensor *const flat = gra_flatten(u[0], 2, 3);
    dx[0] = gra_reshape(gra_gather(flat, 2, gra_flatten(winners, 2, 3)), winners->shape);
}

const gra_op gra_op_max_pool2d_backward = {
    .schema = "max_pool2d_backward(Tensor g, Tensor winners, int[] shape, int[2] kernel_size, "
              "int[2] stride, int[2] padding, int[2] dilation, bool ceil_mode) -> Tensor",
    .forward = backward_forward,
    .vjp = backward_vjp,
    .saves = GRA_IN(1),
    .args_size = sizeof(backward_args),
};

/* ---- the pooling ---- */

static gra_tensor *pool_channels_last(const char *op, gra_tensor *x, gra_shape shape,
                                      const gra__pool2d_shape *s, gra_tensor **winners)
{
    gra_tensor *const y = gra__empty_channels_last(op, shape, GRA_FLOAT32);
    *winners = y ? gra__empty_channels_last(op, shape, GRA_UINT8) : NULL;
    if (!*winners)
        return NULL;
    gra__max_pool2d_nhwc_forward_f32(s, shape.size[1], gra__ptr(x), gra__ptr(y),
                                     gra__ptr(*winners));
    return y;
}

static gra_tensor *pool_row_major(const char *op, gra_tensor *x, gra_shape shape,
                                  const gra__pool2d_shape *s, gra_tensor **winners)
{
    gra_tensor *const ready = gra__pool_ready(op, x);
    gra_tensor *const y = ready ? gra__empty(op, shape, ready->dtype) : NULL;
    *winners = y ? gra__empty(op, shape, GRA_INT64) : NULL;
    if (!*winners)
        return NULL;
    if (ready->dtype == GRA_FLOAT64)
        gra__max_pool2d_forward_f64(s, gra__ptr(ready), gra__ptr(y), gra__ptr(*winners));
    else
        gra__max_pool2d_forward_f32(s, gra__ptr(ready), gra__ptr(y), gra__ptr(*winners));
    return gra__converted(y, x->dtype);
}

static bool output_of(const char *op, gra_shape x, const gra__max_pool2d_args *a, gra_shape *shape)
{
    int64_t out[2];
    gra__window window[2];
    windows_of(a, window);
    if (gra__is_batch(op, x, 2) && x.size[2] * x.size[3] == 0)
        return gra_fail("%s: an image of %lld x %lld pixels has no maximum", op,
                        (long long)x.size[2], (long long)x.size[3]);
    if (!gra__window_output(op, x, window, a->ceil_mode, out))
        return false;
    *shape = GRA_SHAPE(x.size[0], x.size[1], out[0], out[1]);
    return true;
}

gra_tensor *gra__max_pool2d_run(const char *op, gra_tensor *x, const gra__max_pool2d_args *args,
                                gra_tensor **winners)
{
    gra_shape shape;
    gra__max_pool2d_args a;
    if (!resolve(op, args, &a) || !output_of(op, x->shape, &a, &shape))
        return NULL;
    const gra__pool2d_shape s = gra__max_pool2d_kernel_shape(x->shape, shape, &a);
    if (gra__pool_channels_last(x) && gra__max_pool2d_nhwc_fits(&s))
        return pool_channels_last(op, x, shape, &s, winners);
    return pool_row_major(op, x, shape, &s, winners);
}

static void pool_forward(gra_call *c)
{
    c->out[0] = gra__max_pool2d_run("max_pool2d", c->in[0], c->args, &c->saved[0]);
}

gra_tensor *gra__max_pool2d_backward(gra_tensor *g, gra_tensor *winners, gra_shape shape,
                                     const gra__max_pool2d_args *args)
{
    backward_args a = {.shape = shape};
    if (!resolve("max_pool2d", args, &a.pool))
        return NULL;
    return gra_apply(&gra_op_max_pool2d_backward, (gra_tensor *[]){g, winners}, 2, &a);
}

static void pool_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    dx[0] = gra__max_pool2d_backward(g[0], c->saved[0], gra_call_shape(c, 0), c->args);
}

const gra_op gra_op_max_pool2d = {
    .schema = "max_pool2d(Tensor input, int[2] kernel_size, int[2] stride=0, int[2] padding=0, "
              "int[2] dilation=1, bool ceil_mode=False) -> Tensor",
    .forward = pool_forward,
    .vjp = pool_vjp,
    .curvature = GRA_CURVATURE_MOVES,
    .saves = GRA_SAVE_NOTHING,
    .args_size = sizeof(gra__max_pool2d_args),
};

gra_max_pool2d_options gra_max_pool2d_defaults(void)
{
    return (gra_max_pool2d_options){.dilation = 1};
}

bool gra__max_pool2d_args_of(const char *op, const gra_max_pool2d_options *o,
                             gra__max_pool2d_args *args)
{
    args->ceil_mode = o->ceil_mode;
    return gra__pool_options(op, o->kernel_size, o->kernel_size_hw, o->stride, o->stride_hw,
                             o->padding, o->padding_hw, args->kernel, args->stride,
                             args->padding) &&
           gra__pair(op, "dilation", o->dilation, 1, o->dilation_hw, 1, args->dilation);
}

gra_tensor *gra_max_pool2d_with(gra_max_pool2d_options o)
{
    gra__max_pool2d_args args = {0};
    if (!o.input || gra_error())
        return gra_apply(&gra_op_max_pool2d, &o.input, 1, &args);
    if (!gra__max_pool2d_args_of("max_pool2d", &o, &args))
        return NULL;
    gra_tensor *const batch = gra__as_batch("max_pool2d", o.input);
    gra_tensor *const y = batch ? gra_apply(&gra_op_max_pool2d, &batch, 1, &args) : NULL;
    return batch == o.input ? y : y ? gra_squeeze(y, GRA_DIMS(0)) : NULL;
}
