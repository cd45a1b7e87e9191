/* gather.c - elements picked along one dim by a tensor of indices.
 *
 *   y[i, j] = x[index[i, j], j]  for dim 0,    x[i, index[i, j]]  for dim 1,    and so on
 *
 * y has the shape of index, which has as many dims as x and, beside dim, no larger sizes.  The gradient
 * of x adds each g to the place where its element came from: gather_backward (PyTorch's scatter_add into
 * zeros), an op of its own, whose derivative is gather again.
 */
#include "core/dry_run.h"
#include "core/error.h"
#include "ops/indices.h"
#include "ops/iterate.h"
#include "ops/layout.h"
#include "ops/ops.h"

typedef struct {
    int64_t dim;
} gather_args;

typedef struct {
    gra_shape shape;
    int64_t dim;
} backward_args;

static void gather_forward(gra_call *c)
{
    const gather_args *const args = c->args;
    gra_tensor *const x = c->in[0];
    gra__picks p;
    if (!gra__picks_plan("gather", x, args->dim, c->in[1], &p))
        return;
    gra_tensor *const y = gra__empty("gather", c->in[1]->shape, x->dtype);
    if (!y)
        return;
    const size_t size = gra_dtype_size(x->dtype);
    const char *const from = gra__ptr(x);
    char *const to = gra__ptr(y);
    gra__walk at = {.position = 0};
    for (int64_t i = 0; i < p.count; i++, gra__walk_on(&at, &p.shape, p.stride))
        gra__copy_element(to + i * (int64_t)size,
                          from + (at.position + p.index[i] * p.step) * (int64_t)size, size);
    c->out[0] = y;
}

static bool backward_shapes_match(const gra_call *c)
{
    char a[GRA_SHAPE_TEXT], b[GRA_SHAPE_TEXT];
    const bool match = gra_shape_equal(c->in[0]->shape, c->in[1]->shape);
    if (!match)
        gra_fail("gather_backward: g has shape %s, index has shape %s; they must be equal",
                 gra_shape_text(c->in[0]->shape, a), gra_shape_text(c->in[1]->shape, b));
    return match;
}

static void backward_forward(gra_call *c)
{
    const backward_args *const args = c->args;
    gra_dtype dtype;
    gra__picks p;
    if (!backward_shapes_match(c) || !gra__sum_dtype("gather_backward", c->in[0]->dtype, &dtype))
        return;
    gra_tensor *const g = gra__packed(c->in[0], dtype);
    gra_tensor *const dx = gra__zeros("gather_backward", args->shape, dtype);
    if (!g || !dx || !gra__picks_plan("gather_backward", dx, args->dim, c->in[1], &p))
        return;
    gra__add_scaled_loop *const add = gra__kernels_get()->elementwise->add_scaled[dtype];
    const int64_t size = (int64_t)gra_dtype_size(dtype);
    const char *const from = gra__ptr(g);
    char *const to = gra__ptr(dx);
    gra__walk at = {.position = 0};
    for (int64_t i = 0; i < p.count; i++, gra__walk_on(&at, &p.shape, p.stride))
        add(1, to + (at.position + p.index[i] * p.step) * size, size, 1, from + i * size, size);
    c->out[0] = gra__converted(dx, c->in[0]->dtype);
}

static void backward_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    const backward_args *const args = c->args;
    if (c->needs[0])
        dx[0] = gra_gather(g[0], args->dim, c->in[1]);
}

const gra_op gra_op_gather_backward = {
    .schema = "gather_backward(Tensor g, Tensor index, int[] shape, int dim) -> Tensor",
    .forward = backward_forward,
    .vjp = backward_vjp,
    .saves = GRA_IN(1),
    .args_size = sizeof(backward_args),
};

static void gather_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    const gather_args *const args = c->args;
    if (c->needs[0])
        dx[0] = gra_apply(&gra_op_gather_backward, (gra_tensor *[]){g[0], c->in[1]}, 2,
                          &(backward_args){gra_call_shape(c, 0), args->dim});
}

const gra_op gra_op_gather = {
    .schema = "gather(Tensor x, int dim, Tensor index) -> Tensor",
    .forward = gather_forward,
    .vjp = gather_vjp,
    .curvature = GRA_CURVATURE_MOVES,
    .saves = GRA_IN(1),
    .args_size = sizeof(gather_args),
};

gra_tensor *gra_gather(gra_tensor *x, int64_t dim, gra_tensor *index)
{
    return gra_apply(&gra_op_gather, (gra_tensor *[]){x, index}, 2, &(gather_args){dim});
}
