/* early_stopping.c - enough epochs that were no better. */
#include "core/error.h"
#include "train/metrics.h"

static bool is_better(const gra_early_stopping *s, double metric)
{
    if (s->best_epoch == 0)
        return metric == metric; /* any number, once there is one */
    return s->mode == GRA_METRIC_MIN ? metric < s->best - s->min_delta
                                     : metric > s->best + s->min_delta;
}

static bool check(const gra_early_stopping *s)
{
    if (!s)
        gra_fail("gra_early_stop: the struct is NULL");
    else if (s->patience < 0)
        gra_fail("gra_early_stop: patience %lld is negative", (long long)s->patience);
    else if (!(s->min_delta >= 0))
        gra_fail("gra_early_stop: min_delta %g is out of range; at least 0 is needed",
                 s->min_delta);
    else if (s->mode != GRA_METRIC_MIN && s->mode != GRA_METRIC_MAX)
        gra_fail("gra_early_stop: mode %d is unknown; GRA_METRIC_MIN or GRA_METRIC_MAX is needed",
                 (int)s->mode);
    return !gra_error();
}

bool gra_early_stop(gra_early_stopping *s, double metric)
{
    if (gra_error() || !check(s))
        return true;
    s->num_epochs++;
    if (is_better(s, metric)) {
        s->best = metric;
        s->best_epoch = s->num_epochs;
        s->num_bad_epochs = 0;
    } else {
        s->num_bad_epochs++;
    }
    return s->num_bad_epochs > s->patience;
}
