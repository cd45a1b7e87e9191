/* stack.c - tensors of one shape side by side along a new dim.
 *
 *   y[.., i, ..] = xi[.., ..]
 *
 * dtypes are promoted.  The gradient of xi is index i of g.
 */
#include "core/error.h"
#include "ops/iterate.h"
#include "ops/layout.h"
#include "ops/ops.h"

typedef struct {
    int64_t dim;
} stack_args;

static bool all_of_one_shape(const gra_call *c)
{
    if (c->n_in == 0) {
        gra_fail("stack: 0 tensors were given; at least one is needed");
        return false;
    }
    for (int i = 1; i < c->n_in; i++)
        if (!gra_shape_equal(c->in[i]->shape, c->in[0]->shape)) {
            char a[GRA_SHAPE_TEXT], b[GRA_SHAPE_TEXT];
            gra_fail("stack: tensor 0 has shape %s and tensor %d has shape %s; all must have the "
                     "same shape",
                     gra_shape_text(c->in[0]->shape, a), i, gra_shape_text(c->in[i]->shape, b));
            return false;
        }
    return true;
}

static void stack_forward(gra_call *c)
{
    const stack_args *const args = c->args;
    if (!all_of_one_shape(c))
        return;
    const gra_shape one = c->in[0]->shape;
    const int dim = gra__wrap_new_dim("stack", args->dim, one.count);
    if (dim < 0)
        return;
    gra_tensor *const y = gra__empty("stack", gra__shape_inserted(one, dim, c->n_in),
                                     gra__result_type(c->in, c->n_in));
    if (!y)
        return;
    int64_t stride[GRA_MAX_DIMS];
    for (int i = 0; i < one.count; i++)
        stride[i] = y->stride[i < dim ? i : i + 1];
    for (int i = 0; i < c->n_in; i++) {
        gra_tensor *const part = gra__view(y, one, stride, i * y->stride[dim]);
        if (!part || !gra__copy_into("stack", part, c->in[i]))
            return;
    }
    c->out[0] = y;
}

static void stack_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    const stack_args *const args = c->args;
    const int dim = gra__wrap_dim("stack", args->dim, gra_tensor_ndim(g[0]));
    for (int i = 0; i < c->n_in; i++)
        if (c->needs[i])
            dx[i] = gra_select(g[0], dim, i);
}

const gra_op gra_op_stack = {
    .schema = "stack(Tensor[] tensors, int dim=0) -> Tensor",
    .forward = stack_forward,
    .vjp = stack_vjp,
    .curvature = GRA_CURVATURE_MOVES,
    .saves = GRA_SAVE_NOTHING,
    .args_size = sizeof(stack_args),
};

gra_tensor *gra_stack(gra_tensor *const *tensors, int count, int64_t dim)
{
    if (count <= 0 || !tensors)
        return gra_fail("stack: %d tensors were given; at least one is needed",
                        tensors ? count : 0);
    return gra_apply(&gra_op_stack, tensors, count, &(stack_args){dim});
}
