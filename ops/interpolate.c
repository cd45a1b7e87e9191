/* interpolate.c - images of another size.
 *
 *   nearest        y[p] = x[floor(p s)]                       s = in / out, or 1 / scale_factor where that is given
 *   nearest-exact  y[p] = x[floor((p + 1/2) s)]
 *   linear, bilinear, trilinear
 *                  y[p] = (1 - t) x[i] + t x[i + 1]           i + t = (p + 1/2) s - 1/2, at least 0,
 *                                                             or p (in - 1) / (out - 1) with align_corners
 *   bicubic        y[p] = sum_{k=-1..2} c_k(t) x[i + k]       c: Keys' cubic convolution with a = -3/4
 *
 * for each of the dims behind the channels in turn; indices outside of x are those of its edge.  All of them
 * are linear in x: the gradient op adds each g to where it came from, and has interpolate as its derivative.
 * Channels-last images give a result that lies channels-last.
 *
 * Robert Keys, Cubic convolution interpolation for digital image processing, 1981.
 */
#include "ops/interpolate.h"

#include <math.h>
#include <string.h>

#include "core/alloc_cache.h"
#include "core/dry_run.h"
#include "core/error.h"
#include "ops/index_map.h"
#include "ops/iterate.h"
#include "ops/kernels/resample.h"
#include "ops/layout.h"
#include "ops/ops.h"
#include "ops/window.h"

enum { MOST = 3 }; /* dims behind the channels */

typedef struct {
    const char *name;
    int taps;        /* of a dim; 1: a copy */
    int least, most; /* dims of the input */
} mode;

static const mode modes[] = {
    {"nearest", 1, 3, 5},  {"nearest-exact", 1, 3, 5}, {"linear", 2, 3, 3},
    {"bilinear", 2, 4, 4}, {"trilinear", 2, 5, 5},     {"bicubic", 4, 4, 4},
};

typedef struct {
    gra_shape size; /* of the dims behind the channels */
    const char *mode;
    bool align_corners;
    double scale[MOST]; /* given factors of depth, height, width; 0: out / in */
} interpolate_args;

typedef struct {
    gra_shape shape; /* of the result: interpolate's input */
    const char *mode;
    bool align_corners;
    double scale[MOST];
} backward_args;

/* ---- checks ---- */

static const mode *mode_of(const char *op, const char *name)
{
    for (size_t i = 0; name && i < sizeof modes / sizeof modes[0]; i++)
        if (strcmp(name, modes[i].name) == 0)
            return &modes[i];
    return gra_fail("%s: mode %s%s%s is unknown; \"nearest\", \"nearest-exact\", \"linear\", "
                    "\"bilinear\", \"bicubic\" and \"trilinear\" are there",
                    op, name ? "\"" : "", name ? name : "NULL", name ? "\"" : "");
}

const char *gra__interpolate_mode(const char *op, const char *name)
{
    const mode *const m = mode_of(op, name);
    return m ? m->name : NULL;
}

/* The shape of the result for an input; false with an error. */
static bool output_of(const gra_tensor *x, const interpolate_args *a, const mode *m, gra_shape *y)
{
    static const char op[] = "interpolate";
    char text[GRA_SHAPE_TEXT];
    const int dims = x->shape.count - 2;
    if (x->shape.count < m->least || x->shape.count > m->most) {
        gra_fail("%s: mode \"%s\" takes inputs of %d%s dims; this one has shape %s", op, m->name,
                 m->least, m->least < m->most ? " to 5" : "", gra_shape_text(x->shape, text));
        return false;
    }
    if (m->taps > 1 && !gra_dtype_is_floating(x->dtype))
        gra_fail("%s: dtype %s is not supported in mode \"%s\"; gra_to(x, GRA_FLOAT32) converts",
                 op, gra_dtype_name(x->dtype), m->name);
    else if (m->taps == 1 && a->align_corners)
        gra_fail("%s: align_corners has no meaning in mode \"%s\"; leave it out", op, m->name);
    else if (a->size.count != dims)
        gra_fail("%s: size has %d numbers; an input of shape %s needs %d", op, a->size.count,
                 gra_shape_text(x->shape, text), dims);
    *y = x->shape;
    for (int d = 0; d < dims && !gra_error(); d++) {
        y->size[2 + d] = a->size.size[d];
        if (a->size.size[d] < 1 || a->size.size[d] > INT32_MAX || x->shape.size[2 + d] < 1)
            gra_fail("%s: a %s of %lld cannot become %lld; at least 1 is needed on both sides", op,
                     gra__extent_name(d, dims), (long long)x->shape.size[2 + d],
                     (long long)a->size.size[d]);
    }
    return !gra_error();
}

