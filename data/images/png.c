/* png.c - PNG by libpng.
 *
 * libpng reports an error by a call that must not return. It jumps to the frame of `guarded`, beneath
 * which nothing owns anything: all memory is libpng's, the decoder's, or the scope's.
 */
#include "data/images/decoder.h"

#ifdef GRA_HAVE_PNG

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <png.h>

enum {
    MAX_SIDE = 0x7fffffff,       /* the limit on pixels is the decoder's */
    MAX_CHUNK = 8 * 1024 * 1024, /* bytes of a text or a colour profile, unpacked */
};

typedef struct png {
    png_structp reader;
    png_infop info;
    size_t position; /* in the file */
    jmp_buf escape;
    gra__decoder *decoder;
    gra_tensor *result;
} png;

/* ---- errors ---- */

static void on_error(png_structp reader, png_const_charp reason)
{
    png *const p = png_get_error_ptr(reader);
    char what[256];
    snprintf(what, sizeof what, "the PNG is damaged or cut short: %s", reason);
    gra__decoder_failed(p->decoder, what);
    longjmp(p->escape, 1);
}

/* They concern parts that do not change the pixels: texts, profiles, times. */
static void on_warning(png_structp reader, png_const_charp reason)
{
    (void)reader;
    (void)reason;
}

static void on_read(png_structp reader, png_bytep bytes, size_t count)
{
    png *const p = png_get_io_ptr(reader);
    const gra_encoded_image *const image = &p->decoder->image;
    if (count > image->size - p->position)
        png_error(reader, "the file ends early");
    memcpy(bytes, (const char *)image->bytes + p->position, count);
    p->position += count;
}

/* Whether work came to its end. */
static bool guarded(png *p, void (*work)(png *p))
{
    if (setjmp(p->escape))
        return false;
    work(p);
    return true;
}

/* ---- the header ---- */

static int orientation_of(const png *p)
{
    png_bytep bytes = NULL;
    png_uint_32 size = 0;
    return png_get_eXIf_1(p->reader, p->info, &size, &bytes) ? gra__exif_orientation(bytes, size)
                                                             : 1;
}

static void read_header(png *p)
{
    png_set_read_fn(p->reader, p, on_read);
    png_set_user_limits(p->reader, MAX_SIDE, MAX_SIDE);
    png_set_chunk_malloc_max(p->reader, MAX_CHUNK);
    png_read_info(p->reader, p->info);
    p->decoder->stored_height = png_get_image_height(p->reader, p->info);
    p->decoder->stored_width = png_get_image_width(p->reader, p->info);
    p->decoder->orientation = orientation_of(p);
}

static bool png_open(gra__decoder *d)
{
    png *const p = d->state;
    p->decoder = d;
    p->reader = png_create_read_struct(PNG_LIBPNG_VER_STRING, p, on_error, on_warning);
    p->info = p->reader ? png_create_info_struct(p->reader) : NULL;
    if (p->info)
        return guarded(p, read_header);
    gra__decoder_failed(d, "libpng has no memory, or is of another version than the one that this "
                           "library was built with");
    return false;
}

/* ---- the pixels ---- */

/* Bytes of grey or RGB; with alpha where the file has it and the mode wants it. */
static void choose_colours(const png *p)
{
    const png_byte type = png_get_color_type(p->reader, p->info);
    png_set_strip_16(p->reader);
    if (type == PNG_COLOR_TYPE_PALETTE)
        png_set_palette_to_rgb(p->reader);
    if (type == PNG_COLOR_TYPE_GRAY)
        png_set_expand_gray_1_2_4_to_8(p->reader);
    if (p->decoder->image.mode != GRA_IMAGE_UNCHANGED)
        png_set_strip_alpha(p->reader);
    else if (png_get_valid(p->reader, p->info, PNG_INFO_tRNS))
        png_set_tRNS_to_alpha(p->reader);
}

static gra_tensor *new_image(const png *p)
{
    const int64_t height = p->decoder->stored_height, width = p->decoder->stored_width;
    const int64_t channels = png_get_channels(p->reader, p->info);
    if ((int64_t)png_get_rowbytes(p->reader, p->info) != width * channels)
        png_error(p->reader, "its rows have another length than its header says");
    return gra__empty_strided(p->decoder->op, GRA_SHAPE(channels, height, width),
                              (const int64_t[]){1, width * channels, channels}, GRA_UINT8);
}

/* All of them: an interlaced image comes in seven passes, each of which adds to the rows. */
static void read_pixels(png *p)
{
    choose_colours(p);
    const int passes = png_set_interlace_handling(p->reader);
    png_read_update_info(p->reader, p->info);
    gra_tensor *const x = new_image(p);
    if (!x)
        return;
    for (int pass = 0; pass < passes; pass++)
        for (int64_t y = 0; y < x->shape.size[1]; y++)
            png_read_row(p->reader, (uint8_t *)gra__ptr(x) + y * x->stride[1], NULL);
    png_read_end(p->reader, NULL);
    p->result = x;
}

static gra_tensor *png_read(gra__decoder *d, int reduction, gra__rect *part)
{
    (void)reduction;
    png *const p = d->state;
    *part = (gra__rect){0, 0, d->stored_width, d->stored_height};
    return guarded(p, read_pixels) ? p->result : NULL;
}

static void png_close(gra__decoder *d)
{
    png *const p = d->state;
    png_destroy_read_struct(&p->reader, &p->info, NULL);
}

const gra__codec gra__png = {
    .state_size = sizeof(png), .open = png_open, .read = png_read, .close = png_close};

#else

static bool png_open(gra__decoder *d)
{
    gra__decoder_failed(d, "this build reads no PNG; install libpng and build again");
    return false;
}

static void png_close(gra__decoder *d)
{
    (void)d;
}

const gra__codec gra__png = {.state_size = 1, .open = png_open, .close = png_close};

#endif
