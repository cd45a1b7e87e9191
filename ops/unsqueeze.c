/* unsqueeze.c - a new dim of size 1, as a view.
 *
 *   [2, 3]  --unsqueeze(1)-->  [2, 1, 3]
 *
 * The gradient of x is g in x's shape.
 */
#include <string.h>

#include "ops/layout.h"
#include "ops/ops.h"

typedef struct {
    int64_t dim;
} unsqueeze_args;

static void unsqueeze_forward(gra_call *c)
{
    const unsqueeze_args *const args = c->args;
    gra_tensor *const x = c->in[0];
    const int count = x->shape.count, dim = gra__wrap_new_dim("unsqueeze", args->dim, count);
    if (dim < 0)
        return;
    const gra_shape shape = gra__shape_inserted(x->shape, dim, 1);
    if (gra__shape_numel("unsqueeze", shape, 1) < 0)
        return;
    int64_t stride[GRA_MAX_DIMS];
    memcpy(stride, x->stride, sizeof stride);
    memmove(stride + dim + 1, stride + dim, (size_t)(count - dim) * sizeof stride[0]);
    stride[dim] = dim < count ? x->shape.size[dim] * x->stride[dim] : 1;
    c->out[0] = gra__view(x, shape, stride, x->offset);
}

static void unsqueeze_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    dx[0] = gra_reshape(g[0], gra_call_shape(c, 0));
}

const gra_op gra_op_unsqueeze = {
    .schema = "unsqueeze(Tensor(a) x, int dim) -> Tensor(a)",
    .forward = unsqueeze_forward,
    .vjp = unsqueeze_vjp,
    .curvature = GRA_CURVATURE_MOVES,
    .saves = GRA_SAVE_NOTHING,
    .args_size = sizeof(unsqueeze_args),
    .view = true,
};

gra_tensor *gra_unsqueeze(gra_tensor *x, int64_t dim)
{
    return gra_apply(&gra_op_unsqueeze, &x, 1, &(unsqueeze_args){dim});
}
