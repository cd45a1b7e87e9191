/* linear.c - the fully connected layer. */
#include "core/error.h"
#include "core/shape_check.h"
#include "nn/layer.h"
#include "nn/layers.h"

typedef struct linear {
    gra__weights own;
    int64_t in_features, out_features;
} linear;

static gra_tensor *forward(gra_module *self, gra_tensor *x)
{
    const linear *const l = gra_module_data(self);
    return gra_linear(x, l->own.weight, l->own.bias);
}

static void describe(const gra_module *self, FILE *text)
{
    const linear *const l = gra_module_data(self);
    fprintf(text, "in_features=%lld, out_features=%lld, bias=%s", (long long)l->in_features,
            (long long)l->out_features, l->own.bias ? "True" : "False");
}

/* Each output adds up in_features products, and uses as many weights and one bias. */
static void count(const gra_module *self, gra_shape input, gra_shape output, gra_cost *cost)
{
    (void)input;
    const linear *const l = gra_module_data(self);
    cost->multiply_adds += gra__numel(&output) * l->in_features;
    cost->connections += gra__numel(&output) * (l->in_features + (l->own.bias ? 1 : 0));
}

const gra_module_class gra__linear_class = {
    .name = "Linear",
    .forward = forward,
    .describe = describe,
    .count = count,
};

gra_nn_linear_options gra_nn_linear_defaults(void)
{
    return (gra_nn_linear_options){.bias = true};
}

gra_module *gra_nn_linear_with(gra_nn_linear_options o)
{
    if (gra_error() || !gra__check_positive("Linear", "in_features", o.in_features) ||
        !gra__check_positive("Linear", "out_features", o.out_features))
        return NULL;
    gra_module *const self = gra_module_new(&gra__linear_class, sizeof(linear));
    linear *const l = gra_module_data(self);
    if (!l)
        return NULL;
    l->in_features = o.in_features;
    l->out_features = o.out_features;
    l->own = gra__add_weights(self, GRA_SHAPE(o.out_features, o.in_features), o.bias);
    return gra_module_finish(self);
}
