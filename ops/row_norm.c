/* row_norm.c - the passes and the rule of layer_norm and group_norm. */
#include "ops/row_norm.h"

#include <math.h>
#include <string.h>

#include "core/create.h"
#include "core/dry_run.h"
#include "core/error.h"
#include "core/threads.h"
#include "ops/iterate.h"
#include "ops/kernels/norm.h"
#include "ops/kernels/parallel.h"
#include "ops/layout.h"
#include "ops/reduce.h"

enum { X = GRA__NORM_X, WEIGHT = GRA__NORM_WEIGHT, BIAS = GRA__NORM_BIAS };
enum { WORK = 65536 }; /* numbers that are worth sharing out */
enum { MEAN, SCALE };  /* saved: m and r of each row, in float64 */

bool gra__row_norm_fits(const gra_call *c, gra_shape weight)
{
    static const char *const names[] = {"input", "weight", "bias"};
    const char *const op = gra_op_name(c->op);
    char a[GRA_SHAPE_TEXT], b[GRA_SHAPE_TEXT];
    for (int i = X; i <= BIAS; i++) {
        const gra_tensor *const t = c->in[i];
        if (t && !gra_dtype_is_floating(t->dtype))
            gra_fail("%s: %s has dtype %s; a floating point dtype is needed, convert it with "
                     "gra_to",
                     op, names[i], gra_dtype_name(t->dtype));
        else if (i != X && t && !gra_shape_equal(t->shape, weight))
            gra_fail("%s: %s has shape %s; %s is needed", op, names[i], gra_shape_text(t->shape, a),
                     gra_shape_text(weight, b));
    }
    return !gra_error();
}

static gra_dtype computed_in(const gra_tensor *x)
{
    return x->dtype == GRA_FLOAT64 ? GRA_FLOAT64 : GRA_FLOAT32;
}

static double *numbers(gra_tensor **t, int64_t count)
{
    *t = gra__empty("normalisation", GRA_SHAPE(count), GRA_FLOAT64);
    return *t ? gra__ptr(*t) : NULL;
}

/* Group norm of a channels-last x goes over its pixels. */
static bool by_pixels(const gra_tensor *x, const gra__row_norm_shape *s)
{
    return s->inner != 1 && gra__prefers_channels_last(x);
}

/* t as the passes read it, in one piece: row-major, or channels-last. */
static gra_tensor *laid_out(gra_tensor *t, bool pixels, gra_dtype dtype)
{
    if (!pixels)
        return gra__packed(t, dtype);
    gra_tensor *const turned = gra__channels_last(t);
    return turned ? gra__converted(turned, dtype) : NULL;
}

/* The weight, or the bias where there is one, in the passes' dtype; *p is NULL without. False with an error. */
static bool packed_weight(gra_tensor *t, gra_dtype dtype, const void **p)
{
    gra_tensor *const packed = t ? gra__packed(t, dtype) : NULL;
    *p = packed ? gra__ptr(packed) : NULL;
    return packed || !t;
}

/* ---- forward, channels-last: a sample at a time, y = a[c] x + b[c] ---- */

/* x of one sample for the kernels of norm.h. */
static gra__channelwise_shape pixels_of(const gra__row_norm_shape *s)
{
    return (gra__channelwise_shape){s->inner, s->groups * s->channels, 1};
}

/* m and r of each group from the mean and variance of its channels. */
static void join_channels(const gra__row_norm_shape *s, const double *mean, const double *var,
                          double *m, double *r)
{
    const double share = 1 / (double)s->channels;
    for (int64_t i = 0; i < s->rows; i++, mean += s->channels, var += s->channels) {
        double sum = 0, spread = 0;
        for (int64_t c = 0; c < s->channels; c++)
            sum += mean[c];
        m[i] = sum * share;
        for (int64_t c = 0; c < s->channels; c++)
            spread += var[c] + (mean[c] - m[i]) * (mean[c] - m[i]);
        r[i] = 1 / sqrt(spread * share + s->eps);
    }
}

