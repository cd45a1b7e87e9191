/* flip.h - mirrored images. */
#ifndef GRA_DATA_TRANSFORMS_FLIP_H
#define GRA_DATA_TRANSFORMS_FLIP_H

#include "data/transforms/pixels.h"

/* A copy of x, upside down or left to right. */
gra_tensor *gra__flip(const char *op, gra_tensor *x, bool upside_down);

#endif
