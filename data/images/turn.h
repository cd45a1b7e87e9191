/* turn.h - images that are stored turned or mirrored, and in another number of channels. */
#ifndef GRA_DATA_IMAGES_TURN_H
#define GRA_DATA_IMAGES_TURN_H

#include "data/image.h"
#include "data/transforms/resample.h"

/* What is seen is the stored image, first its rows and columns swapped, then mirrored. */
typedef struct gra__turn {
    bool swap, flip_x, flip_y;
} gra__turn;

gra__turn gra__turn_of(int orientation); /* EXIF's: 1 to 8 */

/* Where a box of the image as shown, which is height x width, lies in the stored one; and back, for a
 * stored one of height x width. */
gra__box gra__turn_back(gra__turn t, gra__box shown, double height, double width);
gra__box gra__turn_box(gra__turn t, gra__box stored, double height, double width);

/* x, uint8 and channels-last, as shown. */
gra_tensor *gra__turn_image(const char *op, gra_tensor *x, gra__turn t);

/* x, uint8 and channels-last, in the channels of a mode; alpha is dropped for all but one. */
gra_tensor *gra__to_mode(const char *op, gra_tensor *x, gra_image_mode mode);

/* 0.299 R + 0.587 G + 0.114 B as Pillow rounds it: the weights are in units of 2^-16. */
static inline uint8_t gra__grey(uint8_t r, uint8_t g, uint8_t b)
{
    return (uint8_t)((r * 19595u + g * 38470u + b * 7471u + 0x8000u) >> 16);
}

#endif
