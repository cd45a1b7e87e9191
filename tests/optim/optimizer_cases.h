/* optimizer_cases.h - sixty steps of each optimizer with each of its options, for test_optimizers.c and
 * for tests/pytorch/optim_tool.c. tests/pytorch/check_optim.py has PyTorch's constructors by the same
 * names, and records what they give.
 *
 * A case moves two tensors, [3, 4] and [5], along given gradients. The learning rate is halved after
 * half of the steps.
 */
#ifndef GRA_TESTS_OPTIM_OPTIMIZER_CASES_H
#define GRA_TESTS_OPTIM_OPTIMIZER_CASES_H

#include "gradus.h"

enum { OPTIMIZER_STEPS = 60 };

/* X(name, constructor, options...) */
#define OPTIMIZER_CASES(X)                                                                         \
    X(sgd, gra_sgd, .lr = 0.1)                                                                     \
    X(sgd_momentum, gra_sgd, .lr = 0.05, .momentum = 0.9, .weight_decay = 1e-2)                    \
    X(sgd_dampening, gra_sgd, .lr = 0.05, .momentum = 0.9, .dampening = 0.3, .maximize = true)     \
    X(sgd_nesterov, gra_sgd, .lr = 0.05, .momentum = 0.8, .weight_decay = 0.1, .nesterov = true)   \
    X(adam, gra_adam, )                                                                            \
    X(adam_options, gra_adam, .lr = 0.05, .betas = {0.8, 0.95}, .eps = 1e-4, .weight_decay = 0.1)  \
    X(adam_amsgrad, gra_adam, .lr = 0.05, .betas = {0.9, 0.9}, .amsgrad = true)                    \
    X(adam_maximize, gra_adam, .lr = 0.05, .maximize = true, .amsgrad = true, .weight_decay = 0.1) \
    X(adam_no_averages, gra_adam, .lr = 0.05, .betas = {0, 0})                                     \
    X(adamw, gra_adamw, )                                                                          \
    X(adamw_options, gra_adamw, .lr = 0.05, .betas = {0.5, 0.9}, .eps = 1e-5, .weight_decay = 0.2) \
    X(adamw_amsgrad, gra_adamw, .lr = 0.05, .amsgrad = true, .maximize = true)                     \
    X(adamax, gra_adamax, )                                                                        \
    X(adamax_options, gra_adamax, .lr = 0.05, .betas = {0.8, 0.9}, .eps = 1e-3,                    \
      .weight_decay = 0.1, .maximize = true)                                                       \
    X(nadam, gra_nadam, )                                                                          \
    X(nadam_options, gra_nadam, .lr = 0.05, .betas = {0.8, 0.9}, .eps = 1e-3, .weight_decay = 0.1, \
      .momentum_decay = 0.1, .maximize = true)                                                     \
    X(nadam_decoupled, gra_nadam, .lr = 0.05, .weight_decay = 0.1, .decoupled_weight_decay = true) \
    X(rmsprop, gra_rmsprop, )                                                                      \
    X(rmsprop_options, gra_rmsprop, .lr = 0.02, .alpha = 0.9, .eps = 1e-4, .weight_decay = 0.1,    \
      .maximize = true)                                                                            \
    X(rmsprop_momentum, gra_rmsprop, .lr = 0.01, .alpha = 0.9, .momentum = 0.7)                    \
    X(rmsprop_centered, gra_rmsprop, .lr = 0.01, .alpha = 0.9, .centered = true)                   \
    X(rmsprop_all, gra_rmsprop, .lr = 0.01, .alpha = 0.95, .momentum = 0.5, .centered = true,      \
      .weight_decay = 0.01)                                                                        \
    X(adagrad, gra_adagrad, )                                                                      \
    X(adagrad_options, gra_adagrad, .lr = 0.1, .lr_decay = 0.1, .weight_decay = 0.1,               \
      .initial_accumulator_value = 0.5, .eps = 1e-4, .maximize = true)                             \
    X(adadelta, gra_adadelta, )                                                                    \
    X(adadelta_options, gra_adadelta, .lr = 0.7, .rho = 0.8, .eps = 1e-3, .weight_decay = 0.1,     \
      .maximize = true)

