/* vgg.c - VGG. */
#include "nn/models/vgg.h"

#include "core/error.h"
#include "nn/init.h"
#include "nn/layer.h"
#include "nn/layers.h"
#include "nn/models/classifier.h"

static const gra_module_class vgg_class = {.name = "VGG", .forward = gra__classifier_forward};

enum { STAGES = 5, MOST_LAYERS = 3 * 16 + STAGES, POOLED_MAX = 1024 };

static const int64_t stage_channels[STAGES] = {64, 128, 256, 512, 512};

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

static gra_module *features(const int *convolutions, const gra_vgg_options *o)
{
    gra_module *layers[MOST_LAYERS];
    int count = 0;
    int64_t channels = 3;
    for (int stage = 0; stage < STAGES; stage++) {
        const int64_t wanted = gra__scaled(stage_channels[stage], o->width);
        for (int i = 0; i < convolutions[stage]; i++) {
            layers[count++] =
                gra_nn_conv2d(channels, wanted, 3, .padding = 1, .cache_weights = o->cache_weights);
            if (o->batch_norm)
                layers[count++] = gra_nn_batch_norm2d(wanted);
            layers[count++] = gra_nn_relu(.inplace = true);
            channels = wanted;
        }
        layers[count++] = gra_nn_max_pool2d(2);
    }
    return gra_sequential_of(layers, count);
}

static gra_module *classifier(const gra_vgg_options *o)
{
    const int64_t hidden = gra__scaled(4096, o->width);
    const int64_t inputs =
        gra__scaled(stage_channels[STAGES - 1], o->width) * o->pooled_size * o->pooled_size;
    return gra_sequential(
        gra_nn_linear(inputs, hidden), gra_nn_relu(.inplace = true), gra_nn_dropout(o->dropout),
        gra_nn_linear(hidden, hidden), gra_nn_relu(.inplace = true), gra_nn_dropout(o->dropout),
        gra_nn_linear(hidden, o->num_classes));
}

static gra_tensor *torchvisions(gra_tensor *weight)
{
    if (gra_tensor_ndim(weight) == 2)
        return gra_init_normal_(weight, 0, 0.01);
    return gra_init_kaiming_normal_(weight, .mode = GRA_FAN_OUT, .nonlinearity = GRA_GAIN_RELU);
}

static gra_tensor *papers(gra_tensor *weight)
{
    return gra_init_normal_(weight, 0, 0.1);
}

static gra_tensor *glorots(gra_tensor *weight)
{
    return gra_init_xavier_uniform_(weight);
}

typedef gra_tensor *fill_fn(gra_tensor *weight);

/* NULL with an error for another number. */
static fill_fn *first_weights(gra_vgg_init init)
{
    switch (init) {
    case GRA_VGG_INIT_TORCHVISION: return torchvisions;
    case GRA_VGG_INIT_PAPER: return papers;
    case GRA_VGG_INIT_GLOROT: return glorots;
    }
    gra_fail("VGG: init %d is unknown; GRA_VGG_INIT_TORCHVISION, GRA_VGG_INIT_PAPER and "
             "GRA_VGG_INIT_GLOROT are there",
             (int)init);
    return NULL;
}

gra_vgg_options gra_vgg_defaults(void)
{
    return (gra_vgg_options){
        .depth = 16, .num_classes = 1000, .dropout = 0.5, .width = 1, .pooled_size = 7};
}

static bool check_pooled_size(int64_t size)
{
    if (size < 1 || size > POOLED_MAX)
        gra_fail("VGG: pooled_size %lld is out of range; 1 to %d is possible", (long long)size,
                 POOLED_MAX);
    return !gra_error();
}

gra_module *gra_vgg_with(gra_vgg_options o)
{
    if (gra_error() || !gra__check_positive(vgg_class.name, "num_classes", o.num_classes) ||
        !gra__check_width(vgg_class.name, o.width) || !check_pooled_size(o.pooled_size))
        return NULL;
    const int *const convolutions = convolutions_of(o.depth);
    fill_fn *const fill = first_weights(o.init);
    if (!convolutions || !fill)
        return NULL;
    const bool skips = gra__skip_init(true);
    gra_module *const net =
        gra__classifier_new(&vgg_class, features(convolutions, &o),
                            gra_nn_adaptive_avg_pool2d(o.pooled_size), classifier(&o));
    gra__skip_init(skips);
    if (!skips)
        gra_init_weights(net, fill);
    return gra_module_finish(net);
}
