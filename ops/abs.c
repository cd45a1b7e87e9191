/* abs.c - the absolute value.
 *
 *   y = |x|             dy/dx = sign(x), 0 at 0
 */
#include "ops/iterate.h"
#include "ops/ops.h"

static void abs_forward(gra_call *c)
{
    gra__unary(c, gra__kernels_get()->elementwise->abs);
}

static void abs_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    dx[0] = gra_mul(g[0], gra_sign(c->in[0]));
}

const gra_op gra_op_abs = {
    .schema = "abs(Tensor x) -> Tensor",
    .forward = abs_forward,
    .vjp = abs_vjp,
    .curvature = GRA_CURVATURE_ELEMENTWISE,
};

gra_tensor *gra_abs(gra_tensor *x)
{
    return gra_apply(&gra_op_abs, &x, 1, NULL);
}
