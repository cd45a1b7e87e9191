/* conv3d.c - 3-D convolution (cross-correlation) and its gradients, by way of the 2-D ones.
 *
 *   y[n,k,o,p,q] = b[k] + sum_{c,t,r,s} w[k,c,t,r,s] x[n, c, o stride + t dilation - padding, p .., q ..]
 *
 * The taps along the depth become channels: the T slices of x that output slice o reads, behind each other,
 * are one image of T C channels, and w is a 2-D filter for those.
 *
 *     x  [N, C, D, H, W]   ->  slices [N O, T C, H, W]      slice (n, o), channel (t, c): depth o stride + t dilation
 *     w  [K, C, T, R, S]   ->         [K, T C, R, S]
 *
 * So each of the three functions is conv2d's of the same name, with the slices gathered before or their
 * gradients added up behind it; a few images at a time, so that the slices, T times as large as x, take
 * little memory.  The number of images follows from the shape alone.  The derivatives are as in conv2d.c.
 */
#include <string.h>

#include "core/dry_run.h"
#include "core/error.h"
#include "core/threads.h"
#include "ops/conv2d_args.h"
#include "ops/conv2d_engine.h"
#include "ops/iterate.h"
#include "ops/layout.h"
#include "ops/ops.h"
#include "ops/window.h"

typedef struct {
    int64_t stride[3], padding[3], dilation[3]; /* depth, height, width */
    int64_t groups;
} conv_args;

typedef struct {
    gra_shape shape; /* of the result */
    conv_args conv;
} backward_args;

extern const gra_op gra_op_conv3d, gra_op_conv3d_backward_input, gra_op_conv3d_backward_weight;

static const char op_name[] = "conv3d";

/* ---- slices ---- */

typedef struct {
    gra_shape x, w, y; /* of the convolution, of five dims */
    const conv_args *args;
    gra__conv2d_args flat; /* of height and width */
    gra_dtype dtype;       /* that is computed in */
    int64_t at_once;       /* images */
} plan;

static plan plan_of(gra_shape x, gra_shape w, gra_shape y, const conv_args *a, gra_dtype dtype)
{
    enum { ENOUGH = 8 << 20 }; /* elements of slices: 32 MB */
    plan p = {x, w, y, a, {.groups = a->groups}, dtype == GRA_BFLOAT16 ? GRA_FLOAT32 : dtype, 1};
    for (int i = 0; i < 2; i++) {
        p.flat.stride[i] = a->stride[1 + i];
        p.flat.padding[i] = a->padding[1 + i];
        p.flat.dilation[i] = a->dilation[1 + i];
    }
    const int64_t image = y.size[2] * w.size[2] * x.size[1] * x.size[3] * x.size[4];
    if (image > 0 && image < ENOUGH)
        p.at_once = ENOUGH / image;
    return p;
}

/* The images from i on that are done together. */
static int64_t count_from(const plan *p, int64_t i)
{
    const int64_t left = p->x.size[0] - i;
    return left < p->at_once ? left : p->at_once;
}

/* Shapes of the 2-D convolution of n images. */
static gra_shape flat_x(const plan *p, int64_t n)
{
    return GRA_SHAPE(n * p->y.size[2], p->w.size[2] * p->x.size[1], p->x.size[3], p->x.size[4]);
}

static gra_shape flat_w(const plan *p)
{
    return GRA_SHAPE(p->w.size[0], p->w.size[2] * p->w.size[1], p->w.size[3], p->w.size[4]);
}

static gra_shape flat_y(const plan *p, int64_t n)
{
    return GRA_SHAPE(n * p->y.size[2], p->y.size[1], p->y.size[3], p->y.size[4]);
}

static gra__conv2d_shape flat_shape(const plan *p, int64_t n)
{
    return gra__conv2d_kernel_shape(flat_x(p, n), flat_w(p), flat_y(p, n), &p->flat);
}

typedef struct {
    const plan *p;
    char *x, *slices;
    bool adds; /* slices to x, instead of copying x to slices */
} slicing;

/* All channels of one slice (n, o), or of depth d of image n where slices are added up. */
static void copy_slice(const slicing *s, int64_t n, int64_t o)
{
    const plan *const p = s->p;
    const int64_t size = (int64_t)gra_dtype_size(p->dtype), taps = p->w.size[2];
    const int64_t plane = p->x.size[3] * p->x.size[4] * size, depth = p->x.size[2];
    const int64_t channels = p->x.size[1], in_group = p->w.size[1];
    char *to = s->slices + (n * p->y.size[2] + o) * taps * channels * plane;
    for (int64_t first = 0; first < channels; first += in_group)
        for (int64_t t = 0; t < taps; t++)
            for (int64_t c = first; c < first + in_group; c++, to += plane) {
                const int64_t d =
                    o * p->args->stride[0] + t * p->args->dilation[0] - p->args->padding[0];
                if (d < 0 || d >= depth)
                    memset(to, 0, (size_t)plane);
                else
                    memcpy(to, s->x + ((n * channels + c) * depth + d) * plane, (size_t)plane);
            }
}

