/* warp.c - pixels from other places. */
#include "data/transforms/warp.h"

#include "core/alloc_cache.h"
#include "data/transforms/pad.h"

typedef struct lookup {
    gra__pixels x;
    float fill; /* within 0 .. 255 for bytes */
    bool bilinear;
} lookup;

/* The whole number below, without a call; of numbers that fit. */
static inline int64_t whole(float value)
{
    const int64_t i = (int64_t)value;
    return i - (value < (float)i);
}

/* Places far outside, and those that are no number, are all alike, and fit into a whole number. */
static inline float near_the_image(float place, int64_t size)
{
    return !(place > -8) ? -8 : place > (float)size + 8 ? (float)size + 8 : place;
}

/* The pixel (x, y) of a plane, or NULL outside. */
static inline const void *pixel_at(const lookup *l, int64_t plane, int64_t y, int64_t x)
{
    if (x < 0 || y < 0 || x >= l->x.width || y >= l->x.height)
        return NULL;
    return l->x.dtype == GRA_UINT8 ? (const void *)(gra__row_u8(&l->x, plane, y) + x * l->x.depth)
                                   : (const void *)(gra__row_f32(&l->x, plane, y) + x * l->x.depth);
}

/* The four pixels that a place is blended from, and by how much of the right and the lower ones. */
typedef struct corners {
    const void *at[4]; /* top left, top right, bottom left, bottom right; NULL outside */
    float right, below;
} corners;

static corners corners_of(const lookup *l, int64_t plane, float y, float x)
{
    const int64_t i = whole(x - 0.5f), j = whole(y - 0.5f);
    return (corners){{pixel_at(l, plane, j, i), pixel_at(l, plane, j, i + 1),
                      pixel_at(l, plane, j + 1, i), pixel_at(l, plane, j + 1, i + 1)},
                     x - 0.5f - (float)i,
                     y - 0.5f - (float)j};
}

static inline float blend(const corners *p, const float v[4])
{
    const float above = (1 - p->right) * v[0] + p->right * v[1];
    const float below = (1 - p->right) * v[2] + p->right * v[3];
    return (1 - p->below) * above + p->below * below;
}

static void blend_bytes(const lookup *l, const corners *p, uint8_t *y)
{
    for (int64_t c = 0; c < l->x.depth; c++) {
        float v[4];
        for (int k = 0; k < 4; k++)
            v[k] = p->at[k] ? (float)((const uint8_t *)p->at[k])[c] : l->fill;
        y[c] = (uint8_t)(blend(p, v) + 0.5f);
    }
}

static void blend_floats(const lookup *l, const corners *p, float *y)
{
    for (int64_t c = 0; c < l->x.depth; c++) {
        float v[4];
        for (int k = 0; k < 4; k++)
            v[k] = p->at[k] ? ((const float *)p->at[k])[c] : l->fill;
        y[c] = blend(p, v);
    }
}

static void nearest_bytes(const lookup *l, const uint8_t *x, uint8_t *y)
{
    for (int64_t c = 0; c < l->x.depth; c++)
        y[c] = x ? x[c] : (uint8_t)l->fill;
}

static void nearest_floats(const lookup *l, const float *x, float *y)
{
    for (int64_t c = 0; c < l->x.depth; c++)
        y[c] = x ? x[c] : l->fill;
}

static void warp_row(const lookup *l, int64_t plane, const float *from_x, const float *from_y,
                     const gra__pixels *y, int64_t row)
{
    const bool bytes = y->dtype == GRA_UINT8;
    uint8_t *const to_bytes = bytes ? gra__row_u8(y, plane, row) : NULL;
    float *const to_floats = bytes ? NULL : gra__row_f32(y, plane, row);
    for (int64_t i = 0; i < y->width; i++) {
        const float px = near_the_image(from_x[i], l->x.width);
        const float py = near_the_image(from_y[i], l->x.height);
        const corners p = l->bilinear ? corners_of(l, plane, py, px) : (corners){{NULL}, 0, 0};
        const void *const nearest = l->bilinear ? NULL : pixel_at(l, plane, whole(py), whole(px));
        if (bytes && l->bilinear)
            blend_bytes(l, &p, to_bytes + i * y->depth);
        else if (bytes)
            nearest_bytes(l, nearest, to_bytes + i * y->depth);
        else if (l->bilinear)
            blend_floats(l, &p, to_floats + i * y->depth);
        else
            nearest_floats(l, nearest, to_floats + i * y->depth);
    }
}

gra_tensor *gra__warp(const char *op, gra_tensor *x, gra__warp_row places, const void *context,
                      bool bilinear, double fill)
{
    lookup l = {.bilinear = bilinear};
    gra__pixels to;
    if (!gra__pixels_of(op, x, &l.x))
        return NULL;
    l.fill = (float)(l.x.dtype == GRA_UINT8 ? gra__fill_u8(fill) : fill);
    gra_tensor *const y = gra__pixels_new(op, &l.x, l.x.height, l.x.width, &to);
    const size_t bytes = 2 * (size_t)l.x.width * sizeof(float);
    float *const from = y ? gra__alloc(bytes) : NULL;
    for (int64_t row = 0; from && row < to.height; row++) {
        places(context, row, to.width, from, from + to.width);
        for (int64_t plane = 0; plane < to.planes; plane++)
            warp_row(&l, plane, from, from + to.width, &to, row);
    }
    gra__dealloc(from, bytes);
    return from ? y : NULL;
}
