/* pad.h - an image with a margin. */
#ifndef GRA_DATA_TRANSFORMS_PAD_H
#define GRA_DATA_TRANSFORMS_PAD_H

#include "data/transforms.h"
#include "data/transforms/pixels.h"

typedef struct gra__margins {
    int64_t left, top, right, bottom; /* pixels, each at least 0 */
    double fill;
    gra_transforms_pad_mode mode;
} gra__margins;

/* x itself where there are none. NULL with an error where x is too small to be reflected. */
gra_tensor *gra__pad(const char *op, gra_tensor *x, const gra__margins *m);

/* Whether all of them are at least 0, and the mode is one. False with an error. */
bool gra__margins_are_fine(const char *op, const gra__margins *m);

/* What a dtype makes of a fill: bytes are rounded, and kept within 0 .. 255. */
uint8_t gra__fill_u8(double fill);

#endif
