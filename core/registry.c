/* registry.c - ops by name.
 *
 * A table of all ops, and a hash table of the same with open addressing.  Readers take no lock: both
 * grow by being replaced, an old one stays as somebody may be reading it, and a new op is written
 * behind what a reader knows of.  Sizes double, so what is kept is no more than what is used.
 */
#include "registry_table.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "schema.h"

typedef struct registry {
    struct registry *older; /* a replaced one, which is never freed */
    size_t count, capacity; /* of ops; slots are twice the capacity, a power of two */
    const gra_op **ops;
    const gra_op **slots;
} registry;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static registry *current; /* atomic */

static uint32_t hash_of(const char *name, size_t length)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)name[i]) * 16777619u;
    return hash;
}

static size_t name_length(const gra_op *op)
{
    return strcspn(op->schema, "(");
}

/* The slot of a name: the op's, or the empty one where it would be. */
static const gra_op **slot_of(const registry *r, const char *name, size_t length)
{
    const size_t mask = 2 * r->capacity - 1;
    for (size_t i = hash_of(name, length) & mask;; i = (i + 1) & mask) {
        const gra_op *const op = __atomic_load_n(&r->slots[i], __ATOMIC_ACQUIRE);
        if (!op || (strncmp(op->schema, name, length) == 0 && op->schema[length] == '('))
            return &r->slots[i];
    }
}

/* Under the lock; there is room. */
static void insert(registry *r, const gra_op *op)
{
    r->ops[r->count] = op;
    __atomic_store_n(slot_of(r, op->schema, name_length(op)), op, __ATOMIC_RELEASE);
    __atomic_store_n(&r->count, r->count + 1, __ATOMIC_RELEASE);
}

/* A registry with room for twice what the older one, or the built-in table, has. NULL with an error. */
static registry *registry_new(registry *older)
{
    const gra_op *const *const ops = older ? older->ops : gra__builtin_ops;
    const size_t count = older ? older->count : gra__builtin_count;
    size_t capacity = 64;
    while (capacity < 2 * count)
        capacity *= 2;
    const size_t bytes = sizeof(registry) + 3 * capacity * sizeof(gra_op *);
    registry *const r = calloc(1, bytes);
    if (!r)
        return gra_fail("gra_ops: out of memory: %zu bytes were asked for", bytes);
    r->older = older;
    r->capacity = capacity;
    r->ops = (const gra_op **)(r + 1);
    r->slots = r->ops + capacity;
    for (size_t i = 0; i < count; i++)
        insert(r, ops[i]);
    __atomic_store_n(&current, r, __ATOMIC_RELEASE);
    return r;
}

static registry *registry_get(void)
{
    registry *r = __atomic_load_n(&current, __ATOMIC_ACQUIRE);
    if (r)
        return r;
    pthread_mutex_lock(&lock);
    r = current ? current : registry_new(NULL);
    pthread_mutex_unlock(&lock);
    return r;
}

const gra_op *const *gra_ops(size_t *count)
{
    const registry *const r = registry_get();
    *count = r ? __atomic_load_n(&r->count, __ATOMIC_ACQUIRE) : 0;
    return r ? r->ops : NULL;
}

const gra_op *gra_find_op(const char *name)
{
    const registry *const r = name ? registry_get() : NULL;
    return r ? __atomic_load_n(slot_of(r, name, strlen(name)), __ATOMIC_ACQUIRE) : NULL;
}

/* Whether a name is free, among the registered ops and those of the batch before it; one's own is. Under
 * the lock. */
static bool may_have_its_name(const gra_op *const *ops, size_t i)
{
    const size_t length = name_length(ops[i]);
    const gra_op *found = *slot_of(current, ops[i]->schema, length);
    for (size_t k = 0; k < i && !found; k++)
        if (name_length(ops[k]) == length && !strncmp(ops[k]->schema, ops[i]->schema, length))
            found = ops[k];
    if (!found || found == ops[i])
        return true;
    return gra_fail(
        "gra_register_op: the name is taken: there is an op %s already; \"%s\" needs another",
        found->schema, ops[i]->schema);
}

