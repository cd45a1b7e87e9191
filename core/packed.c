/* packed.c - packing what nodes save. */
#include "packed.h"

#include "alloc_cache.h"
#include "error.h"

GRA__HOT gra__packing *gra__current_packing;

static _Thread_local bool recomputing;

bool gra_is_recomputing(void)
{
    return recomputing;
}

bool gra__set_recomputing(bool now)
{
    const bool was = recomputing;
    recomputing = now;
    return was;
}

/* ---- packings ---- */

static void packing_destroy(void *self)
{
    gra__release(((gra__packing *)self)->outer);
    gra__dealloc(self, sizeof(gra__packing));
}

static const gra_kind packing_kind = {
    .name = "pair of saved-tensor hooks",
    .keeper = "its thread",
    .destroy = packing_destroy,
};

bool gra__packing_push(gra__packing hooks)
{
    gra__packing *const packing = gra__alloc(sizeof *packing);
    if (!packing)
        return false;
    *packing = hooks;
    gra__object_init(&packing->head, &packing_kind, 0);
    packing->outer = gra__current_packing;
    gra__current_packing = packing;
    return true;
}

void gra__packing_pop(void)
{
    gra__packing *const packing = gra__current_packing;
    gra__current_packing = packing->outer;
    packing->outer = NULL; /* what it packed may live on, and needs no other */
    gra__release(packing);
}

/* A function that failed may have left its own there. */
void gra__packing_pop_to(const gra__packing *outer)
{
    while (gra__current_packing != outer)
        gra__packing_pop();
}

/* ---- one tensor ---- */

bool gra__pack(gra__packed *packed, gra_tensor *t)
{
    gra__packing *const packing = gra__current_packing;
    const bool was = gra_set_grad(false);
    gra__current_packing = NULL;
    void *const value = packing->pack(t, packing->context);
    gra__packing_pop_to(NULL);
    gra__current_packing = packing;
    gra_set_grad(was);
    if (!value || gra_error()) {
        if (value && packing->drop)
            packing->drop(value, packing->context);
        gra_fail("saved-tensor hooks: pack returned NULL; something to unpack is needed");
        return false;
    }
    const bool is_leaf = t->requires_grad && !t->node;
    *packed = (gra__packed){
        .packing = packing,
        .value = value,
        .node = t->node,
        .leaf = is_leaf ? t : NULL,
        .storage = t->storage,
        .output = t->output,
        .dtype = t->dtype,
        .shape = t->shape,
    };
    gra__retain(packing);
    gra__retain(packed->node);
    gra__retain(packed->leaf);
    return true;
}

static void restored_forward(gra_call *c)
{
    gra_tensor *const value = c->in[1];
    c->out[0] = gra__view(value, value->shape, value->stride, value->offset);
}

static void restored_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    dx[0] = c->needs[0] ? g[0] : NULL;
    if (c->needs[1])
        gra_fail("unpacked: a tensor that was unpacked has no gradient of its own");
}

/* A value in the place of the tensor that it was packed from: gradients go to that tensor. */
static const gra_op restored_op = {
    .schema = "unpacked(Tensor x, Tensor value) -> Tensor",
    .forward = restored_forward,
    .vjp = restored_vjp,
    .saves = GRA_SAVE_NOTHING,
};

gra_tensor *gra__with_values(gra_tensor *t, gra_tensor *value)
{
    return gra_apply(&restored_op, (gra_tensor *[]){t, value}, 2, NULL);
}

static bool unpacked_fits(const gra__packed *packed, const gra_tensor *t)
{
    char a[GRA_SHAPE_TEXT], b[GRA_SHAPE_TEXT];
    if (!t)
        gra_fail("saved-tensor hooks: unpack returned NULL; the tensor that was packed is needed");
    else if (t->dtype != packed->dtype || !gra_shape_equal(t->shape, packed->shape))
        gra_fail(
            "saved-tensor hooks: a tensor of %s %s was packed, and unpack returned one of %s %s",
            gra_dtype_name(packed->dtype), gra_shape_text(packed->shape, a),
            gra_dtype_name(t->dtype), gra_shape_text(t->shape, b));
    return !gra_error();
}

gra_tensor *gra__unpack(const gra__packed *packed, bool with_history)
{
    gra__packing *const outside = gra__current_packing;
    const bool was = gra_set_grad(false);
    gra__current_packing = NULL;
    gra_tensor *const value = packed->packing->unpack(packed->value, packed->packing->context);
    gra__packing_pop_to(NULL);
    gra__current_packing = outside;
    gra_set_grad(was);
    if (!unpacked_fits(packed, value) || value == packed->leaf)
        return gra_error() ? NULL : value;
    gra_tensor *const t = gra__scoped(gra__alias(value));
    if (!t || !with_history)
        return t;
    if (packed->leaf)
        return gra__with_values(packed->leaf, t);
    if (packed->node) {
        gra__retain(packed->node);
        t->node = packed->node;
        t->output = packed->output;
        t->requires_grad = true;
    }
    return t;
}

void gra__packed_free(gra__packed *packed)
{
    gra__packing *const packing = packed->packing;
    if (!packing)
        return;
    if (packing->drop)
        packing->drop(packed->value, packing->context);
    gra__release(packed->node);
    gra__release(packed->leaf);
    gra__release(packing);
    *packed = (gra__packed){0};
}

/* ---- of nodes: inputs, outputs and what was saved besides, one after the other ---- */

static size_t slots(const gra_node *node)
{
    return (size_t)node->n_in + (size_t)node->n_out + GRA_MAX_SAVED;
}

/* Packs *saved, if there is something, and releases it. */
static bool pack_slot(gra_node *node, size_t slot, gra_tensor **saved)
{
    if (!*saved)
        return true;
    gra__extra *const extra = gra__node_extra(node);
    if (extra && !extra->packed)
        extra->packed = gra__alloc_zeroed(slots(node) * sizeof *extra->packed);
    if (!extra || !extra->packed || !gra__pack(&extra->packed[slot], *saved))
        return false;
    gra__release(*saved);
    *saved = NULL;
    return true;
}

bool gra__node_pack_inputs(gra_node *node)
{
    bool fine = true;
    for (int i = 0; i < node->n_in && fine; i++)
        fine = pack_slot(node, (size_t)i, &node->edges[i].saved);
    for (int i = 0; i < GRA_MAX_SAVED && fine; i++)
        fine = pack_slot(node, (size_t)(node->n_in + node->n_out + i), &node->saved[i]);
    return fine;
}

bool gra__node_pack_output(gra_node *node, int k)
{
    return pack_slot(node, (size_t)(node->n_in + k), &node->results[k].saved);
}

static const gra__packed *packed_at(const gra_node *node, int slot)
{
    const gra__packed *const list = node->extra ? node->extra->packed : NULL;
    return list && list[slot].packing ? &list[slot] : NULL;
}

const gra__packed *gra__packed_input(const gra_node *node, int i)
{
    return packed_at(node, i);
}

const gra__packed *gra__packed_output(const gra_node *node, int k)
{
    return packed_at(node, node->n_in + k);
}

const gra__packed *gra__packed_saved(const gra_node *node, int i)
{
    return packed_at(node, node->n_in + node->n_out + i);
}

void gra__node_free_packed(gra_node *node)
{
    gra__packed *const list = node->extra ? node->extra->packed : NULL;
    if (!list)
        return;
    for (size_t i = 0; i < slots(node); i++)
        gra__packed_free(&list[i]);
    gra__dealloc(list, slots(node) * sizeof *list);
    node->extra->packed = NULL;
}
