/* hooks.h - looking at a tensor's gradient, or replacing it, as the backward pass goes by: gra_backward's, and
 * gra_grad's for the tensors on its way.  Nodes have hooks of their own (graph.h), and so have modules
 * (nn/module_hooks.h). */
#ifndef GRA_AUTOGRAD_HOOKS_H
#define GRA_AUTOGRAD_HOOKS_H

#include "../core/tensor.h"

GRA_BEGIN_DECLS

/* Called with the complete gradient of a tensor; returns another one of the same shape to go on with,
 * or NULL to leave it; it is converted to the gradient's dtype. The gradient is borrowed. A hook may
 * add and remove hooks; one that is added waits for the next walk. */
typedef gra_tensor *(*gra_hook_fn)(gra_tensor *grad, void *context);

/* Registers fn on a tensor that requires a gradient; hooks run in the order of registration. Returns
 * an id for gra_remove_hook, or -1 with an error. */
int gra_tensor_hook(gra_tensor *t, gra_hook_fn fn, void *context);

/* Called with a leaf once gra_backward has added to its grad, which it may read, change or zero. Where
 * an optimizer with .fused_backward takes the gradient, the leaf has been moved and has no grad. */
typedef void (*gra_post_accumulate_fn)(gra_tensor *leaf, void *context);

/* Registers fn on a leaf that requires a gradient; it runs at the end of the walk, after the leaf's
 * other hooks, and not in gra_grad. Returns an id for gra_remove_hook, or -1 with an error. */
int gra_post_accumulate_hook(gra_tensor *leaf, gra_post_accumulate_fn fn, void *context);

/* Returns 0, or -1 with an error when t has no hook of that id. */
int gra_remove_hook(gra_tensor *t, int id);

GRA_END_DECLS

#endif
