/* fake_data.c - random images with random labels. */
#include "data/fake_data.h"

#include <string.h>

#include "core/create.h"
#include "core/error.h"
#include "core/philox.h"
#include "core/tensor_struct.h"
#include "data/image_set.h"

static const char op[] = "gra_fake_data";

typedef struct fake_data {
    gra_transform *transform; /* owned, or NULL */
    gra_shape image_size;
    int64_t size, classes;
    uint64_t random_offset;
} fake_data;

static int64_t fake_size(const gra_dataset *set)
{
    const fake_data *const f = gra_dataset_data(set);
    return f->size;
}

static gra_tensor *draw_image(const fake_data *f, int64_t i)
{
    gra_tensor *const image = gra__empty(op, f->image_size, GRA_UINT8);
    if (!image)
        return NULL;
    uint8_t *const bytes = gra__ptr(image);
    uint32_t bits[4];
    for (int64_t at = 0; at < image->numel; at += (int64_t)sizeof bits) {
        const int64_t left = image->numel - at;
        gra__philox(f->random_offset, (uint64_t)i, (uint64_t)at, bits);
        memcpy(bytes + at, bits, left < (int64_t)sizeof bits ? (size_t)left : sizeof bits);
    }
    return image;
}

/* The bytes as gra_data_next of the sets in memory gives them: in 0 .. 1. */
static gra_tensor *as_floats(gra_tensor *image)
{
    gra_tensor *const x = image ? gra__empty(op, image->shape, GRA_FLOAT32) : NULL;
    if (!x)
        return NULL;
    const uint8_t *const bytes = gra__ptr(image);
    float *const pixel = gra__ptr(x);
    for (int64_t i = 0; i < image->numel; i++)
        pixel[i] = (float)bytes[i] / 255;
    return x;
}

/* Labels are drawn from another stream than the pixels. */
static int64_t draw_label(const fake_data *f, int64_t i)
{
    __extension__ typedef unsigned __int128 wider;
    uint32_t bits[4];
    gra__philox(~f->random_offset, (uint64_t)i, 0, bits);
    const uint64_t wide = (uint64_t)bits[0] << 32 | bits[1];
    return (int64_t)((wider)wide * (uint64_t)f->classes >> 64);
}

static int fake_get(const gra_dataset *set, int64_t i, gra_tensor **x, gra_tensor **y)
{
    const fake_data *const f = gra_dataset_data(set);
    gra_tensor *const image = draw_image(f, i);
    *x = f->transform ? gra_transform_apply(f->transform, image) : as_floats(image);
    *y = gra_scalar((double)draw_label(f, i), GRA_INT64);
    return *x && *y ? 0 : -1;
}

static void fake_destroy(gra_dataset *set)
{
    const fake_data *const f = gra_dataset_data(set);
    gra__release(f->transform);
}

static const gra_dataset_class fake_class = {
    .name = "of fake images", .size = fake_size, .get = fake_get, .destroy = fake_destroy};

static bool is_possible(const gra_fake_data_dataset_options *o)
{
    char text[GRA_SHAPE_TEXT];
    const gra_shape *const s = &o->image_size;
    if (!gra__may_take_transform(op, o->transform))
        return false;
    if (o->size < 1 || o->classes < 1)
        gra_fail("%s: size %lld and classes %lld must both be at least 1", op, (long long)o->size,
                 (long long)o->classes);
    else if (s->count != 3 || s->size[0] < 1 || s->size[1] < 1 || s->size[2] < 1)
        gra_fail("%s: image_size is %s; three positive sizes [C, H, W] are needed", op,
                 gra_shape_text(*s, text));
    return !gra_error();
}

gra_fake_data_dataset_options gra_fake_data_dataset_defaults(void)
{
    return (gra_fake_data_dataset_options){GRA_FAKE_DATA_DEFAULTS};
}

gra_fake_data_options gra_fake_data_defaults(void)
{
    return (gra_fake_data_options){GRA_FAKE_DATA_DEFAULTS, GRA_LOADER_DEFAULTS};
}

gra_dataset *gra_fake_data_dataset_with(gra_fake_data_dataset_options o)
{
    if (o.image_size.count == 0)
        o.image_size = GRA_SHAPE(3, 224, 224);
    gra_dataset *const set =
        is_possible(&o) ? gra_dataset_new(&fake_class, sizeof(fake_data)) : NULL;
    if (set)
        *(fake_data *)gra_dataset_data(set) = (fake_data){.transform = o.transform,
                                                          .image_size = o.image_size,
                                                          .size = o.size,
                                                          .classes = o.classes,
                                                          .random_offset = o.random_offset};
    return gra__took_transform(set, o.transform);
}

gra_data *gra_fake_data_with(gra_fake_data_options o)
{
    gra_dataset *const set = gra_fake_data_dataset_with(
        (gra_fake_data_dataset_options){.size = o.size,
                                        .image_size = o.image_size,
                                        .classes = o.classes,
                                        .transform = o.transform,
                                        .random_offset = o.random_offset});
    return set ? gra_loader(set, GRA_LOADER_ARGUMENTS(o)) : NULL;
}