/* The scale that was given for dim d of those behind the channels, or 0. */
static double given_scale(const double scale[MOST], int dims, int d)
{
    return scale[MOST - dims + d];
}

static double step_of(int64_t in, int64_t out, double scale)
{
    return scale > 0 ? 1 / scale : (double)in / (double)out;
}

/* ---- copies of the nearest ---- */

/* The arithmetic is PyTorch's, which rounds to float32 before it takes the floor: other numbers than these
 * would fall to the pixel beside. */
static int64_t nearest(double step, bool exact, gra_dtype dtype, int64_t p, int64_t in)
{
    const double s = dtype == GRA_FLOAT64 ? step : (double)(float)step;
    const int64_t i = (int64_t)floorf((float)(((double)p + (exact ? 0.5 : 0)) * s));
    return i < in ? i : in - 1;
}

static bool nearest_map(gra__index_map *map, gra_shape x, gra_shape y, bool exact, gra_dtype dtype,
                        const double scale[MOST])
{
    bool mapped[GRA_MAX_DIMS] = {false};
    for (int d = 2; d < x.count; d++)
        mapped[d] = true;
    if (!gra__index_map_init(map, x, y, mapped))
        return false;
    for (int d = 2; d < x.count; d++) {
        const double step = step_of(x.size[d], y.size[d], given_scale(scale, x.count - 2, d - 2));
        for (int64_t p = 0; p < y.size[d]; p++)
            map->index[d][p] = nearest(step, exact, dtype, p, x.size[d]);
    }
    return true;
}

/* ---- weighted sums ---- */

/* The weights of the pixels -1, 0, 1 and 2 from one that lies t before the result. */
static void cubic_weights(double t, double weight[4])
{
    const double a = -0.75;
    for (int k = 0; k < 4; k++) {
        const double d = fabs(t - (k - 1));
        weight[k] = d <= 1 ? ((a + 2) * d - (a + 3)) * d * d + 1
                           : ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
    }
}

/* Where result p has its taps, and their weights. */
static void taps_of(int taps, int64_t in, double at, int64_t index[4], double weight[4])
{
    const double from = taps == 2 && at < 0 ? 0 : at;
    int64_t i = (int64_t)floor(from);
    i = taps == 2 && i > in - 1 ? in - 1 : i;
    const double t = from - (double)i;
    if (taps == 4) {
        cubic_weights(t, weight);
    } else {
        weight[0] = 1 - t;
        weight[1] = t;
    }
    for (int k = 0; k < taps; k++) {
        const int64_t j = taps == 4 ? i + k - 1 : i + k;
        index[k] = j < 0 ? 0 : j > in - 1 ? in - 1 : j;
    }
}

/* The taps of all dims, in one block. */
typedef struct {
    gra__resample_axis axis[MOST];
    size_t bytes;
    void *block;
} axes;

