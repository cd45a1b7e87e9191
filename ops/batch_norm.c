/* batch_norm.c - each channel brought to mean 0 and variance 1 over the batch, then scaled and shifted.
 *
 *   y = w z + b                 z = (x - m) r,  r = (v + eps)^(-1/2), for each channel
 *
 *   db = sum g                  dw = sum g z
 *   dx = w r g                                           with running statistics
 *   dx = w r (g - db / n - z dw / n)                     in training, where m and v depend on x
 *
 * In training m and v are the mean and variance over the n elements of a channel, and the running
 * statistics, where given, move towards m and n/(n-1) v by `momentum`.  Otherwise m and v are the running
 * ones.  Both passes are of the form a x + b in each channel, or a g + b x + e, and keep x's layout.  Where
 * the rule itself is recorded, it is written with tensor ops.
 *
 * Source: Ioffe and Szegedy, "Batch normalization: accelerating deep network training by reducing internal
 * covariate shift", ICML 2015.
 */
#include <math.h>

#include "core/create.h"
#include "core/dry_run.h"
#include "core/error.h"
#include "ops/iterate.h"
#include "ops/kernels/norm.h"
#include "ops/layout.h"
#include "ops/ops.h"

typedef struct {
    bool training;
    double momentum, eps;
} norm_args;

enum { X, WEIGHT, BIAS, RUNNING_MEAN, RUNNING_VAR };
enum { MEAN, SCALE }; /* saved: m and r, [C] in float64 */

/* ---- what can be wrong ---- */

static bool channels_fit(const gra_call *c)
{
    static const char *const names[] = {"x", "weight", "bias", "running_mean", "running_var"};
    char text[GRA_SHAPE_TEXT];
    for (int i = WEIGHT; i <= RUNNING_VAR; i++) {
        const gra_tensor *const t = c->in[i];
        if (!t)
            continue;
        if (t->shape.count != 1 || t->shape.size[0] != c->in[X]->shape.size[1]) {
            gra_fail("batch_norm: %s has shape %s; x has %lld channels, so [%lld] is needed",
                     names[i], gra_shape_text(t->shape, text), (long long)c->in[X]->shape.size[1],
                     (long long)c->in[X]->shape.size[1]);
            return false;
        }
        if (!gra_dtype_is_floating(t->dtype) || (i >= RUNNING_MEAN && t->requires_grad)) {
            gra_fail("batch_norm: %s %s; a floating point tensor%s is needed", names[i],
                     t->requires_grad ? "requires a gradient" : "has an integer dtype",
                     i >= RUNNING_MEAN ? " without a gradient" : "");
            return false;
        }
    }
    return true;
}

static bool check(const gra_call *c, int64_t *n)
{
    const norm_args *const a = c->args;
    const gra_tensor *const x = c->in[X];
    char text[GRA_SHAPE_TEXT];
    gra_shape_text(x->shape, text);
    if (x->shape.count < 2) {
        gra_fail("batch_norm: x has shape %s; [N, C, ...] is needed", text);
        return false;
    }
    *n = x->shape.size[1] ? x->numel / x->shape.size[1] : 0;
    if (!gra_dtype_is_floating(x->dtype))
        gra_fail("batch_norm: dtype %s is not supported; gra_to(x, GRA_FLOAT32) converts",
                 gra_dtype_name(x->dtype));
    else if (a->training && *n < 2)
        gra_fail("batch_norm: x of shape %s has %lld values for each channel; more than one is "
                 "needed in training",
                 text, (long long)*n);
    else if (!a->training && (!c->in[RUNNING_MEAN] || !c->in[RUNNING_VAR]))
        gra_fail("batch_norm: running_mean and running_var are needed where .training is false");
    else
        return channels_fit(c);
    return false;
}

/* ---- the statistics ---- */

static gra_dims all_but_channels(int count)
{
    gra_dims dims = {.kind = &gra_dims_kind, .count = count - 1};
    for (int i = 1; i < dims.count; i++)
        dims.dim[i] = i + 1;
    return dims;
}

