/* huber_loss.c - absolute errors, rounded off to squares where they are small.
 *
 *   l1_loss               l = |d|                                            d = input - target
 *   smooth_l1_loss        l = |d| < beta ? d^2 / (2 beta) : |d| - beta / 2
 *   huber_loss            l = |d| < delta ? d^2 / 2 : delta (|d| - delta / 2)
 *
 * and their mean, their sum, or as they are.  A weight multiplies them; l1_loss then takes the weighted
 * mean, sum w l / sum w, as mse_loss does, huber_loss the mean of w l, as PyTorch has it.  smooth_l1_loss
 * with beta = 0 is l1_loss.  Gradients: loss_terms.c.
 *
 * Sources: Huber, "Robust estimation of a location parameter", Annals of Mathematical Statistics 35, 1964;
 * Girshick, "Fast R-CNN", ICCV 2015.
 */
#include "core/error.h"
#include "ops/loss.h"

typedef struct {
    int64_t reduction;
} l1_args;

typedef struct {
    int64_t reduction;
    double beta;
} smooth_args;

static void l1_forward(gra_call *c)
{
    const int64_t reduction = ((const l1_args *)c->args)->reduction;
    if (gra__loss_fits("l1_loss", c->in[0], c->in[1], reduction))
        c->out[0] = gra__weighted_mean_loss("l1_loss", gra__huber_terms(c->in[0], c->in[1], 0, 1),
                                            c->in[2], reduction);
}

const gra_op gra_op_l1_loss = {
    .schema = "l1_loss(Tensor input, Tensor target, int reduction=0, Tensor? weight=None) -> "
              "Tensor",
    .forward = l1_forward,
    .args_size = sizeof(l1_args),
    .composite = true,
};

static void smooth_l1_forward(gra_call *c)
{
    const smooth_args *const args = c->args;
    if (!gra__loss_fits("smooth_l1_loss", c->in[0], c->in[1], args->reduction))
        return;
    if (!(args->beta >= 0)) {
        gra_fail("smooth_l1_loss: beta %g is out of range; it is 0 or above", args->beta);
        return;
    }
    c->out[0] =
        gra__reduced_loss(gra__huber_terms(c->in[0], c->in[1], args->beta, 1), args->reduction);
}

const gra_op gra_op_smooth_l1_loss = {
    .schema = "smooth_l1_loss(Tensor input, Tensor target, int reduction=0, float beta=1.0) -> "
              "Tensor",
    .forward = smooth_l1_forward,
    .args_size = sizeof(smooth_args),
    .composite = true,
};

static void huber_loss_forward(gra_call *c)
{
    const smooth_args *const args = c->args;
    const double delta = args->beta;
    if (!gra__loss_fits("huber_loss", c->in[0], c->in[1], args->reduction))
        return;
    if (!(delta > 0)) {
        gra_fail("huber_loss: delta %g is out of range; it is above 0", delta);
        return;
    }
    c->out[0] = gra__weighted_loss("huber_loss", gra__huber_terms(c->in[0], c->in[1], delta, delta),
                                   c->in[2], args->reduction);
}

const gra_op gra_op_huber_loss = {
    .schema = "huber_loss(Tensor input, Tensor target, int reduction=0, float delta=1.0, Tensor? "
              "weight=None) -> Tensor",
    .forward = huber_loss_forward,
    .args_size = sizeof(smooth_args),
    .composite = true,
};

gra_l1_loss_options gra_l1_loss_defaults(void)
{
    return (gra_l1_loss_options){0};
}

gra_smooth_l1_loss_options gra_smooth_l1_loss_defaults(void)
{
    return (gra_smooth_l1_loss_options){.beta = 1};
}

gra_huber_loss_options gra_huber_loss_defaults(void)
{
    return (gra_huber_loss_options){.delta = 1};
}

gra_tensor *gra_l1_loss_with(gra_l1_loss_options o)
{
    return gra_apply(&gra_op_l1_loss, (gra_tensor *[]){o.input, o.target, o.weight}, 3,
                     &(l1_args){o.reduction});
}

gra_tensor *gra_smooth_l1_loss_with(gra_smooth_l1_loss_options o)
{
    return gra_apply(&gra_op_smooth_l1_loss, (gra_tensor *[]){o.input, o.target}, 2,
                     &(smooth_args){o.reduction, o.beta});
}

gra_tensor *gra_huber_loss_with(gra_huber_loss_options o)
{
    return gra_apply(&gra_op_huber_loss, (gra_tensor *[]){o.input, o.target, o.weight}, 3,
                     &(smooth_args){o.reduction, o.delta});
}
