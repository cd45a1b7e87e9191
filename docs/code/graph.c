/* graph.c - recording a graph, drawing it, walking it backward.
 *
 * Quoted by docs/tutorial/01-tensors-and-the-graph.md.
 */
#include <gradus.h>

#include <stdio.h>

int main(void)
{
    gra_tensor *a = gra_full(GRA_SCALAR, 2, .requires_grad = true);
    gra_tensor *b = gra_full(GRA_SCALAR, 3, .requires_grad = true);

    gra_tensor *c = gra_mul(a, b); /* 2 * 3 = 6 */
    gra_tensor *d = gra_add(c, a); /* 6 + 2 = 8 */
    gra_tensor *e = gra_square(d); /* 8 * 8 = 64 */
    gra_print(a);
    gra_print(c);
    gra_print(e);

    gra_graph_dot(e, stdout);

    gra_retain_grad(c);
    gra_retain_grad(d);
    gra_backward(e);
    gra_print(gra_tensor_grad(d));
    gra_print(gra_tensor_grad(c));
    gra_print(gra_tensor_grad(a));
    gra_print(gra_tensor_grad(b));

    gra_backward(gra_mul(a, b)); /* adds b = 3 to a's gradient, a = 2 to b's */
    gra_print(gra_tensor_grad(a));
    gra_print(gra_tensor_grad(b));

    gra_tensor_zero_grad(a);
    gra_tensor_zero_grad(b);
    gra_backward(gra_mul(a, b));
    gra_print(gra_tensor_grad(a));

    const bool was = gra_set_grad(false);
    gra_tensor *quiet = gra_mul(a, b);
    gra_set_grad(was);
    gra_print(quiet);
    gra_print(gra_detach(c));

    if (gra_error())
        fprintf(stderr, "graph: %s\n", gra_error());
    return gra_error() != NULL;
}
