/* element_losses.c - losses of one input and its target, element by element, as modules. */
#include "core/error.h"
#include "nn/loss.h"

static gra_tensor *mse_loss(gra_module *self, gra_tensor *input, gra_tensor *target)
{
    const gra_nn_mse_loss_options *const o = gra_module_data(self);
    return gra_mse_loss(input, target, o->reduction);
}

static const gra_module_class mse_loss_class = {.name = "MSELoss", .forward_two = mse_loss};

gra_nn_mse_loss_options gra_nn_mse_loss_defaults(void)
{
    return (gra_nn_mse_loss_options){0};
}

gra_module *gra_nn_mse_loss_with(gra_nn_mse_loss_options o)
{
    return gra__loss_module(&mse_loss_class, &o, sizeof o, o.reduction, GRA_REDUCE_NONE);
}

static gra_tensor *l1_loss(gra_module *self, gra_tensor *input, gra_tensor *target)
{
    const gra_nn_l1_loss_options *const o = gra_module_data(self);
    return gra_l1_loss(input, target, o->reduction);
}

static const gra_module_class l1_loss_class = {.name = "L1Loss", .forward_two = l1_loss};

gra_nn_l1_loss_options gra_nn_l1_loss_defaults(void)
{
    return (gra_nn_l1_loss_options){0};
}

gra_module *gra_nn_l1_loss_with(gra_nn_l1_loss_options o)
{
    return gra__loss_module(&l1_loss_class, &o, sizeof o, o.reduction, GRA_REDUCE_NONE);
}

static gra_tensor *smooth_l1_loss(gra_module *self, gra_tensor *input, gra_tensor *target)
{
    const gra_nn_smooth_l1_loss_options *const o = gra_module_data(self);
    return gra_smooth_l1_loss(input, target, o->reduction, o->beta);
}

static const gra_module_class smooth_l1_loss_class = {.name = "SmoothL1Loss",
                                                      .forward_two = smooth_l1_loss};

gra_nn_smooth_l1_loss_options gra_nn_smooth_l1_loss_defaults(void)
{
    return (gra_nn_smooth_l1_loss_options){.beta = 1};
}

gra_module *gra_nn_smooth_l1_loss_with(gra_nn_smooth_l1_loss_options o)
{
    return gra__loss_module(&smooth_l1_loss_class, &o, sizeof o, o.reduction, GRA_REDUCE_NONE);
}

static gra_tensor *huber_loss(gra_module *self, gra_tensor *input, gra_tensor *target)
{
    const gra_nn_huber_loss_options *const o = gra_module_data(self);
    return gra_huber_loss(input, target, o->reduction, o->delta);
}

static const gra_module_class huber_loss_class = {.name = "HuberLoss", .forward_two = huber_loss};

gra_nn_huber_loss_options gra_nn_huber_loss_defaults(void)
{
    return (gra_nn_huber_loss_options){.delta = 1};
}

gra_module *gra_nn_huber_loss_with(gra_nn_huber_loss_options o)
{
    return gra__loss_module(&huber_loss_class, &o, sizeof o, o.reduction, GRA_REDUCE_NONE);
}

static gra_tensor *bce_loss(gra_module *self, gra_tensor *input, gra_tensor *target)
{
    const gra_nn_bce_loss_options *const o = gra_module_data(self);
    return gra_binary_cross_entropy(input, target, o->weight, o->reduction);
}

static const gra_module_class bce_loss_class = {.name = "BCELoss", .forward_two = bce_loss};

gra_nn_bce_loss_options gra_nn_bce_loss_defaults(void)
{
    return (gra_nn_bce_loss_options){0};
}

gra_module *gra_nn_bce_loss_with(gra_nn_bce_loss_options o)
{
    gra_module *const self =
        gra__loss_module(&bce_loss_class, &o, sizeof o, o.reduction, GRA_REDUCE_NONE);
    gra__loss_weight(self, "weight", o.weight);
    return gra_module_finish(self);
}

static gra_tensor *bce_with_logits_loss(gra_module *self, gra_tensor *input, gra_tensor *target)
{
    const gra_nn_bce_with_logits_loss_options *const o = gra_module_data(self);
    return gra_binary_cross_entropy_with_logits(input, target, o->weight, o->reduction,
                                                o->pos_weight);
}

