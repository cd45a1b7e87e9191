/* graph_dot.c - drawing a graph. */
#include "viz/graph_dot.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/node.h"

/* The nodes and leaves met so far, in the order of their discovery; the index is the name.  A hash
 * table with open addressing finds them again: an entry is an index plus 1, or 0 where it is free. */
typedef struct seen {
    const void **items;
    size_t *table; /* 2 * capacity entries */
    size_t count, capacity;
} seen;

/* The entry of an item, or the free one where it belongs. The table is never full. */
static size_t *entry_of(const seen *s, const void *item)
{
    const size_t size = 2 * s->capacity; /* a power of two */
    size_t at = (size_t)(((uintptr_t)item >> 4) * 0x9e3779b97f4a7c15u >> 20) & (size - 1);
    while (s->table[at] && s->items[s->table[at] - 1] != item)
        at = (at + 1) & (size - 1);
    return &s->table[at];
}

static bool grow(seen *s)
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

/* Index of an item; *is_new tells whether it was met for the first time. -1 where memory is short. */
static long index_of(seen *s, const void *item, bool *is_new)
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

static void seen_free(seen *s)
{
    free(s->items);
    free(s->table);
}

static void draw_leaf(FILE *file, long name, gra_dtype dtype, gra_shape shape, bool requires_grad)
{
    char text[GRA_SHAPE_TEXT];
    fprintf(file, "  leaf%ld [shape=box, style=filled, fillcolor=\"%s\", label=\"%s\\n%s\"];\n",
            name, requires_grad ? "#cfe2ff" : "#eeeeee", gra_dtype_name(dtype),
            gra_shape_text(shape, text));
}

static void draw_op(FILE *file, long name, const gra_node *node)
{
    char text[GRA_SHAPE_TEXT];
    fprintf(file, "  op%ld [shape=ellipse, label=\"%s\\n%s\"];\n", name, gra_op_name(node->op),
            gra_shape_text(node->results[0].shape, text));
}

/* Draws the arrow of one input. Other nodes join the list; a leaf is drawn at once, and so is a
 * constant, of which the graph knows no more than shape and dtype, for each of its uses. */
static bool draw_input(FILE *file, seen *nodes, seen *leaves, const gra__edge *edge, long name)
{
    bool is_new;
    if (edge->shape.count < 0) /* an optional input that was left out */
        return true;
    if (edge->node) {
        const long from = index_of(nodes, edge->node, &is_new);
        if (from >= 0)
            fprintf(file, "  op%ld -> op%ld;\n", from, name);
        return from >= 0;
    }
    const long from = index_of(leaves, edge->leaf ? (void *)edge->leaf : (void *)edge, &is_new);
    if (from < 0)
        return false;
    if (is_new)
        draw_leaf(file, from, edge->dtype, edge->shape, edge->leaf != NULL);
    fprintf(file, "  leaf%ld -> op%ld;\n", from, name);
    return true;
}

static bool draw_all(FILE *file, seen *nodes, seen *leaves)
{
    for (size_t i = 0; i < nodes->count; i++) {
        const gra_node *const node = nodes->items[i];
        draw_op(file, (long)i, node);
        for (int k = 0; k < node->n_in; k++)
            if (!draw_input(file, nodes, leaves, &node->edges[k], (long)i))
                return false;
    }
    return true;
}

int gra_graph_dot(const gra_tensor *t, FILE *file)
{
    if (!t || !file) {
        gra_fail("gra_graph_dot: %s is NULL", t ? "the file" : "the tensor");
        return -1;
    }
    gra__bring_up_to_date(t);
    seen nodes = {0}, leaves = {0};
    bool is_new;
    fprintf(file,
            "digraph gradus {\n  rankdir=TB;\n  node [fontname=\"Helvetica\", fontsize=11];\n");
    if (!t->node)
        draw_leaf(file, 0, t->dtype, t->shape, t->requires_grad);
    const bool fine =
        !t->node || (index_of(&nodes, t->node, &is_new) >= 0 && draw_all(file, &nodes, &leaves));
    fprintf(file, "}\n");
    seen_free(&nodes);
    seen_free(&leaves);
    if (fine && fflush(file) == 0 && !ferror(file))
        return 0;
    gra_fail("gra_graph_dot: the drawing could not be written: %s",
             fine ? strerror(errno) : "out of memory");
    return -1;
}