/* running = (1 - momentum) running + momentum * value * factor */
static void move_running(const gra_call *c, gra_tensor *running, gra_tensor *value, double factor)
{
    const double momentum = ((const norm_args *)c->args)->momentum;
    if (!running || gra__dry_run() || gra_is_recomputing())
        return;
    for (int64_t i = 0; i < running->numel; i++) {
        const int64_t at = i * running->stride[0];
        gra__store(running, at,
                   (1 - momentum) * gra__load(running, at) +
                       momentum * factor * gra__load(value, i));
    }
    running->storage->version++;
    running->storage->writer = c->op->schema;
}

/* Sets c->saved; false with an error. */
static bool find_statistics(gra_call *c, int64_t n)
{
    const norm_args *const a = c->args;
    gra_tensor *mean = c->in[RUNNING_MEAN], *var = c->in[RUNNING_VAR];
    if (a->training) {
        const gra_dims dims = all_but_channels(c->in[X]->shape.count);
        gra_tensor *const x = gra__converted(
            c->in[X], c->in[X]->dtype == GRA_BFLOAT16 ? GRA_FLOAT32 : c->in[X]->dtype);
        mean = gra_mean(x, .dims = dims);
        var = gra_var(x, .dims = dims, .correction = 0);
        if (!mean || !var)
            return false;
        move_running(c, c->in[RUNNING_MEAN], mean, 1);
        move_running(c, c->in[RUNNING_VAR], var, (double)n / (double)(n - 1));
    }
    c->saved[MEAN] = gra__row_major_copy(mean, GRA_FLOAT64);
    gra_tensor *const shifted = gra_add_scalar(gra__row_major_copy(var, GRA_FLOAT64), a->eps);
    c->saved[SCALE] = shifted ? gra_rdiv_scalar(gra_sqrt(shifted), 1) : NULL;
    return c->saved[MEAN] && c->saved[SCALE];
}

/* ---- passes over the elements ---- */

/* x dense in one of the two layouts, and what the kernels see of it. */
static gra_tensor *laid_out(gra_tensor *x, const gra_tensor *like, gra_dtype dtype)
{
    if (!gra__prefers_channels_last(like))
        return gra__packed(x, dtype);
    gra_tensor *const t = gra__channels_last(x);
    return t ? gra__converted(t, dtype) : NULL;
}

static gra__channelwise_shape kernel_shape(const gra_tensor *x)
{
    const gra_shape *const s = &x->shape;
    const int64_t rest = gra__numel_between(s, 2, s->count);
    return gra__prefers_channels_last(x)
               ? (gra__channelwise_shape){s->size[0] * rest, s->size[1], 1}
               : (gra__channelwise_shape){s->size[0], s->size[1], rest};
}

static gra_dtype computed_in(const gra_tensor *x)
{
    return x->dtype == GRA_FLOAT64 ? GRA_FLOAT64 : GRA_FLOAT32;
}

/* `count` rows of coefficients for each channel in float64, which are then converted. */
static double *channel_rows(gra_tensor **t, int64_t count, int64_t channels)
{
    *t = gra__empty("batch_norm", GRA_SHAPE(count, channels), GRA_FLOAT64);
    return *t ? gra__ptr(*t) : NULL;
}

static double weight_at(const gra_tensor *weight, int64_t c)
{
    return weight ? gra__load(weight, c * weight->stride[0]) : 1;
}

