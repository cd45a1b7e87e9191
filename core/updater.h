/* updater.h - who takes a leaf's gradient during gra_backward, in place of t.grad: an optimizer
 * with .fused_backward.
 *
 *     leaf.updater ---> updater, a part of ---> the optimizer, its owner
 *
 * For each leaf with an updater that a gra_backward reaches, the walk calls
 *
 *     begin    before anything happens; false with an error refuses the walk
 *     take     with the whole gradient, or with strips of it in the order of the rows, once nothing
 *              that the walk will still visit reads the leaf's memory or adds to its gradient
 *     end      after the last take, also where one failed
 */
#ifndef GRA_CORE_UPDATER_H
#define GRA_CORE_UPDATER_H

#include "tensor_struct.h"

struct gra__updater {
    gra_tensor *leaf; /* whose updater this is */
    void *owner;      /* the object whose memory this is */
    const char *name; /* of the owner, for messages: "SGD" */

    bool (*begin)(gra__updater *u);

    /* Moves the rows of the leaf from `row` on, as many as g has; g has the leaf's shape but for
     * the first dim, and any dtype and strides. False with an error. */
    bool (*take)(gra__updater *u, gra_tensor *g, int64_t row);
    void (*end)(gra__updater *u);

    /* During a walk: */
    const void *walk;           /* atomic: the walk that is under way here, or NULL */
    const gra_storage *storage; /* of the leaf; not owned */
    size_t last;                /* the last node of the walk that needs the leaf as it was */
    int uses;                   /* edges to the leaf */
    gra_tensor *grad;           /* owned: the sum so far */
    gra__updater *next;         /* in the order of `last` */
};

#endif
