/* update.c - leaves that are updated during the walk (core/updater.h).
 *
 *   1. collect    the leaves with an updater that the walk's nodes have edges to; each is claimed,
 *                 as it belongs to one walk at a time
 *   2. date       for each leaf the last node of the walk that has an edge to it, or saved what
 *                 lies in its memory: the leaf itself, a view of it, a detached twin
 *   3. deliver    contributions are summed in updater->grad
 *   4. complete   after each visit: the leaves whose last node this was go through their hooks, and
 *                 the updater takes their gradients
 *
 * A leaf with one use, in the very node that is its last, may be given its gradient in strips, once
 * that node's rule has run.
 *
 * No gradient that waits in a slot may lie in the memory of such a leaf (a rule may return what it
 * saved, a user may pass a parameter as the first gradient), as it would change on its way: those
 * are copied.
 */
#include <stdlib.h>

#include "autograd/walk.h"
#include "core/anomaly.h"
#include "core/error.h"
#include "core/packed.h"
#include "core/updater.h"
#include "core/watch.h"
#include "ops/ops.h"

/* ---- collecting ---- */

/* Notes that node `index` needs the leaf. Claims the leaf's updater the first time. */
static bool note_use(gra__walk *w, gra_tensor *leaf, size_t index)
{
    gra__updater *const u = leaf ? leaf->updater : NULL;
    if (!u)
        return true;
    if (__atomic_load_n(&u->walk, __ATOMIC_RELAXED) != w) {
        if (w->updater_count == w->updater_capacity) {
            gra__updater **const moved =
                gra__walk_grown(w->updaters, &w->updater_capacity, sizeof *moved);
            if (!moved)
                return false;
            w->updaters = moved;
        }
        const void *holder = NULL;
        if (!__atomic_compare_exchange_n(&u->walk, &holder, w, false, __ATOMIC_ACQUIRE,
                                         __ATOMIC_RELAXED)) {
            gra_fail("gra_backward: another backward pass is updating a parameter of this one "
                     "(.fused_backward of %s); run them one after the other",
                     u->name);
            return false;
        }
        gra__retain(u->leaf);
        gra__retain(u->owner);
        u->storage = leaf->storage;
        u->uses = 0;
        w->updaters[w->updater_count++] = u;
    }
    u->uses++;
    u->last = index; /* nodes are gone through in the order of the walk */
    return true;
}

static int by_last(const void *a, const void *b)
{
    const gra__updater *const x = *(gra__updater *const *)a, *const y = *(gra__updater *const *)b;
    return (x->last > y->last) - (x->last < y->last);
}

static int by_storage(const void *a, const void *b)
{
    const uintptr_t x = (uintptr_t)(*(gra__updater *const *)a)->storage;
    const uintptr_t y = (uintptr_t)(*(gra__updater *const *)b)->storage;
    return (x > y) - (x < y);
}

/* The first of the updaters of leaves in this memory, of which there may be several. */
static gra__updater **find(const gra__walk *w, const gra_storage *storage)
{
    const gra__updater key = {.storage = storage}, *const sought = &key;
    gra__updater **u = w->updater_count ? bsearch(&sought, w->updaters, w->updater_count,
                                                  sizeof *w->updaters, by_storage)
                                        : NULL;
    while (u && u > w->updaters && u[-1]->storage == storage)
        u--;
    return u;
}

/* The leaves in this memory are needed until node `index`. */
static void note_memory(const gra__walk *w, const gra_storage *storage, size_t index)
{
    gra__updater **const first = storage ? find(w, storage) : NULL;
    for (gra__updater **u = first;
         u && u < w->updaters + w->updater_count && (*u)->storage == storage; u++)
        (*u)->last = index > (*u)->last ? index : (*u)->last;
}

static void note_saved(const gra__walk *w, const gra_tensor *saved, size_t index)
{
    if (saved)
        note_memory(w, saved->storage, index);
}

/* What is packed may still lie where it lay. */
static void note_packed(const gra__walk *w, const gra__packed *packed, size_t index)
{
    if (packed)
        note_memory(w, packed->storage, index);
}

static void note_all_saved(const gra__walk *w)
{
    for (size_t k = 0; k < w->count; k++) {
        const gra_node *const node = w->nodes[k];
        for (int i = 0; i < node->n_in; i++) {
            note_saved(w, node->edges[i].saved, k);
            note_packed(w, gra__packed_input(node, i), k);
        }
        for (int i = 0; i < node->n_out; i++) {
            note_saved(w, node->results[i].saved, k);
            note_packed(w, gra__packed_output(node, i), k);
        }
        for (int i = 0; i < GRA_MAX_SAVED; i++) {
            note_saved(w, node->saved[i], k);
            note_packed(w, gra__packed_saved(node, i), k);
        }
    }
}

bool gra__updates_collect(gra__walk *w, gra_tensor *root)
{
    for (size_t k = 0; k < w->count; k++)
        for (int i = 0; i < w->nodes[k]->n_in; i++)
            if (!note_use(w, w->nodes[k]->edges[i].leaf, k))
                return false;
    if (!root->node && !note_use(w, root, 0))
        return false;
    if (!w->updater_count)
        return true;
    qsort(w->updaters, w->updater_count, sizeof *w->updaters, by_storage);
    note_all_saved(w);
    qsort(w->updaters, w->updater_count, sizeof *w->updaters, by_last);
    for (size_t i = w->updater_count; i-- > 0;) {
        w->updaters[i]->next = w->incomplete;
        w->incomplete = w->updaters[i];
    }
    qsort(w->updaters, w->updater_count, sizeof *w->updaters, by_storage);
    return true;
}

