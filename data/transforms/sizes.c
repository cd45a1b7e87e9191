/* sizes.c - gra_transforms_resize and gra_transforms_center_crop. */
#include "data/transforms/sizes.h"

#include <math.h>

#include "core/error.h"
#include "data/transform_class.h"
#include "data/transforms.h"
#include "data/transforms/resample.h"

/* What an option says: both sides, or one for the shorter. */
typedef struct sides {
    int64_t size, height, width;
} sides;

/* A transform whose data are the sides; an error where they make no size. */
static gra_transform *sides_new(const char *op, const gra_transform_class *class_, sides s)
{
    const bool one = s.size > 0 && s.height == 0 && s.width == 0;
    const bool two = s.size == 0 && s.height > 0 && s.width > 0;
    if (!one && !two)
        return gra_fail("%s: size %lld, height %lld and width %lld are no size; either .size or "
                        ".height and .width are needed, at least 1",
                        op, (long long)s.size, (long long)s.height, (long long)s.width);
    gra_transform *const t = gra_transform_new(class_, sizeof s);
    if (t)
        *(sides *)gra_transform_data(t) = s;
    return t;
}

/* ---- resize ---- */

#define RESIZE "gra_transforms_resize"

/* The size that an image of height x width gets. */
static void resized(const sides *s, int64_t height, int64_t width, int64_t *new_height,
                    int64_t *new_width)
{
    *new_height = s->height;
    *new_width = s->width;
    if (!s->size)
        return;
    const int64_t shorter = height < width ? height : width, longer = height + width - shorter;
    const int64_t other = (int64_t)((double)s->size * (double)longer / (double)shorter);
    *new_height = height <= width ? s->size : other;
    *new_width = height <= width ? other : s->size;
}

static gra_tensor *resize_apply(const gra_transform *t, gra_tensor *x)
{
    gra__pixels p;
    int64_t height, width;
    if (!gra__pixels_of(RESIZE, x, &p))
        return NULL;
    resized(gra_transform_data(t), p.height, p.width, &height, &width);
    return gra__resample(RESIZE, x, (gra__box){0, 0, (double)p.width, (double)p.height}, height,
                         width, (gra__rect){0, 0, width, height});
}

static const gra_transform_class resize_class = {.name = "resize", .apply = resize_apply};

gra_transform *gra_transforms_resize_with(gra_transforms_resize_options o)
{
    return sides_new(RESIZE, &resize_class, (sides){o.size, o.height, o.width});
}

bool gra__is_resize(const gra_transform *t)
{
    return gra__transform_class(t) == &resize_class;
}

/* ---- center_crop ---- */

#define CENTER_CROP "gra_transforms_center_crop"

static gra_tensor *center_crop_apply(const gra_transform *t, gra_tensor *x)
{
    const sides *const s = gra_transform_data(t);
    const int64_t height = s->size ? s->size : s->height, width = s->size ? s->size : s->width;
    gra__pixels p;
    if (!gra__pixels_of(CENTER_CROP, x, &p))
        return NULL;
    if (p.height < height || p.width < width)
        return gra_fail(CENTER_CROP ": the image is %lld x %lld, smaller than the crop of %lld x "
                                    "%lld; gra_transforms_resize makes it larger",
                        (long long)p.height, (long long)p.width, (long long)height,
                        (long long)width);
    const double top = rint((double)(p.height - height) / 2); /* half to even, as Python rounds */
    const double left = rint((double)(p.width - width) / 2);
    return gra__crop(x, (gra__rect){(int64_t)left, (int64_t)top, width, height});
}

static const gra_transform_class center_crop_class = {.name = "center_crop",
                                                      .apply = center_crop_apply};

gra_transform *gra_transforms_center_crop_with(gra_transforms_center_crop_options o)
{
    return sides_new(CENTER_CROP, &center_crop_class, (sides){o.size, o.height, o.width});
}

bool gra__is_center_crop(const gra_transform *t)
{
    return gra__transform_class(t) == &center_crop_class;
}
