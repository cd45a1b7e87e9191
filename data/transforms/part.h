/* part.h - a part of an encoded image at another size: decodes no more of the file than that takes. */
#ifndef GRA_DATA_TRANSFORMS_PART_H
#define GRA_DATA_TRANSFORMS_PART_H

#include "data/images/decoder.h"

/* As gra__resample of the whole decoded image. Where the box shrinks by more than twice a power of two,
 * the decoder shrinks by that power first, which averages pixels in squares. */
gra_tensor *gra__resample_file(gra__decoder *d, gra__box box, int64_t height, int64_t width,
                               gra__rect part);

#endif
