/* exp.c - the exponential function.
 *
 *   y = e^x             dy/dx = y
 */
#include "ops/iterate.h"
#include "ops/ops.h"

static void exp_forward(gra_call *c)
{
    gra__unary_float(c, gra__kernels_get()->elementwise->exp);
}

static void exp_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    dx[0] = gra_mul(g[0], c->out[0]);
}

const gra_op gra_op_exp = {
    .schema = "exp(Tensor x) -> Tensor",
    .forward = exp_forward,
    .vjp = exp_vjp,
    .curvature = GRA_CURVATURE_ELEMENTWISE,
    .saves = GRA_OUT(0),
};

gra_tensor *gra_exp(gra_tensor *x)
{
    return gra_apply(&gra_op_exp, &x, 1, NULL);
}
