/* losses.c - losses of classes as modules, called through gra_loss(module, input, target).
 *
 * A weight is a buffer, so that it is saved and converted with the module.
 */
#include "core/error.h"
#include "nn/loss.h"

gra_module *gra__loss_module(const gra_module_class *type, const void *options, size_t size,
                             gra_reduction reduction, gra_reduction most)
{
    if ((unsigned)reduction > (unsigned)most)
        gra_fail("%s: reduction %d is unknown; GRA_REDUCE_MEAN, GRA_REDUCE_SUM%s GRA_REDUCE_NONE%s "
                 "are there",
                 type->name, (int)reduction, most > GRA_REDUCE_NONE ? "," : " and",
                 most > GRA_REDUCE_NONE ? " and GRA_REDUCE_BATCHMEAN" : "");
    return gra_error() ? NULL : gra__layer(type, options, size);
}

gra_tensor *gra__loss_weight(gra_module *m, const char *name, gra_tensor *weight)
{
    return m && weight ? gra_module_add_buffer(m, name, weight) : NULL;
}

/* ---- cross-entropy ---- */

static gra_tensor *cross_entropy(gra_module *self, gra_tensor *input, gra_tensor *target)
{
    const gra_nn_cross_entropy_loss_options *const o = gra_module_data(self);
    return gra_cross_entropy(input, target, o->reduction, o->ignore_index, o->weight,
                             o->label_smoothing);
}

static const gra_module_class cross_entropy_class = {
    .name = "CrossEntropyLoss",
    .forward_two = cross_entropy,
};

gra_nn_cross_entropy_loss_options gra_nn_cross_entropy_loss_defaults(void)
{
    return (gra_nn_cross_entropy_loss_options){.ignore_index = -100};
}

gra_module *gra_nn_cross_entropy_loss_with(gra_nn_cross_entropy_loss_options o)
{
    const char *const name = cross_entropy_class.name;
    if (!gra_error() && !(o.label_smoothing >= 0 && o.label_smoothing <= 1))
        return gra_fail("%s: label_smoothing %g is out of range; it lies between 0 and 1", name,
                        o.label_smoothing);
    gra_module *const self =
        gra__loss_module(&cross_entropy_class, &o, sizeof o, o.reduction, GRA_REDUCE_NONE);
    gra__loss_weight(self, "weight", o.weight);
    return gra_module_finish(self);
}

/* ---- negative log-likelihood ---- */

static gra_tensor *nll(gra_module *self, gra_tensor *input, gra_tensor *target)
{
    const gra_nn_nll_loss_options *const o = gra_module_data(self);
    return gra_nll_loss(input, target, o->weight, o->reduction, o->ignore_index);
}

static const gra_module_class nll_class = {.name = "NLLLoss", .forward_two = nll};

gra_nn_nll_loss_options gra_nn_nll_loss_defaults(void)
{
    return (gra_nn_nll_loss_options){.ignore_index = -100};
}

gra_module *gra_nn_nll_loss_with(gra_nn_nll_loss_options o)
{
    gra_module *const self =
        gra__loss_module(&nll_class, &o, sizeof o, o.reduction, GRA_REDUCE_NONE);
    gra__loss_weight(self, "weight", o.weight);
    return gra_module_finish(self);
}

/* ---- margins between classes ---- */

static gra_tensor *multi_margin(gra_module *self, gra_tensor *input, gra_tensor *target)
{
    const gra_nn_multi_margin_loss_options *const o = gra_module_data(self);
    return gra_multi_margin_loss(input, target, o->p, o->margin, o->weight, o->reduction);
}

static const gra_module_class multi_margin_class = {
    .name = "MultiMarginLoss",
    .forward_two = multi_margin,
};

gra_nn_multi_margin_loss_options gra_nn_multi_margin_loss_defaults(void)
{
    return (gra_nn_multi_margin_loss_options){.p = 1, .margin = 1};
}

gra_module *gra_nn_multi_margin_loss_with(gra_nn_multi_margin_loss_options o)
{
    if (!gra_error() && o.p != 1 && o.p != 2)
        return gra_fail("MultiMarginLoss: p is %lld; 1 and 2 are possible", (long long)o.p);
    gra_module *const self =
        gra__loss_module(&multi_margin_class, &o, sizeof o, o.reduction, GRA_REDUCE_NONE);
    gra__loss_weight(self, "weight", o.weight);
    return gra_module_finish(self);
}

static gra_tensor *multilabel_margin(gra_module *self, gra_tensor *input, gra_tensor *target)
{
    const gra_nn_multilabel_margin_loss_options *const o = gra_module_data(self);
    return gra_multilabel_margin_loss(input, target, o->reduction);
}

static const gra_module_class multilabel_margin_class = {
    .name = "MultiLabelMarginLoss",
    .forward_two = multilabel_margin,
};

gra_nn_multilabel_margin_loss_options gra_nn_multilabel_margin_loss_defaults(void)
{
    return (gra_nn_multilabel_margin_loss_options){0};
}

gra_module *gra_nn_multilabel_margin_loss_with(gra_nn_multilabel_margin_loss_options o)
{
    return gra__loss_module(&multilabel_margin_class, &o, sizeof o, o.reduction, GRA_REDUCE_NONE);
}

static gra_tensor *multilabel_soft_margin(gra_module *self, gra_tensor *input, gra_tensor *target)
{
    const gra_nn_multilabel_soft_margin_loss_options *const o = gra_module_data(self);
    return gra_multilabel_soft_margin_loss(input, target, o->weight, o->reduction);
}

static const gra_module_class multilabel_soft_margin_class = {
    .name = "MultiLabelSoftMarginLoss",
    .forward_two = multilabel_soft_margin,
};

gra_nn_multilabel_soft_margin_loss_options gra_nn_multilabel_soft_margin_loss_defaults(void)
{
    return (gra_nn_multilabel_soft_margin_loss_options){0};
}

gra_module *gra_nn_multilabel_soft_margin_loss_with(gra_nn_multilabel_soft_margin_loss_options o)
{
    gra_module *const self =
        gra__loss_module(&multilabel_soft_margin_class, &o, sizeof o, o.reduction, GRA_REDUCE_NONE);
    gra__loss_weight(self, "weight", o.weight);
    return gra_module_finish(self);
}
