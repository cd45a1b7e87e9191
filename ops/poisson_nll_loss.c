/* poisson_nll_loss.c - the negative log-likelihood of counts t under Poisson's distribution.
 *
 *   l = e^x - t x                      with log_input: x is the logarithm of the rate
 *   l = x - t ln(x + eps)              without
 *
 * full adds Stirling's ln t! = t ln t - t + ln(2 pi t) / 2 where t > 1.  The mean, the sum, or as it is.
 */
#include <math.h>

#include "core/create.h"
#include "ops/loss.h"

typedef struct {
    bool log_input, full;
    double eps;
    int64_t reduction;
} poisson_args;

static gra_tensor *stirling(gra_tensor *t)
{
    gra_tensor *const half = gra_mul_scalar(gra_log(gra_mul_scalar(t, 2 * acos(-1))), 0.5);
    gra_tensor *const terms = gra_add(gra_sub(gra_mul(t, gra_log(t)), t), half);
    return gra_where(gra_gt_scalar(t, 1), terms, gra_scalar(0, t->dtype));
}

static void poisson_forward(gra_call *c)
{
    const poisson_args *const args = c->args;
    gra_tensor *const x = c->in[0], *const t = c->in[1];
    if (!gra__loss_fits("poisson_nll_loss", x, t, args->reduction))
        return;
    gra_tensor *terms = args->log_input
                            ? gra_sub(gra_exp(x), gra_mul(t, x))
                            : gra_sub(x, gra_mul(t, gra_log(gra_add_scalar(x, args->eps))));
    if (args->full)
        terms = gra_add(terms, stirling(t));
    c->out[0] = gra__reduced_loss(terms, args->reduction);
}

const gra_op gra_op_poisson_nll_loss = {
    .schema = "poisson_nll_loss(Tensor input, Tensor target, bool log_input=True, bool full=False, "
              "float eps=1e-08, int reduction=0) -> Tensor",
    .forward = poisson_forward,
    .args_size = sizeof(poisson_args),
    .composite = true,
};

gra_poisson_nll_loss_options gra_poisson_nll_loss_defaults(void)
{
    return (gra_poisson_nll_loss_options){.log_input = true, .eps = 1e-8};
}

gra_tensor *gra_poisson_nll_loss_with(gra_poisson_nll_loss_options o)
{
    return gra_apply(&gra_op_poisson_nll_loss, (gra_tensor *[]){o.input, o.target}, 2,
                     &(poisson_args){o.log_input, o.full, o.eps, o.reduction});
}
