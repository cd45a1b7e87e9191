/* cat.c - tensors joined along one dim.
 *
 *   y = [x0 | x1 | ..],  the sizes along dim added up, all others equal
 *
 * dtypes are promoted.  An empty vector (shape [0]) fits anything, as in PyTorch.  The gradient of xi
 * is its range of g.  y is channels-last in memory where the first tensor is.
 */
#include "core/create.h"
#include "core/error.h"
#include "ops/iterate.h"
#include "ops/layout.h"
#include "ops/ops.h"

typedef struct {
    int64_t dim;
} cat_args;

static bool is_empty_vector(const gra_shape *shape)
{
    return shape->count == 1 && shape->size[0] == 0;
}

/* The first tensor that is not an empty vector says how many dims there are; NULL where none has any. */
static const gra_tensor *leader(const gra_call *c)
{
    if (c->n_in == 0)
        return gra_fail("cat: 0 tensors were given; at least one is needed");
    for (int i = 0; i < c->n_in; i++)
        if (c->in[i]->shape.count == 0)
            return gra_fail("cat: tensor %d has no dims; gra_stack joins such tensors", i);
    for (int i = 0; i < c->n_in; i++)
        if (!is_empty_vector(&c->in[i]->shape))
            return c->in[i];
    return c->in[0];
}

/* Whether tensor i fits behind the leader; adds its size along dim. */
static bool join(gra_shape *shape, const gra_tensor *first, const gra_tensor *x, int i, int dim)
{
    bool fits = x->shape.count == shape->count;
    for (int d = 0; fits && d < shape->count; d++)
        fits = d == dim || x->shape.size[d] == shape->size[d];
    if (!fits) {
        char a[GRA_SHAPE_TEXT], b[GRA_SHAPE_TEXT];
        gra_fail("cat: shape %s of tensor %d does not fit behind %s; all sizes but that of dim %d "
                 "must be equal",
                 gra_shape_text(x->shape, b), i, gra_shape_text(first->shape, a), dim);
        return false;
    }
    shape->size[dim] += x->shape.size[dim];
    return true;
}

static bool result_shape(const gra_call *c, gra_shape *shape, int *dim)
{
    const cat_args *const args = c->args;
    const gra_tensor *const first = leader(c);
    if (!first || (*dim = gra__wrap_dim("cat", args->dim, first->shape.count)) < 0)
        return false;
    *shape = first->shape;
    shape->size[*dim] = 0;
    for (int i = 0; i < c->n_in; i++)
        if (!is_empty_vector(&c->in[i]->shape) && !join(shape, first, c->in[i], i, *dim))
            return false;
    return true;
}

static void cat_forward(gra_call *c)
{
    gra_shape shape;
    int dim;
    if (!result_shape(c, &shape, &dim))
        return;
    gra_tensor *const y =
        gra__empty_in_layout("cat", shape, gra__result_type(c->in, c->n_in), leader(c));
    int64_t start = 0;
    for (int i = 0; y && i < c->n_in; i++) {
        if (is_empty_vector(&c->in[i]->shape))
            continue;
        const int64_t length = c->in[i]->shape.size[dim];
        gra_tensor *const part = gra__narrowed(y, dim, start, length);
        if (!part || !gra__copy_into("cat", part, c->in[i]))
            return;
        start += length;
    }
    c->out[0] = y;
}

static void cat_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    const cat_args *const args = c->args;
    const int dim = gra__wrap_dim("cat", args->dim, gra_tensor_ndim(g[0]));
    int64_t start = 0;
    for (int i = 0; i < c->n_in; i++) {
        const gra_shape shape = gra_call_shape(c, i);
        const bool empty = is_empty_vector(&shape);
        const int64_t length = empty ? 0 : shape.size[dim];
        if (c->needs[i] && empty)
            dx[i] = gra_zeros(shape, .dtype = gra_call_dtype(c, i));
        else if (c->needs[i])
            dx[i] = gra_narrow(g[0], dim, start, length);
        start += length;
    }
}

const gra_op gra_op_cat = {
    .schema = "cat(Tensor[] tensors, int dim=0) -> Tensor",
    .forward = cat_forward,
    .vjp = cat_vjp,
    .curvature = GRA_CURVATURE_MOVES,
    .saves = GRA_SAVE_NOTHING,
    .args_size = sizeof(cat_args),
};

gra_tensor *gra_cat(gra_tensor *const *tensors, int count, int64_t dim)
{
    if (count <= 0 || !tensors)
        return gra_fail("cat: %d tensors were given; at least one is needed", tensors ? count : 0);
    return gra_apply(&gra_op_cat, tensors, count, &(cat_args){dim});
}
