/* backward.c - the walk.
 *
 *   1. collect   the nodes reachable from the roots, each once, with an explicit stack
 *   2. sort      by falling sequence number: a node comes after all that read its outputs
 *   3. select    for gra_grad: the nodes that lead to a wanted tensor
 *   4. visit     run hooks, hand the gradient to whoever wanted it, call the rule, pass its results
 *                on to the nodes and leaves below, free what the node saved
 *
 * A node's gradients wait in node->results[k].grad.  Gradients are owned by these slots, by leaves and
 * by the walk's targets; everything else belongs to the mark around each visit.
 */
#include "autograd/backward.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "autograd/walk.h"
#include "core/alloc_cache.h"
#include "core/anomaly.h"
#include "core/create.h"
#include "core/error.h"
#include "core/error_path.h"
#include "core/packed.h"
#include "core/watch.h"
#include "ops/as_strided.h"
#include "ops/ops.h"

void *gra__walk_grown(void *array, size_t *capacity, size_t element)
{
    const size_t larger = *capacity ? 2 * *capacity : 64;
    void *const moved = realloc(array, larger * element);
    if (!moved)
        return gra_fail("gra_backward: out of memory for a walk over %zu nodes", larger);
    *capacity = larger;
    return moved;
}

/* ---- collecting ---- */

/* Notes a node the first time it is seen. Nodes belong to one walk at a time: not to that of another
 * thread, nor to one that a hook or a rule begins inside of this one. */
static bool reach(gra__walk *w, gra_node *node)
{
    const void *holder = node ? __atomic_load_n(&node->walk, __ATOMIC_RELAXED) : w;
    if (holder == w)
        return true;
    if (w->count == w->capacity) {
        gra_node **const moved = gra__walk_grown(w->nodes, &w->capacity, sizeof *moved);
        if (!moved)
            return false;
        w->nodes = moved;
    }
    holder = NULL;
    if (!__atomic_compare_exchange_n(&node->walk, &holder, w, false, __ATOMIC_ACQUIRE,
                                     __ATOMIC_RELAXED)) {
        gra_fail("gra_backward: this graph is being walked already");
        return false;
    }
    node->needed = false;
    node->order = GRA__AFFINE;
    w->nodes[w->count++] = node;
    return true;
}

static bool reach_inputs(gra__walk *w, const gra_node *node)
{
    for (int i = 0; i < node->n_in; i++)
        if (!reach(w, node->edges[i].node))
            return false;
    return true;
}

static int by_falling_sequence(const void *a, const void *b)
{
    const uint64_t x = (*(gra_node *const *)a)->sequence, y = (*(gra_node *const *)b)->sequence;
    return (x < y) - (x > y);
}

/* The walk owns where it begins, and so all that it reaches: a hook may release the tensor. */
static bool reach_root(gra__walk *w, gra_node *node)
{
    if (!reach(w, node))
        return false;
    if (node && !node->root) {
        node->root = true;
        gra__retain(node);
    }
    return true;
}

/* The array is its own queue: what is behind `i` is still to be looked at. */
static bool collect(gra__walk *w, gra_tensor *const *roots, int count)
{
    for (int i = 0; i < count; i++)
        if (!reach_root(w, roots[i]->node))
            return false;
    bool sorted = true;
    for (size_t i = 0; i < w->count; i++) {
        if (!reach_inputs(w, w->nodes[i]))
            return false;
        sorted &= i == 0 || w->nodes[i - 1]->sequence > w->nodes[i]->sequence;
    }
    if (!sorted)
        qsort(w->nodes, w->count, sizeof *w->nodes, by_falling_sequence);
    return true;
}

/* ---- selecting ---- */

int gra__by_owner(const void *a, const void *b)
{
    const gra__target *const x = a, *const y = b;
    if (x->owner != y->owner)
        return (uintptr_t)x->owner < (uintptr_t)y->owner ? -1 : 1;
    return (x->output > y->output) - (x->output < y->output);
}

/* The same one each time where a tensor is wanted twice; NULL where it is not wanted. */
gra__target *gra__find_target(const gra__walk *w, gra__target sought)
{
    return w->targets
               ? bsearch(&sought, w->targets, (size_t)w->target_count, sizeof sought, gra__by_owner)
               : NULL;
}

