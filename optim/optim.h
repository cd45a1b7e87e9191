/* optim.h - optimizers: what turns gradients into better parameters.
 *
 *     gra_optim *opt = gra_sgd(net, .lr = 0.01, .momentum = 0.9);
 *     gra_zero_grad(opt);
 *     gra_backward(loss);
 *     if (gra_step(opt) < 0)
 *         fprintf(stderr, "%s\n", gra_error());
 *     gra_free(opt, net);
 *
 * An optimizer belongs to whoever made it and keeps its parameters alive, so the module may be
 * freed first.  Names, defaults and results are PyTorch's.
 * May include: core, ops, autograd, nn.
 */
#ifndef GRA_OPTIM_OPTIM_H
#define GRA_OPTIM_OPTIM_H

#include "../nn/module.h"

GRA_BEGIN_DECLS

typedef struct gra_optim gra_optim;

/* Stochastic gradient descent. For each parameter p with gradient g, at step t:
 *
 *     g <- g + weight_decay p                      (-g first, to maximize)
 *     b <- g at the first step, then momentum b + (1 - dampening) g
 *     p <- p - lr b, nesterov: p - lr (g + momentum b)
 *
 * Errors: a negative number, nesterov without momentum or with dampening, no parameters. */
typedef struct gra_sgd_options {
    int begin_;
    gra_module *module;  /* all of its parameters */
    double lr;           /* 1e-3: step size */
    double momentum;     /* 0 */
    double dampening;    /* 0 */
    double weight_decay; /* 0: L2 penalty */
    bool nesterov;       /* false */
    bool maximize;       /* false */
    bool fused_backward; /* false: see below */
} gra_sgd_options;

/* The same for a list of leaves, each of which the optimizer keeps. */
typedef struct gra_sgd_tensors_options {
    int begin_;
    gra_tensor *const *tensors;
    int count;
    double lr;           /* 1e-3 */
    double momentum;     /* 0 */
    double dampening;    /* 0 */
    double weight_decay; /* 0 */
    bool nesterov;       /* false */
    bool maximize;       /* false */
    bool fused_backward; /* false: see below */
} gra_sgd_tensors_options;

gra_sgd_options gra_sgd_defaults(void);
gra_sgd_tensors_options gra_sgd_tensors_defaults(void);
gra_optim *gra_sgd_with(gra_sgd_options options);
gra_optim *gra_sgd_tensors_with(gra_sgd_tensors_options options);

#ifndef __cplusplus
#define gra_sgd(...)                                                                               \
    gra_sgd_with(GRA_KEYWORDS(gra_sgd_options, .lr = 1e-3, .begin_ = 0, __VA_ARGS__))
#define gra_sgd_tensors(...)                                                                       \
    gra_sgd_tensors_with(                                                                          \
        GRA_KEYWORDS(gra_sgd_tensors_options, .lr = 1e-3, .begin_ = 0, __VA_ARGS__))
#endif

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
 * The learning rate is the one at gra_backward. Hooks of parameters see the whole gradients, and
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

/* The step size; schedulers.h changes it by a plan. Setting returns 0, or -1 with an error for a
 * negative one; reading from NULL gives NaN. */
double gra_optim_lr(const gra_optim *opt);
int gra_optim_set_lr(gra_optim *opt, double lr);

GRA_END_DECLS

#endif
