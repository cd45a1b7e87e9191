/* views.h - what autograd knows of views, so that writing into one reaches all that share its memory.
 *
 *     y [3, 2] <--- base --- v = gra_select(y, 0, 1)      y: node of what wrote last
 *              <--- base --- u = gra_narrow(v, 0, 0, 1)   v, u: node of the op that made them
 *
 * A view owns the tensor that it was made from, its base: the root, also for a view of a view.  The base
 * has a history that is always true.  A recorded write into the base, or into v, gives the base a new
 * node; v and u learn of it when they are next used, by the versions of the storage and of the view, and
 * are then what gra_as_strided would make of the base.
 *
 * A node that wrote into a view knows the region of the base that it wrote: its input 0 and its output 0
 * are the base, of whose gradient the op's rule sees the region only.
 *
 * References: view -> base -> node -> nodes, aliases, leaves.  An alias has no base, and neither has a leaf
 * that requires a gradient, so none runs in a circle.
 */
#ifndef GRA_CORE_VIEWS_H
#define GRA_CORE_VIEWS_H

#include "op.h"
#include "tensor_struct.h"

/* Where a view lies in its base. */
typedef struct gra__region {
    gra_shape base_shape, base_stride;
    gra_shape shape, stride; /* of the view */
    int64_t offset;          /* from the base's first element to the view's */
} gra__region;

/* The op that gives a view its history anew (ops/as_strided.c), and its struct of arguments. */
extern const gra_op gra_op_as_strided;

typedef struct gra__as_strided_args {
    gra_shape size, stride;
    int64_t storage_offset;
} gra__as_strided_args;

/* The tensor that v is a view of, or NULL: its elements are its own then, or nothing knows whose. */
gra_tensor *gra__view_base(gra_tensor *v);

gra__region gra__region_of(const gra_tensor *v, const gra_tensor *base);

/* Says what output k of a call is, which shares its storage with another tensor; mark is that of the
 * call, so that the forward's own tensors are known. */
void gra__view_settle(const gra_call *c, int k, int mark);

/* Cuts a view from its base: it becomes a tensor that shares memory with others. */
void gra__view_leave_base(gra_tensor *v, gra__view_kind kind);

/* Whether a recorded op may write into v, a view. False with an error that names op. */
bool gra__view_may_be_written(const gra_op *op, gra_tensor *v);

/* Whether two elements of t may be one in memory. */
bool gra__may_overlap(const gra_tensor *t);

/* Gives a view whose base was written the history that it has now. False with an error. */
bool gra__view_renew(gra_tensor *v);

/* The same for any outdated view: one without a base stays as it is, with an error that names op, a schema
 * or a plain name. */
bool gra__view_update(const char *op, gra_tensor *v);

/* To be called before t->node or t->requires_grad is read outside of an op: the first brings t's history
 * up to date, or says with an error that it cannot be; the second brings it up to date where it can. */

/* Whether a recorded op has written into the memory of a view since its history was right. */
static inline bool gra__is_outdated(const gra_tensor *t)
{
    return t->view && __atomic_load_n(&t->view_version, __ATOMIC_ACQUIRE) <
                          __atomic_load_n(&t->storage->recorded_version, __ATOMIC_RELAXED);
}

static inline bool gra__history_is_current(const char *op, gra_tensor *t)
{
    return !t || !gra__is_outdated(t) || gra__view_update(op, t);
}

static inline void gra__bring_up_to_date(const gra_tensor *t)
{
    if (t && t->base && gra__is_outdated(t))
        gra__view_renew((gra_tensor *)t);
}

#endif
