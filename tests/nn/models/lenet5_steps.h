/* lenet5_steps.h - the first 200 steps of LeNet-5 on embedded digits, from fixed weights and data: what
 * test_lenet5_steps.c compares with recorded losses and tests/pytorch/lenet5_tool.c with PyTorch's. */
#ifndef GRA_TESTS_NN_MODELS_LENET5_STEPS_H
#define GRA_TESTS_NN_MODELS_LENET5_STEPS_H

#include "gradus.h"

enum { LENET5_STEPS = 200, LENET5_BATCH = 32 };

static inline gra_module *lenet5_steps_net(void)
{
    gra_manual_seed(5);
    return gra_lenet5();
}

static inline gra_data *lenet5_steps_data(void)
{
    return gra_digits(.train = true, .batch = LENET5_BATCH, .count = LENET5_STEPS * LENET5_BATCH);
}

/* Trains net and writes the loss of each step. Returns 0, or -1 with an error. */
static inline int lenet5_steps_run(gra_module *net, gra_data *data, double losses[LENET5_STEPS])
{
    gra_tensor *x, *y;
    gra_optim *opt = gra_sgd(net, .lr = 0.1, .momentum = 0.9, .weight_decay = 5e-4);
    int step = 0;
    for (int mark = gra_mark(); step < LENET5_STEPS && gra_data_next(data, &x, &y);
         gra_release(mark)) {
        gra_tensor *loss = gra_cross_entropy(gra_forward(net, x), y);
        gra_zero_grad(opt);
        gra_backward(loss);
        gra_step(opt);
        losses[step++] = gra_item(loss);
    }
    gra_free(opt);
    return gra_error() ? -1 : 0;
}

#endif
