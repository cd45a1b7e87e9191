/* pair_losses.c - losses of three tensors as modules, called through gra_loss_three(module, a, b, c). */
#include "core/error.h"
#include "nn/loss.h"

static gra_tensor *margin_ranking_loss(gra_module *self, gra_tensor *input1, gra_tensor *input2,
                                       gra_tensor *target)
{
    const gra_nn_margin_ranking_loss_options *const o = gra_module_data(self);
    return gra_margin_ranking_loss(input1, input2, target, o->margin, o->reduction);
}

static const gra_module_class margin_ranking_loss_class = {.name = "MarginRankingLoss",
                                                           .forward_three = margin_ranking_loss};

gra_nn_margin_ranking_loss_options gra_nn_margin_ranking_loss_defaults(void)
{
    return (gra_nn_margin_ranking_loss_options){0};
}

gra_module *gra_nn_margin_ranking_loss_with(gra_nn_margin_ranking_loss_options o)
{
    return gra__loss_module(&margin_ranking_loss_class, &o, sizeof o, o.reduction, GRA_REDUCE_NONE);
}

static gra_tensor *cosine_embedding_loss(gra_module *self, gra_tensor *input1, gra_tensor *input2,
                                         gra_tensor *target)
{
    const gra_nn_cosine_embedding_loss_options *const o = gra_module_data(self);
    return gra_cosine_embedding_loss(input1, input2, target, o->margin, o->reduction);
}

static const gra_module_class cosine_embedding_loss_class = {
    .name = "CosineEmbeddingLoss", .forward_three = cosine_embedding_loss};

gra_nn_cosine_embedding_loss_options gra_nn_cosine_embedding_loss_defaults(void)
{
    return (gra_nn_cosine_embedding_loss_options){0};
}

gra_module *gra_nn_cosine_embedding_loss_with(gra_nn_cosine_embedding_loss_options o)
{
    return gra__loss_module(&cosine_embedding_loss_class, &o, sizeof o, o.reduction,
                            GRA_REDUCE_NONE);
}

static gra_tensor *gaussian_nll_loss(gra_module *self, gra_tensor *input, gra_tensor *target,
                                     gra_tensor *var)
{
    const gra_nn_gaussian_nll_loss_options *const o = gra_module_data(self);
    return gra_gaussian_nll_loss(input, target, var, o->full, o->eps, o->reduction);
}

static const gra_module_class gaussian_nll_loss_class = {.name = "GaussianNLLLoss",
                                                         .forward_three = gaussian_nll_loss};

gra_nn_gaussian_nll_loss_options gra_nn_gaussian_nll_loss_defaults(void)
{
    return (gra_nn_gaussian_nll_loss_options){.eps = 1e-6};
}

gra_module *gra_nn_gaussian_nll_loss_with(gra_nn_gaussian_nll_loss_options o)
{
    return gra__loss_module(&gaussian_nll_loss_class, &o, sizeof o, o.reduction, GRA_REDUCE_NONE);
}

static gra_tensor *triplet_margin_loss(gra_module *self, gra_tensor *anchor, gra_tensor *positive,
                                       gra_tensor *negative)
{
    const gra_nn_triplet_margin_loss_options *const o = gra_module_data(self);
    return gra_triplet_margin_loss(anchor, positive, negative, o->margin, o->p, o->eps, o->swap,
                                   o->reduction);
}

static const gra_module_class triplet_margin_loss_class = {.name = "TripletMarginLoss",
                                                           .forward_three = triplet_margin_loss};

gra_nn_triplet_margin_loss_options gra_nn_triplet_margin_loss_defaults(void)
{
    return (gra_nn_triplet_margin_loss_options){.margin = 1, .p = 2, .eps = 1e-6};
}

gra_module *gra_nn_triplet_margin_loss_with(gra_nn_triplet_margin_loss_options o)
{
    return gra__loss_module(&triplet_margin_loss_class, &o, sizeof o, o.reduction, GRA_REDUCE_NONE);
}
