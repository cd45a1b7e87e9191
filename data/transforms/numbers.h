/* numbers.h - bytes to floats and their normalisation, in one pass where both are wanted. */
#ifndef GRA_DATA_TRANSFORMS_NUMBERS_H
#define GRA_DATA_TRANSFORMS_NUMBERS_H

#include "data/transform.h"

/* x as float32, row-major, in 0 .. 1 where it was uint8; then normalised, where normalize, a transform
 * that gra_transforms_normalize made, is not NULL. x is [..., C, H, W]. */
gra_tensor *gra__to_tensor(gra_tensor *x, const gra_transform *normalize);

bool gra__is_to_tensor(const gra_transform *t);
bool gra__is_normalize(const gra_transform *t);

#endif
