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

/* Adam:
 *
 *     m <- m + (1 - beta1) (g - m)            v <- beta2 v + (1 - beta2) g^2
 *     p <- p - lr m' / (sqrt(v') + eps),      m' = m / (1 - beta1^t), v' = v / (1 - beta2^t)
 *
 * amsgrad: the largest v so far in place of v. Remembers exp_avg (m), exp_avg_sq (v) and, with
 * amsgrad, max_exp_avg_sq. Source: Kingma and Ba, "Adam", ICLR 2015; Reddi, Kale and Kumar, "On the
 * Convergence of Adam and Beyond", ICLR 2018.
 *
 * AdamW first makes p <- (1 - lr weight_decay) p, which is decoupled from the gradient. Source:
 * Loshchilov and Hutter, "Decoupled Weight Decay Regularization", ICLR 2019. */
typedef struct gra_adam_options {
    int begin_;
    gra_module *module;         /* all of its parameters */
    double lr;                  /* 1e-3 */
    double eps;                 /* 1e-8 */
    double weight_decay;        /* 0; 1e-2 for AdamW */
    bool amsgrad;               /* false */
    bool maximize;              /* false */
    bool fused_backward;        /* false: see gra_step */
    double betas[2];            /* {0.9, 0.999}: each in [0, 1) */
    gra_tensor *const *tensors; /* in place of the module: leaves */
    int count;                  /* of tensors */
} gra_adam_options;

gra_adam_options gra_adam_defaults(void);
gra_optim *gra_adam_with(gra_adam_options options);
gra_adam_options gra_adamw_defaults(void);
gra_optim *gra_adamw_with(gra_adam_options options);

#define GRA__ADAM_DEFAULTS .lr = 1e-3, .eps = 1e-8, .betas = {0.9, 0.999}
#ifndef __cplusplus
#define gra_adam(...)                                                                              \
    gra_adam_with(GRA_KEYWORDS(gra_adam_options, GRA__ADAM_DEFAULTS, .begin_ = 0, __VA_ARGS__))
#define gra_adamw(...)                                                                             \
    gra_adamw_with(GRA_KEYWORDS(gra_adam_options, GRA__ADAM_DEFAULTS, .weight_decay = 1e-2,        \
                                .begin_ = 0, __VA_ARGS__))
#endif

/* Adamax, Adam by the largest gradient:
 *
 *     m as in Adam       u <- max(beta2 u, |g| + eps)       p <- p - lr / (1 - beta1^t) m / u
 *
 * Remembers exp_avg (m) and exp_inf (u). Source: Kingma and Ba, "Adam", ICLR 2015, section 7. */
typedef struct gra_adamax_options {
    int begin_;
    gra_module *module;         /* all of its parameters */
    double lr;                  /* 2e-3 */
    double eps;                 /* 1e-8 */
    double weight_decay;        /* 0 */
    bool maximize;              /* false */
    bool fused_backward;        /* false: see gra_step */
    double betas[2];            /* {0.9, 0.999}: each in [0, 1) */
    gra_tensor *const *tensors; /* in place of the module: leaves */
    int count;                  /* of tensors */
} gra_adamax_options;

gra_adamax_options gra_adamax_defaults(void);
gra_optim *gra_adamax_with(gra_adamax_options options);

#define GRA__ADAMAX_DEFAULTS .lr = 2e-3, .eps = 1e-8, .betas = {0.9, 0.999}
#ifndef __cplusplus
#define gra_adamax(...)                                                                            \
    gra_adamax_with(                                                                               \
        GRA_KEYWORDS(gra_adamax_options, GRA__ADAMAX_DEFAULTS, .begin_ = 0, __VA_ARGS__))
#endif

