/* worker.c - the Gradus side of bench/compare: times a network when asked.
 *
 *   worker NET MODE BATCH THREADS       NET lenet5, alexnet or vgg16, MODE of the table below
 *
 * It prepares the work, then answers each line on standard input, a number of seconds, with the
 * median time of a step in milliseconds, measured for that long but for one step at least; at the
 * end of input it writes its peak resident memory in MB, and of the steady state (see timing.h) the
 * page faults and the system calls for memory of a step.
 */
#include "gradus.h"

#include "timing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    gra_module *net;
    gra_optim *opt; /* NULL: inference */
    gra_tensor *x, *y;
} work;

static gra_module *lenet5(bool cache_weights)
{
    (void)cache_weights; /* its few channels have no other form */
    return gra_lenet5();
}

static gra_module *alexnet(bool cache_weights)
{
    return gra_alexnet(.variant = GRA_ALEXNET_TWO_TOWERS, .cache_weights = cache_weights);
}

static gra_module *vgg16(bool cache_weights)
{
    return gra_vgg(.depth = 16, .cache_weights = cache_weights);
}

static const struct kind {
    const char *name;
    gra_module *(*make)(bool cache_weights);
    int64_t channels, size, classes; /* of the input, and of the output */
    double weight_decay;
} kinds[] = {
    {"lenet5", lenet5, 1, 28, 10, 0},
    {"alexnet", alexnet, 3, 227, 1000, 5e-4},
    {"vgg16", vgg16, 3, 224, 1000, 5e-4},
};

static gra_optim *infer(gra_module *net, double weight_decay)
{
    (void)weight_decay;
    gra_eval(net);
    return NULL;
}

static gra_optim *train(gra_module *net, double weight_decay)
{
    return gra_sgd(net, .lr = 0.01, .momentum = 0.9, .weight_decay = weight_decay);
}

static gra_optim *train_fused(gra_module *net, double weight_decay)
{
    return gra_sgd(net, .lr = 0.01, .momentum = 0.9, .weight_decay = weight_decay,
                   .fused_backward = true);
}

/* A mode makes the optimizer, or sets the network up for inference. An option of Gradus is a mode of
 * its own, called train-OPTION or infer-OPTION, which network_rows.py lists. */
static const struct mode {
    const char *name;
    gra_optim *(*prepare)(gra_module *net, double weight_decay);
    bool cache_weights;
} modes[] = {
    {"infer", infer, false},
    {"infer-cached", infer, true},
    {"train", train, false},
    {"train-fused", train_fused, false},
};

static const struct kind *find_kind(const char *name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (!strcmp(kinds[i].name, name))
            return &kinds[i];
    return NULL;
}

static const struct mode *find_mode(const char *name)
{
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++)
        if (!strcmp(modes[i].name, name))
            return &modes[i];
    return NULL;
}

static work prepare(const struct kind *kind, const struct mode *mode, int64_t batch)
{
    work w = {.net = kind->make(mode->cache_weights)};
    w.opt = mode->prepare(w.net, kind->weight_decay);
    w.x = gra_randn(GRA_SHAPE(batch, kind->channels, kind->size, kind->size));
    w.y = gra_randint(0, kind->classes, GRA_SHAPE(batch));
    gra_set_grad(w.opt);
    return w;
}

static void step(const void *arg)
{
    const work *const w = arg;
    const int mark = gra_mark();
    gra_tensor *out = gra_forward(w->net, w->x);
    if (w->opt) {
        gra_tensor *loss = gra_cross_entropy(out, w->y);
        gra_zero_grad(w->opt);
        gra_backward(loss);
        gra_step(w->opt);
    }
    gra_release(mark);
}

static void print_costs(const bench_counts *counts)
{
    const double steps = counts->steps ? (double)counts->steps : 1;
    printf("%.1f %.4f %.4f\n", bench_peak_megabytes(), (double)counts->faults / steps,
           (double)counts->system_calls / steps);
}

int main(int argc, char **argv)
{
    const struct kind *const kind = argc == 5 ? find_kind(argv[1]) : NULL;
    const struct mode *const mode = argc == 5 ? find_mode(argv[2]) : NULL;
    if (!kind || !mode) {
        fprintf(stderr, "usage: worker lenet5|alexnet|vgg16 MODE BATCH THREADS\n");
        return 2;
    }
    gra_set_threads(atoi(argv[4]));
    gra_manual_seed(1);
    const work w = prepare(kind, mode, atoll(argv[3]));

    double seconds;
    bench_counts counts = {0};
    while (!gra_error() && scanf("%lf", &seconds) == 1) {
        const double median = bench_median(step, &w, seconds, &counts);
        if (gra_error())
            break;
        printf("%.6f\n", median);
        fflush(stdout);
    }
    if (gra_error())
        fprintf(stderr, "worker: %s\n", gra_error());
    print_costs(&counts);
    gra_free(w.opt, w.net);
    return gra_error() != NULL;
}
