/* image_set.c - labelled 8-bit images in memory. */
#include "data/image_set.h"

#include "core/error.h"
#include "core/tensor_struct.h"

typedef struct image_set {
    gra_tensor *images, *labels; /* owned */
} image_set;

static int64_t set_size(const gra_dataset *set)
{
    const image_set *const s = gra_dataset_data(set);
    return s->labels->numel;
}

static int set_get_batch(const gra_dataset *set, const int64_t *indices, int64_t count,
                         gra_tensor **x, gra_tensor **y)
{
    const image_set *const s = gra_dataset_data(set);
    const int64_t h = s->images->shape.size[1], w = s->images->shape.size[2];
    *x = gra__empty("gra_data_next", GRA_SHAPE(count, 1, h, w), GRA_FLOAT32);
    *y = gra__empty("gra_data_next", GRA_SHAPE(count), GRA_INT64);
    if (!*x || !*y)
        return -1;
    float *pixel = gra__ptr(*x);
    int64_t *const label = gra__ptr(*y);
    const uint8_t *const images = gra__ptr(s->images), *const labels = gra__ptr(s->labels);
    for (int64_t i = 0; i < count; i++) {
        const uint8_t *const image = images + indices[i] * h * w;
        for (int64_t p = 0; p < h * w; p++)
            *pixel++ = (float)image[p] / 255;
        label[i] = labels[indices[i]];
    }
    return 0;
}

static int set_get(const gra_dataset *set, int64_t i, gra_tensor **x, gra_tensor **y)
{
    gra_tensor *xs, *ys;
    if (set_get_batch(set, &i, 1, &xs, &ys) < 0)
        return -1;
    const int64_t *const size = xs->shape.size;
    *x = gra__view(xs, GRA_SHAPE(1, size[2], size[3]), NULL, 0);
    *y = gra__view(ys, GRA_SCALAR, NULL, 0);
    return *x && *y ? 0 : -1;
}

static void set_destroy(gra_dataset *set)
{
    const image_set *const s = gra_dataset_data(set);
    gra__release(s->images);
    gra__release(s->labels);
}

static const gra_dataset_class image_class = {
    .name = "of images",
    .size = set_size,
    .get = set_get,
    .get_batch = set_get_batch,
    .destroy = set_destroy,
};

static bool is_uint8(const gra_tensor *t, int dims)
{
    return t->dtype == GRA_UINT8 && t->shape.count == dims && t->contiguous;
}

gra_dataset *gra__image_set(const char *name, gra_tensor *images, gra_tensor *labels)
{
    char a[GRA_SHAPE_TEXT], b[GRA_SHAPE_TEXT];
    if (!images || !labels)
        return NULL;
    if (!is_uint8(images, 3) || !is_uint8(labels, 1) || images->shape.size[0] != labels->numel)
        return gra_fail("%s: the images are %s %s, the labels %s %s; uint8 [N, H, W] and [N] are "
                        "needed",
                        name, gra_dtype_name(images->dtype), gra_shape_text(images->shape, a),
                        gra_dtype_name(labels->dtype), gra_shape_text(labels->shape, b));
    gra_dataset *const set = gra_dataset_new(&image_class, sizeof(image_set));
    if (!set)
        return NULL;
    image_set *const s = gra_dataset_data(set);
    gra__retain(s->images = images);
    gra__retain(s->labels = labels);
    return set;
}
