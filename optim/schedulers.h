/* schedulers.h - learning rates that change by a plan.
 *
 *     gra_scheduler *plan = gra_step_lr(opt, 10, .gamma = 0.5);
 *     for (int epoch = 0; epoch < 30; epoch++) {
 *         train(net, opt);
 *         gra_scheduler_step(plan);
 *     }
 *     gra_free(plan, opt);
 *
 * A scheduler counts its steps, t = 1, 2, ..., and changes the rate that the optimizer has, so
 * plans can be combined and gra_optim_set_lr is respected, as in PyTorch.  It belongs to whoever
 * made it and keeps its optimizer alive.
 * May include: core, ops, autograd, nn.
 */
#ifndef GRA_OPTIM_SCHEDULERS_H
#define GRA_OPTIM_SCHEDULERS_H

#include "optim.h"

GRA_BEGIN_DECLS

typedef struct gra_scheduler gra_scheduler;

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

typedef struct gra_cosine_annealing_lr_options {
    int begin_;
    gra_optim *optim;
    int64_t t_max;  /* steps down to eta_min, at least 1 */
    double eta_min; /* 0 */
} gra_cosine_annealing_lr_options;

gra_step_lr_options gra_step_lr_defaults(void);
gra_multi_step_lr_options gra_multi_step_lr_defaults(void);
gra_cosine_annealing_lr_options gra_cosine_annealing_lr_defaults(void);

gra_scheduler *gra_step_lr_with(gra_step_lr_options o); /* lr gamma when step_size | t */
gra_scheduler *gra_multi_step_lr_with(gra_multi_step_lr_options o); /* lr gamma at each milestone */

/* eta_min + (lr_0 - eta_min) (1 + cos(pi t / t_max)) / 2, by recursion. Source: Loshchilov and
 * Hutter, "SGDR", ICLR 2017, without restarts. */
gra_scheduler *gra_cosine_annealing_lr_with(gra_cosine_annealing_lr_options o);

#ifndef __cplusplus
#define gra_step_lr(...)                                                                           \
    gra_step_lr_with(GRA_KEYWORDS(gra_step_lr_options, .gamma = 0.1, .begin_ = 0, __VA_ARGS__))
#define gra_multi_step_lr(...)                                                                     \
    gra_multi_step_lr_with(                                                                        \
        GRA_KEYWORDS(gra_multi_step_lr_options, .gamma = 0.1, .begin_ = 0, __VA_ARGS__))
#define gra_cosine_annealing_lr(...)                                                               \
    gra_cosine_annealing_lr_with(                                                                  \
        GRA_KEYWORDS(gra_cosine_annealing_lr_options, .begin_ = 0, __VA_ARGS__))
#endif

/* Sets the optimizer's rate for the next epoch. Returns 0, or -1 while an error is pending. */
int gra_scheduler_step(gra_scheduler *scheduler);

GRA_END_DECLS

#endif
