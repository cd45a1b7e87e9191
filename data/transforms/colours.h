/* colours.h - images of three colours, in either layout. */
#ifndef GRA_DATA_TRANSFORMS_COLOURS_H
#define GRA_DATA_TRANSFORMS_COLOURS_H

#include "data/images/turn.h"
#include "data/transforms.h"
#include "data/transforms/pixels.h"

typedef struct gra__rgb {
    gra_dtype dtype;
    void *data;
    int64_t height, width;
    int64_t channel, pixel, row; /* steps, in elements */
} gra__rgb;

/* Looks at x; false with an error that names op where it has not three channels. */
bool gra__rgb_of(const char *op, gra_tensor *x, gra__rgb *rgb);

/* A new image like x, of three channels. */
gra_tensor *gra__rgb_like(const char *op, gra_tensor *x, gra__rgb *rgb);

/* Each byte of a channel of x becomes what a table says, in y, which has the same size. */
void gra__map_bytes(const gra__rgb *x, int channel, const uint8_t table[256], const gra__rgb *y);

/* With torchvision's weights for floats. */
static inline float gra__grey_f32(float r, float g, float b)
{
    return 0.2989f * r + 0.587f * g + 0.114f * b;
}

#endif
