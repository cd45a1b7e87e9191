/* saved_tensors.h - what nodes keep for their rules, in a form of one's own.
 *
 * While ops are recorded, a node saves the tensors that its rule will read.  Between push and pop,
 * each of them is handed to `pack` on this thread, and the node keeps what that returns: a compressed
 * copy, the name of a file, whatever `unpack` makes the tensor of again when the rule runs.
 *
 *     static void *pack(gra_tensor *t, void *context)
 *     {
 *         return gra_keep(gra_to(t, GRA_BFLOAT16));
 *     }
 *
 *     static gra_tensor *unpack(void *packed, void *context)
 *     {
 *         return gra_to(packed, GRA_FLOAT32);
 *     }
 *
 *     static void drop(void *packed, void *context)
 *     {
 *         gra_free(packed);
 *     }
 *
 *     gra_push_saved_tensor_hooks(pack, unpack, drop);
 *     gra_tensor *loss = ...;
 *     gra_pop_saved_tensor_hooks();
 *     gra_backward(loss);
 *
 * They are what PyTorch calls saved_tensors_hooks.  Where pairs are nested, the innermost alone is
 * asked.  Leaves are packed like the rest; gra_is_leaf and gra_tensor_requires_grad tell a parameter.
 * May include: core, ops.
 */
#ifndef GRA_AUTOGRAD_SAVED_TENSORS_H
#define GRA_AUTOGRAD_SAVED_TENSORS_H

#include "../core/tensor.h"

GRA_BEGIN_DECLS

/* pack:    what to keep of t, which is borrowed and must not be written; NULL only with an error.
 * unpack:  a tensor of t's shape and dtype, each time a rule asks; NULL only with an error. An
 *          in-place write into t since it was packed is not noticed, so what is kept should not
 *          share t's memory.
 * drop:    frees what pack gave, once, when no rule can ask for it any more; it may run on any thread
 *          and must not make tensors.
 * Neither pack nor unpack is recorded. context must live until the last drop. */
typedef struct gra_saved_tensor_hooks {
    int begin_;
    void *(*pack)(gra_tensor *t, void *context);
    gra_tensor *(*unpack)(void *packed, void *context);
    void (*drop)(void *packed, void *context); /* NULL: there is nothing to free */
    void *context;
} gra_saved_tensor_hooks;

gra_saved_tensor_hooks gra_push_saved_tensor_hooks_defaults(void);

/* Returns 0, or -1 with an error. What is packed already keeps its hooks, whatever is popped. */
int gra_push_saved_tensor_hooks_with(gra_saved_tensor_hooks hooks);

/* Takes the innermost pair of this thread away. Returns 0, or -1 with an error where there is none. */
int gra_pop_saved_tensor_hooks(void);

#ifndef __cplusplus
#define gra_push_saved_tensor_hooks(...)                                                           \
    gra_push_saved_tensor_hooks_with(GRA_KEYWORDS(gra_saved_tensor_hooks, .begin_ = 0, __VA_ARGS__))
#endif

GRA_END_DECLS

#endif
