/* sizes.h - transforms that cut and resize, as compose sees them. */
#ifndef GRA_DATA_TRANSFORMS_SIZES_H
#define GRA_DATA_TRANSFORMS_SIZES_H

#include "data/transform.h"
#include "data/transforms/resample.h"

bool gra__is_resize(const gra_transform *t);
bool gra__is_center_crop(const gra_transform *t);

/* What a center_crop takes of an image of height x width; false with an error where it is smaller. */
bool gra__center_of(const gra_transform *crop, int64_t height, int64_t width, gra__rect *part);

/* A resize and a center_crop in one, from a file. */
gra_tensor *gra__decode_resized(const gra_transform *resize, const gra_transform *center_crop,
                                const gra_encoded_image *image);

#endif
