/* jpeg.c - JPEG by libjpeg-turbo.
 *
 * libjpeg reports an error by a call that must not return. It jumps to the frame of `guarded`, beneath
 * which nothing owns anything: all memory is libjpeg's, the decoder's, or the scope's.
 */
#include "data/images/decoder.h"

#ifdef GRA_HAVE_JPEG

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>

#include <jerror.h>

enum {
    MAX_SCANS = 100, /* a small file may ask for very many passes over a large image */
    EXIF = JPEG_APP0 + 1,
};

typedef struct jpeg {
    struct jpeg_decompress_struct info; /* the first member, as libjpeg hands this on */
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    jmp_buf escape;
    gra__decoder *decoder;
    bool created;
} jpeg;

/* ---- errors ---- */

static void give_up(j_common_ptr info, const char *what)
{
    jpeg *const j = (jpeg *)(void *)info;
    gra__decoder_failed(j->decoder, what);
    longjmp(j->escape, 1);
}

static void on_error(j_common_ptr info)
{
    char reason[JMSG_LENGTH_MAX], what[JMSG_LENGTH_MAX + 64];
    info->err->format_message(info, reason);
    snprintf(what, sizeof what, "the JPEG is damaged or cut short: %s", reason);
    give_up(info, what);
}

/* libjpeg warns, and makes up what it lacks, where data end early or make no sense. Warnings that leave
 * the pixels as they were meant are no errors. */
static void on_message(j_common_ptr info, int level)
{
    static const int harmless[] = {JWRN_ADOBE_XFORM, JWRN_EXTRANEOUS_DATA, JWRN_JFIF_MAJOR,
                                   JWRN_TOO_MUCH_DATA, JWRN_BOGUS_PROGRESSION};
    bool fatal = level < 0;
    for (size_t i = 0; i < sizeof harmless / sizeof harmless[0]; i++)
        fatal &= info->err->msg_code != harmless[i];
    if (fatal)
        on_error(info);
}

static void on_progress(j_common_ptr info)
{
    const jpeg *const j = (const jpeg *)(void *)info;
    if (j->info.input_scan_number > MAX_SCANS)
        give_up(info, "the JPEG has more than 100 scans, which no camera makes");
}

/* What a call is to do and what came of it. */
typedef struct job {
    int reduction;
    gra__rect *part;
    gra_tensor *result;
} job;

/* Whether work came to its end. */
static bool guarded(jpeg *j, void (*work)(jpeg *j, job *job), job *job)
{
    if (setjmp(j->escape))
        return false;
    work(j, job);
    return true;
}

/* ---- the header ---- */

/* The fields begin behind "Exif", 0 and 0. */
static int orientation_of(const jpeg *j)
{
    for (jpeg_saved_marker_ptr m = j->info.marker_list; m; m = m->next)
        if (m->marker == EXIF && m->data_length > 6 && memcmp(m->data, "Exif\0", 6) == 0)
            return gra__exif_orientation(m->data + 6, m->data_length - 6);
    return 1;
}

/* The colours that libjpeg is to give; of inks it makes no others. */
static void choose_colours(struct jpeg_decompress_struct *info, gra_image_mode mode)
{
    const bool keep_grey = mode == GRA_IMAGE_UNCHANGED && info->num_components == 1;
    if (info->num_components == 4)
        info->out_color_space = JCS_CMYK;
    else if (mode == GRA_IMAGE_GREY || keep_grey)
        info->out_color_space = JCS_GRAYSCALE;
    else
        info->out_color_space = JCS_RGB;
}

static void read_header(jpeg *j, job *job)
{
    (void)job;
    const gra_encoded_image *const image = &j->decoder->image;
    jpeg_create_decompress(&j->info);
    j->created = true;
    j->info.progress = &j->progress;
    j->progress.progress_monitor = on_progress;
    jpeg_save_markers(&j->info, EXIF, 0xffff);
    jpeg_mem_src(&j->info, image->bytes, image->size);
    jpeg_read_header(&j->info, TRUE);
    choose_colours(&j->info, image->mode);
}

/* Whether the marker of the end is there. Where only the top of an image is decoded, this is what tells
 * that the file was cut short. */
static bool has_end(const gra_encoded_image *image)
{
    const uint8_t *const bytes = image->bytes;
    for (size_t i = image->size; i >= 4; i--)
        if (bytes[i - 2] == 0xff && bytes[i - 1] == JPEG_EOI)
            return true;
    return false;
}

