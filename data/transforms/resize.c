/* resize.c - gra_transforms_resize. */
#include "core/error.h"
#include "data/transform_class.h"
#include "data/transforms.h"
#include "data/transforms/options.h"
#include "data/transforms/part.h"
#include "data/transforms/sizes.h"

#define RESIZE "gra_transforms_resize"

/* The size that an image of height x width gets; false with an error where no tensor has it. */
static bool resized(const gra_transform *t, int64_t height, int64_t width, gra__rect *all)
{
    const gra__sides *const s = gra_transform_data(t);
    const int64_t shorter = height < width ? height : width, longer = height + width - shorter;
    const double other = (double)s->size * (double)longer / (double)shorter;
    *all = (gra__rect){.height = s->height, .width = s->width};
    if (!s->size)
        return true;
    if (other > INT32_MAX) {
        gra_fail(RESIZE ": the image is %lld x %lld: with %lld for its shorter side, the longer "
                        "would have %.0f pixels; give .height and .width",
                 (long long)height, (long long)width, (long long)s->size, other);
        return false;
    }
    all->height = height <= width ? s->size : (int64_t)other;
    all->width = height <= width ? (int64_t)other : s->size;
    return true;
}

static gra_tensor *resize_apply(const gra_transform *t, gra_tensor *x)
{
    gra__pixels p;
    gra__rect all;
    if (!gra__pixels_of(RESIZE, x, &p) || !resized(t, p.height, p.width, &all))
        return NULL;
    return gra__resample(RESIZE, x, (gra__box){0, 0, (double)p.width, (double)p.height}, all.height,
                         all.width, all);
}

gra_tensor *gra__decode_resized(const gra_transform *resize, const gra_transform *center_crop,
                                const gra_encoded_image *image)
{
    gra__decoder d;
    gra_tensor *x = NULL;
    gra__rect all, part;
    if (gra__decoder_open(&d, "gra_transform_image", image) &&
        resized(resize, d.height, d.width, &all)) {
        part = all;
        if (!center_crop || gra__center_of(center_crop, all.height, all.width, &part))
            x = gra__resample_file(&d, (gra__box){0, 0, (double)d.width, (double)d.height},
                                   all.height, all.width, part);
    }
    gra__decoder_close(&d);
    return x;
}

static gra_tensor *resize_decode(const gra_transform *t, const gra_encoded_image *image)
{
    return gra__decode_resized(t, NULL, image);
}

static const gra_transform_class resize_class = {
    .name = "resize", .apply = resize_apply, .decode = resize_decode};

gra_transform *gra_transforms_resize_with(gra_transforms_resize_options o)
{
    const gra__sides s = {o.size, o.height, o.width};
    return gra__sides_are_fine(RESIZE, s) ? gra__transform_of(&resize_class, &s, sizeof s) : NULL;
}

bool gra__is_resize(const gra_transform *t)
{
    return gra__transform_class(t) == &resize_class;
}
