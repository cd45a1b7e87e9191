/* profile.c - where the time of LeNet-5's training step goes.
 *
 * Quoted by docs/how-to/profile.md.
 */
#include <gradus.h>

#include <stdio.h>

static void train_step(gra_module *net, gra_optim *opt, gra_tensor *x, gra_tensor *y)
{
    const int mark = gra_mark();
    gra_tensor *loss = gra_cross_entropy(gra_forward(net, x), y);
    gra_zero_grad(opt);
    gra_backward(loss);
    gra_step(opt);
    gra_release(mark);
}

int main(void)
{
    gra_module *net = gra_lenet5();
    gra_optim *opt = gra_sgd(net, .lr = 0.1, .momentum = 0.9);
    gra_tensor *x = gra_randn(GRA_SHAPE(64, 1, 28, 28));
    gra_tensor *y = gra_randint(0, 10, GRA_SHAPE(64));
    for (int i = 0; i < 3; i++)
        train_step(net, opt, x, y); /* the first steps ask the system for memory */

    gra_profile *p = gra_profile_start();
    for (int i = 0; i < 20; i++)
        train_step(net, opt, x, y);
    gra_profile_stop(p);
    gra_profile_print(p, stdout);
    gra_free(p);

    p = gra_profile_start(.by_shape = true);
    train_step(net, opt, x, y);
    gra_profile_stop(p);
    gra_profile_row rows[64];
    const int count = gra_profile_rows(p, rows, 64);
    for (int i = 0; i < count && i < 64; i++)
        if (rows[i].flops > 0)
            printf("%.1f MFLOP: %s %s\n", 1e-6 * rows[i].flops, rows[i].name, rows[i].shapes);

    gra_free(p, opt, net);
    gra_release(0);
    if (gra_error())
        fprintf(stderr, "profile: %s\n", gra_error());
    return gra_error() != NULL;
}
