/* flip.c - the order along some dims reversed, as a copy.
 *
 *   y[.., i, ..] = x[.., n - 1 - i, ..]  along each dim of size n that is named; no dims are all dims
 *
 * The gradient of x is g flipped.
 */
#include <string.h>

#include "ops/iterate.h"
#include "ops/layout.h"
#include "ops/ops.h"

typedef struct {
    gra_dims dims;
} flip_args;

static void flip_forward(gra_call *c)
{
    const flip_args *const args = c->args;
    gra_tensor *const x = c->in[0];
    unsigned mask;
    if (!gra__dims_mask("flip", args->dims, x->shape.count, &mask))
        return;
    int64_t stride[GRA_MAX_DIMS], offset = x->offset;
    memcpy(stride, x->stride, sizeof stride);
    for (int i = 0; i < x->shape.count; i++)
        if ((mask >> i & 1) && x->numel > 0) {
            offset += (x->shape.size[i] - 1) * stride[i];
            stride[i] = -stride[i];
        }
    gra_tensor *const backwards = gra__view(x, x->shape, stride, offset);
    c->out[0] = backwards ? gra__row_major_copy(backwards, x->dtype) : NULL;
}

static void flip_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    const flip_args *const args = c->args;
    dx[0] = gra_flip(g[0], args->dims);
}

const gra_op gra_op_flip = {
    .schema = "flip(Tensor x, int[] dims=[]) -> Tensor",
    .forward = flip_forward,
    .vjp = flip_vjp,
    .curvature = GRA_CURVATURE_MOVES,
    .saves = GRA_SAVE_NOTHING,
    .args_size = sizeof(flip_args),
};

gra_tensor *gra_flip(gra_tensor *x, gra_dims dims)
{
    return gra_apply(&gra_op_flip, &x, 1, &(flip_args){dims});
}
