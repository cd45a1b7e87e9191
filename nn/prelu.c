/* prelu.c - the rectifier whose slope below 0 is learned. */
#include "core/create.h"
#include "core/scope.h"
#include "nn/layer.h"
#include "nn/layers.h"

typedef struct prelu {
    gra_tensor *weight;
    int64_t num_parameters;
} prelu;

static gra_tensor *forward(gra_module *self, gra_tensor *x)
{
    const prelu *const p = gra_module_data(self);
    return gra_prelu(x, p->weight);
}

static void describe(const gra_module *self, FILE *text)
{
    const prelu *const p = gra_module_data(self);
    fprintf(text, "num_parameters=%lld", (long long)p->num_parameters);
}

static const gra_module_class prelu_class = {
    .name = "PReLU",
    .forward = forward,
    .describe = describe,
};

gra_nn_prelu_options gra_nn_prelu_defaults(void)
{
    return (gra_nn_prelu_options){.num_parameters = 1, .init = 0.25};
}

gra_module *gra_nn_prelu_with(gra_nn_prelu_options o)
{
    if (!gra__check_positive("PReLU", "num_parameters", o.num_parameters))
        return NULL;
    gra_module *const self = gra_module_new(&prelu_class, sizeof(prelu));
    prelu *const p = gra_module_data(self);
    if (!p)
        return NULL;
    const int mark = gra_mark();
    p->num_parameters = o.num_parameters;
    p->weight =
        gra_module_add_parameter(self, "weight", gra_full(GRA_SHAPE(o.num_parameters), o.init));
    gra_release(mark);
    return gra_module_finish(self);
}
