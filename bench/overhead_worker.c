/* overhead_worker.c - what an op costs beyond its arithmetic: chains of ops on tensors of one element.
 *
 *     overhead_worker
 *
 * A line of input asks for "OP PASS SECONDS": the op mul, add, relu or sigmoid, recorded; the pass
 * forward, backward, or call: forward through gra_invoke, by the op's name and with boxed values.  The
 * answer is the median time of one op in nanoseconds.  It runs on one thread.
 */
#include "gradus.h"
#include "timing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LENGTH = 1000, MOST = 20000 };

typedef gra_tensor *op_of(gra_tensor *h, gra_tensor *w);

static gra_tensor *relu(gra_tensor *h, gra_tensor *w)
{
    (void)w;
    return gra_relu(h);
}

static gra_tensor *sigmoid(gra_tensor *h, gra_tensor *w)
{
    (void)w;
    return gra_sigmoid(h);
}

static const struct {
    const char *name;
    op_of *op;
    int inputs;
} ops[] = {{"mul", gra_mul, 2}, {"add", gra_add, 2}, {"relu", relu, 1}, {"sigmoid", sigmoid, 1}};

enum { OPS = sizeof ops / sizeof ops[0] };

static gra_tensor *called(const char *name, int inputs, gra_tensor *h, gra_tensor *w)
{
    gra_value result;
    const gra_value values[] = {gra_tensor_value(h), gra_tensor_value(w)};
    return gra_invoke(name, values, inputs, &result) < 0 ? NULL : result.tensor;
}

/* Nanoseconds of an op in one chain. */
static double measure(int which, const char *pass, gra_tensor *w)
{
    const int mark = gra_mark();
    const bool calls = strcmp(pass, "call") == 0;
    const double start = bench_milliseconds();
    gra_tensor *h = w;
    for (int i = 0; i < LENGTH; i++)
        h = calls ? called(ops[which].name, ops[which].inputs, h, w) : ops[which].op(h, w);
    const double middle = bench_milliseconds();
    gra_backward(h);
    const double end = bench_milliseconds();
    gra_release(mark);
    return 1e6 / LENGTH * (strcmp(pass, "backward") == 0 ? end - middle : middle - start);
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(int which, const char *pass, gra_tensor *w, double seconds)
{
    static double times[MOST];
    int count = 0;
    const double end = bench_milliseconds() + 1e3 * seconds;
    while (count < MOST && (count < 3 || bench_milliseconds() < end))
        times[count++] = measure(which, pass, w);
    qsort(times, (size_t)count, sizeof times[0], ascending);
    return times[count / 2];
}

int main(void)
{
    char op[32], pass[32];
    double seconds;
    gra_set_threads(1);
    gra_tensor *const w = gra_requires_grad(gra_ones(GRA_SHAPE(1)));
    while (scanf("%31s %31s %lf", op, pass, &seconds) == 3) {
        int which = 0;
        while (which < OPS && strcmp(ops[which].name, op) != 0)
            which++;
        if (which == OPS)
            return fprintf(stderr, "overhead_worker: no op is named %s\n", op), 1;
        printf("%.3f\n", median(which, pass, w, seconds));
        fflush(stdout);
    }
    if (gra_error())
        return fprintf(stderr, "overhead_worker: %s\n", gra_error()), 1;
    printf("%.1f\n", bench_peak_megabytes());
    return 0;
}
