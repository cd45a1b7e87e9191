/* epoch.c - one pass over a data set. */
#include "train/epoch.h"

#include <math.h>
#include <stdlib.h>

#include "autograd/backward.h"
#include "core/error.h"
#include "core/grad_mode.h"
#include "core/scope.h"
#include "ops/ops.h"
#include "train/interrupt.h"
#include "train/meter.h"
#include "train/metrics.h"
#include "train/progress.h"

gra_epoch_options gra_epoch_defaults(void)
{
    return (gra_epoch_options){.begin_ = 0};
}

static const gra_epoch nothing = {.loss = NAN, .top1 = NAN, .top5 = NAN};

static bool complete(const char *name, const gra_epoch_options *o, bool trains)
{
    const char *const missing = !o->module            ? "module"
                                : !o->data            ? "data"
                                : trains && !o->optim ? "optim"
                                                      : NULL;
    if (gra_error())
        return false;
    if (missing)
        gra_fail("%s: %s is NULL", name, missing);
    else if (o->steps < 0)
        gra_fail("%s: steps is %lld; 0 for the whole epoch, or more, is needed", name,
                 (long long)o->steps);
    return !gra_error();
}

/* The logits of a batch. Those of several views are the logarithm of their mean probabilities. */
static gra_tensor *logits_of(gra_module *net, gra_tensor *x)
{
    if (!x || gra_tensor_ndim(x) != 5)
        return gra_forward(net, x);
    const int64_t count = gra_tensor_size(x, 0), views = gra_tensor_size(x, 1);
    gra_tensor *const each = gra_log_softmax(gra_forward(net, gra_flatten(x, 0, 1)), 1);
    if (!each)
        return NULL;
    gra_tensor *const by_image =
        gra_reshape(each, GRA_SHAPE(count, views, gra_tensor_size(each, 1)));
    return gra_add_scalar(gra_logsumexp(by_image, .dims = GRA_DIMS(1)), -log((double)views));
}

/* Whether the batch's step was done; where nothing is trained there is none to do. */
static bool take_step(const gra_epoch_options *o, gra_tensor *loss)
{
    if (!o->optim)
        return !gra_error();
    gra_zero_grad(o->optim);
    gra_backward(loss);
    return gra_step(o->optim) == 0 && (!o->scheduler || gra_scheduler_step(o->scheduler) == 0);
}

typedef struct {
    gra_meter loss, top1, top5;
} meters;

static void count(meters *m, gra_tensor *logits, gra_tensor *y, gra_tensor *loss)
{
    const double n = (double)gra_tensor_size(y, 0);
    const int64_t classes = gra_tensor_size(logits, 1);
    gra_meter_add(&m->loss, gra_item(loss), n);
    gra_meter_add(&m->top1, gra_accuracy(logits, y), n);
    gra_meter_add(&m->top5, gra_accuracy(logits, y, .topk = classes < 5 ? classes : 5), n);
}

static gra_epoch pass(const gra_epoch_options *o, gra_progress *bar)
{
    meters m = {.loss = {0}};
    gra_tensor *x, *y;
    int64_t steps = 0;
    for (int mark = gra_mark(); gra_progress_next(bar, &x, &y); gra_release(mark)) {
        gra_tensor *const logits = logits_of(o->module, x);
        gra_tensor *const loss =
            o->loss ? gra_loss(o->loss, logits, y) : gra_cross_entropy(logits, y);
        if (!take_step(o, loss))
            break;
        count(&m, logits, y, loss);
        gra_progress_set(bar, "loss", gra_meter_value(&m.loss));
        gra_progress_set(bar, "top1", gra_meter_value(&m.top1));
        if (++steps == o->steps || (o->optim && gra_interrupted()))
            break;
    }
    gra_progress_close(bar);
    return gra_error() ? nothing
                       : (gra_epoch){.loss = gra_meter_value(&m.loss),
                                     .top1 = gra_meter_value(&m.top1),
                                     .top5 = gra_meter_value(&m.top5),
                                     .examples = (int64_t)m.loss.weight,
                                     .seconds = gra_progress_seconds(bar),
                                     .data_seconds = gra_progress_waited(bar)};
}

static gra_epoch run(const gra_epoch_options *o)
{
    const int mark = gra_mark();
    gra_progress *const bar =
        gra_progress_over(o->data, .description = o->description,
                          .style = o->description ? GRA_PROGRESS_AUTO : GRA_PROGRESS_OFF);
    const gra_epoch e = bar ? pass(o, bar) : nothing;
    gra_free(bar);
    gra_release(mark);
    return e;
}

gra_epoch gra_train_epoch_with(gra_epoch_options o)
{
    if (!complete("gra_train_epoch", &o, true))
        return nothing;
    gra_train(o.module);
    return run(&o);
}

/* The mode of each part of a module: some may stay in evaluation mode while the rest is trained. */
typedef struct {
    gra_module *module;
    bool trains;
} mode;

typedef struct {
    mode *list; /* owned; children before parents */
    size_t count;
} modes;

static void count_mode(gra_module *m, void *context)
{
    (void)m;
    ++((modes *)context)->count;
}

static void add_mode(gra_module *m, void *context)
{
    modes *const all = context;
    all->list[all->count++] = (mode){m, gra_is_training(m)};
}

/* False with an error. */
static bool remember_modes(modes *all, gra_module *net)
{
    *all = (modes){0};
    gra_module_apply(net, count_mode, all);
    all->list = calloc(all->count, sizeof *all->list);
    if (!all->list)
        return gra_fail("gra_evaluate: out of memory");
    all->count = 0;
    gra_module_apply(net, add_mode, all);
    return true;
}

/* Parents first, as each sets its children as well. */
static void restore_modes(const modes *all)
{
    for (size_t i = all->count; i-- > 0;)
        (all->list[i].trains ? gra_train : gra_eval)(all->list[i].module);
    free(all->list);
}

gra_epoch gra_evaluate_with(gra_epoch_options o)
{
    modes before;
    if (!complete("gra_evaluate", &o, false) || !remember_modes(&before, o.module))
        return nothing;
    const bool records = gra_set_grad(false);
    o.optim = NULL;
    gra_eval(o.module);
    gra_data_rewind(o.data);
    const gra_epoch e = run(&o);
    restore_modes(&before);
    gra_set_grad(records);
    return e;
}
