/* Naive twins of ops/kernels/elementwise.h: one element at a time, in double. */
#ifndef GRA_TESTS_REFERENCE_ELEMENTWISE_H
#define GRA_TESTS_REFERENCE_ELEMENTWISE_H

#include <stddef.h>

#include "core/dtype.h"

typedef double gra__reference_unary(double x);
typedef double gra__reference_binary(double a, double b);

size_t gra__reference_size(gra_dtype dtype); // bytes of one element

/* The element at p as a double, and back; to a narrower type rounds, truncates or tests as convert
 * does. */
double gra__reference_load(gra_dtype dtype, const void *p);
void gra__reference_store(gra_dtype dtype, void *p, double x);

gra__reference_binary gra__reference_add, gra__reference_sub, gra__reference_mul,
    gra__reference_div, gra__reference_pow, gra__reference_maximum, gra__reference_minimum,
    gra__reference_eq, gra__reference_ne, gra__reference_lt, gra__reference_le, gra__reference_gt,
    gra__reference_ge, gra__reference_logical_and, gra__reference_logical_or,
    gra__reference_sigmoid_backward, gra__reference_tanh_backward, gra__reference_relu_backward,
    gra__reference_integer_pow;

gra__reference_unary gra__reference_logical_not, gra__reference_isfinite, gra__reference_neg,
    gra__reference_abs, gra__reference_sign, gra__reference_square, gra__reference_one_minus,
    gra__reference_relu, gra__reference_reciprocal, gra__reference_sqrt, gra__reference_exp,
    gra__reference_log, gra__reference_tanh, gra__reference_sigmoid, gra__reference_rsqrt,
    gra__reference_expm1, gra__reference_log1p, gra__reference_erf, gra__reference_sin,
    gra__reference_cos, gra__reference_floor, gra__reference_ceil, gra__reference_trunc,
    gra__reference_round;

double gra__reference_clamp(double x, double low, double high);
double gra__reference_clamp_backward(double g, double x, double low, double high);

/* The distance of got from the true value, in units in the last place of a float32 or float64. 0
 * where both are NaN or the same infinity, infinite where only one is. */
double gra__reference_ulps(gra_dtype dtype, double got, double expected);

#endif
