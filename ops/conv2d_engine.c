/* conv2d_engine.c - the choice of the convolution's kernel. */
#include "ops/conv2d_engine.h"

#include "core/alloc_cache.h"
#include "core/dry_run.h"
#include "core/error_path.h"
#include "ops/indices.h"
#include "ops/iterate.h"
#include "ops/kernels/blas.h"
#include "ops/kernels/conv2d_nhwc.h"
#include "ops/layout.h"
#include "ops/ops.h"
#include "ops/product.h"

typedef struct {
    gra_dtype dtype;
    bool channels_last;
    size_t (*workspace[3])(const gra__conv2d_shape *s); /* by direction */
    void (*run)(gra__direction d, const gra__conv2d_shape *s, const void *a, const void *b,
                const void *bias, void *out, void *workspace);
} engine;

static void run_f32(gra__direction d, const gra__conv2d_shape *s, const void *a, const void *b,
                    const void *bias, void *out, void *workspace)
{
    if (d == GRA__FORWARD)
        gra__conv2d_forward_f32(s, a, b, bias, out, workspace);
    else if (d == GRA__BACKWARD_INPUT)
        gra__conv2d_backward_input_f32(s, a, b, out, workspace);
    else
        gra__conv2d_backward_weight_f32(s, a, b, out, workspace);
}

static void run_f64(gra__direction d, const gra__conv2d_shape *s, const void *a, const void *b,
                    const void *bias, void *out, void *workspace)
{
    if (d == GRA__FORWARD)
        gra__conv2d_forward_f64(s, a, b, bias, out, workspace);
    else if (d == GRA__BACKWARD_INPUT)
        gra__conv2d_backward_input_f64(s, a, b, out, workspace);
    else
        gra__conv2d_backward_weight_f64(s, a, b, out, workspace);
}

static void run_nhwc(gra__direction d, const gra__conv2d_shape *s, const void *a, const void *b,
                     const void *bias, void *out, void *workspace)
{
    (void)bias; /* of the forward, which run_form calls */
    if (d == GRA__BACKWARD_INPUT)
        gra__conv2d_nhwc_backward_input_f32(s, a, b, out, workspace);
    else
        gra__conv2d_nhwc_backward_weight_f32(s, a, b, out, NULL, workspace);
}

static const engine row_major_f32 = {
    .dtype = GRA_FLOAT32,
    .workspace = {gra__conv2d_forward_workspace_f32, gra__conv2d_backward_input_workspace_f32,
                  gra__conv2d_backward_weight_workspace_f32},
    .run = run_f32,
};

static const engine row_major_f64 = {
    .dtype = GRA_FLOAT64,
    .workspace = {gra__conv2d_forward_workspace_f64, gra__conv2d_backward_input_workspace_f64,
                  gra__conv2d_backward_weight_workspace_f64},
    .run = run_f64,
};

static const engine nhwc_f32 = {
    .dtype = GRA_FLOAT32,
    .channels_last = true,
    .workspace = {[GRA__BACKWARD_INPUT] = gra__conv2d_nhwc_backward_input_workspace_f32,
                  [GRA__BACKWARD_WEIGHT] = gra__conv2d_nhwc_backward_weight_workspace_f32},
    .run = run_nhwc,
};

static _Thread_local gra_conv_algorithm algorithm;

gra_conv_algorithm gra_set_conv_algorithm(gra_conv_algorithm wanted)
{
    const gra_conv_algorithm was = algorithm;
    algorithm = wanted;
    return was;
}

static const engine *choose(const gra__conv2d_shape *s, const gra_tensor *a)
{
    if (a->dtype == GRA_FLOAT64)
        return &row_major_f64;
    if (algorithm == GRA_CONV_DIRECT || !gra__conv2d_nhwc_fits(s))
        return &row_major_f32;
    return gra__conv2d_nhwc_pays(s) || gra__prefers_channels_last(a) ? &nhwc_f32 : &row_major_f32;
}

bool gra__conv2d_is_channels_last(const gra__conv2d_shape *s, const gra_tensor *x)
{
    return choose(s, x)->channels_last;
}

static gra_tensor *row_major(gra_tensor *t, gra_dtype dtype)
{
    return t->contiguous ? gra__converted(t, dtype) : gra__row_major_copy(t, dtype);
}

static gra_tensor *ready(const engine *e, gra_tensor *t, bool is_activation)
{
    if (!e->channels_last || !is_activation)
        return row_major(t, e->dtype);
    t = gra__converted(t, e->dtype);
    return t ? gra__channels_last(t) : NULL;
}

