/* flip.c - gra_transforms_random_horizontal_flip. */
#include <string.h>

#include "core/error.h"
#include "core/random.h"
#include "data/transforms.h"
#include "data/transforms/pixels.h"

#define HORIZONTAL "gra_transforms_random_horizontal_flip"

static gra_tensor *mirror(gra_tensor *x)
{
    gra__pixels from, to;
    gra_tensor *const y = gra__pixels_of(HORIZONTAL, x, &from)
                              ? gra__pixels_new(HORIZONTAL, &from, from.height, from.width, &to)
                              : NULL;
    if (!y)
        return NULL;
    const size_t element = gra_dtype_size(from.dtype), pixel = (size_t)from.depth * element;
    const int64_t last = from.width - 1;
    for (int64_t plane = 0; plane < from.planes; plane++)
        for (int64_t row = 0; row < from.height; row++) {
            const char *const a =
                (const char *)from.data +
                (plane * from.plane_step + row * from.row_step) * (int64_t)element;
            char *const b =
                (char *)to.data + (plane * to.plane_step + row * to.row_step) * (int64_t)element;
            for (int64_t i = 0; i <= last; i++)
                memcpy(b + i * (int64_t)pixel, a + (last - i) * (int64_t)pixel, pixel);
        }
    return y;
}

static gra_tensor *flip_apply(const gra_transform *t, gra_tensor *x)
{
    const double *const p = gra_transform_data(t);
    return gra_draw_uniform(0, 1) < *p ? mirror(x) : x;
}

static const gra_transform_class flip_class = {.name = "random_horizontal_flip",
                                               .apply = flip_apply};

gra_transform *gra_transforms_random_horizontal_flip_with(gra_transforms_flip_options o)
{
    if (!(o.p >= 0 && o.p <= 1))
        return gra_fail(HORIZONTAL ": p = %g is no probability; 0 to 1 is needed", o.p);
    gra_transform *const t = gra_transform_new(&flip_class, sizeof o.p);
    if (t)
        *(double *)gra_transform_data(t) = o.p;
    return t;
}