/* All slices of channel c of image n, added to x in their order. */
static void add_channel(const slicing *s, int64_t n, int64_t c)
{
    const plan *const p = s->p;
    gra__add_scaled_loop *const add = gra__kernels_get()->elementwise->add_scaled[p->dtype];
    const int64_t size = (int64_t)gra_dtype_size(p->dtype), taps = p->w.size[2];
    const int64_t plane = p->x.size[3] * p->x.size[4], depth = p->x.size[2];
    const int64_t channels = p->x.size[1], in_group = p->w.size[1];
    char *const to = s->x + (n * channels + c) * depth * plane * size;
    for (int64_t o = 0; o < p->y.size[2]; o++)
        for (int64_t t = 0; t < taps; t++) {
            const int64_t d =
                o * p->args->stride[0] + t * p->args->dilation[0] - p->args->padding[0];
            const int64_t at = (c / in_group * taps + t) * in_group + c % in_group;
            const char *const from =
                s->slices + ((n * p->y.size[2] + o) * taps * channels + at) * plane * size;
            if (d >= 0 && d < depth)
                add((size_t)plane, to + d * plane * size, size, 1, from, size);
        }
}

static void run_units(const slicing *s, int64_t inner, int64_t first, int64_t last)
{
    for (int64_t unit = first; unit < last; unit++) {
        if (s->adds)
            add_channel(s, unit / inner, unit % inner);
        else
            copy_slice(s, unit / inner, unit % inner);
    }
}

static void run_slicing(const slicing *s, int64_t images)
{
    enum { WORK = 32768 }; /* elements that are worth a thread of their own */
    const plan *const p = s->p;
    const int64_t inner = s->adds ? p->x.size[1] : p->y.size[2], units = images * inner;
    const gra_shape flat = flat_x(p, images);
    const int64_t wanted = gra__numel(&flat) / WORK, most = wanted < units ? wanted : units;
    const int64_t threads = most < gra__threads() ? most : gra__threads();
    if (gra__dry_run())
        return;
    if (threads <= 1) {
        run_units(s, inner, 0, units);
        return;
    }
#pragma omp parallel for num_threads((int)threads) schedule(static)
    for (int64_t t = 0; t < threads; t++)
        run_units(s, inner, units * t / threads, units * (t + 1) / threads);
}

/* Where image i of a row-major x begins. */
static char *image(const plan *p, const gra_tensor *x, int64_t i)
{
    return (char *)gra__ptr(x) +
           i * gra__numel_between(&x->shape, 1, 5) * (int64_t)gra_dtype_size(p->dtype);
}

/* The slices of n images of a row-major x from i on. */
static gra_tensor *slices_of(const plan *p, const gra_tensor *x, int64_t i, int64_t n)
{
    gra_tensor *const slices = gra__empty(op_name, flat_x(p, n), p->dtype);
    if (slices)
        run_slicing(&(slicing){p, image(p, x, i), gra__ptr(slices), false}, n);
    return slices;
}

/* w [K, C, T, R, S] as [K, T C, R, S], and back. */
static gra_tensor *flat_weight(const plan *p, gra_tensor *w)
{
    const int64_t *const size = w->shape.size, *const step = w->stride;
    gra_tensor *const turned =
        gra__view(w, GRA_SHAPE(size[0], size[2], size[1], size[3], size[4]),
                  (const int64_t[]){step[0], step[2], step[1], step[3], step[4]}, w->offset);
    gra_tensor *const copy = turned ? gra__row_major_copy(turned, p->dtype) : NULL;
    return copy ? gra__reshaped(op_name, copy, flat_w(p)) : NULL;
}

static gra_tensor *deep_weight(const plan *p, gra_tensor *dw, gra_dtype dtype)
{
    const int64_t *const s = p->w.size, plane = s[3] * s[4];
    gra_tensor *const turned = gra__view(
        dw, p->w, (const int64_t[]){s[2] * s[1] * plane, plane, s[1] * plane, s[4], 1}, dw->offset);
    return turned ? gra__row_major_copy(turned, dtype) : NULL;
}

