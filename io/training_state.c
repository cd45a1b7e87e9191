/* training_state.c - module, optimizer, plan, generator and loader as one list of named slots, which is
 * written to a file, or filled from one. */
#include "io/training_state.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/error_path.h"
#include "core/random.h"
#include "core/tensor_struct.h"
#include "io/tensor_file.h"
#include "nn/module_struct.h"
#include "ops/iterate.h"
#include "optim/scheduler_struct.h"

/* ---- slots ---- */

/* One of the pointers says what it is. */
typedef struct slot {
    char *name;         /* owned: in the file */
    gra_tensor *tensor; /* a parameter or a buffer */
    double *number;
    int64_t *integer;
    gra_tensor **memory;      /* NULL where nothing is remembered yet */
    const gra_tensor *like;   /* whose shape and dtype the memory has */
    const gra__option *range; /* of the number; NULL: any */
    bool fixed;               /* the integer must be the one that is there */
    bool optional;            /* may be missing in the file */

    const gra__tensor_entry *entry; /* loading: in the file, or NULL */
    gra_tensor *value;              /* loading: what was read */
} slot;

typedef struct slots {
    const char *op; /* for messages */
    slot *list;
    int count;
    int64_t generator[2]; /* seed and position, where they are part of it */
    int64_t data[3];      /* what a loader's state has, in its order, likewise */
} slots;

/* A new slot; NULL with an error. */
GRA_PRINTF(2, 3) static slot *add(slots *all, const char *format, ...)
{
    slot *const list = gra__grown(all->list, all->count, sizeof *list);
    all->list = list ? list : all->list;
    char *name = NULL;
    va_list arguments;
    va_start(arguments, format);
    const int length = list ? vasprintf(&name, format, arguments) : -1;
    va_end(arguments);
    if (length < 0)
        return gra_fail("%s: out of memory", all->op);
    list[all->count] = (slot){.name = name};
    return &list[all->count++];
}

static void slots_free(slots *all)
{
    for (int i = 0; i < all->count; i++)
        free(all->list[i].name);
    free(all->list);
}

static int add_module_tensor(const char *name, gra_tensor *t, void *all)
{
    slot *const s = add(all, "module.%s", name);
    if (s)
        s->tensor = t;
    return s ? 0 : -1;
}

static void add_group(slots *all, gra_optim *opt, int g)
{
    const gra__optim_class *const type = opt->type;
    gra__optim_group *const group = &opt->groups[g];
    for (int k = 0; type->options[k].name; k++) {
        slot *const s = add(all, "optim.%s.groups.%d.%s", type->name, g, type->options[k].name);
        if (!s)
            return;
        s->number = &group->option[k];
        s->range = &type->options[k];
    }
    slot *const s = add(all, "optim.%s.groups.%d.initial_lr", type->name, g);
    if (!s)
        return;
    s->number = &group->initial_lr;
    s->range = &type->options[GRA__LR];
    s->optional = true;
}

static void add_memory(slots *all, const char *prefix, gra_optim *opt, gra__parameter_state *state)
{
    for (int k = 0; k < GRA__OPTIMIZER_MEMORY && opt->type->memory[k]; k++) {
        slot *const s = add(all, "%s.%s", prefix, opt->type->memory[k]);
        if (!s)
            return;
        s->memory = &state->memory[k];
        s->like = state->tensor;
        s->optional = true;
    }
}

static void add_parameter(slots *all, gra_optim *opt, int i)
{
    gra__parameter_state *const state = opt->params[i];
    char number[16], *prefix = NULL;
    snprintf(number, sizeof number, "%d", i);
    if (asprintf(&prefix, "optim.%s.state.%s", opt->type->name,
                 state->name ? state->name : number) < 0) {
        gra_fail("%s: out of memory", all->op);
        return;
    }
    slot *s = add(all, "%s.group", prefix);
    if (s) {
        s->integer = &state->group;
        s->fixed = true;
    }
    s = add(all, "%s.step", prefix);
    if (s)
        s->integer = &state->steps;
    if (opt->type->product && (s = add(all, "%s.%s", prefix, opt->type->product)))
        s->number = &state->product;
    add_memory(all, prefix, opt, state);
    free(prefix);
}

