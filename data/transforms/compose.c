/* compose.c - transforms one after the other. */
#include <string.h>

#include "core/alloc_cache.h"
#include "core/error.h"
#include "core/object_struct.h"
#include "core/scope.h"
#include "data/transform_class.h"
#include "data/transforms/numbers.h"
#include "data/transforms/sizes.h"

/* A row of transforms; of a compose among the parts, its steps stand in its place among the steps, so that
 * neighbours are found wherever they were put together. */
typedef struct compose {
    gra_transform **parts; /* owned, and each */
    gra_transform **steps; /* owned */
    size_t count, step_count;
} compose;

static size_t bytes_of(size_t count)
{
    return count * sizeof(gra_transform *);
}

/* The steps from `first` on. A to_tensor and the normalize behind it are one pass. */
static gra_tensor *apply_from(const compose *c, size_t first, gra_tensor *x)
{
    for (size_t i = first; i < c->step_count && x; i++) {
        const gra_transform *const next = i + 1 < c->step_count ? c->steps[i + 1] : NULL;
        if (next && gra__is_to_tensor(c->steps[i]) && gra__is_normalize(next)) {
            x = gra__to_tensor(x, next);
            i++;
        } else {
            x = gra_transform_apply(c->steps[i], x);
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
    const bool resizes = c->step_count > 1 && gra__is_resize(c->steps[0]);
    if (resizes && gra__is_center_crop(c->steps[1]))
        return apply_from(c, 2, gra__decode_resized(c->steps[0], c->steps[1], image));
    return apply_from(c, 1, gra_transform_image(c->steps[0], image));
}

static void compose_destroy(gra_transform *t)
{
    const compose *const c = gra_transform_data(t);
    for (size_t i = 0; i < c->count; i++)
        gra__release(c->parts[i]);
    gra__dealloc(c->parts, bytes_of(c->count));
    gra__dealloc(c->steps, bytes_of(c->step_count));
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

/* Without a compose the parts become nobody's. */
static void drop(gra_transform *const *parts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t k = 0;
        while (parts[k] != parts[i])
            k++;
        if (k == i && parts[i] && gra__transform_is_free(parts[i]))
            gra_free(parts[i]);
    }
}

/* What a compose has; NULL for another transform. */
static const compose *compose_of(const gra_transform *t)
{
    return gra__transform_class(t) == &compose_class ? gra_transform_data(t) : NULL;
}

static size_t count_steps(gra_transform *const *parts, size_t count)
{
    size_t steps = 0;
    for (size_t i = 0; i < count; i++)
        steps += compose_of(parts[i]) ? compose_of(parts[i])->step_count : 1;
    return steps;
}

static bool make_room(compose *c, size_t count, size_t steps)
{
    gra_transform **const room = gra__alloc(bytes_of(count));
    c->steps = room ? gra__alloc(bytes_of(steps)) : NULL;
    if (!c->steps) {
        gra__dealloc(room, bytes_of(count));
        return false;
    }
    c->parts = room;
    c->step_count = steps;
    return true;
}

static void take(compose *c, gra_transform *const *parts, size_t count)
{
    gra_transform **step = c->steps;
    for (size_t i = 0; i < count; i++) {
        const compose *const inner = compose_of(parts[i]);
        const size_t added = inner ? inner->step_count : 1;
        memcpy(step, inner ? inner->steps : &parts[i], bytes_of(added));
        step += added;
        gra__take(c->parts[i] = parts[i]);
    }
    c->count = count;
}

gra_transform *gra_compose_of(gra_transform *const *parts, size_t count)
{
    gra_transform *const t =
        parts_are_free(parts, count) ? gra_transform_new(&compose_class, sizeof(compose)) : NULL;
    if (t && make_room(gra_transform_data(t), count, count_steps(parts, count))) {
        take(gra_transform_data(t), parts, count);
        return t;
    }
    gra_free(t);
    drop(parts, count);
    return NULL;
}