/* The images [i, i + n) of a row-major t [N, K, O, P, Q] as a view [n, O, K, P, Q]. */
static gra_tensor *by_slices(gra_tensor *t, int64_t i, int64_t n)
{
    const int64_t *const s = t->shape.size, *const step = t->stride;
    return gra__view(t, GRA_SHAPE(n, s[2], s[1], s[3], s[4]),
                     (const int64_t[]){step[0], step[2], step[1], step[3], step[4]},
                     t->offset + i * step[0]);
}

/* g's images as the 2-D convolution's result has them. */
static gra_tensor *flat_gradient(const plan *p, gra_tensor *g, int64_t i, int64_t n)
{
    gra_tensor *const view = by_slices(g, i, n);
    gra_tensor *const copy = view ? gra__row_major_copy(view, p->dtype) : NULL;
    return copy ? gra__reshaped(op_name, copy, flat_y(p, n)) : NULL;
}

/* ---- the convolution ---- */

static bool output_of(const gra_tensor *x, const gra_tensor *w, const conv_args *a, gra_shape *y)
{
    gra__window window[3];
    int64_t out[3];
    for (int i = 0; i < 3; i++)
        window[i] =
            (gra__window){w->shape.size[2 + i], a->stride[i], a->padding[i], a->dilation[i]};
    if (!gra__windows_output(op_name, x->shape, window, 3, false, out))
        return false;
    *y = GRA_SHAPE(x->shape.size[0], w->shape.size[0], out[0], out[1], out[2]);
    return true;
}

static bool run_forward(const plan *p, gra_tensor *x, gra_tensor *w, gra_tensor *bias,
                        gra_tensor *y, int64_t i)
{
    const int64_t n = count_from(p, i);
    const gra__conv2d_shape s = flat_shape(p, n);
    gra_tensor *const slices = slices_of(p, x, i, n);
    gra_tensor *const flat =
        slices ? gra__conv2d_run(GRA__FORWARD, &s, flat_y(p, n), slices, w, bias, false) : NULL;
    gra_tensor *const to = flat ? by_slices(y, i, n) : NULL;
    gra_tensor *const from = to ? gra__reshaped(op_name, flat, to->shape) : NULL;
    return from && gra__copy_into(op_name, to, from);
}

static void conv_forward(gra_call *c)
{
    const conv_args *const a = c->args;
    gra_tensor *const bias = c->n_in > 2 ? c->in[2] : NULL;
    gra_shape shape;
    if (!gra__conv_agrees(op_name, c->in[0], c->in[1], bias, 3, a->groups) ||
        !output_of(c->in[0], c->in[1], a, &shape))
        return;
    const plan p = plan_of(c->in[0]->shape, c->in[1]->shape, shape, a, c->in[0]->dtype);
    gra_tensor *const x = gra__packed(c->in[0], p.dtype);
    gra_tensor *const w = x ? flat_weight(&p, c->in[1]) : NULL;
    gra_tensor *const b = bias && w ? gra__packed(bias, p.dtype) : NULL;
    gra_tensor *const y = w ? gra__empty(op_name, shape, p.dtype) : NULL;
    bool fine = y && (!bias || b);
    for (int64_t i = 0; i < p.x.size[0] && fine; i += p.at_once) {
        const int mark = gra_mark();
        fine = run_forward(&p, x, w, b, y, i);
        gra_release(mark);
    }
    c->out[0] = fine ? gra__converted(y, c->in[0]->dtype) : NULL;
    c->saves = (c->needs[0] ? GRA_IN(1) : 0) | (c->needs[1] ? GRA_IN(0) : 0) | GRA_SAVE_NOTHING;
}

static gra_tensor *apply_conv(gra_tensor *x, gra_tensor *w, gra_tensor *bias, const conv_args *a)
{
    return gra_apply(&gra_op_conv3d, (gra_tensor *[]){x, w, bias}, bias ? 3 : 2, a);
}

static gra_tensor *backward_input(gra_tensor *g, gra_tensor *w, gra_shape shape, const conv_args *a)
{
    return gra_apply(&gra_op_conv3d_backward_input, (gra_tensor *[]){g, w}, 2,
                     &(backward_args){shape, *a});
}

static gra_tensor *backward_weight(gra_tensor *g, gra_tensor *x, gra_shape shape,
                                   const conv_args *a)
{
    return gra_apply(&gra_op_conv3d_backward_weight, (gra_tensor *[]){g, x}, 2,
                     &(backward_args){shape, *a});
}

