/* sizes.h - transforms that make an image larger or smaller, as compose sees them. */
#ifndef GRA_DATA_TRANSFORMS_SIZES_H
#define GRA_DATA_TRANSFORMS_SIZES_H

#include "data/transform.h"

bool gra__is_resize(const gra_transform *t);
bool gra__is_center_crop(const gra_transform *t);

#endif
