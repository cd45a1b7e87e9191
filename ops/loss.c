/* loss.c - what the losses share. */
#include "ops/loss.h"

#include "core/create.h"
#include "core/error.h"

bool gra__is_reduction(const char *op, int64_t reduction)
{
    if (reduction < GRA_REDUCE_MEAN || reduction > GRA_REDUCE_NONE) {
        gra_fail("%s: reduction %lld is unknown; 0 (mean), 1 (sum) and 2 (none) are possible", op,
                 (long long)reduction);
        return false;
    }
    return true;
}

bool gra__loss_floating(const char *op, const char *what, const gra_tensor *t)
{
    if (gra_dtype_is_floating(t->dtype))
        return true;
    gra_fail("%s: %s has dtype %s; a floating point dtype is needed, convert it with gra_to", op,
             what, gra_dtype_name(t->dtype));
    return false;
}

bool gra__loss_fits(const char *op, gra_tensor *input, gra_tensor *target, int64_t reduction)
{
    gra_shape shape;
    return gra__loss_floating(op, "input", input) && gra__loss_floating(op, "target", target) &&
           gra__is_reduction(op, reduction) &&
           gra__broadcast(op, &input->shape, &target->shape, &shape);
}

bool gra__loss_weight_fits(const char *op, const char *what, const gra_tensor *weight,
                           const gra_tensor *terms)
{
    char a[GRA_SHAPE_TEXT], b[GRA_SHAPE_TEXT];
    gra_shape shape;
    if (!weight)
        return true;
    if (!gra__loss_floating(op, what, weight) ||
        !gra__broadcast(op, &weight->shape, &terms->shape, &shape))
        return false;
    if (gra_shape_equal(shape, terms->shape))
        return true;
    gra_fail("%s: %s has shape %s; one that broadcasts to the loss's %s is needed", op, what,
             gra_shape_text(weight->shape, a), gra_shape_text(terms->shape, b));
    return false;
}

gra_tensor *gra__reduced_loss(gra_tensor *terms, int64_t reduction)
{
    return reduction == GRA_REDUCE_MEAN  ? gra_mean(terms)
           : reduction == GRA_REDUCE_SUM ? gra_sum(terms)
                                         : terms;
}

gra_tensor *gra__weighted_loss(const char *op, gra_tensor *terms, gra_tensor *weight,
                               int64_t reduction)
{
    if (!terms || !gra__loss_weight_fits(op, "weight", weight, terms))
        return NULL;
    return gra__reduced_loss(weight ? gra_mul(terms, weight) : terms, reduction);
}

gra_tensor *gra__weighted_mean_loss(const char *op, gra_tensor *terms, gra_tensor *weight,
                                    int64_t reduction)
{
    if (!weight || reduction != GRA_REDUCE_MEAN)
        return gra__weighted_loss(op, terms, weight, reduction);
    gra_tensor *const sum = gra__weighted_loss(op, terms, weight, GRA_REDUCE_SUM);
    return sum ? gra_div(sum, gra_sum(gra_expand(weight, terms->shape))) : NULL;
}

gra_tensor *gra__minus_log_sigmoid(gra_tensor *x)
{
    return x ? gra__logit_entropy_terms(x, gra_scalar(1, x->dtype)) : NULL;
}
