/* local_response_norm.c - the local response normalisation layer. */
#include "core/error.h"
#include "nn/layer.h"
#include "nn/layers.h"

static gra_tensor *forward(gra_module *self, gra_tensor *x)
{
    const gra_nn_local_response_norm_options *const o = gra_module_data(self);
    return gra_local_response_norm(x, o->size, o->alpha, o->beta, o->k);
}

static void describe(const gra_module *self, FILE *text)
{
    const gra_nn_local_response_norm_options *const o = gra_module_data(self);
    fprintf(text, "%lld, alpha=", (long long)o->size);
    gra__write_float(text, o->alpha);
    fputs(", beta=", text);
    gra__write_float(text, o->beta);
    fputs(", k=", text);
    gra__write_float(text, o->k);
}

static const gra_module_class local_response_norm_class = {
    .name = "LocalResponseNorm",
    .forward = forward,
    .describe = describe,
};

gra_nn_local_response_norm_options gra_nn_local_response_norm_defaults(void)
{
    return (gra_nn_local_response_norm_options){.alpha = 1e-4, .beta = 0.75, .k = 1};
}

gra_module *gra_nn_local_response_norm_with(gra_nn_local_response_norm_options o)
{
    const char *const name = local_response_norm_class.name;
    if (gra_error() || !gra__check_positive(name, "size", o.size))
        return NULL;
    return gra__layer(&local_response_norm_class, &o, sizeof o);
}
