/* schedulers.h - learning rates that change by a plan.
 *
 *     gra_scheduler *plan = gra_step_lr(opt, 10, .gamma = 0.5);
 *     for (int epoch = 0; epoch < 30; epoch++) {
 *         train(net, opt);
 *         gra_scheduler_step(plan);
 *     }
 *     gra_free(plan, opt);
 *
 * A scheduler counts its steps, t = 0, 1, 2, ..., sets the rates of step 0 when it is made, and acts
 * on each group of parameters by the group's own rate.  Most change the rate that a group has, so
 * plans can be combined and gra_optim_set_lr is respected, as in PyTorch; lr_0 is a group's rate when
 * its first plan was made.  Names, defaults and numbers are PyTorch's.
 *
 * A scheduler belongs to whoever made it, or to the plan that it is made part of, and keeps its
 * optimizer alive.  Make groups before plans: a plan refuses to step where groups were added.
 * May include: core, ops, autograd, nn.
 */
#ifndef GRA_OPTIM_SCHEDULERS_H
#define GRA_OPTIM_SCHEDULERS_H

#include "optim.h"

GRA_BEGIN_DECLS

typedef struct gra_scheduler gra_scheduler;

/* Sets the optimizer's rates for the next epoch. Returns 0, or -1 with an error, or while one is
 * pending, and nothing changed. */
int gra_scheduler_step(gra_scheduler *scheduler);

/* The same for gra_reduce_lr_on_plateau, which looks at how well the epoch went. */
int gra_scheduler_step_metric(gra_scheduler *scheduler, double metric);

/* ---- by the number of the step ---- */

typedef struct gra_step_lr_options {
    int begin_;
    gra_optim *optim;
    int64_t step_size; /* steps between two changes, at least 1 */
    double gamma;      /* 0.1 */
} gra_step_lr_options;

typedef struct gra_multi_step_lr_options {
    int begin_;
    gra_optim *optim;
    const int64_t *milestones; /* copied; a step that is listed twice counts twice */
    int count;
    double gamma; /* 0.1 */
} gra_multi_step_lr_options;

typedef struct gra_exponential_lr_options {
    int begin_;
    gra_optim *optim;
    double gamma; /* at least 0 */
} gra_exponential_lr_options;

typedef struct gra_constant_lr_options {
    int begin_;
    gra_optim *optim;
    double factor;       /* 1/3: above 0, up to 1 */
    int64_t total_iters; /* 5: at least 1 */
} gra_constant_lr_options;

typedef struct gra_linear_lr_options {
    int begin_;
    gra_optim *optim;
    double start_factor; /* 1/3: above 0, up to 1 */
    double end_factor;   /* 1: from 0 to 1 */
    int64_t total_iters; /* 5: at least 1 */
} gra_linear_lr_options;

typedef struct gra_polynomial_lr_options {
    int begin_;
    gra_optim *optim;
    int64_t total_iters; /* 5: at least 1 */
    double power;        /* 1: at least 0 */
} gra_polynomial_lr_options;

typedef struct gra_cosine_annealing_lr_options {
    int begin_;
    gra_optim *optim;
    int64_t t_max;  /* steps down to eta_min, at least 1 */
    double eta_min; /* 0 */
} gra_cosine_annealing_lr_options;

typedef struct gra_cosine_annealing_warm_restarts_options {
    int begin_;
    gra_optim *optim;
    int64_t t_0;    /* steps to the first restart, at least 1 */
    int64_t t_mult; /* 1: what each cycle is longer than the one before, at least 1 */
    double eta_min; /* 0 */
} gra_cosine_annealing_warm_restarts_options;

/* The factor of a group at step t. */
typedef double (*gra_lambda_lr_fn)(int64_t t, int group, void *context);

typedef struct gra_lambda_lr_options {
    int begin_;
    gra_optim *optim;
    gra_lambda_lr_fn lr_lambda;
    void *context; /* for lr_lambda; borrowed */
} gra_lambda_lr_options;

gra_step_lr_options gra_step_lr_defaults(void);
gra_multi_step_lr_options gra_multi_step_lr_defaults(void);
gra_exponential_lr_options gra_exponential_lr_defaults(void);
gra_constant_lr_options gra_constant_lr_defaults(void);
gra_linear_lr_options gra_linear_lr_defaults(void);
gra_polynomial_lr_options gra_polynomial_lr_defaults(void);
gra_cosine_annealing_lr_options gra_cosine_annealing_lr_defaults(void);
gra_cosine_annealing_warm_restarts_options gra_cosine_annealing_warm_restarts_defaults(void);
gra_lambda_lr_options gra_lambda_lr_defaults(void);

