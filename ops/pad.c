/* pad.c - a tensor made larger, or smaller, at the ends of its last dims.
 *
 *   y[.., i, ..] = x[.., i - left, ..], and outside of x
 *
 *     constant    a number                       reflect    x mirrored, its edge not repeated
 *     replicate   the edge of x                  circular   x from its other end
 *
 * The gradient of x adds each g to the element that it came from.  For a constant that is a padding by
 * -left and -right; for the others it is an op of its own, pad_backward, whose derivative is pad again.
 * Channels-last images give a result that lies channels-last.
 */
#include "ops/pad.h"

#include <string.h>

#include "core/error.h"
#include "ops/index_map.h"
#include "ops/ops.h"

typedef enum { CONSTANT, REFLECT, REPLICATE, CIRCULAR, UNKNOWN } mode;

static const char *const mode_names[] = {"constant", "reflect", "replicate", "circular"};

typedef struct {
    gra_dims pad; /* left, right of the last dim, then of the one before, ... */
    const char *mode;
    double value;
} pad_args;

typedef struct {
    gra_shape shape; /* of the result: the padding's input */
    gra_dims pad;
    const char *mode;
} backward_args;

static mode mode_of(const char *name)
{
    int m = 0;
    while (m < UNKNOWN && (!name || strcmp(name, mode_names[m]) != 0))
        m++;
    return (mode)m;
}

const char *gra__pad_mode(const char *op, const char *name)
{
    const mode m = mode_of(name);
    if (m == UNKNOWN)
        return gra_fail("%s: mode %s%s%s is unknown; \"constant\", \"reflect\", \"replicate\" and "
                        "\"circular\" are there",
                        op, name ? "\"" : "", name ? name : "NULL", name ? "\"" : "");
    return mode_names[m];
}

/* What is done to dim d of a tensor of ndim dims. */
static void ends_of(const gra_dims *pad, int ndim, int d, int64_t ends[2])
{
    const int k = 2 * (ndim - 1 - d);
    ends[0] = k < pad->count ? pad->dim[k] : 0;
    ends[1] = k < pad->count ? pad->dim[k + 1] : 0;
}

/* ---- checks ---- */

static bool list_fits(const char *op, gra_shape x, const gra_dims *pad)
{
    char text[GRA_SHAPE_TEXT];
    if (pad->count > GRA_MAX_DIMS)
        gra_fail("%s: pad has %d numbers; at most %d are possible", op, pad->count, GRA_MAX_DIMS);
    else if (pad->count % 2)
        gra_fail("%s: pad has %d numbers; two are needed for each dim, left and right", op,
                 pad->count);
    else if (pad->count > 2 * x.count)
        gra_fail("%s: pad has %d numbers, two for each dim; x has shape %s, with %d dims", op,
                 pad->count, gra_shape_text(x, text), x.count);
    for (int i = 0; i < pad->count && !gra_error(); i++)
        if (pad->dim[i] > INT32_MAX || pad->dim[i] < -INT32_MAX)
            gra_fail("%s: a padding of %lld is out of range; at most %d elements are possible", op,
                     (long long)pad->dim[i], INT32_MAX);
    return !gra_error();
}

/* The most that an end can be padded by; a constant and replication have no bound of their own, but there
 * must be an edge to replicate. */
static int64_t most_of(mode m, int64_t size, const int64_t ends[2])
{
    const int64_t cropped = (ends[0] < 0 ? ends[0] : 0) + (ends[1] < 0 ? ends[1] : 0);
    if (m == CIRCULAR)
        return size + cropped;
    return m == REFLECT ? size - 1 : m == REPLICATE && size < 1 ? 0 : INT32_MAX;
}

static bool dim_fits(const char *op, mode m, gra_shape x, int d, const int64_t ends[2])
{
    char text[GRA_SHAPE_TEXT];
    const int64_t size = x.size[d], most = most_of(m, size, ends);
    if (size + ends[0] + ends[1] < 0)
        gra_fail("%s: padding (%lld, %lld) leaves nothing of dim %d of shape %s; at most its %lld "
                 "elements can be cropped",
                 op, (long long)ends[0], (long long)ends[1], d, gra_shape_text(x, text),
                 (long long)size);
    else if (ends[0] > most || ends[1] > most)
        gra_fail("%s: padding (%lld, %lld) is too large for dim %d of shape %s; at most %lld is "
                 "possible in mode \"%s\"",
                 op, (long long)ends[0], (long long)ends[1], d, gra_shape_text(x, text),
                 (long long)(most < 0 ? 0 : most), mode_names[m]);
    return !gra_error();
}

/* The shape of the result; false with an error. */
static bool output_of(const char *op, gra_shape x, const gra_dims *pad, const char *name,
                      gra_shape *y)
{
    if (!gra__pad_mode(op, name) || !list_fits(op, x, pad))
        return false;
    *y = x;
    for (int d = 0; d < x.count; d++) {
        int64_t ends[2];
        ends_of(pad, x.count, d, ends);
        if (!dim_fits(op, mode_of(name), x, d, ends))
            return false;
        y->size[d] += ends[0] + ends[1];
    }
    return true;
}

