/* collate.h - how examples become a batch.
 *
 *     gra_loader(set, .batch = 32, .collate = gra_collate_pad)
 *
 * A function of one's own gets `count` examples, at least one, borrowed, and makes x and y, of any shapes,
 * in the current scope; it returns 0, or -1 after gra_fail.  It runs on the loader's workers, on several at
 * once.
 * May include: core, ops, autograd, nn.
 */
#ifndef GRA_DATA_COLLATE_H
#define GRA_DATA_COLLATE_H

#include "../core/tensor.h"

GRA_BEGIN_DECLS

typedef int (*gra_collate)(gra_tensor *const *xs, gra_tensor *const *ys, int64_t count,
                           gra_tensor **x, gra_tensor **y, void *context);

/* What a loader does without one: x [count, ...] and y [count, ...], from examples of the same shape. The
 * context is not used. */
int gra_collate_stack(gra_tensor *const *xs, gra_tensor *const *ys, int64_t count, gra_tensor **x,
                      gra_tensor **y, void *context);

/* Sequences of different lengths along dim 0, filled up behind with zeros to the longest; x and y each.
 * The context is not used. */
int gra_collate_pad(gra_tensor *const *xs, gra_tensor *const *ys, int64_t count, gra_tensor **x,
                    gra_tensor **y, void *context);

GRA_END_DECLS

#endif