/* For images of a dtype, computed in another. */
static void fill_axis(gra__resample_axis *axis, const mode *m, gra_dtype of, gra_dtype dtype,
                      bool align_corners, double scale, int32_t *index, void *weight)
{
    const double step = step_of(axis->in, axis->out, scale);
    const double corners = axis->out > 1 ? (double)(axis->in - 1) / (double)(axis->out - 1) : 0;
    for (int64_t p = 0; p < axis->out; p++) {
        const double at = align_corners ? corners * (double)p : ((double)p + 0.5) * step - 0.5;
        int64_t i[GRA_MAX_TAPS] = {nearest(step, m == &modes[1], of, p, axis->in)};
        double w[GRA_MAX_TAPS] = {1};
        if (m->taps > 1)
            taps_of(m->taps, axis->in, at, i, w);
        for (int k = 0; k < m->taps; k++) {
            index[k * axis->out + p] = (int32_t)i[k];
            if (dtype == GRA_FLOAT64)
                ((double *)weight)[k * axis->out + p] = w[k];
            else
                ((float *)weight)[k * axis->out + p] = (float)w[k];
        }
    }
}

/* From a shape to another; false with an error where memory is short. */
static bool axes_init(axes *a, gra_shape x, gra_shape y, const mode *m, gra_dtype of,
                      bool align_corners, const double scale[MOST])
{
    const int dims = x.count - 2;
    const gra_dtype dtype = of == GRA_BFLOAT16 ? GRA_FLOAT32 : of;
    *a = (axes){.bytes = 1};
    for (int d = 0; d < dims; d++)
        a->bytes += (size_t)(m->taps * y.size[2 + d]) * (sizeof(double) + sizeof(int32_t));
    char *next = a->block = gra__alloc(a->bytes);
    for (int d = 0; d < dims && next; d++) {
        const int64_t count = m->taps * y.size[2 + d];
        void *const weight = next;
        next += (size_t)count * sizeof(double);
        a->axis[d] = (gra__resample_axis){x.size[2 + d], y.size[2 + d], m->taps, NULL, weight};
    }
    for (int d = 0; d < dims && next; d++) {
        int32_t *const index = (int32_t *)(void *)next;
        a->axis[d].index = index;
        fill_axis(&a->axis[d], m, of, dtype, align_corners, given_scale(scale, dims, d), index,
                  (void *)(uintptr_t)a->axis[d].weight);
        next += (size_t)(m->taps * y.size[2 + d]) * sizeof(int32_t);
    }
    return a->block != NULL;
}

/* A dim of one number, which stays. */
static gra__resample_axis still_axis(gra_dtype dtype)
{
    static const int32_t index[] = {0};
    static const float one_f32[] = {1};
    static const double one_f64[] = {1};
    const void *const one = dtype == GRA_FLOAT64 ? (const void *)one_f64 : one_f32;
    return (gra__resample_axis){1, 1, 1, index, one};
}

/* One pass over rows and columns, or its adjoint, between memory of one dtype; false with an error. */
static bool run(const gra__resample_shape *s, gra_dtype dtype, bool adjoint, const void *from,
                void *to)
{
    const size_t bytes = gra__resample_workspace(s, gra_dtype_size(dtype));
    void *const workspace = gra__alloc_data(bytes);
    if (!workspace)
        return false;
    if (dtype == GRA_FLOAT64 && adjoint)
        gra__resample_backward_f64(s, from, to, workspace);
    else if (dtype == GRA_FLOAT64)
        gra__resample_f64(s, from, to, workspace);
    else if (adjoint)
        gra__resample_backward_f32(s, from, to, workspace);
    else
        gra__resample_f32(s, from, to, workspace);
    gra__dealloc(workspace, bytes);
    return true;
}

/* Height and width (or the width alone) of all planes of x. */
static gra__resample_shape planes(const axes *a, gra_shape x, bool channels_last, gra_dtype dtype)
{
    const int dims = x.count - 2;
    const int64_t channels = gra__numel_between(&x, 1, x.count - (dims > 1 ? 2 : 1));
    return (gra__resample_shape){
        .outer = channels_last ? x.size[0] : x.size[0] * channels,
        .inner = channels_last ? channels : 1,
        .h = dims > 1 ? a->axis[dims - 2] : still_axis(dtype),
        .w = a->axis[dims - 1],
    };
}

