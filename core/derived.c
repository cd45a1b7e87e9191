/* derived.c - another form of a tensor's elements. */
#include "derived.h"

#include <pthread.h>

#include "alloc_cache.h"
#include "dry_run.h"
#include "error.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static gra__derived *derived_new(uint64_t name, uint32_t version, size_t bytes)
{
    gra__derived *const form = gra__alloc(sizeof *form);
    if (!form)
        return NULL;
    *form = (gra__derived){.refs = 1, .version = version, .name = name, .bytes = bytes};
    if (!bytes || (form->data = gra__alloc(bytes)))
        return form;
    gra__dealloc(form, sizeof *form);
    return NULL;
}

void gra__derived_release(gra__derived *form)
{
    if (!form || __atomic_sub_fetch(&form->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    gra__dealloc(form->data, form->bytes);
    gra__dealloc(form, sizeof *form);
}

bool gra__keep_derived(gra_tensor *t)
{
    if (!t->derived)
        t->derived = derived_new(0, 0, 0);
    return t->derived != NULL;
}

/* A new form in place of the old one; NULL, with the old one as it was, where memory is short. */
static gra__derived *renew(gra_tensor *t, uint64_t name, size_t bytes, gra__derive_fn make,
                           const void *context)
{
    gra__derived *const form = derived_new(name, t->storage->version, bytes);
    if (!form) {
        gra_clear_error();
        return NULL;
    }
    make(context, t, form->data);
    gra__derived_release(t->derived);
    __atomic_store_n(&t->derived, form, __ATOMIC_RELAXED);
    return form;
}

gra__derived *gra__derived_get(gra_tensor *t, uint64_t name, size_t bytes, gra__derive_fn make,
                               const void *context)
{
    if (!bytes || !__atomic_load_n(&t->derived, __ATOMIC_RELAXED)) /* most tensors keep none */
        return NULL;
    pthread_mutex_lock(&lock);
    gra__derived *form = t->derived;
    if (form->name != name || form->version != t->storage->version) {
        if (gra__dry_run())
            gra__dry_count((ptrdiff_t)bytes);
        form = gra__dry_run() ? NULL : renew(t, name, bytes, make, context);
    }
    if (form)
        __atomic_add_fetch(&form->refs, 1, __ATOMIC_RELAXED);
    pthread_mutex_unlock(&lock);
    return form;
}
