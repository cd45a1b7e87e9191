/* permute.c - the dims in another order, as a view.
 *
 *   dim i of y is dim dims[i] of x
 *
 * The gradient of x is g permuted back.
 */
#include "core/error.h"
#include "ops/layout.h"
#include "ops/ops.h"

typedef struct {
    gra_dims dims;
} permute_args;

static void permute_forward(gra_call *c)
{
    const permute_args *const args = c->args;
    gra_tensor *const x = c->in[0];
    const int count = x->shape.count;
    char text[GRA_SHAPE_TEXT];
    if (args->dims.count != count) {
        gra_fail(
            "permute: %d dims were given for a tensor of shape %s; each of its %d dims must be "
            "named once",
            args->dims.count, gra_shape_text(x->shape, text), count);
        return;
    }
    unsigned mask;
    if (!gra__dims_mask("permute", args->dims, count, &mask))
        return;
    gra_shape shape = {.count = count};
    int64_t stride[GRA_MAX_DIMS];
    for (int i = 0; i < count; i++) {
        const int from = gra__wrap_dim("permute", args->dims.dim[i], count);
        shape.size[i] = x->shape.size[from];
        stride[i] = x->stride[from];
    }
    c->out[0] = gra__view(x, shape, stride, x->offset);
}

static void permute_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    const permute_args *const args = c->args;
    gra_dims back = {.kind = &gra_dims_kind, .count = args->dims.count};
    for (int i = 0; i < back.count; i++)
        back.dim[gra__wrap_dim("permute", args->dims.dim[i], back.count)] = i;
    dx[0] = gra_permute(g[0], back);
}

const gra_op gra_op_permute = {
    .schema = "permute(Tensor(a) x, int[] dims) -> Tensor(a)",
    .forward = permute_forward,
    .vjp = permute_vjp,
    .curvature = GRA_CURVATURE_MOVES,
    .saves = GRA_SAVE_NOTHING,
    .args_size = sizeof(permute_args),
    .view = true,
};

gra_tensor *gra_permute(gra_tensor *x, gra_dims dims)
{
    return gra_apply(&gra_op_permute, &x, 1, &(permute_args){dims});
}
