/* adaptive_avg_pool2d.c - mean over as many windows as the result is to have pixels.
 *
 *   y[p, q] = 1/|w| sum_{(i, j) in w(p, q)} x[i, j]        dx[i, j] = sum_{w(p, q) has (i, j)} g[p, q] / |w|
 *
 * Rows floor(p H / h) to ceil((p + 1) H / h) - 1 belong to window p, columns likewise.  Where h and w
 * divide H and W, the windows are those of avg_pool2d, which then does it.  The op is linear, and its
 * gradient op has the op itself as its derivative.
 */
#include "core/dry_run.h"
#include "core/error.h"
#include "ops/iterate.h"
#include "ops/kernels/adaptive_pool2d.h"
#include "ops/layout.h"
#include "ops/ops.h"
#include "ops/window.h"

typedef struct {
    int64_t size[2]; /* height and width of the result, or of the gradient op's result */
} pool_args;

extern const gra_op gra_op_adaptive_avg_pool2d;

/* in is the image, out the result of the pooling. */
static gra__adaptive_shape kernel_shape(const gra_tensor *in, const gra_tensor *out)
{
    gra__adaptive_shape s = {
        .n = gra__dry_run() ? 0 : in->shape.size[0],
        .c = in->shape.size[1],
        .h = in->shape.size[2],
        .w = in->shape.size[3],
        .out_h = out->shape.size[2],
        .out_w = out->shape.size[3],
    };
    for (int i = 0; i < 4; i++) {
        s.in_stride[i] = in->stride[i];
        s.out_stride[i] = out->stride[i];
    }
    return s;
}

/* x in float32 or float64, any strides; NULL with an error for other dtypes. */
static gra_tensor *ready(const char *op, gra_tensor *x)
{
    if (!gra_dtype_is_floating(x->dtype))
        return gra_fail("%s: dtype %s is not supported; gra_to(x, GRA_FLOAT32) converts", op,
                        gra_dtype_name(x->dtype));
    return x->dtype == GRA_BFLOAT16 ? gra__converted(x, GRA_FLOAT32) : x;
}

/* Whether an image of this shape can be pooled, or a gradient spread, to h x w pixels; false with an error. */
static bool pixels_fit(const char *op, gra_shape shape, int64_t h, int64_t w)
{
    const int first = shape.count - 2; /* of the dims that are pixels */
    char text[GRA_SHAPE_TEXT];
    if (h >= 1 && w >= 1 && h <= INT32_MAX && w <= INT32_MAX && shape.size[first] >= 1 &&
        shape.size[first + 1] >= 1)
        return true;
    gra_fail(
        "%s: an image of shape %s cannot be pooled to %lld x %lld; at least one pixel is needed "
        "on both sides",
        op, gra_shape_text(shape, text), (long long)h, (long long)w);
    return false;
}

/* Called by name, the ops may be given any tensor and numbers. */
static bool call_fits(const gra_call *c)
{
    const pool_args *const a = c->args;
    const char *const name = gra_op_name(c->op);
    return gra__is_batch(name, c->in[0]->shape, 2) &&
           pixels_fit(name, c->in[0]->shape, a->size[0], a->size[1]);
}

/* A tensor like x with the height and width of args. */
static gra_tensor *result_for(gra_tensor *x, const pool_args *a)
{
    const gra_shape shape = GRA_SHAPE(x->shape.size[0], x->shape.size[1], a->size[0], a->size[1]);
    return gra__empty_in_layout("adaptive_avg_pool2d", shape, x->dtype, x);
}

static void pool_forward(gra_call *c)
{
    gra_tensor *const x = call_fits(c) ? ready("adaptive_avg_pool2d", c->in[0]) : NULL;
    gra_tensor *const y = x ? result_for(x, c->args) : NULL;
    if (!y)
        return;
    const gra__adaptive_shape s = kernel_shape(x, y);
    if (x->dtype == GRA_FLOAT64)
        gra__adaptive_avg_pool2d_f64(&s, gra__ptr(x), gra__ptr(y));
    else
        gra__adaptive_avg_pool2d_f32(&s, gra__ptr(x), gra__ptr(y));
    c->out[0] = gra__converted(y, c->in[0]->dtype);
}

static void backward_forward(gra_call *c)
{
    gra_tensor *const g = call_fits(c) ? ready("adaptive_avg_pool2d_backward", c->in[0]) : NULL;
    gra_tensor *const dx = g ? result_for(g, c->args) : NULL;
    if (!dx)
        return;
    gra__fill(dx, 0);
    const gra__adaptive_shape s = kernel_shape(dx, g);
    if (g->dtype == GRA_FLOAT64)
        gra__adaptive_avg_pool2d_backward_f64(&s, gra__ptr(g), gra__ptr(dx));
    else
        gra__adaptive_avg_pool2d_backward_f32(&s, gra__ptr(g), gra__ptr(dx));
    c->out[0] = gra__converted(dx, c->in[0]->dtype);
}

static void backward_vjp(gra_call *c, gra_tensor **u, gra_tensor **dx)
{
    const gra_shape shape = gra_call_shape(c, 0);
    dx[0] =
        gra_apply(&gra_op_adaptive_avg_pool2d, u, 1, &(pool_args){{shape.size[2], shape.size[3]}});
}

const gra_op gra_op_adaptive_avg_pool2d_backward = {
    .schema = "adaptive_avg_pool2d_backward(Tensor g, int[2] size) -> Tensor",
    .forward = backward_forward,
    .vjp = backward_vjp,
    .saves = GRA_SAVE_NOTHING,
    .args_size = sizeof(pool_args),
};

static void pool_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    const gra_shape shape = gra_call_shape(c, 0);
    dx[0] = gra_apply(&gra_op_adaptive_avg_pool2d_backward, g, 1,
                      &(pool_args){{shape.size[2], shape.size[3]}});
}

const gra_op gra_op_adaptive_avg_pool2d = {
    .schema = "adaptive_avg_pool2d(Tensor x, int[2] output_size) -> Tensor",
    .forward = pool_forward,
    .vjp = pool_vjp,
    .saves = GRA_SAVE_NOTHING,
    .args_size = sizeof(pool_args),
};

static gra_tensor *pool(gra_tensor *x, int64_t h, int64_t w)
{
    const int64_t height = x->shape.size[2], width = x->shape.size[3];
    if (height % h == 0 && width % w == 0)
        return gra_avg_pool2d(x, .kernel_size_hw = {height / h, width / w});
    return gra_apply(&gra_op_adaptive_avg_pool2d, &x, 1, &(pool_args){{h, w}});
}

gra_tensor *gra_adaptive_avg_pool2d(gra_tensor *x, int64_t h, int64_t w)
{
    if (!x || gra_error())
        return gra_apply(&gra_op_adaptive_avg_pool2d, &x, 1, &(pool_args){{h, w}});
    gra_tensor *const batch = gra__as_batch("adaptive_avg_pool2d", x);
    if (!batch)
        return NULL;
    if (!pixels_fit("adaptive_avg_pool2d", x->shape, h, w))
        return NULL;
    gra_tensor *const y = pool(batch, h, w);
    return batch == x ? y : y ? gra_squeeze(y, GRA_DIMS(0)) : NULL;
}
