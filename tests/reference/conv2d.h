/* The naive twin of ops/kernels/conv2d.c, in float64: seven loops. */
#ifndef GRA_TESTS_REFERENCE_CONV2D_H
#define GRA_TESTS_REFERENCE_CONV2D_H

#include "ops/kernels/conv2d.h"

void reference_conv2d_forward(const gra__conv2d_shape *shape, const double *x, const double *w,
                              const double *bias, double *y);
void reference_conv2d_backward_input(const gra__conv2d_shape *shape, const double *g,
                                     const double *w, double *dx);
void reference_conv2d_backward_weight(const gra__conv2d_shape *shape, const double *g,
                                      const double *x, double *dw);
void reference_conv2d_backward_bias(const gra__conv2d_shape *shape, const double *g, double *db);

#endif
