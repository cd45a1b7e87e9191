/* image_set.c - labelled 8-bit images in memory. */
#include "data/image_set.h"

#include "core/create.h"
#include "core/error.h"
#include "core/tensor_struct.h"
#include "data/transform_class.h"
#include "ops/ops.h"

typedef struct image_set {
    gra_tensor *images, *labels; /* owned; [N, C, H, W] and [N] */
    gra_transform *transform;    /* owned, or NULL */
} image_set;

static int64_t set_size(const gra_dataset *set)
{
    const image_set *const s = gra_dataset_data(set);
    return s->labels->numel;
}

/* Without a transform. */
static int set_get_batch(const gra_dataset *set, const int64_t *indices, int64_t count,
                         gra_tensor **x, gra_tensor **y)
{
    const image_set *const s = gra_dataset_data(set);
    gra_shape shape = s->images->shape;
    const int64_t pixels = shape.size[1] * shape.size[2] * shape.size[3];
    shape.size[0] = count;
    *x = gra__empty("gra_data_next", shape, GRA_FLOAT32);
    *y = gra__empty("gra_data_next", GRA_SHAPE(count), GRA_INT64);
    if (!*x || !*y)
        return -1;
    float *pixel = gra__ptr(*x);
    int64_t *const label = gra__ptr(*y);
    const uint8_t *const images = gra__ptr(s->images), *const labels = gra__ptr(s->labels);
    for (int64_t i = 0; i < count; i++) {
        const uint8_t *const image = images + indices[i] * pixels;
        for (int64_t p = 0; p < pixels; p++)
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
    *x = gra_select(xs, 0, 0);
    *y = gra_select(ys, 0, 0);
    return *x && *y ? 0 : -1;
}

static int transformed_get(const gra_dataset *set, int64_t i, gra_tensor **x, gra_tensor **y)
{
    const image_set *const s = gra_dataset_data(set);
    const uint8_t *const labels = gra__ptr(s->labels);
    *x = gra_transform_apply(s->transform, gra_select(s->images, 0, i));
    *y = gra_scalar(labels[i], GRA_INT64);
    return *x && *y ? 0 : -1;
}

static void set_destroy(gra_dataset *set)
{
    const image_set *const s = gra_dataset_data(set);
    gra__release(s->images);
    gra__release(s->labels);
    gra__release(s->transform);
}

static const gra_dataset_class image_class = {
    .name = "of images",
    .size = set_size,
    .get = set_get,
    .get_batch = set_get_batch,
    .destroy = set_destroy,
};

/* The loader asks for the examples one by one, as each has random numbers of its own. */
static const gra_dataset_class transformed_class = {
    .name = "of images",
    .size = set_size,
    .get = transformed_get,
    .destroy = set_destroy,
};

static bool is_uint8(const gra_tensor *t, int dims)
{
    return t->dtype == GRA_UINT8 && t->shape.count == dims && t->contiguous;
}

static gra_dataset *set_new(gra_tensor *images, gra_tensor *labels, gra_transform *transform)
{
    gra_dataset *const set =
        images ? gra_dataset_new(transform ? &transformed_class : &image_class, sizeof(image_set))
               : NULL;
    if (!set)
        return NULL;
    image_set *const s = gra_dataset_data(set);
    gra__retain(s->images = images);
    gra__retain(s->labels = labels);
    s->transform = transform;
    return set;
}

gra_dataset *gra__image_set(const char *name, gra_tensor *images, gra_tensor *labels,
                            gra_transform *transform)
{
    char a[GRA_SHAPE_TEXT], b[GRA_SHAPE_TEXT];
    if (!images || !labels)
        return NULL;
    const bool is_grey = is_uint8(images, 3);
    if ((!is_grey && !is_uint8(images, 4)) || !is_uint8(labels, 1) ||
        images->shape.size[0] != labels->numel)
        return gra_fail("%s: the images are %s %s, the labels %s %s; uint8 [N, H, W] and [N] are "
                        "needed",
                        name, gra_dtype_name(images->dtype), gra_shape_text(images->shape, a),
                        gra_dtype_name(labels->dtype), gra_shape_text(labels->shape, b));
    const int mark = gra_mark();
    gra_dataset *const set =
        set_new(is_grey ? gra_unsqueeze(images, 1) : images, labels, transform);
    gra_release(mark);
    return set;
}

/* ---- what constructors share ---- */

bool gra__may_take_transform(const char *name, const gra_transform *transform)
{
    if (!gra_error() && transform && !gra__transform_is_free(transform))
        gra_fail("%s: the transform belongs to another data set or compose already; make one for "
                 "each",
                 name);
    return !gra_error();
}

gra_dataset *gra__took_transform(gra_dataset *set, gra_transform *transform)
{
    if (set && transform)
        gra__take(transform);
    else if (!set)
        gra_free(transform);
    return set;
}

gra_image_set_options gra_image_set_defaults(void)
{
    return (gra_image_set_options){0};
}

gra_image_data_options gra_image_data_defaults(void)
{
    return (gra_image_data_options){GRA_LOADER_DEFAULTS};
}

gra_image_set_options gra__image_set_part(const gra_image_data_options *o)
{
    return (gra_image_set_options){.dir = o->dir,
                                   .train = o->train,
                                   .transform = o->transform,
                                   .download = o->download,
                                   .mirror = o->mirror};
}

gra_data *gra__image_data(gra_dataset *set, const gra_image_data_options *o)
{
    return set ? gra_loader(set, GRA_LOADER_ARGUMENTS(*o)) : NULL;
}
