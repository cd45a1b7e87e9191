/* swish.c - a custom op:  y = x s(bx),  s(z) = 1 / (1 + exp(-z)),  b a constant.
 *
 *   dy/dx = s + b x s (1 - s)
 */
#include "gradus.h"
#include <stdio.h>

static gra_tensor *swish_forward(gra_tensor *x, double beta)
{
    return gra_mul(x, gra_sigmoid(gra_mul_scalar(x, beta)));
}

static void swish_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    gra_tensor *x = c->in[0];
    double beta = gra_call_float(c, "beta");
    gra_tensor *s = gra_sigmoid(gra_mul_scalar(x, beta));
    gra_tensor *bent = gra_mul_scalar(gra_mul(gra_mul(x, s), gra_one_minus(s)), beta);
    dx[0] = gra_mul(g[0], gra_add(s, bent));
}

static const gra_op swish_op = {
    .schema = "swish(Tensor x, float beta=1.0) -> Tensor",
    .function = (gra_fn)swish_forward,
    .vjp = swish_vjp,
    .saves = GRA_IN(0),
};

int main(void)
{
    gra_tensor *(*swish)(gra_tensor * x, double beta) =
        (gra_tensor * (*)(gra_tensor *, double)) gra_op_function(&swish_op);

    gra_tensor *x = gra_requires_grad(gra_randn(GRA_SHAPE(3, 4)));
    gra_backward(gra_sum(swish(x, 1.5)));
    gra_print(gra_tensor_grad(x));
    gra_check_op("swish", stdout);

    if (gra_error())
        fprintf(stderr, "swish: %s\n", gra_error());
    return gra_error() != NULL;
}
