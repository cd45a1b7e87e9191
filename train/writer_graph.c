/* writer_graph.c - a recorded graph as TensorBoard draws it.
 *
 * Each op, leaf and constant is a node. TensorBoard draws what has a name SCOPE/... as a box, which
 * opens: a parameter features.0.weight is features/0/weight, and an op that reads it stands beside it,
 * as features/0/conv2d. The other ops stand outside, as relu, relu_1 ...
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/node.h"
#include "core/node_set.h"
#include "train/writer_struct.h"

typedef enum item_kind { AN_OP, A_LEAF, A_CONSTANT } item_kind;

/* How often a name was given. */
typedef struct used_name {
    char *name;
    long count;
} used_name;

/* Arrays are as long as their counts rounded up to powers of two; all is owned but the items. */
typedef struct graph {
    gra__node_set met; /* a gra_node, a leaf's gra_tensor, or the gra__edge of a constant */
    item_kind *kinds;  /* of each */
    gra__event_graph_node *nodes;
    used_name *used;
    size_t used_count;
} graph;

static bool out_of_memory(void)
{
    gra_fail("gra_writer_add_graph: out of memory");
    return false;
}

/* ---- what there is ---- */

static long add(graph *g, const void *item, item_kind kind)
{
    bool is_new;
    const long at = gra__node_set_add(&g->met, item, &is_new);
    if (at < 0 || !is_new)
        return at;
    item_kind *const more = realloc(g->kinds, g->met.capacity * sizeof *more);
    if (!more)
        return -1;
    g->kinds = more;
    g->kinds[at] = kind;
    return at;
}

/* The item that an input comes from; -1 where memory is short. */
static long source_of(graph *g, const gra__edge *edge)
{
    if (edge->node)
        return add(g, edge->node, AN_OP);
    return edge->leaf ? add(g, edge->leaf, A_LEAF) : add(g, edge, A_CONSTANT);
}

static bool is_given(const gra__edge *edge)
{
    return edge->shape.count >= 0; /* else an optional input that was left out */
}

static bool collect(graph *g, const gra_node *root)
{
    if (add(g, root, AN_OP) < 0)
        return out_of_memory();
    for (size_t i = 0; i < g->met.count; i++) {
        const gra_node *const node = g->met.items[i];
        for (int k = 0; g->kinds[i] == AN_OP && k < node->n_in; k++)
            if (is_given(&node->edges[k]) && source_of(g, &node->edges[k]) < 0)
                return out_of_memory();
    }
    g->nodes = calloc(g->met.count, sizeof *g->nodes);
    return g->nodes || out_of_memory();
}

/* ---- names ---- */

/* TensorFlow's alphabet for names. */
static void clean(char *name)
{
    for (char *c = name; *c; c++)
        if (!isalnum((unsigned char)*c) && !strchr("_.-/", *c))
            *c = '_';
}

/* A copy of the name, with _K behind it from the second time on. */
static char *unique(graph *g, const char *name)
{
    char *text;
    size_t i = 0;
    while (i < g->used_count && strcmp(g->used[i].name, name) != 0)
        i++;
    if (i == g->used_count) {
        used_name *const more = realloc(g->used, (g->used_count + 1) * sizeof *more);
        g->used = more ? more : g->used;
        char *const copy = more ? strdup(name) : NULL;
        if (!copy)
            return NULL;
        g->used[g->used_count++] = (used_name){.name = copy, .count = 1};
        return strdup(name);
    }
    return asprintf(&text, "%s_%ld", name, g->used[i].count++) < 0 ? NULL : text;
}

/* features.0.weight is features/0/weight. */
static int name_parameter(const char *name, gra_tensor *t, void *context)
{
    graph *const g = context;
    const long at = gra__node_set_find(&g->met, t);
    if (at < 0)
        return 0;
    char *const copy = strdup(name);
    for (char *c = copy; c && *c; c++)
        if (*c == '.')
            *c = '/';
    g->nodes[at].name = copy;
    return copy || out_of_memory() ? 0 : -1;
}

/* The folder of the first named parameter that the op reads, "" for none: its length in *name. */
static int scope_of(graph *g, const gra_node *node, const char **name)
{
    *name = "";
    for (int k = 0; k < node->n_in; k++) {
        const gra__edge *const edge = &node->edges[k];
        if (!is_given(edge) || !edge->leaf)
            continue;
        const char *const leaf = g->nodes[source_of(g, edge)].name;
        const char *const slash = leaf ? strrchr(leaf, '/') : NULL;
        if (slash) {
            *name = leaf;
            return (int)(slash - leaf) + 1;
        }
    }
    return 0;
}

