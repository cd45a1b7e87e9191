/* swish.c - a custom op:  y = x s(bx),  s(z) = 1 / (1 + exp(-z)),  b a constant.
 *
 *   dy/dx = s + b x s (1 - s)
 *
 * An op is a value: a schema, a forward function and a vjp.  gra_apply runs it and records it.
 */
#include "gradus.h"

#include <stdio.h>

typedef struct {
    double beta; /* members stand in the schema's order */
} swish_args;

static void swish_forward(gra_call *c)
{
    const swish_args *args = c->args;
    c->out[0] = gra_mul(c->in[0], gra_sigmoid(gra_mul_scalar(c->in[0], args->beta)));
}

static void swish_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    gra_tensor *x = c->in[0];
    double beta = gra_call_float(c, "beta"); /* by name works too */
    gra_tensor *s = gra_sigmoid(gra_mul_scalar(x, beta));
    gra_tensor *bent = gra_mul_scalar(gra_mul(gra_mul(x, s), gra_one_minus(s)), beta);
    dx[0] = gra_mul(g[0], gra_add(s, bent));
}

static const gra_op swish_op = {
    .schema = "swish(Tensor x, float beta=1.0) -> Tensor",
    .forward = swish_forward,
    .vjp = swish_vjp,
    .saves = GRA_IN(0),
    .args_size = sizeof(swish_args),
};

static gra_tensor *swish(gra_tensor *x, double beta)
{
    return gra_apply(&swish_op, &x, 1, &(swish_args){beta});
}

static gra_tensor *swish_to_check(gra_tensor *const *in, int count, void *context)
{
    (void)count, (void)context;
    return swish(in[0], 1.5);
}

int main(void)
{
    gra_manual_seed(1);
    gra_tensor *x = gra_requires_grad(gra_randn(GRA_SHAPE(3, 4)));
    gra_backward(gra_sum(swish(x, 1.5)));
    gra_print(gra_tensor_grad(x));

    gra_tensor *z = gra_randn(GRA_SHAPE(3, 4), .dtype = GRA_FLOAT64, .requires_grad = true);
    if (gra_gradcheck(swish_to_check, NULL, &z, 1) == 0)
        printf("gradcheck passed\n");
    if (gra_gradgradcheck(swish_to_check, NULL, &z, 1) == 0)
        printf("gradgradcheck passed\n");

    if (gra_error())
        fprintf(stderr, "swish: %s\n", gra_error());
    return gra_error() != NULL;
}
