#include "ops/kernels/row_norm.h"

#include "core/threads.h"
#include "ops/kernels/isa.h"
#include "ops/kernels/parallel.h"
#include "ops/kernels/sizes.h"

enum {
    NUMBERS = 8192, // of a block of rows, roughly
    PARTS = 32,     // into which the rows are cut for the sums over them, at most,
    PART = 16,      // and rows of a part, at least
    NARROW = 1024,  // numbers of a row whose sums are taken so
    WORK = 32768    // numbers that are worth a thread of their own
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

/* Layer norm's sums over the rows are taken in one of two ways, which follow from the shape alone, so that their
 * bits do not depend on the threads.  Narrow rows are added up while dx is made of them, in parts of all rows, each
 * with sums of its own.  Those of wide rows would not stay in the cache: their sums are taken in a second pass, a
 * block of columns after the other.  Group norm has two numbers for each channel of a row, which are added up in
 * the end. */
typedef enum way { PARTS_OF_ROWS, COLUMNS_AFTERWARDS, SUMS_OF_CHANNELS } way;

static way way_of(const gra__row_norm_shape *s)
{
    return s->inner != 1 || s->groups != 1 ? SUMS_OF_CHANNELS
           : s->channels <= NARROW         ? PARTS_OF_ROWS
                                           : COLUMNS_AFTERWARDS;
}

static int64_t part_count(const gra__row_norm_shape *s)
{
    return larger(1, smaller(PARTS, s->rows / PART));
}

size_t gra__row_norm_workspace(const gra__row_norm_shape *s)
{
    const way w = way_of(s);
    const int64_t sums = w == PARTS_OF_ROWS      ? 2 * part_count(s) /* and as much scratch */
                         : w == SUMS_OF_CHANNELS ? s->rows
                                                 : 0;
    return (size_t)(2 * s->channels * larger(1, sums)) * sizeof(double);
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

static void run_columns(const job *j, int64_t block)
{
    const int64_t first = block * GRA__COLUMNS;
    gra__kernels_get()->row_norm->columns[j->f64](&j->all, first,
                                                  smaller(GRA__COLUMNS, j->all.s->channels - first),
                                                  j->dw + first, j->db + first);
}

/* dw and db from the sums of the parts, or of the rows, of which row i belongs to group i % groups. */
static void add_sums(const job *j)
{
    const gra__row_norm_shape *const s = j->all.s;
    const int64_t channels = s->channels;
    for (int64_t k = 0; k < s->groups * channels; k++)
        j->dw[k] = j->db[k] = 0;
    for (int64_t i = 0; i < j->parts; i++) {
        const double *const sums = j->all.sums + 2 * channels * i;
        double *const dw = j->dw + i % s->groups * channels, *const db =
                                                                 j->db + i % s->groups * channels;
        for (int64_t c = 0; c < channels; c++) {
            dw[c] += sums[c];
            db[c] += sums[channels + c];
        }
    }
}

static void run_blocks_of_rows(job *j)
{
    const gra__row_norm_shape *const s = j->all.s;
    j->step = larger(1, NUMBERS / larger(1, row_length(s)));
    const int64_t blocks = ceiling(s->rows, j->step);
    EACH_ITEM(thread_count(s, blocks), blocks, run_rows(j, item));
}

void gra__row_norm_backward(const gra__row_norm_shape *s, bool f64, const void *g, const void *x,
                            const void *w, const double *mean, const double *scale, void *dx,
                            double *dw, double *db, void *workspace)
{
    const way how = way_of(s);
    job j = {.f64 = f64, .dw = dw, .db = db};
    j.all = (gra__row_norm_rows){.s = s, .g = g, .x = x, .w = w, .y = dx};
    j.all.mean = (double *)mean;
    j.all.scale = (double *)scale;
    j.all.sums = workspace;
    j.parts = how == PARTS_OF_ROWS ? part_count(s) : s->rows;
    if (how == PARTS_OF_ROWS) {
        j.all.scratch = dw ? (double *)workspace + 2 * s->channels * j.parts : NULL;
        EACH_ITEM(thread_count(s, j.parts), j.parts, run_part(&j, item));
    } else if (dx || how == SUMS_OF_CHANNELS) {
        run_blocks_of_rows(&j);
    }
    if (!dw || gra__dry_run())
        return;
    const int64_t blocks = ceiling(s->channels, GRA__COLUMNS);
    if (how == COLUMNS_AFTERWARDS)
        EACH_ITEM(thread_count(s, blocks), blocks, run_columns(&j, item));
    else
        add_sums(&j);
}
