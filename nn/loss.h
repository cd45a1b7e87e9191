/* loss.h - what the modules of losses share. */
#ifndef GRA_NN_LOSS_H
#define GRA_NN_LOSS_H

#include "nn/layer.h"
#include "nn/layers.h"

/* A module whose data is a copy of its options, size bytes; NULL with an error where the reduction is not one up to
 * `most`. */
gra_module *gra__loss_module(const gra_module_class *type, const void *options, size_t size,
                             gra_reduction reduction, gra_reduction most);

/* Gives m a buffer for a weight of the options, or none for NULL; the tensor that the module keeps. */
gra_tensor *gra__loss_weight(gra_module *m, const char *name, gra_tensor *weight);

#endif