static void add_plan(slots *all, const char *prefix, gra_scheduler *plan)
{
    static const char *const names[GRA__PLAN_NUMBERS] = {
        [GRA__LAST_EPOCH] = "last_epoch",
        [GRA__T_CUR] = "T_cur",
        [GRA__T_I] = "T_i",
        [GRA__BEST] = "best",
        [GRA__BAD_EPOCHS] = "num_bad_epochs",
        [GRA__COOLDOWN] = "cooldown_counter",
    };
    const unsigned numbers = plan->type ? plan->type->numbers : 1 << GRA__LAST_EPOCH;
    const char *const title = plan->type      ? plan->type->name + strlen("gra_")
                              : plan->chained ? "chained_scheduler"
                                              : "sequential_lr";
    slot *s = NULL;
    for (int k = 0; k < GRA__PLAN_NUMBERS; k++)
        if (numbers >> k & 1 && (s = add(all, "%s.%s.%s", prefix, title, names[k])))
            s->number = &plan->number[k];
    for (int i = 0; i < plan->groups; i++)
        if ((s = add(all, "%s.%s.base_lrs.%d", prefix, title, i)))
            s->number = &plan->base_lr[i];
    for (int i = 0; i < plan->child_count && !gra_error(); i++) {
        char *longer = NULL;
        if (asprintf(&longer, "%s.%s.%d", prefix, title, i) < 0)
            gra_fail("%s: out of memory", all->op);
        else
            add_plan(all, longer, plan->children[i]);
        free(longer);
    }
}

/* Lists what the options name; false with an error. */
static bool collect(slots *all, const gra_training_options *o)
{
    gra_optim *const opt = o->optim;
    if (!gra_error() && !o->module && !opt && !o->scheduler && !o->data)
        gra_fail("%s: there is nothing to %s; a module, an optimizer, a scheduler or a loader is "
                 "needed",
                 all->op, strstr(all->op, "save") ? "save" : "load");
    if (gra_error() ||
        (o->module && gra__module_visit(o->module, GRA__STATE, add_module_tensor, all) < 0))
        return false;
    for (int g = 0; opt && g < opt->group_count; g++)
        add_group(all, opt, g);
    for (int i = 0; opt && i < opt->count; i++)
        add_parameter(all, opt, i);
    if (o->scheduler)
        add_plan(all, "scheduler", o->scheduler);
    return !gra_error();
}

/* ---- saving ---- */

/* What a slot holds, as a tensor; NULL without an error where there is nothing. */
static gra_tensor *held(const slot *s)
{
    if (s->tensor)
        return s->tensor;
    if (s->memory)
        return *s->memory;
    if (s->number && isnan(*s->number) && s->optional)
        return NULL;
    return gra_full(GRA_SCALAR, s->number ? *s->number : (double)*s->integer, .dtype = GRA_FLOAT64);
}

static gra_tensor *integers(const int64_t *values, int64_t count)
{
    gra_tensor *const t = gra_empty(GRA_SHAPE(count), .dtype = GRA_INT64);
    if (t)
        memcpy(gra__ptr(t), values, (size_t)count * sizeof *values);
    return t;
}

static gra_tensor *generator_tensor(void)
{
    const gra_generator_state state = gra_generator_get_state(NULL);
    return integers((int64_t[]){(int64_t)state.seed, (int64_t)state.position}, 2);
}

static gra_tensor *data_tensor(const gra_data *data)
{
    const gra_data_state state = gra_data_get_state(data);
    return integers((int64_t[]){state.epoch, state.batch, state.shuffled}, 3);
}

