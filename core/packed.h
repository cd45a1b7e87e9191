/* packed.h - what nodes keep in another form than as tensors: saved-tensor hooks, checkpoints.
 *
 *     thread's gra__packing  <--- packed [value, history] ---> node it belongs to
 *
 * While a thread has a packing, each tensor that a node saves is handed to pack, and the node keeps
 * what that returns; unpack makes a tensor of it again when the rule runs.  A tensor's history is kept
 * beside the value, so that an unpacked tensor is as good as a saved one where rules are recorded.
 */
#ifndef GRA_CORE_PACKED_H
#define GRA_CORE_PACKED_H

#include "node.h"
#include "thread_local.h"

/* A pair of hooks. Owned by what they packed, and by the thread while it has them. */
typedef struct gra__packing {
    gra_object head;
    void *(*pack)(gra_tensor *t, void *context);        /* NULL only with an error */
    gra_tensor *(*unpack)(void *packed, void *context); /* NULL only with an error */
    void (*drop)(void *packed, void *context);          /* or NULL */
    void *context;
    bool of_user;               /* who may pop it */
    struct gra__packing *outer; /* owned: the thread's packing before this one */
} gra__packing;

/* One packed tensor. Nothing is packed where packing is NULL. */
typedef struct gra__packed {
    gra__packing *packing; /* owned */
    void *value;
    gra_node *node;   /* owned: the node that made the tensor, or NULL */
    gra_tensor *leaf; /* owned: the leaf that the tensor was, where it requires a gradient */
    const gra_storage *storage; /* where the tensor lay; only to be compared */
    int output;                 /* of node */
    gra_dtype dtype;
    gra_shape shape;
} gra__packed;

/* The thread's packing, or NULL. */
extern GRA__HOT gra__packing *gra__current_packing;

/* A packing for this thread, inside of the one it has; false with an error. The other drops it. */
bool gra__packing_push(gra__packing hooks);
void gra__packing_pop(void);
void gra__packing_pop_to(const gra__packing *outer); /* pops all that are inside of outer */

/* What gra_is_recomputing says on this thread; returns what it was. */
bool gra__set_recomputing(bool recomputing);

/* Packs t with the thread's packing, which there must be. False with an error. */
bool gra__pack(gra__packed *packed, gra_tensor *t);

/* The tensor again, in the current scope, with its history if asked for. NULL with an error. */
gra_tensor *gra__unpack(const gra__packed *packed, bool with_history);

/* The elements of value with the history of t, of the same shape, as a recorded op. */
gra_tensor *gra__with_values(gra_tensor *t, gra_tensor *value);

/* Drops the value. */
void gra__packed_free(gra__packed *packed);

/* ---- of nodes ---- */

/* Replaces what a new node saved of its inputs and besides, or of output k, by what the thread's packing
 * makes of it. False with an error. */
bool gra__node_pack_inputs(gra_node *node);
bool gra__node_pack_output(gra_node *node, int k);

/* What is packed of an input, an output, or of what the op saved besides; NULL where nothing is. */
const gra__packed *gra__packed_input(const gra_node *node, int i);
const gra__packed *gra__packed_output(const gra_node *node, int k);
const gra__packed *gra__packed_saved(const gra_node *node, int i);

/* Drops all that the node has packed. */
void gra__node_free_packed(gra_node *node);

#endif
