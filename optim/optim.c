/* optim.c - what all optimizers share: their parameters, groups and options. */
#include "optim/optim.h"

#include <fnmatch.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/alloc_cache.h"
#include "core/error.h"
#include "nn/module_struct.h"
#include "optim/optim_struct.h"

static void state_free(gra__parameter_state *state)
{
    gra__optim_unfuse(state);
    gra__release(state->tensor);
    for (int k = 0; k < GRA__OPTIMIZER_MEMORY; k++)
        gra__release(state->memory[k]);
    free(state->name);
    gra__dealloc(state, sizeof *state);
}

static void optim_destroy(void *self)
{
    gra_optim *const opt = self;
    for (int i = 0; i < opt->count; i++)
        state_free(opt->params[i]);
    free(opt->params);
    free(opt->groups);
    gra__dealloc(opt, sizeof *opt);
}

static const gra_kind optim_kind = {
    .name = "optimizer",
    .keeper = "whoever made it",
    .destroy = optim_destroy,
};

/* ---- options ---- */

bool gra__option_check(const char *who, const gra__option *option, double value)
{
    static const char *const needed[] = {
        [GRA__AT_LEAST_0] = "a number of at least 0",
        [GRA__BELOW_1] = "a number from 0 to below 1",
        [GRA__UP_TO_1] = "a number from 0 to 1",
        [GRA__FINITE] = "a finite number",
        [GRA__FLAG] = "0 or 1",
    };
    const bool fine = option->range == GRA__FINITE    ? isfinite(value)
                      : option->range == GRA__FLAG    ? value == 0 || value == 1
                      : option->range == GRA__BELOW_1 ? value >= 0 && value < 1
                      : option->range == GRA__UP_TO_1 ? value >= 0 && value <= 1
                                                      : value >= 0 && isfinite(value);
    if (!fine)
        gra_fail("%s: %s %g is out of range; %s is needed", who, option->name, value,
                 needed[option->range]);
    return !gra_error();
}

int gra__option_index(const gra__optim_class *type, const char *name)
{
    for (int k = 0; type->options[k].name; k++)
        if (strcmp(type->options[k].name, name) == 0)
            return k;
    return -1;
}

bool gra__options_fit(const gra__optim_class *type, const char *who, const double *option)
{
    for (int k = 0; type->options[k].name; k++)
        if (!gra__option_check(who, &type->options[k], option[k]))
            return false;
    return !type->fits || type->fits(who, option);
}

/* The number of an option that a user names; -1 with an error. */
static int option_named(const char *who, const gra_optim *opt, const char *name)
{
    const int found = name ? gra__option_index(opt->type, name) : -1;
    if (found >= 0)
        return found;
    char list[256] = "";
    for (int k = 0; opt->type->options[k].name; k++) {
        const size_t used = strlen(list);
        snprintf(list + used, sizeof list - used, "%s%s", k ? ", " : "",
                 opt->type->options[k].name);
    }
    gra_fail("%s: %s has no option %s; it has %s", who, opt->type->name, name ? name : "NULL",
             list);
    return -1;
}

static bool has_group(const char *who, const gra_optim *opt, int group)
{
    if (group >= 0 && group < opt->group_count)
        return true;
    gra_fail("%s: there is no group %d; the optimizer has %d", who, group, opt->group_count);
    return false;
}

int gra_optim_group_count(const gra_optim *opt)
{
    return opt ? opt->group_count : -1;
}

const char *gra_optim_name(const gra_optim *opt)
{
    return opt ? opt->type->name : NULL;
}

double gra_optim_option(const gra_optim *opt, int group, const char *name)
{
    const char *const who = "gra_optim_option";
    if (!opt || !has_group(who, opt, group))
        return NAN;
    const int k = option_named(who, opt, name);
    return k < 0 ? NAN : opt->groups[group].option[k];
}

/* Sets option k of group `first` and of those behind it, before `end`; nothing with an error. */
static int set_option(const char *who, gra_optim *opt, int first, int end, int k, double value)
{
    for (int i = first; i < end; i++) {
        double changed[GRA__OPTIM_OPTIONS];
        memcpy(changed, opt->groups[i].option, sizeof changed);
        changed[k] = value;
        if (!gra__options_fit(opt->type, who, changed))
            return -1;
    }
    for (int i = first; i < end; i++)
        opt->groups[i].option[k] = value;
    return 0;
}

int gra_optim_set_option(gra_optim *opt, int group, const char *name, double value)
{
    const char *const who = "gra_optim_set_option";
    if (gra_error())
        return -1;
    if (!opt)
        gra_fail("%s: the optimizer is NULL", who);
    const bool all = group == GRA_ALL_GROUPS;
    if (!opt || (!all && !has_group(who, opt, group)))
        return -1;
    const int k = option_named(who, opt, name);
    return k < 0 ? -1
                 : set_option(who, opt, all ? 0 : group, all ? opt->group_count : group + 1, k,
                              value);
}

