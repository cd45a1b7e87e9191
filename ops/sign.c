/* sign.c - -1, 0 or 1; 0 for NaN.
 *
 *   y = x / |x|         dy/dx = 0
 */
#include "core/create.h"
#include "ops/iterate.h"
#include "ops/ops.h"

static void sign_forward(gra_call *c)
{
    gra_tensor *const x = c->in[0];
    if (x->dtype == GRA_BOOL) /* 0 and 1 are their own signs */
        c->out[0] = gra__row_major_copy(x, GRA_BOOL);
    else
        gra__unary(c, gra__kernels_get()->elementwise->sign);
}

static void sign_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    (void)c;
    dx[0] = gra_zeros_like(g[0]);
}

const gra_op gra_op_sign = {
    .schema = "sign(Tensor x) -> Tensor",
    .forward = sign_forward,
    .vjp = sign_vjp,
    .saves = GRA_SAVE_NOTHING,
};

gra_tensor *gra_sign(gra_tensor *x)
{
    return gra_apply(&gra_op_sign, &x, 1, NULL);
}
