/* decoder.h - an image file that is being decoded: first its size, then as much of it as is needed.
 *
 *     gra__decoder d;
 *     gra_tensor *x = NULL;
 *     if (gra__decoder_open(&d, "gra_read_image", &image))        the header: d.height, d.width, ...
 *         x = gra__decoder_read(&d, box, 2, &box);                 a part of it, at half its size
 *     gra__decoder_close(&d);
 */
#ifndef GRA_DATA_IMAGES_DECODER_H
#define GRA_DATA_IMAGES_DECODER_H

#include "data/image.h"
#include "data/transforms/resample.h"

typedef struct gra__decoder gra__decoder;

/* A file format. */
typedef struct gra__codec {
    size_t state_size; /* bytes of its own, zeroed */

    /* Reads the header: stored size and orientation of d. False with an error. */
    bool (*open)(gra__decoder *d);

    /* At least the pixels of `part` of the stored image, at 1 / reduction of its size, as uint8; `part`
     * becomes what there is, in pixels of the result. */
    gra_tensor *(*read)(gra__decoder *d, int reduction, gra__rect *part);
    void (*close)(gra__decoder *d);
} gra__codec;

struct gra__decoder {
    const char *op; /* for messages */
    gra_encoded_image image;
    const gra__codec *codec;
    void *state;           /* owned: the codec's */
    int64_t height, width; /* as shown */
    int64_t stored_height, stored_width;
    int orientation;     /* EXIF's: 1 to 8 */
    bool may_be_reduced; /* whether read takes a reduction of 2, 4 and 8 */
};

/* False with an error for a mode that there is not, or less than no pixels. */
bool gra__image_options_are_fine(const char *op, gra_image_mode mode, int64_t max_pixels);

/* False with an error; after that, close must still be called. */
bool gra__decoder_open(gra__decoder *d, const char *op, const gra_encoded_image *image);

/* At least what `box` of the image as shown covers and a margin of 2 pixels, at 1 / reduction of its
 * size, 1 where that cannot be had; in the mode that was asked for. `place` becomes the box in pixels
 * of the result. At most one call. */
gra_tensor *gra__decoder_read(gra__decoder *d, gra__box box, int reduction, gra__box *place);
void gra__decoder_close(gra__decoder *d);

/* Reports what is wrong with the file. */
void gra__decoder_failed(const gra__decoder *d, const char *what);

/* EXIF's orientation in a block of its fields, which begins with II or MM; 1 where there is none. */
int gra__exif_orientation(const uint8_t *bytes, size_t size);

extern const gra__codec gra__jpeg, gra__png;

#endif