static bool edge_is_needed(const gra__walk *w, const gra__edge *edge)
{
    if (!w->targets)
        return edge->node || edge->leaf;
    if (edge->leaf)
        return gra__find_target(w, (gra__target){.owner = edge->leaf}) != NULL;
    return edge->node &&
           (edge->node->needed ||
            gra__find_target(w, (gra__target){.owner = edge->node, .output = edge->output}));
}

static void select_needed(gra__walk *w)
{
    for (size_t k = w->count; k-- > 0;) {
        gra_node *const node = w->nodes[k];
        for (int i = 0; i < node->n_in && !node->needed; i++)
            node->needed = edge_is_needed(w, &node->edges[i]);
    }
}

/* ---- visiting ---- */

static bool version_is_current(const gra_node *node, const char *what, int index,
                               const gra_tensor *saved, uint32_t version)
{
    if (!saved || saved->storage->version == version)
        return true;
    char text[GRA_SHAPE_TEXT], origin[GRA__ORIGIN];
    const char *const writer = saved->storage->writer ? saved->storage->writer : "unknown(";
    gra_fail(
        "gra_backward: %s saved its %s %d (%s %s) for the backward pass, and %.*s modified it in "
        "place since (version %u, now %u); use the out-of-place op, or give %s a gra_clone%s",
        gra_op_name(node->op), what, index, gra_dtype_name(saved->dtype),
        gra_shape_text(saved->shape, text), (int)strcspn(writer, "("), writer, version,
        saved->storage->version, gra_op_name(node->op), gra__node_origin(node, origin));
    return false;
}

/* Makes a handle without history output k of a node, beside the one that the node knows. */
static void give_history(gra_tensor *t, gra_node *node, int k)
{
    gra__retain(node);
    t->node = node;
    t->output = k;
    t->requires_grad = true;
}

/* The output of a node that wrote a region of it, for rules that are recorded: the region, with the
 * history of the whole. */
static gra_tensor *region_with_history(gra_node *node, gra_tensor *saved)
{
    gra_tensor *const base = gra__region_base(node->region, saved);
    if (base)
        give_history(base, node, 0);
    return gra_as_strided(base, node->region->shape, node->region->stride, saved->offset);
}

/* A saved output comes back with its history when the rules are recorded. */
static gra_tensor *restore_output(const gra__walk *w, gra_node *node, int k)
{
    gra__result *const result = &node->results[k];
    if (!result->saved)
        return NULL;
    if (w->create && node->region && k == 0)
        return region_with_history(node, result->saved);
    gra_tensor *const out = gra__scoped(gra__alias(result->saved));
    if (out && w->create && result->shape.count >= 0)
        give_history(out, node, k);
    return out;
}

/* The same for an output that is packed. Of a region only the values are there, and the whole is made
 * up, to be read by nobody. */
static gra_tensor *unpack_output(const gra__walk *w, gra_node *node, int k,
                                 const gra__packed *packed)
{
    gra_tensor *const out = gra__unpack(packed, false);
    if (!out || !w->create || node->results[k].shape.count < 0)
        return out;
    const gra__region *const region = k == 0 ? node->region : NULL;
    if (!region) {
        give_history(out, node, k);
        return out;
    }
    gra_tensor *const base = gra__empty_strided("gra_backward", region->base_shape,
                                                region->base_stride.size, out->dtype);
    if (!base)
        return NULL;
    give_history(base, node, k);
    gra_tensor *const part =
        gra_as_strided(base, region->shape, region->stride, base->offset + region->offset);
    return part ? gra__with_values(part, out) : NULL;
}

/* What a node saved, held by the scope as well: a rule may return it as a gradient, which then is
 * not taken for one that nothing else holds. */
static gra_tensor *held(gra_tensor *saved)
{
    gra__retain(saved);
    return gra__scoped(saved);
}

static bool saved_is_current(const gra_node *node)
{
    bool current = true;
    for (int i = 0; i < node->n_in && current; i++)
        current = version_is_current(node, "input", i, node->edges[i].saved,
                                     node->edges[i].saved_version);
    for (int k = 0; k < node->n_out && current; k++)
        current = version_is_current(node, "output", k, node->results[k].saved,
                                     node->results[k].saved_version);
    return current;
}

