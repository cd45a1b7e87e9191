/* walk.h - the representation of one walk, for the files that share it: backward.c goes from node
 * to node, deliver.c adds gradients up, update.c sees to leaves that are updated on the way.
 */
#ifndef GRA_AUTOGRAD_WALK_H
#define GRA_AUTOGRAD_WALK_H

#include "core/node.h"

/* A gradient that gra_grad wants: that of an output of a node, or of a leaf. */
typedef struct gra__target {
    const void *owner; /* the node or the leaf */
    int output;        /* of the node */
    gra_tensor *grad;  /* owned */
    bool hooked;       /* the leaf's hooks have seen it */
} gra__target;

/* A leaf with hooks: its gradient is gathered first, as hooks see the whole of it. */
typedef struct gra__hooked_leaf {
    gra_tensor *leaf; /* owned */
    gra_tensor *grad; /* owned */
} gra__hooked_leaf;

/* What is called when the walk has ended; a part of its owner. */
typedef struct gra__ending {
    void (*fn)(void *context);
    void *context;
    struct gra__ending *next, **at; /* in the walk's list; at is NULL outside of one */
} gra__ending;

/* What waits at a node in a walk of gra_curvature, which begins with the gradient. */
typedef enum gra__order {
    GRA__AFFINE,   /* a gradient, of which all that came before is an affine function */
    GRA__GRADIENT, /* a gradient, below a criterion that is none */
    GRA__CURVATURE /* a second derivative: below a loss */
} gra__order;

typedef struct gra__walk {
    gra_node **nodes;
    size_t count, capacity;
    gra__target *targets; /* sorted; NULL: a backward that ends in the leaves */
    int target_count;
    gra__hooked_leaf *hooked;
    size_t hooked_count, hooked_capacity;
    gra__updater **updaters; /* of leaves that this walk updates, by their memory */
    size_t updater_count, updater_capacity;
    gra__updater *incomplete; /* the first whose gradient is not complete yet */
    gra__ending *endings;
    bool curvature;          /* gra_curvature: another rule, and no hooks */
    gra__order order;        /* there: of what the node that is being visited gives */
    struct gra__walk *outer; /* the walk on this thread inside of which this one was begun */
    bool retain, create;
} gra__walk;

/* Has ending->fn called when the walk that is under way on this thread has ended, however it ends; and
 * forgets about that. Either does nothing where it was done already. */
void gra__at_walk_end(gra__ending *ending);
void gra__not_at_walk_end(gra__ending *ending);

/* An array with room for twice as much; NULL with an error, and the old one as it was. */
void *gra__walk_grown(void *array, size_t *capacity, size_t element);

/* Compares two targets, for a sorted list. */
int gra__by_owner(const void *a, const void *b);

/* Whether no root is a view that cannot be brought up to date. False with an error. */
bool gra__histories_are_current(gra_tensor *const *tensors, int count);

/* A walk from `count` roots with their gradients, of which single ones or the list may be NULL. False with an
 * error. */
bool gra__walk_run(gra__walk *w, gra_tensor *const *roots, gra_tensor *const *gradients, int count);

/* The same one each time where a tensor is wanted twice; NULL where it is not wanted. */
gra__target *gra__find_target(const gra__walk *w, gra__target sought);

/* *slot += g, where the slot owns its tensor. False with an error. */
bool gra__accumulate(const gra__walk *w, gra_tensor **slot, gra_tensor *g);

/* t.grad += g, which nothing else may hold afterwards. False with an error. */
bool gra__accumulate_grad(const gra__walk *w, gra_tensor *t, gra_tensor *g);

/* What hooks make of a gradient; NULL with an error. */
gra_tensor *gra__through_hooks(gra_hook *const *hooks, gra_tensor *g);

/* Runs the hooks of a leaf whose grad is complete. False with an error. */
bool gra__run_after_hooks(gra_tensor *leaf);

/* Hands a contribution to whoever collects a leaf's gradient. False with an error. */
bool gra__deliver_to_leaf(gra__walk *w, gra_tensor *leaf, gra_tensor *g);

/* Runs the hooks of leaves, whose gradients are complete now. False with an error. */
bool gra__finish_hooked_leaves(gra__walk *w);

/* Finds the leaves that the walk is to update, and when; sorted nodes are needed. False with an
 * error. */
bool gra__updates_collect(gra__walk *w, gra_tensor *root);

/* Whether all of their updaters are ready. False with an error. */
bool gra__updates_begin(gra__walk *w);

/* Has those leaves updated that no node behind node `index` needs. False with an error. */
bool gra__updates_complete(gra__walk *w, size_t index);

/* Gives the updaters back. */
void gra__updates_finish(gra__walk *w);

/* g, or a copy where it lies in the memory of a leaf that the walk updates. */
gra_tensor *gra__apart(const gra__walk *w, gra_tensor *g);

/* Where the gradient of a leaf that the walk updates is summed; NULL for any other leaf. */
gra_tensor **gra__update_slot(const gra__walk *w, const gra_tensor *leaf);

/* The input of node `index` that can be updated in strips, or -1; and the strips, after the node's
 * rule has run. False with an error. */
int gra__update_in_strips(const gra__walk *w, const gra_node *node, size_t index);
bool gra__update_stream(gra_call *c, gra_tensor **g, int i);

/* Adds a copy of a hook to a node; its id, or -1 with an error. */
int gra__node_add_hook(gra_node *node, gra__node_hook added);

/* Calls what gra_curvature has in place of a node's vjp, and sets w->order. An error where it cannot. */
void gra__curvature_rule(gra__walk *w, const gra_node *node, gra_call *c, gra_tensor **g,
                         gra_tensor **dx);

/* Whether what w->order says may be added up with what has come to the node. False with an error. */
bool gra__curvature_arrives(const gra__walk *w, gra_node *node);

/* g as the second derivative by a tensor: zeros where only affine functions came before. */
gra_tensor *gra__curvature_result(const gra_node *below, gra__order order, gra_tensor *g);

/* Run the hooks of a node on what its rule is given, and on what it gave. False with an error. */
bool gra__node_run_pre_hooks(gra_node *node, gra_tensor **grad_outputs);
bool gra__node_run_hooks(gra_node *node, gra_tensor **grad_inputs, gra_tensor **grad_outputs);

#endif
