/* Naive twins of ops/kernels/reduce.h: plain loops over n doubles, inner apart. */
#ifndef GRA_TESTS_REFERENCE_REDUCE_H
#define GRA_TESTS_REFERENCE_REDUCE_H

#include <stddef.h>

/* One step of a reduction: the accumulator after x. */
typedef double gra__reference_fold(double acc, double x);

gra__reference_fold gra__reference_sum, gra__reference_prod, gra__reference_max, gra__reference_min,
    gra__reference_any, gra__reference_all;

size_t gra__reference_argmax(size_t n, const double *x);
size_t gra__reference_argmin(size_t n, const double *x);

/* One column of a slab: element k is x[k * inner]. */
void gra__reference_softmax(size_t n, size_t inner, double *y, const double *x);
void gra__reference_log_softmax(size_t n, size_t inner, double *y, const double *x);
double gra__reference_logsumexp(size_t n, size_t inner, const double *x);
void gra__reference_softmax_backward(size_t n, size_t inner, double *dx, const double *g,
                                     const double *y);
void gra__reference_log_softmax_backward(size_t n, size_t inner, double *dx, const double *g,
                                         const double *y);

#endif
