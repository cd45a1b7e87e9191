/* image.c - whole images from files and from memory. */
#include "data/image.h"

#include "core/alloc_cache.h"
#include "core/error.h"
#include "data/images/decoder.h"
#include "io/input_file.h"

#define LIMIT 100000000

gra_read_image_options gra_read_image_defaults(void)
{
    return (gra_read_image_options){.max_pixels = LIMIT};
}

gra_decode_image_options gra_decode_image_defaults(void)
{
    return (gra_decode_image_options){.name = "(bytes)", .max_pixels = LIMIT};
}

static gra_tensor *decode(const char *op, const gra_encoded_image *image)
{
    gra__decoder d;
    gra__box box;
    gra_tensor *x = NULL;
    const int mark = gra_mark();
    if (gra__decoder_open(&d, op, image)) {
        box = (gra__box){0, 0, (double)d.width, (double)d.height};
        x = gra__decoder_read(&d, box, 1, &box);
    }
    gra__decoder_close(&d);
    return gra_release_keep(mark, x);
}

gra_tensor *gra_decode_image_with(gra_decode_image_options o)
{
    if (gra_error())
        return NULL;
    return decode("gra_decode_image",
                  &(gra_encoded_image){o.bytes, o.size, o.name, o.mode, o.max_pixels});
}

gra_tensor *gra_read_image_with(gra_read_image_options o)
{
    static const char op[] = "gra_read_image";
    gra__input_file file;
    gra_tensor *x = NULL;
    uint8_t *bytes = NULL;
    if (gra__input_open(&file, op, o.path) && (bytes = gra__alloc((size_t)file.size + 1)) &&
        gra__input_read(&file, 0, bytes, (size_t)file.size))
        x = decode(op,
                   &(gra_encoded_image){bytes, (size_t)file.size, o.path, o.mode, o.max_pixels});
    gra__dealloc(bytes, (size_t)file.size + 1);
    gra__input_close(&file);
    return x;
}
