#include "ops/kernels/norm.h"

#include "core/threads.h"
#include "ops/kernels/isa.h"
#include "ops/kernels/parallel.h"
#include "ops/kernels/sizes.h"

enum {
    PIXELS = 64,    // of a block of local response norm
    NUMBERS = 8192, // of a block of rows, roughly
    PARTS = 32,     // into which sums are cut, where there are so many rows
    WORK = 65536    // numbers that are worth a thread of their own
};

static int thread_count(int64_t numbers, int64_t blocks)
{
    return (int)smaller(gra__threads(), smaller(blocks, numbers / WORK));
}

/* The address of number i. */
static char *at(const void *base, bool f64, int64_t i)
{
    return (char *)base + i * (int64_t)(f64 ? sizeof(double) : sizeof(float));
}

/* ---- local response norm ---- */

typedef struct lrn_job {
    const gra__lrn_shape *s;
    bool f64;
    const char *g, *x; // g is NULL forward
    char *y, *workspace;
} lrn_job;

int64_t gra__lrn_workspace(const gra__lrn_shape *s)
{
    return 4 * s->channels + 2 * s->size + 16;
}

static void lrn_block(const lrn_job *j, int64_t block)
{
    const gra__norm_table *const table = gra__kernels_get()->norm;
    const int64_t first = block * PIXELS, n = smaller(j->s->pixels - first, PIXELS);
    const int64_t skip = first * j->s->channels;
    void *const workspace =
        at(j->workspace, j->f64, gra__thread_index() * gra__lrn_workspace(j->s));
    const void *const x = at(j->x, j->f64, skip);
    void *const y = at(j->y, j->f64, skip);
    if (j->g)
        table->lrn_backward[j->f64](j->s, n, at(j->g, j->f64, skip), x, y, workspace);
    else
        table->lrn[j->f64](j->s, n, x, y, workspace);
}

static void run_lrn(const lrn_job *j)
{
    const int64_t blocks = (j->s->pixels + PIXELS - 1) / PIXELS;
    EACH_ITEM(thread_count(4 * j->s->pixels * j->s->channels, blocks), blocks, lrn_block(j, item));
}

void gra__lrn_forward(const gra__lrn_shape *s, bool f64, const void *x, void *y, void *workspace)
{
    run_lrn(&(lrn_job){s, f64, NULL, x, y, workspace});
}

void gra__lrn_backward(const gra__lrn_shape *s, bool f64, const void *g, const void *x, void *dx,
                       void *workspace)
{
    run_lrn(&(lrn_job){s, f64, g, x, dx, workspace});
}

/* ---- rows of channels ---- */

typedef struct rows_job {
    const gra__channelwise_shape *s;
    bool f64;
    int64_t rows; // of a block
    const void *g, *x, *a, *b, *e;
    const double *mean;
    void *y;
} rows_job;

static void affine_block(const rows_job *j, int64_t block)
{
    const int64_t first = block * j->rows, n = smaller(j->s->rows - first, j->rows);
    const int64_t skip = first * j->s->channels * j->s->inner;
    const gra__norm_table *const table = gra__kernels_get()->norm;
    const void *const x = at(j->x, j->f64, skip);
    void *const y = at(j->y, j->f64, skip);
    if (j->g)
        table->combine[j->f64](j->s, n, at(j->g, j->f64, skip), x, j->a, j->b, j->e, y);
    else
        table->affine[j->f64](j->s, n, x, j->a, j->b, y);
}

static void run_affine(rows_job *j)
{
    const int64_t row = j->s->channels * j->s->inner;
    if (row == 0)
        return;
    j->rows = NUMBERS / row > 1 ? NUMBERS / row : 1;
    const int64_t blocks = (j->s->rows + j->rows - 1) / j->rows;
    EACH_ITEM(thread_count(j->s->rows * row, blocks), blocks, affine_block(j, item));
}

void gra__channelwise_affine(const gra__channelwise_shape *s, bool f64, const void *x,
                             const void *a, const void *b, void *y)
{
    run_affine(&(rows_job){.s = s, .f64 = f64, .x = x, .a = a, .b = b, .y = y});
}

void gra__channelwise_combine(const gra__channelwise_shape *s, bool f64, const void *g,
                              const void *x, const void *a, const void *b, const void *e, void *y)
{
    run_affine(&(rows_job){.s = s, .f64 = f64, .g = g, .x = x, .a = a, .b = b, .e = e, .y = y});
}

int64_t gra__channelwise_parts(const gra__channelwise_shape *s)
{
    return s->rows < PARTS ? (s->rows > 1 ? s->rows : 1) : PARTS;
}

static void sums_part(const rows_job *j, int64_t part, int64_t parts)
{
    const int64_t first = j->s->rows * part / parts, last = j->s->rows * (part + 1) / parts;
    const int64_t skip = first * j->s->channels * j->s->inner;
    gra__kernels_get()->norm->sums[j->f64](j->s, last - first, at(j->g, j->f64, skip),
                                           at(j->x, j->f64, skip), j->mean,
                                           (double *)j->y + part * 2 * j->s->channels);
}

void gra__channelwise_sums(const gra__channelwise_shape *s, bool f64, const void *g, const void *x,
                           const double *mean, double *sums, double *workspace)
{
    const rows_job j = {.s = s, .f64 = f64, .g = g, .x = x, .mean = mean, .y = workspace};
    const int64_t parts = gra__channelwise_parts(s), n = 2 * s->channels;
    EACH_ITEM(thread_count(s->rows * s->channels * s->inner, parts), parts,
              sums_part(&j, item, parts));
    for (int64_t c = 0; c < n; c++)
        sums[c] = workspace[c];
    for (int64_t part = 1; part < parts; part++)
        for (int64_t c = 0; c < n; c++)
            sums[c] += workspace[part * n + c];
}
