/* Naive twins of ops/kernels/activations.h: one element at a time, in long double by the formulas. */
#ifndef GRA_TESTS_REFERENCE_ACTIVATIONS_H
#define GRA_TESTS_REFERENCE_ACTIVATIONS_H

typedef long double gra__reference_activation(long double x, const double p[3]);

/* The functions, and their slopes; elu_slope_y takes y = elu(x). */
gra__reference_activation gra__reference_leaky_relu, gra__reference_elu, gra__reference_gelu,
    gra__reference_gelu_tanh, gra__reference_silu, gra__reference_softplus;
gra__reference_activation gra__reference_leaky_relu_slope, gra__reference_elu_slope,
    gra__reference_elu_slope_y, gra__reference_gelu_slope, gra__reference_gelu_tanh_slope,
    gra__reference_silu_slope, gra__reference_softplus_slope, gra__reference_hardtanh_slope;

#endif
