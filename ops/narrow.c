/* narrow.c - a range along one dim, as a view.
 *
 *   y[.., i, ..] = x[.., start + i, ..],  i < length
 *
 * The gradient of x is g with zeros around it: narrow_backward, an op of its own, whose derivative is
 * narrow again.
 */
#include "core/error.h"
#include "ops/iterate.h"
#include "ops/layout.h"
#include "ops/ops.h"

typedef struct {
    int64_t dim, start, length;
} narrow_args;

typedef struct {
    gra_shape shape;
    int64_t dim, start;
} backward_args;

/* Called by name, the op may be given any numbers. Whether all sizes but one agree, the copy says. */
static bool backward_fits(const gra_tensor *g, const backward_args *args)
{
    const int64_t dim = args->dim;
    char a[GRA_SHAPE_TEXT], b[GRA_SHAPE_TEXT];
    if (g->shape.count == args->shape.count && dim >= 0 && dim < g->shape.count &&
        args->start >= 0 && args->start <= args->shape.size[dim] - g->shape.size[dim])
        return true;
    gra_fail("narrow_backward: g of shape %s does not lie at start %lld of dim %lld in shape %s",
             gra_shape_text(g->shape, a), (long long)args->start, (long long)dim,
             gra_shape_text(args->shape, b));
    return false;
}

static void backward_forward(gra_call *c)
{
    const backward_args *const args = c->args;
    gra_tensor *const g = c->in[0];
    if (!backward_fits(g, args))
        return;
    gra_tensor *const dx = gra__zeros("narrow_backward", args->shape, g->dtype);
    const int64_t length = g->shape.size[args->dim];
    gra_tensor *const part = dx ? gra__narrowed(dx, (int)args->dim, args->start, length) : NULL;
    if (part && gra__copy_into("narrow_backward", part, g))
        c->out[0] = dx;
}

static void backward_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    const backward_args *const args = c->args;
    dx[0] = gra_narrow(g[0], args->dim, args->start, gra_call_shape(c, 0).size[args->dim]);
}

const gra_op gra_op_narrow_backward = {
    .schema = "narrow_backward(Tensor g, int[] shape, int dim, int start) -> Tensor",
    .forward = backward_forward,
    .vjp = backward_vjp,
    .saves = GRA_SAVE_NOTHING,
    .args_size = sizeof(backward_args),
};

gra_tensor *gra__narrow_backward(gra_tensor *g, gra_shape shape, int64_t dim, int64_t start)
{
    return gra_apply(&gra_op_narrow_backward, &g, 1, &(backward_args){shape, dim, start});
}

/* A negative start counts from the end. */
static int64_t first(int64_t start, int64_t size)
{
    return start < 0 ? start + size : start;
}

static void narrow_forward(gra_call *c)
{
    const narrow_args *const args = c->args;
    gra_tensor *const x = c->in[0];
    char text[GRA_SHAPE_TEXT];
    if (x->shape.count == 0) {
        gra_fail("narrow: a tensor without dims cannot be narrowed");
        return;
    }
    const int dim = gra__wrap_dim("narrow", args->dim, x->shape.count);
    if (dim < 0)
        return;
    const int64_t size = x->shape.size[dim], start = first(args->start, size);
    if (start < 0 || args->length < 0 || start > size - args->length) {
        gra_fail("narrow: start %lld and length %lld lie outside dim %d of shape %s",
                 (long long)args->start, (long long)args->length, dim,
                 gra_shape_text(x->shape, text));
        return;
    }
    c->out[0] = gra__narrowed(x, dim, start, args->length);
}

static void narrow_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    const narrow_args *const args = c->args;
    const gra_shape shape = gra_call_shape(c, 0);
    const int dim = gra__wrap_dim("narrow", args->dim, shape.count);
    dx[0] = gra__narrow_backward(g[0], shape, dim, first(args->start, shape.size[dim]));
}

const gra_op gra_op_narrow = {
    .schema = "narrow(Tensor(a) x, int dim, int start, int length) -> Tensor(a)",
    .forward = narrow_forward,
    .vjp = narrow_vjp,
    .curvature = GRA_CURVATURE_MOVES,
    .saves = GRA_SAVE_NOTHING,
    .args_size = sizeof(narrow_args),
    .view = true,
};

gra_tensor *gra_narrow(gra_tensor *x, int64_t dim, int64_t start, int64_t length)
{
    return gra_apply(&gra_op_narrow, &x, 1, &(narrow_args){dim, start, length});
}
