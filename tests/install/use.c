/* use.c - a program outside the tree: trains a small network in C against the installed library. */
#include <gradus.h>
#include <stdio.h>

int main(void)
{
    gra_manual_seed(1);
    gra_module *net = gra_sequential(gra_nn_linear(2, 8), gra_nn_tanh(), gra_nn_linear(8, 1));
    gra_optim *opt = gra_sgd(net, .lr = 0.1f, .momentum = 0.9f);
    gra_tensor *x = gra_keep(gra_randn(GRA_SHAPE(32, 2)));
    gra_tensor *y = gra_keep(gra_sum(x, .dims = GRA_DIMS(1), .keepdim = true));

    double first = 0, last = 0;
    for (int step = 0; step < 50; step++) {
        const int mark = gra_mark();
        gra_tensor *loss = gra_mse_loss(gra_forward(net, x), y);
        gra_zero_grad(opt);
        gra_backward(loss);
        gra_step(opt);
        last = gra_item(loss);
        if (step == 0)
            first = last;
        gra_release(mark);
    }
    gra_free(x, y, opt, net);
    gra_release(0);
    printf("loss %g, then %g; %d objects left\n", first, last, (int)gra_live());
    if (gra_error())
        printf("error: %s\n", gra_error());
    return gra_error() != NULL || !(last < first / 2) || gra_live() != 0;
}
