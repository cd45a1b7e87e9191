/* as_strided.c - any walk through a tensor's memory, as a view; and regions of a tensor.
 *
 *   y[i, j, ..] = memory of x at storage_offset + i stride[0] + j stride[1] + ..
 *
 * The gradient is that of the memory between the two walks:
 *
 *   as_strided_backward    m = 0;  m[walk of y] += g;  m /= number of x's elements there;  dx = m[walk of x]
 *
 * Both walks may meet an element more than once: that of y then has several gradients to add, and those of
 * x share one.  transposed goes the other way, from x to y, and is the derivative.
 *
 *   as_strided_put         y = x, but for the elements of its walk `stride`, which are those of part
 *
 * The walk of a gradient itself does not matter: it is laid out as its tensor was.
 */
#include "ops/as_strided.h"

#include <math.h>

#include "core/create.h"
#include "core/error.h"
#include "ops/iterate.h"
#include "ops/layout.h"
#include "ops/ops.h"

typedef struct {
    gra_shape x_size, x_stride, size, stride;
    int64_t offset; /* from the first element of x to that of y */
    bool transposed;
} backward_args;

typedef struct {
    gra_shape x_stride, stride;
    int64_t offset;
} put_args;

/* A walk through memory. */
typedef struct {
    gra_shape shape, stride;
    int64_t offset;
} walk;

/* One more than the last position of a walk; 0 where it has none. */
static int64_t extent(const walk *w)
{
    int64_t last = w->offset;
    for (int d = 0; d < w->shape.count; d++) {
        if (w->shape.size[d] == 0)
            return 0;
        last += (w->shape.size[d] - 1) * w->stride.size[d];
    }
    return last + 1;
}

/* Whether the arguments of an op describe a walk; false with an error that calls it `name`. */
static bool is_walk(const char *op, const char *name, const walk *w)
{
    bool fine = w->shape.count == w->stride.count && gra__shape_numel(op, w->shape, 1) >= 0;
    int64_t last = 0;
    for (int d = 0; fine && d < w->shape.count; d++)
        fine = w->stride.size[d] >= 0 &&
               !__builtin_mul_overflow(w->shape.size[d], w->stride.size[d], &last) &&
               last < INT64_MAX / (2 * GRA_MAX_DIMS);
    if (fine || gra_error())
        return fine;
    char size[GRA_SHAPE_TEXT], stride[GRA_SHAPE_TEXT];
    gra_fail("%s: %s has size %s and stride %s; a stride for each dim is needed, none negative", op,
             name, gra_shape_text(w->shape, size), gra_shape_text(w->stride, stride));
    return false;
}

static gra_tensor *along(gra_tensor *memory, const walk *w)
{
    return memory ? gra__view(memory, w->shape, w->stride.size, memory->offset + w->offset) : NULL;
}

/* Moves two walks, of which y begins `offset` behind x, so that none begins before the memory does. False
 * with an error. */
static bool begin_at_zero(const char *op, walk *x, walk *y, int64_t offset)
{
    const int64_t far = INT64_MAX / 4;
    if (offset < -far || offset > far) {
        gra_fail("%s: no memory is large enough for an offset of %lld", op, (long long)offset);
        return false;
    }
    x->offset = offset < 0 ? -offset : 0;
    y->offset = offset < 0 ? 0 : offset;
    return true;
}

/* Zeros that have room for two walks. */
static gra_tensor *memory_for(const walk *x, const walk *y, gra_dtype dtype)
{
    const int64_t a = extent(x), b = extent(y);
    return gra__zeros("as_strided", GRA_SHAPE(a > b ? a : b), dtype);
}

/* ---- adding along a walk that meets itself ---- */

/* Splits the dims of a walk into inner ones, which together meet no element twice, and the others. */
static unsigned inner_dims(const walk *w)
{
    unsigned left = (1u << w->shape.count) - 1, inner = 0;
    for (int64_t last = 0; left;) {
        int next = -1;
        for (int d = 0; d < w->shape.count; d++) {
            const int64_t stride = w->stride.size[d];
            if (!(left >> d & 1))
                continue;
            if (next < 0 || stride < w->stride.size[next] ||
                (stride == w->stride.size[next] && w->shape.size[d] > w->shape.size[next]))
                next = d;
        }
        left &= ~(1u << next);
        if (w->shape.size[next] > 1 && w->stride.size[next] <= last)
            continue;
        inner |= 1u << next;
        last += (w->shape.size[next] - 1) * w->stride.size[next];
    }
    return inner;
}

