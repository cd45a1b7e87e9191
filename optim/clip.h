/* clip.h - keeping gradients short.
 *
 *     gra_backward(loss);
 *     gra_clip_grad_norm(net, 1.0);
 *     gra_step(opt);
 *
 * May include: core, ops, autograd, nn.
 */
#ifndef GRA_OPTIM_CLIP_H
#define GRA_OPTIM_CLIP_H

#include "../nn/module.h"

GRA_BEGIN_DECLS

typedef struct gra_clip_grad_norm_options {
    int begin_;
    gra_module *module;
    double max_norm;  /* at least 0 */
    double norm_type; /* 2: p of the p-norm, above 0; INFINITY: the largest magnitude */
} gra_clip_grad_norm_options;

gra_clip_grad_norm_options gra_clip_grad_norm_defaults(void);

/* Multiplies all gradients by min(1, max_norm / (norm + 1e-6)), norm being that of all their
 * elements as one vector. Returns the norm before, 0 where there is no gradient, or NaN with an
 * error. A norm that is not finite is no error: look at what is returned. */
double gra_clip_grad_norm_with(gra_clip_grad_norm_options options);

#ifndef __cplusplus
#define gra_clip_grad_norm(...)                                                                    \
    gra_clip_grad_norm_with(                                                                       \
        GRA_KEYWORDS(gra_clip_grad_norm_options, .norm_type = 2, .begin_ = 0, __VA_ARGS__))
#endif

/* The 2-norm of all gradients as one vector, 0 where there is none; NaN with an error. */
double gra_grad_norm(gra_module *module);

/* Brings each element of all gradients into [-clip_value, clip_value]; NaN stays. Returns 0, or -1
 * with an error. */
int gra_clip_grad_value(gra_module *module, double clip_value);

GRA_END_DECLS

#endif
