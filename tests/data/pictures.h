/* pictures.h - small images for the tests: made of formulas, and as bytes of files. */
#ifndef GRA_TESTS_DATA_PICTURES_H
#define GRA_TESTS_DATA_PICTURES_H

#include <jpeglib.h>
#include <png.h>

#include "files.h"

/* A picture of smooth colours that no two places share: channel c at (y, x). */
static inline uint8_t picture_at(int c, int y, int x)
{
    return (uint8_t)(c == 0 ? 4 * x + y : c == 1 ? 250 - 3 * y - x : 2 * x + 3 * y + 20);
}

/* Row-major uint8 [channels, height, width] of the picture. */
static inline gra_tensor *picture(int channels, int height, int width)
{
    gra_tensor *const x = gra_empty(GRA_SHAPE(channels, height, width), .dtype = GRA_UINT8);
    uint8_t *to = gra_tensor_data(x);
    for (int c = 0; c < channels; c++)
        for (int y = 0; y < height; y++)
            for (int i = 0; i < width; i++)
                *to++ = picture_at(c, y, i);
    return x;
}

static inline uint8_t pixel_of(const gra_tensor *x, int c, int y, int i)
{
    return (uint8_t)gra_tensor_at(x, GRA_SHAPE(c, y, i));
}

/* The same picture channels-last in memory. */
static inline gra_tensor *channels_last_of(gra_tensor *x)
{
    return gra_permute(gra_contiguous(gra_permute(x, GRA_DIMS(1, 2, 0))), GRA_DIMS(2, 0, 1));
}

typedef struct file_bytes {
    uint8_t bytes[1 << 16];
    size_t size;
} file_bytes;

/* What a JPEG is made with; 0 is libjpeg's own choice. */
typedef struct jpeg_options {
    int channels; /* 1, 3 or 4; 4 are inks, as Adobe writes them */
    bool ycck;    /* the inks as YCCK */
    bool full;    /* no subsampling of the colours */
    bool progressive;
    int orientation; /* an EXIF block that says so; 0: none */
    int quality;     /* 0: 95 */
} jpeg_options;

/* A JPEG of the picture. */
static inline void make_jpeg(file_bytes *f, int height, int width, jpeg_options o)
{
    static uint8_t rows[512][4 * 512];
    struct jpeg_compress_struct info;
    struct jpeg_error_mgr errors;
    unsigned char *out = f->bytes;
    unsigned long size = sizeof f->bytes;
    info.err = jpeg_std_error(&errors);
    jpeg_create_compress(&info);
    jpeg_mem_dest(&info, &out, &size);
    info.image_width = (JDIMENSION)width;
    info.image_height = (JDIMENSION)height;
    info.input_components = o.channels;
    info.in_color_space = o.channels == 1 ? JCS_GRAYSCALE : o.channels == 3 ? JCS_RGB : JCS_CMYK;
    jpeg_set_defaults(&info);
    if (o.ycck)
        jpeg_set_colorspace(&info, JCS_YCCK);
    jpeg_set_quality(&info, o.quality ? o.quality : 95, TRUE);
    if (o.full)
        info.comp_info[0].h_samp_factor = info.comp_info[0].v_samp_factor = 1;
    if (o.progressive)
        jpeg_simple_progression(&info);
    jpeg_start_compress(&info, TRUE);
    if (o.orientation) {
        uint8_t exif[] = {
            'E', 'x', 'i', 'f', 0,    0, 'M', 'M', 0, 42, 0, 0, 0,
            8,   0,   1,   1,   0x12, 0, 3,   0,   0, 0,  1, 0, (uint8_t)o.orientation,
            0,   0,   0,   0,   0,    0};
        jpeg_write_marker(&info, JPEG_APP0 + 1, exif, sizeof exif);
    }
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++)
            for (int c = 0; c < o.channels; c++)
                rows[y][x * o.channels + c] = picture_at(c < 3 ? c : 2, y, x);
        JSAMPROW row = rows[y];
        jpeg_write_scanlines(&info, &row, 1);
    }
    jpeg_finish_compress(&info);
    jpeg_destroy_compress(&info);
    ck_assert_ptr_eq(out, f->bytes);
    f->size = size;
}

#endif
