/* gradcheck.h - checking gradients against finite differences.
 *
 *     static gra_tensor *f(gra_tensor *const *in, int count, void *context)
 *     {
 *         return swish(in[0]);
 *     }
 *
 *     gra_tensor *x = gra_randn(GRA_SHAPE(3, 4), .dtype = GRA_FLOAT64, .requires_grad = true);
 *     if (gra_gradcheck(f, NULL, &x, 1) < 0)
 *         puts(gra_error());
 *
 * The output is projected on a fixed random direction v, L = <f(x), v>, and dL/dx from the backward
 * pass is compared, element by element, with (L(x + eps) - L(x - eps)) / (2 eps).  Only inputs that
 * require a gradient are varied; they must be float64, and f must be smooth near them.
 */
#ifndef GRA_AUTOGRAD_GRADCHECK_H
#define GRA_AUTOGRAD_GRADCHECK_H

#include "function.h"

GRA_BEGIN_DECLS

typedef struct gra_gradcheck_options {
    int begin_;
    gra_function function;
    void *context;
    gra_tensor *const *inputs;
    int count;
    double eps;  /* 1e-6 */
    double atol; /* 1e-5 */
    double rtol; /* 1e-3 */
} gra_gradcheck_options;

gra_gradcheck_options gra_gradcheck_defaults(void);

/* 0 when all agree; -1 with an error that names the input, the index and both numbers. The inputs are
 * left as they were. */
int gra_gradcheck_with(gra_gradcheck_options options);

/* The same for the gradient itself, as a function of the inputs and of v: checks the second
 * derivatives of f, and that its rule can be differentiated. */
int gra_gradgradcheck_with(gra_gradcheck_options options);

#ifndef __cplusplus
#define gra_gradcheck(...)                                                                         \
    gra_gradcheck_with(GRA_KEYWORDS(gra_gradcheck_options, .eps = 1e-6, .atol = 1e-5,              \
                                    .rtol = 1e-3, .begin_ = 0, __VA_ARGS__))
#define gra_gradgradcheck(...)                                                                     \
    gra_gradgradcheck_with(GRA_KEYWORDS(gra_gradcheck_options, .eps = 1e-6, .atol = 1e-5,          \
                                        .rtol = 1e-3, .begin_ = 0, __VA_ARGS__))
#endif

GRA_END_DECLS

#endif
