/* The plain twin of ops/kernels/resample.h: every result by itself, from all of its taps. */
#ifndef GRA_TESTS_REFERENCE_RESAMPLE_H
#define GRA_TESTS_REFERENCE_RESAMPLE_H

#include "ops/kernels/resample.h"

void reference_resample_f32(const gra__resample_shape *shape, const float *x, float *y);
void reference_resample_f64(const gra__resample_shape *shape, const double *x, double *y);
void reference_resample_backward_f32(const gra__resample_shape *shape, const float *g, float *dx);
void reference_resample_backward_f64(const gra__resample_shape *shape, const double *g, double *dx);

#endif
