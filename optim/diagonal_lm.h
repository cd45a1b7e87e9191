/* diagonal_lm.h - the stochastic diagonal Levenberg-Marquardt method.
 *
 *     p <- p - lr g / (mu + h)
 *
 * with an estimate h of the diagonal second derivative of the loss for each number of p: where the loss is
 * curved steps are short, and where it is flat they are lr / mu.  h is made from some hundred
 * samples now and then, such as before each pass:
 *
 *     gra_optim *opt = gra_diagonal_lm(net, .lr = 5e-5);
 *     gra_diagonal_lm_estimate(opt, gra_loss(criterion, gra_forward(net, x), y));      x: 500 samples
 *     gra_optim_set_lr(opt, ...);
 *     for each sample: gra_zero_grad, gra_backward, gra_step as ever
 *
 * Remembers curvature (h), which is 0 before the first estimate.
 * Source: LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document
 * recognition", Proc. IEEE 1998, section II and appendix C; ../autograd/curvature.h makes the estimate.
 * May include: core, ops, autograd, nn.
 */
#ifndef GRA_OPTIM_DIAGONAL_LM_H
#define GRA_OPTIM_DIAGONAL_LM_H

#include "optim.h"

GRA_BEGIN_DECLS

typedef struct gra_diagonal_lm_options {
    int begin_;
    gra_module *module;  /* all of its parameters */
    double lr;           /* 5e-5: the global rate */
    double mu;           /* 0.02: keeps steps from being large where h is small; at least 0 */
    bool fused_backward; /* false: see gra_step */
    gra_tensor *const *tensors; /* in place of the module: leaves */
    int count;                  /* of tensors */
} gra_diagonal_lm_options;

gra_diagonal_lm_options gra_diagonal_lm_defaults(void);
gra_optim *gra_diagonal_lm_with(gra_diagonal_lm_options options);

typedef struct gra_diagonal_lm_estimate_options {
    int begin_;
    gra_optim *optim; /* of gra_diagonal_lm */
    gra_tensor *loss; /* recorded, of one element: the mean over the samples */
    double gamma;     /* 1: h <- (1 - gamma) h + gamma times that of the loss; above 0, up to 1 */
} gra_diagonal_lm_estimate_options;

gra_diagonal_lm_estimate_options gra_diagonal_lm_estimate_defaults(void);

/* Estimates h from a loss; one parameter that it does not depend on has 0. With a gamma below 1 and a
 * sample at a time it is a running average. Returns 0, or -1 with an error and nothing changed: for
 * another optimizer, or an op that second derivatives cannot go through. */
int gra_diagonal_lm_estimate_with(gra_diagonal_lm_estimate_options options);

#ifndef __cplusplus
#define gra_diagonal_lm(...)                                                                       \
    gra_diagonal_lm_with(                                                                          \
        GRA_KEYWORDS(gra_diagonal_lm_options, .lr = 5e-5, .mu = 0.02, .begin_ = 0, __VA_ARGS__))
#define gra_diagonal_lm_estimate(...)                                                              \
    gra_diagonal_lm_estimate_with(                                                                 \
        GRA_KEYWORDS(gra_diagonal_lm_estimate_options, .gamma = 1, .begin_ = 0, __VA_ARGS__))
#endif

GRA_END_DECLS

#endif
