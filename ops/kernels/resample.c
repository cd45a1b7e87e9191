#include "ops/kernels/resample.h"

#include <string.h>

#include "core/threads.h"
#include "ops/kernels/isa.h"
#include "ops/kernels/parallel.h"
#include "ops/kernels/sizes.h"

enum {
    WORK = 32768, /* results that are worth a thread of their own */
    BAND = 16,    /* rows of a result that are made together */
};

typedef struct job {
    const gra__resample_shape *s;
    const gra__resample_loops *loops;
    size_t element;
    const char *in;
    char *out, *workspace;
    int64_t bands; /* of an image */
} job;

static size_t in_row(const job *j)
{
    return (size_t)(j->s->w.in * j->s->inner) * j->element;
}

static size_t out_row(const job *j)
{
    return (size_t)(j->s->w.out * j->s->inner) * j->element;
}

size_t gra__resample_workspace(const gra__resample_shape *s, size_t element)
{
    return (size_t)gra__threads() * (size_t)s->h.taps * (size_t)(s->w.out * s->inner) * element +
           64;
}

static int thread_count(const job *j, int64_t units)
{
    const int64_t work = j->s->outer * j->s->h.out * j->s->w.out * j->s->inner / WORK;
    return (int)larger(1, smaller(smaller(gra__threads(), units), work));
}

/* The rows of t that a thread has at a time: row i of an image is number i % taps of them. */
typedef struct window {
    char *rows;
    int64_t held[GRA_MAX_TAPS]; /* which row each of them is, or -1 */
} window;

static window window_of(const job *j)
{
    window w;
    w.rows = j->workspace + (size_t)gra__thread_index() * (size_t)j->s->h.taps * out_row(j);
    for (int k = 0; k < GRA_MAX_TAPS; k++)
        w.held[k] = -1;
    return w;
}

static void forward_row(const job *j, window *t, int64_t p, const char *image, char *y)
{
    const gra__resample_axis *const h = &j->s->h;
    const void *rows[GRA_MAX_TAPS];
    double weight[GRA_MAX_TAPS];
    for (int k = 0; k < h->taps; k++) {
        const int64_t at = k * h->out + p, i = h->index[at];
        char *const row = t->rows + (size_t)(i % h->taps) * out_row(j);
        if (t->held[i % h->taps] != i)
            j->loops->pick(&j->s->w, j->s->inner, image + (size_t)i * in_row(j), row);
        t->held[i % h->taps] = i;
        rows[k] = row;
        weight[k] = j->element == sizeof(float) ? (double)((const float *)h->weight)[at]
                                                : ((const double *)h->weight)[at];
    }
    j->loops->blend(j->s->w.out * j->s->inner, h->taps, rows, weight, y);
}

static void forward_band(const job *j, int64_t item)
{
    const gra__resample_axis *const h = &j->s->h;
    const int64_t o = item / j->bands, first = item % j->bands * BAND;
    const int64_t last = smaller(first + BAND, h->out);
    const char *const image = j->in + (size_t)(o * h->in) * in_row(j);
    window t = window_of(j);
    for (int64_t p = first; p < last; p++)
        forward_row(j, &t, p, image, j->out + (size_t)(o * h->out + p) * out_row(j));
}

static void forward(const gra__resample_shape *s, const gra__resample_loops *loops, size_t element,
                    const void *x, void *y, void *workspace)
{
    const job j = {s, loops, element, x, y, workspace, ceiling(s->h.out, BAND)};
    EACH_ITEM(thread_count(&j, s->outer * j.bands), s->outer * j.bands, forward_band(&j, item));
}

/* Hands the gradient of a row of t on to that of x. */
static void flush(const job *j, window *t, int slot, char *dx)
{
    if (t->held[slot] >= 0)
        j->loops->spread(&j->s->w, j->s->inner, t->rows + (size_t)slot * out_row(j),
                         dx + (size_t)t->held[slot] * in_row(j));
    t->held[slot] = -1;
}

static void backward_image(const job *j, int64_t o)
{
    const gra__resample_axis *const h = &j->s->h;
    char *const dx = j->out + (size_t)(o * h->in) * in_row(j);
    window t = window_of(j);
    memset(dx, 0, (size_t)h->in * in_row(j));
    for (int64_t p = 0; p < h->out; p++)
        for (int k = 0; k < h->taps; k++) {
            const int64_t at = k * h->out + p, i = h->index[at];
            const int slot = (int)(i % h->taps);
            char *const row = t.rows + (size_t)slot * out_row(j);
            if (t.held[slot] != i) {
                flush(j, &t, slot, dx);
                memset(row, 0, out_row(j));
                t.held[slot] = i;
            }
            j->loops->add(j->s->w.out * j->s->inner,
                          j->element == sizeof(float) ? (double)((const float *)h->weight)[at]
                                                      : ((const double *)h->weight)[at],
                          j->in + (size_t)(o * h->out + p) * out_row(j), row);
        }
    for (int slot = 0; slot < h->taps; slot++)
        flush(j, &t, slot, dx);
}

static void backward(const gra__resample_shape *s, const gra__resample_loops *loops, size_t element,
                     const void *g, void *dx, void *workspace)
{
    const job j = {s, loops, element, g, dx, workspace, 1};
    EACH_ITEM(thread_count(&j, s->outer), s->outer, backward_image(&j, item));
}

void gra__resample_f32(const gra__resample_shape *s, const float *x, float *y, void *workspace)
{
    forward(s, &gra__kernels_get()->resample->f32, sizeof *x, x, y, workspace);
}

void gra__resample_f64(const gra__resample_shape *s, const double *x, double *y, void *workspace)
{
    forward(s, &gra__kernels_get()->resample->f64, sizeof *x, x, y, workspace);
}

void gra__resample_backward_f32(const gra__resample_shape *s, const float *g, float *dx,
                                void *workspace)
{
    backward(s, &gra__kernels_get()->resample->f32, sizeof *g, g, dx, workspace);
}

void gra__resample_backward_f64(const gra__resample_shape *s, const double *g, double *dx,
                                void *workspace)
{
    backward(s, &gra__kernels_get()->resample->f64, sizeof *g, g, dx, workspace);
}
