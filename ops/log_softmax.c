/* log_softmax.c - the logarithm of softmax along a dim, without overflow.
 *
 *   y_i = x_i - m - ln sum_j e^(x_j - m),  m = max_j x_j
 *
 *   dx_i = g_i - e^y_i sum_j g_j
 *
 * The gradient is one fused pass, log_softmax_backward, an op of its own.  With h the gradient of its
 * result z_i = g_i - e^y_i sum_j g_j:
 *
 *   dg_i = h_i - sum_j h_j e^y_j            dy_i = -h_i e^y_i sum_j g_j
 */
#include "ops/ops.h"
#include "ops/slabs.h"

static gra_tensor *total(gra_tensor *x, int64_t dim)
{
    return gra_sum(x, .dims = GRA_DIMS(dim), .keepdim = true);
}

static void backward_forward(gra_call *c)
{
    gra__softmax_backward_forward(c, gra__kernels_get()->reduce->log_softmax_backward);
}

static void backward_vjp(gra_call *c, gra_tensor **h, gra_tensor **dx)
{
    const int64_t dim = ((const gra__dim_args *)c->args)->dim;
    gra_tensor *const weighted = gra_mul(h[0], gra_exp(c->in[1]));
    if (c->needs[0])
        dx[0] = gra_sub(h[0], total(weighted, dim));
    if (c->needs[1])
        dx[1] = gra_neg(gra_mul(weighted, total(c->in[0], dim)));
}

const gra_op gra_op_log_softmax_backward = {
    .schema = "log_softmax_backward(Tensor g, Tensor y, int dim) -> Tensor",
    .forward = backward_forward,
    .vjp = backward_vjp,
    .args_size = sizeof(gra__dim_args),
};

static void log_softmax_forward(gra_call *c)
{
    gra__softmax_forward(c, gra__kernels_get()->reduce->log_softmax);
}

static void log_softmax_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    dx[0] = gra_apply(&gra_op_log_softmax_backward, (gra_tensor *[]){g[0], c->out[0]}, 2, c->args);
}

const gra_op gra_op_log_softmax = {
    .schema = "log_softmax(Tensor x, int dim) -> Tensor",
    .forward = log_softmax_forward,
    .vjp = log_softmax_vjp,
    .saves = GRA_OUT(0),
    .args_size = sizeof(gra__dim_args),
};

gra_tensor *gra_log_softmax(gra_tensor *x, int64_t dim)
{
    return gra_apply(&gra_op_log_softmax, &x, 1, &(gra__dim_args){dim});
}
