/* warp.h - images whose pixels come from other places. */
#ifndef GRA_DATA_TRANSFORMS_WARP_H
#define GRA_DATA_TRANSFORMS_WARP_H

#include "data/transforms/pixels.h"

/* For each pixel of row y, where it comes from: x and y of points, of which the middle of the top left
 * pixel is (0.5, 0.5). */
typedef void (*gra__warp_row)(const void *context, int64_t row, int64_t width, float *from_x,
                              float *from_y);

/* An image like x, whose pixels are the nearest ones of x, or blended from four; fill outside. */
gra_tensor *gra__warp(const char *op, gra_tensor *x, gra__warp_row places, const void *context,
                      bool bilinear, double fill);

#endif
