/* by_heart.c - whole networks learn a few photographs by heart: a test of each of their gradients.
 *
 *   by_heart alexnet|towers|vgg16 DIR [RATE [EPOCHS]]
 *
 * A network that is right in each of its parts learns a few photographs by heart: the loss goes to 0.  One
 * with a wrong gradient somewhere seldom does.  AlexNet in one column and in two towers (57 million
 * weights), and VGG-16 with batch normalisation (134 million), see 64 photographs again and again, in
 * batches of 16 and without dropout, until their mean loss is below 0.1.  DIR has a folder of
 * photographs for each class, or is an archive of one.
 */
#include "gradus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PHOTOGRAPHS = 64, BATCH = 16 };

/* He's weights for convolutions; smaller ones for the classifier, so that the first logits are small
 * and a rate of 0.01 does no harm. */
static gra_tensor *first_weights(gra_tensor *weight)
{
    if (gra_tensor_ndim(weight) == 2)
        return gra_init_normal_(weight, 0, 0.01);
    return gra_init_kaiming_normal_(weight, .nonlinearity = GRA_GAIN_RELU);
}

static gra_module *network(const char *name, int64_t classes)
{
    if (strcmp(name, "alexnet") == 0)
        return gra_alexnet(.num_classes = classes, .dropout = 0);
    if (strcmp(name, "towers") == 0)
        return gra_alexnet(.num_classes = classes, .dropout = 0, .variant = GRA_ALEXNET_TWO_TOWERS);
    if (strcmp(name, "vgg16") == 0)
        return gra_vgg(.depth = 16, .num_classes = classes, .dropout = 0, .batch_norm = true);
    return gra_fail("there is no network %s; alexnet, towers and vgg16 are there", name);
}

/* Photographs spread evenly over the classes, which stand one behind the other in the folder. */
static gra_data *few(const char *path, int64_t size, int64_t *classes)
{
    gra_dataset *const all = gra_image_folder_dataset(
        path,
        .transform = gra_compose(gra_transforms_resize(size), gra_transforms_center_crop(size),
                                 gra_transforms_to_tensor(),
                                 gra_transforms_normalize(GRA_IMAGENET_MEAN, GRA_IMAGENET_STD)));
    int64_t chosen[PHOTOGRAPHS];
    for (int64_t i = 0; i < PHOTOGRAPHS; i++)
        chosen[i] = i * gra_dataset_size(all) / PHOTOGRAPHS;
    *classes = gra_image_folder_classes(all);
    return gra_loader(gra_subset(all, chosen, PHOTOGRAPHS), .batch = BATCH, .shuffle = true,
                      .seed = 1);
}

static int run(const char *name, const char *path, double rate, int epochs)
{
    int64_t classes;
    setvbuf(stdout, NULL, _IOLBF, 0); /* a line at a time, into a file too */
    gra_manual_seed(1);
    gra_data *data = few(path, strcmp(name, "towers") == 0 ? 227 : 224, &classes);
    gra_module *net = gra_init_weights(network(name, classes), first_weights);
    gra_optim *opt = gra_sgd(net, .lr = rate, .momentum = 0.9, .nesterov = true);
    gra_scheduler *plan = gra_cosine_annealing_lr(opt, epochs);
    gra_epoch e = {.loss = 1};
    for (int epoch = 1; epoch <= epochs && e.loss > 0.1 && !gra_error(); epoch++) {
        e = gra_train_epoch(net, data, opt, .description = name);
        if (gra_scheduler_step(plan) == 0)
            printf("epoch %2d  loss %.3f  top-1 %.1f %%\n", epoch, e.loss, 100 * e.top1);
    }
    if (gra_error())
        fprintf(stderr, "by_heart: %s\n", gra_error());
    else
        printf("%s\n", e.loss > 0.1 ? "not learnt by heart" : "learnt by heart");
    gra_free(plan, opt, net, data);
    return gra_error() != NULL;
}

int main(int argc, char **argv)
{
    const double rate = argc > 3 ? atof(argv[3]) : 0.01;
    const int epochs = argc > 4 ? atoi(argv[4]) : 40;
    if (argc >= 3 && argc <= 5 && rate > 0 && epochs > 0)
        return run(argv[1], argv[2], rate, epochs);
    fprintf(stderr, "usage: by_heart alexnet|towers|vgg16 DIR [RATE [EPOCHS]]\n");
    return 2;
}
