/* conv2d_max_pool2d.c - a convolution, its rectifier and the pooling behind it, as one.
 *
 *   y = max_pool2d(max(0, conv2d(x, w) + b))
 *
 * What lies between is four times as large as y, in a first layer the largest there is, and needed by
 * nobody: a few images at a time go through scratch memory, forward and backward, and only y and a byte
 * for each winner are kept.
 *
 *   forward     for each few images:  s = conv2d(x, w) + b    y, winners = max_pool2d(max(0, s))
 *   backward    for each few images:  ds = g at the winners, where y > 0
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
#include "ops/kernels/conv2d_nhwc.h"
#include "ops/kernels/pool2d_nhwc.h"
#include "ops/layout.h"
#include "ops/max_pool2d.h"
#include "ops/relu.h"
#include "ops/window.h"

typedef struct {
    gra__conv2d_args conv;
    gra__max_pool2d_args pool;
} pooled_args;

typedef struct {
    pooled_args of;
    bool input, weight, bias; /* which gradients are wanted */
} backward_args;

/* The work on a few images. */
typedef struct {
    gra__conv2d_shape conv;
    gra__pool2d_shape pool;
    int64_t x_floats, sum_floats, y_floats; /* of an image: x, the convolution's result, y */
    int64_t images, at_once;
} plan;

/* As many images as make 16 MB of sums, which fills the cores of any machine. */
static int64_t images_at_once(int64_t images, int64_t floats)
{
    enum { ENOUGH = 4 << 20 };
    const int64_t most = floats < ENOUGH ? ENOUGH / floats : 1;
    const int64_t pieces = (images + most - 1) / most;
    return pieces ? (images + pieces - 1) / pieces : 1;
}

