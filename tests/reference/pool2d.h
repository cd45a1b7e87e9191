/* The naive twin of ops/kernels/pool2d.c, in float64: every window position is looked at and tested. */
#ifndef GRA_TESTS_REFERENCE_POOL2D_H
#define GRA_TESTS_REFERENCE_POOL2D_H

#include "ops/kernels/pool2d.h"

void reference_avg_pool2d(const gra__pool2d_shape *shape, bool count_include_pad,
                          int64_t divisor_override, const double *x, double *y);
void reference_avg_pool2d_backward(const gra__pool2d_shape *shape, bool count_include_pad,
                                   int64_t divisor_override, const double *g, double *dx);
void reference_max_pool2d(const gra__pool2d_shape *shape, const double *x, double *y,
                          int64_t *indices);
void reference_max_pool2d_backward(const gra__pool2d_shape *shape, const double *g,
                                   const int64_t *indices, double *dx);

#endif
