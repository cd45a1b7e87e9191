/* Elementwise loops: activations with parameters, and their first-order gradients.
 *
 * May include: elementwise.h only. Pointers, sizes and strides; no tensors.
 *
 * As the loops of elementwise.h: one dimension of n elements, strides in bytes, pointers at any byte;
 * the output may be exactly one of the inputs. Float32 and float64 are served; float32 is within the
 * bounds that vmath.h states.
 *
 *     const double p[3] = {0.01};
 *     k->activations->leaky_relu[GRA_FLOAT32](n, y, 4, x, 4, p);
 *
 * Letters: x input, y output, g gradient of the output, w weight, p three parameters, of which a loop
 * uses those that its formula names.
 */
#ifndef GRA_OPS_KERNELS_ACTIVATIONS_H
#define GRA_OPS_KERNELS_ACTIVATIONS_H

#include "ops/kernels/elementwise.h"

typedef void gra__activation_loop(size_t n, char *y, ptrdiff_t ys, const char *x, ptrdiff_t xs,
                                  const double p[3]);

/* z = g f'(x); the entries that end in _y take y for x. */
typedef void gra__activation_backward_loop(size_t n, char *z, ptrdiff_t zs, const char *g,
                                           ptrdiff_t gs, const char *x, ptrdiff_t xs,
                                           const double p[3]);

typedef struct gra__activations_table {
    gra__activation_loop *leaky_relu[GRA_DTYPE_COUNT]; // x > 0 ? x : p0 x
    gra__activation_loop *elu[GRA_DTYPE_COUNT];        // x > 0 ? p1 x : p0 (e^(p2 x) - 1)
    gra__activation_loop *gelu[GRA_DTYPE_COUNT];       // x (1 + erf(x / sqrt 2)) / 2
    gra__activation_loop *gelu_tanh[GRA_DTYPE_COUNT];  // x (1 + tanh u) / 2,
                                                       // u = sqrt(2 / pi) (x + 0.044715 x^3)
    gra__activation_loop *silu[GRA_DTYPE_COUNT];       // x / (1 + e^-x)
    gra__activation_loop *softplus[GRA_DTYPE_COUNT];   // p0 x > p1 ? x : ln(1 + e^(p0 x)) / p0

    gra__activation_backward_loop *leaky_relu_backward[GRA_DTYPE_COUNT]; // x > 0 ? g : p0 g
    gra__activation_backward_loop *elu_backward[GRA_DTYPE_COUNT];        // x <= 0 ?
                                                                         // p0 p2 e^(p2 x) g : p1 g
    gra__activation_backward_loop *elu_backward_y[GRA_DTYPE_COUNT];      // y <= 0 ?
                                                                         // p2 (y + p0) g : p1 g
    gra__activation_backward_loop *gelu_backward[GRA_DTYPE_COUNT];
    gra__activation_backward_loop *gelu_tanh_backward[GRA_DTYPE_COUNT];
    gra__activation_backward_loop *silu_backward[GRA_DTYPE_COUNT];
    gra__activation_backward_loop *softplus_backward[GRA_DTYPE_COUNT];
    gra__activation_backward_loop *hardtanh_backward[GRA_DTYPE_COUNT]; // x <= p0 or x >= p1 ? 0 : g

    gra__binary_loop *prelu[GRA_DTYPE_COUNT];                 // a > 0 ? a : b a
    gra__binary_loop *prelu_backward_weight[GRA_DTYPE_COUNT]; // b > 0 ? 0 : b a, a is g, b is x
    gra__where_loop *prelu_backward[GRA_DTYPE_COUNT]; // x > 0 ? g : w g, in the order x, g, w
} gra__activations_table;

extern const gra__activations_table gra__activations_baseline;
extern const gra__activations_table gra__activations_avx2;
extern const gra__activations_table gra__activations_avx512;

#endif
