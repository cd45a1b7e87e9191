/* vgg.h - VGG: deep stacks of 3 x 3 convolutions, with or without batch normalisation.
 *
 *     gra_module *net = gra_vgg();                                        VGG-16, 1000 classes
 *     gra_module *net = gra_vgg(.depth = 11, .batch_norm = true, .num_classes = 10);
 *     gra_module *net = gra_vgg(.depth = 11, .batch_norm = true, .num_classes = 10, .width = 0.5,
 *                               .pooled_size = 1);              for images of 32 x 32 pixels
 *
 *     [N, 3, 224, 224]                                    convolutions at depth 11  13  16  19
 *     features     Conv2d( ... , 64, 3, padding 1), ReLU                         1   2   2   2
 *                  MaxPool2d(2)                         64 x 112 x 112
 *                  Conv2d( ..., 128, 3, padding 1), ReLU                         1   2   2   2
 *                  MaxPool2d(2)                        128 x  56 x  56
 *                  Conv2d( ..., 256, 3, padding 1), ReLU                         2   2   3   4
 *                  MaxPool2d(2)                        256 x  28 x  28
 *                  Conv2d( ..., 512, 3, padding 1), ReLU                         2   2   3   4
 *                  MaxPool2d(2)                        512 x  14 x  14
 *                  Conv2d( ..., 512, 3, padding 1), ReLU                         2   2   3   4
 *                  MaxPool2d(2)                        512 x   7 x   7
 *     avgpool      AdaptiveAvgPool2d(7): other image sizes fit too, from 32 x 32 on, which leaves
 *                  maps of 1 x 1; .pooled_size = 1 then spares the classifier their copies
 *     classifier   Linear(25088, 4096), ReLU, Dropout
 *                  Linear(4096, 4096), ReLU, Dropout
 *                  Linear(4096, classes)
 *     [N, classes] logits
 *
 * With 1000 classes depth 11, 13, 16 and 19 have 132,863,336, 133,047,848, 138,357,544 and
 * 143,667,240 parameters; .batch_norm adds two for each channel.  Structure and names are
 * torchvision's, so that its files of weights can be loaded.
 *
 * .width multiplies the channels of each convolution and the size of both hidden layers; the results
 * are rounded to multiples of 8, at least 8.  The third network above has 7,052,170 parameters.
 *
 * Source: Simonyan and Zisserman, "Very deep convolutional networks for large-scale image
 * recognition", ICLR 2015 (arXiv:1409.1556), configurations A, B, D and E.  There: batch 256, SGD
 * with momentum 0.9, weight decay 5e-4, dropout 0.5, learning rate 0.01, divided by 10 when the
 * validation accuracy stopped improving (three times in 74 epochs, 370,000 steps); images scaled to
 * a shorter side of 256 to 512, random 224 x 224 crops, flips and shifts of colour, the mean colour
 * of the training set subtracted.
 *
 * The paper trained the deep networks from the weights of configuration A, which in turn were
 * normal with variance 0.01, and notes that Glorot's scheme makes that unnecessary: .init has both.
 * As in torchvision, the first weights are otherwise normal: those of convolutions with He's deviation
 * sqrt(2 / fan out) (He et al., ICCV 2015), those of the classifier with 0.01; biases are 0.
 * May include: core, ops, autograd, nn.
 */
#ifndef GRA_NN_MODELS_VGG_H
#define GRA_NN_MODELS_VGG_H

#include "../module.h"

GRA_BEGIN_DECLS

/* First weights; the biases are 0. */
typedef enum gra_vgg_init {
    GRA_VGG_INIT_TORCHVISION, /* normal, sqrt(2 / fan out) and 0.01 in the classifier */
    GRA_VGG_INIT_PAPER, /* normal with variance 0.01: for depth 11, and layers that are to be added */
    GRA_VGG_INIT_GLOROT, /* uniform (Glorot and Bengio, AISTATS 2010): the paper's later advice */
} gra_vgg_init;

typedef struct gra_vgg_options {
    int begin_;
    int depth;           /* 16: layers with weights; 11, 13, 16 or 19 */
    bool batch_norm;     /* false; true: a BatchNorm2d behind each convolution */
    int64_t num_classes; /* 1000 */
    double dropout;      /* 0.5: probability in the classifier, 0 to 1 */
    double width;        /* 1: factor of every layer's size but the last, above 0 */
    int64_t pooled_size; /* 7: height and width of the maps that the classifier gets, to 1024 */
    bool cache_weights;  /* false; true: see gra_nn_conv2d_options */
    gra_vgg_init init;   /* GRA_VGG_INIT_TORCHVISION */
} gra_vgg_options;

gra_vgg_options gra_vgg_defaults(void);

/* A new network that belongs to the caller; NULL with an error for another depth. */
gra_module *gra_vgg_with(gra_vgg_options options);

#ifndef __cplusplus
#define gra_vgg(...)                                                                               \
    gra_vgg_with(GRA_KEYWORDS(gra_vgg_options, .depth = 16, .num_classes = 1000, .dropout = 0.5,   \
                              .width = 1, .pooled_size = 7, .begin_ = 0, __VA_ARGS__))
#endif

GRA_END_DECLS

#endif
