/* mse_loss.c - squared errors, averaged (mean), added up (sum) or as they are (none).
 *
 *   y = 1/n sum_i (a_i - b_i)^2                a input, b target, broadcast; n elements; none: no sum
 *
 *   dy/da_i = 2/n (a_i - b_i)                  dy/db_i = -dy/da_i
 */
#include "core/error.h"
#include "ops/ops.h"
#include "ops/reduce.h"

typedef struct {
    int64_t reduction;
} mse_args;

static bool check(gra_call *c, gra_shape *shape)
{
    static const char *const names[] = {"input", "target"};
    const int64_t reduction = ((const mse_args *)c->args)->reduction;
    for (int i = 0; i < 2; i++)
        if (!gra_dtype_is_floating(c->in[i]->dtype)) {
            gra_fail("mse_loss: %s has dtype %s; a floating point dtype is needed, convert it with "
                     "gra_to",
                     names[i], gra_dtype_name(c->in[i]->dtype));
            return false;
        }
    if (reduction < GRA_REDUCE_MEAN || reduction > GRA_REDUCE_NONE) {
        gra_fail("mse_loss: reduction %lld is unknown; 0 (mean), 1 (sum) and 2 (none) are possible",
                 (long long)reduction);
        return false;
    }
    return gra__broadcast("mse_loss", &c->in[0]->shape, &c->in[1]->shape, shape);
}

static void mse_loss_forward(gra_call *c)
{
    const int64_t reduction = ((const mse_args *)c->args)->reduction;
    gra_shape shape;
    if (!check(c, &shape))
        return;
    gra_tensor *const squares = gra_square(gra_sub(c->in[0], c->in[1]));
    c->out[0] = reduction == GRA_REDUCE_MEAN  ? gra_mean(squares)
                : reduction == GRA_REDUCE_SUM ? gra_sum(squares)
                                              : squares;
}

static void mse_loss_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    const int64_t reduction = ((const mse_args *)c->args)->reduction;
    gra_tensor *const difference = gra_sub(c->in[0], c->in[1]);
    const int64_t n = reduction == GRA_REDUCE_MEAN ? gra_tensor_numel(difference) : 1;
    gra_tensor *const da = gra_mul(difference, gra_mul_scalar(g[0], 2 / (n ? (double)n : 1)));
    if (c->needs[0])
        dx[0] = da;
    if (c->needs[1])
        dx[1] = gra_neg(da);
}

const gra_op gra_op_mse_loss = {
    .schema = "mse_loss(Tensor input, Tensor target, int reduction=0) -> Tensor",
    .forward = mse_loss_forward,
    .vjp = mse_loss_vjp,
    .args_size = sizeof(mse_args),
};

gra_mse_loss_options gra_mse_loss_defaults(void)
{
    return (gra_mse_loss_options){0};
}

gra_tensor *gra_mse_loss_with(gra_mse_loss_options o)
{
    return gra_apply(&gra_op_mse_loss, (gra_tensor *[]){o.input, o.target}, 2,
                     &(mse_args){o.reduction});
}