gra_scheduler *gra_step_lr_with(gra_step_lr_options o); /* lr gamma when step_size | t */
gra_scheduler *gra_multi_step_lr_with(gra_multi_step_lr_options o); /* lr gamma at each milestone */
gra_scheduler *gra_exponential_lr_with(gra_exponential_lr_options o); /* lr gamma at each step */
gra_scheduler *gra_lambda_lr_with(gra_lambda_lr_options o);           /* lr_0 lr_lambda(t) */

/* Warm-ups: lr_0 factor until step total_iters, and a factor that goes from start_factor to
 * end_factor in equal steps. */
gra_scheduler *gra_constant_lr_with(gra_constant_lr_options o);
gra_scheduler *gra_linear_lr_with(gra_linear_lr_options o);

/* lr_0 (1 - t / total_iters)^power, and then 0. */
gra_scheduler *gra_polynomial_lr_with(gra_polynomial_lr_options o);

/* eta_min + (lr_0 - eta_min) (1 + cos(pi t / t_max)) / 2, by recursion. Source: Loshchilov and
 * Hutter, "SGDR", ICLR 2017, without restarts. */
gra_scheduler *gra_cosine_annealing_lr_with(gra_cosine_annealing_lr_options o);

/* The same with restarts, after t_0 steps, then t_mult t_0, and so on; not by recursion. */
gra_scheduler *gra_cosine_annealing_warm_restarts_with(
    gra_cosine_annealing_warm_restarts_options o);

#ifndef __cplusplus
#define gra_step_lr(...)                                                                           \
    gra_step_lr_with(GRA_KEYWORDS(gra_step_lr_options, .gamma = 0.1, .begin_ = 0, __VA_ARGS__))
#define gra_multi_step_lr(...)                                                                     \
    gra_multi_step_lr_with(                                                                        \
        GRA_KEYWORDS(gra_multi_step_lr_options, .gamma = 0.1, .begin_ = 0, __VA_ARGS__))
#define gra_exponential_lr(...)                                                                    \
    gra_exponential_lr_with(GRA_KEYWORDS(gra_exponential_lr_options, .begin_ = 0, __VA_ARGS__))
#define gra_constant_lr(...)                                                                       \
    gra_constant_lr_with(GRA_KEYWORDS(gra_constant_lr_options, .factor = 1.0 / 3,                  \
                                      .total_iters = 5, .begin_ = 0, __VA_ARGS__))
#define gra_linear_lr(...)                                                                         \
    gra_linear_lr_with(GRA_KEYWORDS(gra_linear_lr_options, .start_factor = 1.0 / 3,                \
                                    .end_factor = 1, .total_iters = 5, .begin_ = 0, __VA_ARGS__))
#define gra_polynomial_lr(...)                                                                     \
    gra_polynomial_lr_with(GRA_KEYWORDS(gra_polynomial_lr_options, .total_iters = 5, .power = 1,   \
                                        .begin_ = 0, __VA_ARGS__))
#define gra_cosine_annealing_lr(...)                                                               \
    gra_cosine_annealing_lr_with(                                                                  \
        GRA_KEYWORDS(gra_cosine_annealing_lr_options, .begin_ = 0, __VA_ARGS__))
#define gra_cosine_annealing_warm_restarts(...)                                                    \
    gra_cosine_annealing_warm_restarts_with(GRA_KEYWORDS(                                          \
        gra_cosine_annealing_warm_restarts_options, .t_mult = 1, .begin_ = 0, __VA_ARGS__))
#define gra_lambda_lr(...)                                                                         \
    gra_lambda_lr_with(GRA_KEYWORDS(gra_lambda_lr_options, .begin_ = 0, __VA_ARGS__))
#endif

/* ---- one cycle ----
 *
 * Stepped after each batch: from max_lr / div_factor up to max_lr in the first pct_start of the steps,
 * and down to max_lr / div_factor / final_div_factor; three_phase goes down to the first rate in as
 * many steps as up, and from there to the last. The momentum (or beta1) goes the other way. The rates
 * are those of steps 0 to total_steps - 1; step total_steps stays at the last, where PyTorch goes on
 * beyond it, and a further one is an error. Source: Smith and Topin, "Super-Convergence", arXiv 1708.07120. */
typedef enum gra_anneal { GRA_ANNEAL_COS, GRA_ANNEAL_LINEAR } gra_anneal;

typedef struct gra_one_cycle_lr_options {
    int begin_;
    gra_optim *optim;
    double max_lr;              /* above 0 */
    int64_t total_steps;        /* at least 1 */
    double pct_start;           /* 0.3: from 0 to 1 */
    gra_anneal anneal_strategy; /* GRA_ANNEAL_COS */
    bool cycle_momentum;     /* true: an error for an optimizer with neither momentum nor betas */
    double base_momentum;    /* 0.85: where the rate is highest */
    double max_momentum;     /* 0.95 */
    double div_factor;       /* 25: above 0 */
    double final_div_factor; /* 1e4: above 0 */
    bool three_phase;        /* false */
    const double *max_lrs;   /* in place of max_lr: one for each group, at least 0 */
} gra_one_cycle_lr_options;