/* The depth of x [N, C, D, ..], whose planes have the size of y's. */
static gra__resample_shape depths(const axes *a, gra_shape y, gra_dtype dtype)
{
    return (gra__resample_shape){
        .outer = y.size[0] * y.size[1],
        .inner = y.size[3] * y.size[4],
        .h = a->axis[0],
        .w = still_axis(dtype),
    };
}

/* With a depth there are two passes, by way of what lies between: x's depth, y's height and width. */
static bool run_all(const axes *a, gra_shape x, gra_shape y, bool channels_last, bool adjoint,
                    gra_tensor *from, gra_tensor *to)
{
    const gra__resample_shape flat = planes(a, x, channels_last, from->dtype);
    if (x.count < 5)
        return run(&flat, from->dtype, adjoint, gra__ptr(from), gra__ptr(to));
    const gra__resample_shape deep = depths(a, y, from->dtype);
    gra_shape between = y;
    between.size[2] = x.size[2];
    gra_tensor *const middle = gra__empty("interpolate", between, from->dtype);
    return middle &&
           run(adjoint ? &deep : &flat, from->dtype, adjoint, gra__ptr(from), gra__ptr(middle)) &&
           run(adjoint ? &flat : &deep, from->dtype, adjoint, gra__ptr(middle), gra__ptr(to));
}

/* y from x, or with adjoint dx (of x's shape) from g (of y's). */
static gra_tensor *weighted(gra_tensor *in, gra_shape x, gra_shape y, const mode *m,
                            bool align_corners, const double scale[MOST], bool adjoint)
{
    const gra_dtype dtype = in->dtype == GRA_BFLOAT16 ? GRA_FLOAT32 : in->dtype;
    const bool channels_last = gra__prefers_channels_last(in);
    gra_tensor *const from = channels_last ? gra__converted(in, dtype) : gra__packed(in, dtype);
    gra_tensor *const to =
        from ? gra__empty_in_layout("interpolate", adjoint ? x : y, dtype, from) : NULL;
    axes a;
    if (!to || !axes_init(&a, x, y, m, in->dtype, align_corners, scale))
        return NULL;
    const bool fine = run_all(&a, x, y, channels_last, adjoint, from, to);
    gra__dealloc(a.block, a.bytes);
    return fine ? gra__converted(to, in->dtype) : NULL;
}

/* ---- the ops ---- */

static void interpolate_forward(gra_call *c)
{
    const interpolate_args *const a = c->args;
    gra_tensor *const x = c->in[0];
    const mode *const m = mode_of("interpolate", a->mode);
    gra_shape shape;
    gra__index_map map;
    if (!m || !output_of(x, a, m, &shape))
        return;
    if (m->taps > 1) {
        c->out[0] = weighted(x, x->shape, shape, m, a->align_corners, a->scale, false);
        return;
    }
    if (!nearest_map(&map, x->shape, shape, m == &modes[1], x->dtype, a->scale))
        return;
    c->out[0] = gra__index_map_pick("interpolate", &map, x, 0);
    gra__index_map_free(&map);
}

static bool gradient_fits(const gra_tensor *g, const backward_args *a, const mode *m)
{
    char text[GRA_SHAPE_TEXT], other[GRA_SHAPE_TEXT];
    const gra_shape *const x = &a->shape, *const y = &g->shape;
    bool fits = x->count >= m->least && x->count <= m->most && y->count == x->count &&
                y->size[0] == x->size[0] && y->size[1] == x->size[1] &&
                gra_dtype_is_floating(g->dtype);
    for (int d = 2; fits && d < x->count; d++)
        fits = x->size[d] > 0 && y->size[d] > 0;
    if (!fits)
        gra_fail("interpolate_backward: g is %s of shape %s, which mode \"%s\" does not make of "
                 "shape %s",
                 gra_dtype_name(g->dtype), gra_shape_text(*y, text), m->name,
                 gra_shape_text(*x, other));
    return fits;
}

static void backward_forward(gra_call *c)
{
    const backward_args *const a = c->args;
    gra_tensor *const g = c->in[0];
    const mode *const m = mode_of("interpolate_backward", a->mode);
    if (m && gradient_fits(g, a, m))
        c->out[0] = weighted(g, a->shape, g->shape, m, a->align_corners, a->scale, true);
}