static int save(const slots *all, const gra_training_options *o)
{
    const char **const names = calloc((size_t)all->count + 2, sizeof *names);
    gra_tensor **const tensors = calloc((size_t)all->count + 2, sizeof *tensors);
    int count = 0, result = -1;
    if (!names || !tensors)
        gra_fail("%s: out of memory", all->op);
    for (int i = 0; i < all->count && !gra_error(); i++) {
        names[count] = all->list[i].name;
        tensors[count] = held(&all->list[i]);
        count += tensors[count] != NULL;
    }
    if (!gra_error() && o->optim) {
        names[count] = "generator";
        tensors[count++] = generator_tensor();
    }
    if (!gra_error() && o->data) {
        names[count] = "data";
        tensors[count++] = data_tensor(o->data);
    }
    if (!gra_error())
        result = gra__tensor_file_write(all->op, o->path, names, tensors, count);
    free(names);
    free(tensors);
    return result;
}

gra_training_options gra_training_defaults(void)
{
    return (gra_training_options){0};
}

int gra_save_training_with(gra_training_options o)
{
    slots all = {.op = "gra_save_training"};
    const int mark = gra_mark();
    const bool was = gra_set_grad(false);
    const int result = collect(&all, &o) ? save(&all, &o) : -1;
    gra_set_grad(was);
    gra_release(mark);
    slots_free(&all);
    return result;
}

/* ---- loading ---- */

static bool begins_with(const char *name, const char *prefix)
{
    return strncmp(name, prefix, strlen(prefix)) == 0;
}

/* Whether an entry of the file is of a part that is to be loaded. */
static bool is_asked_for(const gra_training_options *o, const char *name)
{
    return (o->module && begins_with(name, "module.")) ||
           (o->optim && (begins_with(name, "optim.") || strcmp(name, "generator") == 0)) ||
           (o->scheduler && begins_with(name, "scheduler.")) ||
           (o->data && strcmp(name, "data") == 0);
}

/* Whether an entry is a slot's, or one of those that are none. */
static bool has_place(const slots *all, const char *name)
{
    if (strcmp(name, "generator") == 0 || strcmp(name, "data") == 0)
        return true;
    for (int i = 0; i < all->count; i++)
        if (strcmp(all->list[i].name, name) == 0)
            return true;
    return false;
}

/* Finds the entries, and compares names, shapes and dtypes. */
static bool match(slots *all, const gra_tensor_file *file, const gra_training_options *o)
{
    gra__misfit misfit = {0};
    for (int i = 0; i < all->count; i++) {
        slot *const s = &all->list[i];
        s->entry = gra__tensor_file_find(file, s->name);
        const gra_tensor *const like = s->tensor ? s->tensor : s->like;
        if (s->entry || !s->optional)
            gra__compare_entry(&misfit, s->name, s->entry, like ? like->shape : GRA_SCALAR,
                               like ? like->dtype : GRA_FLOAT64);
    }
    const gra__tensor_entry *const generator = gra__tensor_file_find(file, "generator");
    if (o->optim)
        gra__compare_entry(&misfit, "generator", generator, GRA_SHAPE(2), GRA_INT64);
    if (o->data)
        gra__compare_entry(&misfit, "data", gra__tensor_file_find(file, "data"), GRA_SHAPE(3),
                           GRA_INT64);
    for (int i = 0; i < file->header.count; i++) {
        const char *const name = file->header.entries[i].name;
        if (is_asked_for(o, name) && !has_place(all, name))
            gra__complain(&misfit.unexpected, "%s", name);
    }
    return gra__misfit_none(&misfit, file->in.where, "training run");
}

/* Whether a number that was read may become the slot's. */
static bool is_possible(const slot *s, const char *where)
{
    const double value = s->value && !s->tensor && !s->memory ? gra__load(s->value, 0) : 0;
    if (s->fixed && value != (double)*s->integer)
        gra_fail("%s: %s is %g, and %lld here; put the parameters into the same groups", where,
                 s->name, value, (long long)*s->integer);
    else if (s->integer && !(value >= 0 && value <= 0x1p53 && value == floor(value)))
        gra_fail("%s: %s is %g; a whole number is needed", where, s->name, value);
    else if (s->range && s->value) {
        const gra__option named = {s->name, s->range->range};
        gra__option_check(where, &named, value);
    }
    return !gra_error();
}

static void read_integers(const gra_tensor_file *file, const char *name, int64_t *to, size_t bytes)
{
    const gra_tensor *const read = gra__tensor_file_read(file, gra__tensor_file_find(file, name));
    if (read)
        memcpy(to, gra__ptr(read), bytes);
}