static bool jpeg_open(gra__decoder *d)
{
    jpeg *const j = d->state;
    j->decoder = d;
    j->info.err = jpeg_std_error(&j->errors);
    j->errors.error_exit = on_error;
    j->errors.emit_message = on_message;
    if (!has_end(&d->image)) {
        gra__decoder_failed(d, "the JPEG is cut short: it has no end marker");
        return false;
    }
    if (!guarded(j, read_header, NULL))
        return false;
    d->stored_height = j->info.image_height;
    d->stored_width = j->info.image_width;
    d->orientation = orientation_of(j);
    d->may_be_reduced = true;
    return true;
}

/* ---- the pixels ---- */

/* As Adobe's programs write inks, and everyone after them: 255 is none. */
static void rgb_of_cmyk(const uint8_t *x, int64_t count, uint8_t *y)
{
    for (int64_t i = 0; i < count; i++, x += 4, y += 3)
        for (int c = 0; c < 3; c++) {
            const unsigned product = (255u - x[c]) * x[3] + 128; /* / 255, rounded */
            const int ink = (int)((product + (product >> 8)) >> 8);
            y[c] = (uint8_t)(x[3] > ink ? x[3] - ink : 0);
        }
}

static gra_tensor *new_image(const jpeg *j, int64_t channels, int64_t height)
{
    const int64_t width = j->info.output_width;
    return gra__empty_strided(j->decoder->op, GRA_SHAPE(channels, height, width),
                              (const int64_t[]){1, width * channels, channels}, GRA_UINT8);
}

/* The next rows. */
static gra_tensor *read_rows(jpeg *j, int64_t height)
{
    enum { AT_ONCE = 8 };
    gra_tensor *const x = new_image(j, j->info.output_components, height);
    for (int64_t y = 0; x && y < height;) {
        JSAMPROW rows[AT_ONCE];
        const int64_t count = height - y < AT_ONCE ? height - y : AT_ONCE;
        for (int64_t i = 0; i < count; i++)
            rows[i] = (uint8_t *)gra__ptr(x) + (y + i) * x->stride[1];
        y += jpeg_read_scanlines(&j->info, rows, (JDIMENSION)count);
    }
    return x;
}

static gra_tensor *to_rgb(const jpeg *j, const gra_tensor *inks)
{
    gra_tensor *const x = inks ? new_image(j, 3, inks->shape.size[1]) : NULL;
    if (x)
        rgb_of_cmyk(gra__ptr(inks), inks->numel / 4, gra__ptr(x));
    return x;
}

static void read_pixels(jpeg *j, job *job)
{
    struct jpeg_decompress_struct *const info = &j->info;
    gra__rect *const part = job->part;
    info->scale_num = (unsigned)(8 / job->reduction);
    info->scale_denom = 8;
    jpeg_start_decompress(info);
    JDIMENSION left = (JDIMENSION)part->left, width = (JDIMENSION)part->width;
    if (width < info->output_width)
        jpeg_crop_scanline(info, &left, &width);
    part->left = left;
    part->width = width;
    if (part->top)
        jpeg_skip_scanlines(info, (JDIMENSION)part->top);
    gra_tensor *const x = read_rows(j, part->height);
    if (x && info->output_scanline == info->output_height)
        jpeg_finish_decompress(info);
    job->result = info->out_color_space == JCS_CMYK ? to_rgb(j, x) : x;
}

static gra_tensor *jpeg_read(gra__decoder *d, int reduction, gra__rect *part)
{
    job job = {reduction, part, NULL};
    return guarded(d->state, read_pixels, &job) ? job.result : NULL;
}

static void jpeg_close(gra__decoder *d)
{
    jpeg *const j = d->state;
    if (j->created)
        jpeg_destroy_decompress(&j->info);
}

const gra__codec gra__jpeg = {
    .state_size = sizeof(jpeg), .open = jpeg_open, .read = jpeg_read, .close = jpeg_close};

#else

static bool jpeg_open(gra__decoder *d)
{
    gra__decoder_failed(d, "this build reads no JPEG; install libjpeg-turbo and build again");
    return false;
}

static void jpeg_close(gra__decoder *d)
{
    (void)d;
}

const gra__codec gra__jpeg = {.state_size = 1, .open = jpeg_open, .close = jpeg_close};

#endif