/* Mean and variance of each channel of each sample: float64 by the reductions, float32 in one pass of sums in
 * double of x and of x (x - k), where k is the channel's first number. */
static bool channel_statistics_f64(gra_tensor *x, double *means, double *vars)
{
    gra_tensor *const mean = gra_mean(x, .dims = GRA_DIMS(2, 3));
    gra_tensor *const var = gra_var(x, .dims = GRA_DIMS(2, 3), .correction = 0);
    gra_tensor *const m = mean ? gra__packed(mean, GRA_FLOAT64) : NULL;
    gra_tensor *const v = var ? gra__packed(var, GRA_FLOAT64) : NULL;
    if (!m || !v)
        return false;
    if (!gra__dry_run()) {
        memcpy(means, gra__ptr(m), (size_t)m->numel * sizeof *means);
        memcpy(vars, gra__ptr(v), (size_t)v->numel * sizeof *vars);
    }
    return true;
}

/* What is done for each sample of a channels-last x; of one sample: */
typedef struct samples {
    const gra__row_norm_shape *s;
    gra__channelwise_shape pixels;
    bool f64;
    const char *g, *x;   /* all samples; g is NULL forward */
    char *y;             /* or dx, or NULL */
    const char *numbers; /* of x's type: forward 2, backward 3 for each channel, for all samples */
    double *means, *sums,
        *room; /* a number, two, and room for gra__channelwise_sums, for each channel */
} samples;

static int64_t size_of(const samples *a)
{
    return a->f64 ? (int64_t)sizeof(double) : (int64_t)sizeof(float);
}

/* The bytes in front of sample i. */
static int64_t bytes_before(const samples *a, int64_t i)
{
    return i * a->pixels.rows * a->pixels.channels * size_of(a);
}

/* Samples are shared out to the threads where there are enough of them; else the loops within one are. */
static void each_sample(const samples *a, void (*run)(const samples *a, int64_t i))
{
    const int64_t n = a->s->rows / a->s->groups, work = n * a->pixels.rows * a->pixels.channels;
    const bool enough = n >= gra__threads() && work >= WORK;
    EACH_ITEM(enough ? gra__threads() : 1, n, run(a, item));
}

/* Sums over the pixels of h, and of h (x - mean), for each channel. */
static void add_pixels(const samples *a, const char *h, int64_t i)
{
    const int64_t channels = a->pixels.channels;
    const int64_t room = 2 * channels * gra__channelwise_parts(&a->pixels);
    gra__channelwise_sums(&a->pixels, a->f64, h + bytes_before(a, i), a->x + bytes_before(a, i),
                          a->means + i * channels, a->sums + 2 * channels * i, a->room + room * i);
}

static void add_x(const samples *a, int64_t i)
{
    add_pixels(a, a->x, i);
}

static void add_g(const samples *a, int64_t i)
{
    add_pixels(a, a->g, i);
}

static void scale_pixels(const samples *a, int64_t i)
{
    const int64_t row = a->pixels.channels * size_of(a);
    const char *const p = a->numbers + 2 * row * i;
    gra__channelwise_affine(&a->pixels, a->f64, a->x + bytes_before(a, i), p, p + row,
                            a->y + bytes_before(a, i));
}

static void combine_pixels(const samples *a, int64_t i)
{
    const int64_t row = a->pixels.channels * size_of(a);
    const char *const p = a->numbers + 3 * row * i;
    gra__channelwise_combine(&a->pixels, a->f64, a->g + bytes_before(a, i),
                             a->x + bytes_before(a, i), p, p + row, p + 2 * row,
                             a->y + bytes_before(a, i));
}

