/* scheduler_cases.h - plans over two groups of parameters, for test_schedulers.c and for
 * tests/pytorch/optim_tool.c. tests/pytorch/check_optim.py has PyTorch's plans by the same names, and
 * records the rates that they give.
 *
 * The optimizer is an SGD with a rate of 0.1 and a momentum of 0.5, whose second group has 0.02; a case
 * that says so has an AdamW in its place, or a metric.
 */
#ifndef GRA_TESTS_OPTIM_SCHEDULER_CASES_H
#define GRA_TESTS_OPTIM_SCHEDULER_CASES_H

#include "gradus.h"

#include <string.h>

enum { SCHEDULER_STEPS = 40 };

static double halving(int64_t t, int group, void *context)
{
    (void)context;
    return group ? 1.0 / (double)(t + 1) : t % 2 ? 0.5 : 1;
}

/* Falls, stays, rises and falls again. */
static inline double scheduler_metric(int t)
{
    const double metrics[] = {3, 2, 1.9, 1.9, 1.9, 1.89999, 2.5, 1, 1, 1};
    return metrics[t % 10] - (double)(t / 20);
}

/* X(name, plan) */
#define SCHEDULER_CASES(X)                                                                         \
    X(step_lr, gra_step_lr(opt, 3, .gamma = 0.5))                                                  \
    X(multi_step_lr, gra_multi_step_lr(opt, ((const int64_t[]){2, 5, 5}), 3))                      \
    X(exponential_lr, gra_exponential_lr(opt, 0.9))                                                \
    X(constant_lr, gra_constant_lr(opt))                                                           \
    X(constant_lr_options, gra_constant_lr(opt, .factor = 0.7, .total_iters = 9))                  \
    X(linear_lr, gra_linear_lr(opt))                                                               \
    X(linear_lr_options,                                                                           \
      gra_linear_lr(opt, .start_factor = 0.9, .end_factor = 0, .total_iters = 11))                 \
    X(polynomial_lr, gra_polynomial_lr(opt))                                                       \
    X(polynomial_lr_options, gra_polynomial_lr(opt, .total_iters = 13, .power = 2.5))              \
    X(cosine_annealing_lr, gra_cosine_annealing_lr(opt, 7, .eta_min = 0.01))                       \
    X(cosine_annealing_lr_shortest, gra_cosine_annealing_lr(opt, 1))                               \
    X(warm_restarts, gra_cosine_annealing_warm_restarts(opt, 4))                                   \
    X(warm_restarts_options,                                                                       \
      gra_cosine_annealing_warm_restarts(opt, 3, .t_mult = 2, .eta_min = 0.005))                   \
    X(lambda_lr, gra_lambda_lr(opt, halving))                                                      \
    X(one_cycle_lr, gra_one_cycle_lr(opt, 0.3, 41))                                                \
    X(one_cycle_lr_linear,                                                                         \
      gra_one_cycle_lr(opt, 0.3, 41, .pct_start = 0.45, .anneal_strategy = GRA_ANNEAL_LINEAR))     \
    X(one_cycle_lr_three_phase,                                                                    \
      gra_one_cycle_lr(opt, 0.3, 45, .three_phase = true, .div_factor = 10,                        \
                       .final_div_factor = 100, .base_momentum = 0.7, .max_momentum = 0.9))        \
    X(one_cycle_lr_groups, gra_one_cycle_lr(opt, .max_lrs = ((const double[]){0.5, 0.25}),         \
                                            .total_steps = 41, .cycle_momentum = false))           \
    X(one_cycle_lr_adamw, gra_one_cycle_lr(opt, 0.3, 41, .pct_start = 0))                          \
    X(plateau_metric, gra_reduce_lr_on_plateau(opt, .patience = 2))                                \
    X(plateau_options_metric,                                                                      \
      gra_reduce_lr_on_plateau(opt, .factor = 0.5, .patience = 1, .threshold = 0.2,                \
                               .threshold_mode = GRA_THRESHOLD_ABS, .cooldown = 2,                 \
                               .min_lrs = ((const double[]){0.03, 0.001}), .eps = 1e-3))           \
    X(plateau_max_metric,                                                                          \
      gra_reduce_lr_on_plateau(opt, .mode = GRA_PLATEAU_MAX, .patience = 3, .min_lr = 1e-4))       \
    X(plateau_max_abs_metric,                                                                      \
      gra_reduce_lr_on_plateau(opt, .mode = GRA_PLATEAU_MAX, .patience = 0,                        \
                               .threshold_mode = GRA_THRESHOLD_ABS, .threshold = 0.5))             \
    X(warm_up_and_cosine, gra_sequential_lr(GRA_MILESTONES(6), gra_linear_lr(opt, 0.1),            \
                                            gra_cosine_annealing_lr(opt, 20, .eta_min = 0.001)))   \
    X(three_in_a_row,                                                                              \
      gra_sequential_lr(GRA_MILESTONES(4, 15), gra_constant_lr(opt, .total_iters = 3),             \
                        gra_exponential_lr(opt, 0.8), gra_polynomial_lr(opt, 10, 2)))              \
    X(chained, gra_chained_scheduler(gra_constant_lr(opt, 0.5, 4), gra_exponential_lr(opt, 0.9)))

