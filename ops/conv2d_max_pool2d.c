/* conv2d_max_pool2d.c - a convolution, its rectifier and the pooling behind it, as one.
 *
 *   y = max_pool2d(max(0, conv2d(x, w) + b))
 *
 * What lies between is four times as large as y, in a first layer the largest there is, and needed by
 * nobody: a few images at a time go through scratch memory, forward and backward, and only y and a byte
 * for each winner are kept. An output of 0 has no winner, which is the rectifier's gradient; so y itself
 * is not needed either.
 *
 *   forward     for each few images:  s = conv2d(x, w) + b    y, winners = max_pool2d(max(0, s))
 *   backward    for each few images:  ds = g at the winners
 *                                     dx = backward_input(ds, w)    dw += backward_weight(ds, x)
 *
 * The number of images follows from the shape alone. A gradient that is to be differentiated again goes
 * through the ops of conv2d.c and max_pool2d.c.
 */
#include "ops/conv2d_max_pool2d.h"

#include "core/alloc_cache.h"
#include "core/error.h"
#include "ops/conv2d_args.h"
#include "ops/conv2d_engine.h"
#include "ops/iterate.h"
#include "ops/kernels/blas.h"
#include "ops/kernels/conv2d_nhwc.h"
#include "ops/kernels/pool2d_nhwc.h"
#include "ops/layout.h"
#include "ops/max_pool2d.h"
#include "ops/window.h"

typedef struct {
    gra__conv2d_args conv;
    gra__max_pool2d_args pool;
} pooled_args;

typedef struct {
    bool input, weight, bias; /* which gradients are wanted */
    gra_shape x, w;
    pooled_args of;
} backward_args;

enum { MODERATE = 1 << 19 }; /* sizes below have products that cannot overflow */

/* ---- the work on a few images ---- */

typedef struct {
    gra_shape sums, y; /* the convolution's result and the pooling's */
    gra__conv2d_shape conv;
    gra__pool2d_shape pool;
    int64_t x_floats, sum_floats, y_floats; /* of an image: x, the convolution's result, y */
    int64_t images, at_once;
} plan;

/* As many images as make 16 MB of sums, which fills the cores of any machine. */
static int64_t images_at_once(int64_t images, int64_t floats)
{
    enum { ENOUGH = 4 << 20 };
    const int64_t most = floats < ENOUGH ? ENOUGH / (floats ? floats : 1) : 1;
    const int64_t pieces = (images + most - 1) / most;
    return pieces ? (images + pieces - 1) / pieces : 1;
}

static gra_shape after(gra_shape x, int64_t channels, const int64_t kernel[2],
                       const int64_t stride[2], const int64_t padding[2], const int64_t dilation[2],
                       bool ceil_mode)
{
    int64_t out[2];
    for (int i = 0; i < 2; i++)
        out[i] = gra__window_count(
            x.size[2 + i], (gra__window){kernel[i], stride[i], padding[i], dilation[i]}, ceil_mode);
    return GRA_SHAPE(x.size[0], channels, out[0], out[1]);
}

/* Of x [N, C, H, W] and w [K, C / groups, R, S]. */
static plan plan_of(gra_shape x, gra_shape w, const pooled_args *a)
{
    const gra__conv2d_args *const c = &a->conv;
    const gra__max_pool2d_args *const m = &a->pool;
    plan p = {.images = x.size[0], .x_floats = x.size[1] * x.size[2] * x.size[3]};
    p.sums = after(x, w.size[0], w.size + 2, c->stride, c->padding, c->dilation, false);
    p.y = after(p.sums, w.size[0], m->kernel, m->stride, m->padding, m->dilation, m->ceil_mode);
    p.conv = gra__conv2d_kernel_shape(x, w, p.sums, c);
    p.pool = gra__max_pool2d_kernel_shape(p.sums, p.y, m);
    p.sum_floats = p.sums.size[1] * p.sums.size[2] * p.sums.size[3];
    p.y_floats = p.y.size[1] * p.y.size[2] * p.y.size[3];
    p.at_once = images_at_once(p.images, p.sum_floats);
    return p;
}

/* The same for the images from `first` on. */
static plan piece_of(const plan *all, int64_t first)
{
    plan p = *all;
    const int64_t left = all->images - first;
    p.conv.n = left < all->at_once ? left : all->at_once;
    p.pool.planes = p.conv.n * p.conv.k;
    return p;
}

/* The pieces' sizes differ by the last one alone, which may need more scratch than the larger ones: how a
 * kernel shares its work follows from the number of images. */
