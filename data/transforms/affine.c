/* affine.c - gra_transforms_random_affine. */
#include <math.h>

#include "core/error.h"
#include "core/random.h"
#include "data/transforms.h"
#include "data/transforms/options.h"
#include "data/transforms/warp.h"

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
