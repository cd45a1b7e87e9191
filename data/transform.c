/* transform.c - transforms as objects, and rows of them. */
#include "data/transform_class.h"

#include "core/alloc_cache.h"
#include "core/error.h"
#include "core/tensor_struct.h"
#include "data/transforms/numbers.h"

struct gra_transform {
    gra_object head;
    const gra_transform_class *class_;
    size_t data_size;
    void *data;
};

static void transform_destroy(void *self)
{
    gra_transform *const t = self;
    if (t->class_->destroy)
        t->class_->destroy(t);
    gra__dealloc(t->data, t->data_size);
    gra__dealloc(t, sizeof *t);
}

static const gra_kind transform_kind = {
    .name = "transform", .keeper = "its compose or data set", .destroy = transform_destroy};

gra_transform *gra_transform_new(const gra_transform_class *class_, size_t data_size)
{
    if (gra_error())
        return NULL;
    if (!class_ || !class_->name || !class_->apply)
        return gra_fail("gra_transform_new: a class with a name and the function apply is needed");
    gra_transform *const t = gra__alloc_zeroed(sizeof *t);
    if (!t)
        return NULL;
    t->class_ = class_;
    t->data_size = data_size;
    if (data_size && !(t->data = gra__alloc_zeroed(data_size))) {
        gra__dealloc(t, sizeof *t);
        return NULL;
    }
    gra__object_init(&t->head, &transform_kind, 1);
    return t;
}

void *gra_transform_data(const gra_transform *t)
{
    return t ? t->data : NULL;
}

const gra_transform_class *gra__transform_class(const gra_transform *t)
{
    return t->class_;
}

bool gra__transform_is_free(const gra_transform *t)
{
    return __atomic_load_n(&t->head.owned, __ATOMIC_RELAXED) > 0;
}

/* Drops what was made since mark but for the result; one that is missing without a reason is an
 * error. */
static gra_tensor *finish(const gra_transform *t, int mark, gra_tensor *result)
{
    if (!result)
        gra_fail("gra_transform_apply: the transform %s gave nothing and no reason",
                 t->class_->name);
    return gra_release_keep(mark, gra_error() ? NULL : result);
}

gra_tensor *gra_transform_apply(const gra_transform *t, gra_tensor *x)
{
    if (!t || !x || gra_error())
        return NULL;
    const int mark = gra_mark();
    return finish(t, mark, t->class_->apply(t, x));
}

gra_tensor *gra_transform_image(const gra_transform *t, const gra_encoded_image *image)
{
    if (!image || gra_error())
        return NULL;
    const int mark = gra_mark();
    if (t && t->class_->decode)
        return finish(t, mark, t->class_->decode(t, image));
    gra_tensor *const x = gra_decode_image(image->bytes, image->size, .name = image->name,
                                           .mode = image->mode, .max_pixels = image->max_pixels);
    if (!x)
        return NULL;
    return t ? finish(t, mark, t->class_->apply(t, x))
             : gra_release_keep(mark, gra__to_tensor(x, NULL));
}
