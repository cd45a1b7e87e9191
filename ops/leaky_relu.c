/* leaky_relu.c - the rectifier with a slope below 0.
 *
 *   y = x > 0 ? x : a x         dy/dx = x > 0 ? 1 : a
 *
 * Its gradient is one fused pass, leaky_relu_backward, an op of its own so that it can be
 * differentiated again. It reads x, or in its place the y that was written over it, whose sign is that
 * of x as long as a >= 0:
 *
 *   z = x > 0 ? g : a g         dz/dg = leaky_relu_backward        dz/dx = 0
 */
#include "core/create.h"
#include "core/error.h"
#include "ops/activate.h"
#include "ops/ops.h"

typedef struct {
    double negative_slope;
} slope_args;

static void backward_forward(gra_call *c)
{
    const slope_args *const args = c->args;
    gra__activate_backward(c, gra__kernels_get()->activations->leaky_relu_backward,
                           (double[3]){args->negative_slope});
}

static void backward_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    if (c->needs[0])
        dx[0] = gra_apply(c->op, (gra_tensor *[]){g[0], c->in[1]}, 2, c->args);
    if (c->needs[1])
        dx[1] = gra_zeros_like(c->in[1]);
}

const gra_op gra_op_leaky_relu_backward = {
    .schema = "leaky_relu_backward(Tensor g, Tensor x, float negative_slope) -> Tensor",
    .forward = backward_forward,
    .vjp = backward_vjp,
    .saves = GRA_IN(1),
    .args_size = sizeof(slope_args),
};

static void leaky_relu_forward(gra_call *c)
{
    const slope_args *const args = c->args;
    if (c->op->inplace && c->needs[0] && !(args->negative_slope >= 0))
        gra_fail("leaky_relu_: the gradient in place needs a negative_slope of at least 0, as it "
                 "reads the sign of x from y, but it is %g; use gra_leaky_relu",
                 args->negative_slope);
    else
        gra__activate(c, gra__kernels_get()->activations->leaky_relu,
                      (double[3]){args->negative_slope});
}

static void leaky_relu_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    gra_tensor *const x = c->op->inplace ? c->out[0] : c->in[0];
    dx[0] = gra_apply(&gra_op_leaky_relu_backward, (gra_tensor *[]){g[0], x}, 2, c->args);
}

const gra_op gra_op_leaky_relu = {
    .schema = "leaky_relu(Tensor x, float negative_slope=0.01) -> Tensor",
    .forward = leaky_relu_forward,
    .vjp = leaky_relu_vjp,
    .curvature = GRA_CURVATURE_ELEMENTWISE,
    .saves = GRA_IN(0),
    .args_size = sizeof(slope_args),
};

const gra_op gra_op_leaky_relu_ = {
    .schema = "leaky_relu_(Tensor(a!) x, float negative_slope=0.01) -> Tensor(a!)",
    .forward = leaky_relu_forward,
    .vjp = leaky_relu_vjp,
    .saves = GRA_OUT(0),
    .args_size = sizeof(slope_args),
    .inplace = true,
};

gra_leaky_relu_options gra_leaky_relu_defaults(void)
{
    return (gra_leaky_relu_options){.negative_slope = 0.01};
}

gra_tensor *gra_leaky_relu_with(gra_leaky_relu_options o)
{
    return gra_apply(o.inplace ? &gra_op_leaky_relu_ : &gra_op_leaky_relu, &o.x, 1,
                     &(slope_args){o.negative_slope});
}
