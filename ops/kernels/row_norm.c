#include "ops/kernels/row_norm.h"

#include "core/threads.h"
#include "ops/kernels/isa.h"
#include "ops/kernels/parallel.h"
#include "ops/kernels/sizes.h"

enum {
    NUMBERS = 8192, // of a block of rows, roughly
    PARTS = 32,     // into which the rows are cut for the sums over them, at most,
    ROOM =
        1024 *
        1024, // and for wide rows in fewer, so that the parts' sums have no more numbers than that
    WORK = 32768 // numbers that are worth a thread of their own
};

typedef struct job {
    gra__row_norm_rows all;
    bool f64;
    int64_t step, parts; // rows of a block, or parts of all rows
    double *dw, *db;
} job;

static int64_t row_length(const gra__row_norm_shape *s)
{
    return s->channels * s->inner;
}

static int thread_count(const gra__row_norm_shape *s, int64_t blocks)
{
    return (int)smaller(gra__threads(), smaller(blocks, s->rows * row_length(s) / WORK));
}

/* The address of number i. */
static void *at(const void *base, bool f64, int64_t i)
{
    return base ? (char *)base + i * (int64_t)(f64 ? sizeof(double) : sizeof(float)) : NULL;
}

/* Rows first to last - 1. */
static gra__row_norm_rows part_of(const job *j, int64_t first, int64_t last)
{
    gra__row_norm_rows r = j->all;
    const int64_t skip = first * row_length(r.s);
    r.first = first;
    r.count = last - first;
    r.g = at(r.g, j->f64, skip);
    r.x = at(r.x, j->f64, skip);
    r.y = at(r.y, j->f64, skip);
    r.mean += first;
    r.scale += first;
    return r;
}

static void run_forward(const job *j, int64_t block)
{
    const int64_t first = block * j->step;
    const gra__row_norm_rows r = part_of(j, first, smaller(first + j->step, j->all.s->rows));
    gra__kernels_get()->row_norm->forward[j->f64](&r);
}

void gra__row_norm_forward(const gra__row_norm_shape *s, bool f64, const void *x, const void *w,
                           const void *b, void *y, double *mean, double *scale)
{
    job j = {.f64 = f64};
    j.all =
        (gra__row_norm_rows){.s = s, .x = x, .w = w, .b = b, .mean = mean, .scale = scale, .y = y};
    j.step = larger(1, NUMBERS / larger(1, row_length(s)));
    const int64_t blocks = ceiling(s->rows, j.step);
    EACH_ITEM(thread_count(s, blocks), blocks, run_forward(&j, item));
}

/* ---- backward ---- */

/* Parts of the rows of layer norm: a number that follows from the shape, so that the bits of a sum do not depend
 * on the threads. */
static int64_t part_count(const gra__row_norm_shape *s)
{
    return larger(1, smaller(s->rows, smaller(PARTS, ROOM / larger(1, s->channels))));
}

/* Whether the rows of a part are added up as they come: layer norm's, which have a weight for each number. */
static bool adds_rows(const gra__row_norm_shape *s)
{
    return s->inner == 1 && s->groups == 1;
}

size_t gra__row_norm_workspace(const gra__row_norm_shape *s)
{
    const int64_t sums = adds_rows(s) ? part_count(s) : s->rows;
    return (size_t)(4 * s->channels * larger(1, sums)) * sizeof(double);
}

/* The workspace has all parts' sums, then scratch for each. */
static void run_part(const job *j, int64_t part)
{
    const int64_t rows = j->all.s->rows, channels = j->all.s->channels;
    gra__row_norm_rows r = part_of(j, rows * part / j->parts, rows * (part + 1) / j->parts);
    r.sums += 2 * channels * part;
    if (r.scratch)
        r.scratch = (double *)r.scratch + 2 * channels * part;
    gra__kernels_get()->row_norm->backward[j->f64](&r);
}

static void run_rows(const job *j, int64_t block)
{
    const int64_t first = block * j->step;
    gra__row_norm_rows r = part_of(j, first, smaller(first + j->step, j->all.s->rows));
    r.sums += 2 * r.s->channels * first;
    gra__kernels_get()->row_norm->backward[j->f64](&r);
}

/* dw and db of one channel: entry i of the sums belongs to group i % groups. */
static void add_channel(const job *j, int64_t k)
{
    const gra__row_norm_shape *const s = j->all.s;
    const int64_t group = k / s->channels, channel = k % s->channels;
    const double *sums = j->all.sums + 2 * s->channels * group + channel;
    double w = 0, b = 0;
    for (int64_t i = group; i < j->parts; i += s->groups, sums += 2 * s->channels * s->groups) {
        w += sums[0];
        b += sums[s->channels];
    }
    j->dw[k] = w;
    j->db[k] = b;
}

void gra__row_norm_backward(const gra__row_norm_shape *s, bool f64, const void *g, const void *x,
                            const void *w, const double *mean, const double *scale, void *dx,
                            double *dw, double *db, void *workspace)
{
    job j = {.f64 = f64, .dw = dw, .db = db};
    j.all = (gra__row_norm_rows){.s = s, .g = g, .x = x, .w = w, .y = dx};
    j.all.mean = (double *)mean;
    j.all.scale = (double *)scale;
    j.all.sums = workspace;
    j.parts = adds_rows(s) ? part_count(s) : s->rows;
    j.all.scratch = dw ? (double *)workspace + 2 * s->channels * j.parts : NULL;
    if (adds_rows(s)) {
        EACH_ITEM(thread_count(s, j.parts), j.parts, run_part(&j, item));
    } else {
        j.step = larger(1, NUMBERS / larger(1, row_length(s)));
        const int64_t blocks = ceiling(s->rows, j.step);
        EACH_ITEM(thread_count(s, blocks), blocks, run_rows(&j, item));
    }
    if (dw)
        EACH_ITEM(1, s->groups * s->channels, add_channel(&j, item));
}
