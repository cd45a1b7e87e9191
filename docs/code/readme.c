/* readme.c - the program that README.md quotes: a small convolutional network learns digits. */
#include <gradus.h>
#include <stdio.h>

int main(void)
{
    gra_module *net = gra_sequential(
        gra_nn_conv2d(1, 6, 5, .padding = 2), gra_nn_relu(), gra_nn_max_pool2d(2),
        gra_nn_flatten(), gra_nn_linear(6 * 14 * 14, 10));
    gra_optim *opt = gra_sgd(net, .lr = 0.05, .momentum = 0.9);
    gra_data *data = gra_digits(.train = true, .count = 1600, .batch = 64, .shuffle = true);
    gra_tensor *x, *y;

    for (int mark = gra_mark(); gra_data_next(data, &x, &y); gra_release(mark)) {
        gra_tensor *loss = gra_cross_entropy(gra_forward(net, x), y);
        gra_zero_grad(opt);
        gra_backward(loss);
        gra_step(opt);
        printf("loss %.4f\n", gra_item(loss));
    }
    if (gra_error())
        fprintf(stderr, "%s\n", gra_error());
    gra_free(data, opt, net);
    return gra_error() != NULL;
}
