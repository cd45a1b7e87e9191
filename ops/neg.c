/* neg.c - the opposite.
 *
 *   y = -x              dy/dx = -1
 */
#include "ops/iterate.h"
#include "ops/ops.h"

static void neg_forward(gra_call *c)
{
    gra__unary(c, gra__kernels_get()->elementwise->neg);
}

static void neg_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    (void)c;
    dx[0] = gra_neg(g[0]);
}

const gra_op gra_op_neg = {
    .schema = "neg(Tensor x) -> Tensor",
    .forward = neg_forward,
    .vjp = neg_vjp,
    .curvature = GRA_CURVATURE_ELEMENTWISE,
    .saves = GRA_SAVE_NOTHING,
};

gra_tensor *gra_neg(gra_tensor *x)
{
    return gra_apply(&gra_op_neg, &x, 1, NULL);
}
