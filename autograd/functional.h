/* functional.h - derivatives of functions: Jacobians, Hessians, and their products with vectors.
 *
 *     static gra_tensor *f(gra_tensor *const *in, int count, void *context)
 *     {
 *         return gra_square(in[0]);
 *     }
 *
 *     gra_tensor *J;                                    x [3]
 *     gra_jacobian(f, NULL, &x, 1, &J);                 J [3, 3] = diag(2 x)
 *
 * Letters: y = f(x_0, x_1, ...), J_i = dy/dx_i.
 *
 *     gra_jacobian   J_i                one backward pass for each element of y
 *     gra_vjp        v J_i              one backward pass: v has the shape of y
 *     gra_jvp        sum_i J_i v_i      two, by differentiating v J in v: v_i has the shape of x_i
 *     gra_hessian    d2y / dx_i dx_j    y of one element; one pass for each element of the gradient
 *     gra_hvp        sum_j H_ij v_j     two passes
 *
 * The functions are those of torch.autograd.functional.  The inputs need not require a gradient and are
 * left as they are; no leaf's grad is touched, though parameters that f uses stay part of it.  f runs
 * once.  Products never make the matrix, which for a network would not fit.
 *
 * Where y does not depend on an input, the result is zeros.  Each returns 0, or -1 with an error and NULL in all results.
 * May include: core, ops.
 */
#ifndef GRA_AUTOGRAD_FUNCTIONAL_H
#define GRA_AUTOGRAD_FUNCTIONAL_H

#include "function.h"

GRA_BEGIN_DECLS

typedef struct gra_jacobian_options {
    int begin_;
    gra_function function;
    void *context;
    gra_tensor *const *inputs; /* floating-point */
    int count;                 /* of inputs */
    gra_tensor **results;      /* filled, in the caller's scope */
    bool create_graph;         /* false; the results can be differentiated, also by the inputs */
} gra_jacobian_options;

typedef struct gra_product_options {
    int begin_;
    gra_function function;
    void *context;
    gra_tensor *const *inputs;
    int count;
    gra_tensor *const *v; /* one of y's shape for vjp; else one of each input's shape */
    gra_tensor **results;
    gra_tensor **output; /* NULL; else filled with y */
    bool create_graph;
} gra_product_options;

gra_jacobian_options gra_jacobian_defaults(void);
gra_product_options gra_product_defaults(void);

/* results[i] of shape [y.., x_i..]. */
int gra_jacobian_with(gra_jacobian_options options);

/* results[i * count + j] of shape [x_i.., x_j..]: count * count of them. */
int gra_hessian_with(gra_jacobian_options options);

int gra_vjp_with(gra_product_options options); /* results[i] of x_i's shape */
int gra_jvp_with(gra_product_options options); /* one result, of y's shape */
int gra_hvp_with(gra_product_options options); /* results[i] of x_i's shape */

#ifndef __cplusplus
#define gra_jacobian(...)                                                                          \
    gra_jacobian_with(GRA_KEYWORDS(gra_jacobian_options, .begin_ = 0, __VA_ARGS__))
#define gra_hessian(...)                                                                           \
    gra_hessian_with(GRA_KEYWORDS(gra_jacobian_options, .begin_ = 0, __VA_ARGS__))
#define gra_vjp(...) gra_vjp_with(GRA_KEYWORDS(gra_product_options, .begin_ = 0, __VA_ARGS__))
#define gra_jvp(...) gra_jvp_with(GRA_KEYWORDS(gra_product_options, .begin_ = 0, __VA_ARGS__))
#define gra_hvp(...) gra_hvp_with(GRA_KEYWORDS(gra_product_options, .begin_ = 0, __VA_ARGS__))
#endif

GRA_END_DECLS

#endif
