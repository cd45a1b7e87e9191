/* optim.c - what all optimizers share: their list of parameters and the step over it. */
#include "optim/optim.h"

#include <math.h>
#include <stdlib.h>

#include "core/alloc_cache.h"
#include "core/error.h"
#include "core/tensor_struct.h"
#include "core/watch.h"
#include "nn/module_struct.h"
#include "ops/iterate.h"
#include "optim/optim_struct.h"

static void optim_destroy(void *self)
{
    gra_optim *const opt = self;
    for (int i = 0; i < opt->count; i++) {
        if (opt->params[i].tensor->updater == &opt->params[i].updater)
            opt->params[i].tensor->updater = NULL;
        gra__release(opt->params[i].tensor);
        gra__release(opt->params[i].memory);
    }
    free(opt->params);
    gra__dealloc(opt, opt->type->size);
}

static const gra_kind optim_kind = {
    .name = "optimizer",
    .keeper = "whoever made it",
    .destroy = optim_destroy,
};

bool gra__optim_check(const char *type, const char *name, double value)
{
    if (!(value >= 0) || isinf(value))
        gra_fail("%s: %s %g is out of range; a number of at least 0 is needed", type, name, value);
    return !gra_error();
}

static gra_optim *optim_new(const gra__optim_class *type, double lr)
{
    if (gra_error() || !gra__optim_check(type->name, "lr", lr))
        return NULL;
    gra_optim *const opt = gra__alloc_zeroed(type->size);
    if (!opt)
        return NULL;
    gra__object_init(&opt->head, &optim_kind, 1);
    opt->type = type;
    opt->lr = lr;
    return opt;
}

static int add_parameter(const char *name, gra_tensor *t, void *context)
{
    (void)name;
    gra_optim *const opt = context;
    gra__parameter_state *const list = gra__grown(opt->params, opt->count, sizeof *list);
    if (!list)
        return -1;
    opt->params = list;
    gra__retain(t);
    list[opt->count++] = (gra__parameter_state){.tensor = t};
    return 0;
}

/* Ends a constructor. */
static gra_optim *with_parameters(gra_optim *opt)
{
    if (opt->count == 0)
        gra_fail("%s: there are no parameters to train", opt->type->name);
    if (!gra_error())
        return opt;
    gra__release(opt);
    return NULL;
}

gra_optim *gra__optim_new(const gra__optim_class *type, double lr, const gra_module *module)
{
    gra_optim *const opt = optim_new(type, lr);
    if (!opt)
        return NULL;
    if (!module)
        gra_fail("%s: the module is NULL", type->name);
    gra_module_named_parameters(module, add_parameter, opt);
    return with_parameters(opt);
}

static void add_listed(gra_optim *opt, gra_tensor *t, int index)
{
    for (int i = 0; i < opt->count && t; i++)
        if (opt->params[i].tensor == t) {
            gra_fail("%s: tensors %d and %d of the list are the same", opt->type->name, i, index);
            return;
        }
    if (!t)
        gra_fail("%s: tensor %d of the list is NULL", opt->type->name, index);
    else if (t->node)
        gra_fail("%s: tensor %d of the list is the result of an op; only leaves can be trained",
                 opt->type->name, index);
    else if (!gra_dtype_is_floating(t->dtype))
        gra_fail("%s: tensor %d of the list has dtype %s; only floating-point tensors can be "
                 "trained",
                 opt->type->name, index, gra_dtype_name(t->dtype));
    else
        add_parameter(NULL, t, opt);
}

gra_optim *gra__optim_new_for(const gra__optim_class *type, double lr, gra_tensor *const *tensors,
                              int count)
{
    gra_optim *const opt = optim_new(type, lr);
    if (!opt)
        return NULL;
    if (count > 0 && !tensors)
        gra_fail("%s: the list of tensors is NULL", type->name);
    for (int i = 0; i < count && !gra_error(); i++)
        add_listed(opt, tensors[i], i);
    return with_parameters(opt);
}

/* Makes sure that a parameter with a gradient has its memory, in its own dtype. */
static bool remember(const char *who, gra__parameter_state *state)
{
    const gra_tensor *const p = state->tensor;
    if (state->memory && state->memory->dtype == p->dtype)
        return true;
    gra_tensor *const memory = state->memory ? gra__converted(state->memory, p->dtype)
                                             : gra__zeros(who, p->shape, p->dtype);
    if (!memory)
        return false;
    gra__retain(memory);
    gra__release(state->memory);
    state->memory = memory;
    return true;
}

static void note_write(const gra_optim *opt, gra_tensor *p)
{
    gra_tensor_touch(p);
    p->storage->writer = opt->type->name;
}

/* Bytes of an update: the gradient is read, the parameter and its memory are read and written. */
static double bytes_of(const gra_tensor *p, const gra_tensor *memory)
{
    return (memory ? 5 : 3) * (double)p->numel * (double)gra_dtype_size(p->dtype);
}