static const gra_module_class bce_with_logits_loss_class = {.name = "BCEWithLogitsLoss",
                                                            .forward_two = bce_with_logits_loss};

gra_nn_bce_with_logits_loss_options gra_nn_bce_with_logits_loss_defaults(void)
{
    return (gra_nn_bce_with_logits_loss_options){0};
}

gra_module *gra_nn_bce_with_logits_loss_with(gra_nn_bce_with_logits_loss_options o)
{
    gra_module *const self =
        gra__loss_module(&bce_with_logits_loss_class, &o, sizeof o, o.reduction, GRA_REDUCE_NONE);
    gra__loss_weight(self, "weight", o.weight);
    gra__loss_weight(self, "pos_weight", o.pos_weight);
    return gra_module_finish(self);
}

static gra_tensor *kl_div_loss(gra_module *self, gra_tensor *input, gra_tensor *target)
{
    const gra_nn_kl_div_loss_options *const o = gra_module_data(self);
    return gra_kl_div(input, target, o->reduction, o->log_target);
}

static const gra_module_class kl_div_loss_class = {.name = "KLDivLoss", .forward_two = kl_div_loss};

gra_nn_kl_div_loss_options gra_nn_kl_div_loss_defaults(void)
{
    return (gra_nn_kl_div_loss_options){0};
}

gra_module *gra_nn_kl_div_loss_with(gra_nn_kl_div_loss_options o)
{
    return gra__loss_module(&kl_div_loss_class, &o, sizeof o, o.reduction, GRA_REDUCE_BATCHMEAN);
}

static gra_tensor *poisson_nll_loss(gra_module *self, gra_tensor *input, gra_tensor *target)
{
    const gra_nn_poisson_nll_loss_options *const o = gra_module_data(self);
    return gra_poisson_nll_loss(input, target, o->log_input, o->full, o->eps, o->reduction);
}

static const gra_module_class poisson_nll_loss_class = {.name = "PoissonNLLLoss",
                                                        .forward_two = poisson_nll_loss};

gra_nn_poisson_nll_loss_options gra_nn_poisson_nll_loss_defaults(void)
{
    return (gra_nn_poisson_nll_loss_options){.log_input = true, .eps = 1e-8};
}

gra_module *gra_nn_poisson_nll_loss_with(gra_nn_poisson_nll_loss_options o)
{
    return gra__loss_module(&poisson_nll_loss_class, &o, sizeof o, o.reduction, GRA_REDUCE_NONE);
}

static gra_tensor *soft_margin_loss(gra_module *self, gra_tensor *input, gra_tensor *target)
{
    const gra_nn_soft_margin_loss_options *const o = gra_module_data(self);
    return gra_soft_margin_loss(input, target, o->reduction);
}

static const gra_module_class soft_margin_loss_class = {.name = "SoftMarginLoss",
                                                        .forward_two = soft_margin_loss};

gra_nn_soft_margin_loss_options gra_nn_soft_margin_loss_defaults(void)
{
    return (gra_nn_soft_margin_loss_options){0};
}

gra_module *gra_nn_soft_margin_loss_with(gra_nn_soft_margin_loss_options o)
{
    return gra__loss_module(&soft_margin_loss_class, &o, sizeof o, o.reduction, GRA_REDUCE_NONE);
}

static gra_tensor *hinge_embedding_loss(gra_module *self, gra_tensor *input, gra_tensor *target)
{
    const gra_nn_hinge_embedding_loss_options *const o = gra_module_data(self);
    return gra_hinge_embedding_loss(input, target, o->margin, o->reduction);
}

static const gra_module_class hinge_embedding_loss_class = {.name = "HingeEmbeddingLoss",
                                                            .forward_two = hinge_embedding_loss};

gra_nn_hinge_embedding_loss_options gra_nn_hinge_embedding_loss_defaults(void)
{
    return (gra_nn_hinge_embedding_loss_options){.margin = 1};
}

gra_module *gra_nn_hinge_embedding_loss_with(gra_nn_hinge_embedding_loss_options o)
{
    return gra__loss_module(&hinge_embedding_loss_class, &o, sizeof o, o.reduction,
                            GRA_REDUCE_NONE);
}
