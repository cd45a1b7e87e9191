/* mse_loss.c - squared errors, averaged (mean), added up (sum) or as they are (none).
 *
 *   y = 1/n sum_i (a_i - b_i)^2                a input, b target, broadcast; n elements; none: no sum
 *   y = sum_i w_i (a_i - b_i)^2 / sum_i w_i    with a weight w
 *
 *   dy/da_i = 2/n (a_i - b_i)                  dy/db_i = -dy/da_i
 */
#include "core/error.h"
#include "ops/loss.h"

typedef struct {
    int64_t reduction;
} mse_args;

static void mse_loss_forward(gra_call *c)
{
    const int64_t reduction = ((const mse_args *)c->args)->reduction;
    if (gra__loss_fits("mse_loss", c->in[0], c->in[1], reduction))
        c->out[0] = gra__weighted_mean_loss("mse_loss", gra__square_terms(c->in[0], c->in[1]),
                                            c->in[2], reduction);
}

const gra_op gra_op_mse_loss = {
    .schema = "mse_loss(Tensor input, Tensor target, int reduction=0, Tensor? weight=None) -> "
              "Tensor",
    .forward = mse_loss_forward,
    .args_size = sizeof(mse_args),
    .composite = true,
};

gra_mse_loss_options gra_mse_loss_defaults(void)
{
    return (gra_mse_loss_options){0};
}

gra_tensor *gra_mse_loss_with(gra_mse_loss_options o)
{
    return gra_apply(&gra_op_mse_loss, (gra_tensor *[]){o.input, o.target, o.weight}, 3,
                     &(mse_args){o.reduction});
}
