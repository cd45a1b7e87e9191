/* silu.c - the sigmoid linear unit, also called swish.
 *
 *   y = x s, s = 1 / (1 + e^-x)         dy/dx = s (1 + x (1 - s))
 *
 * Its gradient is one fused pass, silu_backward, an op of its own so that it can be differentiated
 * again:
 *
 *   z = g dy/dx                         dz/dg = silu_backward
 *                                       dz/dx = g s (1 - s) (2 + x (1 - 2 s))
 *
 * At infinity y and its slope are the limits, where the formula would give NaN.
 */
#include "ops/activate.h"
#include "ops/inplace.h"
#include "ops/ops.h"

static void backward_forward(gra_call *c)
{
    gra__activate_backward(c, gra__kernels_get()->activations->silu_backward, (double[3]){0});
}

static void backward_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    gra_tensor *const x = c->in[1];
    if (c->needs[0])
        dx[0] = gra_apply(c->op, (gra_tensor *[]){g[0], x}, 2, NULL);
    if (!c->needs[1])
        return;
    gra_tensor *const s = gra_sigmoid(x), *const slope = gra_mul(s, gra_one_minus(s));
    gra_tensor *const curve = gra_add_scalar(gra_mul(x, gra_one_minus(gra_mul_scalar(s, 2))), 2);
    dx[1] = gra_mul(g[0], gra_mul(c->in[0], gra_mul(slope, curve)));
}

const gra_op gra_op_silu_backward = {
    .schema = "silu_backward(Tensor g, Tensor x) -> Tensor",
    .forward = backward_forward,
    .vjp = backward_vjp,
};

static void silu_forward(gra_call *c)
{
    if (c->op->inplace && c->needs[0] && !(c->saved[0] = gra__old_value(c->in[0])))
        return;
    gra__activate(c, gra__kernels_get()->activations->silu, (double[3]){0});
}

static void silu_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    gra_tensor *const x = c->op->inplace ? c->saved[0] : c->in[0];
    dx[0] = gra_apply(&gra_op_silu_backward, (gra_tensor *[]){g[0], x}, 2, NULL);
}

const gra_op gra_op_silu = {
    .schema = "silu(Tensor x) -> Tensor",
    .forward = silu_forward,
    .vjp = silu_vjp,
    .curvature = GRA_CURVATURE_ELEMENTWISE,
    .saves = GRA_IN(0),
};

const gra_op gra_op_silu_ = {
    .schema = "silu_(Tensor(a!) x) -> Tensor(a!)",
    .forward = silu_forward,
    .vjp = silu_vjp,
    .saves = GRA_SAVE_NOTHING,
    .inplace = true,
};

gra_silu_options gra_silu_defaults(void)
{
    return (gra_silu_options){0};
}

gra_tensor *gra_silu_with(gra_silu_options o)
{
    return gra_apply(o.inplace ? &gra_op_silu_ : &gra_op_silu, &o.x, 1, NULL);
}