static plan last_piece(const plan *all)
{
    return piece_of(all, (all->images - 1) / all->at_once * all->at_once);
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

static double flops_of(const plan *p, gra_shape w)
{
    return gra__conv2d_flops(p->sums, w);
}

/* ---- what the fused kernels take ---- */

/* Numbers of windows whose products with moderate sizes cannot overflow. */
static bool numbers_fit(const int64_t kernel[2], const int64_t stride[2], const int64_t padding[2],
                        const int64_t dilation[2])
{
    bool fit = true;
    for (int i = 0; i < 2; i++)
        fit = fit && kernel[i] > 0 && kernel[i] < MODERATE && stride[i] > 0 &&
              stride[i] <= INT32_MAX && padding[i] >= 0 && padding[i] < MODERATE &&
              dilation[i] > 0 && dilation[i] <= INT32_MAX;
    return fit;
}

static bool sizes_fit(gra_shape x, gra_shape w, int64_t groups)
{
    bool fit = x.count == 4 && w.count == 4 && x.size[0] > 0 && groups > 0;
    for (int d = 1; d < 4 && fit; d++)
        fit = x.size[d] > 0 && x.size[d] < MODERATE;
    return fit && w.size[0] > 0 && w.size[0] < MODERATE && w.size[0] % groups == 0 &&
           x.size[1] % groups == 0 && x.size[1] / groups == w.size[1];
}

/* Whether input and weight of these shapes have a convolution that has a pooling of less than 256 positions. */
static bool shapes_fit(gra_shape x, gra_shape w, const pooled_args *a)
{
    const gra__conv2d_args *const c = &a->conv;
    const gra__max_pool2d_args *const m = &a->pool;
    if (!sizes_fit(x, w, c->groups) || c->flip_kernel ||
        !numbers_fit(w.size + 2, c->stride, c->padding, c->dilation) ||
        !numbers_fit(m->kernel, m->stride, m->padding, m->dilation) || m->kernel[0] >= 16 ||
        m->kernel[1] >= 16 || 2 * m->padding[0] > m->kernel[0] || 2 * m->padding[1] > m->kernel[1])
        return false;
    const plan p = plan_of(x, w, a);
    return p.sum_floats > 0 && p.y_floats > 0 && gra__conv2d_nhwc_fits(&p.conv);
}

static bool tensors_fit(const gra_tensor *x, const gra_tensor *w, const gra_tensor *bias)
{
    return x->dtype == GRA_FLOAT32 && w->dtype == GRA_FLOAT32 &&
           (!bias || (bias->dtype == GRA_FLOAT32 && bias->shape.count == 1 && w->shape.count == 4 &&
                      bias->shape.size[0] == w->shape.size[0]));
}

/* Called by name, the op may be given any tensors and numbers. */
static bool call_fits(const gra_call *c)
{
    char x[GRA_SHAPE_TEXT], w[GRA_SHAPE_TEXT];
    const gra_tensor *const bias = c->n_in > 2 ? c->in[2] : NULL;
    if (tensors_fit(c->in[0], c->in[1], bias) &&
        shapes_fit(c->in[0]->shape, c->in[1]->shape, c->args))
        return true;
    gra_fail(
        "conv2d_max_pool2d: input %s and weight %s are not what the fused kernels take, float32 "
        "[N, C, H, W] and [K, C / groups, R, S] with numbers that fit; conv2d and max_pool2d "
        "say what is wrong, or do it one after the other",
        gra_shape_text(c->in[0]->shape, x), gra_shape_text(c->in[1]->shape, w));
    return false;
}

/* ---- forward ---- */

/* The images from i on. */
static void run_piece(const plan *all, int64_t i, const gra_tensor *x, const gra_tensor *w,
                      const gra__derived *form, const gra_tensor *bias, bool relu, gra_tensor *y,
                      gra_tensor *winners, float *sums, void *workspace)
{
    const plan p = piece_of(all, i);
    float *const to = (float *)gra__ptr(y) + i * p.y_floats;
    uint8_t *const won = (uint8_t *)gra__ptr(winners) + i * p.y_floats;
    gra__conv2d_form_run(&p.conv, (const float *)gra__ptr(x) + i * p.x_floats, gra__ptr(w), form,
                         bias ? gra__ptr(bias) : NULL, relu, sums, workspace);
    gra__max_pool2d_nhwc_forward_f32(&p.pool, p.conv.k, sums, to, won);
    if (relu)
        gra__max_pool2d_nhwc_rectify(p.conv.n * p.y_floats, to, won);
}

static void run(const plan *all, const gra_tensor *x, gra_tensor *w, const gra_tensor *bias,
                bool relu, gra_tensor *y, gra_tensor *winners)
{
    const plan whole = piece_of(all, 0), last = last_piece(all);
    gra__derived *const form = gra__conv2d_form(&whole.conv, w);
    const size_t sum_bytes = sizeof(float) * (size_t)(all->at_once * all->sum_floats);
    const size_t bytes = larger(gra__conv2d_form_workspace(&whole.conv, form),
                                gra__conv2d_form_workspace(&last.conv, form));
    float *const sums = gra__alloc_data(sum_bytes);
    void *const workspace = sums ? gra__alloc_data(bytes) : NULL;
    for (int64_t i = 0; i < all->images && workspace; i += all->at_once)
        run_piece(all, i, x, w, form, bias, relu, y, winners, sums, workspace);
    gra__dealloc(workspace, bytes);
    gra__dealloc(sums, sum_bytes);
    gra__derived_release(form);
}

static void pooled_forward(gra_call *c)
{
    const pooled_args *const a = c->args;
    gra_tensor *const bias = c->n_in > 2 ? c->in[2] : NULL;
    const char *const name = "conv2d_max_pool2d";
    if (!call_fits(c))
        return;
    const plan p = plan_of(c->in[0]->shape, c->in[1]->shape, a);
    gra_tensor *const x = gra__channels_last(c->in[0]);
    gra_tensor *const w = gra__packed(c->in[1], GRA_FLOAT32);
    gra_tensor *const b = bias ? gra__packed(bias, GRA_FLOAT32) : NULL;
    gra_tensor *const y = gra__empty_channels_last(name, p.y, GRA_FLOAT32);
    gra_tensor *const winners = gra__empty_channels_last(name, p.y, GRA_UINT8);
    if (!x || !w || (bias && !b) || !y || !winners)
        return;
    run(&p, x, w, b, a->conv.relu, y, winners);
    if (gra_error())
        return;
    c->out[0] = y;
    c->saved[0] = winners;
    c->saves = GRA_SAVE_NOTHING | (c->needs[0] ? GRA_IN(1) : 0) | (c->needs[1] ? GRA_IN(0) : 0);
}

static double pooled_flops(const gra_call *c)
{
    const plan p = plan_of(c->in[0]->shape, c->in[1]->shape, c->args);
    return flops_of(&p, c->in[1]->shape);
}

/* ---- backward ---- */

/* Scratch for a few images; what a piece after the first adds to dw and db is made in here. */
typedef struct {
    float *sums; /* gradients of the convolution's result */
    gra_tensor *dw, *db;
    size_t sum_bytes, bytes;
    void *workspace;
} scratch;

static size_t backward_bytes(const plan *p, const backward_args *a)
{
    return larger(a->input ? gra__conv2d_nhwc_backward_input_workspace_f32(&p->conv) : 0,
                  a->weight ? gra__conv2d_nhwc_backward_weight_workspace_f32(&p->conv) : 0);
}

static bool scratch_new(const plan *all, const backward_args *a, scratch *s)
{
    const plan whole = piece_of(all, 0), last = last_piece(all);
    const bool several = all->at_once < all->images;
    *s = (scratch){.sum_bytes = sizeof(float) * (size_t)(all->at_once * all->sum_floats),
                   .bytes = larger(backward_bytes(&whole, a), backward_bytes(&last, a))};
    s->dw =
        gra__empty("conv2d_max_pool2d", several && a->weight ? a->w : GRA_SHAPE(0), GRA_FLOAT32);
    s->db = gra__empty("conv2d_max_pool2d", GRA_SHAPE(a->w.size[0]), GRA_FLOAT32);
    s->sums = gra__alloc_data(s->sum_bytes);
    s->workspace = s->sums ? gra__alloc_data(s->bytes) : NULL;
    return s->dw && s->db && s->workspace;
}

static void scratch_free(scratch *s)
{
    gra__dealloc(s->sums, s->sum_bytes);
    gra__dealloc(s->workspace, s->bytes);
}

/* The gradients of weight and bias from the images of a piece, into dw and db. */
static void run_weight(const plan *p, const backward_args *a, const float *x, const scratch *s,
                       gra_tensor *dw, gra_tensor *db)
{
    if (a->weight)
        gra__conv2d_nhwc_backward_weight_f32(&p->conv, s->sums, x, gra__ptr(dw), gra__ptr(db),
                                             s->workspace);
    else
        gra__column_sums_f32(p->conv.n * p->conv.out_h * p->conv.out_w, p->conv.k, s->sums,
                             gra__ptr(db));
}

/* The gradients of the images from `i` on. x and w are NULL where they are not needed. */
static void run_backward(const plan *all, int64_t i, const backward_args *a, gra_tensor *const *in,
                         gra_tensor *const *out, const scratch *s)
{
    const plan p = piece_of(all, i);
    gra_tensor *const g = in[0], *const winners = in[1], *const x = in[2], *const w = in[3];
    gra__max_pool2d_nhwc_backward_f32(&p.pool, p.conv.k,
                                      (const float *)gra__ptr(g) + i * p.y_floats,
                                      (const uint8_t *)gra__ptr(winners) + i * p.y_floats, s->sums);
    if (a->input)
        gra__conv2d_nhwc_backward_input_f32(&p.conv, s->sums, gra__ptr(w),
                                            (float *)gra__ptr(out[0]) + i * p.x_floats,
                                            s->workspace);
    if (!a->weight && !a->bias)
        return;
    run_weight(&p, a, x ? (const float *)gra__ptr(x) + i * p.x_floats : NULL, s, i ? s->dw : out[1],
               i ? s->db : out[2]);
    if (i && a->weight)
        gra__add_scaled_into(out[1], 1, s->dw);
    if (i)
        gra__add_scaled_into(out[2], 1, s->db);
}

static bool is_float32_of(const gra_tensor *t, gra_shape shape)
{
    return t && t->dtype == GRA_FLOAT32 && gra_shape_equal(t->shape, shape);
}

/* Called by name, the op may be given any tensors and numbers. */
static bool backward_fits(const gra_call *c)
{
    const backward_args *const a = c->args;
    gra_tensor *const g = c->in[0], *const winners = c->in[1];
    char text[3][GRA_SHAPE_TEXT];
    if (shapes_fit(a->x, a->w, &a->of)) {
        const plan p = plan_of(a->x, a->w, &a->of);
        if (is_float32_of(g, p.y) && winners->dtype == GRA_UINT8 &&
            gra_shape_equal(winners->shape, p.y) && (!a->weight || is_float32_of(c->in[2], a->x)) &&
            (!a->input || is_float32_of(c->in[3], a->w)))
            return true;
    }
    gra_fail("conv2d_max_pool2d_backward: g %s does not fit an input of shape %s and a weight of "
             "shape %s; what conv2d_max_pool2d takes and gives is needed, and its winners",
             gra_shape_text(g->shape, text[0]), gra_shape_text(a->x, text[1]),
             gra_shape_text(a->w, text[2]));
    return false;
}

/* A gradient that is not wanted has no elements. */
static void backward_forward(gra_call *c)
{
    const backward_args *const a = c->args;
    const char *const name = "conv2d_max_pool2d";
    if (!backward_fits(c))
        return;
    const plan p = plan_of(a->x, a->w, &a->of);
    gra_tensor *in[] = {gra__channels_last(c->in[0]), gra__channels_last(c->in[1]),
                        a->weight ? gra__channels_last(c->in[2]) : NULL,
                        a->input ? gra__packed(c->in[3], GRA_FLOAT32) : NULL};
    gra_tensor *out[] = {a->input ? gra__empty_channels_last(name, a->x, GRA_FLOAT32)
                                  : gra__empty(name, GRA_SHAPE(0), GRA_FLOAT32),
                         gra__empty(name, a->weight ? a->w : GRA_SHAPE(0), GRA_FLOAT32),
                         gra__empty(name, GRA_SHAPE(a->w.size[0]), GRA_FLOAT32)};
    scratch s = {0};
    const bool fine = in[0] && in[1] && (in[2] || !a->weight) && (in[3] || !a->input) && out[0] &&
                      out[1] && out[2] && scratch_new(&p, a, &s);
    for (int64_t i = 0; i < p.images && fine; i += p.at_once)
        run_backward(&p, i, a, in, out, &s);
    scratch_free(&s);
    for (int k = 0; k < 3 && fine; k++)
        c->out[k] = out[k];
}

static double backward_flops(const gra_call *c)
{
    const backward_args *const a = c->args;
    const plan p = plan_of(a->x, a->w, &a->of);
    return (a->input + a->weight) * flops_of(&p, a->w);
}

const gra_op gra_op_conv2d_max_pool2d_backward = {
    .schema = "conv2d_max_pool2d_backward(Tensor g, Tensor winners, Tensor? input, Tensor? weight, "
              "bool input_wanted, bool weight_wanted, bool bias_wanted, int[] input_shape, "
              "int[] weight_shape, int[2] stride, int[2] padding, int[2] dilation, int groups, "
              "bool relu, int[2] kernel_size, int[2] pool_stride, int[2] pool_padding, "
              "int[2] pool_dilation, bool ceil_mode) -> (Tensor, Tensor, Tensor)",
    .forward = backward_forward, /* called while nothing is recorded: there is no rule */
    .args_size = sizeof(backward_args),
    .flops = backward_flops,
};

/* By way of what lies between, which is made once more. Where nobody won, g counts for nothing. */
static void recorded_vjp(gra_call *c, gra_tensor *g, gra_tensor **dx)
{
    const pooled_args *const a = c->args;
    const plan p = plan_of(gra_call_shape(c, 0), gra_call_shape(c, 1), a);
    gra_tensor *winners = c->saved[0];
    if (a->conv.relu) {
        gra_tensor *const won = gra_ne_scalar(winners, GRA_NO_WINNER);
        g = gra_mul(g, gra_to(won, GRA_FLOAT32));
        winners = gra_mul(winners, gra_to(won, GRA_UINT8));
    }
    gra_tensor *const ds = g ? gra__max_pool2d_backward(g, winners, p.sums, &a->pool) : NULL;
    if (ds)
        gra__conv2d_gradients(c, ds, &a->conv, dx);
}

static void pooled_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    if (gra_grad_enabled()) {
        recorded_vjp(c, g[0], dx);
        return;
    }
    const backward_args args = {
        .x = gra_call_shape(c, 0),
        .w = gra_call_shape(c, 1),
        .of = *(const pooled_args *)c->args,
        .input = c->needs[0],
        .weight = c->needs[1],
        .bias = c->n_in > 2 && c->needs[2],
    };
    gra_tensor *out[3];
    if (gra_apply_many(&gra_op_conv2d_max_pool2d_backward,
                       (gra_tensor *[]){g[0], c->saved[0], c->in[0], c->in[1]}, 4, &args, out, 3))
        return;
    for (int i = 0; i < c->n_in; i++)
        dx[i] = c->needs[i] ? out[i] : NULL;
}

