/* png_encode.h - pixels as the bytes of a PNG file. */
#ifndef GRA_DATA_IMAGES_PNG_ENCODE_H
#define GRA_DATA_IMAGES_PNG_ENCODE_H

#include <stddef.h>
#include <stdint.h>

/* Pixels row by row, channels (1 grey, 2 with alpha, 3 RGB, 4 with alpha) of each side by side. A block
 * to be freed with free(); NULL with an error that names op. */
void *gra__png_encode(const char *op, const uint8_t *pixels, int64_t height, int64_t width,
                      int channels, size_t *bytes);

#endif
