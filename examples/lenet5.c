/* lenet5.c - train LeNet-5, the sigmoid and average-pooling one, on handwritten digits.
 *
 *   lenet5 [--data DIR] [--optim sgd|adamw] [--epochs N] [--batch N] [--lr X] [--seed N] [--steps N]
 *          [--workers N] [--save FILE]
 *
 * DIR holds MNIST's four IDX files, plain or .gz; without it the embedded digits are drawn.  --steps
 * ends each epoch after N batches and tests on a few digits only, for a quick look.  Ctrl-C ends it
 * after the step that runs, and saves.  "wait" is how many seconds of the
 * epoch went into waiting for data, which --workers threads make ahead.  The last line is the accuracy on
 * the test set.
 */
#include "gradus.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const char *data, *save;
    int epochs, batch, steps, workers;
    bool adamw;
    double lr; /* 0: what suits the optimizer */
    uint64_t seed;
} settings;

/* gra_lenet5() is this network; here it is spelled out. */
static gra_module *lenet5(void)
{
    return gra_sequential(
        gra_nn_reshape(-1, 1, 28, 28),
        gra_nn_conv2d(1, 6, 5, .padding = 2), gra_nn_sigmoid(),   /*  6 x 28 x 28 */
        gra_nn_avg_pool2d(2, .stride = 2),                        /*  6 x 14 x 14 */
        gra_nn_conv2d(6, 16, 5), gra_nn_sigmoid(),                /* 16 x 10 x 10 */
        gra_nn_avg_pool2d(2, .stride = 2),                        /* 16 x  5 x  5 */
        gra_nn_flatten(),
        gra_nn_linear(16 * 5 * 5, 120), gra_nn_sigmoid(),
        gra_nn_linear(120, 84), gra_nn_sigmoid(),
        gra_nn_linear(84, 10));
}

/* Sigmoids learn slowly from PyTorch's default weights; Glorot's keep the signal's size. */
static gra_tensor *glorot(gra_tensor *weight)
{
    return gra_init_xavier_uniform_(weight, .gain = 4);
}

/* The plan is NULL where it is stepped after each epoch. Ctrl-C ends the epoch after its step. */
static void train_epoch(gra_module *net, gra_optim *opt, gra_scheduler *plan, gra_data *data,
                        int epoch, int64_t count)
{
    gra_tensor *x, *y;
    gra_meter mean = {0};
    char name[32];
    snprintf(name, sizeof name, "epoch %d", epoch);
    gra_data_shuffle(data);
    const double waited = gra_data_wait_seconds(data);
    gra_progress *bar = gra_progress_over(data, .total = count, .description = name, .unit = "img");
    for (int mark = gra_mark(); !gra_interrupted() && gra_progress_next(bar, &x, &y);
         gra_release(mark)) {
        gra_tensor *loss = gra_cross_entropy(gra_forward(net, x), y);
        gra_zero_grad(opt);
        gra_backward(loss);
        if (gra_step(opt) < 0 || (plan && gra_scheduler_step(plan) < 0))
            break;
        gra_meter_add(&mean, gra_item(loss), (double)gra_tensor_size(x, 0));
        gra_progress_set(bar, "loss", gra_meter_value(&mean));
        gra_progress_set(bar, "wait", gra_data_wait_seconds(data) - waited);
    }
    gra_free(bar);
}

static double accuracy(gra_module *net, gra_data *data)
{
    gra_tensor *x, *y;
    gra_meter top1 = {0};
    const bool was = gra_set_grad(false);
    for (int mark = gra_mark(); gra_data_next(data, &x, &y); gra_release(mark))
        gra_meter_add(&top1, gra_accuracy(gra_forward(net, x), y), (double)gra_tensor_size(x, 0));
    gra_set_grad(was);
    return gra_meter_value(&top1);
}

static gra_data *digits(const settings *s, bool train)
{
    const int64_t few = train ? (int64_t)s->steps * s->batch : 500;
    if (s->data)
        return gra_mnist(s->data, .train = train, .batch = train ? s->batch : 100, .seed = s->seed,
                         .workers = s->workers);
    return gra_digits(.train = train, .batch = train ? s->batch : 100, .seed = s->seed,
                      .workers = s->workers, .count = s->steps ? few : 0);
}