static void make_form(const void *shape, const gra_tensor *w, void *form)
{
    gra__conv2d_nhwc_prepare_f32(shape, gra__ptr(w), form);
}

gra__derived *gra__conv2d_form(const gra__conv2d_shape *s, gra_tensor *w)
{
    if (!w->derived || !w->contiguous || w->dtype != GRA_FLOAT32)
        return NULL;
    const gra__weight_form form = gra__conv2d_nhwc_form_f32(s);
    return gra__derived_get(w, form.name, form.bytes, make_form, s);
}

size_t gra__conv2d_form_workspace(const gra__conv2d_shape *s, const gra__derived *form)
{
    return form ? gra__conv2d_nhwc_forward_prepared_workspace_f32(s)
                : gra__conv2d_nhwc_forward_workspace_f32(s);
}

void gra__conv2d_form_run(const gra__conv2d_shape *s, const float *x, const float *w,
                          const gra__derived *form, const float *bias, bool relu, float *y,
                          void *workspace)
{
    if (form)
        gra__conv2d_nhwc_forward_prepared_f32(s, x, form->data, bias, relu, y, workspace);
    else
        gra__conv2d_nhwc_forward_f32(s, x, w, bias, relu, y, workspace);
}

/* Whether the filter covers the whole image, so that each output is one dot product. */
static bool is_whole(const gra__conv2d_shape *s)
{
    return s->n > 0 && s->groups == 1 && s->out_h == 1 && s->out_w == 1 && s->r == s->h &&
           s->s == s->w && s->pad_h == 0 && s->pad_w == 0;
}

static gra__matrix as_matrix(const gra_tensor *t, int64_t rows)
{
    const int64_t columns = t->numel / rows;
    return (gra__matrix){gra__ptr(t), rows, columns, columns, 1};
}

/* A fully connected layer: y = x w^T + b, dx = g w, dw = g^T x. */
static gra_tensor *run_whole(gra__direction direction, const gra__conv2d_shape *s, gra_shape shape,
                             gra_tensor *a, gra_tensor *b, gra_tensor *bias, bool relu)
{
    const gra_dtype result = a->dtype;
    const gra_dtype dtype = result == GRA_FLOAT64 ? GRA_FLOAT64 : GRA_FLOAT32;
    a = row_major(a, dtype);
    b = a ? row_major(b, dtype) : NULL;
    bias = b && bias ? row_major(bias, dtype) : NULL;
    gra_tensor *const out = b ? gra__empty("conv2d", shape, dtype) : NULL;
    if (!out || gra__failed)
        return NULL;
    gra__matrix left = as_matrix(a, s->n);
    gra__matrix right = as_matrix(b, direction == GRA__BACKWARD_WEIGHT ? s->n : s->k);
    if (direction == GRA__BACKWARD_WEIGHT)
        left = gra__matrix_transposed(left);
    if (direction == GRA__FORWARD)
        right = gra__matrix_transposed(right);
    gra__product(dtype, left, right, gra__ptr(out), bias ? gra__ptr(bias) : NULL);
    if (relu)
        gra_relu_(out);
    return gra__converted(out, result);
}

/* out = conv2d with the weights b in their kept form. */
static bool run_form(const gra__conv2d_shape *s, const gra_tensor *a, gra_tensor *b,
                     const gra_tensor *bias, bool relu, gra_tensor *out)
{
    gra__derived *const form = gra__conv2d_form(s, b);
    const size_t bytes = gra__conv2d_form_workspace(s, form);
    void *const workspace = gra__alloc_data(bytes);
    if (workspace)
        gra__conv2d_form_run(s, gra__ptr(a), gra__ptr(b), form, bias ? gra__ptr(bias) : NULL, relu,
                             gra__ptr(out), workspace);
    gra__dealloc(workspace, bytes);
    gra__derived_release(form);
    return workspace != NULL;
}

