/* cosine_similarity.c - the cosine of the angle between two inputs as a module. */
#include "nn/layer.h"
#include "nn/layers.h"

static gra_tensor *forward(gra_module *self, gra_tensor *x1, gra_tensor *x2)
{
    const gra_nn_cosine_similarity_options *const o = gra_module_data(self);
    return gra_cosine_similarity(x1, x2, o->dim, o->eps);
}

static const gra_module_class cosine_similarity_class = {
    .name = "CosineSimilarity",
    .forward_two = forward,
};

gra_nn_cosine_similarity_options gra_nn_cosine_similarity_defaults(void)
{
    return (gra_nn_cosine_similarity_options){.dim = 1, .eps = 1e-8};
}

gra_module *gra_nn_cosine_similarity_with(gra_nn_cosine_similarity_options o)
{
    return gra__layer(&cosine_similarity_class, &o, sizeof o);
}
