/* losses.c - the losses as modules, called through gra_loss(module, input, target). */
#include "core/error.h"
#include "nn/layer.h"
#include "nn/layers.h"

static gra_tensor *cross_entropy(gra_module *self, gra_tensor *input, gra_tensor *target)
{
    const gra_nn_cross_entropy_loss_options *const own = gra_module_data(self);
    return gra_cross_entropy(input, target, own->reduction, own->ignore_index);
}

static gra_tensor *mse_loss(gra_module *self, gra_tensor *input, gra_tensor *target)
{
    const gra_nn_mse_loss_options *const own = gra_module_data(self);
    return gra_mse_loss(input, target, own->reduction);
}

static const gra_module_class cross_entropy_class = {
    .name = "CrossEntropyLoss",
    .forward_two = cross_entropy,
};

static const gra_module_class mse_loss_class = {.name = "MSELoss", .forward_two = mse_loss};

gra_nn_cross_entropy_loss_options gra_nn_cross_entropy_loss_defaults(void)
{
    return (gra_nn_cross_entropy_loss_options){.ignore_index = -100};
}

gra_nn_mse_loss_options gra_nn_mse_loss_defaults(void)
{
    return (gra_nn_mse_loss_options){0};
}

static bool is_reduction(const char *type, gra_reduction reduction)
{
    if ((unsigned)reduction > GRA_REDUCE_NONE)
        gra_fail("%s: reduction %d is unknown; GRA_REDUCE_MEAN, GRA_REDUCE_SUM and GRA_REDUCE_NONE "
                 "are there",
                 type, (int)reduction);
    return !gra_error();
}

gra_module *gra_nn_cross_entropy_loss_with(gra_nn_cross_entropy_loss_options o)
{
    if (!is_reduction(cross_entropy_class.name, o.reduction))
        return NULL;
    return gra__layer(&cross_entropy_class, &o, sizeof o);
}

gra_module *gra_nn_mse_loss_with(gra_nn_mse_loss_options o)
{
    if (!is_reduction(mse_loss_class.name, o.reduction))
        return NULL;
    return gra__layer(&mse_loss_class, &o, sizeof o);
}
