/* The naive twin of ops/kernels/norm.c, in float64: each window is walked anew for each element. */
#ifndef GRA_TESTS_REFERENCE_NORM_H
#define GRA_TESTS_REFERENCE_NORM_H

#include "ops/kernels/norm.h"

void reference_lrn(const gra__lrn_shape *shape, const double *x, double *y);
void reference_lrn_backward(const gra__lrn_shape *shape, const double *g, const double *x,
                            double *dx);
void reference_channelwise_sums(const gra__channelwise_shape *shape, const double *g,
                                const double *x, const double *mean, double *sums);

#endif
