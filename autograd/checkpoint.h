/* checkpoint.h - memory for time: what a part of the network computed is forgotten, and computed
 * again when the backward pass comes by.
 *
 *     static gra_tensor *block(gra_tensor *const *in, int count, void *context)
 *     {
 *         return gra_forward(context, in[0]);
 *     }
 *
 *     gra_tensor *h = gra_checkpoint(block, &x, 1, net);
 *
 * gives what block(&x, 1, net) gives, with the same gradients to the bit.  In between, the graph keeps
 * the inputs and the parameters alone.  The first rule of the block that needs what it saved has
 * the function run once more; each tensor then goes as soon as its rule has read it.
 *
 * The function may use parameters, other checkpoints and its context freely.  It must do the same both
 * times: random numbers of the thread's default generator come again as they were, batch
 * normalisation moves its running statistics the first time only, and what else it reads must not have
 * changed.  Second derivatives, gra_grad and retain_graph work as ever; each walk runs it once.
 * What it saves is in these hands alone: saved-tensor hooks from outside see the inputs.
 * It is PyTorch's checkpoint(use_reentrant=False).
 * May include: core, ops.
 */
#ifndef GRA_AUTOGRAD_CHECKPOINT_H
#define GRA_AUTOGRAD_CHECKPOINT_H

#include "function.h"

GRA_BEGIN_DECLS

typedef struct gra_checkpoint_options {
    int begin_;
    gra_function function;
    gra_tensor *const *inputs;
    int count;
    void *context;
    bool preserve_rng_state;     /* true: random numbers come again; false where there are none */
    void (*drop)(void *context); /* called once when the function cannot be run any more; or NULL */
} gra_checkpoint_options;

gra_checkpoint_options gra_checkpoint_defaults(void);

/* What the function returns, in the caller's scope. Without recording it simply runs. NULL with an
 * error. Errors of the backward pass: an input was modified in place since, or the function did not
 * save the same tensors again. */
gra_tensor *gra_checkpoint_with(gra_checkpoint_options options);

#ifndef __cplusplus
#define gra_checkpoint(...)                                                                        \
    gra_checkpoint_with(GRA_KEYWORDS(gra_checkpoint_options, .preserve_rng_state = true,           \
                                     .begin_ = 0, __VA_ARGS__))
#endif

GRA_END_DECLS

#endif
