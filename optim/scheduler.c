/* scheduler.c - what all plans share: taking steps, and plans made of plans. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/alloc_cache.h"
#include "core/error.h"
#include "optim/scheduler_struct.h"

static void scheduler_destroy(void *self)
{
    gra_scheduler *const s = self;
    for (int i = 0; i < s->child_count; i++)
        gra__release(s->children[i]);
    free(s->children);
    gra__release(s->optim);
    free(s->base_lr);
    free(s->limit);
    free(s->milestones);
    gra__dealloc(s, sizeof *s);
}

static const gra_kind scheduler_kind = {
    .name = "scheduler",
    .keeper = "whoever made it",
    .destroy = scheduler_destroy,
};

/* ---- options ---- */

bool gra__plan_count(const char *plan, const char *name, int64_t value)
{
    if (value < 1)
        gra_fail("%s: %s %lld is out of range; at least 1 is needed", plan, name, (long long)value);
    return !gra_error();
}

bool gra__plan_at_least_0(const char *plan, const char *name, double value)
{
    return gra__option_check(plan, &(gra__option){name, GRA__AT_LEAST_0}, value);
}

bool gra__plan_between(const char *plan, const char *name, double value, bool zero_too)
{
    if (zero_too)
        return gra__option_check(plan, &(gra__option){name, GRA__UP_TO_1}, value);
    if (!(value > 0 && value <= 1))
        gra_fail("%s: %s %g is out of range; a number above 0 and up to 1 is needed", plan, name,
                 value);
    return !gra_error();
}

/* ---- making ---- */

static void remember_rates(gra_scheduler *s)
{
    for (int i = 0; i < s->groups; i++) {
        gra__optim_group *const group = &s->optim->groups[i];
        if (isnan(group->initial_lr))
            group->initial_lr = group->option[GRA__LR];
        s->base_lr[i] = group->initial_lr;
    }
}

gra_scheduler *gra__plan_new(const char *name, const gra__plan_class *type, gra_optim *optim)
{
    if (gra_error())
        return NULL;
    if (!optim)
        return gra_fail("%s: the optimizer is NULL", name);
    gra_scheduler *const s = gra__alloc_zeroed(sizeof *s);
    if (!s)
        return NULL;
    gra__object_init(&s->head, &scheduler_kind, 1);
    s->type = type;
    s->momentum = -1;
    s->groups = optim->group_count;
    gra__retain(optim);
    s->optim = optim;
    s->base_lr = calloc((size_t)s->groups, sizeof *s->base_lr);
    if (!s->base_lr) {
        gra__release(s);
        return gra_fail("%s: out of memory", name);
    }
    remember_rates(s);
    return s;
}

bool gra__plan_limits(gra_scheduler *s, const char *name, const double *each, double all)
{
    s->limit = calloc((size_t)s->groups, sizeof *s->limit);
    if (!s->limit)
        gra_fail("%s: out of memory", s->type->name);
    for (int i = 0; s->limit && i < s->groups; i++) {
        s->limit[i] = each ? each[i] : all;
        if (!gra__plan_at_least_0(s->type->name, name, s->limit[i]))
            return false;
    }
    return !gra_error();
}

bool gra__plan_milestones(gra_scheduler *s, const int64_t *milestones, int count)
{
    s->milestones = calloc((size_t)count + 1, sizeof *milestones);
    if (!s->milestones) {
        gra_fail("gra_scheduler: out of memory");
        return false;
    }
    if (count)
        memcpy(s->milestones, milestones, (size_t)count * sizeof *milestones);
    s->milestone_count = count;
    return true;
}

/* ---- stepping ---- */

static const char *const step_name = "gra_scheduler_step";

static bool groups_are_the_same(const gra_scheduler *s)
{
    if (s->groups == s->optim->group_count)
        return true;
    gra_fail(
        "%s: the optimizer has %d groups, and had %d when the plan was made; make groups before "
        "plans",
        step_name, s->optim->group_count, s->groups);
    return false;
}