static gra_shape only(const gra_shape *all, unsigned dims)
{
    gra_shape some = {.kind = &gra_shape_kind};
    for (int d = 0; d < all->count; d++)
        if (dims >> d & 1)
            some.size[some.count++] = all->size[d];
    return some;
}

/* memory[w] += g, which is float32 or float64 like memory. */
static bool add_along(gra_tensor *memory, const walk *w, gra_tensor *g)
{
    const unsigned inner = inner_dims(w);
    const gra_shape g_stride = gra_shape_of(g->stride, g->shape.count);
    const gra_shape outer = only(&w->shape, ~inner);
    const gra_shape step = only(&w->stride, ~inner), g_step = only(&g_stride, ~inner);
    walk to = {only(&w->shape, inner), only(&w->stride, inner), 0};
    walk from = {to.shape, only(&g_stride, inner), 0};
    gra__walk at = {0}, g_at = {0};
    for (int64_t left = g->numel ? gra__numel(&outer) : 0; left > 0; left--) {
        const int mark = gra_mark();
        to.offset = w->offset + at.position;
        from.offset = g_at.position;
        gra_tensor *const sum = along(memory, &to), *const term = along(g, &from);
        if (sum && term)
            gra__add_scaled_into(sum, 1, term);
        gra_release(mark);
        if (gra_error())
            return false;
        gra__walk_on(&at, &outer, step.size);
        gra__walk_on(&g_at, &outer, g_step.size);
    }
    return true;
}

static bool meets_itself(const walk *w)
{
    return gra__numel(&w->shape) > 0 && inner_dims(w) != (1u << w->shape.count) - 1;
}

/* memory[w] += g, where memory is 0. */
static bool put_along(gra_tensor *memory, const walk *w, gra_tensor *g)
{
    if (meets_itself(w))
        return add_along(memory, w, g);
    gra_tensor *const to = along(memory, w);
    return to && gra__copy_into("as_strided_backward", to, g);
}

/* memory divided by how often the walk meets each element, where it meets it at all. */
static gra_tensor *shared_out(gra_tensor *memory, const walk *w)
{
    static const int64_t still[GRA_MAX_DIMS];
    gra_tensor *const count = gra__zeros("as_strided_backward", memory->shape, memory->dtype);
    gra_tensor *const one = gra_scalar(1, memory->dtype);
    gra_tensor *const ones = one ? gra__view(one, w->shape, still, 0) : NULL;
    if (!count || !ones || !add_along(count, w, ones))
        return NULL;
    return gra_div(memory, gra_clamp(count, 1, INFINITY));
}

/* ---- backward ---- */

/* The elements of y out of x in one copy, where x is a dense tensor that y lies in. */
static gra_tensor *cut_out(gra_tensor *x, const walk *of_x, const walk *of_y)
{
    gra_tensor *const like = along(x, of_x);
    if (!like || !gra__is_dense(like) || of_x->offset || extent(of_y) > x->numel)
        return NULL;
    for (int d = 0; d < x->shape.count; d++)
        if (x->shape.size[d] != 1 && x->stride[d] != of_x->stride.size[d])
            return NULL;
    gra_tensor *const y = along(x, of_y);
    return y ? gra__row_major_copy(y, y->dtype) : NULL;
}

static bool has_shape(const gra_tensor *g, const gra_shape *shape)
{
    char a[GRA_SHAPE_TEXT], b[GRA_SHAPE_TEXT];
    const bool has = gra_shape_equal(g->shape, *shape);
    if (!has)
        gra_fail("as_strided_backward: g has shape %s; %s is needed", gra_shape_text(g->shape, a),
                 gra_shape_text(*shape, b));
    return has;
}

static void backward_forward(gra_call *c)
{
    const backward_args *const args = c->args;
    gra_tensor *g = c->in[0];
    const gra_dtype dtype = g->dtype;
    walk x = {args->x_size, args->x_stride, 0}, y = {args->size, args->stride, 0};
    if (!is_walk("as_strided_backward", "x", &x) || !is_walk("as_strided_backward", "y", &y) ||
        !has_shape(g, args->transposed ? &x.shape : &y.shape) ||
        !begin_at_zero("as_strided_backward", &x, &y, args->offset))
        return;
    if (args->transposed && (c->out[0] = cut_out(g, &x, &y)))
        return;
    const walk *const from = args->transposed ? &x : &y, *const to = args->transposed ? &y : &x;
    if (meets_itself(&x) || meets_itself(&y))
        g = gra__converted(g, dtype == GRA_FLOAT64 ? dtype : GRA_FLOAT32);
    gra_tensor *memory = g ? memory_for(&x, &y, g->dtype) : NULL;
    if (!memory || !put_along(memory, from, g))
        return;
    if (meets_itself(&x))
        memory = shared_out(memory, &x);
    gra_tensor *const out = along(memory, to);
    c->out[0] = !out                                        ? NULL
                : gra__is_dense(out) && out->dtype == dtype ? out
                                                            : gra__copy(out, dtype);
}

