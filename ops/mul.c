/* mul.c - multiplication.
 *
 *   y = a b             dy/da = b        dy/db = a
 *
 * An input is kept only for the other one's gradient: a constant factor keeps nothing of a alive, and
 * a may be written afterwards.  In place, b's gradient needs the old value of a, kept as a copy.
 */
#include "ops/inplace.h"
#include "ops/iterate.h"
#include "ops/ops.h"

typedef struct {
    double value;
} scalar_args;

static void mul_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    gra_tensor *const a = c->op->inplace ? c->saved[0] : c->in[0];
    if (c->needs[0])
        dx[0] = gra_mul(g[0], c->in[1]);
    if (c->needs[1])
        dx[1] = gra_mul(g[0], a);
}

static void mul_forward(gra_call *c)
{
    gra__binary(c, gra__kernels_get()->elementwise->mul);
    if (c->needs[0] != c->needs[1])
        c->saves = c->needs[0] ? GRA_IN(1) : GRA_IN(0);
}

static void mul_inplace_forward(gra_call *c)
{
    if (c->needs[1] && !(c->saved[0] = gra__old_value(c->in[0])))
        return;
    gra__binary(c, gra__kernels_get()->elementwise->mul);
    if (!c->needs[0])
        c->saves = GRA_SAVE_NOTHING;
}

static void mul_scalar_forward(gra_call *c)
{
    const scalar_args *const args = c->args;
    gra__scalar(c, gra__kernels_get()->elementwise->mul, args->value, false);
}

static void mul_scalar_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    const scalar_args *const args = c->args;
    dx[0] = gra_mul_scalar(g[0], args->value);
}

const gra_op gra_op_mul = {
    .schema = "mul(Tensor a, Tensor b) -> Tensor",
    .forward = mul_forward,
    .vjp = mul_vjp,
    .curvature = GRA_CURVATURE_PRODUCTS,
};

const gra_op gra_op_mul_ = {
    .schema = "mul_(Tensor(a!) x, Tensor b) -> Tensor(a!)",
    .forward = mul_inplace_forward,
    .vjp = mul_vjp,
    .saves = GRA_IN(1),
    .inplace = true,
};

const gra_op gra_op_mul_scalar = {
    .schema = "mul_scalar(Tensor x, float value) -> Tensor",
    .forward = mul_scalar_forward,
    .vjp = mul_scalar_vjp,
    .curvature = GRA_CURVATURE_ELEMENTWISE,
    .saves = GRA_SAVE_NOTHING,
    .args_size = sizeof(scalar_args),
};

const gra_op gra_op_mul_scalar_ = {
    .schema = "mul_scalar_(Tensor(a!) x, float value) -> Tensor(a!)",
    .forward = mul_scalar_forward,
    .vjp = mul_scalar_vjp,
    .curvature = GRA_CURVATURE_ELEMENTWISE,
    .saves = GRA_SAVE_NOTHING,
    .args_size = sizeof(scalar_args),
    .inplace = true,
};

gra_tensor *gra_mul(gra_tensor *a, gra_tensor *b)
{
    return gra_apply(&gra_op_mul, (gra_tensor *[]){a, b}, 2, NULL);
}

gra_tensor *gra_mul_(gra_tensor *x, gra_tensor *b)
{
    return gra_apply(&gra_op_mul_, (gra_tensor *[]){x, b}, 2, NULL);
}

gra_tensor *gra_mul_scalar(gra_tensor *x, double value)
{
    return gra_apply(&gra_op_mul_scalar, &x, 1, &(scalar_args){value});
}

gra_tensor *gra_mul_scalar_(gra_tensor *x, double value)
{
    return gra_apply(&gra_op_mul_scalar_, &x, 1, &(scalar_args){value});
}
