/* png_encode.c - pixels as the bytes of a PNG file. */
#include "data/images/png_encode.h"

#include <stdlib.h>

#include "core/error.h"

#ifdef GRA_HAVE_PNG

#include <png.h>

void *gra__png_encode(const char *op, const gra__png_pixels *p, size_t *bytes)
{
    static const png_uint_32 formats[] = {PNG_FORMAT_GRAY, PNG_FORMAT_GA, PNG_FORMAT_RGB,
                                          PNG_FORMAT_RGBA};
    enum { LARGEST_SIDE = 1 << 16 }; /* PNG could have more; libpng's sizes could not */
    if (p->height < 1 || p->width < 1 || p->height > LARGEST_SIDE || p->width > LARGEST_SIDE)
        return gra_fail("%s: an image of %lld x %lld pixels cannot be written; 1 to %d a side are "
                        "possible",
                        op, (long long)p->width, (long long)p->height, LARGEST_SIDE);
    png_image image = {.version = PNG_IMAGE_VERSION,
                       .width = (png_uint_32)p->width,
                       .height = (png_uint_32)p->height,
                       .format = formats[p->channels - 1]};
    png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
    void *const block = malloc(size);
    if (!block)
        return gra_fail("%s: out of memory", op);
    if (!png_image_write_to_memory(&image, block, &size, 0, p->bytes, (png_int_32)p->row_step,
                                   NULL)) {
        free(block);
        return gra_fail("%s: libpng says: %s", op, image.message);
    }
    *bytes = size;
    return block;
}

#else

void *gra__png_encode(const char *op, const gra__png_pixels *p, size_t *bytes)
{
    (void)p;
    (void)bytes;
    return gra_fail("%s: this build of Gradus writes no PNG; install libpng-dev and build again",
                    op);
}

#endif
