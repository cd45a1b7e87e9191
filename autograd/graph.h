/* graph.h - looking at the graph that was recorded: its nodes, their edges, and hooks on them.
 *
 *     gra_tensor *y = gra_relu(gra_mul(w, x));
 *     gra_node *node = gra_tensor_node(y);
 *     puts(gra_node_name(node));                      relu
 *     puts(gra_node_name(gra_node_input(node, 0)));   mul
 *
 * A node is one recorded call of an op, what PyTorch calls a grad_fn.  It lives as long as a tensor
 * that was made by it, or from such a tensor; a pointer to it owns nothing.
 *
 * A hook on a node sees what its rule is given and what it gives, all at once; a hook on a tensor
 * (hooks.h) sees the one gradient of that tensor.  The order at a node is
 *
 *     the hooks of its outputs     each with the complete gradient of one output
 *     the node's pre-hooks         with the gradients of all outputs
 *     the rule
 *     the node's hooks             with the gradients of its inputs and of its outputs
 *
 * Hooks run in the order of registration, and only where the rule runs.  A hook may add and remove
 * hooks; one that is added waits for the next walk.
 * May include: core, ops.
 */
#ifndef GRA_AUTOGRAD_GRAPH_H
#define GRA_AUTOGRAD_GRAPH_H

#include "../core/op.h"

GRA_BEGIN_DECLS

/* ---- looking ---- */

/* The node that made t; NULL for a leaf and for what was not recorded. */
gra_node *gra_tensor_node(const gra_tensor *t);

const char *gra_node_name(const gra_node *node); /* its op's; valid until the thread's next call */
int gra_node_input_count(const gra_node *node);  /* 0 for NULL */
int gra_node_output_count(const gra_node *node);

/* Where input i comes from: the node that made it, or the leaf that it is. NULL where it is the
 * other, or needs no gradient, and with an error where there is no input i. */
gra_node *gra_node_input(const gra_node *node, int i);
gra_tensor *gra_node_leaf(const gra_node *node, int i);

/* ---- hooks ---- */

/* grad_inputs[i] is the gradient of input i, NULL where none is asked for; another tensor of its
 * shape may be put in its place, to go on with; it is converted to the gradient's dtype. All
 * tensors are borrowed. */
typedef void (*gra_node_hook_fn)(gra_node *node, gra_tensor **grad_inputs,
                                 gra_tensor *const *grad_outputs, void *context);

/* grad_outputs[k] is the gradient of output k; another one may be put in its place. */
typedef void (*gra_node_pre_hook_fn)(gra_node *node, gra_tensor **grad_outputs, void *context);

/* Return an id for gra_node_remove_hook, or -1 with an error. */
int gra_node_hook(gra_node *node, gra_node_hook_fn fn, void *context);
int gra_node_pre_hook(gra_node *node, gra_node_pre_hook_fn fn, void *context);

/* Returns 0, or -1 with an error when the node has no hook of that id. */
int gra_node_remove_hook(gra_node *node, int id);

GRA_END_DECLS

#endif