bool gra__updates_begin(gra__walk *w)
{
    if (w->updater_count && w->create) {
        gra_fail("gra_backward: .create_graph keeps a history of the leaves' gradients, and "
                 ".fused_backward of %s keeps no gradients; use gra_grad, or make the optimizer "
                 "without .fused_backward",
                 w->updaters[0]->name);
        return false;
    }
    bool fine = true;
    for (size_t i = 0; i < w->updater_count && fine; i++)
        fine = w->updaters[i]->begin(w->updaters[i]);
    return fine;
}

void gra__updates_finish(gra__walk *w)
{
    for (size_t i = 0; i < w->updater_count; i++) {
        gra__updater *const u = w->updaters[i];
        gra_tensor *const leaf = u->leaf;
        gra__release(u->grad);
        u->grad = NULL;
        __atomic_store_n(&u->walk, NULL, __ATOMIC_RELEASE);
        gra__release(u->owner);
        gra__release(leaf);
    }
    free(w->updaters);
}

/* ---- during the walk ---- */

gra_tensor *gra__apart(const gra__walk *w, gra_tensor *g)
{
    return g && find(w, g->storage) ? gra_clone(g) : g;
}

/* The updater that takes the leaf's gradient in this walk, or NULL. */
static gra__updater *updater_of(const gra__walk *w, const gra_tensor *leaf)
{
    gra__updater *const u = leaf->updater;
    return u && __atomic_load_n(&u->walk, __ATOMIC_RELAXED) == w ? u : NULL;
}

gra_tensor **gra__update_slot(const gra__walk *w, const gra_tensor *leaf)
{
    gra__updater *const u = updater_of(w, leaf);
    return u ? &u->grad : NULL;
}

static bool take_whole(const gra__walk *w, gra__updater *u)
{
    gra_tensor *g = gra__scoped(u->grad);
    u->grad = NULL;
    g = gra__apart(w, gra__through_hooks(&u->leaf->hooks, g));
    if (!g)
        return false;
    const bool fine = u->take(u, g, 0);
    u->end(u);
    return fine && gra__run_after_hooks(u->leaf);
}

bool gra__updates_complete(gra__walk *w, size_t index)
{
    bool fine = true;
    while (fine && w->incomplete && w->incomplete->last <= index) {
        gra__updater *const u = w->incomplete;
        w->incomplete = u->next;
        const int mark = gra_mark();
        fine = !u->grad || take_whole(w, u);
        gra_release(mark);
    }
    return fine;
}

/* ---- strips ---- */

/* Whether the node saved something in the memory of its input i besides that input. */
static bool saves_twin(const gra_node *node, int i)
{
    const gra_storage *const storage = node->edges[i].leaf->storage;
    bool twin = false;
    for (int k = 0; k < node->n_in; k++)
        twin |= k != i && node->edges[k].saved && node->edges[k].saved->storage == storage;
    for (int k = 0; k < node->n_out; k++)
        twin |= node->results[k].saved && node->results[k].saved->storage == storage;
    for (int k = 0; k < GRA_MAX_SAVED; k++)
        twin |= node->saved[k] && node->saved[k]->storage == storage;
    return twin;
}

int gra__update_in_strips(const gra__walk *w, const gra_node *node, size_t index)
{
    const bool may = node->op->vjp_strips && w->updater_count && !gra__anomaly.on;
    for (int i = 0; i < node->n_in && may; i++) {
        const gra__edge *const edge = &node->edges[i];
        const gra__updater *const u = edge->leaf ? updater_of(w, edge->leaf) : NULL;
        if (i < 31 && (node->op->strips & GRA_IN(i)) && u && u->uses == 1 && u->last == index &&
            !edge->leaf->hooks && !node->extra && edge->shape.count > 0 &&
            gra_shape_equal(edge->shape, edge->leaf->shape) && !saves_twin(node, i))
            return i;
    }
    return -1;
}

/* Strips on their way from a rule to an updater. */
typedef struct stream {
    gra__updater *updater;
    int64_t row; /* of the next strip */
    bool fine;
} stream;

/* Whether the strip continues the gradient of a leaf. */
static bool strip_fits(const stream *s, const gra_tensor *strip)
{
    const gra_shape *const whole = &s->updater->leaf->shape;
    bool fits = strip && strip->shape.count == whole->count &&
                s->row + strip->shape.size[0] <= whole->size[0];
    for (int d = 1; fits && d < whole->count; d++)
        fits = strip->shape.size[d] == whole->size[d];
    return fits;
}

static bool take_strip(void *context, gra_tensor *strip)
{
    stream *const s = context;
    s->fine = s->fine && strip_fits(s, strip) && s->updater->take(s->updater, strip, s->row);
    if (s->fine)
        s->row += strip->shape.size[0];
    return s->fine;
}

bool gra__update_stream(gra_call *c, gra_tensor **g, int i)
{
    gra_tensor *const leaf = c->node->edges[i].leaf;
    stream s = {.updater = leaf->updater, .fine = true};
    c->in[i] = NULL;
    gra__watch_call(GRA__RULE, true, c);
    c->op->vjp_strips(c, g, i, take_strip, &s);
    gra__watch_call(GRA__RULE, false, c);
    s.updater->end(s.updater);
    if (gra_error())
        return false;
    if (s.fine && s.row == leaf->shape.size[0])
        return true;
    char text[GRA_SHAPE_TEXT];
    gra_fail(
        "gra_backward: vjp_strips of %s gave %lld rows of the gradient of its input %d, and then "
        "%s; the input has shape %s",
        gra_op_name(c->op), (long long)s.row, i, s.fine ? "no more" : "a strip that does not fit",
        gra_shape_text(leaf->shape, text));
    return false;
}
