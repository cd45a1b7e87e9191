/* sum.c - the sum over dims.
 *
 *   y = sum_i x_i               dy/dx_i = 1
 *
 * Integers and bools are summed in int64.
 */
#include "ops/ops.h"
#include "ops/reduce.h"

static void sum_forward(gra_call *c)
{
    gra__reduce_numbers(c, &gra__kernels_get()->reduce->sum, 0, false);
}

static void sum_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    const gra__reduce_args *const args = c->args;
    dx[0] = gra__unreduce(g[0], gra_call_shape(c, 0), args->dims);
}

const gra_op gra_op_sum = {
    .schema = "sum(Tensor x, int[] dims=[], bool keepdim=False) -> Tensor",
    .forward = sum_forward,
    .vjp = sum_vjp,
    .curvature = GRA_CURVATURE_MOVES,
    .saves = GRA_SAVE_NOTHING,
    .args_size = sizeof(gra__reduce_args),
};

gra_tensor *gra_sum_with(gra_reduce_options o)
{
    return gra_apply(&gra_op_sum, &o.x, 1, &(gra__reduce_args){o.dims, o.keepdim});
}
