/* logical.c - and, or and exclusive or of what is not 0.
 *
 *   y = a != 0 and b != 0,  a != 0 or b != 0,  (a != 0) != (b != 0)         bool, no gradient
 */
#include "ops/iterate.h"
#include "ops/ops.h"

static void logical_and_forward(gra_call *c)
{
    gra__binary_bool(c, gra__kernels_get()->elementwise->logical_and);
}

static void logical_or_forward(gra_call *c)
{
    gra__binary_bool(c, gra__kernels_get()->elementwise->logical_or);
}

static void logical_xor_forward(gra_call *c)
{
    c->out[0] = gra_ne(gra_logical_not(c->in[0]), gra_logical_not(c->in[1]));
}

const gra_op gra_op_logical_and = {
    .schema = "logical_and(Tensor a, Tensor b) -> Tensor",
    .forward = logical_and_forward,
    .saves = GRA_SAVE_NOTHING,
};

const gra_op gra_op_logical_or = {
    .schema = "logical_or(Tensor a, Tensor b) -> Tensor",
    .forward = logical_or_forward,
    .saves = GRA_SAVE_NOTHING,
};

const gra_op gra_op_logical_xor = {
    .schema = "logical_xor(Tensor a, Tensor b) -> Tensor",
    .forward = logical_xor_forward,
    .saves = GRA_SAVE_NOTHING,
};

gra_tensor *gra_logical_and(gra_tensor *a, gra_tensor *b)
{
    return gra_apply(&gra_op_logical_and, (gra_tensor *[]){a, b}, 2, NULL);
}

gra_tensor *gra_logical_or(gra_tensor *a, gra_tensor *b)
{
    return gra_apply(&gra_op_logical_or, (gra_tensor *[]){a, b}, 2, NULL);
}

gra_tensor *gra_logical_xor(gra_tensor *a, gra_tensor *b)
{
    return gra_apply(&gra_op_logical_xor, (gra_tensor *[]){a, b}, 2, NULL);
}