/* LARS, which needs whole gradients. */
#define LARS_CASES(X)                                                                              \
    X(lars, gra_lars, .lr = 10)                                                                    \
    X(lars_momentum, gra_lars, .lr = 5, .momentum = 0.9, .weight_decay = 0.01, .eps = 1e-3)        \
    X(lars_excluding, gra_lars, .lr = 0.1, .momentum = 0.5, .weight_decay = 0.01,                  \
      .trust_coefficient = 0.02, .exclude_1d = true)

/* An optimizer for a module, or for a list where that is NULL. */
typedef struct optimizer_case {
    const char *name;
    gra_optim *(*make)(gra_module *module, gra_tensor *const *tensors, int count, bool fused);
    bool may_be_fused;
} optimizer_case;

#define OPTIMIZER_MAKE(title, constructor, ...)                                                    \
    static gra_optim *make_##title(gra_module *m, gra_tensor *const *p, int count, bool fused)     \
    {                                                                                              \
        return constructor(.module = m, .tensors = p, .count = count, .fused_backward = fused,     \
                           __VA_ARGS__);                                                           \
    }
#define LARS_MAKE(title, constructor, ...)                                                         \
    static gra_optim *make_##title(gra_module *m, gra_tensor *const *p, int count, bool fused)     \
    {                                                                                              \
        (void)fused;                                                                               \
        return constructor(.module = m, .tensors = p, .count = count, __VA_ARGS__);                \
    }
OPTIMIZER_CASES(OPTIMIZER_MAKE)
LARS_CASES(LARS_MAKE)

#define OPTIMIZER_ENTRY(title, ...) {#title, make_##title, true},
#define LARS_ENTRY(title, ...) {#title, make_##title, false},
static const optimizer_case optimizer_cases[] = {OPTIMIZER_CASES(OPTIMIZER_ENTRY)
                                                     LARS_CASES(LARS_ENTRY)};
enum { OPTIMIZER_CASE_COUNT = sizeof optimizer_cases / sizeof *optimizer_cases };

static const char *const optimizer_memory[] = {"momentum_buffer", "exp_avg", "exp_avg_sq",
                                               "max_exp_avg_sq",  "exp_inf", "square_avg",
                                               "grad_avg",        "sum",     "acc_delta"};
enum { OPTIMIZER_MEMORY_COUNT = sizeof optimizer_memory / sizeof *optimizer_memory };

/* Steps [first, end) of an optimizer over p, the gradients being rows of the file's. */
static inline bool optimizer_case_steps(gra_optim *opt, gra_tensor *const *p, gra_tensor_file *file,
                                        int first, int end)
{
    const int mark = gra_mark();
    gra_tensor *const gradients[] = {gra_tensor_file_get(file, "gradients.0"),
                                     gra_tensor_file_get(file, "gradients.1")};
    for (int t = first; t < end && !gra_error(); t++) {
        gra_tensor *loss = NULL;
        for (int i = 0; i < 2; i++) {
            gra_tensor *const g = gra_to(gra_select(gradients[i], 0, t), gra_tensor_dtype(p[i]));
            gra_tensor *const part = gra_sum(gra_mul(p[i], g));
            loss = loss ? gra_add(loss, part) : part;
        }
        if (t == OPTIMIZER_STEPS / 2)
            gra_optim_set_lr(opt, gra_optim_lr(opt) / 2);
        gra_zero_grad(opt);
        gra_backward(loss);
        gra_step(opt);
    }
    gra_release(mark);
    return !gra_error();
}

/* The file's first values as leaves. */
static inline void optimizer_case_start(gra_tensor_file *file, gra_dtype dtype, gra_tensor **p)
{
    p[0] = gra_requires_grad(gra_to(gra_tensor_file_get(file, "start.0"), dtype));
    p[1] = gra_requires_grad(gra_to(gra_tensor_file_get(file, "start.1"), dtype));
}

#endif
