/* erf.c - the error function.
 *
 *   y = 2 / sqrt(pi) integral of e^(-t^2) from 0 to x       dy/dx = 2 / sqrt(pi) e^(-x^2)
 */
#include <math.h>

#include "ops/iterate.h"
#include "ops/ops.h"

static void erf_forward(gra_call *c)
{
    gra__unary_float(c, gra__kernels_get()->elementwise->erf);
}

static void erf_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    gra_tensor *const bell = gra_exp(gra_neg(gra_square(c->in[0])));
    dx[0] = gra_mul(g[0], gra_mul_scalar(bell, M_2_SQRTPI));
}

const gra_op gra_op_erf = {
    .schema = "erf(Tensor x) -> Tensor",
    .forward = erf_forward,
    .vjp = erf_vjp,
};

gra_tensor *gra_erf(gra_tensor *x)
{
    return gra_apply(&gra_op_erf, &x, 1, NULL);
}