gra_tensor *gra__conv2d_run(gra__direction direction, const gra__conv2d_shape *s, gra_shape shape,
                            gra_tensor *a, gra_tensor *b, gra_tensor *bias, bool relu)
{
    if (is_whole(s))
        return run_whole(direction, s, shape, a, b, bias, relu);
    const gra_dtype dtype = a->dtype;
    const engine *const e = choose(s, a);
    const bool gives_weight = direction == GRA__BACKWARD_WEIGHT;
    a = ready(e, a, true);
    b = a ? ready(e, b, gives_weight) : NULL;
    gra_tensor *const flat_bias = b && bias ? row_major(bias, e->dtype) : NULL;
    if (!b || (bias && !flat_bias))
        return NULL;
    gra_tensor *const out = e->channels_last && !gives_weight
                                ? gra__empty_channels_last("conv2d", shape, e->dtype)
                                : gra__empty("conv2d", shape, e->dtype);
    if (out && direction == GRA__FORWARD && e->channels_last)
        return run_form(s, a, b, flat_bias, relu, out) ? gra__converted(out, dtype) : NULL;
    const size_t bytes = e->workspace[direction](s);
    void *const workspace = out ? gra__alloc_data(bytes) : NULL;
    if (!workspace)
        return NULL;
    e->run(direction, s, gra__ptr(a), gra__ptr(b), bias ? gra__ptr(flat_bias) : NULL, gra__ptr(out),
           workspace);
    gra__dealloc(workspace, bytes);
    if (relu) /* run_form has it fused */
        gra_relu_(out);
    return gra__converted(out, dtype);
}

gra_tensor *gra__conv2d_turned(gra_tensor *w)
{
    const int64_t taps = w->shape.size[2] * w->shape.size[3];
    if (taps == 1)
        return w;
    gra_tensor *const from = gra__packed(w, w->dtype);
    gra_tensor *const to = from ? gra__empty("conv2d", w->shape, w->dtype) : NULL;
    const size_t size = gra_dtype_size(w->dtype);
    for (int64_t i = 0; to && i < w->numel && !gra__dry_run(); i++)
        gra__copy_element((char *)gra__ptr(to) +
                              (size_t)(i - i % taps + taps - 1 - i % taps) * size,
                          (const char *)gra__ptr(from) + (size_t)i * size, size);
    return to;
}

gra_tensor *gra__conv2d_sum_bias(gra_tensor *g)
{
    const gra_dtype dtype = g->dtype == GRA_BFLOAT16 ? GRA_FLOAT32 : g->dtype;
    const int64_t n = g->shape.size[0], k = g->shape.size[1];
    const int64_t h = g->shape.size[2], w = g->shape.size[3];
    const bool as_rows = dtype == GRA_FLOAT32 && gra__prefers_channels_last(g);
    gra_tensor *const ready_g = as_rows ? gra__converted(g, dtype) : row_major(g, dtype);
    gra_tensor *const db = ready_g ? gra__empty("conv2d", GRA_SHAPE(k), dtype) : NULL;
    if (!db)
        return NULL;
    const gra__conv2d_shape s = {.n = n, .k = k, .out_h = h, .out_w = w};
    if (gra__dry_run())
        return gra__converted(db, g->dtype);
    if (as_rows)
        gra__column_sums_f32(n * h * w, k, gra__ptr(ready_g), gra__ptr(db));
    else if (dtype == GRA_FLOAT64)
        gra__conv2d_backward_bias_f64(&s, gra__ptr(ready_g), gra__ptr(db));
    else
        gra__conv2d_backward_bias_f32(&s, gra__ptr(ready_g), gra__ptr(db));
    return gra__converted(db, g->dtype);
}

/* Both in one pass, for channels-last float32. */
static gra_tensor *run_weight_bias_nhwc(const gra__conv2d_shape *s, gra_shape shape, gra_tensor *g,
                                        gra_tensor *x, gra_tensor **db)
{
    g = ready(&nhwc_f32, g, true);
    x = g ? ready(&nhwc_f32, x, true) : NULL;
    gra_tensor *const dw = x ? gra__empty("conv2d", shape, GRA_FLOAT32) : NULL;
    *db = dw ? gra__empty("conv2d", GRA_SHAPE(s->k), GRA_FLOAT32) : NULL;
    const size_t bytes = gra__conv2d_nhwc_backward_weight_workspace_f32(s);
    void *const workspace = *db ? gra__alloc_data(bytes) : NULL;
    if (!workspace)
        return NULL;
    gra__conv2d_nhwc_backward_weight_f32(s, gra__ptr(g), gra__ptr(x), gra__ptr(dw), gra__ptr(*db),
                                         workspace);
    gra__dealloc(workspace, bytes);
    return dw;
}

gra_tensor *gra__conv2d_run_weight_bias(const gra__conv2d_shape *s, gra_shape shape, gra_tensor *g,
                                        gra_tensor *x, gra_tensor **db)
{
    if (!is_whole(s) && g->dtype == GRA_FLOAT32 && x->dtype == GRA_FLOAT32 &&
        choose(s, g)->channels_last)
        return run_weight_bias_nhwc(s, shape, g, x, db);
    *db = gra__conv2d_sum_bias(g);
    return *db ? gra__conv2d_run(GRA__BACKWARD_WEIGHT, s, shape, g, x, NULL, false) : NULL;
}
