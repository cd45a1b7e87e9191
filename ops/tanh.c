/* tanh.c - the hyperbolic tangent.
 *
 *   y = (e^x - e^-x) / (e^x + e^-x)         dy/dx = 1 - y^2
 *
 * Its gradient is one fused pass, tanh_backward, an op of its own so that it can be differentiated
 * again:
 *
 *   z = g (1 - y^2)             dz/dg = tanh_backward        dz/dy = -2 g y
 */
#include "ops/iterate.h"
#include "ops/ops.h"

static void backward_forward(gra_call *c)
{
    gra__binary(c, gra__kernels_get()->elementwise->tanh_backward);
}

static void backward_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    gra_tensor *const y = c->in[1];
    if (c->needs[0])
        dx[0] = gra_apply(c->op, (gra_tensor *[]){g[0], y}, 2, NULL);
    if (c->needs[1])
        dx[1] = gra_mul(g[0], gra_mul(c->in[0], gra_mul_scalar(y, -2)));
}

const gra_op gra_op_tanh_backward = {
    .schema = "tanh_backward(Tensor g, Tensor y) -> Tensor",
    .forward = backward_forward,
    .vjp = backward_vjp,
};

static void tanh_forward(gra_call *c)
{
    gra__unary_float(c, gra__kernels_get()->elementwise->tanh);
}

static void tanh_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    dx[0] = gra_apply(&gra_op_tanh_backward, (gra_tensor *[]){g[0], c->out[0]}, 2, NULL);
}

const gra_op gra_op_tanh = {
    .schema = "tanh(Tensor x) -> Tensor",
    .forward = tanh_forward,
    .vjp = tanh_vjp,
    .curvature = GRA_CURVATURE_ELEMENTWISE,
    .saves = GRA_OUT(0),
};

gra_tensor *gra_tanh(gra_tensor *x)
{
    return gra_apply(&gra_op_tanh, &x, 1, NULL);
}