/* Fills in what the node keeps in another form than as tensors. */
static bool unpack_saved(const gra__walk *w, gra_node *node, gra_call *c)
{
    const gra__packed *packed = NULL;
    for (int i = 0; i < node->n_in && !gra__failed; i++)
        if ((packed = gra__packed_input(node, i)))
            c->in[i] = gra__unpack(packed, w->create);
    for (int k = 0; k < node->n_out && !gra__failed; k++)
        if ((packed = gra__packed_output(node, k)))
            c->out[k] = unpack_output(w, node, k, packed);
    for (int i = 0; i < GRA_MAX_SAVED && !gra__failed; i++)
        if ((packed = gra__packed_saved(node, i)))
            c->saved[i] = gra__unpack(packed, w->create);
    return !gra__failed;
}

static bool restore_saved(const gra__walk *w, gra_node *node, gra_call *c)
{
    if (!saved_is_current(node))
        return false;
    for (int i = 0; i < node->n_in; i++)
        c->in[i] = held(node->edges[i].saved);
    for (int k = 0; k < node->n_out; k++)
        c->out[k] = restore_output(w, node, k);
    for (int i = 0; i < GRA_MAX_SAVED; i++)
        c->saved[i] = held(node->saved[i]);
    return !gra__failed && (!node->extra || !node->extra->packed || unpack_saved(w, node, c));
}

/* Whether a tensor of shape `small` broadcasts to `large`. */
static bool broadcasts_to(const gra_shape *small, const gra_shape *large)
{
    const int more = large->count - small->count;
    bool fits = more >= 0;
    for (int i = 0; i < small->count && fits; i++)
        fits = small->size[i] == 1 || small->size[i] == large->size[more + i];
    return fits;
}

/* Sums away what broadcasting repeated, converts the dtype, and refuses any other shape. */
static gra_tensor *fitted(const gra_node *node, int i, gra_tensor *dx)
{
    const gra__edge *const edge = &node->edges[i];
    char origin[GRA__ORIGIN];
    if (!dx)
        return gra_fail(
            "gra_backward: the rule of %s gave no gradient for its input %d, which needs "
            "one%s",
            gra_op_name(node->op), i, gra__node_origin(node, origin));
    if (dx->dtype != edge->dtype)
        dx = gra_to(dx, edge->dtype);
    if (!dx || gra_shape_equal(dx->shape, edge->shape))
        return dx;
    char a[GRA_SHAPE_TEXT], b[GRA_SHAPE_TEXT];
    if (broadcasts_to(&edge->shape, &dx->shape))
        return gra_sum_to(dx, edge->shape);
    return gra_fail(
        "gra_backward: the rule of %s gave its input %d a gradient of shape %s; the input "
        "has shape %s%s",
        gra_op_name(node->op), i, gra_shape_text(dx->shape, a), gra_shape_text(edge->shape, b),
        gra__node_origin(node, origin));
}

static bool deliver(gra__walk *w, const gra_node *node, const gra__edge *edge, gra_tensor *g)
{
    g = gra__apart(w, g);
    if (g && w->curvature && edge->node && !gra__curvature_arrives(w, edge->node))
        return false;
    if (g && w->curvature && edge->leaf)
        g = gra__curvature_result(node, w->order, g);
    if (!g)
        return false;
    return edge->leaf ? gra__deliver_to_leaf(w, edge->leaf, g)
                      : gra__accumulate(w, &edge->node->results[edge->output].grad, g);
}

/* The gradient of input i as it is passed on. */
static gra_tensor *passed(const gra_node *node, int i, gra_tensor *dx)
{
    return node->region && i == 0 ? dx : fitted(node, i, dx);
}

static bool pass_on(gra__walk *w, gra_node *node, const bool *needs, gra_tensor **dx)
{
    for (int i = 0; i < node->n_in; i++)
        if (needs[i] && !deliver(w, node, &node->edges[i], passed(node, i, dx[i])))
            return false;
    return true;
}

static bool has_rule(const gra_node *node)
{
    if (node->freed && gra__node_saves_something(node)) {
        gra_fail("gra_backward: what %s saved was freed by an earlier backward pass; pass "
                 ".retain_graph = true to that one to walk the graph again",
                 gra_op_name(node->op));
        return false;
    }
    if (!node->op->vjp) {
        char origin[GRA__ORIGIN];
        gra_fail("gra_backward: %s has no vjp, so no gradient can flow through it; give its gra_op "
                 "one, or gra_detach its result%s",
                 gra_op_name(node->op), gra__node_origin(node, origin));
        return false;
    }
    return true;
}

