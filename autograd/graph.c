/* graph.c - queries of nodes, and the lists of their hooks. */
#include "autograd/graph.h"

#include <string.h>

#include "autograd/walk.h"
#include "core/alloc_cache.h"
#include "core/error.h"
#include "core/node.h"
#include "ops/ops.h"

gra_node *gra_tensor_node(const gra_tensor *t)
{
    gra__bring_up_to_date(t);
    return t ? t->node : NULL;
}

const char *gra_node_name(const gra_node *node)
{
    return node ? gra_op_name(node->op) : NULL;
}

int gra_node_input_count(const gra_node *node)
{
    return node ? node->n_in : 0;
}

int gra_node_output_count(const gra_node *node)
{
    return node ? node->n_out : 0;
}

static const gra__edge *edge_at(const char *op, const gra_node *node, int i)
{
    if (node && (i < 0 || i >= node->n_in))
        return gra_fail("%s: %s has no input %d; it has %d of them", op, gra_op_name(node->op), i,
                        node->n_in);
    return node ? &node->edges[i] : NULL;
}

gra_node *gra_node_input(const gra_node *node, int i)
{
    const gra__edge *const edge = edge_at("gra_node_input", node, i);
    return edge ? edge->node : NULL;
}

gra_tensor *gra_node_leaf(const gra_node *node, int i)
{
    const gra__edge *const edge = edge_at("gra_node_leaf", node, i);
    return edge ? edge->leaf : NULL;
}

/* ---- the list ---- */

int gra__node_add_hook(gra_node *node, gra__node_hook added)
{
    gra__extra *const extra = gra__node_extra(node);
    gra__node_hook *const hook = extra ? gra__alloc(sizeof *hook) : NULL;
    if (!hook)
        return -1;
    *hook = added;
    hook->id = gra__hook_id();
    gra__node_hook **end = &extra->hooks;
    while (*end)
        end = &(*end)->next;
    *end = hook;
    return hook->id;
}

int gra_node_hook(gra_node *node, gra_node_hook_fn fn, void *context)
{
    if (node && !fn)
        gra_fail("gra_node_hook: the function is NULL");
    return node && fn ? gra__node_add_hook(node, (gra__node_hook){.after = fn, .context = context})
                      : -1;
}

int gra_node_pre_hook(gra_node *node, gra_node_pre_hook_fn fn, void *context)
{
    if (node && !fn)
        gra_fail("gra_node_pre_hook: the function is NULL");
    return node && fn ? gra__node_add_hook(node, (gra__node_hook){.before = fn, .context = context})
                      : -1;
}

int gra_node_remove_hook(gra_node *node, int id)
{
    if (!node)
        return -1;
    gra__node_hook **at = node->extra ? &node->extra->hooks : NULL;
    while (at && *at && (*at)->id != id)
        at = &(*at)->next;
    gra__node_hook *const hook = at ? *at : NULL;
    if (!hook) {
        gra_fail("gra_node_remove_hook: the node of %s has no hook %d", gra_op_name(node->op), id);
        return -1;
    }
    *at = hook->next;
    if (hook->drop)
        hook->drop(hook->context);
    gra__dealloc(hook, sizeof *hook);
    return 0;
}

/* ---- running them ---- */

/* The first hook behind `id` in the order of ids, of those up to `last`; or NULL. */
static const gra__node_hook *hook_after(const gra_node *node, int id, int last)
{
    const gra__node_hook *hook = node->extra ? node->extra->hooks : NULL;
    while (hook && hook->id <= id)
        hook = hook->next;
    return hook && hook->id <= last ? hook : NULL;
}

static int last_id(const gra_node *node)
{
    int id = 0;
    for (const gra__node_hook *h = node->extra ? node->extra->hooks : NULL; h; h = h->next)
        id = h->id;
    return id;
}

/* Takes in what hooks put in the place of gradients; `from` are those they were given. */
static bool take_in(const gra_node *node, const char *what, gra_tensor **g, gra_tensor *const *from,
                    int count)
{
    for (int i = 0; i < count; i++) {
        if (g[i] == from[i])
            continue;
        char a[GRA_SHAPE_TEXT], b[GRA_SHAPE_TEXT];
        if (!from[i] || !g[i])
            gra_fail("gra_backward: a hook of %s put %s in the place of the gradient of its %s %d, "
                     "%s",
                     gra_op_name(node->op), g[i] ? "a tensor" : "NULL", what, i,
                     g[i] ? "for which none is asked" : "which needs one");
        else if (!gra_shape_equal(g[i]->shape, from[i]->shape))
            gra_fail(
                "gra_backward: a hook of %s replaced the gradient of its %s %d, of shape %s, by "
                "one of shape %s",
                gra_op_name(node->op), what, i, gra_shape_text(from[i]->shape, a),
                gra_shape_text(g[i]->shape, b));
        if (gra_error())
            return false;
        gra__retain(g[i]); /* as it may be the hook's own, which the walk must not write into */
        g[i] = gra__scoped(g[i]) ? gra_to(g[i], from[i]->dtype) : NULL;
    }
    return !gra_error();
}

/* Runs one hook on lists that it may change: `in` is NULL before the rule. */
static bool run_hook(const gra__node_hook *hook, gra_node *node, gra_tensor **in, gra_tensor **out)
{
    const int count = in ? node->n_in : node->n_out;
    gra_tensor **const changed = in ? in : out;
    const size_t bytes = (size_t)count * sizeof *changed;
    gra_tensor **const from = gra__alloc(bytes);
    if (!from)
        return false;
    memcpy(from, changed, bytes);
    if (in)
        hook->after(node, in, out, hook->context);
    else
        hook->before(node, out, hook->context);
    const bool fine = !gra_error() && take_in(node, in ? "input" : "output", changed, from, count);
    gra__dealloc(from, bytes);
    return fine;
}

static bool run_hooks(gra_node *node, gra_tensor **in, gra_tensor **out)
{
    const int last = last_id(node);
    bool fine = true;
    for (int id = 0; fine;) {
        const gra__node_hook *const hook = hook_after(node, id, last);
        if (!hook)
            break;
        id = hook->id;
        if (in ? hook->after != NULL : hook->before != NULL)
            fine = run_hook(hook, node, in, out);
    }
    return fine;
}

bool gra__node_run_pre_hooks(gra_node *node, gra_tensor **grad_outputs)
{
    return run_hooks(node, NULL, grad_outputs);
}

bool gra__node_run_hooks(gra_node *node, gra_tensor **grad_inputs, gra_tensor **grad_outputs)
{
    return run_hooks(node, grad_inputs, grad_outputs);
}
