/* squeeze.c - dims of size 1 dropped, as a view.
 *
 *   [1, 3, 1]  --squeeze-->  [3]          [1, 3, 1]  --squeeze(0, 1)-->  [3, 1]
 *
 * A dim of another size stays, also when it is named.  The gradient of x is g in x's shape.
 */
#include "ops/layout.h"
#include "ops/ops.h"

typedef struct {
    gra_dims dims;
} squeeze_args;

static void squeeze_forward(gra_call *c)
{
    const squeeze_args *const args = c->args;
    gra_tensor *const x = c->in[0];
    unsigned mask;
    if (!gra__dims_mask("squeeze", args->dims, x->shape.count, &mask))
        return;
    gra_shape shape = {.count = 0};
    int64_t stride[GRA_MAX_DIMS];
    for (int i = 0; i < x->shape.count; i++) {
        if (x->shape.size[i] == 1 && (mask >> i & 1))
            continue;
        stride[shape.count] = x->stride[i];
        shape.size[shape.count++] = x->shape.size[i];
    }
    c->out[0] = gra__view(x, shape, stride, x->offset);
}

static void squeeze_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    dx[0] = gra_reshape(g[0], gra_call_shape(c, 0));
}

const gra_op gra_op_squeeze = {
    .schema = "squeeze(Tensor(a) x, int[] dims=[]) -> Tensor(a)",
    .forward = squeeze_forward,
    .vjp = squeeze_vjp,
    .curvature = GRA_CURVATURE_MOVES,
    .saves = GRA_SAVE_NOTHING,
    .args_size = sizeof(squeeze_args),
    .view = true,
};

gra_tensor *gra_squeeze(gra_tensor *x, gra_dims dims)
{
    return gra_apply(&gra_op_squeeze, &x, 1, &(squeeze_args){dims});
}
