/* random_crops.c - gra_transforms_random_crop and random_resized_crop. */
#include <math.h>

#include "core/error.h"
#include "core/random.h"
#include "data/transforms.h"
#include "data/transforms/options.h"
#include "data/transforms/pad.h"
#include "data/transforms/part.h"

/* ---- random_crop ---- */

#define RANDOM_CROP "gra_transforms_random_crop"

typedef struct random_crop {
    gra__sides sides;
    gra__margins margins;
    bool pad_if_needed;
} random_crop;

/* First what is asked for, then what is missing, on both sides. */
static gra_tensor *with_margins(const random_crop *c, gra_tensor *x)
{
    gra_tensor *const y = gra__pad(RANDOM_CROP, x, &c->margins);
    if (!y || !c->pad_if_needed)
        return y;
    const int64_t down = gra__height_of(&c->sides) - y->shape.size[1];
    const int64_t across = gra__width_of(&c->sides) - y->shape.size[2];
    gra__margins m = c->margins;
    m.top = m.bottom = down > 0 ? down : 0;
    m.left = m.right = across > 0 ? across : 0;
    return gra__pad(RANDOM_CROP, y, &m);
}

static gra_tensor *random_crop_apply(const gra_transform *t, gra_tensor *x)
{
    const random_crop *const c = gra_transform_data(t);
    const int64_t h = gra__height_of(&c->sides), w = gra__width_of(&c->sides);
    gra_tensor *const y = with_margins(c, x);
    if (!y)
        return NULL;
    const int64_t height = y->shape.size[1], width = y->shape.size[2];
    if (height < h || width < w)
        return gra_fail(RANDOM_CROP ": the image is %lld x %lld with its padding, smaller than the "
                                    "crop of %lld x %lld; .pad_if_needed = true makes it larger",
                        (long long)height, (long long)width, (long long)h, (long long)w);
    const int64_t top = gra_draw_int(0, height - h + 1);
    const int64_t left = gra_draw_int(0, width - w + 1);
    return gra__crop(y, (gra__rect){left, top, w, h});
}

static const gra_transform_class random_crop_class = {.name = "random_crop",
                                                      .apply = random_crop_apply};

gra_transform *gra_transforms_random_crop_with(gra_transforms_random_crop_options o)
{
    const random_crop c = {{o.size, o.height, o.width},
                           {o.padding, o.padding, o.padding, o.padding, o.fill, o.mode},
                           o.pad_if_needed};
    return gra__sides_are_fine(RANDOM_CROP, c.sides) &&
                   gra__margins_are_fine(RANDOM_CROP, &c.margins)
               ? gra__transform_of(&random_crop_class, &c, sizeof c)
               : NULL;
}

/* ---- random_resized_crop ---- */

#define RESIZED_CROP "gra_transforms_random_resized_crop"

typedef struct resized_crop {
    gra__sides sides;
    double scale[2], ratio[2];
} resized_crop;

/* The largest part in the middle whose ratio of width to height is allowed. */
static gra__rect fallback(const double ratio[2], int64_t height, int64_t width)
{
    const double own = (double)width / (double)height;
    int64_t w = width, h = height;
    if (own < ratio[0])
        h = (int64_t)rint((double)width / ratio[0]);
    else if (own > ratio[1])
        w = (int64_t)rint((double)height * ratio[1]);
    h = h < 1 ? 1 : h;
    w = w < 1 ? 1 : w;
    return (gra__rect){(width - w) / 2, (height - h) / 2, w, h};
}

static gra__rect draw_part(const resized_crop *c, int64_t height, int64_t width)
{
    for (int draw = 0; draw < 10; draw++) {
        double w, h;
        gra__draw_area(height, width, c->scale, c->ratio, &w, &h);
        if (w < 1 || h < 1 || w > (double)width || h > (double)height)
            continue;
        const int64_t top = gra_draw_int(0, height - (int64_t)h + 1);
        const int64_t left = gra_draw_int(0, width - (int64_t)w + 1);
        return (gra__rect){left, top, (int64_t)w, (int64_t)h};
    }
    return fallback(c->ratio, height, width);
}

static gra_tensor *resized_crop_apply(const gra_transform *t, gra_tensor *x)
{
    const resized_crop *const c = gra_transform_data(t);
    const int64_t h = gra__height_of(&c->sides), w = gra__width_of(&c->sides);
    gra__pixels p;
    if (!gra__pixels_of(RESIZED_CROP, x, &p))
        return NULL;
    const gra__rect part = draw_part(c, p.height, p.width);
    gra_tensor *const y = gra__crop(x, part);
    return gra__resample(RESIZED_CROP, y, (gra__box){0, 0, (double)part.width, (double)part.height},
                         h, w, (gra__rect){0, 0, w, h});
}

static gra_tensor *resized_crop_decode(const gra_transform *t, const gra_encoded_image *image)
{
    const resized_crop *const c = gra_transform_data(t);
    const int64_t h = gra__height_of(&c->sides), w = gra__width_of(&c->sides);
    gra__decoder d;
    gra_tensor *x = NULL;
    if (gra__decoder_open(&d, "gra_transform_image", image)) {
        const gra__rect part = draw_part(c, d.height, d.width);
        const gra__box box = {(double)part.left, (double)part.top, (double)part.width,
                              (double)part.height};
        x = gra__resample_file(&d, box, h, w, (gra__rect){0, 0, w, h});
    }
    gra__decoder_close(&d);
    return x;
}

static const gra_transform_class resized_crop_class = {
    .name = "random_resized_crop", .apply = resized_crop_apply, .decode = resized_crop_decode};

gra_transform *gra_transforms_random_resized_crop_with(gra_transforms_random_resized_crop_options o)
{
    const resized_crop c = {
        {o.size, o.height, o.width}, {o.scale[0], o.scale[1]}, {o.ratio[0], o.ratio[1]}};
    return gra__sides_are_fine(RESIZED_CROP, c.sides) &&
                   gra__is_range(RESIZED_CROP, "scale", c.scale, 0, 1) &&
                   gra__is_range(RESIZED_CROP, "ratio", c.ratio, 0, INFINITY)
               ? gra__transform_of(&resized_crop_class, &c, sizeof c)
               : NULL;
}
