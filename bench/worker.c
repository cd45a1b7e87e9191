/* worker.c - the Gradus side of bench/compare: times one piece of work when asked.
 *
 *   worker NET MODE BATCH THREADS       NET lenet5, MODE train or infer
 *
 * It prepares the work, then answers each line on standard input, a number of seconds, with the
 * median time of a step in milliseconds, measured for that long; at the end of input it writes its
 * peak resident memory in MB.
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
    while (count < MOST && (count < 3 || milliseconds() < end)) {
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
    if (argc != 5 || strcmp(argv[1], "lenet5")) {
        fprintf(stderr, "usage: worker lenet5 train|infer BATCH THREADS\n");
        return 2;
    }
    const int64_t batch = atoll(argv[3]);
    gra_set_threads(atoi(argv[4]));
    gra_manual_seed(1);
    work w = {.train = !strcmp(argv[2], "train")};
    w.net = gra_lenet5();
    w.opt = gra_sgd(w.net, .lr = 0.01, .momentum = 0.9);
    w.x = gra_randn(GRA_SHAPE(batch, 1, 28, 28));
    w.y = gra_randint(0, 10, GRA_SHAPE(batch));
    gra_set_grad(w.train);

    double seconds;
    while (!gra_error() && scanf("%lf", &seconds) == 1) {
        printf("%.6f\n", median_step(&w, seconds));
        fflush(stdout);
    }
    if (gra_error())
        fprintf(stderr, "worker: %s\n", gra_error());
    printf("%.1f\n", peak_megabytes());
    gra_free(w.opt, w.net);
    return gra_error() != NULL;
}
