/* node.c - life of graph nodes. */
#include "node.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc_cache.h"
#include "anomaly.h"
#include "error.h"
#include "error_path.h"
#include "packed.h"
#include "schema.h"
#include "thread_local.h"

static uint64_t sequence;

gra__extra *gra__node_extra(gra_node *node)
{
    if (!node->extra)
        node->extra = gra__alloc_zeroed(sizeof *node->extra);
    return node->extra;
}

static void extra_free(gra__extra *extra)
{
    if (!extra)
        return;
    while (extra->hooks) {
        gra__node_hook *const hook = extra->hooks;
        extra->hooks = hook->next;
        if (hook->drop)
            hook->drop(hook->context);
        gra__dealloc(hook, sizeof *hook);
    }
    free(extra->origin);
    gra__dealloc(extra, sizeof *extra);
}

const char *gra__node_origin(const gra_node *node, char text[GRA__ORIGIN])
{
    text[0] = 0;
    if (node->extra && node->extra->origin)
        snprintf(text, GRA__ORIGIN, " (recorded %s)", node->extra->origin);
    return text;
}

static void release_contents(gra_node *node)
{
    gra__node_free_saved(node);
    for (int i = 0; i < node->n_in; i++) {
        gra__release(node->edges[i].node);
        gra__release(node->edges[i].leaf);
    }
    for (int k = 0; k < node->n_out; k++) {
        gra__hooks_free(node->results[k].hooks);
        gra__release(node->results[k].grad);
    }
    extra_free(node->extra);
    gra__dealloc(node, node->bytes);
}

/* A node's end may be the end of a chain of a million; a work list instead of recursion. */
static void node_destroy(void *self)
{
    static GRA__HOT gra_node *work;
    static GRA__HOT bool working;
    gra_node *const node = self;
    node->next = work;
    work = node;
    if (working)
        return;
    working = true;
    while (work) {
        gra_node *const last = work;
        work = last->next;
        release_contents(last);
    }
    working = false;
}

static const gra_kind node_kind = {.name = "node", .keeper = "its graph", .destroy = node_destroy};

static size_t aligned(size_t size)
{
    return (size + 15) & ~(size_t)15;
}

static bool saves_input(gra_saves saves, int i)
{
    return saves ? i < 31 && (saves & GRA_IN(i)) : true;
}

/* What a node keeps of an input: a handle of its own with the history of now.  Keeping the input's
 * handle would close a circle when a later op writes into it and so gives it a newer node.  A leaf
 * that requires a gradient never gets a node, so it serves itself. */
static gra_tensor *save_input(gra_tensor *input)
{
    if (input->requires_grad && !input->node) {
        gra__retain(input);
        return input;
    }
    gra_tensor *const alias = gra__alias(input);
    if (alias && input->node) {
        gra__retain(input->node);
        alias->node = input->node;
        alias->output = input->output;
        alias->requires_grad = true;
    }
    return alias;
}

/* Whether a node may save t. False with an error. */
static bool may_save(const gra_op *op, const char *what, int i, const gra_tensor *t)
{
    if (t->storage->inference)
        gra_fail(
            "%s: its %s %d is an inference tensor, which cannot be saved for the backward pass; "
            "take a gra_clone outside of inference mode",
            gra_op_name(op), what, i);
    return !t->storage->inference;
}

static void fill_edge(gra_node *node, int i, gra_tensor *input, bool save)
{
    gra__edge *const edge = &node->edges[i];
    edge->shape.count = -1;
    if (!input)
        return;
    edge->shape = input->shape;
    edge->dtype = input->dtype;
    if (input->requires_grad) {
        edge->node = input->node;
        edge->leaf = input->node ? NULL : input;
        edge->output = input->output;
        gra__retain(edge->node);
        gra__retain(edge->leaf);
    }
    if (save && may_save(node->op, "input", i, input)) {
        edge->saved = save_input(input);
        edge->saved_version = input->storage->version;
    }
}

/* A write into a view is one into its base, as far as gradients are concerned. */
static void redirect_to_base(gra_node *node, gra__region *region, const gra_tensor *view)
{
    gra_tensor *const base = view->base;
    gra__edge *const edge = &node->edges[0];
    *region = gra__region_of(view, base);
    node->region = region;
    gra__release(edge->node);
    edge->node = base->requires_grad ? base->node : NULL;
    edge->output = base->output;
    gra__retain(edge->node);
}