static void conv_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    const gra_shape *const y = &g[0]->shape;
    if (c->needs[0])
        dx[0] = backward_input(g[0], c->in[1], gra_call_shape(c, 0), c->args);
    if (c->needs[1])
        dx[1] = backward_weight(g[0], c->in[0], gra_call_shape(c, 1), c->args);
    if (c->n_in > 2 && c->needs[2])
        dx[2] = gra__conv2d_backward_bias(gra_reshape(
            g[0], GRA_SHAPE(y->size[0], y->size[1], y->size[2] * y->size[3], y->size[4])));
}

/* ---- the gradient of the input ---- */

static bool run_input(const plan *p, gra_tensor *g, gra_tensor *w, gra_tensor *dx, int64_t i)
{
    const int64_t n = count_from(p, i);
    const gra__conv2d_shape s = flat_shape(p, n);
    gra_tensor *const flat = flat_gradient(p, g, i, n);
    gra_tensor *const sums =
        flat ? gra__conv2d_run(GRA__BACKWARD_INPUT, &s, flat_x(p, n), flat, w, NULL, false) : NULL;
    gra_tensor *const slices = sums ? gra__packed(sums, p->dtype) : NULL;
    if (slices)
        run_slicing(&(slicing){p, image(p, dx, i), gra__ptr(slices), true}, n);
    return slices != NULL;
}

static bool gradient_fits(const gra_call *c, gra_shape x, gra_shape w)
{
    const conv_args *const a = &((const backward_args *)c->args)->conv;
    return gra__conv_gradient_fits(gra_op_name(c->op), c->in[0], c->in[1], x, w, a->stride,
                                   a->padding, a->dilation, 3, a->groups);
}

static void backward_input_forward(gra_call *c)
{
    const backward_args *const a = c->args;
    if (!gradient_fits(c, a->shape, c->in[1]->shape))
        return;
    const plan p = plan_of(a->shape, c->in[1]->shape, c->in[0]->shape, &a->conv, c->in[0]->dtype);
    gra_tensor *const g = gra__packed(c->in[0], p.dtype);
    gra_tensor *const w = g ? flat_weight(&p, c->in[1]) : NULL;
    gra_tensor *const dx = w ? gra__zeros(op_name, a->shape, p.dtype) : NULL;
    bool fine = dx != NULL;
    for (int64_t i = 0; i < p.x.size[0] && fine; i += p.at_once) {
        const int mark = gra_mark();
        fine = run_input(&p, g, w, dx, i);
        gra_release(mark);
    }
    c->out[0] = fine ? gra__converted(dx, c->in[0]->dtype) : NULL;
}

static void backward_input_vjp(gra_call *c, gra_tensor **u, gra_tensor **dx)
{
    const backward_args *const a = c->args;
    if (c->needs[0])
        dx[0] = apply_conv(u[0], c->in[1], NULL, &a->conv);
    if (c->needs[1])
        dx[1] = backward_weight(c->in[0], u[0], gra_call_shape(c, 1), &a->conv);
}

/* ---- the gradient of the weight ---- */

static bool run_weight(const plan *p, gra_tensor *g, gra_tensor *x, gra_tensor *dw, int64_t i)
{
    const int64_t n = count_from(p, i);
    const gra__conv2d_shape s = flat_shape(p, n);
    gra_tensor *const flat = flat_gradient(p, g, i, n);
    gra_tensor *const slices = flat ? slices_of(p, x, i, n) : NULL;
    gra_tensor *const part =
        slices ? gra__conv2d_run(GRA__BACKWARD_WEIGHT, &s, flat_w(p), flat, slices, NULL, false)
               : NULL;
    if (part)
        gra__add_scaled_into(dw, 1, part);
    return part != NULL;
}

static void backward_weight_forward(gra_call *c)
{
    const backward_args *const a = c->args;
    if (!gradient_fits(c, c->in[1]->shape, a->shape))
        return;
    const plan p = plan_of(c->in[1]->shape, a->shape, c->in[0]->shape, &a->conv, c->in[0]->dtype);
    gra_tensor *const g = gra__packed(c->in[0], p.dtype);
    gra_tensor *const x = g ? gra__packed(c->in[1], p.dtype) : NULL;
    gra_tensor *const dw = x ? gra__zeros(op_name, flat_w(&p), p.dtype) : NULL;
    bool fine = dw != NULL;
    for (int64_t i = 0; i < p.x.size[0] && fine; i += p.at_once) {
        const int mark = gra_mark();
        fine = run_weight(&p, g, x, dw, i);
        gra_release(mark);
    }
    c->out[0] = fine ? deep_weight(&p, dw, c->in[0]->dtype) : NULL;
}

