/* reshape.c - the same elements in another shape: a view where the strides allow it, else a copy.
 *
 *   y[k] = x[k] for the k-th element in row-major order
 *
 * The gradient of x is g in x's shape.
 */
#include "ops/layout.h"
#include "ops/ops.h"

typedef struct {
    gra_shape shape;
} reshape_args;

static void reshape_forward(gra_call *c)
{
    const reshape_args *const args = c->args;
    gra_shape shape;
    if (gra__infer_shape("reshape", c->in[0], args->shape, &shape))
        c->out[0] = gra__reshaped("reshape", c->in[0], shape);
}

static void reshape_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    dx[0] = gra_reshape(g[0], gra_call_shape(c, 0));
}

const gra_op gra_op_reshape = {
    .schema = "reshape(Tensor(a) x, int[] shape) -> Tensor(a)",
    .forward = reshape_forward,
    .vjp = reshape_vjp,
    .curvature = GRA_CURVATURE_MOVES,
    .saves = GRA_SAVE_NOTHING,
    .args_size = sizeof(reshape_args),
    .view = true,
};

gra_tensor *gra_reshape(gra_tensor *x, gra_shape shape)
{
    return gra_apply(&gra_op_reshape, &x, 1, &(reshape_args){shape});
}