gra_one_cycle_lr_options gra_one_cycle_lr_defaults(void);
gra_scheduler *gra_one_cycle_lr_with(gra_one_cycle_lr_options o);

#define GRA__ONE_CYCLE_DEFAULTS                                                                    \
    .pct_start = 0.3, .cycle_momentum = true, .base_momentum = 0.85, .max_momentum = 0.95,         \
    .div_factor = 25, .final_div_factor = 1e4
#ifndef __cplusplus
#define gra_one_cycle_lr(...)                                                                      \
    gra_one_cycle_lr_with(                                                                         \
        GRA_KEYWORDS(gra_one_cycle_lr_options, GRA__ONE_CYCLE_DEFAULTS, .begin_ = 0, __VA_ARGS__))
#endif

/* ---- by how well it goes ----
 *
 * lr factor, but not below min_lr, once the metric of more than `patience` steps in a row was no
 * better than the best so far; for `cooldown` steps after that none is counted. Better is: below
 * best (1 - threshold), or best - threshold with GRA_THRESHOLD_ABS; above best (1 + threshold) or best +
 * threshold to maximize. A change of less than eps is left out. NaN is not better. Stepped by
 * gra_scheduler_step_metric. */
typedef enum gra_plateau_mode { GRA_PLATEAU_MIN, GRA_PLATEAU_MAX } gra_plateau_mode;
typedef enum gra_threshold_mode { GRA_THRESHOLD_REL, GRA_THRESHOLD_ABS } gra_threshold_mode;

typedef struct gra_reduce_lr_on_plateau_options {
    int begin_;
    gra_optim *optim;
    gra_plateau_mode mode;             /* GRA_PLATEAU_MIN */
    double factor;                     /* 0.1: at least 0, below 1 */
    int64_t patience;                  /* 10: at least 0 */
    double threshold;                  /* 1e-4 */
    gra_threshold_mode threshold_mode; /* GRA_THRESHOLD_REL */
    int64_t cooldown;                  /* 0 */
    double min_lr;                     /* 0 */
    double eps;                        /* 1e-8 */
    const double *min_lrs;             /* in place of min_lr: one for each group */
} gra_reduce_lr_on_plateau_options;

gra_reduce_lr_on_plateau_options gra_reduce_lr_on_plateau_defaults(void);
gra_scheduler *gra_reduce_lr_on_plateau_with(gra_reduce_lr_on_plateau_options o);

#define GRA__PLATEAU_DEFAULTS .factor = 0.1, .patience = 10, .threshold = 1e-4, .eps = 1e-8
#ifndef __cplusplus
#define gra_reduce_lr_on_plateau(...)                                                              \
    gra_reduce_lr_on_plateau_with(GRA_KEYWORDS(gra_reduce_lr_on_plateau_options,                   \
                                               GRA__PLATEAU_DEFAULTS, .begin_ = 0, __VA_ARGS__))
#endif

/* ---- plans of plans ----
 *
 * They take over the schedulers that they are given, also when they fail; all are plans for one
 * optimizer, and none needs a metric. */

/* One after the other: the next begins, from lr_0, at each milestone, of which there is one less and
 * which ascend. Making it begins the first one anew.
 *
 *     gra_sequential_lr(GRA_MILESTONES(5), gra_linear_lr(opt), gra_cosine_annealing_lr(opt, 95)) */
typedef struct gra_milestones {
    const int64_t *steps;
    int count;
} gra_milestones;

gra_scheduler *gra_sequential_lr_of(gra_milestones milestones, gra_scheduler *const *schedulers,
                                    int count);

/* All at each step, in their order. */
gra_scheduler *gra_chained_scheduler_of(gra_scheduler *const *schedulers, int count);

#ifndef __cplusplus
#define GRA__SCHEDULERS(...)                                                                       \
    (gra_scheduler *const[]){__VA_ARGS__},                                                         \
        (int)(sizeof((gra_scheduler *const[]){__VA_ARGS__}) / sizeof(gra_scheduler *))
#define GRA_MILESTONES(...)                                                                        \
    ((gra_milestones){(const int64_t[]){__VA_ARGS__},                                              \
                      (int)(sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t))})
#define gra_sequential_lr(milestones, ...)                                                         \
    gra_sequential_lr_of(milestones, GRA__SCHEDULERS(__VA_ARGS__))
#define gra_chained_scheduler(...) gra_chained_scheduler_of(GRA__SCHEDULERS(__VA_ARGS__))
#endif

GRA_END_DECLS

#endif
