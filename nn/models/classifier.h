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

#endif
