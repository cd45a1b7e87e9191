/* index_select.c - whole slices of one dim picked by a vector of indices.
 *
 *   y[.., j, ..] = x[.., index[j], ..]
 *
 *   x  [outer, n, inner]  -->  y  [outer, count, inner],  memory in runs of `inner` elements
 *
 * The gradient of x adds each slice of g to where it came from: index_select_backward, an op of its own,
 * whose derivative is index_select again.
 */
#include <string.h>

#include "core/dry_run.h"
#include "core/error.h"
#include "ops/indices.h"
#include "ops/iterate.h"
#include "ops/layout.h"
#include "ops/ops.h"

typedef struct {
    int64_t dim;
} index_select_args;

typedef struct {
    gra_shape shape;
    int64_t dim;
} backward_args;

/* The sizes of the picture above, and the checked indices. */
typedef struct {
    int64_t outer, n, inner, count;
    const int64_t *index;
} slices;

/* Checks everything that can be wrong and fills the slices of a tensor of some shape; -1 with an error,
 * else the dim. */
static int plan(const char *op, const gra_shape *shape, int64_t dim, gra_tensor *index, slices *s)
{
    const int at = gra__wrap_dim(op, dim, shape->count);
    char text[GRA_SHAPE_TEXT], range[GRA_RANGE_TEXT];
    if (at < 0)
        return -1;
    if (index->shape.count > 1 || (shape->count == 0 && index->numel != 1)) {
        gra_fail("%s: index has shape %s; a vector%s is needed", op,
                 gra_shape_text(index->shape, text),
                 shape->count ? "" : " of one element, for a tensor without dims,");
        return -1;
    }
    *s = (slices){.outer = gra__numel_between(shape, 0, at),
                  .n = shape->count ? shape->size[at] : 1,
                  .inner = gra__numel_between(shape, at + 1, shape->count),
                  .count = index->numel};
    gra_tensor *const indices = gra__indices(op, index, s->n, gra__range_text(range, at, s->n));
    s->index = indices ? gra__ptr(indices) : NULL;
    return indices ? at : -1;
}

static void index_select_forward(gra_call *c)
{
    const index_select_args *const args = c->args;
    gra_shape shape = c->in[0]->shape;
    slices s;
    const int dim = plan("index_select", &shape, args->dim, c->in[1], &s);
    if (dim < 0)
        return;
    if (shape.count)
        shape.size[dim] = s.count;
    gra_tensor *const x = gra__packed(c->in[0], c->in[0]->dtype);
    gra_tensor *const y = gra__empty("index_select", shape, c->in[0]->dtype);
    if (!x || !y)
        return;
    const size_t bytes = (size_t)s.inner * gra_dtype_size(x->dtype);
    const char *const from = gra__ptr(x);
    char *to = gra__ptr(y);
    for (int64_t i = 0; i < s.outer && !gra__dry_run(); i++)
        for (int64_t j = 0; j < s.count; j++, to += bytes)
            memcpy(to, from + (size_t)(i * s.n + s.index[j]) * bytes, bytes);
    c->out[0] = y;
}

static bool backward_fits(const gra_shape *g, const gra_shape *shape, int dim, int64_t count)
{
    gra_shape expected = *shape;
    char a[GRA_SHAPE_TEXT], b[GRA_SHAPE_TEXT];
    if (shape->count)
        expected.size[dim] = count;
    if (gra_shape_equal(*g, expected))
        return true;
    gra_fail("index_select_backward: g has shape %s; %s is needed", gra_shape_text(*g, a),
             gra_shape_text(expected, b));
    return false;
}

static void backward_forward(gra_call *c)
{
    const backward_args *const args = c->args;
    gra_dtype dtype;
    slices s;
    const int dim = plan("index_select_backward", &args->shape, args->dim, c->in[1], &s);
    if (dim < 0 || !backward_fits(&c->in[0]->shape, &args->shape, dim, s.count) ||
        !gra__sum_dtype("index_select_backward", c->in[0]->dtype, &dtype))
        return;
    gra_tensor *const g = gra__packed(c->in[0], dtype);
    gra_tensor *const dx = gra__zeros("index_select_backward", args->shape, dtype);
    if (!g || !dx)
        return;
    gra__add_scaled_loop *const add = gra__kernels_get()->elementwise->add_scaled[dtype];
    const int64_t size = (int64_t)gra_dtype_size(dtype), bytes = s.inner * size;
    const char *from = gra__ptr(g);
    char *const to = gra__ptr(dx);
    for (int64_t i = 0; i < s.outer && !gra__dry_run(); i++)
        for (int64_t j = 0; j < s.count; j++, from += bytes)
            add((size_t)s.inner, to + (i * s.n + s.index[j]) * bytes, size, 1, from, size);
    c->out[0] = gra__converted(dx, c->in[0]->dtype);
}

static void backward_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    const backward_args *const args = c->args;
    if (c->needs[0])
        dx[0] = gra_index_select(g[0], args->dim, c->in[1]);
}

const gra_op gra_op_index_select_backward = {
    .schema = "index_select_backward(Tensor g, Tensor index, int[] shape, int dim) -> Tensor",
    .forward = backward_forward,
    .vjp = backward_vjp,
    .saves = GRA_IN(1),
    .args_size = sizeof(backward_args),
};

static void index_select_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    const index_select_args *const args = c->args;
    if (c->needs[0])
        dx[0] = gra_apply(&gra_op_index_select_backward, (gra_tensor *[]){g[0], c->in[1]}, 2,
                          &(backward_args){gra_call_shape(c, 0), args->dim});
}

const gra_op gra_op_index_select = {
    .schema = "index_select(Tensor x, int dim, Tensor index) -> Tensor",
    .forward = index_select_forward,
    .vjp = index_select_vjp,
    .curvature = GRA_CURVATURE_MOVES,
    .saves = GRA_IN(1),
    .args_size = sizeof(index_select_args),
};

gra_tensor *gra_index_select(gra_tensor *x, int64_t dim, gra_tensor *index)
{
    return gra_apply(&gra_op_index_select, (gra_tensor *[]){x, index}, 2,
                     &(index_select_args){dim});
}
