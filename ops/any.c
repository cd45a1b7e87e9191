/* any.c - whether some element, or every element, is not zero, over dims.
 *
 *   any: y = x_1 or x_2 or ...          all: y = x_1 and x_2 and ...
 *
 * The result is bool, without a gradient.  NaN is not zero.  Of no elements, any is false and all true.
 */
#include "ops/ops.h"
#include "ops/reduce.h"

static void any_forward(gra_call *c)
{
    gra__reduce_bool(c, &gra__kernels_get()->reduce->any, 0);
}

static void all_forward(gra_call *c)
{
    gra__reduce_bool(c, &gra__kernels_get()->reduce->all, 1);
}

const gra_op gra_op_any = {
    .schema = "any(Tensor x, int[] dims=[], bool keepdim=False) -> Tensor",
    .forward = any_forward,
    .saves = GRA_SAVE_NOTHING,
    .args_size = sizeof(gra__reduce_args),
};

const gra_op gra_op_all = {
    .schema = "all(Tensor x, int[] dims=[], bool keepdim=False) -> Tensor",
    .forward = all_forward,
    .saves = GRA_SAVE_NOTHING,
    .args_size = sizeof(gra__reduce_args),
};

gra_tensor *gra_any_with(gra_reduce_options o)
{
    return gra_apply(&gra_op_any, &o.x, 1, &(gra__reduce_args){o.dims, o.keepdim});
}

gra_tensor *gra_all_with(gra_reduce_options o)
{
    return gra_apply(&gra_op_all, &o.x, 1, &(gra__reduce_args){o.dims, o.keepdim});
}