/* Computes the rates of all groups and then sets them; false with an error and none set. */
static bool set_rates(gra_scheduler *s, double (*rate)(const gra_scheduler *, int, double))
{
    const gra__plan_class *const type = s->type;
    gra__optim_group *const groups = s->optim->groups;
    double *const lr = calloc((size_t)s->groups, sizeof *lr);
    if (!lr)
        gra_fail("%s: out of memory", step_name);
    for (int i = 0; lr && i < s->groups && !gra_error(); i++) {
        lr[i] = rate ? rate(s, i, groups[i].option[GRA__LR]) : groups[i].option[GRA__LR];
        gra__plan_at_least_0(type->name, "lr", lr[i]);
    }
    for (int i = 0; i < s->groups && !gra_error(); i++) {
        groups[i].option[GRA__LR] = lr[i];
        if (s->momentum >= 0)
            groups[i].option[s->momentum] = type->momentum(s, i);
    }
    free(lr);
    return !gra_error();
}

static bool start(gra_scheduler *s);

/* Begins a plan again, from the rates that the groups had at first. */
static bool restart(gra_scheduler *s)
{
    for (int i = 0; i < s->groups; i++)
        s->optim->groups[i].option[GRA__LR] = s->base_lr[i];
    return start(s);
}

/* How many milestones a plan has passed: the index of the child whose turn it is. */
static int turn(const gra_scheduler *s)
{
    int passed = 0;
    while (passed < s->milestone_count &&
           (double)s->milestones[passed] <= s->number[GRA__LAST_EPOCH])
        passed++;
    return passed;
}

/* Step 0. */
static bool start(gra_scheduler *s)
{
    s->number[GRA__LAST_EPOCH] = 0;
    if (!s->type && !s->chained)
        return start(s->children[turn(s)]);
    for (int i = 0; i < s->child_count; i++)
        if (!start(s->children[i]))
            return false;
    if (s->type && s->type->advance)
        s->type->advance(s, NAN);
    return !s->type || set_rates(s, s->type->start);
}

gra_scheduler *gra__plan_begin(gra_scheduler *s)
{
    if (!s || (!gra_error() && start(s)))
        return s;
    gra__release(s);
    return NULL;
}

static bool take_step(gra_scheduler *s, double metric);

static bool step_children(gra_scheduler *s)
{
    for (int i = 0; s->chained && i < s->child_count; i++)
        if (!take_step(s->children[i], NAN))
            return false;
    if (s->chained)
        return true;
    const int at = turn(s);
    gra_scheduler *const child = s->children[at];
    const bool begins = at > 0 && (double)s->milestones[at - 1] == s->number[GRA__LAST_EPOCH];
    return begins ? restart(child) : take_step(child, NAN);
}

static bool take_step(gra_scheduler *s, double metric)
{
    const gra__plan_class *const type = s->type;
    if (!groups_are_the_same(s) || (type && type->may_step && !type->may_step(s)))
        return false;
    s->number[GRA__LAST_EPOCH]++;
    if (!type)
        return step_children(s);
    if (type->advance)
        type->advance(s, metric);
    const bool fine = set_rates(s, type->next);
    if (fine && type->settle)
        type->settle(s);
    return fine;
}

static size_t plans_in(const gra_scheduler *s)
{
    size_t count = 1;
    for (int i = 0; i < s->child_count; i++)
        count += plans_in(s->children[i]);
    return count;
}

/* Copies the numbers of a plan and of those that it is made of, or puts them back. Returns how many
 * doubles that is. */
static size_t copy_numbers(gra_scheduler *s, double *copy, bool back)
{
    memcpy(back ? s->number : copy, back ? copy : s->number, sizeof s->number);
    size_t used = GRA__PLAN_NUMBERS;
    for (int i = 0; i < s->child_count; i++)
        used += copy_numbers(s->children[i], copy + used, back);
    return used;
}

/* A step, or nothing: where it fails in the middle, all is as it was. */
static bool take_whole_step(gra_scheduler *s, double metric)
{
    const size_t bytes = (size_t)s->optim->group_count * sizeof *s->optim->groups;
    double *const numbers = calloc(plans_in(s), sizeof s->number);
    gra__optim_group *const groups = calloc(1, bytes);
    bool fine = numbers && groups;
    if (!fine)
        gra_fail("%s: out of memory", step_name);
    if (fine) {
        copy_numbers(s, numbers, false);
        memcpy(groups, s->optim->groups, bytes);
        fine = take_step(s, metric);
        if (!fine) {
            copy_numbers(s, numbers, true);
            memcpy(s->optim->groups, groups, bytes);
        }
    }
    free(numbers);
    free(groups);
    return fine;
}