/* NAdam, Adam with Nesterov's momentum. With mu_t = beta1 (1 - 0.96^(t momentum_decay) / 2) and the
 * product M_t of mu_1 to mu_t:
 *
 *     m and v as in Adam       p <- p - lr m' / (sqrt(v / (1 - beta2^t)) + eps),
 *                              m' = (1 - mu_t) / (1 - M_t) g + mu_(t + 1) / (1 - M_(t + 1)) m
 *
 * Remembers exp_avg (m) and exp_avg_sq (v). Source: Dozat, "Incorporating Nesterov Momentum into
 * Adam", ICLR workshop 2016. */
typedef struct gra_nadam_options {
    int begin_;
    gra_module *module;          /* all of its parameters */
    double lr;                   /* 2e-3 */
    double eps;                  /* 1e-8 */
    double weight_decay;         /* 0 */
    double momentum_decay;       /* 4e-3 */
    bool decoupled_weight_decay; /* false: as in Adam; true: as in AdamW */
    bool maximize;               /* false */
    bool fused_backward;         /* false: see gra_step */
    double betas[2];             /* {0.9, 0.999}: each in [0, 1) */
    gra_tensor *const *tensors;  /* in place of the module: leaves */
    int count;                   /* of tensors */
} gra_nadam_options;

gra_nadam_options gra_nadam_defaults(void);
gra_optim *gra_nadam_with(gra_nadam_options options);

#define GRA__NADAM_DEFAULTS .lr = 2e-3, .eps = 1e-8, .momentum_decay = 4e-3, .betas = {0.9, 0.999}
#ifndef __cplusplus
#define gra_nadam(...)                                                                             \
    gra_nadam_with(GRA_KEYWORDS(gra_nadam_options, GRA__NADAM_DEFAULTS, .begin_ = 0, __VA_ARGS__))
#endif

/* RMSprop:
 *
 *     v <- alpha v + (1 - alpha) g^2          d = g / (sqrt(v) + eps)
 *     p <- p - lr d, with momentum: b <- momentum b + d, p <- p - lr b
 *
 * centered: v - a^2 in place of v, the variance, with a <- alpha a + (1 - alpha) g. Remembers
 * square_avg (v), with momentum momentum_buffer (b), and centered grad_avg (a). Source: Hinton,
 * "Neural Networks for Machine Learning", lecture 6e, 2012; centered: Graves, arXiv 1308.0850. */
typedef struct gra_rmsprop_options {
    int begin_;
    gra_module *module;         /* all of its parameters */
    double lr;                  /* 1e-2 */
    double alpha;               /* 0.99 */
    double eps;                 /* 1e-8 */
    double weight_decay;        /* 0 */
    double momentum;            /* 0 */
    bool centered;              /* false */
    bool maximize;              /* false */
    bool fused_backward;        /* false: see gra_step */
    gra_tensor *const *tensors; /* in place of the module: leaves */
    int count;                  /* of tensors */
} gra_rmsprop_options;

gra_rmsprop_options gra_rmsprop_defaults(void);
gra_optim *gra_rmsprop_with(gra_rmsprop_options options);

#define GRA__RMSPROP_DEFAULTS .lr = 1e-2, .alpha = 0.99, .eps = 1e-8
#ifndef __cplusplus
#define gra_rmsprop(...)                                                                           \
    gra_rmsprop_with(                                                                              \
        GRA_KEYWORDS(gra_rmsprop_options, GRA__RMSPROP_DEFAULTS, .begin_ = 0, __VA_ARGS__))
#endif

/* Adagrad:
 *
 *     s <- s + g^2, from initial_accumulator_value on
 *     p <- p - lr / (1 + (t - 1) lr_decay) g / (sqrt(s) + eps)
 *
 * Remembers sum (s). Source: Duchi, Hazan and Singer, "Adaptive Subgradient Methods", JMLR 2011. */
typedef struct gra_adagrad_options {
    int begin_;
    gra_module *module;               /* all of its parameters */
    double lr;                        /* 1e-2 */
    double lr_decay;                  /* 0 */
    double weight_decay;              /* 0 */
    double initial_accumulator_value; /* 0 */
    double eps;                       /* 1e-10 */
    bool maximize;                    /* false */
    bool fused_backward;              /* false: see gra_step */
    gra_tensor *const *tensors;       /* in place of the module: leaves */
    int count;                        /* of tensors */
} gra_adagrad_options;

