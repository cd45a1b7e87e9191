/* log1p.c - ln(1 + x), which keeps the digits of a small x.
 *
 *   y = ln(1 + x)       dy/dx = 1 / (1 + x)
 */
#include "ops/iterate.h"
#include "ops/ops.h"

static void log1p_forward(gra_call *c)
{
    gra__unary_float(c, gra__kernels_get()->elementwise->log1p);
}

static void log1p_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    dx[0] = gra_div(g[0], gra_add_scalar(c->in[0], 1));
}

const gra_op gra_op_log1p = {
    .schema = "log1p(Tensor x) -> Tensor",
    .forward = log1p_forward,
    .vjp = log1p_vjp,
    .curvature = GRA_CURVATURE_ELEMENTWISE,
};

gra_tensor *gra_log1p(gra_tensor *x)
{
    return gra_apply(&gra_op_log1p, &x, 1, NULL);
}
