/* image_set.h - data sets of labelled 8-bit images held in memory, behind MNIST, CIFAR and the digits.
 *
 * Kept as bytes. Without a transform x is float32 [C, H, W] in 0 .. 1; a transform is given the bytes,
 * uint8 [C, H, W], and makes x of them. y is int64.
 */
#ifndef GRA_DATA_IMAGE_SET_H
#define GRA_DATA_IMAGE_SET_H

#include "data/image_set_options.h"

/* images [N, H, W] or [N, C, H, W] and labels [N], both uint8 and row-major; keeps both, and holds the
 * transform, which the caller takes with gra__took_transform. name is for messages. */
gra_dataset *gra__image_set(const char *name, gra_tensor *images, gra_tensor *labels,
                            gra_transform *transform);

/* A constructor that takes a transform over, also when it fails, asks first whether it may, and ends
 * with the second, which frees the transform where there is no set, and returns the set. */
bool gra__may_take_transform(const char *name, const gra_transform *transform);
gra_dataset *gra__took_transform(gra_dataset *set, gra_transform *transform);

/* What options with a loader say of the set alone, and the loader of the set; NULL for NULL. */
gra_image_set_options gra__image_set_part(const gra_image_data_options *o);
gra_data *gra__image_data(gra_dataset *set, const gra_image_data_options *o);

#endif