const gra_op gra_op_conv2d_max_pool2d = {
    .schema = "conv2d_max_pool2d(Tensor input, Tensor weight, Tensor? bias, int[2] stride, "
              "int[2] padding, int[2] dilation, int groups, bool relu, int[2] kernel_size, "
              "int[2] pool_stride, int[2] pool_padding, int[2] pool_dilation, bool ceil_mode) -> "
              "Tensor",
    .forward = pooled_forward,
    .vjp = pooled_vjp,
    .curvature = GRA_CURVATURE_PRODUCTS,
    .saves = GRA_IN(0) | GRA_IN(1), /* forward narrows it */
    .args_size = sizeof(pooled_args),
    .flops = pooled_flops,
};

/* Whether the kernels for channels-last float32 take both. What is wrong otherwise, the two ops say. */
static bool fits(const gra_conv2d_options *o, const gra_max_pool2d_options *m, pooled_args *a)
{
    if (gra_error() || !o->input || !o->weight || o->padding == GRA_SAME ||
        !gra__conv2d_args_of(o, &a->conv) || !gra__max_pool2d_args_of("max_pool2d", m, &a->pool) ||
        !tensors_fit(o->input, o->weight, o->bias) ||
        !shapes_fit(o->input->shape, o->weight->shape, a))
        return false;
    const plan p = plan_of(o->input->shape, o->weight->shape, a);
    return gra__conv2d_is_channels_last(&p.conv, o->input);
}

bool gra__conv2d_max_pool2d_fits(gra_conv2d_options conv, gra_max_pool2d_options pool)
{
    pooled_args args;
    return fits(&conv, &pool, &args);
}

gra_tensor *gra__conv2d_max_pool2d(gra_conv2d_options conv, gra_max_pool2d_options pool)
{
    pooled_args args;
    if (fits(&conv, &pool, &args))
        return gra_apply(&gra_op_conv2d_max_pool2d,
                         (gra_tensor *[]){conv.input, conv.weight, conv.bias}, conv.bias ? 3 : 2,
                         &args);
    pool.input = gra_conv2d_with(conv);
    return gra_max_pool2d_with(pool);
}
