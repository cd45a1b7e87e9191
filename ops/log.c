/* log.c - the natural logarithm.
 *
 *   y = ln x            dy/dx = 1 / x
 */
#include "ops/iterate.h"
#include "ops/ops.h"

static void log_forward(gra_call *c)
{
    gra__unary_float(c, gra__kernels_get()->elementwise->log);
}

static void log_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    dx[0] = gra_div(g[0], c->in[0]);
}

const gra_op gra_op_log = {
    .schema = "log(Tensor x) -> Tensor",
    .forward = log_forward,
    .vjp = log_vjp,
    .curvature = GRA_CURVATURE_ELEMENTWISE,
};

gra_tensor *gra_log(gra_tensor *x)
{
    return gra_apply(&gra_op_log, &x, 1, NULL);
}
