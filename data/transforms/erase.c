/* erase.c - gra_transforms_random_erasing. */
#include <math.h>

#include "core/error.h"
#include "core/random.h"
#include "data/transforms.h"
#include "data/transforms/options.h"
#include "data/transforms/pad.h"
#include "data/transforms/resample.h"

#define ERASING "gra_transforms_random_erasing"

typedef struct erasing {
    double p, scale[2], ratio[2], value;
    bool noise;
} erasing;

/* Ten draws; false where none of them fits. */
static bool draw_rect(const erasing *e, const gra__pixels *x, gra__rect *rect)
{
    for (int draw = 0; draw < 10; draw++) {
        double h, w;
        gra__draw_area(x->height, x->width, e->scale, e->ratio, &h, &w);
        if (h >= (double)x->height || w >= (double)x->width)
            continue;
        const int64_t top = gra_draw_int(0, x->height - (int64_t)h + 1);
        const int64_t left = gra_draw_int(0, x->width - (int64_t)w + 1);
        *rect = (gra__rect){left, top, (int64_t)w, (int64_t)h};
        return true;
    }
    return false;
}

/* y becomes x without the rectangle. */
static void erase(const erasing *e, const gra__pixels *x, gra__rect r, const gra__pixels *y)
{
    for (int64_t plane = 0; plane < y->planes; plane++)
        for (int64_t row = 0; row < y->height; row++)
            gra__copy_pixels(x, plane, row, 0, x->width, y, row, 0);
    for (int64_t plane = 0; plane < y->planes; plane++)
        for (int64_t row = r.top; row < r.top + r.height; row++)
            for (int64_t i = r.left * y->depth; i < (r.left + r.width) * y->depth; i++)
                if (y->dtype == GRA_UINT8)
                    gra__row_u8(y, plane, row)[i] = gra__fill_u8(e->value);
                else
                    gra__row_f32(y, plane, row)[i] =
                        (float)(e->noise ? gra_draw_normal(0, 1) : e->value);
}

static gra_tensor *erasing_apply(const gra_transform *t, gra_tensor *x)
{
    const erasing *const e = gra_transform_data(t);
    gra__pixels p, to;
    gra__rect rect;
    if (!gra__pixels_of(ERASING, x, &p))
        return NULL;
    if (e->noise && p.dtype == GRA_UINT8)
        return gra_fail(ERASING ": .noise makes normal numbers, which uint8 cannot hold; "
                                "gra_transforms_to_tensor() before it makes float32");
    if (gra_draw_uniform(0, 1) >= e->p || !draw_rect(e, &p, &rect))
        return x;
    gra_tensor *const y = gra__pixels_new(ERASING, &p, p.height, p.width, &to);
    if (y)
        erase(e, &p, rect, &to);
    return y;
}

static const gra_transform_class erasing_class = {.name = "random_erasing", .apply = erasing_apply};

gra_transform *gra_transforms_random_erasing_with(gra_transforms_random_erasing_options o)
{
    const erasing e = {o.p, {o.scale[0], o.scale[1]}, {o.ratio[0], o.ratio[1]}, o.value, o.noise};
    return gra__is_probability(ERASING, o.p) && gra__is_range(ERASING, "scale", e.scale, 0, 1) &&
                   gra__is_range(ERASING, "ratio", e.ratio, 0, INFINITY)
               ? gra__transform_of(&erasing_class, &e, sizeof e)
               : NULL;
}