/* Room for means, sums and the partial sums of all samples. */
static bool samples_new(samples *a, const gra__row_norm_shape *s, gra_tensor *x)
{
    const gra__channelwise_shape pixels = pixels_of(s);
    const int64_t count = s->rows * s->channels, parts = gra__channelwise_parts(&pixels);
    gra_tensor *all;
    double *const first = numbers(&all, count * (3 + 2 * parts));
    *a = (samples){.s = s, .pixels = pixels, .f64 = x->dtype == GRA_FLOAT64, .x = gra__ptr(x)};
    a->means = first;
    a->sums = first + count;
    a->room = first + 3 * count;
    return first != NULL;
}

static bool channel_statistics_f32(gra_tensor *x, const gra__row_norm_shape *s, double *means,
                                   double *vars)
{
    samples a;
    if (!samples_new(&a, s, x))
        return false;
    const int64_t channels = a.pixels.channels, count = s->rows * s->channels;
    const double n = (double)a.pixels.rows;
    for (int64_t i = 0; i < count && !gra__dry_run(); i++)
        a.means[i] = (double)((const float *)(a.x + bytes_before(&a, i / channels)))[i % channels];
    each_sample(&a, add_x);
    for (int64_t i = 0; i < count && !gra__dry_run(); i++) {
        const double *const sums = a.sums + 2 * channels * (i / channels) + i % channels;
        const double k = a.means[i], distance = sums[0] / n - k; /* of the mean from k */
        const double var = (sums[channels] - k * (sums[0] - n * k)) / n - distance * distance;
        means[i] = sums[0] / n;
        vars[i] = var > 0 || isnan(var) ? var : 0;
    }
    return true;
}

static bool find_pixel_statistics(gra_tensor *x, const gra__row_norm_shape *s, double *m, double *r)
{
    const int64_t count = s->rows * s->channels;
    gra_tensor *both;
    double *const means = numbers(&both, 2 * count);
    if (!means || !(x->dtype == GRA_FLOAT64 ? channel_statistics_f64(x, means, means + count)
                                            : channel_statistics_f32(x, s, means, means + count)))
        return false;
    if (!gra__dry_run())
        join_channels(s, means, means + count, m, r);
    return true;
}

/* Element i of a packed float32 or float64 array; 0 or 1 where there is none. */
static double number(const void *p, bool f64, int64_t i, double otherwise)
{
    return !p ? otherwise : f64 ? ((const double *)p)[i] : (double)((const float *)p)[i];
}

static bool run_pixels(gra_tensor *x, const gra__row_norm_shape *s, const void *w, const void *b,
                       gra_tensor *y, double *m, double *r)
{
    const int64_t channels = s->groups * s->channels, count = s->rows * s->channels;
    samples job = {.s = s, .pixels = pixels_of(s), .f64 = x->dtype == GRA_FLOAT64};
    gra_tensor *rows;
    double *const a = numbers(&rows, 2 * count);
    if (!a || !find_pixel_statistics(x, s, m, r))
        return false;
    for (int64_t i = 0; i < count && !gra__dry_run(); i++) {
        const int64_t row = i / s->channels, c = i % channels;
        double *const own = a + 2 * channels * (i / channels) + c;
        own[0] = number(w, job.f64, c, 1) * r[row];
        own[channels] = number(b, job.f64, c, 0) - m[row] * own[0];
    }
    gra_tensor *const coefficients = gra__converted(rows, x->dtype);
    if (!coefficients)
        return false;
    job.x = gra__ptr(x);
    job.y = gra__ptr(y);
    job.numbers = gra__ptr(coefficients);
    each_sample(&job, scale_pixels);
    return true;
}

