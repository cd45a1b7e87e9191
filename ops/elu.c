/* elu.c - exponential linear units: elu, selu and celu.
 *
 *   y = x > 0 ? s x : s a (e^(c x) - 1)         dy/dx = x > 0 ? s : s a c e^(c x)
 *
 * a is alpha, s scale, c input_scale.  selu is elu with the a and s that keep mean 0 and variance 1
 * from layer to layer; celu has c = 1 / a, which makes the slope continuous.
 *
 * The gradient is one fused pass, elu_backward, an op of its own so that it can be differentiated
 * again. It reads x, or in its place (is_result) the y that was written over it, as long as a >= 0:
 *
 *   z = x <= 0 ? s a c e^(c x) g : s g          dz/dg = elu_backward        dz/dx = g y''
 *   z = y <= 0 ? c (y + s a) g : s g            dz/dy = y <= 0 ? c g : 0
 *
 * Sources: Clevert et al., "Fast and accurate deep network learning by exponential linear units",
 * 2015; Klambauer et al., "Self-normalizing neural networks", 2017; Barron, "Continuously
 * differentiable exponential linear units", 2017.
 */
#include "core/create.h"
#include "core/error.h"
#include "ops/activate.h"
#include "ops/ops.h"

typedef struct {
    double alpha, scale, input_scale;
} elu_args;

typedef struct {
    elu_args elu;
    bool is_result;
} backward_args;

/* What the kernels want. */
#define PARAMETERS(e) ((double[3]){(e).alpha * (e).scale, (e).scale, (e).input_scale})

static void backward_forward(gra_call *c)
{
    const backward_args *const args = c->args;
    const gra__activations_table *const table = gra__kernels_get()->activations;
    gra__activate_backward(c, args->is_result ? table->elu_backward_y : table->elu_backward,
                           PARAMETERS(args->elu));
}

/* The slope of elu' by x, or by y; 0 above 0. */
static gra_tensor *second_slope(gra_tensor *x, const backward_args *args)
{
    const double c = args->elu.input_scale, factor = args->elu.alpha * args->elu.scale * c * c;
    gra_tensor *const below = gra_le_scalar(x, 0), *const zero = gra_scalar(0, x->dtype);
    if (args->is_result)
        return gra_mul_scalar(gra_to(below, x->dtype), c);
    gra_tensor *const bounded = gra_where(below, x, zero); /* e^(c x) is finite */
    return gra_where(below, gra_mul_scalar(gra_exp(gra_mul_scalar(bounded, c)), factor), zero);
}

static void backward_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    if (c->needs[0])
        dx[0] = gra_apply(c->op, (gra_tensor *[]){g[0], c->in[1]}, 2, c->args);
    if (c->needs[1])
        dx[1] = gra_mul(g[0], gra_mul(c->in[0], second_slope(c->in[1], c->args)));
}

const gra_op gra_op_elu_backward = {
    .schema = "elu_backward(Tensor g, Tensor x, float alpha, float scale, float input_scale, bool "
              "is_result) -> Tensor",
    .forward = backward_forward,
    .vjp = backward_vjp,
    .args_size = sizeof(backward_args),
};

static void elu_forward(gra_call *c)
{
    const elu_args *const args = c->args;
    if (c->op->inplace && c->needs[0] && !(args->alpha >= 0))
        gra_fail("elu_: the gradient in place needs an alpha of at least 0, as it reads the sign "
                 "of x from y, but it is %g; use gra_elu",
                 args->alpha);
    else
        gra__activate(c, gra__kernels_get()->activations->elu, PARAMETERS(*args));
}

static void elu_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    const elu_args *const args = c->args;
    gra_tensor *const x = c->op->inplace ? c->out[0] : c->in[0];
    dx[0] = gra_apply(&gra_op_elu_backward, (gra_tensor *[]){g[0], x}, 2,
                      &(backward_args){*args, c->op->inplace});
}

const gra_op gra_op_elu = {
    .schema = "elu(Tensor x, float alpha=1, float scale=1, float input_scale=1) -> Tensor",
    .forward = elu_forward,
    .vjp = elu_vjp,
    .curvature = GRA_CURVATURE_ELEMENTWISE,
    .saves = GRA_IN(0),
    .args_size = sizeof(elu_args),
};

const gra_op gra_op_elu_ = {
    .schema = "elu_(Tensor(a!) x, float alpha=1, float scale=1, float input_scale=1) -> Tensor(a!)",
    .forward = elu_forward,
    .vjp = elu_vjp,
    .saves = GRA_OUT(0),
    .args_size = sizeof(elu_args),
    .inplace = true,
};

static gra_tensor *apply(gra_tensor *x, elu_args args, bool inplace)
{
    return gra_apply(inplace ? &gra_op_elu_ : &gra_op_elu, &x, 1, &args);
}

gra_elu_options gra_elu_defaults(void)
{
    return (gra_elu_options){.alpha = 1};
}

gra_selu_options gra_selu_defaults(void)
{
    return (gra_selu_options){0};
}

gra_celu_options gra_celu_defaults(void)
{
    return (gra_celu_options){.alpha = 1};
}

gra_tensor *gra_elu_with(gra_elu_options o)
{
    return apply(o.x, (elu_args){o.alpha, 1, 1}, o.inplace);
}

gra_tensor *gra_selu_with(gra_selu_options o)
{
    return apply(o.x, (elu_args){1.6732632423543772, 1.0507009873554805, 1}, o.inplace);
}

gra_tensor *gra_celu_with(gra_celu_options o)
{
    if (o.alpha == 0)
        return gra_fail("celu: alpha is 0, but x is divided by it");
    return apply(o.x, (elu_args){o.alpha, 1, 1 / o.alpha}, o.inplace);
}
