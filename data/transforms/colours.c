/* colours.c - gra_transforms_grayscale and pca_lighting. */
#include <math.h>
#include <string.h>

#include "core/error.h"
#include "core/random.h"
#include "data/transforms/colours.h"
#include "data/transforms/options.h"

bool gra__rgb_of(const char *op, gra_tensor *x, gra__rgb *rgb)
{
    gra__pixels p;
    if (!gra__pixels_of(op, x, &p))
        return false;
    if (p.channels != 3) {
        gra_fail("%s: x has %lld channels; 3 are needed: red, green and blue", op,
                 (long long)p.channels);
        return false;
    }
    *rgb = (gra__rgb){p.dtype, p.data,    p.height, p.width, p.depth == 3 ? 1 : p.plane_step,
                      p.depth, p.row_step};
    return true;
}

gra_tensor *gra__rgb_like(const char *op, gra_tensor *x, gra__rgb *rgb)
{
    gra__pixels from, to;
    gra_tensor *const y = gra__pixels_of(op, x, &from)
                              ? gra__pixels_new(op, &from, from.height, from.width, &to)
                              : NULL;
    return y && gra__rgb_of(op, y, rgb) ? y : NULL;
}

void gra__map_bytes(const gra__rgb *x, int channel, const uint8_t table[256], const gra__rgb *y)
{
    for (int64_t row = 0; row < x->height; row++) {
        const uint8_t *const a = (const uint8_t *)x->data + channel * x->channel + row * x->row;
        uint8_t *const b = (uint8_t *)y->data + channel * y->channel + row * y->row;
        for (int64_t i = 0; i < x->width; i++)
            b[i * y->pixel] = table[a[i * x->pixel]];
    }
}

/* ---- grayscale ---- */

#define GRAYSCALE "gra_transforms_grayscale"

/* The first channel of a row of y, and the others like it. */
static void grey_u8(const gra__rgb *x, int64_t row, const gra__pixels *y)
{
    const uint8_t *const a = (const uint8_t *)x->data + row * x->row;
    const int64_t step = y->depth > 1 ? 1 : y->plane_step; /* to the next channel */
    uint8_t *const b = gra__row_u8(y, 0, row);
    for (int64_t i = 0; i < x->width; i++) {
        const uint8_t *const p = a + i * x->pixel;
        b[i * y->depth] = gra__grey(p[0], p[x->channel], p[2 * x->channel]);
    }
    for (int64_t c = 1; c < y->channels; c++)
        for (int64_t i = 0; i < x->width; i++)
            b[i * y->depth + c * step] = b[i * y->depth];
}

static void grey_f32(const gra__rgb *x, int64_t row, const gra__pixels *y)
{
    const float *const a = (const float *)x->data + row * x->row;
    const int64_t step = y->depth > 1 ? 1 : y->plane_step;
    float *const b = gra__row_f32(y, 0, row);
    for (int64_t i = 0; i < x->width; i++) {
        const float *const p = a + i * x->pixel;
        b[i * y->depth] = gra__grey_f32(p[0], p[x->channel], p[2 * x->channel]);
    }
    for (int64_t c = 1; c < y->channels; c++)
        for (int64_t i = 0; i < x->width; i++)
            b[i * y->depth + c * step] = b[i * y->depth];
}

static gra_tensor *grayscale_apply(const gra_transform *t, gra_tensor *x)
{
    const int64_t channels = *(const int64_t *)gra_transform_data(t);
    gra__pixels from, to;
    gra__rgb rgb;
    if (!gra__pixels_of(GRAYSCALE, x, &from))
        return NULL;
    if (from.channels == 1 && channels == 1)
        return x;
    if (!gra__rgb_of(GRAYSCALE, x, &rgb))
        return NULL;
    from.channels = channels;
    from.depth = from.depth > 1 ? channels : 1;
    from.planes = channels / from.depth;
    gra_tensor *const y = gra__pixels_new(GRAYSCALE, &from, from.height, from.width, &to);
    for (int64_t row = 0; y && row < rgb.height; row++)
        (rgb.dtype == GRA_UINT8 ? grey_u8 : grey_f32)(&rgb, row, &to);
    return y;
}

static const gra_transform_class grayscale_class = {.name = "grayscale", .apply = grayscale_apply};

gra_transform *gra_transforms_grayscale_with(gra_transforms_grayscale_options o)
{
    if (o.channels != 1 && o.channels != 3)
        return gra_fail(GRAYSCALE ": %lld channels cannot be made; 1 or 3 can",
                        (long long)o.channels);
    return gra__transform_of(&grayscale_class, &o.channels, sizeof o.channels);
}

/* ---- pca_lighting ---- */

#define LIGHTING "gra_transforms_pca_lighting"

/* The covariance of ImageNet's colours in 0 .. 1: eigenvalues, and eigenvectors as columns. */
static const double eigenvalue[3] = {0.2175, 0.0188, 0.0045};
static const double eigenvector[3][3] = {
    {-0.5675, 0.7192, 0.4009}, {-0.5808, -0.0045, -0.8140}, {-0.5836, -0.6948, 0.4203}};

static void add_u8(const gra__rgb *x, int c, float shift, const gra__rgb *y)
{
    uint8_t table[256];
    for (int i = 0; i < 256; i++)
        table[i] = (uint8_t)fminf(255, fmaxf(0, rintf((float)i + 255 * shift)));
    gra__map_bytes(x, c, table, y);
}

static void add_f32(const gra__rgb *x, int c, float shift, const gra__rgb *y)
{
    for (int64_t row = 0; row < x->height; row++) {
        const float *const a = (const float *)x->data + c * x->channel + row * x->row;
        float *const b = (float *)y->data + c * y->channel + row * y->row;
        for (int64_t i = 0; i < x->width; i++)
            b[i * y->pixel] = a[i * x->pixel] + shift;
    }
}

static gra_tensor *lighting_apply(const gra_transform *t, gra_tensor *x)
{
    const double *const std = gra_transform_data(t);
    gra__rgb from, to;
    gra_tensor *const y = gra__rgb_of(LIGHTING, x, &from) ? gra__rgb_like(LIGHTING, x, &to) : NULL;
    if (!y)
        return NULL;
    double alpha[3];
    for (int j = 0; j < 3; j++)
        alpha[j] = gra_draw_normal(0, *std);
    for (int c = 0; c < 3; c++) {
        double shift = 0;
        for (int j = 0; j < 3; j++)
            shift += eigenvector[c][j] * alpha[j] * eigenvalue[j];
        (from.dtype == GRA_UINT8 ? add_u8 : add_f32)(&from, c, (float)shift, &to);
    }
    return y;
}

static const gra_transform_class lighting_class = {.name = "pca_lighting", .apply = lighting_apply};

gra_transform *gra_transforms_pca_lighting_with(gra_transforms_pca_lighting_options o)
{
    return gra__is_at_least_0(LIGHTING, "std", o.std)
               ? gra__transform_of(&lighting_class, &o.std, sizeof o.std)
               : NULL;
}
