/* view.c - the same elements in another shape, without a copy.
 *
 *   y[k] = x[k] for the k-th element in row-major order
 *
 * Possible where each new dim is walked with one stride; always for row-major tensors.  The gradient
 * of x is g in x's shape.
 */
#include "core/error.h"
#include "ops/layout.h"
#include "ops/ops.h"

typedef struct {
    gra_shape shape;
} view_args;

static void view_forward(gra_call *c)
{
    const view_args *const args = c->args;
    gra_tensor *const x = c->in[0];
    gra_shape shape;
    int64_t stride[GRA_MAX_DIMS];
    if (!gra__infer_shape("view", x, args->shape, &shape))
        return;
    if (gra__view_stride(x, &shape, stride)) {
        c->out[0] = gra__view(x, shape, stride, x->offset);
        return;
    }
    char from[GRA_SHAPE_TEXT], to[GRA_SHAPE_TEXT], strides[GRA_SHAPE_TEXT];
    gra_fail("view: shape %s cannot be laid over a tensor of shape %s with strides %s; "
             "gra_reshape copies where it must",
             gra_shape_text(shape, to), gra_shape_text(x->shape, from),
             gra_shape_text(gra_shape_of(x->stride, x->shape.count), strides));
}

static void view_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    dx[0] = gra_reshape(g[0], gra_call_shape(c, 0));
}

const gra_op gra_op_view = {
    .schema = "view(Tensor(a) x, int[] shape) -> Tensor(a)",
    .forward = view_forward,
    .vjp = view_vjp,
    .curvature = GRA_CURVATURE_MOVES,
    .saves = GRA_SAVE_NOTHING,
    .args_size = sizeof(view_args),
    .view = true,
};

gra_tensor *gra_view(gra_tensor *x, gra_shape shape)
{
    return gra_apply(&gra_op_view, &x, 1, &(view_args){shape});
}
