/* cos.c - the cosine.
 *
 *   y = cos x           dy/dx = -sin x
 */
#include "ops/iterate.h"
#include "ops/ops.h"

static void cos_forward(gra_call *c)
{
    gra__unary_float(c, gra__kernels_get()->elementwise->cos);
}

static void cos_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    dx[0] = gra_mul(g[0], gra_neg(gra_sin(c->in[0])));
}

const gra_op gra_op_cos = {
    .schema = "cos(Tensor x) -> Tensor",
    .forward = cos_forward,
    .vjp = cos_vjp,
    .curvature = GRA_CURVATURE_ELEMENTWISE,
};

gra_tensor *gra_cos(gra_tensor *x)
{
    return gra_apply(&gra_op_cos, &x, 1, NULL);
}