/* Under the lock. */
static bool add_all(const gra_op *const *ops, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!may_have_its_name(ops, i))
            return false;
    registry *r = current;
    while (r->capacity - r->count < count)
        if (!(r = registry_new(r)))
            return false;
    for (size_t i = 0; i < count; i++)
        if (!*slot_of(r, ops[i]->schema, name_length(ops[i])))
            insert(r, ops[i]);
    return true;
}

int gra__register_ops(const gra_op *const *ops, size_t count)
{
    for (size_t i = 0; i < count && !gra_error(); i++)
        if (!ops[i])
            gra_fail("gra_register_op: the op is NULL");
        else
            gra__schema_of(ops[i]);
    if (gra_error() || !registry_get())
        return -1;
    pthread_mutex_lock(&lock);
    const bool fine = add_all(ops, count);
    pthread_mutex_unlock(&lock);
    return fine ? 0 : -1;
}

int gra_register_op(const gra_op *op)
{
    return gra__register_ops(&op, 1);
}

const char *gra_op_doc(const gra_op *op)
{
    if (!op || op->doc)
        return op ? op->doc : "";
    for (size_t i = 0; i < gra__builtin_count; i++)
        if (gra__builtin_ops[i] == op)
            return gra__builtin_docs[i];
    return "";
}

/* ---- the nearest names ---- */

enum { LONGEST = 64, NEAREST = 3 };

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* How many letters must be put in, left out or exchanged to make b of a (Levenshtein). */
static int distance(const char *a, size_t m, const char *b, size_t n)
{
    int row[LONGEST + 1];
    if (m > LONGEST || n > LONGEST)
        return LONGEST;
    for (size_t j = 0; j <= n; j++)
        row[j] = (int)j;
    for (size_t i = 1; i <= m; i++) {
        int diagonal = row[0];
        row[0] = (int)i;
        for (size_t j = 1; j <= n; j++) {
            const int above = row[j];
            row[j] = least(diagonal + (a[i - 1] != b[j - 1]), least(above, row[j - 1]) + 1);
            diagonal = above;
        }
    }
    return row[n];
}

/* Keeps the nearest names, nearest first; the earlier of equals. */
static void consider(const gra_op *op, int far, const gra_op *near[NEAREST], int how_far[NEAREST])
{
    int at = NEAREST;
    while (at > 0 && (!near[at - 1] || far < how_far[at - 1]))
        at--;
    for (int i = NEAREST - 1; i > at; i--) {
        near[i] = near[i - 1];
        how_far[i] = how_far[i - 1];
    }
    if (at < NEAREST) {
        near[at] = op;
        how_far[at] = far;
    }
}

const gra_op *gra_require_op(const char *caller, const char *name)
{
    const gra_op *const found = gra_find_op(name);
    if (found || gra_error())
        return found;
    if (!name)
        return gra_fail("%s: the name of the op is NULL", caller);
    const gra_op *near[NEAREST] = {0};
    int how_far[NEAREST];
    size_t count;
    const gra_op *const *const ops = gra_ops(&count);
    const size_t length = strlen(name);
    for (size_t i = 0; i < count; i++) {
        const int far = distance(name, length, ops[i]->schema, name_length(ops[i]));
        if (far <= (int)(length + 2) / 3)
            consider(ops[i], far, near, how_far);
    }
    if (!near[0])
        return gra_fail("%s: there is no op \"%s\"; gra_ops() lists all", caller, name);
    char names[NEAREST * (LONGEST + 8)] = "";
    for (int i = 0; i < NEAREST && near[i]; i++)
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s%.*s",
                 i == 0                             ? ""
                 : i == NEAREST - 1 || !near[i + 1] ? " or "
                                                    : ", ",
                 (int)name_length(near[i]), near[i]->schema);
    return gra_fail("%s: there is no op \"%s\"; did you mean %s?", caller, name, names);
}
