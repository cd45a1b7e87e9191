/* activate.h - activations with parameters: the step between their ops and kernels.
 *
 * May include: core, iterate.h.
 */
#ifndef GRA_OPS_ACTIVATE_H
#define GRA_OPS_ACTIVATE_H

#include "core/op.h"
#include "ops/iterate.h"
#include "ops/kernels/activations.h"

/* y = f(x) by a row of the kernel table, in x's dtype, which must be floating point; p is what the
 * kernel wants. `inplace` of the call's op writes into x. Sets c->out[0]. */
void gra__activate(gra_call *c, gra__activation_loop *const *loops, const double p[3]);

/* z = g f'(x), where in[0] is g and in[1] is x. */
void gra__activate_backward(gra_call *c, gra__activation_backward_loop *const *loops,
                            const double p[3]);

#endif
