/* object.c - reference counts. */
#include "error.h"
#include "object_struct.h"
#include "tally.h"

void gra__object_init(gra_object *object, const gra_kind *kind, int owned)
{
    object->kind = kind;
    object->refs = 1;
    object->owned = owned;
    gra__tally_object(1);
}

void gra__retain(void *object)
{
    if (object)
        __atomic_fetch_add(&((gra_object *)object)->refs, 1, __ATOMIC_RELAXED);
}

void gra__release(void *object)
{
    gra_object *const self = object;
    if (!self || __atomic_sub_fetch(&self->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    gra__tally_object(-1);
    self->kind->destroy(self);
}

void gra__take(void *object)
{
    if (object)
        __atomic_fetch_sub(&((gra_object *)object)->owned, 1, __ATOMIC_RELAXED);
}

static void free_object(gra_object *self)
{
    if (__atomic_fetch_sub(&self->owned, 1, __ATOMIC_ACQ_REL) > 0) {
        gra__release(self);
        return;
    }
    __atomic_fetch_add(&self->owned, 1, __ATOMIC_RELAXED);
    gra_fail("gra_free: this %s is not yours to free: it belongs to %s", self->kind->name,
             self->kind->keeper);
}

void gra_free_objects(void *const *objects, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t k = 0;
        while (objects[k] != objects[i])
            k++;
        if (objects[i] && k == i)
            free_object(objects[i]);
        else if (objects[i])
            gra_fail("gra_free: arguments %zu and %zu are the same object", k + 1, i + 1);
    }
}

int64_t gra_live(void)
{
    return gra__total_live();
}
