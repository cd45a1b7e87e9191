/* sigmoid.c - the logistic function.
 *
 *   y = 1 / (1 + e^-x)          dy/dx = y (1 - y)
 *
 * Its gradient is one fused pass, sigmoid_backward, an op of its own so that it can be
 * differentiated again:
 *
 *   z = g y (1 - y)             dz/dg = y (1 - y)        dz/dy = g (1 - 2 y)
 */
#include "ops/iterate.h"
#include "ops/ops.h"

static void backward_forward(gra_call *c)
{
    gra__binary_float(c, gra__kernels_get()->elementwise->sigmoid_backward);
}

static void backward_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    gra_tensor *const y = c->in[1];
    if (c->needs[0])
        dx[0] = gra_mul(g[0], gra_mul(y, gra_one_minus(y)));
    if (c->needs[1])
        dx[1] = gra_mul(g[0], gra_mul(c->in[0], gra_one_minus(gra_mul_scalar(y, 2))));
}

const gra_op gra_op_sigmoid_backward = {
    .schema = "sigmoid_backward(Tensor g, Tensor y) -> Tensor",
    .forward = backward_forward,
    .vjp = backward_vjp,
};

static void sigmoid_forward(gra_call *c)
{
    gra__unary_float(c, gra__kernels_get()->elementwise->sigmoid);
}

static void sigmoid_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    dx[0] = gra_apply(&gra_op_sigmoid_backward, (gra_tensor *[]){g[0], c->out[0]}, 2, NULL);
}

const gra_op gra_op_sigmoid = {
    .schema = "sigmoid(Tensor x) -> Tensor",
    .forward = sigmoid_forward,
    .vjp = sigmoid_vjp,
    .curvature = GRA_CURVATURE_ELEMENTWISE,
    .saves = GRA_OUT(0),
};

gra_tensor *gra_sigmoid(gra_tensor *x)
{
    return gra_apply(&gra_op_sigmoid, &x, 1, NULL);
}