/* SGD with momentum and half a cosine over the epochs. */
static gra_optim *sgd(const settings *s, gra_module *net, gra_scheduler **plan)
{
    gra_optim *opt = gra_sgd(net, .lr = s->lr > 0 ? s->lr : 0.1, .momentum = 0.9);
    *plan = gra_cosine_annealing_lr(opt, s->epochs);
    return opt;
}

/* AdamW, whose weights decay and whose biases do not, and one cycle over the batches. */
static gra_optim *adamw(const settings *s, gra_module *net, int64_t batches, gra_scheduler **plan)
{
    gra_optim *opt = gra_adamw(net, .weight_decay = 0.02);
    gra_optim_group(opt, "*bias", .weight_decay = 0);
    *plan = gra_one_cycle_lr(opt, s->lr > 0 ? s->lr : 0.01, s->epochs * batches);
    return opt;
}

static int run(const settings *s)
{
    gra_manual_seed(s->seed);
    gra_data *train = digits(s, true), *test = digits(s, false);
    gra_module *net = gra_init_weights(lenet5(), glorot);
    gra_scheduler *schedule = NULL;
    gra_optim *opt = s->adamw
                         ? adamw(s, net, s->steps ? s->steps : gra_data_batches(train), &schedule)
                         : sgd(s, net, &schedule);

    gra_catch_interrupt();
    for (int epoch = 1; epoch <= s->epochs && !gra_error() && !gra_interrupted(); epoch++) {
        train_epoch(net, opt, s->adamw ? schedule : NULL, train, epoch,
                    (int64_t)s->steps * s->batch);
        if (!s->adamw)
            gra_scheduler_step(schedule);
    }
    gra_restore_interrupt();
    if (s->save && gra_save(net, s->save) == 0 && gra_interrupted())
        printf("interrupted: the network is in %s\n", s->save);
    const double right = gra_interrupted() ? 0 : accuracy(net, test);
    if (!gra_error() && !gra_interrupted())
        printf("test accuracy %.2f %%\n", 100 * right);
    if (gra_error())
        fprintf(stderr, "lenet5: %s\n", gra_error());
    gra_free(schedule, opt, net, test, train);
    return gra_error() || gra_interrupted();
}

/* A whole number from 1 to a million; 0 for anything else. */
static int number(const char *text)
{
    char *end;
    errno = 0;
    const long value = strtol(text, &end, 10);
    return *end || errno || value < 1 || value > 1000000 ? 0 : (int)value;
}

static int usage(void)
{
    fprintf(stderr,
            "usage: lenet5 [--data DIR] [--optim sgd|adamw] [--epochs N] [--batch N] [--lr X] "
            "[--seed N] [--steps N] [--workers N] [--save FILE]\n");
    return 2;
}

int main(int argc, char **argv)
{
    settings s = {.epochs = 10, .batch = 64, .seed = 1};
    for (int i = 1; i < argc; i += 2) {
        const char *option = argv[i], *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (!value)
            return usage();
        if (!strcmp(option, "--data"))
            s.data = value;
        else if (!strcmp(option, "--save"))
            s.save = value;
        else if (!strcmp(option, "--optim") && (!strcmp(value, "sgd") || !strcmp(value, "adamw")))
            s.adamw = !strcmp(value, "adamw");
        else if (!strcmp(option, "--epochs"))
            s.epochs = number(value);
        else if (!strcmp(option, "--batch"))
            s.batch = number(value);
        else if (!strcmp(option, "--steps"))
            s.steps = number(value);
        else if (!strcmp(option, "--workers"))
            s.workers = atoi(value);
        else if (!strcmp(option, "--lr"))
            s.lr = atof(value);
        else if (!strcmp(option, "--seed"))
            s.seed = strtoull(value, NULL, 10);
        else
            return usage();
        if (!s.epochs || !s.batch || (!strcmp(option, "--steps") && !s.steps)) {
            fprintf(stderr, "lenet5: %s %s is not a whole number from 1 to 1000000\n", option,
                    value);
            return 2;
        }
    }
    return run(&s);
}