gra_adagrad_options gra_adagrad_defaults(void);
gra_optim *gra_adagrad_with(gra_adagrad_options options);

#define GRA__ADAGRAD_DEFAULTS .lr = 1e-2, .eps = 1e-10
#ifndef __cplusplus
#define gra_adagrad(...)                                                                           \
    gra_adagrad_with(                                                                              \
        GRA_KEYWORDS(gra_adagrad_options, GRA__ADAGRAD_DEFAULTS, .begin_ = 0, __VA_ARGS__))
#endif

/* Adadelta:
 *
 *     v <- rho v + (1 - rho) g^2              d = sqrt(a + eps) / sqrt(v + eps) g
 *     a <- rho a + (1 - rho) d^2              p <- p - lr d
 *
 * Remembers square_avg (v) and acc_delta (a). Source: Zeiler, "ADADELTA", arXiv 1212.5701. */
typedef struct gra_adadelta_options {
    int begin_;
    gra_module *module;         /* all of its parameters */
    double lr;                  /* 1 */
    double rho;                 /* 0.9: in [0, 1] */
    double eps;                 /* 1e-6 */
    double weight_decay;        /* 0 */
    bool maximize;              /* false */
    bool fused_backward;        /* false: see gra_step */
    gra_tensor *const *tensors; /* in place of the module: leaves */
    int count;                  /* of tensors */
} gra_adadelta_options;

gra_adadelta_options gra_adadelta_defaults(void);
gra_optim *gra_adadelta_with(gra_adadelta_options options);

#define GRA__ADADELTA_DEFAULTS .lr = 1, .rho = 0.9, .eps = 1e-6
#ifndef __cplusplus
#define gra_adadelta(...)                                                                          \
    gra_adadelta_with(                                                                             \
        GRA_KEYWORDS(gra_adadelta_options, GRA__ADADELTA_DEFAULTS, .begin_ = 0, __VA_ARGS__))
#endif

/* LARS, for large batches: each tensor's step is in proportion to its norm.
 *
 *     r = trust_coefficient |p| / (|g| + weight_decay |p| + eps), or 1 where |p| or |g| is 0
 *     b <- momentum b + lr r (g + weight_decay p)                 p <- p - b
 *
 * with the gradient g itself and Euclidean norms of the whole tensor. exclude_1d treats biases and the
 * parameters of normalisation, which have one dim, with r = 1 and no decay. Remembers
 * momentum_buffer (b). Source: You, Gitman and Ginsburg, "Large Batch Training of Convolutional
 * Networks", arXiv 1708.03888, algorithm 1, which has eps = 0; PyTorch has no LARS. A norm needs
 * the whole gradient, so there is no .fused_backward. */
typedef struct gra_lars_options {
    int begin_;
    gra_module *module;         /* all of its parameters */
    double lr;                  /* 1e-3 */
    double momentum;            /* 0 */
    double weight_decay;        /* 0 */
    double trust_coefficient;   /* 1e-3 */
    double eps;                 /* 1e-8 */
    bool exclude_1d;            /* false */
    gra_tensor *const *tensors; /* in place of the module: leaves */
    int count;                  /* of tensors */
} gra_lars_options;

gra_lars_options gra_lars_defaults(void);
gra_optim *gra_lars_with(gra_lars_options options);

#define GRA__LARS_DEFAULTS .lr = 1e-3, .trust_coefficient = 1e-3, .eps = 1e-8
#ifndef __cplusplus
#define gra_lars(...)                                                                              \
    gra_lars_with(GRA_KEYWORDS(gra_lars_options, GRA__LARS_DEFAULTS, .begin_ = 0, __VA_ARGS__))
#endif

GRA_END_DECLS

#endif