/* Says in which rule the pending error happened. */
static void blame_rule(const gra_node *node)
{
    char text[GRA__ORIGIN + 64];
    const char *const origin = node->extra ? node->extra->origin : NULL;
    snprintf(text, sizeof text, "%s%s%s", gra_op_name(node->op), origin ? ", recorded " : "",
             origin ? origin : "");
    gra__error_inside("the rule of ", text);
}

/* Says what it was given, where that was not finite; "" where it was. */
static const char *given(const gra_node *node, gra_tensor *const *g, char text[GRA__ANOMALY + 64])
{
    char where[GRA__ANOMALY];
    text[0] = 0;
    for (int k = 0; k < node->n_out && !text[0]; k++)
        if (gra__find_anomaly(g[k], false, where))
            snprintf(text, GRA__ANOMALY + 64, ", as that of its output %d is %s", k, where);
    return text;
}

/* In anomaly mode: whether the gradients that a rule gave are numbers. False with an error. */
static bool are_numbers(const gra_node *node, const bool *needs, gra_tensor *const *dx,
                        gra_tensor *const *g)
{
    char where[GRA__ANOMALY], cause[GRA__ANOMALY + 64], shape[GRA_SHAPE_TEXT], origin[GRA__ORIGIN];
    for (int i = 0; i < node->n_in; i++) {
        if (!needs[i] || !gra__find_anomaly(dx[i], gra__anomaly.allow_infinity, where))
            continue;
        gra_fail("gra_backward: the rule of %s gave its input %d (%s %s) a gradient that is %s%s%s",
                 gra_op_name(node->op), i, gra_dtype_name(node->edges[i].dtype),
                 gra_shape_text(node->edges[i].shape, shape), where, given(node, g, cause),
                 gra__node_origin(node, origin));
        return false;
    }
    return true;
}

/* Calls the rule alone. In anomaly mode its own ops are not looked at. */
static bool run_rule(gra__walk *w, const gra_node *node, gra_call *c, gra_tensor **g,
                     gra_tensor **dx)
{
    const bool inside = gra__anomaly.inside;
    gra__anomaly.inside = true;
    gra__watch_call(GRA__RULE, true, c);
    if (w->curvature)
        gra__curvature_rule(w, node, c, g, dx);
    else
        node->op->vjp(c, g, dx);
    if (gra__failed)
        blame_rule(node);
    gra__watch_call(GRA__RULE, false, c);
    gra__anomaly.inside = inside;
    return !gra__failed && (!gra__anomaly.on || are_numbers(node, c->needs, dx, g));
}

/* Fits the gradients that a rule gave before hooks see them. */
static bool run_hooks(gra_node *node, const bool *needs, gra_tensor **dx, gra_tensor **g)
{
    for (int i = 0; i < node->n_in; i++) {
        dx[i] = needs[i] ? passed(node, i, dx[i]) : NULL;
        if (needs[i] && !dx[i])
            return false;
    }
    return gra__node_run_hooks(node, dx, g);
}

/* Ends the rule of a node that wrote into a region of its input: what the rule gave takes the place of
 * that region in the whole gradient, which is overwritten where no hook is to see it. */
static bool put_back(const gra_node *node, const bool *needs, gra_tensor **dx, gra_tensor **g,
                     gra_tensor *whole)
{
    g[0] = node->extra ? held(whole) : whole;
    if (needs[0])
        dx[0] = gra__region_put(whole, fitted(node, 0, dx[0]), node->region);
    return !gra__failed;
}

static bool call_rule(gra__walk *w, size_t index, gra_tensor **g, gra_tensor **lists, bool *needs)
{
    gra_node *const node = w->nodes[index];
    gra_tensor **const in = lists, **const dx = in + node->n_in, **const out = dx + node->n_in;
    gra_call c = {
        .op = node->op,
        .n_in = node->n_in,
        .n_out = node->n_out,
        .in = in,
        .out = out,
        .needs = needs,
        .args = node->args,
        .node = node,
    };
    for (int i = 0; i < node->n_in; i++)
        needs[i] = edge_is_needed(w, &node->edges[i]);
    const int streamed = gra__update_in_strips(w, node, index);
    if (streamed >= 0)
        needs[streamed] = false;
    const bool hooked = node->extra && !w->curvature;
    if ((hooked && !gra__node_run_pre_hooks(node, g)) || !restore_saved(w, node, &c))
        return false;
    gra_tensor *const whole = node->region ? g[0] : NULL;
    if (whole && !(g[0] = gra__region_get(whole, node->region)))
        return false;
    return run_rule(w, node, &c, g, dx) && (!whole || put_back(node, needs, dx, g, whole)) &&
           (!hooked || run_hooks(node, needs, dx, g)) && pass_on(w, node, needs, dx) &&
           (streamed < 0 || gra__update_stream(&c, g, streamed));
}