static void norm_forward(gra_call *c)
{
    int64_t n;
    gra_tensor *const x = c->in[X], *rows;
    if (!check(c, &n) || !find_statistics(c, n))
        return;
    const int64_t channels = x->shape.size[1];
    const gra_dtype dtype = computed_in(x);
    double *const a = channel_rows(&rows, 2, channels);
    const double *const mean = gra__ptr(c->saved[MEAN]), *const scale = gra__ptr(c->saved[SCALE]);
    for (int64_t i = 0; a && i < channels; i++) {
        const gra_tensor *const bias = c->in[BIAS];
        a[i] = weight_at(c->in[WEIGHT], i) * scale[i];
        a[channels + i] = (bias ? gra__load(bias, i * bias->stride[0]) : 0) - mean[i] * a[i];
    }
    gra_tensor *const from = laid_out(x, x, dtype), *const y = from ? gra__empty_like("batch_norm",
                                                                                      from, dtype)
                                                                    : NULL;
    gra_tensor *const coefficients = a ? gra__converted(rows, dtype) : NULL;
    if (!y || !coefficients)
        return;
    const gra__channelwise_shape s = kernel_shape(from);
    const char *const p = gra__ptr(coefficients);
    gra__channelwise_affine(&s, dtype == GRA_FLOAT64, gra__ptr(from), p,
                            p + channels * (int64_t)gra_dtype_size(dtype), gra__ptr(y));
    c->out[0] = gra__converted(y, x->dtype);
}

/* ---- the rule, in one pass for the sums and one for dx ---- */

typedef struct gradient {
    gra_tensor *g, *x;          /* in one layout and dtype */
    const double *mean, *scale; /* m and r */
    double *sums;               /* sum of g, and of g (x - m) */
    int64_t n, channels;
    gra__channelwise_shape shape;
    gra_dtype dtype;
} gradient;

static bool find_sums(const gra_call *c, gra_tensor *g, gradient *d)
{
    gra_tensor *const x = c->in[X], *sums, *workspace;
    d->dtype = computed_in(x);
    d->channels = x->shape.size[1];
    d->n = d->channels ? x->numel / d->channels : 0;
    d->x = laid_out(x, x, d->dtype);
    d->g = laid_out(g, x, d->dtype);
    if (!d->x || !d->g)
        return false;
    d->mean = gra__ptr(c->saved[MEAN]);
    d->scale = gra__ptr(c->saved[SCALE]);
    d->shape = kernel_shape(d->x);
    d->sums = channel_rows(&sums, 2, d->channels);
    double *const room =
        channel_rows(&workspace, 2 * gra__channelwise_parts(&d->shape), d->channels);
    if (!d->sums || !room)
        return false;
    gra__channelwise_sums(&d->shape, d->dtype == GRA_FLOAT64, gra__ptr(d->g), gra__ptr(d->x),
                          d->mean, d->sums, room);
    return true;
}

static gra_tensor *gradient_of_x(const gra_call *c, const gradient *d)
{
    const bool training = ((const norm_args *)c->args)->training;
    gra_tensor *rows;
    double *const a = channel_rows(&rows, 3, d->channels);
    if (!a)
        return NULL;
    double *const b = a + d->channels, *const e = b + d->channels;
    for (int64_t i = 0; i < d->channels; i++) {
        const double r = d->scale[i], n = (double)d->n;
        a[i] = weight_at(c->in[WEIGHT], i) * r;
        b[i] = training ? -a[i] * r * r * d->sums[d->channels + i] / n : 0;
        e[i] = training ? -a[i] * d->sums[i] / n - b[i] * d->mean[i] : 0;
    }
    gra_tensor *const coefficients = gra__converted(rows, d->dtype);
    gra_tensor *const dx = gra__empty_like("batch_norm", d->x, d->dtype);
    if (!coefficients || !dx)
        return NULL;
    const char *const p = gra__ptr(coefficients);
    const int64_t row = d->channels * (int64_t)gra_dtype_size(d->dtype);
    gra__channelwise_combine(&d->shape, d->dtype == GRA_FLOAT64, gra__ptr(d->g), gra__ptr(d->x), p,
                             p + row, p + 2 * row, gra__ptr(dx));
    return dx;
}

