/* fill_.c - overwriting a tensor with a number.
 *
 *   x = value, x = 0            gradient of the old x: 0
 *
 * An integer tensor takes the whole part of a number.
 */
#include "core/create.h"
#include "core/error.h"
#include "ops/iterate.h"
#include "ops/ops.h"

typedef struct {
    double value;
} fill_args;

/* Whether the whole part of value is a number of the dtype; floats and bools take anything. */
static bool is_in_range(double value, gra_dtype dtype)
{
    switch (dtype) {
    case GRA_INT64: return value >= -0x1p63 && value < 0x1p63;
    case GRA_INT32: return value > -0x1p31 - 1 && value < 0x1p31;
    case GRA_UINT8: return value > -1 && value < 256;
    default: return true;
    }
}

static void fill_forward(gra_call *c)
{
    const fill_args *const args = c->args;
    gra_tensor *const x = c->in[0];
    if (!is_in_range(args->value, x->dtype)) {
        gra_fail("fill_: %g lies outside the range of dtype %s", args->value,
                 gra_dtype_name(x->dtype));
        return;
    }
    gra__fill(x, args->value);
    c->out[0] = x;
}

static void zero_forward(gra_call *c)
{
    gra__fill(c->in[0], 0);
    c->out[0] = c->in[0];
}

static void fill_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    (void)c;
    dx[0] = gra_zeros_like(g[0]);
}

const gra_op gra_op_fill_ = {
    .schema = "fill_(Tensor(a!) x, float value) -> Tensor(a!)",
    .forward = fill_forward,
    .vjp = fill_vjp,
    .saves = GRA_SAVE_NOTHING,
    .args_size = sizeof(fill_args),
    .inplace = true,
};

const gra_op gra_op_zero_ = {
    .schema = "zero_(Tensor(a!) x) -> Tensor(a!)",
    .forward = zero_forward,
    .vjp = fill_vjp,
    .saves = GRA_SAVE_NOTHING,
    .inplace = true,
};

gra_tensor *gra_fill_(gra_tensor *x, double value)
{
    return gra_apply(&gra_op_fill_, &x, 1, &(fill_args){value});
}

gra_tensor *gra_zero_(gra_tensor *x)
{
    return gra_apply(&gra_op_zero_, &x, 1, NULL);
}
