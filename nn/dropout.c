/* dropout.c - the layers that drop elements or whole channels: the identity outside training. */
#include "core/error.h"
#include "nn/layer.h"
#include "nn/layers.h"

typedef gra_nn_dropout_options options;
typedef gra_tensor *dropout_fn(gra_tensor *x, double p, bool training);

static gra_tensor *run(gra_module *self, gra_tensor *x, dropout_fn *drop, dropout_fn *in_place)
{
    const options *const o = gra_module_data(self);
    return (o->inplace ? in_place : drop)(x, o->p, gra_is_training(self));
}

static gra_tensor *dropout(gra_module *self, gra_tensor *x)
{
    return run(self, x, gra_dropout, gra_dropout_);
}

static gra_tensor *dropout1d(gra_module *self, gra_tensor *x)
{
    return run(self, x, gra_dropout1d, gra_dropout1d_);
}

static gra_tensor *dropout2d(gra_module *self, gra_tensor *x)
{
    return run(self, x, gra_dropout2d, gra_dropout2d_);
}

static gra_tensor *dropout3d(gra_module *self, gra_tensor *x)
{
    return run(self, x, gra_dropout3d, gra_dropout3d_);
}

static gra_tensor *alpha_dropout(gra_module *self, gra_tensor *x)
{
    return run(self, x, gra_alpha_dropout, gra_alpha_dropout_);
}

static gra_tensor *feature_alpha_dropout(gra_module *self, gra_tensor *x)
{
    return run(self, x, gra_feature_alpha_dropout, gra_feature_alpha_dropout_);
}

static void describe(const gra_module *self, FILE *text)
{
    const options *const o = gra_module_data(self);
    fprintf(text, "p=");
    gra__write_float(text, o->p);
    fprintf(text, ", inplace=%s", o->inplace ? "True" : "False");
}

static gra_module *dropout_new(const gra_module_class *type, options o)
{
    if (!(o.p >= 0 && o.p <= 1))
        return gra_fail("%s: p %g is no probability; it lies between 0 and 1", type->name, o.p);
    return gra__layer(type, &o, sizeof o);
}

/* The class of a layer, its defaults and its constructor. */
#define LAYER(layer, text)                                                                         \
    static const gra_module_class layer##_class = {                                                \
        .name = text,                                                                              \
        .forward = layer,                                                                          \
        .describe = describe,                                                                      \
    };                                                                                             \
    gra_nn_##layer##_options gra_nn_##layer##_defaults(void)                                       \
    {                                                                                              \
        return (options){.p = 0.5};                                                                \
    }                                                                                              \
    gra_module *gra_nn_##layer##_with(gra_nn_##layer##_options o)                                  \
    {                                                                                              \
        return dropout_new(&layer##_class, o);                                                     \
    }

LAYER(dropout, "Dropout")
LAYER(dropout1d, "Dropout1d")
LAYER(dropout2d, "Dropout2d")
LAYER(dropout3d, "Dropout3d")
LAYER(alpha_dropout, "AlphaDropout")
LAYER(feature_alpha_dropout, "FeatureAlphaDropout")
