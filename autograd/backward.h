/* backward.h - reverse mode: gradients by walking the graph backward.
 *
 *     gra_backward(loss);                                   adds d loss / d leaf to each leaf's grad
 *     gra_tensor *dx = gra_grad(y, x, .create_graph = true);   returns dy/dx, touches no leaf
 *
 * The walk visits nodes by falling sequence number, so each node's gradient is complete when its rule
 * runs; it uses no recursion and frees what a node saved as soon as it has passed, unless
 * retain_graph is set.  With create_graph the rules themselves are recorded: the gradients can be
 * differentiated again.
 *
 * A gra_backward with create_graph makes a circle: a leaf owns its grad, whose history owns the leaf.
 * It ends when the grad is zeroed; a leaf that is freed before that is never gone.  gra_grad makes none.
 *
 * A leaf of an optimizer with .fused_backward (optim/optim.h) is moved by gra_backward instead: its grad
 * stays NULL.
 *
 * NULL is an error here, so where PyTorch's allow_unused gives None there are zeros, as with its
 * materialize_grads.  With is_grads_batched one walk is made for each of B gradients: rows of a Jacobian.
 *
 * Errors (-1 or NULL): a tensor without history, a gradient of another shape, a graph walked twice, or
 * walked already by another thread or by the walk that called this hook or rule, a saved tensor that
 * was modified in place, an op without a rule, a rule that fails.  After a failed
 * backward, leaf gradients are unspecified until they are zeroed.
 * May include: core, ops.
 */
#ifndef GRA_AUTOGRAD_BACKWARD_H
#define GRA_AUTOGRAD_BACKWARD_H

#include "../core/op.h"

GRA_BEGIN_DECLS

typedef struct gra_backward_options {
    int begin_;
    gra_tensor *tensor;
    gra_tensor *gradient; /* of the tensor's shape; NULL: 1, for a tensor of one element */
    bool retain_graph;    /* keep what nodes saved, to walk again; implied by create_graph */
    bool create_graph;    /* record the rules */
} gra_backward_options;

typedef struct gra_grad_options {
    int begin_;
    gra_tensor *output, *input;
    gra_tensor *gradient; /* of output; NULL: 1, for an output of one element */
    bool retain_graph;
    bool create_graph;
    bool allow_unused;     /* an input that output does not depend on gives zeros, not an error */
    bool is_grads_batched; /* gradient is of shape [B, output..], and the result of [B, input..] */
} gra_grad_options;

gra_backward_options gra_backward_defaults(void);
gra_grad_options gra_grad_defaults(void);

int gra_backward_with(gra_backward_options options);
gra_tensor *gra_grad_with(gra_grad_options options);

/* The gradient of sum_k <outputs[k], gradients[k]> for several inputs at once; gradients, or single
 * ones, may be NULL. Fills results[0 .. input_count - 1]. Returns 0 or -1. */
typedef struct gra_grad_many_options {
    int begin_;
    gra_tensor *const *outputs;
    int output_count;
    gra_tensor *const *inputs;
    int input_count;
    gra_tensor **results;
    gra_tensor *const *gradients;
    bool retain_graph;
    bool create_graph;
    bool allow_unused;
    bool is_grads_batched; /* all gradients, none of them NULL, and all results begin with B */
} gra_grad_many_options;

gra_grad_many_options gra_grad_many_defaults(void);
int gra_grad_many_with(gra_grad_many_options options);

#ifndef __cplusplus
#define gra_backward(...)                                                                          \
    gra_backward_with(GRA_KEYWORDS(gra_backward_options, .begin_ = 0, __VA_ARGS__))
#define gra_grad(...) gra_grad_with(GRA_KEYWORDS(gra_grad_options, .begin_ = 0, __VA_ARGS__))
#define gra_grad_many(...)                                                                         \
    gra_grad_many_with(GRA_KEYWORDS(gra_grad_many_options, .begin_ = 0, __VA_ARGS__))
#endif

GRA_END_DECLS

#endif
