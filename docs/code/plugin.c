/* plugin.c - a plugin, and a program that loads it: built once as the one and once as the other.
 *
 * Quoted by docs/how-to/custom-ops.md.
 */
#include <gradus.h>

#include <stdio.h>

static void softsign_forward(gra_call *c)
{
    c->out[0] = gra_div(c->in[0], gra_add_scalar(gra_abs(c->in[0]), 1));
}

static void softsign_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    dx[0] = gra_div(g[0], gra_square(gra_add_scalar(gra_abs(c->in[0]), 1)));
}

static const gra_op softsign_op = {
    .schema = "my_softsign(Tensor x) -> Tensor",
    .doc = "y = x / (1 + |x|)",
    .forward = softsign_forward,
    .vjp = softsign_vjp,
};

GRA_PLUGIN(&softsign_op);

int main(void)
{
    if (gra_load_ops(PLUGIN) < 0) { /* "libsoftsign.so" */
        fprintf(stderr, "%s\n", gra_error());
        return 1;
    }
    gra_tensor *x = gra_requires_grad(gra_vector(-1, 0, 3));
    gra_value y, values[] = {gra_tensor_value(x)};
    gra_invoke("my_softsign", values, 1, &y);
    gra_print(y.tensor);
    gra_backward(gra_sum(y.tensor));
    gra_print(gra_tensor_grad(x));
    gra_graph_dot(y.tensor, stdout);
    return gra_error() != NULL;
}