/* Reads everything, and converts it to the dtypes of today. */
static bool read_all(slots *all, const gra_tensor_file *file, const gra_training_options *o)
{
    for (int i = 0; i < all->count; i++) {
        slot *const s = &all->list[i];
        const gra_tensor *const like = s->tensor ? s->tensor : s->like;
        gra_tensor *const read = s->entry ? gra__tensor_file_read(file, s->entry) : NULL;
        s->value = read ? gra__converted(read, like ? like->dtype : GRA_FLOAT64) : NULL;
        if (gra_error() || !is_possible(s, file->in.where))
            return false;
    }
    if (o->optim)
        read_integers(file, "generator", all->generator, sizeof all->generator);
    if (o->data)
        read_integers(file, "data", all->data, sizeof all->data);
    return !gra_error();
}

/* Sets the numbers, or puts back what they were, which `before` holds. */
static void set_numbers(const slots *all, double *before, bool back)
{
    for (int i = 0; i < all->count; i++) {
        const slot *const s = &all->list[i];
        const double value = s->value ? gra__load(s->value, 0) : NAN;
        if (s->number && back) {
            *s->number = before[i];
        } else if (s->number) {
            before[i] = *s->number;
            *s->number = value;
        }
    }
}

/* The options of each group must fit each other. */
static bool set_fitting_numbers(const slots *all, const char *where, const gra_optim *opt)
{
    double *const before = calloc((size_t)all->count + 1, sizeof *before);
    if (!before) {
        gra_fail("%s: out of memory", where);
        return false;
    }
    set_numbers(all, before, false);
    bool fine = true;
    for (int g = 0; opt && g < opt->group_count && fine; g++)
        fine = gra__options_fit(opt->type, where, opt->groups[g].option);
    if (!fine)
        set_numbers(all, before, true);
    free(before);
    return fine;
}

static bool set_tensors(const slots *all)
{
    for (int i = 0; i < all->count; i++) {
        const slot *const s = &all->list[i];
        if (s->tensor) {
            if (!gra__copy_into(all->op, s->tensor, s->value))
                return false;
            gra_tensor_touch(s->tensor);
            s->tensor->storage->writer = all->op;
        } else if (s->memory) {
            gra__retain(s->value);
            gra__release(*s->memory);
            *s->memory = s->value;
        } else if (s->integer) {
            *s->integer = (int64_t)gra__load(s->value, 0);
        }
    }
    return true;
}

static gra_data_state data_state(const slots *all)
{
    return (gra_data_state){all->data[0], all->data[1], all->data[2] != 0};
}

/* Whether the loader can stand where the file says; it stays where it is. */
static bool data_fits(const slots *all, const char *where, gra_data *data)
{
    const gra_data_state was = gra_data_get_state(data);
    if (data && gra_data_set_state(data, data_state(all)) < 0) {
        gra__error_inside(where, "");
        return false;
    }
    return !data || gra_data_set_state(data, was) == 0;
}

static bool load(slots *all, const gra_tensor_file *file, const gra_training_options *o)
{
    if (!match(all, file, o) || !read_all(all, file, o) ||
        !data_fits(all, file->in.where, o->data) ||
        !set_fitting_numbers(all, file->in.where, o->optim) || !set_tensors(all))
        return false;
    if (o->optim)
        gra_generator_set_state(
            NULL, (gra_generator_state){(uint64_t)all->generator[0], (uint64_t)all->generator[1]});
    if (o->data)
        gra_data_set_state(o->data, data_state(all));
    return true;
}

int gra_load_training_with(gra_training_options o)
{
    slots all = {.op = "gra_load_training"};
    gra_tensor_file *const file = collect(&all, &o) ? gra__tensor_file_open(all.op, o.path) : NULL;
    const int mark = gra_mark();
    const bool was = gra_set_grad(false);
    const bool fine = file && load(&all, file, &o);
    gra_set_grad(was);
    gra_release(mark);
    gra__release(file);
    slots_free(&all);
    return fine ? 0 : -1;
}