/* sums[which][c] times factor[c] (or 1) for each channel. */
static gra_tensor *gradient_of_channels(const gradient *d, int64_t which, const double *factor)
{
    gra_tensor *const t = gra__empty("batch_norm", GRA_SHAPE(d->channels), d->dtype);
    for (int64_t i = 0; t && i < d->channels; i++)
        gra__store(t, i, d->sums[which * d->channels + i] * (factor ? factor[i] : 1));
    return t;
}

static void one_pass_rule(gra_call *c, gra_tensor *g, gra_tensor **dx)
{
    gradient d;
    if (!find_sums(c, g, &d))
        return;
    if (c->needs[X])
        dx[X] = gradient_of_x(c, &d);
    if (c->needs[WEIGHT])
        dx[WEIGHT] = gradient_of_channels(&d, 1, d.scale);
    if (c->needs[BIAS])
        dx[BIAS] = gradient_of_channels(&d, 0, NULL);
}

/* ---- the rule, recorded ---- */

static gra_tensor *recorded_dx(gra_call *c, gra_tensor *gw, gra_tensor *z, gra_tensor *r,
                               gra_dims dims)
{
    if (!((const norm_args *)c->args)->training)
        return gra_mul(gw, r);
    gra_tensor *const mean = gra_mean(gw, .dims = dims, .keepdim = true);
    gra_tensor *const along = gra_mean(gra_mul(gw, z), .dims = dims, .keepdim = true);
    return gra_mul(gra_sub(gra_sub(gw, mean), gra_mul(z, along)), r);
}

static void recorded_rule(gra_call *c, gra_tensor *g, gra_tensor **dx)
{
    const norm_args *const a = c->args;
    gra_tensor *const x = c->in[X];
    const gra_dims dims = all_but_channels(x->shape.count);
    gra_shape across = {.count = x->shape.count};
    for (int i = 0; i < across.count; i++)
        across.size[i] = i == 1 ? x->shape.size[1] : 1;
    gra_tensor *mean = gra_to(gra_view(c->saved[MEAN], across), x->dtype);
    gra_tensor *r = gra_to(gra_view(c->saved[SCALE], across), x->dtype);
    if (a->training) {
        mean = gra_mean(x, .dims = dims, .keepdim = true);
        gra_tensor *const var = gra_var(x, .dims = dims, .correction = 0, .keepdim = true);
        r = gra_rdiv_scalar(gra_sqrt(gra_add_scalar(var, a->eps)), 1);
    }
    gra_tensor *const z = gra_mul(gra_sub(x, mean), r), *const w = c->in[WEIGHT];
    if (c->needs[X])
        dx[X] = recorded_dx(c, w ? gra_mul(g, gra_reshape(w, across)) : g, z, r, dims);
    if (c->needs[WEIGHT])
        dx[WEIGHT] = gra_sum(gra_mul(g, z), .dims = dims);
    if (c->needs[BIAS])
        dx[BIAS] = gra_sum(g, .dims = dims);
}

static void norm_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    if (gra_grad_enabled())
        recorded_rule(c, g[0], dx);
    else
        one_pass_rule(c, g[0], dx);
}

const gra_op gra_op_batch_norm = {
    .schema = "batch_norm(Tensor input, Tensor? weight=None, Tensor? bias=None, "
              "Tensor(a!)? running_mean=None, Tensor(b!)? running_var=None, "
              "bool training=False, float momentum=0.1, float eps=1e-05) -> Tensor",
    .forward = norm_forward,
    .vjp = norm_vjp,
    .saves = GRA_IN(X) | GRA_IN(WEIGHT),
    .args_size = sizeof(norm_args),
};

gra_batch_norm_options gra_batch_norm_defaults(void)
{
    return (gra_batch_norm_options){.momentum = 0.1, .eps = 1e-5};
}

gra_tensor *gra_batch_norm_with(gra_batch_norm_options o)
{
    gra_tensor *const in[] = {o.input, o.weight, o.bias, o.running_mean, o.running_var};
    return gra_apply(&gra_op_batch_norm, in, 5, &(norm_args){o.training, o.momentum, o.eps});
}