extern const gra_op gra_op_interpolate;

static void backward_vjp(gra_call *c, gra_tensor **u, gra_tensor **dx)
{
    const backward_args *const a = c->args;
    const gra_shape g = gra_call_shape(c, 0);
    interpolate_args back = {gra_shape_of(g.size + 2, g.count - 2), a->mode, a->align_corners, {0}};
    memcpy(back.scale, a->scale, sizeof back.scale);
    dx[0] = gra_apply(&gra_op_interpolate, u, 1, &back);
}

const gra_op gra_op_interpolate_backward = {
    .schema = "interpolate_backward(Tensor g, int[] shape, str mode, bool align_corners, "
              "float scale_d=0, float scale_h=0, float scale_w=0) -> Tensor",
    .forward = backward_forward,
    .vjp = backward_vjp,
    .saves = GRA_SAVE_NOTHING,
    .args_size = sizeof(backward_args),
};

static void interpolate_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    const interpolate_args *const a = c->args;
    backward_args back = {gra_call_shape(c, 0), a->mode, a->align_corners, {0}};
    memcpy(back.scale, a->scale, sizeof back.scale);
    dx[0] = gra_apply(&gra_op_interpolate_backward, g, 1, &back);
}

const gra_op gra_op_interpolate = {
    .schema = "interpolate(Tensor input, int[] size, str mode='nearest', bool align_corners=False, "
              "float scale_d=0, float scale_h=0, float scale_w=0) -> Tensor",
    .forward = interpolate_forward,
    .vjp = interpolate_vjp,
    .saves = GRA_SAVE_NOTHING,
    .args_size = sizeof(interpolate_args),
};

gra_interpolate_options gra_interpolate_defaults(void)
{
    return (gra_interpolate_options){.size = gra_shape_of(NULL, 0), .mode = modes[0].name};
}

/* Sizes and scales for the dims of x behind the channels; false with an error. */
static bool sizes_of(const gra_interpolate_options *o, int dims, interpolate_args *a)
{
    const double *const each = o->scale_factor_dhw;
    const bool several = each[0] != 0 || each[1] != 0 || each[2] != 0;
    const bool scaled = several || o->scale_factor != 0;
    if (scaled == (o->size.count > 0) || (several && o->scale_factor != 0)) {
        gra_fail("interpolate: one of .size, .scale_factor and .scale_factor_dhw is needed, no "
                 "more");
        return false;
    }
    a->size = o->size;
    for (int d = 0; d < dims; d++) {
        double *const scale = &a->scale[MOST - dims + d];
        if (o->size.count == 1)
            a->size.size[d] = o->size.size[0];
        *scale = several ? each[MOST - dims + d] : o->scale_factor;
        if (!scaled)
            continue;
        const double size = floor((double)o->input->shape.size[2 + d] * *scale);
        if (!(*scale > 0) || size > INT32_MAX) {
            gra_fail("interpolate: scale_factor %g is out of range for a %s of %lld", *scale,
                     gra__extent_name(d, dims), (long long)o->input->shape.size[2 + d]);
            return false;
        }
        a->size.size[d] = (int64_t)size;
    }
    if (scaled || o->size.count == 1)
        a->size.count = dims;
    return true;
}

gra_tensor *gra_interpolate_with(gra_interpolate_options o)
{
    interpolate_args args = {gra_shape_of(NULL, 0), modes[0].name, o.align_corners, {0}};
    if (!o.input || gra_error())
        return gra_apply(&gra_op_interpolate, &o.input, 1, &args);
    const mode *const m = mode_of("interpolate", o.mode);
    const int dims = o.input->shape.count - 2;
    if (!m || (dims >= 1 && dims <= MOST && !sizes_of(&o, dims, &args)))
        return NULL;
    args.mode = m->name;
    return gra_apply(&gra_op_interpolate, &o.input, 1, &args);
}
