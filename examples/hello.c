/* hello.c - the first ten minutes: two tensors, their sum, its graph and its gradient. */
#include "gradus.h"

#include <stdio.h>

int main(void)
{
    gra_tensor *a = gra_requires_grad(gra_vector(1, 2, 3));
    gra_tensor *b = gra_requires_grad(gra_full(GRA_SHAPE(2, 1), 10));
    gra_tensor *c = gra_add(a, b); /* [3] and [2, 1] broadcast to [2, 3] */
    gra_tensor *loss = gra_sum(gra_mul(c, c));

    gra_print(c);
    gra_graph_dot(loss, stdout);

    gra_backward(loss);
    gra_print(gra_tensor_grad(a)); /* d loss / d a[j] = sum_i 2 c[i][j] */
    gra_print(gra_tensor_grad(b));

    if (gra_error())
        fprintf(stderr, "hello: %s\n", gra_error());
    return gra_error() != NULL;
}