double gra_optim_lr(const gra_optim *opt)
{
    return opt ? opt->groups[0].option[GRA__LR] : NAN;
}

int gra_optim_set_lr(gra_optim *opt, double lr)
{
    const char *const who = "gra_optim_set_lr";
    if (gra_error())
        return -1;
    if (!opt) {
        gra_fail("%s: the optimizer is NULL", who);
        return -1;
    }
    return set_option(who, opt, 0, opt->group_count, GRA__LR, lr);
}

/* ---- parameters ---- */

static int index_of(const gra_optim *opt, const gra_tensor *t)
{
    for (int i = 0; i < opt->count; i++)
        if (opt->params[i]->tensor == t)
            return i;
    return -1;
}

static bool add_parameter(gra_optim *opt, const char *name, gra_tensor *t, int group)
{
    gra__parameter_state **const list = gra__grown(opt->params, opt->count, sizeof *list);
    if (!list)
        return false;
    opt->params = list;
    gra__parameter_state *const state = gra__alloc_zeroed(sizeof *state);
    if (!state)
        return false;
    state->product = 1;
    state->group = group;
    state->name = name ? strdup(name) : NULL;
    gra__retain(t);
    state->tensor = t;
    if (name && !state->name)
        gra_fail("%s: out of memory", opt->type->name);
    if (gra_error() || (opt->fused && !gra__optim_fuse(opt, state))) {
        state_free(state);
        return false;
    }
    list[opt->count++] = state;
    return true;
}

static int add_named(const char *name, gra_tensor *t, void *opt)
{
    return add_parameter(opt, name, t, 0) ? 0 : -1;
}

static bool can_be_trained(const char *who, const gra_tensor *t, int index)
{
    if (!t)
        gra_fail("%s: tensor %d of the list is NULL", who, index);
    else if (t->node)
        gra_fail("%s: tensor %d of the list is the result of an op; only leaves can be trained",
                 who, index);
    else if (!gra_dtype_is_floating(t->dtype))
        gra_fail("%s: tensor %d of the list has dtype %s; only floating-point tensors can be "
                 "trained",
                 who, index, gra_dtype_name(t->dtype));
    return !gra_error();
}

static bool list_is_fine(const char *who, gra_tensor *const *tensors, int count)
{
    if (count < 0)
        gra_fail("%s: count is %d; at least 0 is needed", who, count);
    else if (count > 0 && !tensors)
        gra_fail("%s: the list of tensors is NULL", who);
    for (int i = 0; i < count && !gra_error() && can_be_trained(who, tensors[i], i); i++)
        for (int k = 0; k < i && !gra_error(); k++)
            if (tensors[k] == tensors[i])
                gra_fail("%s: tensors %d and %d of the list are the same", who, k, i);
    return !gra_error();
}

static void add_trained(gra_optim *opt, const gra__trained *what)
{
    const char *const who = opt->type->name;
    const bool listed = what->tensors || what->count;
    if (what->module && listed)
        gra_fail("%s: a module and a list of tensors are given; one of them is needed", who);
    else if (!what->module && !listed)
        gra_fail("%s: the module is NULL, and no tensors are listed", who);
    if (gra_error() || !list_is_fine(who, what->tensors, what->count))
        return;
    opt->fused = what->fused_backward;
    if (what->module)
        gra_module_named_parameters(what->module, add_named, opt);
    for (int i = 0; i < what->count && add_parameter(opt, NULL, what->tensors[i], 0);)
        i++;
    if (opt->count == 0)
        gra_fail("%s: there are no parameters to train", who);
}

/* ---- groups ---- */

/* A new group with these options; false with an error. */
static bool add_group(gra_optim *opt, const double *option)
{
    gra__optim_group *const list = gra__grown(opt->groups, opt->group_count, sizeof *list);
    if (!list)
        return false;
    opt->groups = list;
    gra__optim_group *const group = &list[opt->group_count++];
    *group = (gra__optim_group){.initial_lr = NAN};
    memcpy(group->option, option, sizeof group->option);
    return true;
}

gra_optim *gra__optim_new(const gra__optim_class *type, gra__trained what, const double *option)
{
    if (gra_error() || !gra__options_fit(type, type->name, option))
        return NULL;
    gra_optim *const opt = gra__alloc_zeroed(sizeof *opt);
    if (!opt)
        return NULL;
    gra__object_init(&opt->head, &optim_kind, 1);
    opt->type = type;
    for (int k = 0; type->options[k].name; k++)
        opt->defaults[k] = option[k];
    if (add_group(opt, opt->defaults))
        add_trained(opt, &what);
    if (!gra_error())
        return opt;
    gra__release(opt);
    return NULL;
}

