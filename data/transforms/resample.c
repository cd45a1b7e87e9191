/* resample.c - separable resampling: each output row is first blended from input rows, over just the
 * columns that are needed, and then each of its pixels from the pixels of that. */
#include "data/transforms/resample.h"

#include <math.h>
#include <string.h>

#include "core/alloc_cache.h"

/* The taps of the outputs along one dim: output i is the sum over k < taps[i] of
 * weight[i * most + k] * input[first[i] + k]. */
typedef struct axis {
    int64_t count, most; /* outputs; and the most taps of one */
    int64_t *first, *taps;
    float *weight;
    int64_t low, high; /* all inputs that are used: low <= i < high */
} axis;

static int64_t clip(double value, int64_t low, int64_t high)
{
    return value < (double)low ? low : value > (double)high ? high : (int64_t)value;
}

/* The weights of an output whose middle is m; they sum to 1. */
static void fill_weights(axis *a, int64_t i, double m, double reach)
{
    float *const weight = a->weight + i * a->most;
    double sum = 0;
    for (int64_t k = 0; k < a->taps[i]; k++)
        sum += fmax(0, 1 - fabs((double)(a->first[i] + k) + 0.5 - m) / reach);
    for (int64_t k = 0; k < a->taps[i]; k++)
        weight[k] = (float)(fmax(0, 1 - fabs((double)(a->first[i] + k) + 0.5 - m) / reach) / sum);
}

/* `length` inputs from `start` on become `total` outputs, of which `count` from `from` on are wanted; of
 * the inputs 0 .. limit - 1 are there. */
static void fill_axis(axis *a, double start, double length, int64_t total, int64_t from,
                      int64_t limit)
{
    const double scale = length / (double)total, reach = scale > 1 ? scale : 1;
    const int64_t low = clip(floor(start), 0, limit - 1);
    const int64_t high = clip(ceil(start + length), low + 1, limit);
    a->low = limit, a->high = 0;
    for (int64_t i = 0; i < a->count; i++) {
        const double m = start + ((double)(from + i) + 0.5) * scale;
        a->first[i] = clip(floor(m - reach + 0.5), low, high - 1);
        a->taps[i] = clip(floor(m + reach + 0.5), a->first[i] + 1, high) - a->first[i];
        fill_weights(a, i, m, reach);
        a->low = a->first[i] < a->low ? a->first[i] : a->low;
        a->high = a->first[i] + a->taps[i] > a->high ? a->first[i] + a->taps[i] : a->high;
    }
}

static size_t axis_bytes(const axis *a)
{
    return (size_t)a->count * (2 * sizeof(int64_t) + (size_t)a->most * sizeof(float));
}

/* Room for `count` outputs of inputs that are `scale` times closer. */
static bool make_axis(axis *a, int64_t count, double scale)
{
    a->count = count;
    a->most = 2 * (int64_t)ceil(scale > 1 ? scale : 1) + 2;
    a->first = gra__alloc(axis_bytes(a));
    if (!a->first)
        return false;
    a->taps = a->first + count;
    a->weight = (float *)(a->taps + count);
    return true;
}

static void free_axis(axis *a)
{
    gra__dealloc(a->first, axis_bytes(a));
}

/* ---- loops ---- */

static void blend_u8(const gra__pixels *x, int64_t plane, const axis *v, int64_t i, int64_t from,
                     int64_t count, float *y)
{
    const float *const weight = v->weight + i * v->most;
    for (int64_t k = 0; k < v->taps[i]; k++) {
        const uint8_t *const row = gra__row_u8(x, plane, v->first[i] + k) + from;
        const float w = weight[k];
        if (k == 0)
            for (int64_t p = 0; p < count; p++)
                y[p] = w * (float)row[p];
        else
            for (int64_t p = 0; p < count; p++)
                y[p] += w * (float)row[p];
    }
}

static void blend_f32(const gra__pixels *x, int64_t plane, const axis *v, int64_t i, int64_t from,
                      int64_t count, float *y)
{
    const float *const weight = v->weight + i * v->most;
    for (int64_t k = 0; k < v->taps[i]; k++) {
        const float *const row = gra__row_f32(x, plane, v->first[i] + k) + from;
        const float w = weight[k];
        if (k == 0)
            for (int64_t p = 0; p < count; p++)
                y[p] = w * row[p];
        else
            for (int64_t p = 0; p < count; p++)
                y[p] += w * row[p];
    }
}

