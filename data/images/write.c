/* write.c - gra_write_image: an image is encoded in memory, and then written beside its place. */
#include <math.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/error.h"
#include "data/image.h"
#include "data/images/png_encode.h"
#include "data/transforms/pixels.h"
#include "io/new_file.h"
#include "ops/ops.h"

#ifdef GRA_HAVE_JPEG
#include <jpeglib.h>
#endif

#define OP "gra_write_image"

gra_write_image_options gra_write_image_defaults(void)
{
    return (gra_write_image_options){.quality = 95};
}

/* What a library encodes, and into what. */
typedef struct encoding {
    const gra_write_image_options *options;
    const gra__pixels *pixels; /* bytes, channels-last */
    unsigned char *bytes;      /* from malloc, as libjpeg does it */
    size_t size;
    jmp_buf escape;
} encoding;

static bool failed(const encoding *e, const char *reason)
{
    gra_fail(OP ": %s: %s", e->options->path, reason);
    return false;
}

/* ---- JPEG ---- */

#ifdef GRA_HAVE_JPEG

typedef struct jpeg_writer {
    struct jpeg_compress_struct info; /* the first member, as libjpeg hands this on */
    struct jpeg_error_mgr errors;
    encoding *encoding;
    unsigned long size;
} jpeg_writer;

static void on_jpeg_error(j_common_ptr info)
{
    const jpeg_writer *const w = (const jpeg_writer *)(const void *)info;
    char reason[JMSG_LENGTH_MAX];
    info->err->format_message(info, reason);
    failed(w->encoding, reason);
    longjmp(w->encoding->escape, 1);
}

static void write_jpeg_rows(jpeg_writer *w)
{
    const gra__pixels *const p = w->encoding->pixels;
    struct jpeg_compress_struct *const info = &w->info;
    jpeg_mem_dest(info, &w->encoding->bytes, &w->size);
    info->image_width = (JDIMENSION)p->width;
    info->image_height = (JDIMENSION)p->height;
    info->input_components = (int)p->channels;
    info->in_color_space = p->channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(info);
    jpeg_set_quality(info, w->encoding->options->quality, TRUE);
    jpeg_start_compress(info, TRUE);
    for (int64_t y = 0; y < p->height; y++) {
        JSAMPROW row = gra__row_u8(p, 0, y);
        jpeg_write_scanlines(info, &row, 1);
    }
    jpeg_finish_compress(info);
    w->encoding->size = w->size;
}

static bool run_jpeg(jpeg_writer *w)
{
    if (setjmp(w->encoding->escape))
        return false;
    jpeg_create_compress(&w->info);
    write_jpeg_rows(w);
    return true;
}

static bool encode_jpeg(encoding *e)
{
    jpeg_writer w = {.encoding = e};
    if (e->pixels->channels != 1 && e->pixels->channels != 3)
        return failed(e, "a JPEG has 1 or 3 channels; a PNG may have 2 and 4 as well");
    w.info.err = jpeg_std_error(&w.errors);
    w.errors.error_exit = on_jpeg_error;
    const bool fine = run_jpeg(&w);
    if (!fine && e->bytes) /* only this tells where they lie by now, to be freed */
        w.info.dest->term_destination(&w.info);
    jpeg_destroy_compress(&w.info);
    return fine;
}

#else

static bool encode_jpeg(encoding *e)
{
    return failed(e, "this build writes no JPEG; install libjpeg-turbo and build again");
}

#endif

/* ---- PNG ---- */

static bool encode_png(encoding *e)
{
    const gra__pixels *const p = e->pixels;
    char op[512];
    snprintf(op, sizeof op, OP ": %s", e->options->path);
    e->bytes = gra__png_encode(op,
                               &(gra__png_pixels){.bytes = gra__row_u8(p, 0, 0),
                                                  .height = p->height,
                                                  .width = p->width,
                                                  .channels = (int)p->channels,
                                                  .row_step = p->row_step},
                               &e->size);
    return e->bytes;
}

/* ---- both ---- */

static bool ends_with(const char *path, const char *ending)
{
    const size_t length = strlen(path), count = strlen(ending);
    return length >= count && strcasecmp(path + length - count, ending) == 0;
}

/* Bytes of a float image; what is outside 0 .. 1 becomes black or white. */
static gra_tensor *to_bytes(gra_tensor *x)
{
    gra__pixels from, to;
    if (x->dtype == GRA_UINT8 || !gra__pixels_of(OP, x, &from))
        return x;
    from.dtype = GRA_UINT8;
    gra_tensor *const y = gra__pixels_new(OP, &from, from.height, from.width, &to);
    from.dtype = GRA_FLOAT32;
    for (int64_t plane = 0; y && plane < from.planes; plane++)
        for (int64_t row = 0; row < from.height; row++)
            for (int64_t i = 0; i < from.width * from.depth; i++) {
                const float value = 255 * gra__row_f32(&from, plane, row)[i];
                gra__row_u8(&to, plane, row)[i] = (uint8_t)rintf(fminf(255, fmaxf(0, value)));
            }
    return y;
}

/* The pixels of an image as files have them: bytes, channels-last. */
static bool prepare(gra_tensor *image, gra__pixels *p)
{
    if (!gra__pixels_of(OP, image, p))
        return false;
    if (p->channels > 4) {
        gra_fail(OP ": the image has %lld channels; 1 to 4 can be written", (long long)p->channels);
        return false;
    }
    gra_tensor *x = to_bytes(image);
    if (x && p->channels > 1)
        x = gra_permute(gra_contiguous(gra_permute(x, GRA_DIMS(1, 2, 0))), GRA_DIMS(2, 0, 1));
    return gra__pixels_of(OP, x, p);
}

static bool write_image(const gra_write_image_options *o)
{
    const bool png = ends_with(o->path, ".png");
    const bool jpeg = ends_with(o->path, ".jpg") || ends_with(o->path, ".jpeg");
    gra__pixels pixels;
    encoding e = {.options = o, .pixels = &pixels};
    gra__new_file file;
    if (!png && !jpeg)
        return failed(&e, "the path says no format; it must end with .png, .jpg or .jpeg");
    if (o->quality < 1 || o->quality > 100)
        return gra_fail(OP ": %s: quality %d is out of range; 1 to 100 are possible", o->path,
                        o->quality);
    bool fine = prepare(o->image, &pixels) && (png ? encode_png(&e) : encode_jpeg(&e));
    if (fine) {
        fine =
            gra__new_file_open(&file, OP, o->path) && gra__new_file_write(&file, e.bytes, e.size);
        fine = gra__new_file_close(&file, fine);
    }
    free(e.bytes);
    return fine;
}

int gra_write_image_with(gra_write_image_options o)
{
    if (gra_error() || !o.image)
        return -1;
    if (!o.path) {
        gra_fail(OP ": the path is NULL");
        return -1;
    }
    const int mark = gra_mark();
    const bool fine = write_image(&o);
    gra_release(mark);
    return fine ? 0 : -1;
}
