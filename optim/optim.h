/* optim.h - optimizers: what turns gradients into better parameters.
 *
 *     gra_optim *opt = gra_adamw(net, .lr = 1e-3);
 *     gra_optim_group(opt, "*bias", .weight_decay = 0);
 *     gra_zero_grad(opt);
 *     gra_backward(loss);
 *     if (gra_step(opt) < 0)
 *         fprintf(stderr, "%s\n", gra_error());
 *     gra_free(opt, net);
 *
 * An optimizer belongs to whoever made it and keeps its parameters alive, so the module may be
 * freed first.  optimizers.h has the constructors, schedulers.h changes rates by a plan, and
 * ../io/training_state.h saves all that a run needs to go on.
 * May include: core, ops, autograd, nn.
 */
#ifndef GRA_OPTIM_OPTIM_H
#define GRA_OPTIM_OPTIM_H

#include <math.h>

#include "../nn/module.h"

GRA_BEGIN_DECLS

typedef struct gra_optim gra_optim;

/* Moves every parameter that has a gradient. Returns 0, or -1 and moves nothing while an error is
 * pending.
 *
 * With .fused_backward, gra_backward itself moves each parameter as soon as its gradient is
 * complete and nothing in the pass needs the old value any more, and frees the gradient, which
 * saves the memory of all gradients but the largest one, or a strip of it in a linear layer. The
 * loop stays as it is, and the numbers are the same bits:
 *
 *     gra_optim *opt = gra_sgd(net, .lr = 0.01, .momentum = 0.9, .fused_backward = true);
 *     gra_backward(loss);            the parameters have moved, and gra_tensor_grad gives NULL
 *     gra_step(opt);                 ends the step
 *
 * The options are those at gra_backward. Hooks of parameters see the whole gradients, and
 * may replace them. gra_grad moves nothing. What needs all gradients at once is refused with an
 * error, before anything has moved: gra_clip_grad_norm on such parameters, a second gra_backward
 * that reaches one before gra_step (gradients are not added up), one while gra_tensor_grad is not
 * NULL, .create_graph, a second optimizer with .fused_backward for the same parameter, and a graph
 * that an earlier pass has used up or whose saved tensors were modified. A graph that .retain_graph
 * kept can be walked again where it saved no parameter that has moved.
 *
 * When a rule, a hook or an allocation fails in the middle of a pass, the parameters that came
 * before have moved, one whose strips were under way in part, and the others have not;
 * gra_clear_error and gra_step begin anew. Once the optimizer is freed, its parameters are as any
 * others. */
int gra_step(gra_optim *opt);

/* Forgets the gradients: they are NULL afterwards. */
void gra_zero_grad(gra_optim *opt);

/* The step size of the first group; setting it sets all groups'. Setting returns 0, or -1 with an
 * error for a negative one; reading from NULL gives NaN. */
double gra_optim_lr(const gra_optim *opt);
int gra_optim_set_lr(gra_optim *opt, double lr);

/* ---- groups of parameters ----
 *
 * A new optimizer has one group, number 0, with all parameters and the options that it was made with. A
 * further group has some of the parameters and options of its own; each parameter is in one group,
 * the last that it was put into. */

/* Options that are not given are those that the optimizer was made with. */
typedef struct gra_optim_group_options {
    int begin_;
    gra_optim *optim;
    const char *pattern; /* names of parameters, as a shell matches files: "*bias", "features.*" */
    double lr, weight_decay, momentum, dampening, betas[2], eps, alpha, rho, lr_decay,
        momentum_decay, initial_accumulator_value, trust_coefficient; /* NaN: not given */
    gra_tensor *const
        *tensors; /* in place of a pattern: leaves, which may be new to the optimizer */
    int count;
} gra_optim_group_options;

gra_optim_group_options gra_optim_group_defaults(void);

/* Puts parameters into a new group and returns its number; what is remembered of them stays. -1 with
 * an error, and nothing changed, for a pattern that no name matches, for an option that the optimizer
 * does not have or a value that it would not take, and for tensors that cannot be trained. */
int gra_optim_group_with(gra_optim_group_options options);

#define GRA__GROUP_DEFAULTS                                                                        \
    .lr = NAN, .weight_decay = NAN, .momentum = NAN, .dampening = NAN, .betas = {NAN, NAN},        \
    .eps = NAN, .alpha = NAN, .rho = NAN, .lr_decay = NAN, .momentum_decay = NAN,                  \
    .initial_accumulator_value = NAN, .trust_coefficient = NAN
#ifndef __cplusplus
#define gra_optim_group(...)                                                                       \
    gra_optim_group_with(                                                                          \
        GRA_KEYWORDS(gra_optim_group_options, GRA__GROUP_DEFAULTS, .begin_ = 0, __VA_ARGS__))
#endif

/* How many groups there are; -1 for NULL. */
int gra_optim_group_count(const gra_optim *opt);

/* A group's option by PyTorch's name ("weight_decay"; "beta1" and "beta2" for betas; 0 or 1 for a flag).
 * Setting returns 0, or -1 with an error and nothing changed; reading gives NaN with an error. */
enum { GRA_ALL_GROUPS = -1 }; /* for setting */
double gra_optim_option(const gra_optim *opt, int group, const char *name);
int gra_optim_set_option(gra_optim *opt, int group, const char *name, double value);

/* ---- what is remembered ---- */

/* A tensor that the optimizer remembers for a parameter, by PyTorch's name ("exp_avg"); it has the
 * parameter's shape and stays the optimizer's. NULL before the first step that needs it, or with an
 * error where there is none of that name. */
gra_tensor *gra_optim_state(const gra_optim *opt, const gra_tensor *parameter, const char *name);

/* How often a parameter has moved; -1 for one that the optimizer does not train. */
int64_t gra_optim_steps(const gra_optim *opt, const gra_tensor *parameter);

/* "AdamW"; NULL for NULL. */
const char *gra_optim_name(const gra_optim *opt);

GRA_END_DECLS

#endif
