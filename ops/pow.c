/* pow.c - powers.
 *
 *   y = a^b             dy/da = b a^(b-1)        dy/db = y ln a
 *
 * Two limits are filled in by hand, as IEEE arithmetic would give NaN there: at a = b = 0, where
 * b a^(b-1) is 0 times infinity, dy/da is 0; at a = 0 with b >= 0, where y ln a is 0 times minus
 * infinity, dy/db is 0.  The filled points are taken out of the arguments of pow and log, so that the
 * second derivatives stay finite too.  A negative a has a dy/da, but its dy/db is NaN.
 *
 * The exponent may be a number, whose dy/da is 0 everywhere when it is 0.
 */
#include <math.h>

#include "core/create.h"
#include "core/error.h"
#include "ops/iterate.h"
#include "ops/ops.h"

typedef struct {
    double value;
} scalar_args;

/* b a^(b-1), where the exponent is 0 instead of -1 wherever b = 0 and a is 0 or NaN. */
static gra_tensor *slope_in_a(gra_tensor *a, gra_tensor *b)
{
    gra_tensor *const one = gra_scalar(1, b->dtype);
    gra_tensor *const singular =
        gra_mul(gra_eq_scalar(b, 0), gra_logical_not(gra_gt_scalar(gra_abs(a), 0)));
    return gra_mul(b, gra_pow(a, gra_sub_scalar(gra_where(singular, one, b), 1)));
}

/* y ln a, where a is 1 instead of 0 wherever b >= 0. */
static gra_tensor *slope_in_b(gra_tensor *a, gra_tensor *b, gra_tensor *y)
{
    gra_tensor *const one = gra_scalar(1, a->dtype);
    gra_tensor *const singular = gra_mul(gra_eq_scalar(a, 0), gra_ge_scalar(b, 0));
    return gra_mul(y, gra_log(gra_where(singular, one, a)));
}

static void pow_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    gra_tensor *const a = gra_to(c->in[0], g[0]->dtype), *const b = gra_to(c->in[1], g[0]->dtype);
    if (!a || !b)
        return;
    if (c->needs[0])
        dx[0] = gra_mul(g[0], slope_in_a(a, b));
    if (c->needs[1])
        dx[1] = gra_mul(g[0], slope_in_b(a, b, c->out[0]));
}

static void pow_forward(gra_call *c)
{
    gra__binary(c, gra__kernels_get()->elementwise->pow);
    if (!c->needs[1])
        c->saves = GRA_IN(0) | GRA_IN(1); /* only b's gradient reads y */
}

/* Exponents that have a loop of their own, which is much faster than pow. */
static gra__unary_loops loops_of(double value)
{
    const gra__elementwise_table *const table = gra__kernels_get()->elementwise;
    return value == 2     ? table->square
           : value == 0.5 ? table->sqrt
           : value == -1  ? table->reciprocal
                          : NULL;
}

static void pow_scalar_forward(gra_call *c)
{
    const scalar_args *const args = c->args;
    const bool real = gra_dtype_is_floating(c->in[0]->dtype);
    const gra__unary_loops loops = real ? loops_of(args->value) : NULL;
    if (!real && args->value < 0 && args->value == floor(args->value))
        gra_fail("pow_scalar: integers have no negative whole powers, but the exponent is %g; "
                 "convert the tensor with gra_to first",
                 args->value);
    else if (loops)
        gra__unary(c, loops);
    else
        gra__scalar(c, gra__kernels_get()->elementwise->pow, args->value, false);
}

static void pow_scalar_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    const scalar_args *const args = c->args;
    gra_tensor *const x = c->in[0];
    if (args->value == 0)
        dx[0] = gra_zeros_like(g[0]);
    else
        dx[0] = gra_mul(g[0], gra_mul_scalar(gra_pow_scalar(x, args->value - 1), args->value));
}

const gra_op gra_op_pow = {
    .schema = "pow(Tensor a, Tensor b) -> Tensor",
    .forward = pow_forward,
    .vjp = pow_vjp,
    .saves = GRA_IN(0) | GRA_IN(1) | GRA_OUT(0),
};

const gra_op gra_op_pow_scalar = {
    .schema = "pow_scalar(Tensor x, float value) -> Tensor",
    .forward = pow_scalar_forward,
    .vjp = pow_scalar_vjp,
    .curvature = GRA_CURVATURE_ELEMENTWISE,
    .args_size = sizeof(scalar_args),
};

gra_tensor *gra_pow(gra_tensor *a, gra_tensor *b)
{
    return gra_apply(&gra_op_pow, (gra_tensor *[]){a, b}, 2, NULL);
}

gra_tensor *gra_pow_scalar(gra_tensor *x, double value)
{
    return gra_apply(&gra_op_pow_scalar, &x, 1, &(scalar_args){value});
}
