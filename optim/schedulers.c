/* schedulers.c - plans by the number of the step. */
#include "optim/schedulers.h"

#include <math.h>

#include "core/error.h"
#include "optim/scheduler_struct.h"

static double step_of(const gra_scheduler *s)
{
    return s->number[GRA__LAST_EPOCH];
}

enum { COUNTS = 1 << GRA__LAST_EPOCH };

/* ---- lr gamma ---- */

static double next_step_lr(const gra_scheduler *s, int group, double lr)
{
    (void)group;
    return fmod(step_of(s), (double)s->o.step.step_size) != 0 ? lr : lr * s->o.step.gamma;
}

static double next_multi_step_lr(const gra_scheduler *s, int group, double lr)
{
    (void)group;
    int times = 0;
    for (int i = 0; i < s->milestone_count; i++)
        times += (double)s->milestones[i] == step_of(s);
    return times ? lr * pow(s->o.multi_step.gamma, times) : lr;
}

static double next_exponential(const gra_scheduler *s, int group, double lr)
{
    (void)group;
    return lr * s->o.exponential.gamma;
}

static const gra__plan_class step_lr = {"gra_step_lr", .numbers = COUNTS, .next = next_step_lr},
                             multi_step_lr = {"gra_multi_step_lr", .numbers = COUNTS,
                                              .next = next_multi_step_lr},
                             exponential_lr = {"gra_exponential_lr", .numbers = COUNTS,
                                               .next = next_exponential};

gra_step_lr_options gra_step_lr_defaults(void)
{
    return (gra_step_lr_options){.gamma = 0.1};
}

gra_multi_step_lr_options gra_multi_step_lr_defaults(void)
{
    return (gra_multi_step_lr_options){.gamma = 0.1};
}

gra_exponential_lr_options gra_exponential_lr_defaults(void)
{
    return (gra_exponential_lr_options){0};
}

gra_scheduler *gra_step_lr_with(gra_step_lr_options o)
{
    if (!gra__plan_count(step_lr.name, "step_size", o.step_size) ||
        !gra__plan_at_least_0(step_lr.name, "gamma", o.gamma))
        return NULL;
    gra_scheduler *const s = gra__plan_new(step_lr.name, &step_lr, o.optim);
    if (s)
        s->o.step = o;
    return gra__plan_begin(s);
}

gra_scheduler *gra_multi_step_lr_with(gra_multi_step_lr_options o)
{
    const char *const name = multi_step_lr.name;
    if (!gra__plan_count(name, "count", o.count) || !gra__plan_at_least_0(name, "gamma", o.gamma))
        return NULL;
    if (!o.milestones)
        return gra_fail("%s: milestones is NULL; %d numbers of steps are needed", name, o.count);
    gra_scheduler *const s = gra__plan_new(name, &multi_step_lr, o.optim);
    if (s) {
        s->o.multi_step = o;
        gra__plan_milestones(s, o.milestones, o.count);
    }
    return gra__plan_begin(s);
}

gra_scheduler *gra_exponential_lr_with(gra_exponential_lr_options o)
{
    if (!gra__plan_at_least_0(exponential_lr.name, "gamma", o.gamma))
        return NULL;
    gra_scheduler *const s = gra__plan_new(exponential_lr.name, &exponential_lr, o.optim);
    if (s)
        s->o.exponential = o;
    return gra__plan_begin(s);
}

/* ---- warm-ups ---- */

static double start_constant(const gra_scheduler *s, int group, double lr)
{
    (void)group;
    return lr * s->o.constant.factor;
}

static double next_constant(const gra_scheduler *s, int group, double lr)
{
    (void)group;
    return step_of(s) == (double)s->o.constant.total_iters ? lr * (1 / s->o.constant.factor) : lr;
}

static double start_linear(const gra_scheduler *s, int group, double lr)
{
    (void)group;
    return lr * s->o.linear.start_factor;
}

/* The factor of this step divided by that of the one before. */
static double next_linear(const gra_scheduler *s, int group, double lr)
{
    (void)group;
    const gra_linear_lr_options *const o = &s->o.linear;
    const double t = step_of(s), total = (double)o->total_iters;
    const double rise = o->end_factor - o->start_factor;
    return t > total ? lr : lr * (1 + rise / (total * o->start_factor + (t - 1) * rise));
}

static const gra__plan_class constant_lr = {"gra_constant_lr", .numbers = COUNTS,
                                            .start = start_constant, .next = next_constant},
                             linear_lr = {"gra_linear_lr", .numbers = COUNTS, .start = start_linear,
                                          .next = next_linear};

gra_constant_lr_options gra_constant_lr_defaults(void)
{
    return (gra_constant_lr_options){.factor = 1.0 / 3, .total_iters = 5};
}

gra_linear_lr_options gra_linear_lr_defaults(void)
{
    return (gra_linear_lr_options){.start_factor = 1.0 / 3, .end_factor = 1, .total_iters = 5};
}

gra_scheduler *gra_constant_lr_with(gra_constant_lr_options o)
{
    const char *const name = constant_lr.name;
    if (!gra__plan_between(name, "factor", o.factor, false) ||
        !gra__plan_count(name, "total_iters", o.total_iters))
        return NULL;
    gra_scheduler *const s = gra__plan_new(name, &constant_lr, o.optim);
    if (s)
        s->o.constant = o;
    return gra__plan_begin(s);
}

gra_scheduler *gra_linear_lr_with(gra_linear_lr_options o)
{
    const char *const name = linear_lr.name;
    if (!gra__plan_between(name, "start_factor", o.start_factor, false) ||
        !gra__plan_between(name, "end_factor", o.end_factor, true) ||
        !gra__plan_count(name, "total_iters", o.total_iters))
        return NULL;
    gra_scheduler *const s = gra__plan_new(name, &linear_lr, o.optim);
    if (s)
        s->o.linear = o;
    return gra__plan_begin(s);
}

