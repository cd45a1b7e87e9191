/* options.c - what transforms are told. */
#include "data/transforms/options.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/error.h"
#include "core/random.h"

bool gra__sides_are_fine(const char *op, gra__sides s)
{
    const bool one = s.size > 0 && s.height == 0 && s.width == 0;
    const bool two = s.size == 0 && s.height > 0 && s.width > 0;
    const int64_t most = INT32_MAX; /* as no file has more */
    if ((one || two) && s.size <= most && s.height <= most && s.width <= most)
        return true;
    gra_fail("%s: size %lld, height %lld and width %lld are no size; either .size or .height and "
             ".width are needed, at least 1",
             op, (long long)s.size, (long long)s.height, (long long)s.width);
    return false;
}

bool gra__is_probability(const char *op, double p)
{
    if (p >= 0 && p <= 1)
        return true;
    gra_fail("%s: p = %g is no probability; 0 to 1 is needed", op, p);
    return false;
}

bool gra__is_at_least_0(const char *op, const char *name, double value)
{
    if (value >= 0 && isfinite(value))
        return true;
    gra_fail("%s: %s %g is out of range; a number of at least 0 is needed", op, name, value);
    return false;
}

bool gra__is_range(const char *op, const char *name, const double range[2], double least,
                   double most)
{
    if (range[0] > least && range[0] <= range[1] && range[1] <= most && isfinite(range[1]))
        return true;
    char limit[64] = "";
    if (isfinite(most))
        snprintf(limit, sizeof limit, ", at most %g", most);
    gra_fail("%s: %s {%g, %g} is no range; two numbers above %g%s are needed, the lower one first",
             op, name, range[0], range[1], least, limit);
    return false;
}

gra_transform *gra__transform_of(const gra_transform_class *class_, const void *data, size_t size)
{
    gra_transform *const t = gra_transform_new(class_, size);
    if (t)
        memcpy(gra_transform_data(t), data, size);
    return t;
}

void gra__draw_area(int64_t height, int64_t width, const double scale[2], const double ratio[2],
                    double *along, double *across)
{
    const double area = (double)height * (double)width * gra_draw_uniform(scale[0], scale[1]);
    const double aspect = exp(gra_draw_uniform(log(ratio[0]), log(ratio[1])));
    *along = rint(sqrt(area * aspect));
    *across = rint(sqrt(area / aspect));
}
