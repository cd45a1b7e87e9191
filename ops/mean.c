/* mean.c - the mean over dims, of floating point dtypes.
 *
 *   y = 1/n sum_i x_i           dy/dx_i = 1/n
 */
#include "ops/ops.h"
#include "ops/reduce.h"

static void mean_forward(gra_call *c)
{
    if (gra__demand_floating("mean", c->in[0]))
        gra__reduce_numbers(c, &gra__kernels_get()->reduce->sum, 0, true);
}

static void mean_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    const gra__reduce_args *const args = c->args;
    const gra_shape shape = gra_call_shape(c, 0);
    unsigned mask;
    if (!gra__dims_mask("mean", args->dims, shape.count, &mask))
        return;
    const int64_t n = gra__reduced_count(shape, mask);
    gra_tensor *const share =
        n ? gra_div_scalar(g[0], (double)n) : g[0]; /* of nothing: no matter */
    dx[0] = gra__unreduce(share, shape, args->dims);
}

const gra_op gra_op_mean = {
    .schema = "mean(Tensor x, int[] dims=[], bool keepdim=False) -> Tensor",
    .forward = mean_forward,
    .vjp = mean_vjp,
    .saves = GRA_SAVE_NOTHING,
    .args_size = sizeof(gra__reduce_args),
};

gra_tensor *gra_mean_with(gra_reduce_options o)
{
    return gra_apply(&gra_op_mean, &o.x, 1, &(gra__reduce_args){o.dims, o.keepdim});
}
