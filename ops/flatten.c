/* flatten.c - dims start_dim to end_dim joined into one: a view where possible, else a copy.
 *
 *   [2, 3, 4, 5]  --flatten(1, 2)-->  [2, 12, 5]
 *
 * A tensor without dims becomes a vector of one element.  The gradient of x is g in x's shape.
 */
#include "core/error.h"
#include "ops/layout.h"
#include "ops/ops.h"

typedef struct {
    int64_t start_dim, end_dim;
} flatten_args;

static void flatten_forward(gra_call *c)
{
    const flatten_args *const args = c->args;
    const gra_shape from = c->in[0]->shape;
    const int start = gra__wrap_dim("flatten", args->start_dim, from.count);
    const int end = start < 0 ? -1 : gra__wrap_dim("flatten", args->end_dim, from.count);
    if (end < 0)
        return;
    if (start > end) {
        gra_fail("flatten: start_dim %d comes after end_dim %d", start, end);
        return;
    }
    gra_shape shape = {.count = 0};
    for (int i = 0; i < start; i++)
        shape.size[shape.count++] = from.size[i];
    shape.size[shape.count++] = gra__numel_between(&from, start, from.count ? end + 1 : 0);
    for (int i = end + 1; i < from.count; i++)
        shape.size[shape.count++] = from.size[i];
    c->out[0] = gra__reshaped("flatten", c->in[0], shape);
}

static void flatten_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    dx[0] = gra_reshape(g[0], gra_call_shape(c, 0));
}

const gra_op gra_op_flatten = {
    .schema = "flatten(Tensor(a) x, int start_dim=0, int end_dim=-1) -> Tensor(a)",
    .forward = flatten_forward,
    .vjp = flatten_vjp,
    .curvature = GRA_CURVATURE_MOVES,
    .saves = GRA_SAVE_NOTHING,
    .args_size = sizeof(flatten_args),
    .view = true,
};

gra_tensor *gra_flatten(gra_tensor *x, int64_t start_dim, int64_t end_dim)
{
    return gra_apply(&gra_op_flatten, &x, 1, &(flatten_args){start_dim, end_dim});
}
