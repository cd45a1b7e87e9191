/* paper_recipes.c - AlexNet and VGG as their papers trained them: first weights, rates, decay, plateaus.
 *
 * Quoted by docs/how-to/paper-recipes.md. It has no photographs, so the networks are narrow and the losses made up.
 */
#include <gradus.h>

#include <stdio.h>

/* Momentum 0.9, weight decay 5e-4 for weights alone, a tenth of the rate whenever the validation error stays. */
static gra_optim *papers_sgd(gra_module *net, double lr, gra_scheduler **plan)
{
    gra_optim *opt = gra_sgd(net, .lr = lr, .momentum = 0.9, .weight_decay = 5e-4);
    gra_optim_group(opt, "*bias", .weight_decay = 0);
    *plan = gra_reduce_lr_on_plateau(opt, .factor = 0.1, .patience = 1, .min_lr = lr / 1000);
    return opt;
}

static void alexnet(void)
{
    gra_scheduler *plan;
    gra_module *net = gra_alexnet(.variant = GRA_ALEXNET_TWO_TOWERS, .dropout = 0.5,
                                  .num_classes = 10, .width = 0.1);
    gra_optim *opt = papers_sgd(net, 0.01, &plan); /* batches of 128 */
    printf("biases of conv 1 and 2: %g, %g\n",
           gra_item(gra_mean(gra_module_parameter(net, "features.0.bias"))),
           gra_item(gra_mean(gra_module_parameter(net, "features.4.bias"))));
    static const double validation_errors[] = {0.9, 0.7, 0.6, 0.6, 0.6, 0.5, 0.5, 0.5, 0.5};
    for (int epoch = 0; epoch < 9; epoch++) {
        gra_scheduler_step_metric(plan, validation_errors[epoch]);
        printf("%g ", gra_optim_lr(opt));
    }
    printf("\n");
    gra_free(plan, opt, net);
}

static int copy_parameter(const char *name, gra_tensor *from, void *deep)
{
    gra_tensor *to = gra_module_parameter(deep, name);
    if (to)
        gra_copy_(gra_detach(to), gra_detach(from));
    return gra_error() != NULL;
}

/* The first four convolutions and the classifier of a trained VGG-11 begin a VGG-16. */
static void begin_with(gra_module *deep, gra_module *shallow)
{
    static const char *const from[] = {"features.0", "features.3", "features.6", "features.8",
                                       "classifier"};
    static const char *const to[] = {"features.0", "features.5", "features.10", "features.12",
                                     "classifier"};
    for (int i = 0; i < 5; i++)
        gra_module_named_parameters(gra_module_get(shallow, from[i]), copy_parameter,
                                    gra_module_get(deep, to[i]));
}

static void vgg16(void)
{
    gra_scheduler *plan;
    gra_module *shallow = gra_vgg(.depth = 11, .init = GRA_VGG_INIT_PAPER, .width = 0.1,
                                  .pooled_size = 1, .num_classes = 10);
    /* train it as the deep one */
    gra_module *net = gra_vgg(.depth = 16, .init = GRA_VGG_INIT_PAPER, .dropout = 0.5, .width = 0.1,
                              .pooled_size = 1, .num_classes = 10);
    begin_with(net, shallow);
    gra_optim *opt = papers_sgd(net, 0.01, &plan); /* batches of 256 */
    printf("%s with a weight decay of %g and %g\n", gra_optim_name(opt),
           gra_optim_option(opt, 0, "weight_decay"), gra_optim_option(opt, 1, "weight_decay"));
    gra_free(plan, opt, net, shallow);
}

int main(void)
{
    gra_manual_seed(1);
    alexnet();
    vgg16();
    if (gra_error())
        fprintf(stderr, "%s\n", gra_error());
    return gra_error() != NULL;
}
