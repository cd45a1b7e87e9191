/* png_encode.c - pixels as the bytes of a PNG file. */
#include "data/images/png_encode.h"

#include <stdlib.h>

#include "core/error.h"

#ifdef GRA_HAVE_PNG

#include <png.h>

void *gra__png_encode(const char *op, const uint8_t *pixels, int64_t height, int64_t width,
                      int channels, size_t *bytes)
{
    static const png_uint_32 formats[] = {PNG_FORMAT_GRAY, PNG_FORMAT_GA, PNG_FORMAT_RGB,
                                          PNG_FORMAT_RGBA};
    enum { LARGEST_SIDE = 1 << 16 }; /* PNG could have more; libpng's sizes could not */
    if (height < 1 || width < 1 || height > LARGEST_SIDE || width > LARGEST_SIDE)
        return gra_fail("%s: an image of %lld x %lld pixels cannot be written; 1 to %d a side are "
                        "possible",
                        op, (long long)width, (long long)height, LARGEST_SIDE);
    png_image image = {.version = PNG_IMAGE_VERSION,
                       .width = (png_uint_32)width,
                       .height = (png_uint_32)height,
                       .format = formats[channels - 1]};
    png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
    void *const block = malloc(size);
    if (!block)
        return gra_fail("%s: out of memory", op);
    if (!png_image_write_to_memory(&image, block, &size, 0, pixels, 0, NULL)) {
        free(block);
        return gra_fail("%s: libpng says: %s", op, image.message);
    }
    *bytes = size;
    return block;
}

#else

void *gra__png_encode(const char *op, const uint8_t *pixels, int64_t height, int64_t width,
                      int channels, size_t *bytes)
{
    (void)pixels;
    (void)height;
    (void)width;
    (void)channels;
    (void)bytes;
    return gra_fail("%s: this build of Gradus writes no PNG; install libpng-dev and build again",
                    op);
}

#endif