static void backward_weight_vjp(gra_call *c, gra_tensor **u, gra_tensor **dx)
{
    const backward_args *const a = c->args;
    if (c->needs[0])
        dx[0] = apply_conv(c->in[1], u[0], NULL, &a->conv);
    if (c->needs[1])
        dx[1] = backward_input(c->in[0], u[0], gra_call_shape(c, 1), &a->conv);
}

/* ---- the ops ---- */

static double flops_of(gra_shape y, gra_shape w)
{
    return 2 * (double)gra__numel(&y) * (double)gra__numel_between(&w, 1, 5);
}

static double conv_flops(const gra_call *c)
{
    return flops_of(c->out[0]->shape, c->in[1]->shape);
}

static double backward_input_flops(const gra_call *c)
{
    return flops_of(c->in[0]->shape, c->in[1]->shape);
}

static double backward_weight_flops(const gra_call *c)
{
    return flops_of(c->in[0]->shape, c->out[0]->shape);
}

const gra_op gra_op_conv3d = {
    .schema = "conv3d(Tensor input, Tensor weight, Tensor? bias=None, int[3] stride=1, "
              "int[3] padding=0, int[3] dilation=1, int groups=1) -> Tensor",
    .forward = conv_forward,
    .vjp = conv_vjp,
    .curvature = GRA_CURVATURE_PRODUCTS,
    .saves = GRA_IN(0) | GRA_IN(1), /* forward narrows it */
    .args_size = sizeof(conv_args),
    .flops = conv_flops,
};

const gra_op gra_op_conv3d_backward_input = {
    .schema = "conv3d_backward_input(Tensor g, Tensor weight, int[] shape, int[3] stride, "
              "int[3] padding, int[3] dilation, int groups) -> Tensor",
    .forward = backward_input_forward,
    .vjp = backward_input_vjp,
    .args_size = sizeof(backward_args),
    .flops = backward_input_flops,
};

const gra_op gra_op_conv3d_backward_weight = {
    .schema = "conv3d_backward_weight(Tensor g, Tensor input, int[] shape, int[3] stride, "
              "int[3] padding, int[3] dilation, int groups) -> Tensor",
    .forward = backward_weight_forward,
    .vjp = backward_weight_vjp,
    .args_size = sizeof(backward_args),
    .flops = backward_weight_flops,
};

gra_conv3d_options gra_conv3d_defaults(void)
{
    return (gra_conv3d_options){.stride = 1, .dilation = 1, .groups = 1};
}

/* The arguments; a padding of GRA_SAME gives the input further zeros behind where it needs them. */
static bool args_of(gra_conv3d_options *o, conv_args *a)
{
    const bool same = o->padding == GRA_SAME;
    if (same)
        o->padding = 0;
    a->groups = o->groups;
    if (!gra__triple(op_name, "stride", o->stride, 1, o->stride_dhw, 1, a->stride) ||
        !gra__triple(op_name, "padding", o->padding, 0, o->padding_dhw, 0, a->padding) ||
        !gra__triple(op_name, "dilation", o->dilation, 1, o->dilation_dhw, 1, a->dilation))
        return false;
    if (!same || o->weight->shape.count != 5)
        return true;
    gra_dims more = GRA_PADS(0, 0, 0, 0, 0, 0);
    bool pads = false;
    for (int i = 0; i < 3; i++) {
        int64_t ends[2];
        if (a->stride[i] != 1) {
            gra_fail("%s: padding GRA_SAME needs stride 1; it is (%lld, %lld, %lld)", op_name,
                     (long long)a->stride[0], (long long)a->stride[1], (long long)a->stride[2]);
            return false;
        }
        gra__same_padding(o->weight->shape.size[2 + i], a->dilation[i], ends);
        a->padding[i] = ends[0];
        more.dim[2 * (2 - i) + 1] = ends[1] - ends[0];
        pads |= ends[1] != ends[0];
    }
    o->input = pads ? gra_pad(o->input, more) : o->input;
    return o->input != NULL;
}

gra_tensor *gra_conv3d_with(gra_conv3d_options o)
{
    conv_args a = {{0}, {0}, {0}, o.groups};
    if (!o.input || !o.weight || gra_error())
        return apply_conv(o.input, o.weight, o.bias, &a);
    gra_tensor *const batch = gra__as_batch_of(op_name, o.input, 3);
    const gra_tensor *const x = o.input;
    o.input = batch;
    if (!batch || !args_of(&o, &a))
        return NULL;
    return gra__without_batch(apply_conv(o.input, o.weight, o.bias, &a), x, batch);
}
