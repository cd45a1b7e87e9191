/* warp.c - gra_transforms_random_affine and elastic, and the loop that they share. */
#include "data/transforms/warp.h"

#include <math.h>

#include "core/alloc_cache.h"
#include "core/error.h"
#include "core/random.h"
#include "data/transforms.h"
#include "data/transforms/options.h"
#include "data/transforms/pad.h"

/* ---- looking up ---- */

typedef struct lookup {
    gra__pixels x;
    double fill;
    bool bilinear;
} lookup;

static float value_at(const lookup *l, int64_t plane, int64_t y, int64_t x, int64_t c)
{
    if (x < 0 || y < 0 || x >= l->x.width || y >= l->x.height)
        return (float)l->fill;
    const int64_t at = x * l->x.depth + c;
    return l->x.dtype == GRA_UINT8 ? (float)gra__row_u8(&l->x, plane, y)[at]
                                   : gra__row_f32(&l->x, plane, y)[at];
}

static float blended(const lookup *l, int64_t plane, float y, float x, int64_t c)
{
    const float left = floorf(x - 0.5f), top = floorf(y - 0.5f);
    const float u = x - 0.5f - left, v = y - 0.5f - top;
    const int64_t i = (int64_t)left, j = (int64_t)top;
    const float above = (1 - u) * value_at(l, plane, j, i, c) + u * value_at(l, plane, j, i + 1, c);
    const float below =
        (1 - u) * value_at(l, plane, j + 1, i, c) + u * value_at(l, plane, j + 1, i + 1, c);
    return (1 - v) * above + v * below;
}

/* Places far outside are all alike, and fit into a whole number. */
static float near_the_image(float place, int64_t size)
{
    return fminf((float)size + 8, fmaxf(-8, place));
}

static void warp_row(const lookup *l, int64_t plane, const float *from_x, const float *from_y,
                     const gra__pixels *y, int64_t row)
{
    for (int64_t i = 0; i < y->width; i++) {
        const float px = near_the_image(from_x[i], l->x.width);
        const float py = near_the_image(from_y[i], l->x.height);
        for (int64_t c = 0; c < y->depth; c++) {
            const float value =
                l->bilinear ? blended(l, plane, py, px, c)
                            : value_at(l, plane, (int64_t)floorf(py), (int64_t)floorf(px), c);
            if (y->dtype == GRA_UINT8)
                gra__row_u8(y, plane, row)[i * y->depth + c] = gra__fill_u8(value);
            else
                gra__row_f32(y, plane, row)[i * y->depth + c] = value;
        }
    }
}

