/* node_set.c - the nodes and leaves met on a walk over a graph. */
#include "core/node_set.h"

#include <stdint.h>
#include <stdlib.h>

/* The entry of an item, or the free one where it belongs. The table is never full. */
static size_t *entry_of(const gra__node_set *s, const void *item)
{
    const size_t size = 2 * s->capacity; /* a power of two */
    size_t at = (size_t)(((uintptr_t)item >> 4) * 0x9e3779b97f4a7c15u >> 20) & (size - 1);
    while (s->table[at] && s->items[s->table[at] - 1] != item)
        at = (at + 1) & (size - 1);
    return &s->table[at];
}

static bool grow(gra__node_set *s)
{
    const size_t larger = s->capacity ? 2 * s->capacity : 64;
    const void **const moved = realloc(s->items, larger * sizeof *moved);
    s->items = moved ? moved : s->items;
    size_t *const table = moved ? calloc(2 * larger, sizeof *table) : NULL;
    if (!table)
        return false;
    free(s->table);
    s->table = table;
    s->capacity = larger;
    for (size_t i = 0; i < s->count; i++)
        *entry_of(s, s->items[i]) = i + 1;
    return true;
}

long gra__node_set_add(gra__node_set *s, const void *item, bool *is_new)
{
    *is_new = false;
    if (s->count == s->capacity && !grow(s))
        return -1;
    size_t *const entry = entry_of(s, item);
    if (!*entry) {
        *is_new = true;
        s->items[s->count++] = item;
        *entry = s->count;
    }
    return (long)(*entry - 1);
}

long gra__node_set_find(const gra__node_set *s, const void *item)
{
    return s->capacity ? (long)*entry_of(s, item) - 1 : -1;
}

void gra__node_set_free(gra__node_set *s)
{
    free(s->items);
    free(s->table);
}