typedef struct scheduler_case {
    const char *name;
    gra_scheduler *(*make)(gra_optim *opt);
} scheduler_case;

#define SCHEDULER_MAKE(title, ...)                                                                 \
    static gra_scheduler *make_##title(gra_optim *opt)                                             \
    {                                                                                              \
        return __VA_ARGS__;                                                                        \
    }
SCHEDULER_CASES(SCHEDULER_MAKE)

#define SCHEDULER_ENTRY(title, ...) {#title, make_##title},
static const scheduler_case scheduler_cases[] = {SCHEDULER_CASES(SCHEDULER_ENTRY)};
enum { SCHEDULER_CASE_COUNT = sizeof scheduler_cases / sizeof *scheduler_cases };

static inline gra_optim *scheduler_case_optim(const scheduler_case *c)
{
    gra_tensor *const p[] = {gra_requires_grad(gra_ones(GRA_SHAPE(1))),
                             gra_requires_grad(gra_ones(GRA_SHAPE(1)))};
    gra_optim *const opt = strstr(c->name, "adamw")
                               ? gra_adamw(.tensors = p, .count = 1, .lr = 0.1)
                               : gra_sgd(.tensors = p, .count = 1, .lr = 0.1, .momentum = 0.5);
    gra_optim_group(opt, .tensors = &p[1], .count = 1, .lr = 0.02);
    return opt;
}

static inline int scheduler_case_step(const scheduler_case *c, gra_scheduler *plan, int t)
{
    return strstr(c->name, "metric") ? gra_scheduler_step_metric(plan, scheduler_metric(t))
                                     : gra_scheduler_step(plan);
}

/* Both groups' rates, and the first one's momentum. */
static inline void scheduler_case_numbers(const scheduler_case *c, const gra_optim *opt,
                                          double *now)
{
    now[0] = gra_optim_option(opt, 0, "lr");
    now[1] = gra_optim_option(opt, 1, "lr");
    now[2] = gra_optim_option(opt, 0, strstr(c->name, "adamw") ? "beta1" : "momentum");
}

/* numbers[t] after t steps, [SCHEDULER_STEPS + 1][3]. */
static inline bool scheduler_case_run(const scheduler_case *c, double (*numbers)[3])
{
    gra_optim *const opt = scheduler_case_optim(c);
    gra_scheduler *const plan = c->make(opt);
    for (int t = 0; t <= SCHEDULER_STEPS && !gra_error(); t++) {
        scheduler_case_numbers(c, opt, numbers[t]);
        if (t < SCHEDULER_STEPS)
            scheduler_case_step(c, plan, t);
    }
    gra_free(plan, opt);
    return !gra_error();
}

#endif
