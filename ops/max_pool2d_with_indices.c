/* max_pool2d_with_indices.c - maximum over sliding windows, and where each maximum stands.
 *
 *   y[p] = max_{i in window(p)} x[i] = x[w(p)]       dx[i] = sum_{p: w(p) = i} g[p]
 *
 * It is max_pool2d (which says more) with w(p) as its second result: int64, i W + j in the plane.
 * max_unpool2d takes these places.
 */
#include "core/error.h"
#include "ops/max_pool2d.h"
#include "ops/ops.h"
#include "ops/window.h"

static void pool_forward(gra_call *c)
{
    const gra__max_pool2d_args *const a = c->args;
    gra_tensor *winners;
    gra_tensor *const y = gra__max_pool2d_run("max_pool2d_with_indices", c->in[0], a, &winners);
    if (!y)
        return;
    c->out[0] = y;
    c->out[1] = gra__max_pool2d_places(c->in[0]->shape, winners, a);
    if (winners == c->out[1]) {
        c->saves = GRA_OUT(1);
        return;
    }
    c->saved[0] = winners; /* bytes, which the kernels for channels-last take */
    c->saves = GRA_SAVE_NOTHING;
}

static void pool_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    dx[0] = gra__max_pool2d_backward(g[0], c->saved[0] ? c->saved[0] : c->out[1],
                                     gra_call_shape(c, 0), c->args);
}

const gra_op gra_op_max_pool2d_with_indices = {
    .schema = "max_pool2d_with_indices(Tensor input, int[2] kernel_size, int[2] stride=0, "
              "int[2] padding=0, int[2] dilation=1, bool ceil_mode=False) -> (Tensor, Tensor)",
    .forward = pool_forward,
    .vjp = pool_vjp,
    .curvature = GRA_CURVATURE_MOVES,
    .saves = GRA_OUT(1), /* forward narrows it */
    .args_size = sizeof(gra__max_pool2d_args),
    .non_differentiable = GRA_OUT(1),
};

gra_tensor *gra_max_pool2d_with_indices_with(gra_tensor **indices, gra_max_pool2d_options o)
{
    static const char op[] = "max_pool2d_with_indices";
    gra__max_pool2d_args args = {{0}, {0}, {0}, {0}, false};
    gra_tensor *out[2] = {NULL, NULL}, *batch = o.input;
    *indices = NULL;
    const bool given = o.input && !gra_error();
    if (given && !gra__max_pool2d_args_of(op, &o, &args))
        return NULL;
    if (given && !(batch = gra__as_batch(op, o.input)))
        return NULL;
    if (gra_apply_many(&gra_op_max_pool2d_with_indices, &batch, 1, &args, out, 2) < 0)
        return NULL;
    *indices = gra__without_batch(out[1], o.input, batch);
    return gra__without_batch(out[0], o.input, batch);
}