static void backward_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    backward_args back = *(const backward_args *)c->args;
    back.transposed = !back.transposed;
    dx[0] = gra_apply(c->op, g, 1, &back);
}

const gra_op gra_op_as_strided_backward = {
    .schema = "as_strided_backward(Tensor g, int[] x_size, int[] x_stride, int[] size, "
              "int[] stride, int offset, bool transposed=False) -> Tensor",
    .forward = backward_forward,
    .vjp = backward_vjp,
    .saves = GRA_SAVE_NOTHING,
    .args_size = sizeof(backward_args),
};

/* ---- put ---- */

static void put_forward(gra_call *c)
{
    const put_args *const args = c->args;
    walk x = {c->in[0]->shape, args->x_stride, 0}, y = {c->in[1]->shape, args->stride, 0};
    if (!is_walk("as_strided_put", "x", &x) || !is_walk("as_strided_put", "part", &y) ||
        !begin_at_zero("as_strided_put", &x, &y, args->offset))
        return;
    if (meets_itself(&x) || meets_itself(&y)) {
        gra_fail("as_strided_put: %s meets an element twice; it is not known which one counts",
                 meets_itself(&x) ? "x" : "part");
        return;
    }
    gra_tensor *const memory = memory_for(&x, &y, c->in[0]->dtype);
    gra_tensor *const whole = along(memory, &x), *const part = along(memory, &y);
    if (whole && part && gra__copy_into("as_strided_put", whole, c->in[0]) &&
        gra__copy_into("as_strided_put", part, c->in[1]))
        c->out[0] = whole;
}

static void put_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    const put_args *const args = c->args;
    const gra_shape x = gra_call_shape(c, 0), part = gra_call_shape(c, 1);
    const backward_args get = {x, args->x_stride, part, args->stride, args->offset, true};
    if (c->needs[0]) {
        gra_tensor *const zero = gra__zeros("as_strided_put", part, gra_call_dtype(c, 1));
        dx[0] = gra_apply(c->op, (gra_tensor *[]){g[0], zero}, 2, args);
    }
    if (c->needs[1])
        dx[1] = gra_apply(&gra_op_as_strided_backward, g, 1, &get);
}

const gra_op gra_op_as_strided_put = {
    .schema = "as_strided_put(Tensor x, Tensor part, int[] x_stride, int[] stride, int offset) "
              "-> Tensor",
    .forward = put_forward,
    .vjp = put_vjp,
    .saves = GRA_SAVE_NOTHING,
    .args_size = sizeof(put_args),
};

/* ---- as_strided ---- */

/* Whether the walk that args describe stays in the memory of x. */
static bool fits(const gra_tensor *x, const gra__as_strided_args *args, int64_t offset)
{
    char size[GRA_SHAPE_TEXT], stride[GRA_SHAPE_TEXT];
    gra_shape_text(args->size, size);
    gra_shape_text(args->stride, stride);
    if (args->size.count != args->stride.count) {
        gra_fail("as_strided: size %s has %d dims and stride %s has %d; each dim needs a stride",
                 size, args->size.count, stride, args->stride.count);
        return false;
    }
    const int64_t numel = gra__shape_numel("as_strided", args->size, 1);
    const int64_t room = (int64_t)(x->storage->bytes / gra_dtype_size(x->dtype));
    bool fine = offset >= 0, negative = args->storage_offset < -1;
    int64_t last = offset;
    for (int d = 0; numel > 0 && fine && d < args->size.count; d++) {
        const int64_t steps = args->size.size[d] - 1, step = args->stride.size[d];
        negative |= step < 0;
        fine = step >= 0 && (steps == 0 || step <= (room - last) / steps);
        last += fine ? steps * step : 0;
    }
    if (numel < 0 || (!negative && (numel == 0 || (fine && last < room))))
        return numel >= 0;
    if (negative)
        gra_fail("as_strided: stride %s and storage_offset %lld must not be negative", stride,
                 (long long)args->storage_offset);
    else
        gra_fail(
            "as_strided: size %s with stride %s from storage_offset %lld reaches beyond the %lld "
            "elements of the tensor's memory",
            size, stride, (long long)offset, (long long)room);
    return false;
}

