/* vgg.c - VGG. */
#include "nn/models/vgg.h"

#include "core/error.h"
#include "nn/init.h"
#include "nn/layer.h"
#include "nn/layers.h"
#include "nn/models/classifier.h"

static const gra_module_class vgg_class = {.name = "VGG", .forward = gra__classifier_forward};

enum { STAGES = 5, MOST_LAYERS = 3 * 16 + STAGES };

static const int64_t width[STAGES] = {64, 128, 256, 512, 512};

/* Convolutions of each stage. */
static const struct {
    int depth, convolutions[STAGES];
} configurations[] = {
    {11, {1, 1, 2, 2, 2}},
    {13, {2, 2, 2, 2, 2}},
    {16, {2, 2, 3, 3, 3}},
    {19, {2, 2, 4, 4, 4}},
};

/* NULL with an error for another depth. */
static const int *convolutions_of(int depth)
{
    for (size_t i = 0; i < sizeof configurations / sizeof configurations[0]; i++)
        if (configurations[i].depth == depth)
            return configurations[i].convolutions;
    return gra_fail("VGG: depth %d is unknown; 11, 13, 16 and 19 are there", depth);
}

static gra_module *features(const int *convolutions, bool batch_norm)
{
    gra_module *layers[MOST_LAYERS];
    int count = 0;
    int64_t channels = 3;
    for (int stage = 0; stage < STAGES; stage++) {
        for (int i = 0; i < convolutions[stage]; i++) {
            layers[count++] = gra_nn_conv2d(channels, width[stage], 3, .padding = 1);
            if (batch_norm)
                layers[count++] = gra_nn_batch_norm2d(width[stage]);
            layers[count++] = gra_nn_relu(.inplace = true);
            channels = width[stage];
        }
        layers[count++] = gra_nn_max_pool2d(2);
    }
    return gra_sequential_of(layers, count);
}

static gra_module *classifier(int64_t num_classes, double dropout)
{
    return gra_sequential(
        gra_nn_linear(512 * 7 * 7, 4096), gra_nn_relu(.inplace = true), gra_nn_dropout(dropout),
        gra_nn_linear(4096, 4096), gra_nn_relu(.inplace = true), gra_nn_dropout(dropout),
        gra_nn_linear(4096, num_classes));
}

static gra_tensor *first_weights(gra_tensor *weight)
{
    if (gra_tensor_ndim(weight) == 2)
        return gra_init_normal_(weight, 0, 0.01);
    return gra_init_kaiming_normal_(weight, .mode = GRA_FAN_OUT, .nonlinearity = GRA_GAIN_RELU);
}

gra_vgg_options gra_vgg_defaults(void)
{
    return (gra_vgg_options){.depth = 16, .num_classes = 1000, .dropout = 0.5};
}

gra_module *gra_vgg_with(gra_vgg_options o)
{
    if (gra_error() || !gra__check_positive(vgg_class.name, "num_classes", o.num_classes))
        return NULL;
    const int *const convolutions = convolutions_of(o.depth);
    if (!convolutions)
        return NULL;
    const bool skips = gra__skip_init(true);
    gra_module *const net =
        gra__classifier_new(&vgg_class, features(convolutions, o.batch_norm),
                            gra_nn_adaptive_avg_pool2d(7), classifier(o.num_classes, o.dropout));
    gra__skip_init(skips);
    if (!skips)
        gra_init_weights(net, first_weights);
    return gra_module_finish(net);
}