/* An op with a .function leaves its size to the schema. */
static size_t args_size(const gra_op *op)
{
    return op->args_size ? op->args_size : gra__schema_of(op)->args_size;
}

gra_node *gra__node_new(const gra_call *c)
{
    gra_tensor *const written = c->op->inplace ? c->in[0] : NULL;
    const size_t head = aligned(sizeof(gra_node));
    const size_t edges = aligned((size_t)c->n_in * sizeof(gra__edge));
    const size_t results = aligned((size_t)c->n_out * sizeof(gra__result));
    const size_t arguments = c->args ? args_size(c->op) : 0, args = aligned(arguments);
    const size_t bytes =
        head + edges + results + args + (written && written->base ? sizeof(gra__region) : 0);
    char *const block = gra__alloc_zeroed(bytes);
    if (!block)
        return NULL;
    gra_node *const node = (gra_node *)block;
    node->op = c->op;
    node->sequence = __atomic_add_fetch(&sequence, 1, __ATOMIC_RELAXED);
    node->n_in = c->n_in;
    node->n_out = c->n_out;
    node->saves = c->saves;
    node->edges = (gra__edge *)(block + head);
    node->results = (gra__result *)(block + head + edges);
    node->args = block + head + edges + results;
    node->bytes = bytes;
    gra__object_init(&node->head, &node_kind, 0);
    if (c->args)
        memcpy(node->args, c->args, arguments);
    for (int i = 0; i < c->n_in; i++)
        fill_edge(node, i, c->in[i], saves_input(c->saves, i));
    if (written && written->base)
        redirect_to_base(node, (gra__region *)(block + head + edges + results + args), written);
    for (int k = 0; k < c->n_out; k++)
        node->results[k].shape.count = -1;
    for (int i = 0; i < GRA_MAX_SAVED; i++) {
        node->saved[i] = c->saved[i];
        gra__retain(c->saved[i]);
        node->saves_more |= c->saved[i] != NULL;
    }
    if (!gra__failed && (!gra__current_packing || gra__node_pack_inputs(node)) &&
        (!gra__anomaly.on || gra__note_origin(node)))
        return node; /* else what it was to save is not there */
    gra__release(node);
    return NULL;
}

bool gra__node_keep_output(gra_node *node, int k, const gra_tensor *t)
{
    if (k >= 31 || !(node->saves & GRA_OUT(k)))
        return true;
    if (!may_save(node->op, "output", k, t))
        return false;
    gra__result *const result = &node->results[k];
    result->saved = gra__alias(t);
    result->saved_version = t->storage->version;
    return result->saved && (!gra__current_packing || gra__node_pack_output(node, k));
}

bool gra__node_attach(gra_node *node, int k, gra_tensor *t)
{
    if (!gra__node_keep_output(node, k, t))
        return false;
    if (node->region && k == 0)
        t = t->base;
    gra__retain(node);
    if (t->node)
        gra__node_forget(t);
    t->node = node;
    t->output = k;
    t->requires_grad = true;
    gra__result *const result = &node->results[k];
    result->tensor = t;
    result->shape = t->shape;
    result->dtype = t->dtype;
    return true;
}

void gra__node_forget(gra_tensor *t)
{
    gra_node *const node = t->node;
    if (node->results[t->output].tensor == t)
        node->results[t->output].tensor = NULL;
    t->node = NULL;
    gra__release(node);
}

bool gra__node_saves_something(const gra_node *node)
{
    return (node->saves != GRA_SAVE_NOTHING && node->n_in > 0) || node->saves_more;
}

static void drop(gra_tensor **saved)
{
    gra__release(*saved);
    *saved = NULL;
}

void gra__node_free_saved(gra_node *node)
{
    for (int i = 0; i < node->n_in; i++)
        drop(&node->edges[i].saved);
    for (int k = 0; k < node->n_out; k++)
        drop(&node->results[k].saved);
    for (int i = 0; i < GRA_MAX_SAVED; i++)
        drop(&node->saved[i]);
    gra__node_free_packed(node);
}

int gra__hook_id(void)
{
    static int last;
    return __atomic_add_fetch(&last, 1, __ATOMIC_RELAXED);
}

void gra__hooks_free(gra_hook *hook)
{
    while (hook) {
        gra_hook *const next = hook->next;
        gra__dealloc(hook, sizeof *hook);
        hook = next;
    }
}
