/* logical_not.c - y = (x == 0), bool, no gradient. */
#include "ops/iterate.h"
#include "ops/ops.h"

static void logical_not_forward(gra_call *c)
{
    gra__unary_bool(c, gra__kernels_get()->elementwise->logical_not);
}

const gra_op gra_op_logical_not = {
    .schema = "logical_not(Tensor x) -> Tensor",
    .forward = logical_not_forward,
    .saves = GRA_SAVE_NOTHING,
};

gra_tensor *gra_logical_not(gra_tensor *x)
{
    return gra_apply(&gra_op_logical_not, &x, 1, NULL);
}
