/* dropout2d.c - the layer that drops whole channels: the identity outside training. */
#include "core/error.h"
#include "nn/layer.h"
#include "nn/layers.h"

static gra_tensor *forward(gra_module *self, gra_tensor *x)
{
    const gra_nn_dropout2d_options *const o = gra_module_data(self);
    return gra_dropout2d(x, o->p, gra_is_training(self));
}

static void describe(const gra_module *self, FILE *text)
{
    const gra_nn_dropout2d_options *const o = gra_module_data(self);
    fprintf(text, "p=%g", o->p);
}

static const gra_module_class dropout2d_class = {
    .name = "Dropout2d",
    .forward = forward,
    .describe = describe,
};

gra_nn_dropout2d_options gra_nn_dropout2d_defaults(void)
{
    return (gra_nn_dropout2d_options){.p = 0.5};
}

gra_module *gra_nn_dropout2d_with(gra_nn_dropout2d_options o)
{
    if (!(o.p >= 0 && o.p <= 1))
        return gra_fail("Dropout2d: p %g is no probability; it lies between 0 and 1", o.p);
    return gra__layer(&dropout2d_class, &o, sizeof o);
}