/* The options that a new group may have of its own. */
static const struct {
    const char *name;
    size_t offset;
} group_options[] = {
    {"lr", offsetof(gra_optim_group_options, lr)},
    {"weight_decay", offsetof(gra_optim_group_options, weight_decay)},
    {"momentum", offsetof(gra_optim_group_options, momentum)},
    {"dampening", offsetof(gra_optim_group_options, dampening)},
    {"beta1", offsetof(gra_optim_group_options, betas[0])},
    {"beta2", offsetof(gra_optim_group_options, betas[1])},
    {"eps", offsetof(gra_optim_group_options, eps)},
    {"alpha", offsetof(gra_optim_group_options, alpha)},
    {"rho", offsetof(gra_optim_group_options, rho)},
    {"lr_decay", offsetof(gra_optim_group_options, lr_decay)},
    {"momentum_decay", offsetof(gra_optim_group_options, momentum_decay)},
    {"initial_accumulator_value", offsetof(gra_optim_group_options, initial_accumulator_value)},
    {"trust_coefficient", offsetof(gra_optim_group_options, trust_coefficient)},
};

gra_optim_group_options gra_optim_group_defaults(void)
{
    return (gra_optim_group_options){GRA__GROUP_DEFAULTS};
}

/* Writes what is given over the defaults; false with an error. */
static bool group_numbers(const gra_optim *opt, const gra_optim_group_options *o, double *option)
{
    const char *const who = "gra_optim_group";
    memcpy(option, opt->defaults, sizeof opt->defaults);
    for (size_t i = 0; i < sizeof group_options / sizeof *group_options; i++) {
        double value;
        memcpy(&value, (const char *)o + group_options[i].offset, sizeof value);
        if (isnan(value))
            continue;
        const int k = option_named(who, opt, group_options[i].name);
        if (k < 0)
            return false;
        option[k] = value;
    }
    return gra__options_fit(opt->type, who, option);
}

static bool matches(const gra__parameter_state *state, const char *pattern)
{
    return state->name && fnmatch(pattern, state->name, 0) == 0;
}

static bool pattern_is_fine(const gra_optim *opt, const char *pattern)
{
    int found = 0;
    for (int i = 0; i < opt->count; i++)
        found += matches(opt->params[i], pattern);
    if (found)
        return true;
    const char *const first = opt->params[0]->name;
    gra_fail("gra_optim_group: no parameter's name matches \"%s\"; %s%s", pattern,
             first ? "the first one is " : "the parameters have no names, as they came in a list",
             first ? first : "");
    return false;
}

/* Adds the tensors that are new; false with an error and none added. */
static bool add_listed(gra_optim *opt, const gra_optim_group_options *o)
{
    const int before = opt->count;
    for (int i = 0; i < o->count; i++)
        if (index_of(opt, o->tensors[i]) < 0 &&
            !add_parameter(opt, NULL, o->tensors[i], opt->group_count - 1)) {
            while (opt->count > before)
                state_free(opt->params[--opt->count]);
            return false;
        }
    return true;
}

int gra_optim_group_with(gra_optim_group_options o)
{
    const char *const who = "gra_optim_group";
    double option[GRA__OPTIM_OPTIONS];
    if (gra_error())
        return -1;
    if (!o.optim)
        gra_fail("%s: the optimizer is NULL", who);
    else if (!o.pattern == !o.tensors)
        gra_fail("%s: %s; a pattern of names or a list of tensors is needed", who,
                 o.pattern ? "both are given" : "the pattern is NULL, and no tensors are listed");
    if (gra_error() || !list_is_fine(who, o.tensors, o.count) ||
        !group_numbers(o.optim, &o, option) ||
        (o.pattern && !pattern_is_fine(o.optim, o.pattern)) || !add_group(o.optim, option))
        return -1;
    gra_optim *const opt = o.optim;
    const int group = opt->group_count - 1;
    if (!add_listed(opt, &o)) {
        opt->group_count--;
        return -1;
    }
    for (int i = 0; i < opt->count; i++)
        if (o.pattern && matches(opt->params[i], o.pattern))
            opt->params[i]->group = group;
    for (int i = 0; i < o.count; i++)
        opt->params[index_of(opt, o.tensors[i])]->group = group;
    return group;
}

/* ---- what is remembered ---- */

gra_tensor *gra_optim_state(const gra_optim *opt, const gra_tensor *parameter, const char *name)
{
    if (!opt || !parameter || gra_error())
        return NULL;
    const int at = index_of(opt, parameter);
    if (at < 0)
        return gra_fail("gra_optim_state: %s does not train this tensor", opt->type->name);
    for (int k = 0; k < GRA__OPTIMIZER_MEMORY && name; k++)
        if (opt->type->memory[k] && strcmp(opt->type->memory[k], name) == 0)
            return opt->params[at]->memory[k];
    return gra_fail("gra_optim_state: %s remembers no %s", opt->type->name, name ? name : "NULL");
}

int64_t gra_optim_steps(const gra_optim *opt, const gra_tensor *parameter)
{
    const int at = opt && parameter ? index_of(opt, parameter) : -1;
    return at < 0 ? -1 : opt->params[at]->steps;
}
