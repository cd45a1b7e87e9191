/* plateau.c - a smaller learning rate once a metric does not get better any more. */
#include <math.h>

#include "core/error.h"
#include "optim/scheduler_struct.h"

static bool is_better(const gra_reduce_lr_on_plateau_options *o, double metric, double best)
{
    const bool relative = o->threshold_mode == GRA_THRESHOLD_REL;
    if (o->mode == GRA_PLATEAU_MIN)
        return metric < (relative ? best * (1 - o->threshold) : best - o->threshold);
    return metric > (relative ? best * (1 + o->threshold) : best + o->threshold);
}

/* Counts the steps that were no better; more than `patience` of them call for a smaller rate. */
static void look_at(gra_scheduler *s, double metric)
{
    double *const n = s->number;
    if (n[GRA__LAST_EPOCH] == 0) {
        n[GRA__BEST] = s->o.plateau.mode == GRA_PLATEAU_MIN ? INFINITY : -INFINITY;
        n[GRA__BAD_EPOCHS] = n[GRA__COOLDOWN] = 0;
        return;
    }
    if (is_better(&s->o.plateau, metric, n[GRA__BEST])) {
        n[GRA__BEST] = metric;
        n[GRA__BAD_EPOCHS] = 0;
    } else {
        n[GRA__BAD_EPOCHS]++;
    }
    if (n[GRA__COOLDOWN] > 0) {
        n[GRA__COOLDOWN]--;
        n[GRA__BAD_EPOCHS] = 0;
    }
}

static bool runs_out(const gra_scheduler *s)
{
    return s->number[GRA__BAD_EPOCHS] > (double)s->o.plateau.patience;
}

static double next(const gra_scheduler *s, int group, double lr)
{
    const gra_reduce_lr_on_plateau_options *const o = &s->o.plateau;
    if (!runs_out(s))
        return lr;
    const double smaller = fmax(lr * o->factor, s->limit[group]);
    return lr - smaller > o->eps ? smaller : lr;
}

static void begin_cooldown(gra_scheduler *s)
{
    if (!runs_out(s))
        return;
    s->number[GRA__COOLDOWN] = (double)s->o.plateau.cooldown;
    s->number[GRA__BAD_EPOCHS] = 0;
}

static const gra__plan_class plateau = {
    .name = "gra_reduce_lr_on_plateau",
    .numbers = 1 << GRA__LAST_EPOCH | 1 << GRA__BEST | 1 << GRA__BAD_EPOCHS | 1 << GRA__COOLDOWN,
    .needs_metric = true,
    .next = next,
    .advance = look_at,
    .settle = begin_cooldown,
};

static bool check_modes(const gra_reduce_lr_on_plateau_options *o)
{
    if (o->mode != GRA_PLATEAU_MIN && o->mode != GRA_PLATEAU_MAX)
        gra_fail("%s: mode %d is unknown; GRA_PLATEAU_MIN or GRA_PLATEAU_MAX is needed",
                 plateau.name, (int)o->mode);
    else if (o->threshold_mode != GRA_THRESHOLD_REL && o->threshold_mode != GRA_THRESHOLD_ABS)
        gra_fail("%s: threshold_mode %d is unknown; GRA_THRESHOLD_REL or GRA_THRESHOLD_ABS is "
                 "needed",
                 plateau.name, (int)o->threshold_mode);
    return !gra_error();
}

gra_reduce_lr_on_plateau_options gra_reduce_lr_on_plateau_defaults(void)
{
    return (gra_reduce_lr_on_plateau_options){GRA__PLATEAU_DEFAULTS};
}

gra_scheduler *gra_reduce_lr_on_plateau_with(gra_reduce_lr_on_plateau_options o)
{
    const char *const name = plateau.name;
    if (gra_error() || !gra__option_check(name, &(gra__option){"factor", GRA__BELOW_1}, o.factor) ||
        !gra__plan_at_least_0(name, "patience", (double)o.patience) ||
        !gra__plan_at_least_0(name, "threshold", o.threshold) ||
        !gra__plan_at_least_0(name, "cooldown", (double)o.cooldown) ||
        !gra__plan_at_least_0(name, "eps", o.eps) || !check_modes(&o))
        return NULL;
    gra_scheduler *const s = gra__plan_new(name, &plateau, o.optim);
    if (!s)
        return NULL;
    s->o.plateau = o;
    gra__plan_limits(s, "min_lr", o.min_lrs, o.min_lr);
    return gra__plan_begin(s);
}
