/* views.c - views: what they are made of, whether they may be written, and their history. */
#include "views.h"

#include <pthread.h>
#include <string.h>

#include "error.h"
#include "error_path.h"
#include "grad_mode.h"
#include "node.h"
#include "packed.h"

/* ---- geometry ---- */

static gra_shape strides_of(const gra_tensor *t)
{
    return gra_shape_of(t->stride, t->shape.count);
}

gra__region gra__region_of(const gra_tensor *v, const gra_tensor *base)
{
    return (gra__region){
        .base_shape = base->shape,
        .base_stride = strides_of(base),
        .shape = v->shape,
        .stride = strides_of(v),
        .offset = v->offset - base->offset,
    };
}

/* Going through the dims from the smallest stride, each must step over all that came before. */
bool gra__may_overlap(const gra_tensor *t)
{
    if (t->contiguous || t->numel == 0)
        return false;
    unsigned left = 0;
    for (int d = 0; d < t->shape.count; d++)
        left |= (unsigned)(t->shape.size[d] > 1) << d;
    for (int64_t last = 0; left;) {
        int next = -1;
        for (int d = 0; d < t->shape.count; d++)
            if ((left >> d & 1) && (next < 0 || t->stride[d] < t->stride[next]))
                next = d;
        if (t->stride[next] <= last)
            return true;
        last += t->stride[next] * (t->shape.size[next] - 1);
        left &= ~(1u << next);
    }
    return false;
}

/* ---- bases ---- */

void gra__view_leave_base(gra_tensor *v, gra__view_kind kind)
{
    gra_tensor *const base = v->base;
    v->base = NULL;
    v->view = kind;
    gra__release(base);
}

/* A module that is converted to another dtype gives its tensors other memory; the views stay behind. */
gra_tensor *gra__view_base(gra_tensor *v)
{
    if (v->base && v->base->storage != v->storage)
        gra__view_leave_base(v, GRA__OWN);
    return v->base;
}

static gra_tensor *input_in_memory_of(const gra_call *c, const gra_tensor *out)
{
    gra_tensor *found = NULL;
    for (int i = 0; i < c->n_in && !found; i++)
        if (c->in[i] && c->in[i]->storage == out->storage)
            found = c->in[i];
    return found;
}

/* Makes v a view of x, or of what x is a view of. A view of one that must not be written is like it. */
static void track(gra_tensor *v, gra_tensor *x)
{
    gra_tensor *const base = gra__view_base(x);
    if (!base && x->view != GRA__OWN && x->view != GRA__VIEW_LEAF) {
        v->view = x->view;
        return;
    }
    v->base = base ? base : x;
    v->view = GRA__VIEW_TRACKED;
    gra__retain(v->base);
}

void gra__view_settle(const gra_call *c, int k, int mark)
{
    gra_tensor *const out = c->out[k];
    for (int i = 0; i < c->n_in; i++)
        if (c->in[i] == out)
            return;
    if (out->base) /* made by a forward that recorded */
        gra__view_leave_base(out, GRA__VIEW_UNRECORDED);
    gra_tensor *const x = input_in_memory_of(c, out);
    if (!x && gra__scope_count(mark, out) == out->storage->refs)
        out->view = GRA__OWN; /* of a tensor of the forward's, which nothing else will see */
    else if (!gra_grad_enabled())
        out->view = x && (x->requires_grad || x->view == GRA__VIEW_OF_HISTORY)
                        ? GRA__VIEW_OF_HISTORY
                        : GRA__VIEW_UNRECORDED;
    else if (!x || !c->op->view)
        out->view = GRA__VIEW_CUSTOM;
    else if (gra_dtype_is_floating(out->dtype))
        track(out, x);
}

bool gra__view_may_be_written(const gra_op *op, gra_tensor *v)
{
    gra_tensor *const base = gra__view_base(v);
    const char *why = NULL;
    if (base && base->requires_grad && !base->node)
        why = "a view of a leaf that requires a gradient cannot be modified in place while ops are "
              "recorded; wrap the call in gra_set_grad(false), or modify a view of a gra_clone of "
              "the leaf";
    else if (base && gra__may_overlap(base))
        why = "a view of an expanded tensor cannot be modified in place while ops are recorded, as "
              "several elements of that tensor share memory; take gra_clone of it first";
    else if (v->view == GRA__VIEW_UNRECORDED || v->view == GRA__VIEW_OF_HISTORY)
        why =
            "a view that was made while recording was off cannot be modified in place while ops "
            "are recorded, as the tensor that it shows would not know; make the view and modify it "
            "both while ops are recorded, or both in gra_set_grad(false)";
    else if (v->view == GRA__VIEW_CUSTOM)
        why =
            "a tensor cannot be modified in place while ops are recorded if it shares memory with "
            "an input of the op that made it, as the write would go past that op's rule; modify a "
            "gra_clone of it, or set .view of that op if its result is a plain view";
    else if (v->view == GRA__VIEW_LEAF)
        why =
            "a view that was a leaf of its own cannot be modified in place while ops are recorded, "
            "as the tensor that it shows would not know; modify a gra_clone of it";
    if (why)
        gra_fail("%s: %s", gra_op_name(op), why);
    return !why;
}

/* ---- history ---- */

/* Only the first of several threads that use a view at once gives it its new history. */
static bool take_history(gra_tensor *v, gra_tensor *from, uint32_t version)
{
    static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&one_at_a_time);
    bool fine = true;
    if (v->view_version < version) {
        if (from && from->node)
            fine = gra__node_attach(from->node, from->output, v);
        else if (v->node) {
            gra__node_forget(v);
            v->requires_grad = false;
        }
        if (fine)
            __atomic_store_n(&v->view_version, version, __ATOMIC_RELEASE);
    }
    pthread_mutex_unlock(&one_at_a_time);
    return fine;
}

bool gra__view_renew(gra_tensor *v)
{
    gra_tensor *base = gra__view_base(v);
    if (!base)
        return true;
    const int mark = gra_mark();
    const bool was = gra_set_grad(true), inference = gra_set_inference(false);
    gra__packing *const packing = gra__current_packing; /* is for what the user's own ops save */
    gra__current_packing = NULL;
    const uint32_t version = v->storage->version;
    gra_tensor *const again = gra_apply(
        &gra_op_as_strided, &base, 1, &(gra__as_strided_args){v->shape, strides_of(v), v->offset});
    const bool fine = again && take_history(v, again, version);
    gra__current_packing = packing;
    gra_set_inference(inference);
    gra_set_grad(was);
    gra_release(mark);
    return fine;
}

bool gra__view_update(const char *op, gra_tensor *v)
{
    if (v->base)
        return gra__view_renew(v);
    gra_fail("%.*s: a view is used whose tensor was modified in place by %.*s since the view was "
             "made; take the view again after the modification",
             GRA__NAME(op), GRA__NAME(v->storage->writer));
    return false;
}
