/* image_set.h - a data set of labelled 8-bit images held in memory, behind gra_mnist and gra_digits.
 *
 * Kept as bytes; a batch is float32 [N, 1, H, W] in 0 .. 1 with int64 labels [N].
 */
#ifndef GRA_DATA_IMAGE_SET_H
#define GRA_DATA_IMAGE_SET_H

#include "data/loader.h"

/* images [N, H, W] and labels [N], both uint8 and row-major; keeps both. name is for messages. */
gra_dataset *gra__image_set(const char *name, gra_tensor *images, gra_tensor *labels);

#endif