static char *name_of_op(graph *g, const gra_node *node)
{
    const char *scope;
    char *name;
    const int length = scope_of(g, node, &scope);
    if (asprintf(&name, "%.*s%s", length, scope, gra_op_name(node->op)) < 0)
        return NULL;
    clean(name);
    char *const result = unique(g, name);
    free(name);
    return result;
}

/* Parameters have theirs already; what is left of the leaves comes before the ops, which look at them. */
static bool name_all(graph *g, const gra_module *module)
{
    if (module && gra_module_named_parameters(module, name_parameter, g) < 0)
        return false;
    for (size_t i = 0; i < g->met.count; i++) {
        if (g->nodes[i].name)
            clean(g->nodes[i].name);
        else if (g->kinds[i] != AN_OP)
            g->nodes[i].name = unique(g, g->kinds[i] == A_LEAF ? "leaf" : "constant");
    }
    for (size_t i = 0; i < g->met.count; i++) {
        if (g->kinds[i] == AN_OP)
            g->nodes[i].name = name_of_op(g, g->met.items[i]);
        if (!g->nodes[i].name)
            return out_of_memory();
    }
    return true;
}

/* ---- nodes ---- */

static bool fill_inputs(graph *g, const gra_node *node, gra__event_graph_node *out)
{
    out->inputs = calloc((size_t)node->n_in + 1, sizeof *out->inputs);
    if (!out->inputs)
        return out_of_memory();
    for (int k = 0; k < node->n_in; k++) {
        const gra__edge *const edge = &node->edges[k];
        if (!is_given(edge))
            continue;
        const char *const name = g->nodes[source_of(g, edge)].name;
        char *text;
        if (!edge->node || edge->output == 0)
            text = strdup(name);
        else if (asprintf(&text, "%s:%d", name, edge->output) < 0)
            text = NULL;
        if (!text)
            return out_of_memory();
        out->inputs[out->input_count++] = text;
    }
    return true;
}

static bool fill(graph *g)
{
    for (size_t i = 0; i < g->met.count; i++) {
        gra__event_graph_node *const out = &g->nodes[i];
        const void *const item = g->met.items[i];
        const char *op = "Parameter";
        if (g->kinds[i] == AN_OP) {
            op = gra_op_name(((const gra_node *)item)->op);
            out->shape = ((const gra_node *)item)->results[0].shape;
        } else if (g->kinds[i] == A_LEAF) {
            out->shape = ((const gra_tensor *)item)->shape;
        } else {
            op = "Constant";
            out->shape = ((const gra__edge *)item)->shape;
        }
        out->op = strdup(op);
        if (!out->op)
            return out_of_memory();
        if (g->kinds[i] == AN_OP && !fill_inputs(g, item, out))
            return false;
    }
    return true;
}

static void graph_free(graph *g)
{
    for (size_t i = 0; g->nodes && i < g->met.count; i++) {
        for (size_t k = 0; k < g->nodes[i].input_count; k++)
            free(g->nodes[i].inputs[k]);
        free(g->nodes[i].inputs);
        free(g->nodes[i].name);
        free(g->nodes[i].op);
    }
    for (size_t i = 0; i < g->used_count; i++)
        free(g->used[i].name);
    free(g->used);
    free(g->nodes);
    free(g->kinds);
    gra__node_set_free(&g->met);
}

gra_writer_graph_options gra_writer_graph_defaults(void)
{
    return (gra_writer_graph_options){0};
}

int gra_writer_add_graph_with(gra_writer_graph_options o)
{
    static const char op[] = "gra_writer_add_graph";
    if (!o.output || !gra__writer_ready(o.writer, op, ""))
        return -1;
    gra__bring_up_to_date(o.output);
    if (!o.output->node) {
        gra_fail("%s: the tensor has no graph: it is no result of a recorded op, or gradients were "
                 "off",
                 op);
        return -1;
    }
    graph g = {0};
    int result = -1;
    if (collect(&g, o.output->node) && name_all(&g, o.module) && fill(&g)) {
        gra__event event = {.kind = GRA__EVENT_GRAPH};
        event.is.graph.nodes = g.nodes;
        event.is.graph.count = g.met.count;
        result = gra__writer_put(o.writer, op, &event);
    }
    graph_free(&g);
    return result;
}
