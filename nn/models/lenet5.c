/* lenet5.c - LeNet-5. */
#include "nn/models/lenet5.h"

#include "nn/init.h"
#include "nn/layers.h"

static gra_tensor *glorot(gra_tensor *weight)
{
    return gra_init_xavier_uniform_(weight, .gain = 4);
}

gra_module *gra_lenet5(void)
{
    gra_module *const net = gra_sequential(
        gra_nn_reshape(-1, 1, 28, 28),
        gra_nn_conv2d(1, 6, 5, .padding = 2), gra_nn_sigmoid(),   /*  6 x 28 x 28 */
        gra_nn_avg_pool2d(2, .stride = 2),                        /*  6 x 14 x 14 */
        gra_nn_conv2d(6, 16, 5), gra_nn_sigmoid(),                /* 16 x 10 x 10 */
        gra_nn_avg_pool2d(2, .stride = 2),                        /* 16 x  5 x  5 */
        gra_nn_flatten(),
        gra_nn_linear(16 * 5 * 5, 120), gra_nn_sigmoid(),
        gra_nn_linear(120, 84), gra_nn_sigmoid(),
        gra_nn_linear(84, 10));
    gra_init_weights(net, glorot);
    return gra_module_finish(net);
}
