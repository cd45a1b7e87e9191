/* digit_set.c - the embedded digits as a data set. */
#include "data/digit_set.h"

#include "core/error.h"
#include "core/tensor_struct.h"
#include "core/threads.h"
#include "data/digits.h"
#include "data/image_set.h"

enum { SIDE = 28, TRAIN_COUNT = 60000, TEST_COUNT = 10000 };
static const uint64_t train_seed = 1, test_seed = 2;

gra_digits_dataset_options gra_digits_dataset_defaults(void)
{
    return (gra_digits_dataset_options){0};
}

gra_digits_options gra_digits_defaults(void)
{
    return (gra_digits_options){GRA_LOADER_DEFAULTS};
}

static void draw_all(uint64_t seed, int64_t count, uint8_t *images, uint8_t *labels)
{
#pragma omp parallel for num_threads(gra__threads()) schedule(static)
    for (int64_t i = 0; i < count; i++) {
        int label;
        gra__digit_draw(seed, (uint64_t)i, images + i * SIDE * SIDE, &label);
        labels[i] = (uint8_t)label;
    }
}

static gra_dataset *make_set(const gra_digits_dataset_options *o)
{
    const int64_t count = o->count ? o->count : o->train ? TRAIN_COUNT : TEST_COUNT;
    if (!gra__may_take_transform("gra_digits", o->transform))
        return NULL;
    if (o->count < 0)
        return gra_fail("gra_digits: count %lld is out of range; at least 1 is needed (0: default)",
                        (long long)o->count);
    gra_tensor *const images = gra__empty("gra_digits", GRA_SHAPE(count, SIDE, SIDE), GRA_UINT8);
    gra_tensor *const labels = gra__empty("gra_digits", GRA_SHAPE(count), GRA_UINT8);
    if (!images || !labels)
        return NULL;
    draw_all(o->train ? train_seed : test_seed, count, gra__ptr(images), gra__ptr(labels));
    return gra__image_set("gra_digits", images, labels, o->transform);
}

gra_dataset *gra_digits_dataset_with(gra_digits_dataset_options o)
{
    const int mark = gra_mark();
    gra_dataset *const set = make_set(&o);
    gra_release(mark);
    return gra__took_transform(set, o.transform);
}

gra_data *gra_digits_with(gra_digits_options o)
{
    gra_dataset *const set = gra_digits_dataset_with(
        (gra_digits_dataset_options){.train = o.train, .count = o.count, .transform = o.transform});
    return set ? gra_loader(set, GRA_LOADER_ARGUMENTS(o)) : NULL;
}
