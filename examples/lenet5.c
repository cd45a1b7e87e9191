/* lenet5.c - train LeNet-5, the sigmoid and average-pooling one, on handwritten digits.
 *
 *   lenet5 [--data DIR] [--epochs N] [--batch N] [--lr X] [--seed N] [--steps N] [--workers N] [--save FILE]
 *
 * DIR holds MNIST's four IDX files; without it digits are drawn.  --steps ends each epoch after N batches.
 * Ctrl-C ends the run after its step.  "wait" is seconds of waiting for data.
 */
#include "gradus.h"

#include <getopt.h>
#include <stdio.h>

typedef struct {
    const char *data, *save;
    int epochs, batch, steps, workers, seed;
    double lr;
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

static gra_data *digits(const settings *s, bool train)
{
    const int64_t few = train ? (int64_t)s->steps * s->batch : 500;
    if (s->data)
        return gra_mnist(s->data, .train = train, .batch = train ? s->batch : 100,
                         .seed = (uint64_t)s->seed, .shuffle = train, .workers = s->workers);
    return gra_digits(.train = train, .batch = train ? s->batch : 100, .seed = (uint64_t)s->seed,
                      .shuffle = train, .workers = s->workers, .count = s->steps ? few : 0);
}

static void train_epoch(gra_module *net, gra_optim *opt, gra_data *data, int epoch, int64_t count)
{
    gra_tensor *x, *y;
    gra_meter mean = {0};
    char name[32];
    snprintf(name, sizeof name, "epoch %d", epoch);
    gra_progress *bar = gra_progress_over(data, .total = count, .description = name, .unit = "img");
    for (int mark = gra_mark(); gra_progress_next(bar, &x, &y); gra_release(mark)) {
        gra_tensor *loss = gra_cross_entropy(gra_forward(net, x), y);
        gra_zero_grad(opt);
        gra_backward(loss);
        if (gra_step(opt) < 0 || gra_interrupted())
            break;
        gra_meter_add(&mean, gra_item(loss), (double)gra_tensor_size(x, 0));
        gra_progress_set(bar, "loss", gra_meter_value(&mean));
        gra_progress_set(bar, "wait", gra_progress_waited(bar));
    }
    gra_free(bar);
}

static int run(const settings *s)
{
    gra_manual_seed((uint64_t)s->seed);
    gra_catch_interrupt();
    gra_data *train = digits(s, true), *test = digits(s, false);
    gra_module *net = gra_init_weights(lenet5(), glorot);
    gra_optim *opt = gra_sgd(net, .lr = s->lr, .momentum = 0.9);
    gra_scheduler *plan = gra_cosine_annealing_lr(opt, s->epochs);
    for (int epoch = 1; epoch <= s->epochs && !gra_error() && !gra_interrupted(); epoch++) {
        train_epoch(net, opt, train, epoch, (int64_t)s->steps * s->batch);
        gra_scheduler_step(plan);
    }
    if (s->save && gra_save(net, s->save) == 0)
        printf("the network is in %s\n", s->save);
    const gra_epoch e = gra_evaluate(net, test);
    if (gra_error())
        fprintf(stderr, "lenet5: %s\n", gra_error());
    else
        printf("test accuracy %.2f %%\n", 100 * e.top1);
    gra_free(plan, opt, net, test, train);
    return gra_error() != NULL;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"data", 1, NULL, 'd'},  {"save", 1, NULL, 'o'},  {"epochs", 1, NULL, 'e'},
        {"batch", 1, NULL, 'b'}, {"steps", 1, NULL, 'n'}, {"workers", 1, NULL, 'w'},
        {"lr", 1, NULL, 'l'},    {"seed", 1, NULL, 's'},  {0}};
    settings s = {.epochs = 10, .batch = 64, .lr = 0.1, .seed = 1};
    char rest, read = 1; /* numbers that the last value had, with nothing behind it */
    for (int c; read == 1 && (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (c) {
        case 'd': s.data = optarg; break;
        case 'o': s.save = optarg; break;
        case 'e': read = sscanf(optarg, "%d%c", &s.epochs, &rest); break;
        case 'b': read = sscanf(optarg, "%d%c", &s.batch, &rest); break;
        case 'n': read = sscanf(optarg, "%d%c", &s.steps, &rest); break;
        case 'w': read = sscanf(optarg, "%d%c", &s.workers, &rest); break;
        case 'l': read = sscanf(optarg, "%lf%c", &s.lr, &rest); break;
        case 's': read = sscanf(optarg, "%d%c", &s.seed, &rest); break;
        default: read = 0;
        }
    }
    if (read == 1 && s.epochs > 0 && s.batch > 0 && s.steps >= 0 && optind == argc)
        return run(&s);
    fprintf(stderr, "usage: lenet5 [--data DIR] [--epochs N] [--batch N] [--lr X] [--seed N] "
                    "[--steps N] [--workers N] [--save FILE]\n");
    return 2;
}
