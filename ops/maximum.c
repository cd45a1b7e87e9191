/* maximum.c - the larger and the smaller of two numbers; a NaN wins.
 *
 *   y = max(a, b)       dy/da = 1 where a > b, 1/2 where a = b, 0 where a < b, and so for b
 *   y = min(a, b)       the same with < and > exchanged
 *
 * Where one of them is NaN both get the whole gradient, as in PyTorch.
 */
#include "core/create.h"
#include "ops/iterate.h"
#include "ops/ops.h"

/* g where this input wins, g / 2 where both are equal, 0 where it loses. */
static gra_tensor *share(gra_tensor *g, gra_tensor *loses, gra_tensor *tie)
{
    gra_tensor *const zero = gra_scalar(0, g->dtype);
    return gra_where(loses, zero, gra_where(tie, gra_mul_scalar(g, 0.5), g));
}

static void maximum_forward(gra_call *c)
{
    gra__binary(c, gra__kernels_get()->elementwise->maximum);
}

static void maximum_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    gra_tensor *const a = c->in[0], *const b = c->in[1], *const tie = gra_eq(a, b);
    if (c->needs[0])
        dx[0] = share(g[0], gra_lt(a, b), tie);
    if (c->needs[1])
        dx[1] = share(g[0], gra_lt(b, a), tie);
}

static void minimum_forward(gra_call *c)
{
    gra__binary(c, gra__kernels_get()->elementwise->minimum);
}

static void minimum_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    gra_tensor *const a = c->in[0], *const b = c->in[1], *const tie = gra_eq(a, b);
    if (c->needs[0])
        dx[0] = share(g[0], gra_lt(b, a), tie);
    if (c->needs[1])
        dx[1] = share(g[0], gra_lt(a, b), tie);
}

const gra_op gra_op_maximum = {
    .schema = "maximum(Tensor a, Tensor b) -> Tensor",
    .forward = maximum_forward,
    .vjp = maximum_vjp,
};

const gra_op gra_op_minimum = {
    .schema = "minimum(Tensor a, Tensor b) -> Tensor",
    .forward = minimum_forward,
    .vjp = minimum_vjp,
};

gra_tensor *gra_maximum(gra_tensor *a, gra_tensor *b)
{
    return gra_apply(&gra_op_maximum, (gra_tensor *[]){a, b}, 2, NULL);
}

gra_tensor *gra_minimum(gra_tensor *a, gra_tensor *b)
{
    return gra_apply(&gra_op_minimum, (gra_tensor *[]){a, b}, 2, NULL);
}
