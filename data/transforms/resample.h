/* resample.h - a part of an image at another size.
 *
 * Bilinear with antialias, as Pillow's resize does it: output pixel i, whose middle lies at
 * m = (i + 1/2) * scale of the input, is the mean of the pixels within max(scale, 1) of m, weighted
 * by a triangle around m.
 */
#ifndef GRA_DATA_TRANSFORMS_RESAMPLE_H
#define GRA_DATA_TRANSFORMS_RESAMPLE_H

#include "data/transforms/pixels.h"

/* A rectangle, in pixels from the top left corner; edges may lie within a pixel, or outside. */
typedef struct gra__box {
    double left, top, width, height;
} gra__box;

/* A rectangle of whole pixels. */
typedef struct gra__rect {
    int64_t left, top, width, height;
} gra__rect;

/* The image within `box` of x at height x width pixels, and of these the ones of `part`. What lies
 * outside the box, or outside x, is not looked at. */
gra_tensor *gra__resample(const char *op, gra_tensor *x, gra__box box, int64_t height,
                          int64_t width, gra__rect part);

/* The pixels of `part`, as a view. */
gra_tensor *gra__crop(gra_tensor *x, gra__rect part);

#endif
