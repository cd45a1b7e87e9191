/* kl_div.c - the Kullback-Leibler divergence of a target distribution t from the input's, given as x = ln p.
 *
 *   l = t (ln t - x), 0 where t is 0           with log_target, t = e^u given as u:  l = e^u (u - x)
 *
 * reduction 3 (batchmean) is the mathematical definition: the sum over the number of samples, the input's
 * first size.  The mean divides by the number of elements.  Gradients: loss_terms.c.
 */
#include "core/error.h"
#include "ops/loss.h"

typedef struct {
    int64_t reduction;
    bool log_target;
} kl_args;

static void kl_div_forward(gra_call *c)
{
    const kl_args *const args = c->args;
    const bool batch_mean = args->reduction == GRA_REDUCE_BATCHMEAN;
    const int64_t reduction = batch_mean ? GRA_REDUCE_SUM : args->reduction;
    if (reduction < GRA_REDUCE_MEAN || reduction > GRA_REDUCE_NONE) {
        gra_fail("kl_div: reduction %lld is unknown; 0 (mean), 1 (sum), 2 (none) and 3 (batchmean) "
                 "are possible",
                 (long long)reduction);
        return;
    }
    if (!gra__loss_fits("kl_div", c->in[0], c->in[1], reduction))
        return;
    gra_tensor *const y =
        gra__reduced_loss(gra__divergence_terms(c->in[0], c->in[1], args->log_target), reduction);
    const bool divide = batch_mean && c->in[0]->shape.count > 0;
    c->out[0] = divide ? gra_div_scalar(y, (double)c->in[0]->shape.size[0]) : y;
}

const gra_op gra_op_kl_div = {
    .schema = "kl_div(Tensor input, Tensor target, int reduction=0, bool log_target=False) -> "
              "Tensor",
    .forward = kl_div_forward,
    .args_size = sizeof(kl_args),
    .composite = true,
};

gra_kl_div_options gra_kl_div_defaults(void)
{
    return (gra_kl_div_options){0};
}

gra_tensor *gra_kl_div_with(gra_kl_div_options o)
{
    return gra_apply(&gra_op_kl_div, (gra_tensor *[]){o.input, o.target}, 2,
                     &(kl_args){o.reduction, o.log_target});
}
