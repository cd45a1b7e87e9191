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
    bool many_scans; /* a grey one in 127 scans: each coefficient alone, its last bit later */
    int orientation; /* an EXIF block that says so; 0: none */
    int quality;     /* 0: 95 */
} jpeg_options;

static inline void ask_for_many_scans(struct jpeg_compress_struct *info)
{
    static jpeg_scan_info scans[127] = {{.comps_in_scan = 1}};
    for (int k = 1; k < 64; k++) {
        scans[k] = (jpeg_scan_info){.comps_in_scan = 1, .Ss = k, .Se = k, .Al = 1};
        scans[63 + k] = (jpeg_scan_info){.comps_in_scan = 1, .Ss = k, .Se = k, .Ah = 1};
    }
    info->scan_info = scans;
    info->num_scans = 127;
}

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
    if (o.many_scans)
        ask_for_many_scans(&info);
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

/* What a PNG is made with. Palette entry n is n, 255 - n, 7; with trns, entry 0 has the alpha 100. */
typedef struct png_options {
    int type, bits; /* PNG_COLOR_TYPE_RGB ..., 4, 8 or 16 */
    bool interlaced, trns;
} png_options;

static void put_png_bytes(png_structp writer, png_bytep bytes, size_t count)
{
    file_bytes *const f = png_get_io_ptr(writer);
    ck_assert_uint_le(f->size + count, sizeof f->bytes);
    memcpy(f->bytes + f->size, bytes, count);
    f->size += count;
}

static void flush_png(png_structp writer)
{
    (void)writer;
}

/* A row of the picture: of 16 bits with 0x55 in the lower ones, of 4 the upper ones, two to a byte. */
static inline void fill_png_row(uint8_t *row, int y, int width, png_options o, int channels)
{
    const int colours = channels > 2 ? 3 : 1;
    for (int x = 0; x < width; x++)
        for (int c = 0; c < channels; c++) {
            const uint8_t value = c < colours ? picture_at(c, y, x) : (uint8_t)(x + y);
            const int at = x * channels + c;
            if (o.bits == 16) {
                row[2 * at] = value;
                row[2 * at + 1] = 0x55;
            } else if (o.bits == 8) {
                row[at] = value;
            } else {
                row[at / 2] = (uint8_t)(at % 2 ? row[at / 2] | value >> 4 : value & 0xf0);
            }
        }
}

static inline void put_palette(png_structp writer, png_infop info, bool trns)
{
    png_color colours[256];
    png_byte alpha[1] = {100};
    for (int n = 0; n < 256; n++)
        colours[n] = (png_color){(png_byte)n, (png_byte)(255 - n), 7};
    png_set_PLTE(writer, info, colours, 256);
    if (trns)
        png_set_tRNS(writer, info, alpha, 1, NULL);
}

/* A PNG of the picture. */
static inline void make_png(file_bytes *f, int height, int width, png_options o)
{
    static uint8_t rows[64][8 * 64];
    png_bytep pointers[64];
    png_structp writer = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(writer);
    f->size = 0;
    png_set_write_fn(writer, f, put_png_bytes, flush_png);
    png_set_IHDR(writer, info, (png_uint_32)width, (png_uint_32)height, o.bits, o.type,
                 o.interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    if (o.type == PNG_COLOR_TYPE_PALETTE)
        put_palette(writer, info, o.trns);
    png_write_info(writer, info);
    for (int y = 0; y < height; y++) {
        fill_png_row(rows[y], y, width, o, png_get_channels(writer, info));
        pointers[y] = rows[y];
    }
    png_write_image(writer, pointers);
    png_write_end(writer, info);
    png_destroy_write_struct(&writer, &info);
}

#endif
