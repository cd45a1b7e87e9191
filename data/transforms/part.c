/* part.c - decoding what a resampled part needs. */
#include "data/transforms/part.h"

#include <math.h>

/* Output pixels that are averages of decoded ones, as before, hide the squares that the decoder
 * averages: at least so many decoded pixels become one. */
#define GAP 2

static int reduction(gra__box box, int64_t height, int64_t width)
{
    const double scale = fmin(box.height / (double)height, box.width / (double)width);
    int n = 1;
    while (n < 8 && scale >= 2 * n * GAP)
        n *= 2;
    return n;
}

/* The stretch of the input that the outputs from `from` on take. */
static void needed(double *start, double *length, int64_t total, int64_t from, int64_t count)
{
    const double scale = *length / (double)total, reach = scale > 1 ? scale : 1;
    const double end = *start + *length;
    const double first = *start + ((double)from + 0.5) * scale - reach - 1;
    const double last = *start + ((double)(from + count) - 0.5) * scale + reach + 1;
    *start = fmax(*start, first);
    *length = fmin(end, last) - *start;
}

gra_tensor *gra__resample_file(gra__decoder *d, gra__box box, int64_t height, int64_t width,
                               gra__rect part)
{
    gra__box source = box, place;
    needed(&source.left, &source.width, width, part.left, part.width);
    needed(&source.top, &source.height, height, part.top, part.height);
    gra_tensor *const x = gra__decoder_read(d, source, reduction(box, height, width), &place);
    const double scale = place.width / source.width; /* of what was decoded */
    const gra__box decoded = {place.left + (box.left - source.left) * scale,
                              place.top + (box.top - source.top) * scale, box.width * scale,
                              box.height * scale};
    return x ? gra__resample(d->op, x, decoded, height, width, part) : NULL;
}
