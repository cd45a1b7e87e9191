/* alexnet.h - AlexNet: the paper's network of two towers, and the single column of torchvision.
 *
 *     gra_module *net = gra_alexnet();
 *     gra_module *net = gra_alexnet(.num_classes = 10, .variant = GRA_ALEXNET_TWO_TOWERS);
 *     gra_module *net = gra_alexnet(.num_classes = 10, .width = 0.25);       for few photographs
 *
 *     GRA_ALEXNET_TORCHVISION                        GRA_ALEXNET_TWO_TOWERS
 *     [N, 3, 224, 224]                               [N, 3, 227, 227]
 *     Conv2d(3, 64, 11, stride 4, padding 2)         Conv2d(3, 96, 11, stride 4)
 *     ReLU                                           ReLU, LRN
 *     MaxPool2d(3, 2)              64 x 27 x 27      MaxPool2d(3, 2)               96 x 27 x 27
 *     Conv2d(64, 192, 5, padding 2)                  Conv2d(96, 256, 5, padding 2, groups 2)
 *     ReLU                                           ReLU, LRN
 *     MaxPool2d(3, 2)             192 x 13 x 13      MaxPool2d(3, 2)              256 x 13 x 13
 *     Conv2d(192, 384, 3, padding 1), ReLU           Conv2d(256, 384, 3, padding 1), ReLU
 *     Conv2d(384, 256, 3, padding 1), ReLU           Conv2d(384, 384, 3, padding 1, groups 2), ReLU
 *     Conv2d(256, 256, 3, padding 1), ReLU           Conv2d(384, 256, 3, padding 1, groups 2), ReLU
 *     MaxPool2d(3, 2)             256 x  6 x  6      MaxPool2d(3, 2)              256 x  6 x  6
 *     avgpool AdaptiveAvgPool2d(6)
 *     Dropout, Linear(9216, 4096), ReLU              Linear(9216, 4096), ReLU, Dropout
 *     Dropout, Linear(4096, 4096), ReLU              Linear(4096, 4096), ReLU, Dropout
 *     Linear(4096, classes)                          Linear(4096, classes)
 *     61,100,840 parameters with 1000 classes        60,965,224 parameters with 1000 classes
 *
 * What stands above avgpool are children of "features", what stands below of "classifier"; the two
 * towers have no avgpool.  torchvision's files of weights can be loaded into the single column,
 * which also takes other image sizes, from 63 x 63 on.
 *
 * .width multiplies the channels of each convolution and the size of both hidden layers; the results
 * are rounded to multiples of 8, at least 8.  With w = 0.25 and 10 classes the single column has
 * 3,579,098 parameters and the two towers have 3,572,842.
 *
 * Two towers: Krizhevsky, Sutskever and Hinton, "ImageNet classification with deep convolutional
 * neural networks", NIPS 2012.  The towers were two processors, each with half of the maps; they
 * see each other's only where a layer has one group.  The paper says 224 x 224, but its maps of
 * 55 x 55 come from 227 x 227.  LRN is LocalResponseNorm(5, alpha = 5e-4, beta = 0.75, k = 2): the
 * paper's alpha = 1e-4 is not divided by the window's size, PyTorch's is.  There: batch 128, SGD
 * with momentum 0.9, weight decay 5e-4, dropout 0.5, learning rate 0.01, divided by 10 when the
 * validation error stopped improving (three times in about 90 epochs); random crops of 256 x 256
 * images, flips and shifts of colour, the mean image subtracted.  First weights are normal with
 * deviation 0.01; biases are 1 in the second, fourth and fifth convolution and in the two hidden
 * layers of the classifier, and 0 elsewhere.
 *
 * Single column: Krizhevsky, "One weird trick for parallelizing convolutional neural networks",
 * 2014 (arXiv:1404.5997), as in torchvision: no normalisation, and PyTorch's first weights.
 * May include: core, ops, autograd, nn.
 */
#ifndef GRA_NN_MODELS_ALEXNET_H
#define GRA_NN_MODELS_ALEXNET_H

#include "../module.h"

GRA_BEGIN_DECLS

typedef enum gra_alexnet_variant {
    GRA_ALEXNET_TORCHVISION,
    GRA_ALEXNET_TWO_TOWERS,
} gra_alexnet_variant;

/* First weights of the two towers; the single column has those of its layers, as in torchvision. */
typedef enum gra_alexnet_init {
    GRA_ALEXNET_INIT_PAPER, /* normal, 0.01; biases 1 in conv 2, 4, 5 and the hidden layers, else 0 */
    GRA_ALEXNET_INIT_HE,    /* normal, sqrt(2 / fan in) in convolutions, 0.01 behind them; biases 0:
                               for narrow networks, in which the paper's let the signal vanish */
} gra_alexnet_init;

typedef struct gra_alexnet_options {
    int begin_;
    int64_t num_classes;         /* 1000 */
    double dropout;              /* 0.5: probability in the classifier, 0 to 1 */
    gra_alexnet_variant variant; /* GRA_ALEXNET_TORCHVISION */
    double width;                /* 1: factor of every layer's size but the last, above 0 */
    bool cache_weights;          /* false; true: see gra_nn_conv2d_options */
    gra_alexnet_init init;       /* GRA_ALEXNET_INIT_PAPER */
} gra_alexnet_options;

gra_alexnet_options gra_alexnet_defaults(void);

/* A new network that belongs to the caller. */
gra_module *gra_alexnet_with(gra_alexnet_options options);

#ifndef __cplusplus
#define gra_alexnet(...)                                                                           \
    gra_alexnet_with(GRA_KEYWORDS(gra_alexnet_options, .num_classes = 1000, .dropout = 0.5,        \
                                  .width = 1, .begin_ = 0, __VA_ARGS__))
#endif

GRA_END_DECLS

#endif
