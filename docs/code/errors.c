/* errors.c - a mistake, and what becomes of the lines after it.
 *
 * Quoted by docs/tutorial/01-tensors-and-the-graph.md.
 */
#include <gradus.h>

#include <stdio.h>

int main(void)
{
    gra_tensor *a = gra_ones(GRA_SHAPE(2, 3), .requires_grad = true);
    gra_tensor *b = gra_ones(GRA_SHAPE(4));
    gra_tensor *y = gra_sum(gra_exp(gra_mul(a, b))); /* the mistake is in the middle */

    printf("y is %s\n", y ? "a tensor" : "NULL");
    printf("gra_backward returns %d\n", gra_backward(y));
    printf("%s\n", gra_error());

    gra_clear_error();
    y = gra_sum(gra_exp(a));
    gra_backward(y);
    gra_backward(y);
    printf("%s\n", gra_error());

    gra_clear_error();
    gra_module *net = gra_sequential(gra_nn_flatten(), gra_nn_linear(784, 10));
    gra_forward(net, gra_zeros(GRA_SHAPE(1, 28, 20)));
    printf("%s\n", gra_error());
    gra_free(net);
    return 0;
}