/* ---- polynomials and cosines ---- */

static double next_polynomial(const gra_scheduler *s, int group, double lr)
{
    (void)group;
    const double t = step_of(s), total = (double)s->o.polynomial.total_iters;
    return t > total ? lr
                     : lr * pow((1 - t / total) / (1 - (t - 1) / total), s->o.polynomial.power);
}

/* From one step to the next; where the cosine was -1, the rate was eta_min and the quotient below
 * would be 0/0. */
static double next_cosine(const gra_scheduler *s, int group, double lr)
{
    const double t = step_of(s), period = (double)s->o.cosine.t_max, eta_min = s->o.cosine.eta_min;
    if (fmod(t - 1 - period, 2 * period) == 0)
        return lr + (s->base_lr[group] - eta_min) * (1 - cos(M_PI / period)) / 2;
    return (1 + cos(M_PI * t / period)) / (1 + cos(M_PI * (t - 1) / period)) * (lr - eta_min) +
           eta_min;
}

/* The length of the first cycle marks the start, where the count stays at 0. */
static void advance_restarts(gra_scheduler *s, double metric)
{
    (void)metric;
    double *const n = s->number;
    if (n[GRA__LAST_EPOCH] == 0) {
        n[GRA__T_CUR] = 0;
        n[GRA__T_I] = (double)s->o.restarts.t_0;
    } else if (++n[GRA__T_CUR] >= n[GRA__T_I]) {
        n[GRA__T_CUR] -= n[GRA__T_I];
        n[GRA__T_I] *= (double)s->o.restarts.t_mult;
    }
}

static double rate_of_restarts(const gra_scheduler *s, int group, double lr)
{
    (void)lr;
    const double eta_min = s->o.restarts.eta_min;
    return eta_min + (s->base_lr[group] - eta_min) *
                         (1 + cos(M_PI * s->number[GRA__T_CUR] / s->number[GRA__T_I])) / 2;
}

static const gra__plan_class polynomial_lr = {"gra_polynomial_lr", .numbers = COUNTS,
                                              .next = next_polynomial},
                             cosine_lr = {"gra_cosine_annealing_lr", .numbers = COUNTS,
                                          .next = next_cosine},
                             warm_restarts = {"gra_cosine_annealing_warm_restarts",
                                              .numbers = COUNTS | 1 << GRA__T_CUR | 1 << GRA__T_I,
                                              .start = rate_of_restarts, .next = rate_of_restarts,
                                              .advance = advance_restarts};

gra_polynomial_lr_options gra_polynomial_lr_defaults(void)
{
    return (gra_polynomial_lr_options){.total_iters = 5, .power = 1};
}

gra_cosine_annealing_lr_options gra_cosine_annealing_lr_defaults(void)
{
    return (gra_cosine_annealing_lr_options){0};
}

gra_cosine_annealing_warm_restarts_options gra_cosine_annealing_warm_restarts_defaults(void)
{
    return (gra_cosine_annealing_warm_restarts_options){.t_mult = 1};
}

gra_scheduler *gra_polynomial_lr_with(gra_polynomial_lr_options o)
{
    const char *const name = polynomial_lr.name;
    if (!gra__plan_count(name, "total_iters", o.total_iters) ||
        !gra__plan_at_least_0(name, "power", o.power))
        return NULL;
    gra_scheduler *const s = gra__plan_new(name, &polynomial_lr, o.optim);
    if (s)
        s->o.polynomial = o;
    return gra__plan_begin(s);
}

gra_scheduler *gra_cosine_annealing_lr_with(gra_cosine_annealing_lr_options o)
{
    const char *const name = cosine_lr.name;
    if (!gra__plan_count(name, "t_max", o.t_max) ||
        !gra__plan_at_least_0(name, "eta_min", o.eta_min))
        return NULL;
    gra_scheduler *const s = gra__plan_new(name, &cosine_lr, o.optim);
    if (s)
        s->o.cosine = o;
    return gra__plan_begin(s);
}

gra_scheduler *gra_cosine_annealing_warm_restarts_with(gra_cosine_annealing_warm_restarts_options o)
{
    const char *const name = warm_restarts.name;
    if (!gra__plan_count(name, "t_0", o.t_0) || !gra__plan_count(name, "t_mult", o.t_mult) ||
        !gra__plan_at_least_0(name, "eta_min", o.eta_min))
        return NULL;
    gra_scheduler *const s = gra__plan_new(name, &warm_restarts, o.optim);
    if (s)
        s->o.restarts = o;
    return gra__plan_begin(s);
}

/* ---- a function of the user's ---- */

static double rate_by_lambda(const gra_scheduler *s, int group, double lr)
{
    (void)lr;
    return s->base_lr[group] *
           s->o.lambda.lr_lambda((int64_t)step_of(s), group, s->o.lambda.context);
}

static const gra__plan_class lambda_lr = {"gra_lambda_lr", .numbers = COUNTS,
                                          .start = rate_by_lambda, .next = rate_by_lambda};

gra_lambda_lr_options gra_lambda_lr_defaults(void)
{
    return (gra_lambda_lr_options){0};
}

gra_scheduler *gra_lambda_lr_with(gra_lambda_lr_options o)
{
    if (!o.lr_lambda)
        gra_fail("%s: lr_lambda is NULL", lambda_lr.name);
    gra_scheduler *const s = gra__plan_new(lambda_lr.name, &lambda_lr, o.optim);
    if (s)
        s->o.lambda = o;
    return gra__plan_begin(s);
}