/* A vector of four floats at any address. */
typedef float four __attribute__((vector_size(16), aligned(4), may_alias));

/* Three colours at a time, with whatever follows them: what is written behind a pixel is overwritten by
 * the next, and both rows are one float longer. */
static void pick_colours(const axis *h, const float *x, float *y)
{
    for (int64_t i = 0; i < h->count; i++) {
        const float *const from = x + (h->first[i] - h->low) * 3;
        const float *const weight = h->weight + i * h->most;
        four sum = {0};
        for (int64_t k = 0; k < h->taps[i]; k++)
            sum += weight[k] * *(const four *)(from + 3 * k);
        *(four *)(y + 3 * i) = sum;
    }
}

/* The pixels of one row, of `depth` numbers each, from a row that begins with input h->low. */
static void pick(const axis *h, int64_t depth, const float *x, float *y)
{
    for (int64_t i = 0; i < h->count; i++)
        for (int64_t c = 0; c < depth; c++) {
            const float *const from = x + (h->first[i] - h->low) * depth + c;
            const float *const weight = h->weight + i * h->most;
            float sum = 0;
            for (int64_t k = 0; k < h->taps[i]; k++)
                sum += weight[k] * from[k * depth];
            y[i * depth + c] = sum;
        }
}

static void round_to_u8(const float *x, int64_t count, uint8_t *y)
{
    for (int64_t i = 0; i < count; i++)
        y[i] = (uint8_t)(x[i] + 0.5f);
}

/* `row` and `picked` have room for a row of the input and of the output, and one float more. */
static void resample(const gra__pixels *x, const axis *v, const axis *h, const gra__pixels *y,
                     float *row, float *picked)
{
    const int64_t depth = x->depth, from = h->low * depth, count = (h->high - h->low) * depth;
    for (int64_t plane = 0; plane < x->planes; plane++)
        for (int64_t i = 0; i < v->count; i++) {
            (x->dtype == GRA_FLOAT32 ? blend_f32 : blend_u8)(x, plane, v, i, from, count, row);
            if (depth == 3)
                pick_colours(h, row, picked);
            else
                pick(h, depth, row, picked);
            if (x->dtype == GRA_FLOAT32)
                memcpy(gra__row_f32(y, plane, i), picked,
                       (size_t)(h->count * depth) * sizeof *picked);
            else
                round_to_u8(picked, h->count * depth, gra__row_u8(y, plane, i));
        }
}

/* ---- functions ---- */

static bool is_whole(const gra__pixels *x, gra__box box, int64_t height, int64_t width,
                     gra__rect part)
{
    return box.left == 0 && box.top == 0 && box.width == (double)x->width &&
           box.height == (double)x->height && height == x->height && width == x->width &&
           part.width == width && part.height == height;
}

gra_tensor *gra__resample(const char *op, gra_tensor *x, gra__box box, int64_t height,
                          int64_t width, gra__rect part)
{
    gra__pixels from, to;
    axis v = {0}, h = {0};
    if (!gra__pixels_of(op, x, &from))
        return NULL;
    if (is_whole(&from, box, height, width, part))
        return x;
    gra_tensor *const y = gra__pixels_new(op, &from, part.height, part.width, &to);
    const size_t bytes = (size_t)((from.width + part.width) * from.depth + 2) * sizeof(float);
    float *const rows = y ? gra__alloc(bytes) : NULL;
    const bool fine = rows && make_axis(&v, part.height, box.height / (double)height) &&
                      make_axis(&h, part.width, box.width / (double)width);
    if (fine) {
        fill_axis(&v, box.top, box.height, height, part.top, from.height);
        fill_axis(&h, box.left, box.width, width, part.left, from.width);
        resample(&from, &v, &h, &to, rows, rows + from.width * from.depth + 1);
    }
    free_axis(&v);
    free_axis(&h);
    gra__dealloc(rows, bytes);
    return fine ? y : NULL;
}

gra_tensor *gra__crop(gra_tensor *x, gra__rect part)
{
    const int64_t offset = x->offset + part.top * x->stride[1] + part.left * x->stride[2];
    return gra__view(x, GRA_SHAPE(x->shape.size[0], part.height, part.width), x->stride, offset);
}
