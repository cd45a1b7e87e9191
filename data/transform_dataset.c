/* transform_dataset.c - a data set with its examples transformed. */
#include "data/transform_dataset.h"

#include "core/error.h"
#include "core/object_struct.h"
#include "data/dataset_class.h"
#include "data/transform_class.h"

typedef struct transformed {
    gra_dataset *set;         /* owned */
    gra_transform *transform; /* owned */
} transformed;

static int64_t transformed_size(const gra_dataset *set)
{
    return gra_dataset_size(((const transformed *)gra_dataset_data(set))->set);
}

static int transformed_get(const gra_dataset *set, int64_t i, gra_tensor **x, gra_tensor **y)
{
    const transformed *const t = gra_dataset_data(set);
    if (gra_dataset_get(t->set, i, x, y) < 0)
        return -1;
    *x = gra_transform_apply(t->transform, *x);
    return *x ? 0 : -1;
}

static void transformed_destroy(gra_dataset *set)
{
    const transformed *const t = gra_dataset_data(set);
    gra__release(t->set);
    gra__release(t->transform);
}

static int transformed_begin(const gra_dataset *set, void *reader)
{
    const transformed *const t = gra_dataset_data(set);
    return gra__reader_begin(reader, t->set);
}

static int transformed_next(const gra_dataset *set, void *reader, gra_tensor **x, gra_tensor **y)
{
    const transformed *const t = gra_dataset_data(set);
    const int got = gra__reader_next(reader, x, y);
    if (got == 1 && !(*x = gra_transform_apply(t->transform, *x)))
        return -1;
    return got;
}

static void transformed_end(const gra_dataset *set, void *reader)
{
    (void)set;
    gra__reader_end(reader);
}

static const gra_dataset_class indexed_class = {.name = "transformed",
                                                .size = transformed_size,
                                                .get = transformed_get,
                                                .destroy = transformed_destroy};

static const gra_dataset_class stream_class = {.name = "transformed",
                                               .size = transformed_size,
                                               .destroy = transformed_destroy,
                                               .reader_size = sizeof(gra__reader),
                                               .begin = transformed_begin,
                                               .next = transformed_next,
                                               .end = transformed_end};

static bool take_transform(const char *op, gra_transform *t)
{
    if (gra_error())
        return false;
    if (!t)
        gra_fail("%s: the transform is NULL", op);
    else if (!gra__transform_is_free(t))
        gra_fail("%s: the transform %s belongs to a compose or another data set already", op,
                 gra__transform_class(t)->name);
    else
        gra__take(t);
    return !gra_error();
}

gra_dataset *gra_transform_dataset(gra_dataset *set, gra_transform *transform)
{
    static const char *const op = "gra_transform_dataset";
    const bool has_set = gra__dataset_take(op, set);
    const bool has_transform = has_set && take_transform(op, transform);
    const bool is_stream = gra_dataset_is_stream(set);
    gra_dataset *const made =
        has_transform
            ? gra_dataset_new(is_stream ? &stream_class : &indexed_class, sizeof(transformed))
            : NULL;
    if (made) {
        *(transformed *)gra_dataset_data(made) = (transformed){set, transform};
        return made;
    }
    if (has_set)
        gra__release(set);
    else
        gra_free(set);
    if (has_transform)
        gra__release(transform);
    else
        gra_free(transform);
    return NULL;
}
