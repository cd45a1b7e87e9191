/* worker.c - the Gradus side of bench/compare: times one piece of work when asked.
 *
 *   worker NET MODE BATCH THREADS       NET lenet5, alexnet or vgg16, MODE train or infer
 *
 * It prepares the work, then answers each line on standard input, a number of seconds, with the
 * median time of a step in milliseconds, measured for that long but for one step at least; at the
 * end of input it writes its peak resident memory in MB.
 */
#include "gradus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct {
    gra_module *net;
    gra_optim *opt;
    gra_tensor *x, *y;
    bool train;
} work;

static gra_module *lenet5(void)
{
    return gra_lenet5();
}

static gra_module *alexnet(void)
{
    return gra_alexnet(.variant = GRA_ALEXNET_TWO_TOWERS);
}

static gra_module *vgg16(void)
{
    return gra_vgg(.depth = 16);
}

static const struct kind {
    const char *name;
    gra_module *(*make)(void);
    int64_t channels, size, classes; /* of the input, and of the output */
    double weight_decay;
} kinds[] = {
    {"lenet5", lenet5, 1, 28, 10, 0},
    {"alexnet", alexnet, 3, 227, 1000, 5e-4},
    {"vgg16", vgg16, 3, 224, 1000, 5e-4},
};

static const struct kind *find(const char *name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (!strcmp(kinds[i].name, name))
            return &kinds[i];
    return NULL;
}

static work prepare(const struct kind *kind, bool train, int64_t batch)
{
    work w = {.train = train, .net = kind->make()};
    if (train)
        w.opt = gra_sgd(w.net, .lr = 0.01, .momentum = 0.9, .weight_decay = kind->weight_decay);
    else
        gra_eval(w.net);
    w.x = gra_randn(GRA_SHAPE(batch, kind->channels, kind->size, kind->size));
    w.y = gra_randint(0, kind->classes, GRA_SHAPE(batch));
    gra_set_grad(train);
    return w;
}

static double milliseconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

static void step(const work *w)
{
    const int mark = gra_mark();
    gra_tensor *out = gra_forward(w->net, w->x);
    if (w->train) {
        gra_tensor *loss = gra_cross_entropy(out, w->y);
        gra_zero_grad(w->opt);
        gra_backward(loss);
        gra_step(w->opt);
    }
    gra_release(mark);
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median_step(const work *w, double seconds)
{
    enum { MOST = 100000 };
    static double times[MOST];
    int count = 0;
    const double end = milliseconds() + 1e3 * seconds;
    while (count < MOST && (count < 1 || milliseconds() < end)) {
        const double start = milliseconds();
        step(w);
        times[count++] = milliseconds() - start;
    }
    qsort(times, (size_t)count, sizeof times[0], ascending);
    return times[count / 2];
}

static double peak_megabytes(void)
{
    char line[256];
    long kilobytes = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "VmHWM: %ld", &kilobytes) == 1)
            break;
    if (file)
        fclose(file);
    return (double)kilobytes / 1024;
}

int main(int argc, char **argv)
{
    const struct kind *const kind = argc == 5 ? find(argv[1]) : NULL;
    if (!kind) {
        fprintf(stderr, "usage: worker lenet5|alexnet|vgg16 train|infer BATCH THREADS\n");
        return 2;
    }
    gra_set_threads(atoi(argv[4]));
    gra_manual_seed(1);
    const work w = prepare(kind, !strcmp(argv[2], "train"), atoll(argv[3]));

    double seconds;
    while (!gra_error() && scanf("%lf", &seconds) == 1) {
        const double median = median_step(&w, seconds);
        if (gra_error())
            break;
        printf("%.6f\n", median);
        fflush(stdout);
    }
    if (gra_error())
        fprintf(stderr, "worker: %s\n", gra_error());
    printf("%.1f\n", peak_megabytes());
    gra_free(w.opt, w.net);
    return gra_error() != NULL;
}
