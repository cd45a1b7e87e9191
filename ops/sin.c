/* sin.c - the sine.
 *
 *   y = sin x           dy/dx = cos x
 */
#include "ops/iterate.h"
#include "ops/ops.h"

static void sin_forward(gra_call *c)
{
    gra__unary_float(c, gra__kernels_get()->elementwise->sin);
}

static void sin_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    dx[0] = gra_mul(g[0], gra_cos(c->in[0]));
}

const gra_op gra_op_sin = {
    .schema = "sin(Tensor x) -> Tensor",
    .forward = sin_forward,
    .vjp = sin_vjp,
    .curvature = GRA_CURVATURE_ELEMENTWISE,
};

gra_tensor *gra_sin(gra_tensor *x)
{
    return gra_apply(&gra_op_sin, &x, 1, NULL);
}
