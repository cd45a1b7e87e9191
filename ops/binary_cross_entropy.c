/* binary_cross_entropy.c - the negative log-likelihood of targets t, 0 to 1, of two classes.
 *
 *   binary_cross_entropy               l = -w (t ln x + (1 - t) ln(1 - x))     x a probability
 *   binary_cross_entropy_with_logits   l = -w (q t ln s + (1 - t) ln(1 - s))   s = 1 / (1 + e^-x)
 *
 * and their mean, their sum, or as they are.  The logarithms of the first are not taken below -100.  The
 * second is computed as (1 - t) x + ln(1 + e^-x), which neither overflows nor cancels, to which a weight q
 * of the positive class (pos_weight) adds (q - 1) t ln(1 + e^-x).  Gradients: loss_terms.c.
 */
#include <math.h>

#include "core/dry_run.h"
#include "core/error.h"
#include "ops/loss.h"

typedef struct {
    int64_t reduction;
} entropy_args;

/* An input outside of 0 to 1 makes its term NaN, so that only then is it looked for. */
static bool has_probabilities(const gra_tensor *x, gra_tensor *terms)
{
    if (!terms || gra__dry_run() || !isnan(gra_item(gra_sum(gra_detach(terms)))))
        return terms != NULL;
    char text[GRA_SHAPE_TEXT];
    gra_shape index = x->shape;
    for (int64_t i = 0; i < x->numel; i++) {
        int64_t rest = i;
        for (int d = index.count - 1; d >= 0; rest /= x->shape.size[d--])
            index.size[d] = rest % x->shape.size[d];
        const double value = gra_tensor_at(x, index);
        if (value >= 0 && value <= 1)
            continue;
        gra_fail("binary_cross_entropy: input %g at position %s is no probability; it lies between "
                 "0 and 1, as gra_sigmoid gives it",
                 value, gra_shape_text(index, text));
        return false;
    }
    return true;
}

static void entropy_forward(gra_call *c)
{
    const int64_t reduction = ((const entropy_args *)c->args)->reduction;
    if (!gra__loss_fits("binary_cross_entropy", c->in[0], c->in[1], reduction))
        return;
    gra_tensor *const terms = gra__entropy_terms(c->in[0], c->in[1]);
    if (has_probabilities(c->in[0], terms))
        c->out[0] = gra__weighted_loss("binary_cross_entropy", terms, c->in[2], reduction);
}

const gra_op gra_op_binary_cross_entropy = {
    .schema = "binary_cross_entropy(Tensor input, Tensor target, Tensor? weight=None, int "
              "reduction=0) -> Tensor",
    .forward = entropy_forward,
    .args_size = sizeof(entropy_args),
    .composite = true,
};

/* What pos_weight adds to the terms. */
static gra_tensor *positives(gra_tensor *x, gra_tensor *t, gra_tensor *pos_weight)
{
    return gra_mul(gra_mul(gra_sub_scalar(pos_weight, 1), t), gra__minus_log_sigmoid(x));
}

static void with_logits_forward(gra_call *c)
{
    static const char name[] = "binary_cross_entropy_with_logits";
    const int64_t reduction = ((const entropy_args *)c->args)->reduction;
    gra_tensor *const x = c->in[0], *const t = c->in[1], *const pos_weight = c->in[3];
    if (!gra__loss_fits(name, x, t, reduction))
        return;
    gra_tensor *terms = gra__logit_entropy_terms(x, t);
    if (terms && pos_weight) {
        if (!gra__loss_weight_fits(name, "pos_weight", pos_weight, terms))
            return;
        terms = gra_add(terms, positives(x, t, pos_weight));
    }
    c->out[0] = gra__weighted_loss(name, terms, c->in[2], reduction);
}

const gra_op gra_op_binary_cross_entropy_with_logits = {
    .schema = "binary_cross_entropy_with_logits(Tensor input, Tensor target, Tensor? weight=None, "
              "Tensor? pos_weight=None, int reduction=0) -> Tensor",
    .forward = with_logits_forward,
    .args_size = sizeof(entropy_args),
    .composite = true,
};

gra_binary_cross_entropy_options gra_binary_cross_entropy_defaults(void)
{
    return (gra_binary_cross_entropy_options){0};
}

gra_binary_cross_entropy_with_logits_options gra_binary_cross_entropy_with_logits_defaults(void)
{
    return (gra_binary_cross_entropy_with_logits_options){0};
}

gra_tensor *gra_binary_cross_entropy_with(gra_binary_cross_entropy_options o)
{
    return gra_apply(&gra_op_binary_cross_entropy, (gra_tensor *[]){o.input, o.target, o.weight}, 3,
                     &(entropy_args){o.reduction});
}

gra_tensor *gra_binary_cross_entropy_with_logits_with(
    gra_binary_cross_entropy_with_logits_options o)
{
    return gra_apply(&gra_op_binary_cross_entropy_with_logits,
                     (gra_tensor *[]){o.input, o.target, o.weight, o.pos_weight}, 4,
                     &(entropy_args){o.reduction});
}