/* Zeros for an output that no gradient came to, where there are others. */
static bool fill_gradients(const gra_node *node, gra_tensor **g)
{
    for (int k = 0; k < node->n_out; k++) {
        const gra__result *const result = &node->results[k];
        if (!g[k] && result->shape.count >= 0 &&
            !(g[k] = gra__zeros("gra_backward", result->shape, result->dtype)))
            return false;
    }
    return true;
}

/* Takes the gradient of output k out of its slot, through the hooks, into the current scope. */
static gra_tensor *take_gradient(const gra__walk *w, gra_node *node, int k)
{
    gra__result *const result = &node->results[k];
    gra_tensor *g = gra__scoped(result->grad);
    result->grad = NULL;
    if (g && !w->curvature)
        g = gra__through_hooks(&result->hooks, g);
    g = g ? gra__apart(w, g) : NULL;
    if (!g)
        return NULL;
    if (!w->targets && result->tensor && result->tensor->retains_grad &&
        !gra__accumulate_grad(w, result->tensor, g))
        return NULL;
    gra__target *const wanted = gra__find_target(w, (gra__target){.owner = node, .output = k});
    gra_tensor *const found =
        wanted && w->curvature ? gra__curvature_result(node, node->order, g) : g;
    return !wanted || (found && gra__accumulate(w, &wanted->grad, found)) ? g : NULL;
}

/* A visit to node `index` with the lists g [n_out], in [n_in], dx [n_in], out [n_out] and needs [n_in]. */
static bool visit_with(gra__walk *w, size_t index, gra_tensor **g)
{
    gra_node *const node = w->nodes[index];
    gra_tensor **const lists = g + node->n_out;
    bool *const needs = (bool *)(lists + 2 * node->n_in + node->n_out);
    bool any = false;
    for (int k = 0; k < node->n_out; k++) {
        g[k] = take_gradient(w, node, k);
        any |= g[k] != NULL;
    }
    if (gra__failed)
        return false;
    if (!any || (w->targets && !node->needed))
        return true;
    if (!fill_gradients(node, g) || !has_rule(node) || !call_rule(w, index, g, lists, needs))
        return false;
    if (!w->retain) {
        gra__node_free_saved(node);
        node->freed = true;
    }
    return true;
}

/* The lists of most nodes are on the stack, but there may be any number of inputs. */
static bool visit(gra__walk *w, size_t index)
{
    const gra_node *const node = w->nodes[index];
    const size_t n_in = (size_t)node->n_in, n_out = (size_t)node->n_out;
    const size_t bytes = 2 * (n_in + n_out) * sizeof(gra_tensor *) + n_in * sizeof(bool);
    gra_tensor *few[16];
    if (bytes <= sizeof few) {
        memset(few, 0, bytes);
        return visit_with(w, index, few);
    }
    gra_tensor **const lists = gra__alloc_zeroed(bytes);
    const bool fine = lists && visit_with(w, index, lists);
    gra__dealloc(lists, bytes);
    return fine;
}

static bool visit_all(gra__walk *w)
{
    bool fine = true;
    for (size_t i = 0; i < w->count && fine; i++) {
        const int mark = gra_mark();
        fine = visit(w, i);
        gra_release(mark); /* so that updates find the memory of this visit free */
        fine = fine && gra__updates_complete(w, i);
    }
    return fine && gra__updates_complete(w, w->count) && gra__finish_hooked_leaves(w);
}

/* ---- beginning and end ---- */

static gra_tensor *initial_gradient(gra_tensor *output, gra_tensor *gradient)
{
    char a[GRA_SHAPE_TEXT], b[GRA_SHAPE_TEXT];
    if (!output->requires_grad)
        return gra_fail("gra_backward: the tensor has no history: none of what it was made from "
                        "requires a gradient, or it was made while recording was off");
    if (!gradient) {
        if (output->numel != 1)
            return gra_fail(
                "gra_backward: a tensor of shape %s needs a .gradient of that shape; only "
                "for one element it is 1 by default",
                gra_shape_text(output->shape, a));
        return gra_ones_like(output);
    }
    if (!gra_shape_equal(gradient->shape, output->shape))
        return gra_fail("gra_backward: .gradient has shape %s; the tensor has shape %s",
                        gra_shape_text(gradient->shape, a), gra_shape_text(output->shape, b));
    return gra_to(gradient, output->dtype);
}

