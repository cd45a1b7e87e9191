/* softmax.c - numbers that are positive and sum to 1 along a dim.
 *
 *   y_i = e^(x_i - m) / sum_j e^(x_j - m),  m = max_j x_j
 *
 *   dx_i = y_i (g_i - sum_j g_j y_j)
 *
 * The gradient is one fused pass, softmax_backward, an op of its own.  With h the gradient of its
 * result z_i = y_i (g_i - sum_j g_j y_j):
 *
 *   dg_i = y_i (h_i - sum_j h_j y_j)        dy_i = h_i (g_i - sum_j g_j y_j) - g_i sum_j h_j y_j
 */
#include "ops/ops.h"
#include "ops/slabs.h"

extern const gra_op gra_op_softmax_backward;

static gra_tensor *backward(gra_tensor *g, gra_tensor *y, int64_t dim)
{
    return gra_apply(&gra_op_softmax_backward, (gra_tensor *[]){g, y}, 2, &(gra__dim_args){dim});
}

static gra_tensor *dot(gra_tensor *a, gra_tensor *b, int64_t dim)
{
    return gra_sum(gra_mul(a, b), .dims = GRA_DIMS(dim), .keepdim = true);
}

static void backward_forward(gra_call *c)
{
    gra__softmax_backward_forward(c, gra__kernels_get()->reduce->softmax_backward);
}

static void backward_vjp(gra_call *c, gra_tensor **h, gra_tensor **dx)
{
    const int64_t dim = ((const gra__dim_args *)c->args)->dim;
    gra_tensor *const g = c->in[0], *const y = c->in[1];
    if (c->needs[0])
        dx[0] = backward(h[0], y, dim);
    if (c->needs[1])
        dx[1] = gra_sub(gra_mul(h[0], gra_sub(g, dot(g, y, dim))), gra_mul(g, dot(h[0], y, dim)));
}

const gra_op gra_op_softmax_backward = {
    .schema = "softmax_backward(Tensor g, Tensor y, int dim) -> Tensor",
    .forward = backward_forward,
    .vjp = backward_vjp,
    .args_size = sizeof(gra__dim_args),
};

static void softmax_forward(gra_call *c)
{
    gra__softmax_forward(c, gra__kernels_get()->reduce->softmax);
}

static void softmax_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    dx[0] = backward(g[0], c->out[0], ((const gra__dim_args *)c->args)->dim);
}

const gra_op gra_op_softmax = {
    .schema = "softmax(Tensor x, int dim) -> Tensor",
    .forward = softmax_forward,
    .vjp = softmax_vjp,
    .saves = GRA_OUT(0),
    .args_size = sizeof(gra__dim_args),
};

gra_tensor *gra_softmax(gra_tensor *x, int64_t dim)
{
    return gra_apply(&gra_op_softmax, &x, 1, &(gra__dim_args){dim});
}
