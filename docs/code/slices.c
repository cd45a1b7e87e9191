/* slices.c - writing into parts of tensors, and what gradients come of it.
 *
 * Quoted by docs/how-to/write-into-slices.md.
 */
#include <gradus.h>

#include <stdio.h>

/* A recurrence h[t] = h[t - 1] / 2 + w x[t], whose results are the rows of one tensor. */
static gra_tensor *states(gra_tensor *x, gra_tensor *w)
{
    gra_tensor *h = gra_mul(x, w);
    for (int64_t t = 1; t < gra_tensor_size(x, 0); t++)
        gra_add_(gra_select(h, 0, t), gra_div_scalar(gra_select(h, 0, t - 1), 2));
    return h;
}

int main(void)
{
    gra_tensor *w = gra_requires_grad(gra_vector(1, 2, 3));

    gra_tensor *x = gra_zeros(GRA_SHAPE(3, 3));
    gra_copy_(gra_select(x, 0, 0), w);                      /* x[0] = w */
    gra_fill_(gra_narrow(x, 0, 1, 2), 7);                   /* x[1:3] = 7 */
    gra_mul_(gra_select(x, 1, -1), gra_vector(1, 10, 100)); /* x[:, -1] *= [1, 10, 100] */
    gra_add_(gra_select(x, 0, 2), gra_narrow(w, 0, 1, 1));  /* x[2] += w[1] */
    gra_print(x);

    gra_backward(gra_sum(x), .retain_graph = true);
    gra_print(gra_tensor_grad(w));

    gra_tensor *row = gra_select(x, 0, 0);
    gra_mul_scalar_(x, 2);
    gra_tensor_zero_grad(w);
    gra_backward(gra_sum(row));
    gra_print(gra_tensor_grad(w));

    gra_tensor *h = states(gra_ones(GRA_SHAPE(4, 3)), w);
    gra_print(h);
    gra_print(gra_grad(gra_sum(h), w));

    gra_fill_(gra_select(w, 0, 0), 5);
    printf("%s\n", gra_error());
    gra_clear_error();

    const bool was = gra_set_grad(false);
    gra_fill_(gra_select(w, 0, 0), 5);
    gra_set_grad(was);
    gra_print(w);

    if (gra_error())
        fprintf(stderr, "slices: %s\n", gra_error());
    return gra_error() != NULL;
}
