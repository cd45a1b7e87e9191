/* node_set.h - the nodes and leaves met on a walk over a graph, in the order of their discovery.
 *
 *     gra__node_set met = {0};
 *     bool is_new;
 *     gra__node_set_add(&met, node, &is_new);
 *     for (size_t i = 0; i < met.count; i++)         nodes added on the way are visited too
 *         ...
 *     gra__node_set_free(&met);
 */
#ifndef GRA_CORE_NODE_SET_H
#define GRA_CORE_NODE_SET_H

#include <stdbool.h>
#include <stddef.h>

/* A hash table with open addressing finds items again: an entry is an index plus 1, or 0 where it is free. */
typedef struct gra__node_set {
    const void **items;
    size_t *table; /* 2 * capacity entries */
    size_t count, capacity;
} gra__node_set;

/* Index of an item, which is added where it is new. -1 where memory is short, without an error. */
long gra__node_set_add(gra__node_set *s, const void *item, bool *is_new);

/* Index of an item, -1 where it is not among them. */
long gra__node_set_find(const gra__node_set *s, const void *item);
void gra__node_set_free(gra__node_set *s);

#endif
