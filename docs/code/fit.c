/* fit.c - a line through five points: the smallest training loop.
 *
 * Quoted by docs/tutorial/01-tensors-and-the-graph.md.
 */
#include <gradus.h>

#include <stdio.h>

int main(void)
{
    gra_tensor *x = gra_linspace(-1, 1, 5);
    gra_tensor *y = gra_sub_scalar(gra_mul_scalar(x, 3), 2); /* y = 3 x - 2 */

    gra_tensor *w = gra_zeros(GRA_SCALAR, .requires_grad = true);
    gra_tensor *b = gra_zeros(GRA_SCALAR, .requires_grad = true);
    gra_tensor *const parameters[] = {w, b};
    gra_optim *opt = gra_sgd(.tensors = parameters, .count = 2, .lr = 0.5);

    for (int step = 0; step < 20 && !gra_error(); step++) {
        const int mark = gra_mark();
        gra_tensor *prediction = gra_add(gra_mul(x, w), b);
        gra_tensor *loss = gra_mse_loss(prediction, y);
        gra_zero_grad(opt);
        gra_backward(loss);
        gra_step(opt);
        if (step < 4)
            printf("step %d  loss %.3f  w %.4f  b %.4f\n", step, gra_item(loss), gra_item(w),
                   gra_item(b));
        gra_release(mark);
    }
    printf("after 20 steps  w %.4f  b %.4f\n", gra_item(w), gra_item(b));
    gra_free(opt);

    if (gra_error())
        fprintf(stderr, "fit: %s\n", gra_error());
    return gra_error() != NULL;
}
