/* layer_worker.c - the Gradus side of bench/compare NET-layers: times single layers when asked.
 *
 *   layer_worker THREADS FORMAT         FORMAT contiguous or channels_last: of x and of g
 *
 * Each line on standard input is a piece of work,
 *
 *   conv2d|linear N C H W K R STRIDE PADDING GROUPS forward|input|weight SECONDS
 *
 * with x [N, C, H, W] and K filters of R x R; for linear, x is [N, C], the weight [K, C], and the rest
 * does not count.  The answer is the median time in milliseconds of gra_conv2d or gra_linear, with a
 * bias, or of gra_grad for the gradient of x or of the weight.
 */
#include "gradus.h"

#include "timing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    char kind[16], pass[16];
    long long n, c, h, w, k, r, stride, padding, groups;
    double seconds;
} request;

typedef struct {
    bool linear;
    long long stride, padding, groups;
    gra_tensor *x, *weight, *bias;
    gra_tensor *y, *g,
        *input; /* of a gradient: the recorded output, its gradient, what is asked for */
} layer;

static gra_tensor *run(const layer *l)
{
    if (l->linear)
        return gra_linear(l->x, l->weight, l->bias);
    return gra_conv2d(l->x, l->weight, l->bias, .stride = l->stride, .padding = l->padding,
                      .groups = l->groups);
}

static void step(const void *arg)
{
    const layer *const l = arg;
    const int mark = gra_mark();
    if (l->y)
        gra_grad(l->y, l->input, .gradient = l->g, .retain_graph = true);
    else
        run(l);
    gra_release(mark);
}

static bool read_request(request *r)
{
    return scanf("%15s %lld %lld %lld %lld %lld %lld %lld %lld %lld %15s %lf", r->kind, &r->n,
                 &r->c, &r->h, &r->w, &r->k, &r->r, &r->stride, &r->padding, &r->groups, r->pass,
                 &r->seconds) == 12;
}

static layer prepare(const request *r, bool channels_last)
{
    layer l = {.linear = !strcmp(r->kind, "linear"),
               .stride = r->stride,
               .padding = r->padding,
               .groups = r->groups};
    if (l.linear) {
        l.x = gra_randn(GRA_SHAPE(r->n, r->c));
        l.weight = gra_randn(GRA_SHAPE(r->k, r->c));
    } else {
        l.x = gra_randn(GRA_SHAPE(r->n, r->c, r->h, r->w));
        l.x = channels_last ? gra_to_channels_last(l.x) : l.x;
        l.weight = gra_randn(GRA_SHAPE(r->k, r->c / r->groups, r->r, r->r));
    }
    l.bias = gra_randn(GRA_SHAPE(r->k));
    return l;
}

/* Records the layer with only that input on the graph whose gradient is asked for. */
static void record(layer *l, gra_tensor *input, bool channels_last)
{
    gra_set_grad(true);
    l->input = gra_requires_grad(input);
    l->y = run(l);
    gra_set_grad(false);
    l->g = gra_randn(gra_tensor_shape(l->y));
    if (!l->linear && channels_last)
        l->g = gra_to_channels_last(l->g);
}

/* Requests of one layer and pass follow each other, so the tensors of the last one are kept. */
static bool same_work(const request *a, const request *b)
{
    return !strcmp(a->kind, b->kind) && !strcmp(a->pass, b->pass) && a->n == b->n && a->c == b->c &&
           a->h == b->h && a->w == b->w && a->k == b->k && a->r == b->r && a->stride == b->stride &&
           a->padding == b->padding && a->groups == b->groups;
}

static void answer_all(bool channels_last)
{
    request r, last = {0};
    layer l = {0};
    bench_counts counts = {0};
    const int mark = gra_mark();
    while (!gra_error() && read_request(&r)) {
        if (!same_work(&r, &last)) {
            gra_release(mark);
            l = prepare(&r, channels_last);
            if (strcmp(r.pass, "forward"))
                record(&l, strcmp(r.pass, "input") ? l.weight : l.x, channels_last);
            last = r;
        }
        const double median = bench_median(step, &l, r.seconds, &counts);
        if (gra_error())
            break;
        printf("%.6f\n", median);
        fflush(stdout);
    }
    gra_release(mark);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: layer_worker THREADS contiguous|channels_last\n");
        return 2;
    }
    gra_set_threads(atoi(argv[1]));
    gra_set_grad(false);
    answer_all(!strcmp(argv[2], "channels_last"));
    if (gra_error())
        fprintf(stderr, "layer_worker: %s\n", gra_error());
    printf("%.1f\n", bench_peak_megabytes());
    return gra_error() != NULL;
}
