/* rsqrt.c - one over the square root.
 *
 *   y = x^(-1/2)        dy/dx = -y^3 / 2
 */
#include "ops/iterate.h"
#include "ops/ops.h"

static void rsqrt_forward(gra_call *c)
{
    gra__unary_float(c, gra__kernels_get()->elementwise->rsqrt);
}

static void rsqrt_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    gra_tensor *const y = c->out[0];
    dx[0] = gra_mul(g[0], gra_mul_scalar(gra_mul(gra_square(y), y), -0.5));
}

const gra_op gra_op_rsqrt = {
    .schema = "rsqrt(Tensor x) -> Tensor",
    .forward = rsqrt_forward,
    .vjp = rsqrt_vjp,
    .curvature = GRA_CURVATURE_ELEMENTWISE,
    .saves = GRA_OUT(0),
};

gra_tensor *gra_rsqrt(gra_tensor *x)
{
    return gra_apply(&gra_op_rsqrt, &x, 1, NULL);
}
