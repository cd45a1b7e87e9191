/* one_cycle.c - one rise and one fall of the learning rate, and of momentum the other way. */
#include <math.h>

#include "core/error.h"
#include "optim/scheduler_struct.h"

/* A phase leads from one of these to the next; a cycle has three corners, or four. */
typedef enum corner { FIRST, HIGHEST, LAST } corner;

typedef struct phase {
    double start, end; /* steps */
    corner from, to;
} phase;

/* The phase of the step that the plan is at. */
static phase phase_of(const gra_scheduler *s)
{
    const gra_one_cycle_lr_options *const o = &s->o.one_cycle;
    const double t = s->number[GRA__LAST_EPOCH], total = (double)o->total_steps;
    const double top = o->pct_start * total - 1, back = 2 * o->pct_start * total - 2;
    if (t <= top)
        return (phase){0, top, FIRST, HIGHEST};
    if (!o->three_phase)
        return (phase){top, total - 1, HIGHEST, LAST};
    if (t <= back)
        return (phase){top, back, HIGHEST, FIRST};
    return (phase){back, total - 1, FIRST, LAST};
}

/* Between two numbers, by how much of the phase has passed. A training loop steps once more after its
 * last batch; that rate is not used, and where PyTorch's goes on beyond the end (with a line it is
 * negative), this one stays. */
static double anneal(const gra_scheduler *s, const phase *p, double from, double to)
{
    const double length = p->end - p->start;
    const double passed =
        length == 0 ? 1 : fmin((s->number[GRA__LAST_EPOCH] - p->start) / length, 1);
    return s->o.one_cycle.anneal_strategy == GRA_ANNEAL_COS
               ? to + (from - to) / 2 * (cos(M_PI * passed) + 1)
               : (to - from) * passed + from;
}

static double rate_at(const gra_scheduler *s, int group, corner at)
{
    const double first = s->limit[group] / s->o.one_cycle.div_factor;
    return at == HIGHEST ? s->limit[group]
           : at == FIRST ? first
                         : first / s->o.one_cycle.final_div_factor;
}

static double rate(const gra_scheduler *s, int group, double lr)
{
    (void)lr;
    const phase p = phase_of(s);
    return anneal(s, &p, rate_at(s, group, p.from), rate_at(s, group, p.to));
}

static double momentum(const gra_scheduler *s, int group)
{
    (void)group;
    const gra_one_cycle_lr_options *const o = &s->o.one_cycle;
    const phase p = phase_of(s);
    return anneal(s, &p, p.from == HIGHEST ? o->base_momentum : o->max_momentum,
                  p.to == HIGHEST ? o->base_momentum : o->max_momentum);
}

static bool may_step(const gra_scheduler *s)
{
    if (s->number[GRA__LAST_EPOCH] < (double)s->o.one_cycle.total_steps)
        return true;
    gra_fail("gra_one_cycle_lr: the plan has %lld steps, and all of them are taken",
             (long long)s->o.one_cycle.total_steps);
    return false;
}

static const gra__plan_class one_cycle = {
    .name = "gra_one_cycle_lr",
    .numbers = 1 << GRA__LAST_EPOCH,
    .start = rate,
    .next = rate,
    .momentum = momentum,
    .may_step = may_step,
};

static bool is_positive(const char *name, double value)
{
    if (!(value > 0) || isinf(value))
        gra_fail("%s: %s %g is out of range; a number above 0 is needed", one_cycle.name, name,
                 value);
    return !gra_error();
}

static bool check(const gra_one_cycle_lr_options *o)
{
    const bool known =
        o->anneal_strategy == GRA_ANNEAL_COS || o->anneal_strategy == GRA_ANNEAL_LINEAR;
    if (!gra__plan_count(one_cycle.name, "total_steps", o->total_steps) ||
        !gra__plan_between(one_cycle.name, "pct_start", o->pct_start, true) ||
        !is_positive("div_factor", o->div_factor) ||
        !is_positive("final_div_factor", o->final_div_factor) ||
        (!o->max_lrs && !is_positive("max_lr", o->max_lr)))
        return false;
    if (!known)
        gra_fail("%s: anneal_strategy %d is unknown; GRA_ANNEAL_COS or GRA_ANNEAL_LINEAR is needed",
                 one_cycle.name, (int)o->anneal_strategy);
    return known;
}

/* Finds the momentum to cycle. */
static bool find_momentum(gra_scheduler *s)
{
    const gra_one_cycle_lr_options *const o = &s->o.one_cycle;
    const gra__optim_class *const optim = s->optim->type;
    const int beta1 = gra__option_index(optim, "beta1");
    s->momentum = beta1 >= 0 ? beta1 : gra__option_index(optim, "momentum");
    if (s->momentum < 0) {
        gra_fail("%s: %s has neither momentum nor betas to cycle; give .cycle_momentum = false",
                 one_cycle.name, optim->name);
        return false;
    }
    const gra__range range = optim->options[s->momentum].range;
    return gra__option_check(one_cycle.name, &(gra__option){"base_momentum", range},
                             o->base_momentum) &&
           gra__option_check(one_cycle.name, &(gra__option){"max_momentum", range},
                             o->max_momentum);
}

gra_one_cycle_lr_options gra_one_cycle_lr_defaults(void)
{
    return (gra_one_cycle_lr_options){GRA__ONE_CYCLE_DEFAULTS};
}

/* The first rate of the cycle is the one that plans to come begin from, as in PyTorch. */
static void note_first_rates(gra_scheduler *s)
{
    for (int i = 0; i < s->groups; i++)
        s->base_lr[i] = s->optim->groups[i].initial_lr = rate_at(s, i, FIRST);
}

gra_scheduler *gra_one_cycle_lr_with(gra_one_cycle_lr_options o)
{
    if (gra_error() || !check(&o))
        return NULL;
    gra_scheduler *const s = gra__plan_new(one_cycle.name, &one_cycle, o.optim);
    if (!s)
        return NULL;
    s->o.one_cycle = o;
    if (gra__plan_limits(s, "max_lr", o.max_lrs, o.max_lr) &&
        (!o.cycle_momentum || find_momentum(s)))
        note_first_rates(s);
    return gra__plan_begin(s);
}
