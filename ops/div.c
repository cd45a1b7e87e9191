/* div.c - true division; integers give float32.
 *
 *   y = a / b           dy/da = 1 / b    dy/db = -a / b^2
 *
 * Where only a needs a gradient, only b is kept.  In place, b's gradient needs the old value of a,
 * kept as a copy.
 */
#include "ops/inplace.h"
#include "ops/iterate.h"
#include "ops/ops.h"

typedef struct {
    double value;
} scalar_args;

static void div_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    gra_tensor *const a = c->op->inplace ? c->saved[0] : c->in[0], *const b = c->in[1];
    if (c->needs[0])
        dx[0] = gra_div(g[0], b);
    if (c->needs[1])
        dx[1] = gra_neg(gra_mul(g[0], gra_div(gra_div(a, b), b)));
}

static void div_forward(gra_call *c)
{
    gra__binary_float(c, gra__kernels_get()->elementwise->div);
    if (!c->needs[1])
        c->saves = GRA_IN(1);
}

static void div_inplace_forward(gra_call *c)
{
    if (c->needs[1] && !(c->saved[0] = gra__old_value(c->in[0])))
        return;
    gra__binary_float(c, gra__kernels_get()->elementwise->div);
}

static void div_scalar_forward(gra_call *c)
{
    const scalar_args *const args = c->args;
    gra__scalar_float(c, gra__kernels_get()->elementwise->div, args->value, false);
}

static void div_scalar_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    const scalar_args *const args = c->args;
    dx[0] = gra_div_scalar(g[0], args->value);
}

static void rdiv_scalar_forward(gra_call *c)
{
    const scalar_args *const args = c->args;
    gra__scalar_float(c, gra__kernels_get()->elementwise->div, args->value, true);
}

static void rdiv_scalar_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    const scalar_args *const args = c->args;
    dx[0] = gra_mul(g[0], gra_rdiv_scalar(gra_square(c->in[0]), -args->value));
}

const gra_op gra_op_div = {
    .schema = "div(Tensor a, Tensor b) -> Tensor",
    .forward = div_forward,
    .vjp = div_vjp,
};

const gra_op gra_op_div_ = {
    .schema = "div_(Tensor(a!) x, Tensor b) -> Tensor(a!)",
    .forward = div_inplace_forward,
    .vjp = div_vjp,
    .saves = GRA_IN(1),
    .inplace = true,
};

const gra_op gra_op_div_scalar = {
    .schema = "div_scalar(Tensor x, float value) -> Tensor",
    .forward = div_scalar_forward,
    .vjp = div_scalar_vjp,
    .curvature = GRA_CURVATURE_ELEMENTWISE,
    .saves = GRA_SAVE_NOTHING,
    .args_size = sizeof(scalar_args),
};

const gra_op gra_op_div_scalar_ = {
    .schema = "div_scalar_(Tensor(a!) x, float value) -> Tensor(a!)",
    .forward = div_scalar_forward,
    .vjp = div_scalar_vjp,
    .curvature = GRA_CURVATURE_ELEMENTWISE,
    .saves = GRA_SAVE_NOTHING,
    .args_size = sizeof(scalar_args),
    .inplace = true,
};

const gra_op gra_op_rdiv_scalar = {
    .schema = "rdiv_scalar(Tensor x, float value) -> Tensor",
    .forward = rdiv_scalar_forward,
    .vjp = rdiv_scalar_vjp,
    .args_size = sizeof(scalar_args),
};

gra_tensor *gra_div(gra_tensor *a, gra_tensor *b)
{
    return gra_apply(&gra_op_div, (gra_tensor *[]){a, b}, 2, NULL);
}

gra_tensor *gra_div_(gra_tensor *x, gra_tensor *b)
{
    return gra_apply(&gra_op_div_, (gra_tensor *[]){x, b}, 2, NULL);
}

gra_tensor *gra_div_scalar(gra_tensor *x, double value)
{
    return gra_apply(&gra_op_div_scalar, &x, 1, &(scalar_args){value});
}

gra_tensor *gra_div_scalar_(gra_tensor *x, double value)
{
    return gra_apply(&gra_op_div_scalar_, &x, 1, &(scalar_args){value});
}

gra_tensor *gra_rdiv_scalar(gra_tensor *x, double value)
{
    return gra_apply(&gra_op_rdiv_scalar, &x, 1, &(scalar_args){value});
}
