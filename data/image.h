/* image.h - photographs and drawings: JPEG and PNG files as tensors, and back.
 *
 *     gra_tensor *cat = gra_read_image("cat.jpg");                           uint8 [3, H, W]
 *     gra_tensor *digit = gra_read_image("digit.png", .mode = GRA_IMAGE_GREY);   uint8 [1, H, W]
 *     gra_write_image(cat, "cat.png");
 *
 * An image is a tensor [C, H, W] of uint8, 0 to 255, or of float32, 0 to 1. What is read here is uint8
 * and lies channels-last in memory, as the files have it: its strides are 1, W * C and C. It comes out
 * as people see it: turned as its EXIF orientation says; palettes and CMYK as colours; 16 bits as 8
 * (the upper ones). Alpha is dropped, unless the mode is GRA_IMAGE_UNCHANGED.
 *
 * Errors name the file: what is no JPEG or PNG, is damaged or cut short, has no pixels, or more than
 * max_pixels, which its header tells before any memory is asked for.
 */
#ifndef GRA_DATA_IMAGE_H
#define GRA_DATA_IMAGE_H

#include "../core/tensor.h"

GRA_BEGIN_DECLS

typedef enum gra_image_mode {
    GRA_IMAGE_RGB,       /* 3 channels, whatever the file has */
    GRA_IMAGE_GREY,      /* 1: 0.299 R + 0.587 G + 0.114 B */
    GRA_IMAGE_UNCHANGED, /* as in the file: 1 grey, 2 with alpha, 3 RGB (CMYK too), 4 with alpha */
} gra_image_mode;

/* A file's bytes, wherever they came from; borrowed. */
typedef struct gra_encoded_image {
    const void *bytes;
    size_t size;
    const char *name;    /* for messages: its path */
    gra_image_mode mode; /* GRA_IMAGE_RGB */
    int64_t max_pixels;  /* 0: 100 million */
} gra_encoded_image;

typedef struct gra_read_image_options {
    int begin_;
    const char *path;
    gra_image_mode mode; /* GRA_IMAGE_RGB */
    int64_t max_pixels;  /* 100 million; more is an error */
} gra_read_image_options;

typedef struct gra_decode_image_options {
    int begin_;
    const void *bytes; /* a whole file */
    size_t size;
    const char *name;    /* for messages; "(bytes)" */
    gra_image_mode mode; /* GRA_IMAGE_RGB */
    int64_t max_pixels;  /* 100 million */
} gra_decode_image_options;

gra_read_image_options gra_read_image_defaults(void);
gra_decode_image_options gra_decode_image_defaults(void);

gra_tensor *gra_read_image_with(gra_read_image_options options);
gra_tensor *gra_decode_image_with(gra_decode_image_options options);

typedef struct gra_write_image_options {
    int begin_;
    gra_tensor *image; /* [C, H, W] of uint8, or of float32 in 0 .. 1, which is rounded to 255ths */
    const char *path;  /* ends with .png, .jpg or .jpeg */
    int quality;       /* of a JPEG: 1 to 100; 95 */
} gra_write_image_options;

gra_write_image_options gra_write_image_defaults(void);

/* Writes a PNG (1 to 4 channels: grey, with alpha, RGB, with alpha) or a JPEG (1 or 3), by the path's
 * ending: a new file beside the old one, which it then replaces. Returns 0, or -1 with an error and
 * nothing changed. */
int gra_write_image_with(gra_write_image_options options);

#ifndef __cplusplus
#define gra_write_image(...)                                                                       \
    gra_write_image_with(                                                                          \
        GRA_KEYWORDS(gra_write_image_options, .quality = 95, .begin_ = 0, __VA_ARGS__))
#define gra_read_image(...)                                                                        \
    gra_read_image_with(                                                                           \
        GRA_KEYWORDS(gra_read_image_options, .max_pixels = 100000000, .begin_ = 0, __VA_ARGS__))
#define gra_decode_image(...)                                                                      \
    gra_decode_image_with(GRA_KEYWORDS(gra_decode_image_options, .name = "(bytes)",                \
                                       .max_pixels = 100000000, .begin_ = 0, __VA_ARGS__))
#endif

GRA_END_DECLS

#endif
