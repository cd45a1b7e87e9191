/* classifier.h - what AlexNet and VGG share: features, a pooling layer, a classifier.
 *
 *     y = classifier(flatten(avgpool(features(x))))
 *
 * The three children have torchvision's names, so that parameters are called "features.0.weight"
 * and "classifier.0.weight" as there.
 * May include: core, ops, autograd, nn.
 */
#ifndef GRA_NN_MODELS_CLASSIFIER_H
#define GRA_NN_MODELS_CLASSIFIER_H

#include "nn/module.h"

/* The forward of such a network; its class has no other function. */
gra_tensor *gra__classifier_forward(gra_module *self, gra_tensor *x);

/* A network of a class with that forward, made of three modules, which it takes over, also when it
 * fails. avgpool may be NULL. */
gra_module *gra__classifier_new(const gra_module_class *type, gra_module *features,
                                gra_module *avgpool, gra_module *classifier);

/* The size of a layer in a network whose layers are all multiplied by width: channels * width,
 * rounded to the nearest multiple of 8, at least 8. Sizes of whole vectors keep the fast kernels
 * and can be divided into two groups. */
int64_t gra__scaled(int64_t channels, double width);

/* Whether width can be such a factor; an error that names the network's type if not. */
bool gra__check_width(const char *type, double width);

#endif
