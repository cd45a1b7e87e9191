/* local_response_norm.c - each element divided by a power of its neighbours' mean square in the channels.
 *
 *   y = x d^-beta               d_c = k + s sum_{j in w(c)} x_j^2,  s = alpha / size
 *
 *   dx_i = g_i d_i^-beta - 2 s beta x_i sum_{c: i in w(c)} g_c x_c d_c^(-beta-1)
 *
 * w(c) are the channels c - size/2 to c + (size-1)/2 that there are.  Both are one pass over pixels whose
 * channels lie together, so a row-major x is turned around and the result turned back.  Where the rule
 * itself is recorded, it is written with tensor ops.
 *
 * Source: Krizhevsky et al., "ImageNet classification with deep convolutional neural networks", NIPS
 * 2012, section 3.3, whose alpha is this one divided by size.
 */
#include "core/create.h"
#include "core/error.h"
#include "core/threads.h"
#include "ops/iterate.h"
#include "ops/kernels/norm.h"
#include "ops/layout.h"
#include "ops/ops.h"

typedef struct {
    int64_t size;
    double alpha, beta, k;
} lrn_args;

static bool check(const gra_tensor *x, const lrn_args *a)
{
    char text[GRA_SHAPE_TEXT];
    if (x->shape.count < 3)
        gra_fail("local_response_norm: x has shape %s; [N, C, ...] with at least 3 dims is needed",
                 gra_shape_text(x->shape, text));
    else if (!gra_dtype_is_floating(x->dtype))
        gra_fail("local_response_norm: dtype %s is not supported; gra_to(x, GRA_FLOAT32) converts",
                 gra_dtype_name(x->dtype));
    else if (a->size < 1 || a->size > INT32_MAX)
        gra_fail("local_response_norm: size %lld is out of range; at least 1 is needed",
                 (long long)a->size);
    else
        return true;
    return false;
}

/* x as pixels with their channels together, in shape [N, C, the rest, 1] or its own. */
static gra_tensor *as_pixels(gra_tensor *x, gra_dtype dtype)
{
    gra_tensor *t = gra__converted(x, dtype);
    if (!t || gra__prefers_channels_last(t))
        return t;
    const gra_shape *const s = &x->shape;
    const int64_t rest = gra__numel_between(s, 2, s->count);
    t = gra__reshaped("local_response_norm", t, GRA_SHAPE(s->size[0], s->size[1], rest, 1));
    return t ? gra__channels_last(t) : NULL;
}

/* What was computed on as_pixels(x), as x lies. */
static gra_tensor *as_before(gra_tensor *t, gra_tensor *x)
{
    if (gra__prefers_channels_last(x))
        return gra__converted(t, x->dtype);
    gra_tensor *const packed = gra__packed(t, x->dtype);
    return packed ? gra__reshaped("local_response_norm", packed, x->shape) : NULL;
}

/* The forward, or with g the gradient. */
static gra_tensor *run(gra_tensor *g, gra_tensor *x, const lrn_args *a)
{
    const gra_dtype dtype = x->dtype == GRA_FLOAT64 ? GRA_FLOAT64 : GRA_FLOAT32;
    const bool f64 = dtype == GRA_FLOAT64;
    gra_tensor *const from = as_pixels(x, dtype);
    gra_tensor *const laid = g && gra__prefers_channels_last(x) ? gra__channels_last(g) : g;
    gra_tensor *const grad = laid ? as_pixels(laid, dtype) : NULL;
    if (!from || (g && !grad))
        return NULL;
    const int64_t channels = x->shape.size[1];
    const gra__lrn_shape s = {.pixels = channels ? x->numel / channels : 0,
                              .channels = channels,
                              .size = a->size,
                              .scale = a->alpha / (double)a->size,
                              .beta = a->beta,
                              .k = a->k};
    gra_tensor *const y = gra__empty_like("local_response_norm", from, dtype);
    gra_tensor *const workspace =
        gra__empty("local_response_norm", GRA_SHAPE(gra__threads(), gra__lrn_workspace(&s)), dtype);
    if (!y || !workspace)
        return NULL;
    if (g)
        gra__lrn_backward(&s, f64, gra__ptr(grad), gra__ptr(from), gra__ptr(y),
                          gra__ptr(workspace));
    else
        gra__lrn_forward(&s, f64, gra__ptr(from), gra__ptr(y), gra__ptr(workspace));
    return as_before(y, x);
}

static void lrn_forward(gra_call *c)
{
    const lrn_args *const args = c->args;
    if (check(c->in[0], args))
        c->out[0] = run(NULL, c->in[0], args);
}

/* The sums of z over the channels c - before to c + after, by recorded ops. */
static gra_tensor *window_sums(gra_tensor *z, int64_t before, int64_t after)
{
    gra_shape shape = gra_tensor_shape(z);
    const int64_t channels = shape.size[1];
    gra_tensor *parts[3] = {NULL, z, NULL};
    shape.size[1] = before;
    parts[0] = gra_zeros(shape, .dtype = gra_tensor_dtype(z));
    shape.size[1] = after;
    parts[2] = gra_zeros(shape, .dtype = gra_tensor_dtype(z));
    gra_tensor *const padded = gra_cat(parts, 3, 1);
    gra_tensor *sum = gra_narrow(padded, 1, 0, channels);
    for (int64_t t = 1; t <= before + after; t++)
        sum = gra_add(sum, gra_narrow(padded, 1, t, channels));
    return sum;
}

static gra_tensor *recorded_gradient(gra_tensor *g, gra_tensor *x, const lrn_args *a)
{
    const int64_t before = a->size / 2, after = (a->size - 1) / 2;
    const double scale = a->alpha / (double)a->size;
    gra_tensor *const squares = window_sums(gra_square(x), before, after);
    gra_tensor *const d = gra_add_scalar(gra_mul_scalar(squares, scale), a->k);
    gra_tensor *const p = gra_pow_scalar(d, -a->beta);
    gra_tensor *const t = gra_div(gra_mul(gra_mul(g, x), p), d);
    gra_tensor *const sums = window_sums(t, after, before);
    return gra_sub(gra_mul(g, p), gra_mul(gra_mul_scalar(x, 2 * scale * a->beta), sums));
}

static void lrn_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    dx[0] = gra_grad_enabled() ? recorded_gradient(g[0], c->in[0], c->args)
                               : run(g[0], c->in[0], c->args);
}

const gra_op gra_op_local_response_norm = {
    .schema = "local_response_norm(Tensor x, int size, float alpha=0.0001, float beta=0.75, "
              "float k=1.0) -> Tensor",
    .forward = lrn_forward,
    .vjp = lrn_vjp,
    .saves = GRA_IN(0),
    .args_size = sizeof(lrn_args),
};

gra_local_response_norm_options gra_local_response_norm_defaults(void)
{
    return (gra_local_response_norm_options){.alpha = 1e-4, .beta = 0.75, .k = 1};
}

gra_tensor *gra_local_response_norm_with(gra_local_response_norm_options o)
{
    return gra_apply(&gra_op_local_response_norm, &o.x, 1,
                     &(lrn_args){o.size, o.alpha, o.beta, o.k});
}
