/* flip.c - gra_transforms_random_horizontal_flip and random_vertical_flip. */
#include "data/transforms/flip.h"

#include "core/random.h"
#include "data/transforms.h"
#include "data/transforms/options.h"

static void reverse_u8(const uint8_t *x, int64_t width, int64_t depth, uint8_t *y)
{
    if (depth == 3) { /* of its own, so that the compiler knows how long a pixel is */
        for (int64_t i = 0; i < width; i++)
            for (int c = 0; c < 3; c++)
                y[3 * i + c] = x[3 * (width - 1 - i) + c];
        return;
    }
    for (int64_t i = 0; i < width; i++)
        for (int64_t c = 0; c < depth; c++)
            y[i * depth + c] = x[(width - 1 - i) * depth + c];
}

static void reverse_f32(const float *x, int64_t width, int64_t depth, float *y)
{
    for (int64_t i = 0; i < width; i++)
        for (int64_t c = 0; c < depth; c++)
            y[i * depth + c] = x[(width - 1 - i) * depth + c];
}

static void flip_row(const gra__pixels *x, int64_t plane, int64_t row, const gra__pixels *y,
                     bool upside_down)
{
    if (upside_down)
        gra__copy_pixels(x, plane, row, 0, x->width, y, x->height - 1 - row, 0);
    else if (x->dtype == GRA_UINT8)
        reverse_u8(gra__row_u8(x, plane, row), x->width, x->depth, gra__row_u8(y, plane, row));
    else
        reverse_f32(gra__row_f32(x, plane, row), x->width, x->depth, gra__row_f32(y, plane, row));
}

gra_tensor *gra__flip(const char *op, gra_tensor *x, bool upside_down)
{
    gra__pixels from, to;
    gra_tensor *const y = gra__pixels_of(op, x, &from)
                              ? gra__pixels_new(op, &from, from.height, from.width, &to)
                              : NULL;
    for (int64_t plane = 0; y && plane < from.planes; plane++)
        for (int64_t row = 0; row < from.height; row++)
            flip_row(&from, plane, row, &to, upside_down);
    return y;
}

/* ---- by chance ---- */

#define HORIZONTAL "gra_transforms_random_horizontal_flip"
#define VERTICAL "gra_transforms_random_vertical_flip"

/* An image that stays as it is must be one, too. */
static gra_tensor *flip_by_chance(const char *op, const gra_transform *t, gra_tensor *x,
                                  bool upside_down)
{
    const double *const p = gra_transform_data(t);
    gra__pixels image;
    if (!gra__pixels_of(op, x, &image))
        return NULL;
    return gra_draw_uniform(0, 1) < *p ? gra__flip(op, x, upside_down) : x;
}

static gra_tensor *horizontal_apply(const gra_transform *t, gra_tensor *x)
{
    return flip_by_chance(HORIZONTAL, t, x, false);
}

static gra_tensor *vertical_apply(const gra_transform *t, gra_tensor *x)
{
    return flip_by_chance(VERTICAL, t, x, true);
}

static const gra_transform_class horizontal_class = {.name = "random_horizontal_flip",
                                                     .apply = horizontal_apply};
static const gra_transform_class vertical_class = {.name = "random_vertical_flip",
                                                   .apply = vertical_apply};

gra_transform *gra_transforms_random_horizontal_flip_with(gra_transforms_flip_options o)
{
    return gra__is_probability(HORIZONTAL, o.p)
               ? gra__transform_of(&horizontal_class, &o.p, sizeof o.p)
               : NULL;
}

gra_transform *gra_transforms_random_vertical_flip_with(gra_transforms_flip_options o)
{
    return gra__is_probability(VERTICAL, o.p) ? gra__transform_of(&vertical_class, &o.p, sizeof o.p)
                                              : NULL;
}
