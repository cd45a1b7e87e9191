/* select.c - one index of a dim, as a view without that dim.
 *
 *   y[i, .., k, ..] = x[i, .., index, k, ..]
 *
 * The gradient of x is g with zeros around it, that of a range of length 1 (narrow.c).
 */
#include <string.h>

#include "core/error.h"
#include "ops/layout.h"
#include "ops/ops.h"

typedef struct {
    int64_t dim, index; /* index counts from the end where it is negative */
} select_args;

static void select_forward(gra_call *c)
{
    const select_args *const args = c->args;
    gra_tensor *const x = c->in[0];
    const int count = x->shape.count;
    char text[GRA_SHAPE_TEXT];
    if (count == 0) {
        gra_fail("select: a tensor without dims has no index to select");
        return;
    }
    const int dim = gra__wrap_dim("select", args->dim, count);
    if (dim < 0)
        return;
    const int64_t size = x->shape.size[dim];
    if (args->index < -size || args->index >= size) {
        gra_fail("select: index %lld is out of range for dim %d of shape %s",
                 (long long)args->index, dim, gra_shape_text(x->shape, text));
        return;
    }
    const int64_t index = args->index < 0 ? args->index + size : args->index;
    int64_t stride[GRA_MAX_DIMS];
    memcpy(stride, x->stride, sizeof stride);
    memmove(stride + dim, stride + dim + 1, (size_t)(count - 1 - dim) * sizeof stride[0]);
    c->out[0] =
        gra__view(x, gra__shape_removed(x->shape, dim), stride, x->offset + index * x->stride[dim]);
}

static void select_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    const select_args *const args = c->args;
    const gra_shape shape = gra_call_shape(c, 0);
    const int dim = gra__wrap_dim("select", args->dim, shape.count);
    const int64_t index = args->index < 0 ? args->index + shape.size[dim] : args->index;
    dx[0] = gra__narrow_backward(gra_unsqueeze(g[0], dim), shape, dim, index);
}

const gra_op gra_op_select = {
    .schema = "select(Tensor(a) x, int dim, int index) -> Tensor(a)",
    .forward = select_forward,
    .vjp = select_vjp,
    .curvature = GRA_CURVATURE_MOVES,
    .saves = GRA_SAVE_NOTHING,
    .args_size = sizeof(select_args),
    .view = true,
};

gra_tensor *gra_select(gra_tensor *x, int64_t dim, int64_t index)
{
    return gra_apply(&gra_op_select, &x, 1, &(select_args){dim, index});
}