/* The walk of x itself, which the gradient needs: its strides and its offset. */
static gra_tensor *walk_of(const gra_tensor *x)
{
    int64_t numbers[GRA_MAX_DIMS + 1];
    for (int d = 0; d < x->shape.count; d++)
        numbers[d] = x->stride[d];
    numbers[x->shape.count] = x->offset;
    return gra_from_data(numbers, GRA_SHAPE(x->shape.count + 1), GRA_INT64);
}

static void as_strided_forward(gra_call *c)
{
    const gra__as_strided_args *const args = c->args;
    gra_tensor *const x = c->in[0];
    const int64_t offset = args->storage_offset == -1 ? x->offset : args->storage_offset;
    if (!gra__shape_given("as_strided", args->size) ||
        !gra__shape_given("as_strided", args->stride) || !fits(x, args, offset))
        return;
    if (c->needs[0] && !(c->saved[0] = walk_of(x)))
        return;
    c->out[0] = gra__view(x, args->size, args->stride.size, offset);
}

static void as_strided_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    const gra__as_strided_args *const args = c->args;
    const gra_shape x = gra_call_shape(c, 0);
    const int64_t *const numbers = gra_tensor_data(c->saved[0]);
    const int64_t x_offset = numbers[x.count];
    const backward_args back = {
        .x_size = x,
        .x_stride = gra_shape_of(numbers, x.count),
        .size = args->size,
        .stride = args->stride,
        .offset = args->storage_offset == -1 ? 0 : args->storage_offset - x_offset,
    };
    dx[0] = gra_apply(&gra_op_as_strided_backward, g, 1, &back);
}

const gra_op gra_op_as_strided = {
    .schema =
        "as_strided(Tensor(a) x, int[] size, int[] stride, int storage_offset=-1) -> Tensor(a)",
    .forward = as_strided_forward,
    .vjp = as_strided_vjp,
    .curvature = GRA_CURVATURE_MOVES,
    .saves = GRA_SAVE_NOTHING,
    .args_size = sizeof(gra__as_strided_args),
    .view = true,
};

gra_tensor *gra_as_strided(gra_tensor *x, gra_shape size, gra_shape stride, int64_t storage_offset)
{
    return gra_apply(&gra_op_as_strided, &x, 1,
                     &(gra__as_strided_args){size, stride, storage_offset});
}

/* ---- regions ---- */

gra_tensor *gra__region_get(gra_tensor *whole, const gra__region *r)
{
    const backward_args get = {r->base_shape, r->base_stride, r->shape, r->stride, r->offset, true};
    return gra_apply(&gra_op_as_strided_backward, &whole, 1, &get);
}

/* Whether t lives for this pass alone and lies in memory as the base of the region does. */
static bool may_overwrite(const gra_tensor *t, const gra__region *r)
{
    const walk y = {r->shape, r->stride, r->offset};
    bool may = !gra_grad_enabled() && t->head.refs == 1 && t->head.owned == 0 &&
               t->storage->refs == 1 && !t->node && gra__is_dense(t) && r->offset >= 0 &&
               extent(&y) <= t->numel;
    for (int d = 0; may && d < t->shape.count; d++)
        may = t->shape.size[d] == 1 || t->stride[d] == r->base_stride.size[d];
    return may;
}

gra_tensor *gra__region_put(gra_tensor *whole, gra_tensor *part, const gra__region *r)
{
    if (!whole || !part)
        return NULL;
    if (may_overwrite(whole, r)) {
        gra_tensor *const to =
            gra__view(whole, r->shape, r->stride.size, whole->offset + r->offset);
        return to && gra__copy_into("as_strided_put", to, part) ? whole : NULL;
    }
    return gra_apply(&gra_op_as_strided_put, (gra_tensor *[]){whole, part}, 2,
                     &(put_args){r->base_stride, r->stride, r->offset});
}

gra_tensor *gra__region_base(const gra__region *r, gra_tensor *view)
{
    gra_tensor *const base =
        gra__view(view, r->base_shape, r->base_stride.size, view->offset - r->offset);
    if (base)
        base->view = GRA__OWN;
    return base;
}
