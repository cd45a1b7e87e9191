/* sqrt.c - the square root.
 *
 *   y = x^(1/2)         dy/dx = 1 / (2 y)
 */
#include "ops/iterate.h"
#include "ops/ops.h"

static void sqrt_forward(gra_call *c)
{
    gra__unary_float(c, gra__kernels_get()->elementwise->sqrt);
}

static void sqrt_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    dx[0] = gra_div(g[0], gra_mul_scalar(c->out[0], 2));
}

const gra_op gra_op_sqrt = {
    .schema = "sqrt(Tensor x) -> Tensor",
    .forward = sqrt_forward,
    .vjp = sqrt_vjp,
    .curvature = GRA_CURVATURE_ELEMENTWISE,
    .saves = GRA_OUT(0),
};

gra_tensor *gra_sqrt(gra_tensor *x)
{
    return gra_apply(&gra_op_sqrt, &x, 1, NULL);
}
