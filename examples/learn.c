/* learn.c - AlexNet and VGG-16 learn from photographs: two tests of a whole network.
 *
 *   learn NAME PREFIX [EPOCHS [RATE]]
 *
 *   alexnet-64   AlexNet in one column, all of its 57 million weights, learns 64 photographs by heart
 *   towers-64    so does AlexNet in two towers,
 *   vgg16-64     and so does VGG-16 with batch normalisation, 134 million weights
 *   alexnet      an AlexNet of half the width learns from all photographs and is tested on others
 *
 * A network that is right in each of its parts learns a few photographs by heart: the loss goes to 0.
 * One with a wrong gradient somewhere seldom does.  PREFIX is where bench/images_npy.py put its
 * arrays, of photographs of 224 x 224 pixels in ten classes:
 *
 *   .venv/bin/python bench/images_npy.py train.tar.gz imagenette-train
 *   .venv/bin/python bench/images_npy.py val.tar.gz imagenette-val
 *   build/examples/learn alexnet imagenette
 *
 * The first three stop when the mean loss of an epoch is below 0.1, and use no test set.
 */
#include "photographs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CLASSES = 10, FEW = 64 };

/* He's weights for convolutions; smaller ones for the classifier, so that the first logits are small
 * and a rate of 0.01 does no harm. */
static gra_tensor *first_weights(gra_tensor *weight)
{
    return gra_tensor_ndim(weight) == 2 ? gra_init_normal_(weight, 0, 0.01) : he(weight);
}

/* Learning by heart takes no dropout. */
static gra_module *column(void)
{
    return gra_alexnet(.num_classes = CLASSES, .dropout = 0);
}

static gra_module *towers(void)
{
    return gra_alexnet(.num_classes = CLASSES, .dropout = 0, .variant = GRA_ALEXNET_TWO_TOWERS);
}

static gra_module *vgg16(void)
{
    return gra_vgg(.depth = 16, .num_classes = CLASSES, .dropout = 0, .batch_norm = true);
}

static gra_module *narrow_alexnet(void)
{
    return gra_alexnet(.num_classes = CLASSES, .width = 0.5);
}

typedef struct experiment {
    const char *name;
    gra_module *(*network)(void);
    views train;
    int64_t batch;
    recipe recipe;
    bool tests; /* has a test set */
} experiment;

/* The two towers want 227 x 227 pixels and get some grey around the photograph. */
static const experiment experiments[] = {
    {"alexnet-64",
     column,
     {.size = 224, .count = FEW},
     16,
     {.lr = 0.005, .epochs = 40, .enough = 0.1},
     false},
    {"towers-64",
     towers,
     {.size = 227, .margin = 2, .count = FEW},
     16,
     {.lr = 0.01, .epochs = 40, .enough = 0.1},
     false},
    {"vgg16-64",
     vgg16,
     {.size = 224, .count = FEW},
     16,
     {.lr = 0.01, .epochs = 30, .enough = 0.1},
     false},
    {"alexnet",
     narrow_alexnet,
     {.size = 224, .margin = 24, .vary = true},
     32,
     {.lr = 0.01, .weight_decay = 5e-4, .epochs = 25},
     true},
};

static const experiment *find(const char *name)
{
    for (size_t i = 0; i < sizeof experiments / sizeof experiments[0]; i++)
        if (strcmp(experiments[i].name, name) == 0)
            return &experiments[i];
    return NULL;
}

static int run(const experiment *e, const char *prefix, int64_t epochs, double rate)
{
    char path[2048];
    recipe r = e->recipe;
    r.epochs = epochs ? epochs : r.epochs;
    r.lr = rate > 0 ? rate : r.lr;
    gra_manual_seed(1);
    snprintf(path, sizeof path, "%s-train", prefix);
    gra_data *train = photographs(path, e->train, e->batch);
    snprintf(path, sizeof path, "%s-val", prefix);
    gra_data *test = e->tests ? photographs(path, (views){.size = e->train.size}, 50) : NULL;
    gra_module *net = gra_init_weights(e->network(), first_weights);
    const double loss = learn(net, train, test, r);
    if (!gra_error() && test)
        printf("test accuracy %.2f %%\n", 100 * top1(net, test));
    else if (!gra_error())
        printf("%s\n", loss < r.enough ? "learnt by heart" : "not learnt by heart");
    gra_free(net, test, train);
    return finish("learn") || (r.enough > 0 && !(loss < r.enough));
}

int main(int argc, char **argv)
{
    const experiment *const e = argc > 2 ? find(argv[1]) : NULL;
    const int64_t epochs = argc > 3 ? whole_number(argv[3]) : 0;
    const double rate = argc > 4 ? atof(argv[4]) : 0;
    if (e && argc <= 5 && (argc < 4 || epochs) && (argc < 5 || rate > 0) && strlen(argv[2]) < 2000)
        return run(e, argv[2], epochs, rate);
    fprintf(stderr, "usage: learn alexnet-64|towers-64|vgg16-64|alexnet PREFIX [EPOCHS [RATE]]\n");
    return 2;
}
