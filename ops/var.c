/* var.c - the variance over dims, of floating point dtypes.
 *
 *   y = 1/(n - correction) sum_i (x_i - m)^2,  m = 1/n sum_i x_i
 *
 *   dy/dx_i = 2 (x_i - m) / (n - correction)
 *
 * Two passes: the means in float64, then the squared deviations from them.  Where n <= correction
 * the divisor is 0, and the gradient is infinite, or NaN at the mean, as in PyTorch.
 */
#include <math.h>

#include "ops/ops.h"
#include "ops/reduce.h"

typedef struct {
    gra_dims dims;
    int64_t correction;
    bool keepdim;
} var_args;

static void run_step(const gra__fold *f, const gra__piece *p)
{
    ((gra__deviation_run *)f->run_loop)(p->n, p->acc, p->x, p->stride, f->mean[p->output]);
}

static void row_step(const gra__fold *f, const gra__piece *p)
{
    ((gra__deviation_row *)f->row_loop)(p->n, p->acc, p->x, p->stride, f->mean + p->output);
}

static double divisor(gra_shape shape, unsigned mask, int64_t correction)
{
    const int64_t n = gra__reduced_count(shape, mask);
    return n > correction ? (double)(n - correction) : 0;
}

static gra_tensor *means(gra_tensor *x, unsigned mask)
{
    gra__fold f = gra__fold_of(&gra__kernels_get()->reduce->sum, x->dtype, GRA_FLOAT64);
    f.result = GRA_FLOAT64;
    f.divide = true;
    f.divisor = (double)gra__reduced_count(x->shape, mask);
    return gra__fold_run("var", &f, x, mask, gra__reduced_shape(x->shape, mask, false));
}

static void var_forward(gra_call *c)
{
    const var_args *const args = c->args;
    const gra__reduce_table *const loops = gra__kernels_get()->reduce;
    unsigned mask;
    if (!gra__demand_floating("var", c->in[0]) ||
        !gra__dims_mask("var", args->dims, c->in[0]->shape.count, &mask))
        return;
    gra_tensor *const x = gra__computable(c->in[0]);
    gra_tensor *const mean = x ? means(x, mask) : NULL;
    if (!mean)
        return;
    const gra__fold f = {
        .run = run_step,
        .row = row_step,
        .run_loop = (gra__any_loop *)loops->deviation_run[x->dtype],
        .row_loop = (gra__any_loop *)loops->deviation_row[x->dtype],
        .combine = loops->sum.row[GRA_FLOAT64],
        .mean = gra__ptr(mean),
        .accumulator = GRA_FLOAT64,
        .result = c->in[0]->dtype,
        .divide = true,
        .divisor = divisor(x->shape, mask, args->correction),
    };
    const gra_shape shape = gra__reduced_shape(x->shape, mask, args->keepdim);
    c->out[0] = gra__fold_run("var", &f, x, mask, shape);
}

static void var_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    const var_args *const args = c->args;
    gra_tensor *const x = c->in[0];
    unsigned mask;
    if (!gra__dims_mask("var", args->dims, x->shape.count, &mask))
        return;
    const double by = divisor(x->shape, mask, args->correction);
    gra_tensor *const mean = gra_mean(x, .dims = args->dims, .keepdim = true);
    gra_tensor *const deviation = gra_sub(x, mean);
    gra_tensor *const scaled =
        by > 0 ? gra_mul_scalar(deviation, 2 / by) : gra_mul_scalar(gra_abs(deviation), INFINITY);
    dx[0] = gra_mul(gra__keep_dims(g[0], x->shape, args->dims), scaled);
}

const gra_op gra_op_var = {
    .schema = "var(Tensor x, int[] dims=[], int correction=1, bool keepdim=False) -> Tensor",
    .forward = var_forward,
    .vjp = var_vjp,
    .saves = GRA_IN(0),
    .args_size = sizeof(var_args),
};

gra_var_options gra_var_defaults(void)
{
    return (gra_var_options){.dims = GRA_ALL_DIMS, .correction = 1};
}

gra_tensor *gra_var_with(gra_var_options o)
{
    return gra_apply(&gra_op_var, &o.x, 1, &(var_args){o.dims, o.correction, o.keepdim});
}
