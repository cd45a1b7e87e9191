/* schedulers.c - learning rates that change by a plan. */
#include "optim/schedulers.h"

#include <math.h>
#include <stdlib.h>

#include "core/alloc_cache.h"
#include "core/error.h"
#include "core/object_struct.h"

struct gra_scheduler {
    gra_object head;
    gra_optim *optim;                                  /* owned */
    double (*next)(const gra_scheduler *s, double lr); /* the rate after step `steps` */
    int64_t steps;                                     /* taken so far */
    double base_lr; /* the optimizer's rate when the plan was made */
    double gamma, eta_min;
    int64_t period;      /* step_size or t_max */
    int64_t *milestones; /* owned, or NULL */
    int count;
};

static void scheduler_destroy(void *self)
{
    gra_scheduler *const s = self;
    gra__release(s->optim);
    free(s->milestones);
    gra__dealloc(s, sizeof *s);
}

static const gra_kind scheduler_kind = {
    .name = "scheduler",
    .keeper = "whoever made it",
    .destroy = scheduler_destroy,
};

/* A scheduler that is a copy of `plan`. */
static gra_scheduler *scheduler_new(const char *name, gra_optim *optim, gra_scheduler plan)
{
    if (gra_error())
        return NULL;
    if (!optim)
        return gra_fail("%s: the optimizer is NULL", name);
    gra_scheduler *const s = gra__alloc_zeroed(sizeof *s);
    if (!s)
        return NULL;
    *s = plan;
    gra__object_init(&s->head, &scheduler_kind, 1);
    gra__retain(optim);
    s->optim = optim;
    s->base_lr = gra_optim_lr(optim);
    return s;
}

/* Whether two numbers of a plan make sense; errors name them. */
static bool check(const char *name, const char *period_name, int64_t period,
                  const char *number_name, double number)
{
    if (period < 1)
        gra_fail("%s: %s %lld is out of range; at least 1 is needed", name, period_name,
                 (long long)period);
    else if (!(number >= 0) || isinf(number))
        gra_fail("%s: %s %g is out of range; a number of at least 0 is needed", name, number_name,
                 number);
    return !gra_error();
}

static double next_step_lr(const gra_scheduler *s, double lr)
{
    return s->steps % s->period ? lr : lr * s->gamma;
}

static double next_multi_step_lr(const gra_scheduler *s, double lr)
{
    int times = 0;
    for (int i = 0; i < s->count; i++)
        times += s->milestones[i] == s->steps;
    return times ? lr * pow(s->gamma, times) : lr;
}

/* From one step to the next; where the cosine was -1, the rate was eta_min and the quotient below
 * would be 0/0. */
static double next_cosine(const gra_scheduler *s, double lr)
{
    const double t = (double)s->steps, period = (double)s->period;
    if ((s->steps - 1 - s->period) % (2 * s->period) == 0)
        return lr + (s->base_lr - s->eta_min) * (1 - cos(M_PI / period)) / 2;
    return (1 + cos(M_PI * t / period)) / (1 + cos(M_PI * (t - 1) / period)) * (lr - s->eta_min) +
           s->eta_min;
}

gra_step_lr_options gra_step_lr_defaults(void)
{
    return (gra_step_lr_options){.gamma = 0.1};
}

gra_multi_step_lr_options gra_multi_step_lr_defaults(void)
{
    return (gra_multi_step_lr_options){.gamma = 0.1};
}

gra_cosine_annealing_lr_options gra_cosine_annealing_lr_defaults(void)
{
    return (gra_cosine_annealing_lr_options){0};
}

gra_scheduler *gra_step_lr_with(gra_step_lr_options o)
{
    if (!check("gra_step_lr", "step_size", o.step_size, "gamma", o.gamma))
        return NULL;
    return scheduler_new(
        "gra_step_lr", o.optim,
        (gra_scheduler){.next = next_step_lr, .period = o.step_size, .gamma = o.gamma});
}

gra_scheduler *gra_multi_step_lr_with(gra_multi_step_lr_options o)
{
    const char *const name = "gra_multi_step_lr";
    if (!check(name, "count", o.count, "gamma", o.gamma))
        return NULL;
    if (!o.milestones)
        return gra_fail("%s: milestones is NULL; %d numbers of steps are needed", name, o.count);
    gra_scheduler *const s = scheduler_new(
        name, o.optim,
        (gra_scheduler){.next = next_multi_step_lr, .gamma = o.gamma, .count = o.count});
    if (!s)
        return NULL;
    s->milestones = malloc((size_t)o.count * sizeof *s->milestones);
    for (int i = 0; s->milestones && i < o.count; i++)
        s->milestones[i] = o.milestones[i];
    if (s->milestones)
        return s;
    gra__release(s);
    return gra_fail("%s: out of memory", name);
}

gra_scheduler *gra_cosine_annealing_lr_with(gra_cosine_annealing_lr_options o)
{
    const char *const name = "gra_cosine_annealing_lr";
    if (!check(name, "t_max", o.t_max, "eta_min", o.eta_min))
        return NULL;
    return scheduler_new(
        name, o.optim,
        (gra_scheduler){.next = next_cosine, .period = o.t_max, .eta_min = o.eta_min});
}

int gra_scheduler_step(gra_scheduler *s)
{
    if (gra_error())
        return -1;
    if (!s) {
        gra_fail("gra_scheduler_step: the scheduler is NULL");
        return -1;
    }
    s->steps++;
    return gra_optim_set_lr(s->optim, s->next(s, gra_optim_lr(s->optim)));
}
