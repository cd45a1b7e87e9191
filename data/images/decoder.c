/* decoder.c - what all image formats share: limits, parts, orientation. */
#include "data/images/decoder.h"

#include <math.h>
#include <string.h>

#include "core/alloc_cache.h"
#include "core/error.h"
#include "data/images/turn.h"

void gra__decoder_failed(const gra__decoder *d, const char *what)
{
    gra_fail("%s: %s: %s", d->op, d->image.name, what);
}

static bool begins_with(const gra_encoded_image *image, const char *bytes, size_t count)
{
    return image->size >= count && memcmp(image->bytes, bytes, count) == 0;
}

static const gra__codec *find_codec(const gra__decoder *d)
{
    const gra_encoded_image *const image = &d->image;
    if (!image->bytes || !image->size)
        gra__decoder_failed(d, image->size ? "the bytes are NULL" : "the file is empty");
    else if (begins_with(image, "\xff\xd8\xff", 3))
        return &gra__jpeg;
    else if (begins_with(image, "\x89PNG\r\n\x1a\n", 8))
        return &gra__png;
    else
        gra__decoder_failed(d, "the file is neither a JPEG nor a PNG, whatever its name says");
    return NULL;
}

static bool size_is_fine(const gra__decoder *d)
{
    const int64_t width = d->stored_width, height = d->stored_height;
    if (width >= 1 && height >= 1 && width <= d->image.max_pixels / height)
        return true;
    if (width < 1 || height < 1)
        gra_fail("%s: %s: the image has no pixels: it is %lld x %lld", d->op, d->image.name,
                 (long long)width, (long long)height);
    else
        gra_fail("%s: %s: the image is %lld x %lld, more than the %lld pixels that are allowed; "
                 "raise .max_pixels if you trust it",
                 d->op, d->image.name, (long long)width, (long long)height,
                 (long long)d->image.max_pixels);
    return false;
}

bool gra__image_options_are_fine(const char *op, gra_image_mode mode, int64_t max_pixels)
{
    if ((unsigned)mode > GRA_IMAGE_UNCHANGED)
        return gra_fail("%s: %d is no mode; GRA_IMAGE_RGB, GRA_IMAGE_GREY and GRA_IMAGE_UNCHANGED "
                        "are",
                        op, (int)mode);
    if (max_pixels < 0)
        return gra_fail("%s: max_pixels is %lld; at least 1 is needed", op, (long long)max_pixels);
    return true;
}

bool gra__decoder_open(gra__decoder *d, const char *op, const gra_encoded_image *image)
{
    *d = (gra__decoder){.op = op, .image = *image, .orientation = 1};
    if (!gra__image_options_are_fine(op, image->mode, image->max_pixels))
        return false;
    if (!d->image.name)
        d->image.name = "(bytes)";
    if (!d->image.max_pixels)
        d->image.max_pixels = 100000000;
    const gra__codec *const codec = find_codec(d);
    if (!codec || !(d->state = gra__alloc_zeroed(codec->state_size)))
        return false;
    d->codec = codec;
    if (!codec->open(d) || !size_is_fine(d))
        return false;
    const bool turned = gra__turn_of(d->orientation).swap;
    d->height = turned ? d->stored_width : d->stored_height;
    d->width = turned ? d->stored_height : d->stored_width;
    return true;
}

void gra__decoder_close(gra__decoder *d)
{
    if (!d->state)
        return;
    d->codec->close(d);
    gra__dealloc(d->state, d->codec->state_size);
    d->state = NULL;
}

/* ---- reading ---- */

enum { MARGIN = 2 }; /* pixels beside what is asked for, as colours are upsampled from neighbours */

static gra__rect around(gra__box b, int64_t width, int64_t height)
{
    const int64_t left = (int64_t)fmax(0, floor(b.left) - MARGIN);
    const int64_t top = (int64_t)fmax(0, floor(b.top) - MARGIN);
    const int64_t right = (int64_t)fmin((double)width, ceil(b.left + b.width) + MARGIN);
    const int64_t bottom = (int64_t)fmin((double)height, ceil(b.top + b.height) + MARGIN);
    return (gra__rect){left, top, right - left, bottom - top};
}

gra_tensor *gra__decoder_read(gra__decoder *d, gra__box box, int reduction, gra__box *place)
{
    const gra__turn turn = gra__turn_of(d->orientation);
    const int scale = d->may_be_reduced ? reduction : 1;
    gra__box b = gra__turn_back(turn, box, (double)d->height, (double)d->width);
    b = (gra__box){b.left / scale, b.top / scale, b.width / scale, b.height / scale};
    gra__rect part =
        around(b, (d->stored_width + scale - 1) / scale, (d->stored_height + scale - 1) / scale);
    gra_tensor *const x = d->codec->read(d, scale, &part);
    if (!x)
        return NULL;
    b.left -= (double)part.left;
    b.top -= (double)part.top;
    *place = gra__turn_box(turn, b, (double)part.height, (double)part.width);
    return gra__turn_image(d->op, gra__to_mode(d->op, x, d->image.mode), turn);
}
