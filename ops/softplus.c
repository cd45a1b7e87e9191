/* softplus.c - a smooth rectifier.
 *
 *   y = ln(1 + e^(b x)) / b         dy/dx = sigmoid(b x)
 *
 * b is beta; where b x > threshold, y = x and dy/dx = 1, from which the formula then differs by less
 * than e^-threshold.
 *
 * The gradient is one fused pass, softplus_backward, an op of its own so that it can be differentiated
 * again:
 *
 *   z = g sigmoid(b x)              dz/dg = softplus_backward
 *                                   dz/dx = g b s (1 - s), s = sigmoid(b x); 0 beyond the threshold
 */
#include "ops/activate.h"
#include "ops/ops.h"

typedef struct {
    double beta, threshold;
} softplus_args;

static void backward_forward(gra_call *c)
{
    const softplus_args *const args = c->args;
    gra__activate_backward(c, gra__kernels_get()->activations->softplus_backward,
                           (double[3]){args->beta, args->threshold});
}

static void backward_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    const softplus_args *const args = c->args;
    if (c->needs[0])
        dx[0] = gra_apply(c->op, (gra_tensor *[]){g[0], c->in[1]}, 2, c->args);
    if (!c->needs[1])
        return;
    gra_tensor *const t = gra_mul_scalar(c->in[1], args->beta), *const s = gra_sigmoid(t);
    gra_tensor *const curve = gra_mul_scalar(gra_mul(s, gra_one_minus(s)), args->beta);
    gra_tensor *const bent = gra_mul(curve, gra_le_scalar(t, args->threshold));
    dx[1] = gra_mul(g[0], gra_mul(c->in[0], bent));
}

const gra_op gra_op_softplus_backward = {
    .schema = "softplus_backward(Tensor g, Tensor x, float beta, float threshold) -> Tensor",
    .forward = backward_forward,
    .vjp = backward_vjp,
    .args_size = sizeof(softplus_args),
};

static void softplus_forward(gra_call *c)
{
    const softplus_args *const args = c->args;
    gra__activate(c, gra__kernels_get()->activations->softplus,
                  (double[3]){args->beta, args->threshold});
}

static void softplus_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    dx[0] = gra_apply(&gra_op_softplus_backward, (gra_tensor *[]){g[0], c->in[0]}, 2, c->args);
}

const gra_op gra_op_softplus = {
    .schema = "softplus(Tensor x, float beta=1, float threshold=20) -> Tensor",
    .forward = softplus_forward,
    .vjp = softplus_vjp,
    .curvature = GRA_CURVATURE_ELEMENTWISE,
    .saves = GRA_IN(0),
    .args_size = sizeof(softplus_args),
};

gra_softplus_options gra_softplus_defaults(void)
{
    return (gra_softplus_options){.beta = 1, .threshold = 20};
}

gra_tensor *gra_softplus_with(gra_softplus_options o)
{
    return gra_apply(&gra_op_softplus, &o.x, 1, &(softplus_args){o.beta, o.threshold});
}
