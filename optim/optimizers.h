/* optimizers.h - the optimizers, with PyTorch's names, defaults and results.
 *
 *     gra_optim *opt = gra_sgd(net, .lr = 0.01, .momentum = 0.9);
 *     gra_optim *other = gra_sgd(.tensors = leaves, .count = 2, .lr = 0.1);
 *
 * Each trains either all parameters of a module or the leaves of a list.  In the formulas p is a
 * parameter, t = 1, 2, ... counts its steps, and g is its gradient, negated to maximize, plus weight_decay p
 * where the decay is not decoupled.
 *
 * Errors: an option out of its range, neither or both of a module and a list, no parameters.
 * May include: core, ops, autograd, nn.
 */
#ifndef GRA_OPTIM_OPTIMIZERS_H
#define GRA_OPTIM_OPTIMIZERS_H

#include "optim.h"

GRA_BEGIN_DECLS

/* Stochastic gradient descent:
 *
 *     b <- g at the first step, then momentum b + (1 - dampening) g
 *     p <- p - lr b, nesterov: p - lr (g + momentum b)
 *
 * Remembers momentum_buffer (b). An error: nesterov without momentum or with dampening. */
typedef struct gra_sgd_options {
    int begin_;
    gra_module *module;         /* all of its parameters */
    double lr;                  /* 1e-3: step size */
    double momentum;            /* 0 */
    double dampening;           /* 0 */
    double weight_decay;        /* 0: L2 penalty */
    bool nesterov;              /* false */
    bool maximize;              /* false */
    bool fused_backward;        /* false: see gra_step */
    gra_tensor *const *tensors; /* in place of the module: leaves */
    int count;                  /* of tensors */
} gra_sgd_options;

gra_sgd_options gra_sgd_defaults(void);
gra_optim *gra_sgd_with(gra_sgd_options options);

#ifndef __cplusplus
#define gra_sgd(...)                                                                               \
    gra_sgd_with(GRA_KEYWORDS(gra_sgd_options, .lr = 1e-3, .begin_ = 0, __VA_ARGS__))
#endif

GRA_END_DECLS

#endif
