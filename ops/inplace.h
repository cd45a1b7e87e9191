/* inplace.h - for in-place ops whose rule reads what the input held before it was overwritten.
 *
 *     if (c->needs[1])
 *         c->saved[0] = gra__old_value(c->in[0]);      in forward, before the write
 *
 * As in PyTorch, such an op keeps a copy, so that it does not spoil its own backward pass.
 */
#ifndef GRA_OPS_INPLACE_H
#define GRA_OPS_INPLACE_H

#include "core/node.h"
#include "ops/iterate.h"

/* A copy of x with the history that x has now. */
static inline gra_tensor *gra__old_value(gra_tensor *x)
{
    gra_tensor *const old = gra__row_major_copy(x, x->dtype);
    if (old && x->node) {
        gra__retain(x->node);
        old->node = x->node;
        old->output = x->output;
        old->requires_grad = true;
    }
    return old;
}

#endif
