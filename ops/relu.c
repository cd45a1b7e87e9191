/* relu.c - the rectifier.
 *
 *   y = max(x, 0)               dy/dx = 1 where y > 0, else 0; NaN passes both ways
 *
 * Its gradient is one fused pass, relu_backward, an op of its own so that it can be differentiated
 * again; a gradient that nothing else holds is overwritten:
 *
 *   z = y <= 0 ? 0 : g          dz/dg = relu_backward        dz/dy = 0
 */
#include "ops/relu.h"
#include "core/create.h"
#include "ops/iterate.h"
#include "ops/ops.h"

static void backward_forward(gra_call *c)
{
    gra__binary(c, gra__kernels_get()->elementwise->relu_backward);
}

static void backward_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    if (c->needs[0])
        dx[0] = gra_apply(c->op, (gra_tensor *[]){g[0], c->in[1]}, 2, NULL);
    if (c->needs[1])
        dx[1] = gra_zeros_like(c->in[1]);
}

const gra_op gra_op_relu_backward = {
    .schema = "relu_backward(Tensor g, Tensor y) -> Tensor",
    .forward = backward_forward,
    .vjp = backward_vjp,
    .saves = GRA_IN(1),
};

const gra_op gra_op_relu_backward_ = {
    .schema = "relu_backward_(Tensor(a!) g, Tensor y) -> Tensor(a!)",
    .forward = backward_forward,
    .inplace = true, /* called while nothing is recorded, so it has no rule */
};

/* Whether g lives for this pass alone and lies in memory as y does. */
static bool may_overwrite(const gra_tensor *g, const gra_tensor *y)
{
    return !gra_grad_enabled() && g->head.refs == 1 && g->head.owned == 0 &&
           g->storage->refs == 1 && !g->node && g->dtype == y->dtype && gra__is_dense(g) &&
           gra_shape_equal(g->shape, y->shape);
}

gra_tensor *gra__relu_backward(gra_tensor *g, gra_tensor *y)
{
    const bool inplace = g && y && may_overwrite(g, y);
    return gra_apply(inplace ? &gra_op_relu_backward_ : &gra_op_relu_backward,
                     (gra_tensor *[]){g, y}, 2, NULL);
}

static void relu_forward(gra_call *c)
{
    gra__unary(c, gra__kernels_get()->elementwise->relu);
}

static void relu_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    dx[0] = gra__relu_backward(g[0], c->out[0]);
}

const gra_op gra_op_relu = {
    .schema = "relu(Tensor x) -> Tensor",
    .forward = relu_forward,
    .vjp = relu_vjp,
    .curvature = GRA_CURVATURE_ELEMENTWISE,
    .saves = GRA_OUT(0),
};

const gra_op gra_op_relu_ = {
    .schema = "relu_(Tensor(a!) x) -> Tensor(a!)",
    .forward = relu_forward,
    .vjp = relu_vjp,
    .curvature = GRA_CURVATURE_ELEMENTWISE,
    .saves = GRA_OUT(0),
    .inplace = true,
};

gra_tensor *gra_relu(gra_tensor *x)
{
    return gra_apply(&gra_op_relu, &x, 1, NULL);
}

gra_tensor *gra_relu_(gra_tensor *x)
{
    return gra_apply(&gra_op_relu_, &x, 1, NULL);
}
