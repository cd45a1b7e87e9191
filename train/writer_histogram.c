/* writer_histogram.c - histograms in TensorBoard's default buckets.
 *
 * The ends of the buckets are  ... -1.1e-12  -1e-12  0  1e-12  1.1e-12  1.21e-12 ...  up to 1e20.  A
 * bucket holds the values from its left end to before its right one. Written are the buckets from the
 * one before the first that holds something to the last that does.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/tensor_struct.h"
#include "train/writer_struct.h"

#define LOG_OF_1_1 0.09531017980432493

enum { MOST_ENDS = 2000 }; /* 774 of each sign and 0 are needed */

typedef struct buckets {
    double ends[MOST_ENDS], counts[MOST_ENDS]; /* counts[i]: from ends[i] to ends[i + 1] */
    int count;                                 /* ends */
} buckets;

/* By multiplication, as TensorBoard and PyTorch make them, so that the ends are the same to the bit. */
static void fill_ends(buckets *b)
{
    int positive = 0;
    for (double v = 1e-12; v < 1e20; v *= 1.1)
        positive++;
    b->count = 2 * positive + 1;
    b->ends[positive] = 0;
    double v = 1e-12;
    for (int i = 1; i <= positive; i++, v *= 1.1) {
        b->ends[positive + i] = v;
        b->ends[positive - i] = -v;
    }
}

/* The bucket of a value: the last end that is not above it. -1: none. The last bucket has both its ends.
 * The logarithm tells it up to rounding, the ends themselves decide. */
static int bucket_of(const buckets *b, double value)
{
    const int zero = b->count / 2, last = b->count - 2;
    if (value < b->ends[0] || value > b->ends[b->count - 1])
        return -1;
    const double size = fabs(value);
    const int power = size > 1e-12 ? 1 + (int)(log(size * 1e12) * (1 / LOG_OF_1_1)) : 0;
    int at = value < 0 ? zero - 1 - power : zero + power;
    at = at < 0 ? 0 : at > last ? last : at;
    while (b->ends[at] > value)
        at--;
    while (at < last && b->ends[at + 1] <= value)
        at++;
    return at;
}

static bool count_value(buckets *b, gra__event *e, double value, const char *tag)
{
    static const char op[] = "gra_writer_add_histogram";
    const int at = isfinite(value) ? bucket_of(b, value) : -1;
    if (at < 0) {
        gra_fail("%s: %s holds %g; numbers up to 1e20 are needed", op, tag, value);
        return false;
    }
    b->counts[at]++;
    e->is.histogram.min = fmin(e->is.histogram.min, value);
    e->is.histogram.max = fmax(e->is.histogram.max, value);
    e->is.histogram.sum += value;
    e->is.histogram.sum_squares += value * value;
    return true;
}

/* Visits the elements, whatever the strides are. */
static bool count_all(buckets *b, gra__event *e, const gra_tensor *t, const char *tag)
{
    int64_t index[GRA_MAX_DIMS] = {0}, position = 0;
    for (int64_t i = 0; i < t->numel; i++) {
        if (!count_value(b, e, gra__load(t, position), tag))
            return false;
        for (int dim = t->shape.count - 1; dim >= 0; dim--) {
            position += t->stride[dim];
            if (++index[dim] < t->shape.size[dim])
                break;
            position -= index[dim] * t->stride[dim];
            index[dim] = 0;
        }
    }
    return true;
}

static void cut_to_used(buckets *b, gra__event *e)
{
    int first = 0, last = b->count - 2;
    while (b->counts[first] == 0)
        first++;
    while (b->counts[last] == 0)
        last--;
    first -= first > 0;
    e->is.histogram.counts = &b->counts[first];
    e->is.histogram.limits = &b->ends[first + 1];
    e->is.histogram.buckets = (size_t)(last - first + 1);
}

int gra_writer_add_histogram(gra_writer *w, const char *tag, const gra_tensor *t, int64_t step)
{
    static const char op[] = "gra_writer_add_histogram";
    if (!t || !gra__writer_ready(w, op, tag))
        return -1;
    if (t->numel == 0) {
        gra_fail("%s: %s has no element", op, tag);
        return -1;
    }
    buckets *const b = calloc(1, sizeof *b);
    if (!b) {
        gra_fail("%s: out of memory", op);
        return -1;
    }
    gra__event event = {.kind = GRA__EVENT_HISTOGRAM, .tag = tag, .step = step};
    event.is.histogram.min = INFINITY;
    event.is.histogram.max = -INFINITY;
    event.is.histogram.num = (double)t->numel;
    fill_ends(b);
    int result = -1;
    if (count_all(b, &event, t, tag)) {
        cut_to_used(b, &event);
        result = gra__writer_put(w, op, &event);
    }
    free(b);
    return result;
}
