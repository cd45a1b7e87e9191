/* slabs.h - softmax and its kin: a tensor as packed slabs of n by inner elements, reduced over n.
 *
 *     x [A, B, n, C, D] over dim 2:     outer = A B slabs of      n rows of inner = C D elements
 *
 * The slabs are shared out to threads.  Where n is small and inner is 1 (a batch of few logits), many
 * slabs are transposed into one wide slab, so that the kernels' vectors run across the batch.
 */
#ifndef GRA_OPS_SLABS_H
#define GRA_OPS_SLABS_H

#include "core/op.h"
#include "core/tensor_struct.h"
#include "ops/kernels/isa.h"

typedef struct gra__slabs {
    int64_t outer, n, inner;
    gra_dtype dtype; /* float32 or float64, in which is computed */
} gra__slabs;

/* The slabs of a tensor of this shape along dim. */
gra__slabs gra__slabs_along(gra_shape shape, int dim, gra_dtype dtype);

/* Runs a kernel over each slab: y from x, both packed. */
void gra__slabs_run(const gra__slabs *s, gra__softmax_loop *loop, void *y, const void *x);

/* Arguments of the ops (Tensor x, int dim), and (Tensor g, Tensor y, int dim) for the gradient. */
typedef struct gra__dim_args {
    int64_t dim;
} gra__dim_args;

/* The forward of softmax and log_softmax, and that of their first-order gradients. */
void gra__softmax_forward(gra_call *c, gra__softmax_loop *const *loops);
void gra__softmax_backward_forward(gra_call *c, gra__softmax_backward_loop *const *loops);

#endif