/* Moves a parameter, or rows of it, by their gradient; false with an error. */
static bool move(const gra_optim *opt, gra_tensor *p, gra_tensor *g, gra_tensor *memory, bool first)
{
    gra__work_begins(opt->type->name);
    const bool fine = opt->type->update(opt, p, g, memory, first) >= 0;
    gra__work_ends(opt->type->name, bytes_of(p, memory));
    return fine;
}

/* ---- moving during the backward pass ---- */

static gra_optim *owner_of(const gra__updater *u)
{
    return u->owner;
}

static bool begin_update(gra__updater *u)
{
    gra__parameter_state *const state = (gra__parameter_state *)u;
    char text[GRA_SHAPE_TEXT];
    gra_shape_text(u->leaf->shape, text);
    if (state->stepped)
        gra_fail(
            "gra_backward: the parameter of shape %s was updated by an earlier backward pass of "
            "this step (.fused_backward of %s); call gra_step after each gra_backward, or make "
            "the optimizer without .fused_backward to add up gradients of several passes",
            text, u->name);
    else if (u->leaf->grad)
        gra_fail("gra_backward: the parameter of shape %s has a gradient from before, which "
                 ".fused_backward of %s would not add to; call gra_zero_grad first",
                 text, u->name);
    else if (owner_of(u)->remembers)
        remember("gra_backward", state);
    return !gra_error();
}

/* Rows [row, row + rows) of t. */
static gra_tensor *rows_of(gra_tensor *t, int64_t row, int64_t rows)
{
    if (t->shape.count == 0 || rows == t->shape.size[0])
        return t;
    gra_shape shape = t->shape;
    shape.size[0] = rows;
    return gra__view(t, shape, t->stride, t->offset + row * t->stride[0]);
}

static bool take_gradient(gra__updater *u, gra_tensor *g, int64_t row)
{
    const gra__parameter_state *const state = (gra__parameter_state *)u;
    const int64_t rows = g->shape.count ? g->shape.size[0] : 1;
    gra_tensor *const p = rows_of(state->tensor, row, rows);
    gra_tensor *const memory = state->memory ? rows_of(state->memory, row, rows) : NULL;
    return p && (memory || !state->memory) && move(owner_of(u), p, g, memory, !state->moved);
}

static void end_update(gra__updater *u)
{
    gra__parameter_state *const state = (gra__parameter_state *)u;
    state->moved = state->stepped = true;
    note_write(owner_of(u), state->tensor);
}

gra_optim *gra__optim_fuse(gra_optim *opt)
{
    char text[GRA_SHAPE_TEXT];
    for (int i = 0; i < opt->count && !gra_error(); i++) {
        gra__parameter_state *const state = &opt->params[i];
        if (state->tensor->updater)
            gra_fail("%s: another optimizer updates the parameter of shape %s with .fused_backward "
                     "already; free that one first, or leave the parameter to one of them",
                     opt->type->name, gra_shape_text(state->tensor->shape, text));
        state->updater = (gra__updater){
            .leaf = state->tensor,
            .owner = opt,
            .name = opt->type->name,
            .begin = begin_update,
            .take = take_gradient,
            .end = end_update,
        };
        if (!state->tensor->updater)
            state->tensor->updater = &state->updater;
    }
    opt->fused = true;
    if (!gra_error())
        return opt;
    gra__release(opt);
    return NULL;
}

/* ---- steps ---- */

/* Ends a step of an optimizer whose parameters moved as their gradients came. */
static int end_step(gra_optim *opt)
{
    for (int i = 0; i < opt->count; i++)
        opt->params[i].stepped = false;
    return 0;
}

int gra_step(gra_optim *opt)
{
    if (gra_error())
        return -1;
    if (!opt)
        gra_fail("gra_step: the optimizer is NULL");
    if (opt && opt->fused)
        return end_step(opt);
    const int mark = gra_mark();
    for (int i = 0; opt && opt->remembers && i < opt->count && !gra_error(); i++)
        if (opt->params[i].tensor->grad)
            remember("gra_step", &opt->params[i]);
    for (int i = 0; opt && i < opt->count && !gra_error(); i++) {
        gra__parameter_state *const state = &opt->params[i];
        if (!state->tensor->grad)
            continue;
        if (!move(opt, state->tensor, state->tensor->grad, state->memory, !state->moved))
            break;
        state->moved = true;
        note_write(opt, state->tensor);
    }
    gra_release(mark);
    return gra_error() ? -1 : 0;
}

void gra_zero_grad(gra_optim *opt)
{
    for (int i = 0; opt && i < opt->count; i++)
        gra_tensor_zero_grad(opt->params[i].tensor);
}

double gra_optim_lr(const gra_optim *opt)
{
    return opt ? opt->lr : NAN;
}

int gra_optim_set_lr(gra_optim *opt, double lr)
{
    if (!opt)
        gra_fail("gra_optim_set_lr: the optimizer is NULL");
    if (gra_error() || !gra__optim_check("gra_optim_set_lr", "lr", lr))
        return -1;
    opt->lr = lr;
    return 0;
}
