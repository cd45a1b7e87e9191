/* deliver.c - adding gradients up: in the slots of nodes, in leaves, and through hooks. */
#include <pthread.h>
#include <string.h>

#include "autograd/walk.h"
#include "core/error.h"
#include "core/watch.h"
#include "ops/iterate.h"
#include "ops/ops.h"

static bool has_one_owner(const gra_tensor *t)
{
    return __atomic_load_n(&t->head.refs, __ATOMIC_RELAXED) == 1 &&
           __atomic_load_n(&t->storage->refs, __ATOMIC_RELAXED) == 1;
}

/* Whether a gradient can be added into: nobody else reads its memory. */
static bool is_exclusive(const gra_tensor *t)
{
    return has_one_owner(t) && !t->node && gra__is_dense(t) &&
           (t->dtype == GRA_FLOAT32 || t->dtype == GRA_FLOAT64);
}

static double bytes_of(const gra_tensor *t)
{
    return (double)t->numel * (double)gra_dtype_size(t->dtype);
}

static void add_into(gra_tensor *sum, gra_tensor *g)
{
    static const char name[] = "gradient sums";
    gra__work_begins(name);
    gra__add_scaled_into(sum, 1, g);
    gra__work_ends(name, 3 * bytes_of(g));
}

bool gra__accumulate(const gra__walk *w, gra_tensor **slot, gra_tensor *g)
{
    if (!*slot) {
        gra__retain(g);
        *slot = g;
        return true;
    }
    if (!w->create && is_exclusive(*slot) && (*slot)->dtype == g->dtype) {
        add_into(*slot, g);
        return true;
    }
    gra_tensor *const sum = gra_add(*slot, g);
    if (!sum)
        return false;
    gra__retain(sum);
    gra__release(*slot);
    *slot = sum;
    return true;
}

static bool same_strides(const gra_tensor *a, const gra_tensor *b)
{
    return (a->contiguous && b->contiguous) ||
           !memcmp(a->stride, b->stride, (size_t)a->shape.count * sizeof a->stride[0]);
}

/* A copy in the leaf's layout, so that an optimizer's loop goes through both in order. */
static gra_tensor *copy_for(const gra_tensor *leaf, gra_tensor *g)
{
    static const char name[] = "gradient copies";
    gra__work_begins(name);
    gra_tensor *const copy = gra__empty_like("gra_backward", leaf, g->dtype);
    const bool fine = copy && gra__copy_into("gra_backward", copy, g);
    gra__work_ends(name, 2 * bytes_of(g));
    return fine ? copy : NULL;
}

/* Passes on several threads may end in the same leaf. Few leaves share a lock. */
static pthread_mutex_t *lock_of(const gra_tensor *leaf)
{
#define LOCK PTHREAD_MUTEX_INITIALIZER
    static pthread_mutex_t locks[] = {LOCK, LOCK, LOCK, LOCK, LOCK, LOCK, LOCK, LOCK,
                                      LOCK, LOCK, LOCK, LOCK, LOCK, LOCK, LOCK, LOCK};
#undef LOCK
    return &locks[(uintptr_t)leaf / 64 % (sizeof locks / sizeof locks[0])];
}

/* t.grad += g. The first one is taken over where nothing else holds it (the scope of this visit, which
 * is about to end, holds one reference) and it lies in memory as t does, else copied: the user may
 * write into it. */
bool gra__accumulate_grad(const gra__walk *w, gra_tensor *t, gra_tensor *g)
{
    const bool mine = has_one_owner(g) && g->head.owned == 0;
    const bool fits = gra__is_dense(g) && (same_strides(g, t) || !gra__is_dense(t));
    pthread_mutex_t *const lock = lock_of(t);
    pthread_mutex_lock(lock);
    if (!t->grad && !(mine && fits))
        g = w->create ? gra_clone(g) : copy_for(t, g);
    const bool fine = g && gra__accumulate(w, &t->grad, g);
    pthread_mutex_unlock(lock);
    return fine;
}

static int last_id(const gra_hook *hook)
{
    int id = 0;
    for (; hook; hook = hook->next)
        id = hook->id;
    return id;
}

/* The first hook behind `id` in the order of ids, of those up to `last`; or NULL. Each is looked up
 * again, as the one before may have removed it; those that are added meanwhile wait for the next walk. */
static const gra_hook *hook_after(const gra_hook *hook, int id, int last)
{
    while (hook && hook->id <= id)
        hook = hook->next;
    return hook && hook->id <= last ? hook : NULL;
}

gra_tensor *gra__through_hooks(gra_hook *const *hooks, gra_tensor *g)
{
    const int last = last_id(*hooks);
    const gra_hook *hook = NULL;
    for (int id = 0; g && (hook = hook_after(*hooks, id, last));) {
        id = hook->id;
        if (!hook->fn)
            continue;
        gra_tensor *const other = hook->fn(g, hook->context);
        if (other && !gra_shape_equal(other->shape, g->shape)) {
            char a[GRA_SHAPE_TEXT], b[GRA_SHAPE_TEXT];
            return gra_fail(
                "gra_backward: a hook replaced a gradient of shape %s by one of shape %s",
                gra_shape_text(g->shape, a), gra_shape_text(other->shape, b));
        }
        gra__retain(other); /* as it may be the hook's own, which the walk must not write into */
        g = gra__scoped(other) ? gra_to(other, g->dtype) : g;
    }
    return gra_error() ? NULL : g;
}

bool gra__run_after_hooks(gra_tensor *leaf)
{
    const int last = last_id(leaf->hooks);
    const gra_hook *hook = NULL;
    for (int id = 0; !gra_error() && (hook = hook_after(leaf->hooks, id, last));) {
        id = hook->id;
        if (hook->after)
            hook->after(leaf, hook->context);
    }
    return !gra_error();
}

static bool gather_hooked(gra__walk *w, gra_tensor *leaf, gra_tensor *g)
{
    size_t i = 0;
    while (i < w->hooked_count && w->hooked[i].leaf != leaf)
        i++;
    if (i == w->hooked_count) {
        if (w->hooked_count == w->hooked_capacity) {
            gra__hooked_leaf *const moved =
                gra__walk_grown(w->hooked, &w->hooked_capacity, sizeof *moved);
            if (!moved)
                return false;
            w->hooked = moved;
        }
        gra__retain(leaf);
        w->hooked[w->hooked_count++] = (gra__hooked_leaf){.leaf = leaf};
    }
    return gra__accumulate(w, &w->hooked[i].grad, g);
}

bool gra__deliver_to_leaf(gra__walk *w, gra_tensor *leaf, gra_tensor *g)
{
    if (w->targets) {
        gra__target *const wanted = gra__find_target(w, (gra__target){.owner = leaf});
        return !wanted || gra__accumulate(w, &wanted->grad, g);
    }
    gra_tensor **const slot = gra__update_slot(w, leaf);
    if (slot)
        return gra__accumulate(w, slot, g);
    return leaf->hooks ? gather_hooked(w, leaf, g) : gra__accumulate_grad(w, leaf, g);
}

bool gra__finish_hooked_leaves(gra__walk *w)
{
    for (size_t i = 0; i < w->hooked_count; i++) {
        gra_tensor *const leaf = w->hooked[i].leaf;
        const int mark = gra_mark();
        gra_tensor *const g = gra__through_hooks(&leaf->hooks, w->hooked[i].grad);
        const bool fine = g && gra__accumulate_grad(w, leaf, g) && gra__run_after_hooks(leaf);
        gra_release(mark);
        if (!fine)
            return false;
    }
    return true;
}
