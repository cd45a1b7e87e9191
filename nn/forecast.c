/* forecast.c - the memory that a network will take, from dry runs of it. */
#include "nn/forecast.h"

#include <stdlib.h>

#include "autograd/backward.h"
#include "core/alloc_cache.h"
#include "core/create.h"
#include "core/dry_run.h"
#include "core/error.h"
#include "core/op.h"
#include "core/tensor_struct.h"
#include "nn/module_struct.h"
#include "nn/summary.h"
#include "ops/ops.h"

/* ---- leaving no trace ---- */

/* What a training step would change of a parameter. */
typedef struct stashed {
    gra_tensor *parameter, *grad;
    gra_hook *hooks;
    gra__updater *updater;
} stashed;

typedef struct stash {
    bool *training; /* of each module, in the order of gra_module_apply */
    stashed *parameters;
    int module_count, parameter_count;
    int next;    /* module to restore */
    bool trains; /* the mode meanwhile */
} stash;

static void save_mode(gra_module *m, void *context)
{
    stash *const s = context;
    bool *const list = gra_error() ? NULL : gra__grown(s->training, s->module_count, sizeof *list);
    if (!list)
        return;
    s->training = list;
    list[s->module_count++] = m->training;
    m->training = s->trains;
}

static void restore_mode(gra_module *m, void *context)
{
    stash *const s = context;
    if (s->next < s->module_count)
        m->training = s->training[s->next++];
}

static int save_parameter(const char *name, gra_tensor *t, void *context)
{
    (void)name;
    stash *const s = context;
    stashed *const list = gra__grown(s->parameters, s->parameter_count, sizeof *list);
    if (!list)
        return -1;
    s->parameters = list;
    list[s->parameter_count++] = (stashed){t, t->grad, t->hooks, t->updater};
    t->grad = NULL;
    t->hooks = NULL;
    t->updater = NULL;
    return 0;
}

static void forget_gradients(const stash *s)
{
    for (int i = 0; i < s->parameter_count; i++)
        gra_tensor_zero_grad(s->parameters[i].parameter);
}

static void restore(gra_module *m, stash *s)
{
    gra_module_apply(m, restore_mode, s);
    for (int i = 0; i < s->parameter_count; i++) {
        const stashed *const p = &s->parameters[i];
        p->parameter->grad = p->grad;
        p->parameter->hooks = p->hooks;
        p->parameter->updater = p->updater;
    }
    free(s->training);
    free(s->parameters);
}

bool gra__module_dry_run(gra_module *m, bool training, void (*run)(gra_module *m, void *context),
                         void *context, size_t *peak)
{
    if (gra_error())
        return false;
    stash s = {.trains = training};
    gra_module_apply(m, save_mode, &s);
    gra_module_named_parameters(m, save_parameter, &s);
    *peak = 0;
    if (!gra_error() && gra__dry_run_begin()) {
        const int mark = gra_mark();
        const bool was = gra_set_grad(training);
        run(m, context);
        gra_set_grad(was);
        gra_release(mark);
        forget_gradients(&s);
        *peak = gra__dry_run_end();
    }
    restore(m, &s);
    return !gra_error();
}

/* ---- the forecast ---- */

static int take_dtype(const char *name, gra_tensor *t, void *context)
{
    (void)name;
    *(gra_dtype *)context = t->dtype;
    return 1;
}

gra_dtype gra__module_dtype(const gra_module *m)
{
    gra_dtype dtype = GRA_FLOAT32;
    gra_module_named_parameters(m, take_dtype, &dtype);
    return dtype;
}

static int add_bytes(const char *name, gra_tensor *t, void *context)
{
    (void)name;
    *(size_t *)context += gra__alloc_rounded((size_t)t->numel * gra_dtype_size(t->dtype));
    return 0;
}

static int add_trained_bytes(const char *name, gra_tensor *t, void *context)
{
    return t->requires_grad ? add_bytes(name, t, context) : 0;
}

typedef struct trial {
    gra_shape input;
    bool has_gradient; /* of the step: there was something to train */
} trial;

static void infer(gra_module *m, void *context)
{
    const trial *const t = context;
    gra_forward(m, gra_zeros(t->input, gra__module_dtype(m)));
}

/* Cross entropy where the output looks like logits, else the mean. */
static gra_tensor *some_loss(gra_tensor *y)
{
    return gra_tensor_ndim(y) == 2
               ? gra_cross_entropy(y, gra_zeros(GRA_SHAPE(gra_tensor_size(y, 0)), GRA_INT64))
               : gra_mean(y);
}

static void step(gra_module *m, void *context)
{
    trial *const t = context;
    gra_tensor *const y = gra_forward(m, gra_zeros(t->input, gra__module_dtype(m)));
    t->has_gradient = gra_tensor_requires_grad(y);
    if (t->has_gradient)
        gra_backward(some_loss(y));
}

int gra_summary_memory(gra_module *m, gra_shape input, gra_memory_forecast *forecast)
{
    trial t = {.input = input};
    size_t peak;
    if (!m)
        gra_fail("gra_summary_memory: the module is NULL");
    else if (!forecast)
        gra_fail("gra_summary_memory: the pointer to the forecast is NULL");
    if (gra_error() || !gra__module_dry_run(m, false, infer, &t, &peak))
        return -1;
    *forecast = (gra_memory_forecast){0};
    gra__module_visit(m, GRA__PARAMETERS, add_bytes, &forecast->parameters);
    gra__module_visit(m, GRA__BUFFERS, add_bytes, &forecast->parameters);
    forecast->inference = forecast->parameters + peak;
    const bool fine = gra__module_dry_run(m, true, step, &t, &peak);
    if (!fine)
        gra_clear_error(); /* it can only infer: an op has no rule, for example */
    if (!fine || !t.has_gradient)
        return 0;
    forecast->training = forecast->parameters + peak;
    forecast->momentum = forecast->training;
    gra__module_visit(m, GRA__PARAMETERS, add_trained_bytes, &forecast->momentum);
    return gra_error() ? -1 : 0;
}
