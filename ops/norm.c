/* norm.c - p-norms of vectors, over any dims.
 *
 *   y = (sum |x|^p)^(1/p)               dy/dx = sign(x) (|x| / y)^(p-1)
 *
 *   p = 2:      sqrt(sum x^2)           x / y
 *   p = inf:    max |x|                 sign(x) where |x| = y, shared among those
 *   p = -inf:   min |x|                 likewise
 *   p = 0:      how many are not 0      0
 *
 * Where y is 0 the gradient is PyTorch's subgradient 0, and for p < 1 it is 0 where x is.
 */
#include <math.h>

#include "ops/ops.h"
#include "ops/reduce.h"

typedef struct {
    double p;
    gra_dims dims;
    bool keepdim;
} norm_args;

static gra_tensor *norm_of(gra_tensor *x, const norm_args *a)
{
    const gra_dims dims = a->dims;
    const bool keep = a->keepdim;
    if (a->p == 2)
        return gra_sqrt(gra_sum(gra_square(x), .dims = dims, .keepdim = keep));
    if (a->p == 0)
        return gra_sum(gra_to(gra_ne_scalar(x, 0), x->dtype), .dims = dims, .keepdim = keep);
    gra_tensor *const size = gra_abs(x);
    if (a->p == 1)
        return gra_sum(size, .dims = dims, .keepdim = keep);
    if (isinf(a->p))
        return a->p > 0 ? gra_max(size, .dims = dims, .keepdim = keep)
                        : gra_min(size, .dims = dims, .keepdim = keep);
    return gra_pow_scalar(gra_sum(gra_pow_scalar(size, a->p), .dims = dims, .keepdim = keep),
                          1 / a->p);
}

static void norm_forward(gra_call *c)
{
    unsigned mask;
    const norm_args *const args = c->args;
    if (gra__demand_floating("norm", c->in[0]) &&
        gra__dims_mask("norm", args->dims, c->in[0]->shape.count, &mask) &&
        (!isinf(args->p) || gra__demand_elements("norm", c->in[0]->shape, mask)))
        c->out[0] = norm_of(c->in[0], args);
}

/* |x| = y, or NaN as y then is: the places that an infinite norm has its value from. */
static gra_tensor *extremes(gra_tensor *x, gra_tensor *y)
{
    gra_tensor *const size = gra_abs(x);
    return gra_to(gra_logical_or(gra_eq(size, y), gra_ne(x, x)), gra_tensor_dtype(x));
}

/* The gradient, where g and y have kept their dims. */
static gra_tensor *slope(gra_tensor *x, gra_tensor *y, gra_tensor *g, const norm_args *a)
{
    const double p = a->p;
    if (p == 0)
        return gra_mul_scalar(gra_mul(g, gra_sign(x)), 0);
    if (p == 1)
        return gra_mul(g, gra_sign(x));
    if (isinf(p)) {
        gra_tensor *const places = extremes(x, y);
        gra_tensor *const count = gra_sum(places, .dims = a->dims, .keepdim = true);
        return gra_mul(gra_mul(gra_sign(x), places), gra_div(g, count));
    }
    gra_tensor *const is_zero = gra_eq_scalar(y, 0), *const safe = gra_masked_fill(y, is_zero, 1);
    gra_tensor *const scale =
        gra_masked_fill(gra_div(g, p == 2 ? safe : gra_pow_scalar(safe, p - 1)), is_zero, 0);
    if (p == 2)
        return gra_mul(scale, x);
    gra_tensor *const size = gra_abs(x);
    if (p > 2)
        return gra_mul(gra_mul(x, gra_pow_scalar(size, p - 2)), scale);
    gra_tensor *power = gra_pow_scalar(size, p - 1);
    if (p < 1)
        power = gra_masked_fill(power, gra_eq_scalar(x, 0), 0);
    return gra_mul(gra_mul(gra_sign(x), power), scale);
}

static void norm_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    const norm_args *const args = c->args;
    const gra_shape shape = gra_call_shape(c, 0);
    dx[0] = slope(c->in[0], gra__keep_dims(c->out[0], shape, args->dims),
                  gra__keep_dims(g[0], shape, args->dims), args);
}

const gra_op gra_op_norm = {
    .schema = "norm(Tensor x, float p=2, int[] dims=[], bool keepdim=False) -> Tensor",
    .forward = norm_forward,
    .vjp = norm_vjp,
    .saves = GRA_IN(0) | GRA_OUT(0),
    .args_size = sizeof(norm_args),
};

gra_norm_options gra_norm_defaults(void)
{
    return (gra_norm_options){.p = 2, .dims = GRA_ALL_DIMS};
}

gra_tensor *gra_norm_with(gra_norm_options o)
{
    return gra_apply(&gra_op_norm, &o.x, 1, &(norm_args){o.p, o.dims, o.keepdim});
}