void gra__row_norm_run(gra_call *c, const gra__row_norm_shape *s)
{
    gra_tensor *const x = c->in[X];
    const bool pixels = by_pixels(x, s);
    const gra_dtype dtype = computed_in(x);
    gra_tensor *const from = laid_out(x, pixels, dtype);
    gra_tensor *const y = from ? gra__empty_like(gra_op_name(c->op), from, dtype) : NULL;
    double *const m = numbers(&c->saved[MEAN], s->rows), *const r =
                                                             numbers(&c->saved[SCALE], s->rows);
    const void *w, *b;
    if (!y || !m || !r || !packed_weight(c->in[WEIGHT], dtype, &w) ||
        !packed_weight(c->in[BIAS], dtype, &b))
        return;
    if (!pixels)
        gra__row_norm_forward(s, dtype == GRA_FLOAT64, gra__ptr(from), w, b, gra__ptr(y), m, r);
    else if (!run_pixels(from, s, w, b, y, m, r))
        return;
    c->out[0] = gra__converted(y, x->dtype);
}

/* ---- the rule, in one pass over each row ---- */

typedef struct gradient {
    const gra__row_norm_shape *s;
    gra_tensor *g, *x, *dx; /* in one layout and dtype; dx may be NULL */
    const void *w;
    const double *m, *r;
    double *dw, *db;
    bool f64;
} gradient;

/* Coefficients of one sample: dx = a[c] g + b[c] x + e[c], from the sums over its pixels; and adds dw and db up. */
static void add_sample(const gradient *d, int64_t n, const double *sums, double *a)
{
    const gra__row_norm_shape *const s = d->s;
    const int64_t channels = s->groups * s->channels;
    const double share = 1 / ((double)s->channels * (double)s->inner);
    for (int64_t group = 0; group < s->groups; group++) {
        const double m = d->m[n * s->groups + group], r = d->r[n * s->groups + group];
        const int64_t first = group * s->channels, last = first + s->channels;
        double sum = 0, dot = 0;
        for (int64_t c = first; c < last; c++) {
            sum += number(d->w, d->f64, c, 1) * sums[c];
            dot += number(d->w, d->f64, c, 1) * sums[channels + c];
            d->dw[c] += sums[channels + c] * r;
            d->db[c] += sums[c];
        }
        for (int64_t c = first; c < last; c++) {
            a[c] = number(d->w, d->f64, c, 1) * r;
            a[channels + c] = -r * r * r * dot * share;
            a[2 * channels + c] = -r * sum * share - a[channels + c] * m;
        }
    }
}

static bool gradients_by_pixels(const gradient *d)
{
    const gra__row_norm_shape *const s = d->s;
    const int64_t channels = s->groups * s->channels, count = s->rows * s->channels;
    samples job;
    gra_tensor *rows;
    double *const a = numbers(&rows, 3 * count);
    if (!a || !samples_new(&job, s, d->x))
        return false;
    job.g = gra__ptr(d->g);
    for (int64_t i = 0; i < count && !gra__dry_run(); i++)
        job.means[i] = d->m[i / s->channels];
    each_sample(&job, add_g);
    for (int64_t c = 0; c < channels; c++)
        d->dw[c] = d->db[c] = 0;
    for (int64_t n = 0; n * s->groups < s->rows && !gra__dry_run(); n++)
        add_sample(d, n, job.sums + 2 * channels * n, a + 3 * channels * n);
    gra_tensor *const coefficients = gra__converted(rows, d->x->dtype);
    if (!coefficients || !d->dx)
        return coefficients != NULL;
    job.numbers = gra__ptr(coefficients);
    job.y = gra__ptr(d->dx);
    each_sample(&job, combine_pixels);
    return true;
}

static bool gradients_by_rows(const gradient *d, bool weights)
{
    const int64_t bytes = (int64_t)gra__row_norm_workspace(d->s);
    gra_tensor *workspace;
    if (!numbers(&workspace, bytes / (int64_t)sizeof(double)))
        return false;
    gra__row_norm_backward(d->s, d->f64, gra__ptr(d->g), gra__ptr(d->x), d->w, d->m, d->r,
                           d->dx ? gra__ptr(d->dx) : NULL, weights ? d->dw : NULL,
                           weights ? d->db : NULL, gra__ptr(workspace));
    return true;
}

