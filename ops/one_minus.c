/* one_minus.c - the complement of a probability.
 *
 *   y = 1 - x           dy/dx = -1
 */
#include "ops/iterate.h"
#include "ops/ops.h"

static void one_minus_forward(gra_call *c)
{
    gra__unary(c, gra__kernels_get()->elementwise->one_minus);
}

static void one_minus_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    (void)c;
    dx[0] = gra_neg(g[0]);
}

const gra_op gra_op_one_minus = {
    .schema = "one_minus(Tensor x) -> Tensor",
    .forward = one_minus_forward,
    .vjp = one_minus_vjp,
    .curvature = GRA_CURVATURE_ELEMENTWISE,
    .saves = GRA_SAVE_NOTHING,
};

gra_tensor *gra_one_minus(gra_tensor *x)
{
    return gra_apply(&gra_op_one_minus, &x, 1, NULL);
}
