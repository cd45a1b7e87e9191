/* plain.h - tensors and gradients with plain arguments, for bindings: with gra_invoke (core/invoke.h)
 * all that a foreign language needs, and no struct by value crosses the border.
 * May include: core, ops.
 */
#ifndef GRA_AUTOGRAD_PLAIN_H
#define GRA_AUTOGRAD_PLAIN_H

#include "../core/op.h"

GRA_BEGIN_DECLS

/* A tensor of the sizes, with a copy of the row-major elements at data. */
gra_tensor *gra_plain_tensor(const void *data, gra_dtype dtype, const int64_t *sizes, int dims,
                             bool requires_grad);

/* results[i] is the gradient of sum_k <outputs[k], gradients[k]> for inputs[i], of zeros where the
 * outputs do not depend on it. gradients may be NULL, or hold NULLs, for outputs of one element. The
 * graph is kept, and with create_graph the results can be differentiated again. Returns 0 or -1. */
int gra_plain_grad(gra_tensor *const *outputs, gra_tensor *const *gradients, int output_count,
                   gra_tensor *const *inputs, int input_count, bool create_graph,
                   gra_tensor **results);

GRA_END_DECLS

#endif