static void one_pass_rule(gra_call *c, const gra__row_norm_shape *s, gra_tensor *g, gra_tensor **dx)
{
    gra_tensor *const x = c->in[X], *dw, *db;
    const gra_dtype dtype = computed_in(x);
    const bool pixels = by_pixels(x, s), weights = c->needs[WEIGHT] || c->needs[BIAS];
    gradient d = {.s = s, .f64 = dtype == GRA_FLOAT64};
    d.x = laid_out(x, pixels, dtype);
    d.g = laid_out(g, pixels, dtype);
    d.dw = numbers(&dw, s->groups * s->channels);
    d.db = numbers(&db, s->groups * s->channels);
    if (!d.x || !d.g || !d.dw || !d.db || !packed_weight(c->in[WEIGHT], dtype, &d.w))
        return;
    d.m = gra__ptr(c->saved[MEAN]);
    d.r = gra__ptr(c->saved[SCALE]);
    d.dx = c->needs[X] ? gra__empty_like(gra_op_name(c->op), d.x, dtype) : NULL;
    if ((c->needs[X] && !d.dx) ||
        !(pixels ? gradients_by_pixels(&d) : gradients_by_rows(&d, weights)))
        return;
    if (c->needs[X])
        dx[X] = d.dx;
    if (c->needs[WEIGHT])
        dx[WEIGHT] = gra_reshape(gra__converted(dw, dtype), gra_call_shape(c, WEIGHT));
    if (c->needs[BIAS])
        dx[BIAS] = gra_reshape(gra__converted(db, dtype), gra_call_shape(c, BIAS));
}

/* ---- the rule, recorded ---- */

static void recorded_rule(gra_call *c, const gra__row_norm_shape *s, gra_tensor *g, gra_tensor **dx)
{
    const gra_shape parts =
        GRA_SHAPE(s->groups ? s->rows / s->groups : 0, s->groups, s->channels, s->inner);
    const gra_dims own = GRA_DIMS(2, 3), others = GRA_DIMS(0, 3);
    gra_tensor *const x = gra_reshape(c->in[X], parts), *const h = gra_reshape(g, parts);
    gra_tensor *const mean = gra_mean(x, .dims = own, .keepdim = true);
    gra_tensor *const var = gra_var(x, .dims = own, .correction = 0, .keepdim = true);
    gra_tensor *const r = gra_rdiv_scalar(gra_sqrt(gra_add_scalar(var, s->eps)), 1);
    gra_tensor *const z = gra_mul(gra_sub(x, mean), r);
    if (c->needs[X]) {
        gra_tensor *const w = c->in[WEIGHT];
        const gra_shape across = GRA_SHAPE(1, s->groups, s->channels, 1);
        gra_tensor *const wg = w ? gra_mul(h, gra_reshape(w, across)) : h;
        gra_tensor *const even = gra_mean(wg, .dims = own, .keepdim = true);
        gra_tensor *const along = gra_mean(gra_mul(wg, z), .dims = own, .keepdim = true);
        gra_tensor *const d = gra_mul(gra_sub(gra_sub(wg, even), gra_mul(z, along)), r);
        dx[X] = gra_reshape(d, gra_call_shape(c, X));
    }
    if (c->needs[WEIGHT])
        dx[WEIGHT] = gra_reshape(gra_sum(gra_mul(h, z), .dims = others), gra_call_shape(c, WEIGHT));
    if (c->needs[BIAS])
        dx[BIAS] = gra_reshape(gra_sum(h, .dims = others), gra_call_shape(c, BIAS));
}

void gra__row_norm_rule(gra_call *c, const gra__row_norm_shape *s, gra_tensor *g, gra_tensor **dx)
{
    if (gra_grad_enabled())
        recorded_rule(c, s, g, dx);
    else
        one_pass_rule(c, s, g, dx);
}