/* ---- the map ---- */

/* Which element of a dim of x stands at i of y. */
static int64_t source_of(mode m, int64_t size, const int64_t ends[2], int64_t i)
{
    const int64_t at = i - ends[0]; /* of x, or outside of it */
    if (m == CIRCULAR) {
        const int64_t first = ends[0] < 0 ? -ends[0] : 0;
        const int64_t end = ends[1] < 0 ? size + ends[1] : size;
        return at < first ? at + end - first : at >= end ? at - end + first : at;
    }
    if (at >= 0 && at < size)
        return at;
    if (m == REFLECT)
        return at < 0 ? -at : 2 * (size - 1) - at;
    return m == CONSTANT ? -1 : at < 0 ? 0 : size - 1;
}

static bool make_map(gra__index_map *map, gra_shape x, gra_shape y, const gra_dims *pad, mode m)
{
    int64_t ends[GRA_MAX_DIMS][2];
    bool mapped[GRA_MAX_DIMS] = {false};
    for (int d = 0; d < x.count; d++) {
        ends_of(pad, x.count, d, ends[d]);
        mapped[d] = ends[d][0] || ends[d][1];
    }
    if (!gra__index_map_init(map, x, y, mapped))
        return false;
    for (int d = 0; d < x.count; d++)
        for (int64_t i = 0; mapped[d] && i < y.size[d]; i++)
            map->index[d][i] = source_of(m, x.size[d], ends[d], i);
    return true;
}

/* ---- the ops ---- */

static void pad_forward(gra_call *c)
{
    const pad_args *const a = c->args;
    gra_tensor *const x = c->in[0];
    gra_shape shape;
    gra__index_map map;
    if (!output_of("pad", x->shape, &a->pad, a->mode, &shape) ||
        !make_map(&map, x->shape, shape, &a->pad, mode_of(a->mode)))
        return;
    c->out[0] = gra__index_map_pick("pad", &map, x, a->value);
    gra__index_map_free(&map);
}

static void backward_forward(gra_call *c)
{
    const backward_args *const a = c->args;
    gra_tensor *const g = c->in[0];
    char text[GRA_SHAPE_TEXT], needed[GRA_SHAPE_TEXT];
    gra_shape shape;
    gra__index_map map;
    if (!output_of("pad_backward", a->shape, &a->pad, a->mode, &shape))
        return;
    if (!gra_shape_equal(shape, g->shape) || !gra_dtype_is_floating(g->dtype)) {
        gra_fail("pad_backward: g is %s of shape %s; floating point of shape %s is needed",
                 gra_dtype_name(g->dtype), gra_shape_text(g->shape, text),
                 gra_shape_text(shape, needed));
        return;
    }
    if (!make_map(&map, a->shape, shape, &a->pad, mode_of(a->mode)))
        return;
    c->out[0] = gra__index_map_sum("pad_backward", &map, g);
    gra__index_map_free(&map);
}

extern const gra_op gra_op_pad;

static void backward_vjp(gra_call *c, gra_tensor **u, gra_tensor **dx)
{
    const backward_args *const a = c->args;
    dx[0] = gra_apply(&gra_op_pad, u, 1, &(pad_args){a->pad, a->mode, 0});
}

const gra_op gra_op_pad_backward = {
    .schema = "pad_backward(Tensor g, int[] shape, int[] pad, str mode) -> Tensor",
    .forward = backward_forward,
    .vjp = backward_vjp,
    .saves = GRA_SAVE_NOTHING,
    .args_size = sizeof(backward_args),
};

static void pad_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    const pad_args *const a = c->args;
    if (mode_of(a->mode) != CONSTANT) {
        dx[0] = gra_apply(&gra_op_pad_backward, g, 1,
                          &(backward_args){gra_call_shape(c, 0), a->pad, a->mode});
        return;
    }
    pad_args back = *a;
    back.value = 0;
    for (int i = 0; i < back.pad.count; i++)
        back.pad.dim[i] = -back.pad.dim[i];
    dx[0] = gra_apply(&gra_op_pad, g, 1, &back);
}

const gra_op gra_op_pad = {
    .schema = "pad(Tensor input, int[] pad, str mode='constant', float value=0) -> Tensor",
    .forward = pad_forward,
    .vjp = pad_vjp,
    .curvature = GRA_CURVATURE_MOVES,
    .saves = GRA_SAVE_NOTHING,
    .args_size = sizeof(pad_args),
};

gra_pad_options gra_pad_defaults(void)
{
    return (gra_pad_options){.mode = mode_names[CONSTANT]};
}

gra_tensor *gra_pad_with(gra_pad_options o)
{
    pad_args args = {o.pad, mode_names[CONSTANT], o.value};
    if (!o.input || gra_error())
        return gra_apply(&gra_op_pad, &o.input, 1, &args);
    args.mode = gra__pad_mode("pad", o.mode);
    return args.mode ? gra_apply(&gra_op_pad, &o.input, 1, &args) : NULL;
}
