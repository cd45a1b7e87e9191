/* isfinite.c - whether x is neither NaN nor infinite; bool, no gradient. */
#include "ops/iterate.h"
#include "ops/ops.h"

static void isfinite_forward(gra_call *c)
{
    gra__unary_bool(c, gra__kernels_get()->elementwise->isfinite);
}

const gra_op gra_op_isfinite = {
    .schema = "isfinite(Tensor x) -> Tensor",
    .forward = isfinite_forward,
    .saves = GRA_SAVE_NOTHING,
};

gra_tensor *gra_isfinite(gra_tensor *x)
{
    return gra_apply(&gra_op_isfinite, &x, 1, NULL);
}
