/* transpose.c - two dims exchanged, as a view.
 *
 *   y[.., i, .., j, ..] = x[.., j, .., i, ..]
 *
 * The gradient of x is g with the same two dims exchanged.
 */
#include "ops/layout.h"
#include "ops/ops.h"

typedef struct {
    int64_t dim0, dim1;
} transpose_args;

static void transpose_forward(gra_call *c)
{
    const transpose_args *const args = c->args;
    gra_tensor *const x = c->in[0];
    gra_shape shape = x->shape;
    int64_t stride[GRA_MAX_DIMS] = {0};
    const int a = gra__wrap_dim("transpose", args->dim0, shape.count);
    const int b = a < 0 ? -1 : gra__wrap_dim("transpose", args->dim1, shape.count);
    if (b < 0)
        return;
    for (int i = 0; i < shape.count; i++) {
        const int from = i == a ? b : i == b ? a : i;
        shape.size[i] = x->shape.size[from];
        stride[i] = x->stride[from];
    }
    c->out[0] = gra__view(x, shape, stride, x->offset);
}

static void transpose_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    const transpose_args *const args = c->args;
    dx[0] = gra_transpose(g[0], args->dim0, args->dim1);
}

const gra_op gra_op_transpose = {
    .schema = "transpose(Tensor(a) x, int dim0, int dim1) -> Tensor(a)",
    .forward = transpose_forward,
    .vjp = transpose_vjp,
    .curvature = GRA_CURVATURE_MOVES,
    .saves = GRA_SAVE_NOTHING,
    .args_size = sizeof(transpose_args),
    .view = true,
};

gra_tensor *gra_transpose(gra_tensor *x, int64_t dim0, int64_t dim1)
{
    return gra_apply(&gra_op_transpose, &x, 1, &(transpose_args){dim0, dim1});
}
