/* graph_dot.c - drawing a graph. */
#include "viz/graph_dot.h"

#include <errno.h>
#include <string.h>

#include "core/error.h"
#include "core/node.h"
#include "core/node_set.h"

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
static bool draw_input(FILE *file, gra__node_set *nodes, gra__node_set *leaves,
                       const gra__edge *edge, long name)
{
    bool is_new;
    if (edge->shape.count < 0) /* an optional input that was left out */
        return true;
    if (edge->node) {
        const long from = gra__node_set_add(nodes, edge->node, &is_new);
        if (from >= 0)
            fprintf(file, "  op%ld -> op%ld;\n", from, name);
        return from >= 0;
    }
    const long from =
        gra__node_set_add(leaves, edge->leaf ? (void *)edge->leaf : (void *)edge, &is_new);
    if (from < 0)
        return false;
    if (is_new)
        draw_leaf(file, from, edge->dtype, edge->shape, edge->leaf != NULL);
    fprintf(file, "  leaf%ld -> op%ld;\n", from, name);
    return true;
}

static bool draw_all(FILE *file, gra__node_set *nodes, gra__node_set *leaves)
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
    gra__node_set nodes = {0}, leaves = {0};
    bool is_new;
    fprintf(file,
            "digraph gradus {\n  rankdir=TB;\n  node [fontname=\"Helvetica\", fontsize=11];\n");
    if (!t->node)
        draw_leaf(file, 0, t->dtype, t->shape, t->requires_grad);
    const bool fine = !t->node || (gra__node_set_add(&nodes, t->node, &is_new) >= 0 &&
                                   draw_all(file, &nodes, &leaves));
    fprintf(file, "}\n");
    gra__node_set_free(&nodes);
    gra__node_set_free(&leaves);
    if (fine && fflush(file) == 0 && !ferror(file))
        return 0;
    gra_fail("gra_graph_dot: the drawing could not be written: %s",
             fine ? strerror(errno) : "out of memory");
    return -1;
}
