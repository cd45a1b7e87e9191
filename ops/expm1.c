/* expm1.c - e^x - 1, which keeps the digits of a small x.
 *
 *   y = e^x - 1         dy/dx = y + 1
 */
#include "ops/iterate.h"
#include "ops/ops.h"

static void expm1_forward(gra_call *c)
{
    gra__unary_float(c, gra__kernels_get()->elementwise->expm1);
}

static void expm1_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    dx[0] = gra_mul(g[0], gra_add_scalar(c->out[0], 1));
}

const gra_op gra_op_expm1 = {
    .schema = "expm1(Tensor x) -> Tensor",
    .forward = expm1_forward,
    .vjp = expm1_vjp,
    .curvature = GRA_CURVATURE_ELEMENTWISE,
    .saves = GRA_OUT(0),
};

gra_tensor *gra_expm1(gra_tensor *x)
{
    return gra_apply(&gra_op_expm1, &x, 1, NULL);
}