static bool seed(gra__walk *w, gra_tensor *root, gra_tensor *gradient)
{
    gra_tensor *const g = gra__apart(w, initial_gradient(root, gradient));
    if (!g)
        return false;
    return root->node ? gra__accumulate(w, &root->node->results[root->output].grad, g)
                      : gra__deliver_to_leaf(w, root, g);
}

/* Readies a gra_backward that updates parameters: whatever can be refused is, before one has moved. */
static bool begin_updates(gra__walk *w, gra_tensor *root)
{
    bool fine = gra__updates_collect(w, root);
    for (size_t i = 0; i < w->count && fine && w->updater_count; i++)
        fine = has_rule(w->nodes[i]) && saved_is_current(w->nodes[i]);
    return fine && gra__updates_begin(w);
}

static _Thread_local gra__walk *current;

void gra__at_walk_end(gra__ending *ending)
{
    if (ending->at)
        return;
    ending->next = current->endings;
    ending->at = &current->endings;
    if (ending->next)
        ending->next->at = &ending->next;
    current->endings = ending;
}

void gra__not_at_walk_end(gra__ending *ending)
{
    if (!ending->at)
        return;
    *ending->at = ending->next;
    if (ending->next)
        ending->next->at = ending->at;
    ending->at = NULL;
}

/* Gives the nodes back, those where the walk began last, as the others may be gone with them. */
static void release_nodes(gra__walk *w)
{
    size_t roots = 0;
    for (size_t i = 0; i < w->count; i++) {
        gra_node *const node = w->nodes[i];
        for (int k = 0; k < node->n_out; k++) {
            gra__release(node->results[k].grad);
            node->results[k].grad = NULL;
        }
        if (node->root)
            w->nodes[roots++] = node;
        node->root = false;
        __atomic_store_n(&node->walk, NULL, __ATOMIC_RELEASE);
    }
    for (size_t i = 0; i < roots; i++)
        gra__release(w->nodes[i]);
}

static void finish(gra__walk *w)
{
    while (w->endings) {
        gra__ending *const ending = w->endings;
        gra__not_at_walk_end(ending);
        ending->fn(ending->context);
    }
    for (size_t i = 0; i < w->hooked_count; i++) {
        gra__release(w->hooked[i].leaf);
        gra__release(w->hooked[i].grad);
    }
    gra__updates_finish(w);
    release_nodes(w);
    free(w->hooked);
    free(w->nodes);
}

bool gra__histories_are_current(gra_tensor *const *tensors, int count)
{
    bool current = true;
    for (int i = 0; i < count && current; i++)
        current = gra__history_is_current("gra_backward", tensors[i]);
    return current;
}

bool gra__walk_run(gra__walk *w, gra_tensor *const *roots, gra_tensor *const *gradients, int count)
{
    const int mark = gra_mark();
    const bool was = gra_set_grad(w->create);
    w->outer = current;
    current = w;
    static const char name[] = "gra_backward";
    gra__work_begins(name);
    bool fine = collect(w, roots, count);
    if (fine && w->targets)
        select_needed(w);
    else if (fine)
        fine = begin_updates(w, roots[0]);
    for (int i = 0; i < count && fine; i++)
        fine = seed(w, roots[i], gradients ? gradients[i] : NULL);
    gra_release(mark); /* so that a slot is its gradient's only owner */
    fine = fine && visit_all(w);
    gra_set_grad(was);
    finish(w);
    current = w->outer;
    gra__work_ends(name, 0);
    return fine;
}

gra_backward_options gra_backward_defaults(void)
{
    return (gra_backward_options){0};
}

int gra_backward_with(gra_backward_options o)
{
    if (gra__failed)
        return -1;
    if (!o.tensor) {
        gra_fail("gra_backward: the tensor is NULL");
        return -1;
    }
    if (!gra__histories_are_current(&o.tensor, 1))
        return -1;
    gra__walk w = {.retain = o.retain_graph || o.create_graph, .create = o.create_graph};
    return gra__walk_run(&w, &o.tensor, &o.gradient, 1) ? 0 : -1;
}
