/* index_add.c - slices added along a dim where a vector of indices says.
 *
 *   y = x, then y[index[i], ..] += alpha source[i, ..]      for dim 0, and so on
 *
 *   dx = g        dsource = alpha index_select(g, dim, index)
 *
 * Floating point only.
 */
#include "core/error.h"
#include "core/tensor_struct.h"
#include "ops/ops.h"

typedef struct {
    int64_t dim;
    double alpha;
} add_args;

typedef struct {
    gra_shape shape;
    int64_t dim;
} select_backward_args;

extern const gra_op gra_op_index_select_backward;

static bool fits(const gra_call *c)
{
    const gra_tensor *const x = c->in[0], *const index = c->in[1], *const source = c->in[2];
    const add_args *const args = c->args;
    char a[GRA_SHAPE_TEXT], b[GRA_SHAPE_TEXT];
    const int dim = gra__wrap_dim("index_add", args->dim, x->shape.count);
    if (dim < 0)
        return false;
    gra_shape wanted = x->shape;
    if (wanted.count)
        wanted.size[dim] = index->numel;
    if (x->dtype != source->dtype || !gra_dtype_is_floating(x->dtype))
        gra_fail("index_add: x has dtype %s and source %s; one floating-point dtype is needed",
                 gra_dtype_name(x->dtype), gra_dtype_name(source->dtype));
    else if (!gra_shape_equal(source->shape, wanted))
        gra_fail("index_add: source has shape %s; %s is needed", gra_shape_text(source->shape, a),
                 gra_shape_text(wanted, b));
    return !gra_error();
}

static void index_add_forward(gra_call *c)
{
    const add_args *const args = c->args;
    if (!fits(c))
        return;
    gra_tensor *const source = args->alpha == 1 ? c->in[2] : gra_mul_scalar(c->in[2], args->alpha);
    gra_tensor *const spread =
        gra_apply(&gra_op_index_select_backward, (gra_tensor *[]){source, c->in[1]}, 2,
                  &(select_backward_args){c->in[0]->shape, args->dim});
    c->out[0] = gra_add(c->in[0], spread);
}

const gra_op gra_op_index_add = {
    .schema = "index_add(Tensor x, int dim, Tensor index, Tensor source, float alpha=1) -> Tensor",
    .forward = index_add_forward,
    .args_size = sizeof(add_args),
    .composite = true,
};

gra_index_add_options gra_index_add_defaults(void)
{
    return (gra_index_add_options){.alpha = 1};
}

gra_tensor *gra_index_add_with(gra_index_add_options o)
{
    return gra_apply(&gra_op_index_add, (gra_tensor *[]){o.x, o.index, o.source}, 3,
                     &(add_args){o.dim, o.alpha});
}
