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

/* d2/dx_i^2 = h / n^2 */
static void mean_curvature(gra_call *c, gra_tensor **h, gra_tensor **dx)
{
    const gra_shape shape = gra_call_shape(c, 0);
    const int64_t n = gra__numel(&shape), m = gra_tensor_numel(h[0]);
    mean_vjp(c, h, dx);
    if (dx[0] && n)
        dx[0] = gra_mul_scalar(dx[0], (double)m / (double)n);
}

const gra_op gra_op_mean = {
    .schema = "mean(Tensor x, int[] dims=[], bool keepdim=False) -> Tensor",
    .forward = mean_forward,
    .vjp = mean_vjp,
    .curvature = GRA_CURVATURE_OWN,
    .curvature_rule = mean_curvature,
    .saves = GRA_SAVE_NOTHING,
    .args_size = sizeof(gra__reduce_args),
};

gra_tensor *gra_mean_with(gra_reduce_options o)
{
    return gra_apply(&gra_op_mean, &o.x, 1, &(gra__reduce_args){o.dims, o.keepdim});
}
