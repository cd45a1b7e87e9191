/* png_encode.h - pixels as the bytes of a PNG file. */
#ifndef GRA_DATA_IMAGES_PNG_ENCODE_H
#define GRA_DATA_IMAGES_PNG_ENCODE_H

#include <stddef.h>
#include <stdint.h>

typedef struct gra__png_pixels {
    const uint8_t *bytes; /* row by row, the channels of a pixel side by side */
    int64_t height, width;
    int channels;     /* 1 grey, 2 with alpha, 3 RGB, 4 with alpha */
    int64_t row_step; /* from one row to the next, in bytes */
} gra__png_pixels;

/* The file's bytes, to be freed with free(); NULL with an error that begins with op. */
void *gra__png_encode(const char *op, const gra__png_pixels *pixels, size_t *bytes);

#endif