static int step(const char *who, gra_scheduler *s, bool has_metric, double metric)
{
    if (gra_error())
        return -1;
    const bool needs_metric = s && s->type && s->type->needs_metric;
    if (!s)
        gra_fail("%s: the scheduler is NULL", who);
    else if (needs_metric && !has_metric)
        gra_fail("%s: %s watches a metric; call gra_scheduler_step_metric", who, s->type->name);
    else if (!needs_metric && has_metric)
        gra_fail("%s: only gra_reduce_lr_on_plateau watches a metric; call gra_scheduler_step",
                 who);
    return !gra_error() && take_whole_step(s, metric) ? 0 : -1;
}

int gra_scheduler_step(gra_scheduler *s)
{
    return step(step_name, s, false, NAN);
}

int gra_scheduler_step_metric(gra_scheduler *s, double metric)
{
    return step("gra_scheduler_step_metric", s, true, metric);
}

/* ---- plans of plans ---- */

static bool children_fit(const char *name, gra_scheduler *const *children, int count)
{
    for (int i = 0; i < count; i++) {
        if (!children[i])
            gra_fail("%s: scheduler %d is NULL", name, i);
        else if (children[i]->head.owned < 1)
            gra_fail("%s: scheduler %d belongs to another plan already", name, i);
        else if (children[i]->optim != children[0]->optim)
            gra_fail("%s: schedulers 0 and %d have different optimizers", name, i);
        else if (children[i]->type && children[i]->type->needs_metric)
            gra_fail("%s: scheduler %d is %s, which needs a metric at each step", name, i,
                     children[i]->type->name);
        for (int k = 0; k < i && !gra_error(); k++)
            if (children[k] == children[i])
                gra_fail("%s: schedulers %d and %d are the same", name, k, i);
        if (gra_error())
            return false;
    }
    return true;
}

static void free_children(gra_scheduler *const *children, int count)
{
    for (int i = 0; children && i < count; i++) {
        int k = 0;
        while (children[k] != children[i])
            k++;
        if (k == i)
            gra_free_objects((void *const[]){children[i]}, 1);
    }
}

/* Takes over the children, also when it fails. */
static gra_scheduler *made_of(const char *name, gra_scheduler *const *children, int count)
{
    if (!gra_error() && count < 1)
        gra_fail("%s: there are no schedulers", name);
    gra_scheduler *s = NULL;
    if (!gra_error() && children_fit(name, children, count))
        s = gra__plan_new(name, NULL, children[0]->optim);
    if (s && !(s->children = calloc((size_t)count, sizeof *s->children)))
        gra_fail("%s: out of memory", name);
    if (!s || gra_error()) {
        free_children(children, count);
        gra__release(s);
        return NULL;
    }
    for (; s->child_count < count; s->child_count++) {
        gra__take(children[s->child_count]);
        s->children[s->child_count] = children[s->child_count];
    }
    return s;
}

static bool milestones_fit(const char *name, gra_milestones m, int count)
{
    if (m.count != count - 1)
        gra_fail(
            "%s: %d milestones are given for %d schedulers; one less than schedulers is needed",
            name, m.count, count);
    else if (m.count > 0 && !m.steps)
        gra_fail("%s: the list of milestones is NULL", name);
    for (int i = 1; i < m.count && !gra_error(); i++)
        if (m.steps[i] <= m.steps[i - 1])
            gra_fail("%s: milestones %lld and %lld do not ascend", name, (long long)m.steps[i - 1],
                     (long long)m.steps[i]);
    return !gra_error();
}

gra_scheduler *gra_sequential_lr_of(gra_milestones milestones, gra_scheduler *const *schedulers,
                                    int count)
{
    const char *const name = "gra_sequential_lr";
    if (!gra_error())
        milestones_fit(name, milestones, count);
    gra_scheduler *const s = made_of(name, schedulers, count);
    if (!s)
        return NULL;
    gra__plan_milestones(s, milestones.steps, milestones.count);
    for (int i = 0; i < s->groups && !gra_error(); i++)
        s->optim->groups[i].option[GRA__LR] = s->base_lr[i];
    return gra__plan_begin(s);
}

gra_scheduler *gra_chained_scheduler_of(gra_scheduler *const *schedulers, int count)
{
    gra_scheduler *const s = made_of("gra_chained_scheduler", schedulers, count);
    if (s)
        s->chained = true;
    return s;
}
