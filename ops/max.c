/* max.c - the maximum and the minimum over dims (PyTorch's amax and amin).
 *
 *   y = max_i x_i               dy/dx_i = [x_i = y] / #{j: x_j = y}
 *
 * Elements that tie share the gradient evenly.  NaN wins; it ties with nothing, so that the gradient
 * is NaN then.
 */
#include "ops/ops.h"
#include "ops/reduce.h"

static void max_forward(gra_call *c)
{
    gra__reduce_extremum(c, &gra__kernels_get()->reduce->max);
}

static void min_forward(gra_call *c)
{
    gra__reduce_extremum(c, &gra__kernels_get()->reduce->min);
}

static void extremum_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    const gra__reduce_args *const args = c->args;
    gra_tensor *const x = c->in[0];
    gra_tensor *const ties = gra_eq(x, gra__keep_dims(c->out[0], x->shape, args->dims));
    gra_tensor *const count = gra_sum(ties, .dims = args->dims, .keepdim = true);
    dx[0] = gra_mul(gra_div(gra__keep_dims(g[0], x->shape, args->dims), count), ties);
}

const gra_op gra_op_max = {
    .schema = "max(Tensor x, int[] dims=[], bool keepdim=False) -> Tensor",
    .forward = max_forward,
    .vjp = extremum_vjp,
    .saves = GRA_IN(0) | GRA_OUT(0),
    .args_size = sizeof(gra__reduce_args),
};

const gra_op gra_op_min = {
    .schema = "min(Tensor x, int[] dims=[], bool keepdim=False) -> Tensor",
    .forward = min_forward,
    .vjp = extremum_vjp,
    .saves = GRA_IN(0) | GRA_OUT(0),
    .args_size = sizeof(gra__reduce_args),
};

gra_tensor *gra_max_with(gra_reduce_options o)
{
    return gra_apply(&gra_op_max, &o.x, 1, &(gra__reduce_args){o.dims, o.keepdim});
}

gra_tensor *gra_min_with(gra_reduce_options o)
{
    return gra_apply(&gra_op_min, &o.x, 1, &(gra__reduce_args){o.dims, o.keepdim});
}
