/* node.h - a node of the graph: one recorded call of an op.
 *
 *     inputs          edges                    node              outputs
 *     x (leaf)   <--- edge 0: leaf x     <---
 *                                              mul  (op, args)  ---> z
 *     h (result) <--- edge 1: node of h  <---
 *
 * Edges own what they point to, a node does not own its outputs, so no reference runs in a circle.
 * A node's sequence number is larger than those of the nodes it reads: walking the reachable nodes
 * by falling sequence visits each after all that read it.
 */
#ifndef GRA_CORE_NODE_H
#define GRA_CORE_NODE_H

#include "op.h"
#include "views.h"

/* A hook of a tensor. One of the two functions is set. */
struct gra_hook {
    gra_tensor *(*fn)(gra_tensor *grad, void *context); /* on the way of a gradient */
    void (*after)(gra_tensor *leaf, void *context);     /* once it is in the leaf's grad */
    void *context;
    int id;
    gra_hook *next;
};

/* A hook of a node. One of the two functions is set. */
typedef struct gra__node_hook {
    void (*before)(gra_node *node, gra_tensor **grad_outputs, void *context);
    void (*after)(gra_node *node, gra_tensor **grad_inputs, gra_tensor *const *grad_outputs,
                  void *context);
    void (*drop)(void *context); /* ends the context when the hook goes; or NULL */
    void *context;
    int id;
    struct gra__node_hook *next;
} gra__node_hook;

/* What few nodes have. */
typedef struct gra__extra {
    gra__node_hook *hooks;      /* owned, in the order of their ids */
    struct gra__packed *packed; /* owned: what is saved in another form (packed.h); or NULL */
    char *origin;               /* owned: "net.c:31 in module features.3"; or NULL */
} gra__extra;

/* One input. At most one of node and leaf is set; neither where no gradient flows. */
typedef struct gra__edge {
    gra_node *node;         /* owned: the op that made the input */
    gra_tensor *leaf;       /* owned: the leaf that the input is */
    gra_tensor *saved;      /* owned: the input, kept for the vjp */
    uint32_t saved_version; /* of the saved input's storage */
    int output;             /* which output of node the input is */
    gra_dtype dtype;
    gra_shape shape; /* as the rule sees it: of the region, where the node has one */
} gra__edge;

/* One output, and its gradient during a walk. */
typedef struct gra__result {
    gra_tensor *tensor; /* not owned; NULL once the handle is gone */
    gra_tensor *saved;  /* owned: an alias of the output, kept for the vjp */
    uint32_t saved_version;
    gra_dtype dtype;
    gra_shape shape;
    gra_hook *hooks;
    gra_tensor *grad; /* owned, during a walk */
} gra__result;

struct gra_node {
    gra_object head;
    const gra_op *op;
    uint64_t sequence; /* order of creation in the process */
    int n_in, n_out;
    gra_saves saves; /* which inputs and outputs it keeps */
    gra__edge *edges;
    gra__result *results;
    void *args;
    gra_tensor *saved[GRA_MAX_SAVED];
    gra__extra *extra;   /* owned; NULL for most nodes */
    gra__region *region; /* in this block: what an op in place wrote of input 0; NULL: all of it */
    bool saves_more;     /* forward saved something besides inputs and outputs */
    bool freed;          /* what it saved is gone: a walk without retain_graph passed here */
    const void *walk;    /* atomic: the walk that is under way here, or NULL */
    bool needed;         /* during a walk: a wanted gradient lies below */
    bool root;           /* during a walk: it begins here, and owns a reference */
    unsigned char order; /* during a walk of gra_curvature: what came here (autograd/walk.h) */
    gra_node *next;      /* in the work list of nodes to destroy */
    size_t bytes;        /* of this block */
};

/* Records a call: a new node with one reference, or NULL with an error. */
gra_node *gra__node_new(const gra_call *c);

/* Makes t output k of node, or t's base where node wrote into t as a region of it. False with an error,
 * and t as it was, where memory is short. */
bool gra__node_attach(gra_node *node, int k, gra_tensor *t);

/* Keeps t, output k, for the rule where the op saves it; for an output without a gradient. False with
 * an error where memory is short. */
bool gra__node_keep_output(gra_node *node, int k, const gra_tensor *t);

/* Drops t's reference on its node. */
void gra__node_forget(gra_tensor *t);

/* Releases what the node saved. */
void gra__node_free_saved(gra_node *node);
bool gra__node_saves_something(const gra_node *node);

/* The node's extra, made where it has none; NULL with an error. */
gra__extra *gra__node_extra(gra_node *node);

/* Where the node was recorded, as text in parentheses behind a blank; "" where nobody noted it. */
enum { GRA__ORIGIN = 256 };
const char *gra__node_origin(const gra_node *node, char text[GRA__ORIGIN]);

int gra__hook_id(void); /* larger than all before */
void gra__hooks_free(gra_hook *hook);

#endif
