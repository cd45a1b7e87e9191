/* loss.h - what the losses share.
 *
 * A loss of PyTorch's is a loss for each element or sample, often times a weight, and then averaged, added
 * up or left as it is:
 *
 *     y = reduced(weight * terms(input, target), reduction)
 *
 * Most losses are written so, with recorded ops (.composite), and so are differentiable as often as one
 * likes.  The terms that matter are ops of one pass, with a gradient of one pass (loss_terms.c).
 * Shapes broadcast, as in mse_loss, where PyTorch broadcasts.
 *
 * May include: core, ops/ops.h.
 */
#ifndef GRA_OPS_LOSS_H
#define GRA_OPS_LOSS_H

#include "core/tensor_struct.h"
#include "ops/ops.h"

/* Checks; false with an error that names op. */
bool gra__is_reduction(const char *op, int64_t reduction);
bool gra__loss_floating(const char *op, const char *what, const gra_tensor *t);

/* Both have a floating dtype, their shapes broadcast, and the reduction is one. */
bool gra__loss_fits(const char *op, gra_tensor *input, gra_tensor *target, int64_t reduction);

/* weight, which is called `what`, is NULL or has a floating dtype and broadcasts to the shape of terms. */
bool gra__loss_weight_fits(const char *op, const char *what, const gra_tensor *weight,
                           const gra_tensor *terms);

/* The mean or the sum of the terms, or they themselves; recorded. */
gra_tensor *gra__reduced_loss(gra_tensor *terms, int64_t reduction);

/* The same of the terms times weight, or without one where it is NULL. */
gra_tensor *gra__weighted_loss(const char *op, gra_tensor *terms, gra_tensor *weight,
                               int64_t reduction);

/* Where it is the mean, sum w l / sum w instead of it. */
gra_tensor *gra__weighted_mean_loss(const char *op, gra_tensor *terms, gra_tensor *weight,
                                    int64_t reduction);

/* The terms, an op each; input and target broadcast. See kernels/loss.h. */
gra_tensor *gra__square_terms(gra_tensor *input, gra_tensor *target);
gra_tensor *gra__huber_terms(gra_tensor *input, gra_tensor *target, double a, double c);
gra_tensor *gra__entropy_terms(gra_tensor *input, gra_tensor *target);
gra_tensor *gra__logit_entropy_terms(gra_tensor *input, gra_tensor *target);
gra_tensor *gra__divergence_terms(gra_tensor *input, gra_tensor *target, bool log_target);

/* ln(1 + e^-x). */
gra_tensor *gra__minus_log_sigmoid(gra_tensor *x);

#endif
