/* crops.c - gra_transforms_center_crop, five_crop and ten_crop: parts of an image, as views. */
#include <math.h>

#include "core/error.h"
#include "data/transform_class.h"
#include "data/transforms.h"
#include "data/transforms/flip.h"
#include "data/transforms/options.h"
#include "data/transforms/sizes.h"
#include "ops/ops.h"

typedef struct crops {
    gra__sides sides;
    const char *op;
    bool vertical; /* of ten_crop: the second five upside down */
} crops;

static bool is_large_enough(const crops *c, int64_t height, int64_t width)
{
    const int64_t h = gra__height_of(&c->sides), w = gra__width_of(&c->sides);
    if (height >= h && width >= w)
        return true;
    gra_fail("%s: the image is %lld x %lld, smaller than the crop of %lld x %lld; "
             "gra_transforms_resize makes it larger",
             c->op, (long long)height, (long long)width, (long long)h, (long long)w);
    return false;
}

static gra__rect middle(const crops *c, int64_t height, int64_t width)
{
    const int64_t h = gra__height_of(&c->sides), w = gra__width_of(&c->sides);
    const double top = rint((double)(height - h) / 2); /* half to even, as Python rounds */
    const double left = rint((double)(width - w) / 2);
    return (gra__rect){(int64_t)left, (int64_t)top, w, h};
}

bool gra__center_of(const gra_transform *crop, int64_t height, int64_t width, gra__rect *part)
{
    const crops *const c = gra_transform_data(crop);
    if (!is_large_enough(c, height, width))
        return false;
    *part = middle(c, height, width);
    return true;
}

static gra_tensor *center_crop_apply(const gra_transform *t, gra_tensor *x)
{
    const crops *const c = gra_transform_data(t);
    gra__pixels p;
    gra__rect part;
    if (!gra__pixels_of(c->op, x, &p) || !gra__center_of(t, p.height, p.width, &part))
        return NULL;
    return gra__crop(x, part);
}

/* Top left, top right, bottom left, bottom right, middle. */
static bool five_of(const crops *c, gra_tensor *x, gra_tensor *part[5])
{
    const int64_t height = x->shape.size[1], width = x->shape.size[2];
    if (!is_large_enough(c, height, width))
        return false;
    const gra__rect m = middle(c, height, width);
    const int64_t right = width - m.width, bottom = height - m.height;
    const gra__rect rects[5] = {{0, 0, m.width, m.height},
                                {right, 0, m.width, m.height},
                                {0, bottom, m.width, m.height},
                                {right, bottom, m.width, m.height},
                                m};
    bool fine = true;
    for (int i = 0; i < 5; i++)
        fine &= (part[i] = gra__crop(x, rects[i])) != NULL;
    return fine;
}

static gra_tensor *five_crop_apply(const gra_transform *t, gra_tensor *x)
{
    const crops *const c = gra_transform_data(t);
    gra__pixels p;
    gra_tensor *parts[5];
    return gra__pixels_of(c->op, x, &p) && five_of(c, x, parts) ? gra_stack(parts, 5, 0) : NULL;
}

static gra_tensor *ten_crop_apply(const gra_transform *t, gra_tensor *x)
{
    const crops *const c = gra_transform_data(t);
    gra__pixels p;
    gra_tensor *parts[10];
    if (!gra__pixels_of(c->op, x, &p) || !five_of(c, x, parts))
        return NULL;
    gra_tensor *const other = gra__flip(c->op, x, c->vertical);
    return other && five_of(c, other, parts + 5) ? gra_stack(parts, 10, 0) : NULL;
}

static const gra_transform_class center_crop_class = {.name = "center_crop",
                                                      .apply = center_crop_apply};
static const gra_transform_class five_crop_class = {.name = "five_crop", .apply = five_crop_apply};
static const gra_transform_class ten_crop_class = {.name = "ten_crop", .apply = ten_crop_apply};

static gra_transform *crops_new(const char *op, const gra_transform_class *class_,
                                const gra_transforms_crop_options *o)
{
    const crops c = {{o->size, o->height, o->width}, op, o->vertical_flip};
    return gra__sides_are_fine(op, c.sides) ? gra__transform_of(class_, &c, sizeof c) : NULL;
}

gra_transform *gra_transforms_center_crop_with(gra_transforms_crop_options o)
{
    return crops_new("gra_transforms_center_crop", &center_crop_class, &o);
}

gra_transform *gra_transforms_five_crop_with(gra_transforms_crop_options o)
{
    return crops_new("gra_transforms_five_crop", &five_crop_class, &o);
}

gra_transform *gra_transforms_ten_crop_with(gra_transforms_crop_options o)
{
    return crops_new("gra_transforms_ten_crop", &ten_crop_class, &o);
}

bool gra__is_center_crop(const gra_transform *t)
{
    return gra__transform_class(t) == &center_crop_class;
}
