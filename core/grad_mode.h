/* grad_mode.h - whether ops are recorded, for a block of statements; and inference mode.
 *
 *     GRA_NO_GRAD
 *     {
 *         gra_mul_scalar_(w, 0.99);                  nothing here is recorded
 *         GRA_ENABLE_GRAD
 *         {
 *             y = gra_forward(net, x);               this is
 *         }
 *     }                                              as it was before, also after return and break
 *
 * The macros nest, and put back what they found however the block is left.  Being loops that run once, they
 * take break and continue for themselves.  gra_set_grad (op.h) switches without a block.
 *
 * Inference mode is more than no recording: what is made in it are inference tensors, whose writes are not
 * counted, and which cannot become part of a graph later.
 *
 *     GRA_INFERENCE
 *     {
 *         y = gra_forward(net, x);
 *     }
 *
 * Errors, with inference tensors outside of the mode: a recorded op that saves one for its rule, an op in
 * place on one, and gra_requires_grad; a gra_clone is an ordinary tensor.  Views of ordinary tensors
 * stay ordinary in it.  All modes are the thread's own, and PyTorch's: no_grad, enable_grad,
 * inference_mode.
 */
#ifndef GRA_CORE_GRAD_MODE_H
#define GRA_CORE_GRAD_MODE_H

#include "op.h"

GRA_BEGIN_DECLS

/* Switches inference mode. Nothing is recorded while it is on. Returns what it was. */
bool gra_set_inference(bool enabled);
bool gra_inference_enabled(void);

/* Whether t was made in inference mode, or shows the elements of such a tensor. */
bool gra_is_inference(const gra_tensor *t);

GRA_END_DECLS

/* The modes at the beginning of a block; for the macros. */
typedef struct gra_mode_scope {
    bool runs, grad, inference;
} gra_mode_scope;

static inline gra_mode_scope gra_enter_mode(bool grad, bool inference)
{
    const gra_mode_scope was = {true, gra_set_grad(grad), gra_set_inference(inference)};
    return was;
}

static inline void gra_leave_mode(gra_mode_scope *was)
{
    gra_set_grad(was->grad);
    gra_set_inference(was->inference);
}

#define GRA_MODE_NAME2_(line) gra_mode_##line##_
#define GRA_MODE_NAME_(line) GRA_MODE_NAME2_(line)
#define GRA_IN_MODE_(grad, inference)                                                              \
    for (gra_mode_scope GRA_MODE_NAME_(__LINE__)                                                   \
             __attribute__((cleanup(gra_leave_mode))) = gra_enter_mode(grad, inference);           \
         GRA_MODE_NAME_(__LINE__).runs; GRA_MODE_NAME_(__LINE__).runs = false)

#define GRA_NO_GRAD GRA_IN_MODE_(false, gra_inference_enabled())
#define GRA_ENABLE_GRAD GRA_IN_MODE_(true, gra_inference_enabled())
#define GRA_INFERENCE GRA_IN_MODE_(false, true)

#endif
