/* triplet_margin_loss.c - an anchor that is to lie nearer to a positive example than to a negative one.
 *
 *   l = max(0, margin + d(a, b) - d(a, n))           d(x, y) = |x - y + eps|_p over the last dim
 *
 * and its mean, its sum, or as it is.  With swap the negative's distance is the smaller one of those from
 * the anchor and from the positive.  a, b and n broadcast.
 *
 * Source: Balntas et al., "Learning local feature descriptors with triplets and shallow convolutional
 * neural networks", BMVC 2016.
 */
#include <math.h>

#include "core/error.h"
#include "ops/loss.h"

typedef struct {
    double margin, p, eps;
    bool swap;
    int64_t reduction;
} triplet_args;

static const char name[] = "triplet_margin_loss";

static gra_tensor *distance(gra_tensor *x, gra_tensor *y, const triplet_args *args)
{
    gra_tensor *const d = gra_add_scalar(gra_sub(x, y), args->eps);
    const gra_dims last = GRA_DIMS(-1);
    if (args->p == 2)
        return gra_sqrt(gra_sum(gra_square(d), .dims = last));
    if (args->p == 1)
        return gra_sum(gra_abs(d), .dims = last);
    if (isinf(args->p))
        return gra_max(gra_abs(d), .dims = last);
    return gra_pow_scalar(gra_sum(gra_pow_scalar(gra_abs(d), args->p), .dims = last), 1 / args->p);
}

static bool arguments_fit(const gra_call *c)
{
    static const char *const names[] = {"anchor", "positive", "negative"};
    const triplet_args *const args = c->args;
    gra_shape shape = c->in[0]->shape;
    char text[GRA_SHAPE_TEXT];
    for (int i = 0; i < 3; i++) {
        const gra_shape before = shape;
        if (!gra__loss_floating(name, names[i], c->in[i]) ||
            !gra__broadcast(name, &before, &c->in[i]->shape, &shape))
            return false;
    }
    for (int i = 0; i < 3 && !gra_error(); i++)
        if (c->in[i]->shape.count != shape.count || shape.count == 0)
            gra_fail("%s: %s has shape %s; the three need as many dims, at least one", name,
                     names[i], gra_shape_text(c->in[i]->shape, text));
    if (!gra_error() && !(args->p > 0))
        gra_fail("%s: p %g is out of range; it is above 0", name, args->p);
    return !gra_error() && gra__is_reduction(name, args->reduction);
}

static void triplet_forward(gra_call *c)
{
    const triplet_args *const args = c->args;
    gra_tensor *const anchor = c->in[0], *const positive = c->in[1], *const negative = c->in[2];
    if (!arguments_fit(c))
        return;
    gra_tensor *far = distance(anchor, negative, args);
    if (args->swap)
        far = gra_minimum(far, distance(positive, negative, args));
    gra_tensor *const gap =
        gra_add_scalar(gra_sub(distance(anchor, positive, args), far), args->margin);
    c->out[0] = gra__reduced_loss(gra_clamp(gap, 0, INFINITY), args->reduction);
}

const gra_op gra_op_triplet_margin_loss = {
    .schema = "triplet_margin_loss(Tensor anchor, Tensor positive, Tensor negative, float "
              "margin=1.0, float p=2.0, float eps=1e-06, bool swap=False, int reduction=0) -> "
              "Tensor",
    .forward = triplet_forward,
    .args_size = sizeof(triplet_args),
    .composite = true,
};

gra_triplet_margin_loss_options gra_triplet_margin_loss_defaults(void)
{
    return (gra_triplet_margin_loss_options){.margin = 1, .p = 2, .eps = 1e-6};
}

gra_tensor *gra_triplet_margin_loss_with(gra_triplet_margin_loss_options o)
{
    return gra_apply(&gra_op_triplet_margin_loss,
                     (gra_tensor *[]){o.anchor, o.positive, o.negative}, 3,
                     &(triplet_args){o.margin, o.p, o.eps, o.swap, o.reduction});
}