static plan plan_of(gra_shape x, gra_shape w, gra_shape sums, gra_shape y, const pooled_args *a)
{
    plan p = {
        .conv = gra__conv2d_kernel_shape(x, w, sums, &a->conv),
        .pool = gra__max_pool2d_kernel_shape(sums, y, &a->pool),
        .x_floats = x.size[1] * x.size[2] * x.size[3],
        .sum_floats = sums.size[1] * sums.size[2] * sums.size[3],
        .y_floats = y.size[1] * y.size[2] * y.size[3],
        .images = x.size[0],
    };
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

/* ---- forward ---- */

static void run(const plan *all, const gra_tensor *x, gra_tensor *w, const gra_tensor *bias,
                bool relu, gra_tensor *y, gra_tensor *winners)
{
    const plan whole = piece_of(all, 0);
    gra__derived *const form = gra__conv2d_form(&whole.conv, w);
    const size_t sum_bytes = sizeof(float) * (size_t)(all->at_once * all->sum_floats);
    const size_t bytes = gra__conv2d_form_workspace(&whole.conv, form);
    float *const sums = gra__alloc_data(sum_bytes);
    void *const workspace = sums ? gra__alloc_data(bytes) : NULL;
    for (int64_t i = 0; i < all->images && workspace; i += all->at_once) {
        const plan p = piece_of(all, i);
        gra__conv2d_form_run(&p.conv, (const float *)gra__ptr(x) + i * p.x_floats, gra__ptr(w),
                             form, bias ? gra__ptr(bias) : NULL, relu, sums, workspace);
        gra__max_pool2d_nhwc_forward_f32(&p.pool, p.conv.k, sums,
                                         (float *)gra__ptr(y) + i * p.y_floats,
                                         (uint8_t *)gra__ptr(winners) + i * p.y_floats);
    }
    gra__dealloc(workspace, bytes);
    gra__dealloc(sums, sum_bytes);
    gra__derived_release(form);
}

static void pooled_forward(gra_call *c)
{
    const pooled_args *const a = c->args;
    gra_tensor *const bias = c->n_in > 2 ? c->in[2] : NULL;
    gra_shape sums, shape;
    if (!gra__conv2d_output(c->in[0], c->in[1], bias, &a->conv, &sums) ||
        !gra__max_pool2d_output(sums, &a->pool, &shape))
        return;
    gra_tensor *const x = gra__channels_last(c->in[0]), *const w =
                                                            gra__packed(c->in[1], GRA_FLOAT32);
    gra_tensor *const b = bias ? gra__packed(bias, GRA_FLOAT32) : NULL;
    gra_tensor *const y = gra__empty_channels_last("conv2d", shape, GRA_FLOAT32);
    gra_tensor *const winners = gra__empty_channels_last("conv2d", shape, GRA_UINT8);
    if (!x || !w || (bias && !b) || !y || !winners)
        return;
    const plan p = plan_of(x->shape, w->shape, sums, shape, a);
    run(&p, x, w, b, a->conv.relu, y, winners);
    if (gra_error())
        return;
    c->out[0] = y;
    c->saved[0] = winners;
    c->saves = GRA_IN(0) | GRA_IN(1) | (a->conv.relu ? GRA_OUT(0) : 0);
}

static double pooled_flops(const gra_call *c)
{
    gra_shape sums;
    const pooled_args *const a = c->args;
    return gra__conv2d_output(c->in[0], c->in[1], NULL, &a->conv, &sums)
               ? gra__conv2d_flops(sums, c->in[1]->shape)
               : 0;
}

/* ---- backward ---- */

/* Scratch for a few images; dw and db are summed over pieces, of which each but the first is made here. */
typedef struct {
    float *sums; /* gradients of the convolution's result */
    gra_tensor *dw, *db;
    size_t sum_bytes, bytes;
    void *workspace;
} scratch;

static bool scratch_new(const plan *all, const backward_args *a, gra_shape w, scratch *s)
{
    const plan whole = piece_of(all, 0);
    const size_t input = a->input ? gra__conv2d_nhwc_backward_input_workspace_f32(&whole.conv) : 0;
    const size_t weight = gra__conv2d_nhwc_backward_weight_workspace_f32(&whole.conv);
    *s = (scratch){.sum_bytes = sizeof(float) * (size_t)(all->at_once * all->sum_floats),
                   .bytes = input > weight ? input : weight};
    s->dw = gra__empty("conv2d", w, GRA_FLOAT32);
    s->db = gra__empty("conv2d", GRA_SHAPE(w.size[0]), GRA_FLOAT32);
    s->sums = gra__alloc_data(s->sum_bytes);
    s->workspace = s->sums ? gra__alloc_data(s->bytes) : NULL;
    return s->dw && s->db && s->workspace;
}

static void scratch_free(scratch *s)
{
    gra__dealloc(s->sums, s->sum_bytes);
    gra__dealloc(s->workspace, s->bytes);
}

/* The gradients of the images from `i` on. */
static void run_backward(const plan *all, int64_t i, gra_call *c, const scratch *s)
{
    const backward_args *const a = c->args;
    const plan p = piece_of(all, i);
    gra_tensor *const g = c->in[0], *const winners = c->in[1], *const x = c->in[2],
                      *const w = c->in[3];
    gra__max_pool2d_nhwc_backward_f32(&p.pool, p.conv.k,
                                      (const float *)gra__ptr(g) + i * p.y_floats,
                                      (const uint8_t *)gra__ptr(winners) + i * p.y_floats, s->sums);
    if (a->input)
        gra__conv2d_nhwc_backward_input_f32(&p.conv, s->sums, gra__ptr(w),
                                            (float *)gra__ptr(c->out[0]) + i * p.x_floats,
                                            s->workspace);
    if (!a->weight && !a->bias)
        return;
    gra__conv2d_nhwc_backward_weight_f32(
        &p.conv, s->sums, (const float *)gra__ptr(x) + i * p.x_floats,
        gra__ptr(i ? s->dw : c->out[1]), gra__ptr(i ? s->db : c->out[2]), s->workspace);
    if (i) {
        gra__add_scaled_into(c->out[1], 1, s->dw);
        gra__add_scaled_into(c->out[2], 1, s->db);
    }
}

static void backward_forward(gra_call *c)
{
    const backward_args *const a = c->args;
    gra_tensor *const g = gra__channels_last(c->in[0]), *const x = gra__channels_last(c->in[2]);
    gra_tensor *const w = gra__packed(c->in[3], GRA_FLOAT32);
    gra_shape sums;
    if (!g || !x || !w || !gra__conv2d_output(x, w, NULL, &a->of.conv, &sums))
        return;
    const plan p = plan_of(x->shape, w->shape, sums, g->shape, &a->of);
    scratch s;
    gra_tensor *const dx = a->input ? gra__empty_channels_last("conv2d", x->shape, GRA_FLOAT32)
                                    : gra__empty("conv2d", GRA_SHAPE(0), GRA_FLOAT32);
    gra_tensor *out[] = {dx, gra__empty("conv2d", w->shape, GRA_FLOAT32),
                         gra__empty("conv2d", GRA_SHAPE(w->shape.size[0]), GRA_FLOAT32)};
    gra_tensor *in[] = {g, c->in[1], x, w};
    gra_call ready = *c;
    ready.in = in;
    ready.out = out;
    const bool fine = scratch_new(&p, a, w->shape, &s) && out[0] && out[1] && out[2];
    for (int64_t i = 0; i < p.images && fine; i += p.at_once)
        run_backward(&p, i, &ready, &s);
    scratch_free(&s);
    for (int k = 0; k < 3 && fine; k++)
        c->out[k] = out[k];
}

static double backward_flops(const gra_call *c)
{
    gra_shape sums;
    const backward_args *const a = c->args;
    return gra__conv2d_output(c->in[2], c->in[3], NULL, &a->of.conv, &sums)
               ? (a->input + a->weight) * gra__conv2d_flops(sums, c->in[3]->shape)
               : 0;
}

const gra_op gra_op_conv2d_max_pool2d_backward = {
    .schema = "conv2d_max_pool2d_backward(Tensor g, Tensor winners, Tensor input, Tensor weight, "
              "int[2] stride, int[2] padding, int[2] dilation, int groups, bool relu, "
              "int[2] kernel_size, int[2] pool_stride, int[2] pool_padding, int[2] pool_dilation, "
              "bool ceil_mode, bool input_wanted, bool weight_wanted, bool bias_wanted) -> "
              "(Tensor, Tensor, Tensor)",
    .forward = backward_forward,
    .args_size = sizeof(backward_args),
    .flops = backward_flops,
};

/* By way of what lies between, which is made once more. */
static void recorded_vjp(gra_call *c, gra_tensor *g, gra_tensor **dx)
{
    const pooled_args *const a = c->args;
    gra_shape sums;
    if (!gra__conv2d_output(c->in[0], c->in[1], NULL, &a->conv, &sums))
        return;
    gra_tensor *const ds = gra__max_pool2d_backward(g, c->saved[0], sums, &a->pool);
    if (ds)
        gra__conv2d_gradients(c, ds, &a->conv, dx);
}

static void pooled_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    gra_tensor *const gy = c->out[0] ? gra__relu_backward(g[0], c->out[0]) : g[0];
    if (gra_grad_enabled()) {
        recorded_vjp(c, gy, dx);
        return;
    }
    const backward_args args = {*(const pooled_args *)c->args, c->needs[0], c->needs[1],
                                c->n_in > 2 && c->needs[2]};
    gra_tensor *out[3];
    if (!gy ||
        gra_apply_many(&gra_op_conv2d_max_pool2d_backward,
                       (gra_tensor *[]){gy, c->saved[0], c->in[0], c->in[1]}, 4, &args, out, 3))
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
    .saves = GRA_IN(0) | GRA_IN(1) | GRA_OUT(0), /* forward narrows it */
    .args_size = sizeof(pooled_args),
    .flops = pooled_flops,
};

/* Whether the kernels for channels-last float32 take both; what is wrong otherwise, the two ops say. */
static bool fits(const gra_conv2d_options *o, const gra_max_pool2d_options *p, pooled_args *a)
{
    gra_shape sums, y;
    if (!o->input || !o->weight || gra_error() || o->input->shape.count != 4 ||
        o->weight->shape.count != 4 || o->input->dtype != GRA_FLOAT32 ||
        o->weight->dtype != GRA_FLOAT32 || !gra__conv2d_args_of(o, &a->conv) ||
        !gra__max_pool2d_args_of(p, &a->pool) ||
        !gra__conv2d_output(o->input, o->weight, o->bias, &a->conv, &sums) ||
        !gra__max_pool2d_output(sums, &a->pool, &y))
        return false;
    const plan whole = plan_of(o->input->shape, o->weight->shape, sums, y, a);
    return gra__conv2d_is_channels_last(&whole.conv, o->input) &&
           gra__max_pool2d_nhwc_fits(&whole.pool);
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
