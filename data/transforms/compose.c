/* compose.c - transforms one after the other. */
#include <string.h>

#include "core/alloc_cache.h"
#include "core/error.h"
#include "core/object_struct.h"
#include "core/scope.h"
#include "data/transform_class.h"
#include "data/transforms/numbers.h"
#include "data/transforms/sizes.h"

typedef struct compose {
    gra_transform **parts; /* owned */
    size_t count;
} compose;

static size_t parts_bytes(size_t count)
{
    return count * sizeof(gra_transform *);
}

/* The parts from `first` on. A to_tensor and the normalize behind it are one pass. */
static gra_tensor *apply_from(const compose *c, size_t first, gra_tensor *x)
{
    for (size_t i = first; i < c->count && x; i++) {
        const gra_transform *const next = i + 1 < c->count ? c->parts[i + 1] : NULL;
        if (next && gra__is_to_tensor(c->parts[i]) && gra__is_normalize(next)) {
            x = gra__to_tensor(x, next);
            i++;
        } else {
            x = gra_transform_apply(c->parts[i], x);
        }
    }
    return x;
}

static gra_tensor *compose_apply(const gra_transform *t, gra_tensor *x)
{
    return apply_from(gra_transform_data(t), 0, x);
}

/* A resize whose middle alone is wanted is one step with its crop. */
static gra_tensor *compose_decode(const gra_transform *t, const gra_encoded_image *image)
{
    const compose *const c = gra_transform_data(t);
    const bool resizes = c->count > 1 && gra__is_resize(c->parts[0]);
    if (resizes && gra__is_center_crop(c->parts[1]))
        return apply_from(c, 2, gra__decode_resized(c->parts[0], c->parts[1], image));
    return apply_from(c, 1, gra_transform_image(c->parts[0], image));
}

static void compose_destroy(gra_transform *t)
{
    const compose *const c = gra_transform_data(t);
    for (size_t i = 0; c->parts && i < c->count; i++)
        gra__release(c->parts[i]);
    gra__dealloc(c->parts, parts_bytes(c->count));
}

static const gra_transform_class compose_class = {.name = "compose",
                                                  .apply = compose_apply,
                                                  .decode = compose_decode,
                                                  .destroy = compose_destroy};

static bool parts_are_free(gra_transform *const *parts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!parts[i])
            gra_fail("gra_compose: transform %zu of %zu is NULL", i, count);
        else if (!gra__transform_is_free(parts[i]))
            gra_fail("gra_compose: transform %zu belongs to another compose or data set already",
                     i);
        for (size_t k = 0; k < i && parts[i]; k++)
            if (parts[k] == parts[i])
                gra_fail("gra_compose: transforms %zu and %zu are the same object", k, i);
    }
    if (count == 0)
        gra_fail("gra_compose: there is no transform; at least one is needed");
    return !gra_error();
}

/* The parts become t's; without one, nobody's. */
static gra_transform *take(gra_transform *t, gra_transform *const *parts, size_t count)
{
    if (!t) {
        for (size_t i = 0; i < count; i++) {
            size_t k = 0;
            while (parts[k] != parts[i])
                k++;
            if (k == i && parts[i] && gra__transform_is_free(parts[i]))
                gra_free(parts[i]);
        }
        return NULL;
    }
    compose *const c = gra_transform_data(t);
    memcpy(c->parts, parts, parts_bytes(count));
    for (size_t i = 0; i < count; i++)
        gra__take(parts[i]);
    c->count = count;
    return t;
}

gra_transform *gra_compose_of(gra_transform *const *parts, size_t count)
{
    gra_transform *const t =
        parts_are_free(parts, count) ? gra_transform_new(&compose_class, sizeof(compose)) : NULL;
    compose *const c = gra_transform_data(t);
    if (!t || !(c->parts = gra__alloc(parts_bytes(count)))) {
        gra_free(t);
        return take(NULL, parts, count);
    }
    return take(t, parts, count);
}
