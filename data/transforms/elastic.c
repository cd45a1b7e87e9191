/* elastic.c - gra_transforms_elastic. */
#include <math.h>

#include "core/alloc_cache.h"
#include "core/error.h"
#include "core/random.h"
#include "data/transforms.h"
#include "data/transforms/options.h"
#include "data/transforms/warp.h"

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
    if (!gra__is_at_least_0(ELASTIC, "alpha", o.alpha))
        return NULL;
    if (!(o.sigma > 0 && o.sigma <= 1000))
        return gra_fail("%s: sigma %g is out of range; a number above 0, at most 1000 is needed",
                        ELASTIC, o.sigma);
    return gra__transform_of(&elastic_class, &o, sizeof o);
}
