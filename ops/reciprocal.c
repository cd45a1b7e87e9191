/* reciprocal.c - one over x.
 *
 *   y = 1 / x           dy/dx = -y^2
 */
#include "ops/iterate.h"
#include "ops/ops.h"

static void reciprocal_forward(gra_call *c)
{
    gra__unary_float(c, gra__kernels_get()->elementwise->reciprocal);
}

static void reciprocal_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    dx[0] = gra_mul(g[0], gra_neg(gra_square(c->out[0])));
}

const gra_op gra_op_reciprocal = {
    .schema = "reciprocal(Tensor x) -> Tensor",
    .forward = reciprocal_forward,
    .vjp = reciprocal_vjp,
    .curvature = GRA_CURVATURE_ELEMENTWISE,
    .saves = GRA_OUT(0),
};

gra_tensor *gra_reciprocal(gra_tensor *x)
{
    return gra_apply(&gra_op_reciprocal, &x, 1, NULL);
}
