/* adaptive_max_pool2d.c - maximum over as many windows as the result is to have pixels.
 *
 *   y[p, q] = max_{(i, j) in w(p, q)} x[i, j]        dx[i, j] = sum of g[p, q] over the windows that (i, j) won
 *
 * The windows are adaptive_avg_pool2d's.  The second result are the winners' places i W + j in the plane,
 * int64.  Where h and w divide H and W, the windows are those of max_pool2d, whose gradient this one's is in
 * any case: it asks for the winners alone.
 */
#include "core/dry_run.h"
#include "core/error.h"
#include "ops/iterate.h"
#include "ops/kernels/adaptive_pool2d.h"
#include "ops/layout.h"
#include "ops/max_pool2d.h"
#include "ops/ops.h"
#include "ops/window.h"

typedef struct {
    int64_t size[2]; /* height and width of the result */
} pool_args;

static const char op_name[] = "adaptive_max_pool2d";

static bool check(const gra_tensor *x, const pool_args *a)
{
    char text[GRA_SHAPE_TEXT];
    if (x->shape.count != 4)
        gra_fail("%s: input has shape %s; [N, C, H, W] or [C, H, W] is needed", op_name,
                 gra_shape_text(x->shape, text));
    else if (a->size[0] < 1 || a->size[1] < 1 || a->size[0] > INT32_MAX || a->size[1] > INT32_MAX ||
             x->shape.size[2] < 1 || x->shape.size[3] < 1)
        gra_fail("%s: an image of shape %s cannot be pooled to %lld x %lld; at least one pixel is "
                 "needed on both sides",
                 op_name, gra_shape_text(x->shape, text), (long long)a->size[0],
                 (long long)a->size[1]);
    else if (!gra_dtype_is_floating(x->dtype))
        gra_fail("%s: dtype %s is not supported; gra_to(x, GRA_FLOAT32) converts", op_name,
                 gra_dtype_name(x->dtype));
    return !gra_error();
}

/* Where the windows are all alike, max_pool2d's arguments; false where they are not. */
static bool even_windows(gra_shape x, const pool_args *a, gra__max_pool2d_args *pool)
{
    for (int i = 0; i < 2; i++) {
        if (x.size[2 + i] % a->size[i])
            return false;
        pool->kernel[i] = pool->stride[i] = x.size[2 + i] / a->size[i];
        pool->padding[i] = 0;
        pool->dilation[i] = 1;
    }
    pool->ceil_mode = false;
    return true;
}

static void pool_uneven(gra_call *c, const pool_args *a)
{
    gra_tensor *const x = c->in[0];
    const gra_shape *const size = &x->shape;
    const gra_shape shape = GRA_SHAPE(size->size[0], size->size[1], a->size[0], a->size[1]);
    const gra_dtype dtype = x->dtype == GRA_BFLOAT16 ? GRA_FLOAT32 : x->dtype;
    gra_tensor *const ready = gra__converted(x, dtype);
    gra_tensor *const y = ready ? gra__empty_in_layout(op_name, shape, dtype, ready) : NULL;
    gra_tensor *const indices = y ? gra__empty(op_name, shape, GRA_INT64) : NULL;
    if (!indices)
        return;
    gra__adaptive_shape s = {gra__dry_run() ? 0 : size->size[0],
                             size->size[1],
                             size->size[2],
                             size->size[3],
                             a->size[0],
                             a->size[1],
                             {0},
                             {0}};
    for (int i = 0; i < 4; i++) {
        s.in_stride[i] = ready->stride[i];
        s.out_stride[i] = y->stride[i];
    }
    if (dtype == GRA_FLOAT64)
        gra__adaptive_max_pool2d_f64(&s, gra__ptr(ready), gra__ptr(y), gra__ptr(indices));
    else
        gra__adaptive_max_pool2d_f32(&s, gra__ptr(ready), gra__ptr(y), gra__ptr(indices));
    c->out[0] = gra__converted(y, x->dtype);
    c->out[1] = indices;
}

static void pool_forward(gra_call *c)
{
    const pool_args *const a = c->args;
    gra__max_pool2d_args even;
    if (!check(c->in[0], a))
        return;
    if (!even_windows(c->in[0]->shape, a, &even)) {
        pool_uneven(c, a);
        return;
    }
    gra_tensor *winners;
    c->out[0] = gra__max_pool2d_run(op_name, c->in[0], &even, &winners);
    c->out[1] = c->out[0] ? gra__max_pool2d_places(c->in[0]->shape, winners, &even) : NULL;
}

static void pool_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    static const gra__max_pool2d_args any = {{1, 1}, {1, 1}, {0}, {1, 1}, false};
    dx[0] = gra__max_pool2d_backward(g[0], c->out[1], gra_call_shape(c, 0), &any);
}

const gra_op gra_op_adaptive_max_pool2d = {
    .schema = "adaptive_max_pool2d(Tensor input, int[2] output_size) -> (Tensor, Tensor)",
    .forward = pool_forward,
    .vjp = pool_vjp,
    .curvature = GRA_CURVATURE_MOVES,
    .saves = GRA_OUT(1),
    .args_size = sizeof(pool_args),
    .non_differentiable = GRA_OUT(1),
};

gra_tensor *gra_adaptive_max_pool2d(gra_tensor *x, int64_t h, int64_t w, gra_tensor **indices)
{
    gra_tensor *out[2] = {NULL, NULL};
    gra_tensor *batch = x && !gra_error() ? gra__as_batch(op_name, x) : x;
    if (indices)
        *indices = NULL;
    if ((x && !batch) ||
        gra_apply_many(&gra_op_adaptive_max_pool2d, &batch, 1, &(pool_args){{h, w}}, out, 2) < 0)
        return NULL;
    if (indices)
        *indices = gra__without_batch(out[1], x, batch);
    return gra__without_batch(out[0], x, batch);
}
