/* clone.c - a copy with memory of its own.
 *
 *   y = x               dy/dx = 1
 *
 * The copy has x's strides where they leave no gaps, and is row-major otherwise.  contiguous gives
 * row-major order and copies only what is not in it yet.
 */
#include "core/error.h"
#include "ops/iterate.h"
#include "ops/ops.h"

static void clone_forward(gra_call *c)
{
    c->out[0] = gra__copy(c->in[0], c->in[0]->dtype);
}

static void contiguous_forward(gra_call *c)
{
    gra_tensor *const x = c->in[0];
    c->out[0] = x->contiguous ? gra__view(x, x->shape, x->stride, x->offset)
                              : gra__row_major_copy(x, x->dtype);
}

static void copy_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    (void)c;
    dx[0] = g[0];
}

const gra_op gra_op_clone = {
    .schema = "clone(Tensor x) -> Tensor",
    .forward = clone_forward,
    .vjp = copy_vjp,
    .curvature = GRA_CURVATURE_MOVES,
    .saves = GRA_SAVE_NOTHING,
};

const gra_op gra_op_contiguous = {
    .schema = "contiguous(Tensor(a) x) -> Tensor(a)",
    .forward = contiguous_forward,
    .vjp = copy_vjp,
    .curvature = GRA_CURVATURE_MOVES,
    .saves = GRA_SAVE_NOTHING,
    .view = true,
};

gra_tensor *gra_clone(gra_tensor *x)
{
    return gra_apply(&gra_op_clone, &x, 1, NULL);
}

gra_tensor *gra_contiguous(gra_tensor *x)
{
    if (x && x->contiguous)
        return gra_error() ? NULL : x;
    return gra_apply(&gra_op_contiguous, &x, 1, NULL);
}
