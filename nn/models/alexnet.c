/* alexnet.c - AlexNet in its two forms. */
#include "nn/models/alexnet.h"

#include "core/error.h"
#include "nn/init.h"
#include "nn/layer.h"
#include "nn/layers.h"
#include "nn/models/classifier.h"

static const gra_module_class alexnet_class = {.name = "AlexNet",
                                               .forward = gra__classifier_forward};

static gra_module *relu(void)
{
    return gra_nn_relu(.inplace = true);
}

static gra_module *pool(void)
{
    return gra_nn_max_pool2d(3, .stride = 2);
}

static gra_module *normalize(void)
{
    return gra_nn_local_response_norm(5, .alpha = 5e-4, .beta = 0.75, .k = 2);
}

static gra_module *single_column(const gra_alexnet_options *o)
{
    const int64_t c1 = gra__scaled(64, o->width), c2 = gra__scaled(192, o->width);
    const int64_t c3 = gra__scaled(384, o->width), c5 = gra__scaled(256, o->width);
    const int64_t hidden = gra__scaled(4096, o->width);
    const bool cache = o->cache_weights;
    gra_module *const features = gra_sequential(
        gra_nn_conv2d(3, c1, 11, .stride = 4, .padding = 2, .cache_weights = cache), relu(), pool(),
        gra_nn_conv2d(c1, c2, 5, .padding = 2, .cache_weights = cache), relu(), pool(),
        gra_nn_conv2d(c2, c3, 3, .padding = 1, .cache_weights = cache), relu(),
        gra_nn_conv2d(c3, c5, 3, .padding = 1, .cache_weights = cache), relu(),
        gra_nn_conv2d(c5, c5, 3, .padding = 1, .cache_weights = cache), relu(), pool());
    gra_module *const classifier = gra_sequential(
        gra_nn_dropout(o->dropout), gra_nn_linear(c5 * 6 * 6, hidden), relu(),
        gra_nn_dropout(o->dropout), gra_nn_linear(hidden, hidden), relu(),
        gra_nn_linear(hidden, o->num_classes));
    return gra__classifier_new(&alexnet_class, features, gra_nn_adaptive_avg_pool2d(6), classifier);
}

static gra_tensor *narrow_normal(gra_tensor *weight)
{
    return gra_init_normal_(weight, 0, 0.01);
}

static gra_tensor *he_normal(gra_tensor *weight)
{
    if (gra_tensor_ndim(weight) == 2)
        return narrow_normal(weight);
    return gra_init_kaiming_normal_(weight, .nonlinearity = GRA_GAIN_RELU);
}

static void init_two_towers(gra_module *net, gra_alexnet_init init)
{
    static const char *const positive[] = {"features.4.bias", "features.10.bias",
                                           "features.12.bias", "classifier.0.bias",
                                           "classifier.3.bias"};
    if (init == GRA_ALEXNET_INIT_HE) {
        gra_init_weights(net, he_normal);
        return;
    }
    gra_init_weights(net, narrow_normal);
    for (size_t i = 0; i < sizeof positive / sizeof positive[0]; i++)
        gra_init_ones_(gra_module_parameter(net, positive[i]));
}

static gra_module *two_towers(const gra_alexnet_options *o)
{
    const int64_t c1 = gra__scaled(96, o->width), c2 = gra__scaled(256, o->width);
    const int64_t c3 = gra__scaled(384, o->width), hidden = gra__scaled(4096, o->width);
    const bool skips = gra__skip_init(true), cache = o->cache_weights;
    gra_module *const features = gra_sequential(
        gra_nn_conv2d(3, c1, 11, .stride = 4, .cache_weights = cache), relu(), normalize(), pool(),
        gra_nn_conv2d(c1, c2, 5, .padding = 2, .groups = 2, .cache_weights = cache), relu(), normalize(), pool(),
        gra_nn_conv2d(c2, c3, 3, .padding = 1, .cache_weights = cache), relu(),
        gra_nn_conv2d(c3, c3, 3, .padding = 1, .groups = 2, .cache_weights = cache), relu(),
        gra_nn_conv2d(c3, c2, 3, .padding = 1, .groups = 2, .cache_weights = cache), relu(), pool());
    gra_module *const classifier = gra_sequential(
        gra_nn_linear(c2 * 6 * 6, hidden), relu(), gra_nn_dropout(o->dropout),
        gra_nn_linear(hidden, hidden), relu(), gra_nn_dropout(o->dropout),
        gra_nn_linear(hidden, o->num_classes));
    gra_module *const net = gra__classifier_new(&alexnet_class, features, NULL, classifier);
    gra__skip_init(skips);
    if (!skips)
        init_two_towers(net, o->init);
    return gra_module_finish(net);
}

gra_alexnet_options gra_alexnet_defaults(void)
{
    return (gra_alexnet_options){.num_classes = 1000, .dropout = 0.5, .width = 1};
}

gra_module *gra_alexnet_with(gra_alexnet_options o)
{
    if (gra_error() || !gra__check_positive(alexnet_class.name, "num_classes", o.num_classes) ||
        !gra__check_width(alexnet_class.name, o.width))
        return NULL;
    if (o.init != GRA_ALEXNET_INIT_PAPER && o.init != GRA_ALEXNET_INIT_HE)
        return gra_fail("AlexNet: init %d is unknown; GRA_ALEXNET_INIT_PAPER and "
                        "GRA_ALEXNET_INIT_HE are there",
                        (int)o.init);
    switch (o.variant) {
    case GRA_ALEXNET_TORCHVISION: return single_column(&o);
    case GRA_ALEXNET_TWO_TOWERS: return two_towers(&o);
    }
    return gra_fail("AlexNet: variant %d is unknown; GRA_ALEXNET_TORCHVISION and "
                    "GRA_ALEXNET_TWO_TOWERS are there",
                    (int)o.variant);
}
