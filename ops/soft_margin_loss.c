/* soft_margin_loss.c - the logistic loss of scores x and targets t, 1 or -1; or 0 and 1 for each label.
 *
 *   soft_margin_loss               l = ln(1 + e^(-t x))
 *   multilabel_soft_margin_loss    l_n = 1/C sum_k w_k ((1 - t_nk) x_nk + ln(1 + e^(-x_nk)))
 *
 * and their mean, their sum, or as they are.  The second is binary_cross_entropy_with_logits, averaged over
 * the last dim, the C labels; its t is 0 or 1.  Gradients: loss_terms.c.
 */
#include "core/error.h"
#include "ops/loss.h"

typedef struct {
    int64_t reduction;
} soft_margin_args;

static void soft_margin_forward(gra_call *c)
{
    const int64_t reduction = ((const soft_margin_args *)c->args)->reduction;
    gra_tensor *const x = c->in[0], *const t = c->in[1];
    gra_shape shape;
    if (gra__loss_floating("soft_margin_loss", "input", x) &&
        gra__is_reduction("soft_margin_loss", reduction) &&
        gra__broadcast("soft_margin_loss", &x->shape, &t->shape, &shape))
        c->out[0] = gra__reduced_loss(gra__minus_log_sigmoid(gra_mul(t, x)), reduction);
}

const gra_op gra_op_soft_margin_loss = {
    .schema = "soft_margin_loss(Tensor input, Tensor target, int reduction=0) -> Tensor",
    .forward = soft_margin_forward,
    .args_size = sizeof(soft_margin_args),
    .composite = true,
};

static void multilabel_forward(gra_call *c)
{
    static const char name[] = "multilabel_soft_margin_loss";
    const int64_t reduction = ((const soft_margin_args *)c->args)->reduction;
    gra_tensor *const x = c->in[0], *const weight = c->in[2];
    if (!gra__loss_fits(name, x, c->in[1], reduction))
        return;
    if (x->shape.count == 0) {
        gra_fail("%s: input has no dims; [N, C] or [C] is needed", name);
        return;
    }
    gra_tensor *const terms =
        gra__weighted_loss(name, gra__logit_entropy_terms(x, c->in[1]), weight, GRA_REDUCE_NONE);
    c->out[0] = gra__reduced_loss(gra_mean(terms, .dims = GRA_DIMS(-1)), reduction);
}

const gra_op gra_op_multilabel_soft_margin_loss = {
    .schema = "multilabel_soft_margin_loss(Tensor input, Tensor target, Tensor? weight=None, int "
              "reduction=0) -> Tensor",
    .forward = multilabel_forward,
    .args_size = sizeof(soft_margin_args),
    .composite = true,
};

gra_soft_margin_loss_options gra_soft_margin_loss_defaults(void)
{
    return (gra_soft_margin_loss_options){0};
}

gra_multilabel_soft_margin_loss_options gra_multilabel_soft_margin_loss_defaults(void)
{
    return (gra_multilabel_soft_margin_loss_options){0};
}

gra_tensor *gra_soft_margin_loss_with(gra_soft_margin_loss_options o)
{
    return gra_apply(&gra_op_soft_margin_loss, (gra_tensor *[]){o.input, o.target}, 2,
                     &(soft_margin_args){o.reduction});
}

gra_tensor *gra_multilabel_soft_margin_loss_with(gra_multilabel_soft_margin_loss_options o)
{
    return gra_apply(&gra_op_multilabel_soft_margin_loss,
                     (gra_tensor *[]){o.input, o.target, o.weight}, 3,
                     &(soft_margin_args){o.reduction});
}