gra_tensor *gra__warp(const char *op, gra_tensor *x, gra__warp_row places, const void *context,
                      bool bilinear, double fill)
{
    lookup l = {.fill = fill, .bilinear = bilinear};
    gra__pixels to;
    if (!gra__pixels_of(op, x, &l.x))
        return NULL;
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

/* ---- affine ---- */

#define AFFINE "gra_transforms_random_affine"

/* The place that (x, y) comes from is (m[0] x + m[1] y + m[2], m[3] x + m[4] y + m[5]). */
static void affine_row(const void *context, int64_t row, int64_t width, float *from_x,
                       float *from_y)
{
    const double *const m = context, y = (double)row + 0.5;
    for (int64_t i = 0; i < width; i++) {
        const double x = (double)i + 0.5;
        from_x[i] = (float)(m[0] * x + m[1] * y + m[2]);
        from_y[i] = (float)(m[3] * x + m[4] * y + m[5]);
    }
}

/* The inverse of T(shift) T(middle) R(angle) Shear(slant along x) scale T(-middle). */
static void inverse(double m[6], double angle, double slant, double scale, const double shift[2],
                    const double middle[2])
{
    const double a = cos(angle), b = -cos(angle) * tan(slant) - sin(angle);
    const double c = sin(angle), d = -sin(angle) * tan(slant) + cos(angle);
    m[0] = d / scale, m[1] = -b / scale;
    m[3] = -c / scale, m[4] = a / scale;
    const double x = -middle[0] - shift[0], y = -middle[1] - shift[1];
    m[2] = m[0] * x + m[1] * y + middle[0];
    m[5] = m[3] * x + m[4] * y + middle[1];
}

static gra_tensor *affine_apply(const gra_transform *t, gra_tensor *x)
{
    const gra_transforms_random_affine_options *const o = gra_transform_data(t);
    const double radians = M_PI / 180;
    gra__pixels p;
    if (!gra__pixels_of(AFFINE, x, &p))
        return NULL;
    const double angle = gra_draw_uniform(-o->degrees, o->degrees) * radians;
    const double across = o->translate[0] * (double)p.width;
    const double down = o->translate[1] * (double)p.height;
    const double shift[2] = {rint(gra_draw_uniform(-across, across)),
                             rint(gra_draw_uniform(-down, down))};
    const double scale = gra_draw_uniform(o->scale[0], o->scale[1]);
    const double slant = gra_draw_uniform(-o->shear, o->shear) * radians;
    const double middle[2] = {(double)p.width / 2, (double)p.height / 2};
    double m[6];
    inverse(m, angle, slant, scale, shift, middle);
    return gra__warp(AFFINE, x, affine_row, m, o->bilinear, o->fill);
}

static const gra_transform_class affine_class = {.name = "random_affine", .apply = affine_apply};

gra_transform *gra_transforms_random_affine_with(gra_transforms_random_affine_options o)
{
    for (int i = 0; i < 2; i++)
        if (!(o.translate[i] >= 0 && o.translate[i] <= 1))
            return gra_fail(AFFINE ": translate {%g, %g} is out of range; 0 to 1 is needed for "
                                   "both",
                            o.translate[0], o.translate[1]);
    if (o.shear >= 90)
        return gra_fail(AFFINE ": shear %g is out of range; less than 90 degrees are possible",
                        o.shear);
    return gra__is_at_least_0(AFFINE, "degrees", o.degrees) &&
                   gra__is_at_least_0(AFFINE, "shear", o.shear) &&
                   gra__is_range(AFFINE, "scale", o.scale, 0, INFINITY)
               ? gra__transform_of(&affine_class, &o, sizeof o)
               : NULL;
}

/* ---- elastic ---- */

#define ELASTIC "gra_transforms_elastic"

/* How far each pixel is displaced. */
typedef struct field {
    int64_t width;
    const float *dx, *dy;
} field;

static void elastic_row(const void *context, int64_t row, int64_t width, float *from_x,
                        float *from_y)
{
    const field *const f = context;
    for (int64_t i = 0; i < width; i++) {
        from_x[i] = (float)i + 0.5f + f->dx[row * f->width + i];
        from_y[i] = (float)row + 0.5f + f->dy[row * f->width + i];
    }
}

/* Blurs `count` numbers that lie `step` apart; what would lie outside is 0. */
static void blur_line(const float *x, int64_t count, int64_t step, const float *weight,
                      int64_t reach, float *y)
{
    for (int64_t i = 0; i < count; i++) {
        float sum = 0;
        const int64_t first = i < reach ? -i : -reach;
        const int64_t last = count - 1 - i < reach ? count - 1 - i : reach;
        for (int64_t k = first; k <= last; k++)
            sum += weight[k + reach] * x[(i + k) * step];
        y[i * step] = sum;
    }
}

static void blur(float *x, float *other, int64_t height, int64_t width, const float *weight,
                 int64_t reach)
{
    for (int64_t row = 0; row < height; row++)
        blur_line(x + row * width, width, 1, weight, reach, other + row * width);
    for (int64_t column = 0; column < width; column++)
        blur_line(other + column, height, width, weight, reach, x + column);
}

/* A Gaussian of 2 * reach + 1 weights that sum to alpha. */
static void gaussian(float *weight, int64_t reach, double sigma, double alpha)
{
    double sum = 0;
    for (int64_t k = -reach; k <= reach; k++)
        sum += exp(-(double)(k * k) / (2 * sigma * sigma));
    for (int64_t k = -reach; k <= reach; k++)
        weight[k + reach] = (float)(alpha * exp(-(double)(k * k) / (2 * sigma * sigma)) / sum);
}

static gra_tensor *elastic_apply(const gra_transform *t, gra_tensor *x)
{
    const gra_transforms_elastic_options *const o = gra_transform_data(t);
    gra__pixels p;
    if (!gra__pixels_of(ELASTIC, x, &p))
        return NULL;
    const int64_t area = p.height * p.width, reach = (int64_t)ceil(4 * o->sigma);
    const size_t bytes = (size_t)(3 * area + 2 * reach + 1) * sizeof(float);
    float *const fields = gra__alloc(bytes);
    if (!fields)
        return NULL;
    float *const weight = fields + 3 * area;
    /* Both passes of a blur multiply: each by the root of alpha. */
    gaussian(weight, reach, o->sigma, sqrt(o->alpha));
    for (int64_t i = 0; i < 2 * area; i++)
        fields[i] = (float)gra_draw_uniform(-1, 1);
    blur(fields, fields + 2 * area, p.height, p.width, weight, reach);
    blur(fields + area, fields + 2 * area, p.height, p.width, weight, reach);
    const field f = {p.width, fields, fields + area};
    gra_tensor *const y = gra__warp(ELASTIC, x, elastic_row, &f, true, o->fill);
    gra__dealloc(fields, bytes);
    return y;
}

static const gra_transform_class elastic_class = {.name = "elastic", .apply = elastic_apply};

gra_transform *gra_transforms_elastic_with(gra_transforms_elastic_options o)
{
    const double sigma[2] = {o.sigma, o.sigma}; /* a range of one number */
    return gra__is_at_least_0(ELASTIC, "alpha", o.alpha) &&
                   gra__is_range(ELASTIC, "sigma", sigma, 0, 1000)
               ? gra__transform_of(&elastic_class, &o, sizeof o)
               : NULL;
}
