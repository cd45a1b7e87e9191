/* optimizers.h - the updates of optimizers: one pass over a parameter, its gradient and what the
 * optimizer remembers of it.
 *
 * May include: the headers of ops/kernels/ and core/dtype.h.
 *
 * Each is elementwise over n contiguous elements that may lie at any byte, in float32 or float64, and
 * an element has the same bits wherever in a loop it stands.  The numbers of a step are computed once
 * in double and rounded to the type.  A gradient g' is g, -g to maximize, plus weight_decay p.
 *
 *     gra__optimizer_step step = {.adam = {.step_size = 1e-3, ...}};
 *     gra__kernels_get()->optimizers->update[GRA__ADAM][GRA_FLOAT32](n, p, g, memory, &step);
 */
#ifndef GRA_OPS_KERNELS_OPTIMIZERS_H
#define GRA_OPS_KERNELS_OPTIMIZERS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/dtype.h"

typedef enum gra__optimizer {
    GRA__SGD,         // momentum_buffer
    GRA__ADAM,        // exp_avg, exp_avg_sq, max_exp_avg_sq
    GRA__ADAMAX,      // exp_avg, exp_inf
    GRA__NADAM,       // exp_avg, exp_avg_sq
    GRA__RMSPROP,     // square_avg, momentum_buffer, grad_avg
    GRA__ADAGRAD,     // sum
    GRA__ADADELTA,    // square_avg, acc_delta
    GRA__LARS,        // momentum_buffer
    GRA__DIAGONAL_LM, // curvature
    GRA__OPTIMIZER_COUNT
} gra__optimizer;

enum { GRA__OPTIMIZER_MEMORY = 3 }; // arrays that an optimizer has for a parameter, at most

/* b = first ? g' : momentum b + (1 - dampening) g';  p -= lr (nesterov ? g' + momentum b : b), or
 * p -= lr g' where momentum is 0 and there is no b. */
typedef struct gra__sgd_step {
    double lr;           // step size
    double momentum;     // 0: no buffer is read or written
    double dampening;    // share of g' kept out of the buffer
    double weight_decay; // L2 penalty
    bool nesterov;       // look ahead
    bool maximize;       // ascend
    bool first;          // the buffer holds nothing yet and becomes g'
} gra__sgd_step;

/* m += (1 - beta1) (g' - m);  v = beta2 v + (1 - beta2) g'^2;  u = v, amsgrad: u = max(u, v);
 * p = keep p - step_size m / (scale sqrt(u) + eps). */
typedef struct gra__adam_step {
    double step_size; // lr / (1 - beta1^t)
    double scale;     // 1 / sqrt(1 - beta2^t)
    double keep;      // 1 - lr weight_decay where it is decoupled, and weight_decay is 0; else 1
    double beta1, beta2, eps, weight_decay;
    bool amsgrad, maximize;
} gra__adam_step;

/* m as in Adam;  u = max(beta2 u, |g'| + eps);  p -= step_size m / u. */
typedef struct gra__adamax_step {
    double step_size; // lr / (1 - beta1^t)
    double beta1, beta2, eps, weight_decay;
    bool maximize;
} gra__adamax_step;

/* m and v as in Adam;  p = keep p - (gradient_size g' + step_size m) / (sqrt(scale v) + eps). */
typedef struct gra__nadam_step {
    double gradient_size, step_size; // of the gradient of this step, and of the average
    double scale;                    // 1 / (1 - beta2^t)
    double keep;                     // as in Adam
    double beta1, beta2, eps, weight_decay;
    bool maximize;
} gra__nadam_step;

/* v = alpha v + (1 - alpha) g'^2;  centered: a += (1 - alpha) (g' - a), r = sqrt(v - a^2), else
 * r = sqrt(v);  d = g' / (r + eps);  with momentum b = momentum b + d, d = b;  p -= lr d. */
typedef struct gra__rmsprop_step {
    double lr, alpha, eps, momentum, weight_decay;
    bool centered, maximize;
} gra__rmsprop_step;

/* s += g'^2;  p -= lr g' / (sqrt(s) + eps). */
typedef struct gra__adagrad_step {
    double lr; // after its decay
    double eps, weight_decay;
    bool maximize;
} gra__adagrad_step;

/* v = rho v + (1 - rho) g'^2;  d = sqrt(a + eps) / sqrt(v + eps) g';  a = rho a + (1 - rho) d^2;
 * p -= lr d. */
typedef struct gra__adadelta_step {
    double lr, rho, eps, weight_decay;
    bool maximize;
} gra__adadelta_step;

/* b = momentum b + rate g';  p -= b, or p -= rate g' where momentum is 0 and there is no b. */
typedef struct gra__lars_step {
    double rate; // lr times the parameter's trust ratio
    double momentum, weight_decay;
} gra__lars_step;

/* p -= lr g / (mu + h). */
typedef struct gra__diagonal_lm_step {
    double lr, mu;
} gra__diagonal_lm_step;

typedef union gra__optimizer_step {
    gra__sgd_step sgd;
    gra__adam_step adam;
    gra__adamax_step adamax;
    gra__nadam_step nadam;
    gra__rmsprop_step rmsprop;
    gra__adagrad_step adagrad;
    gra__adadelta_step adadelta;
    gra__lars_step lars;
    gra__diagonal_lm_step diagonal_lm;
} gra__optimizer_step;

/* n contiguous parameters p and gradients g; memory has the arrays in the order above, NULL for those
 * that the step does without. */
typedef void gra__optimizer_loop(size_t n, char *p, const char *g, char *const *memory,
                                 const gra__optimizer_step *step);

/* The sum of x[i]^2, in double. */
typedef double gra__squares_loop(size_t n, const char *x);

typedef struct gra__optimizers_table {
    gra__optimizer_loop *update[GRA__OPTIMIZER_COUNT][GRA_DTYPE_COUNT];
    gra__squares_loop *sum_of_squares[GRA_DTYPE_COUNT];
} gra__optimizers_table;

#endif
