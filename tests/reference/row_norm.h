/* The naive twin of ops/kernels/row_norm.c, in float64: sums over a row, one after the other. */
#ifndef GRA_TESTS_REFERENCE_ROW_NORM_H
#define GRA_TESTS_REFERENCE_ROW_NORM_H

#include "ops/kernels/row_norm.h"

void reference_row_norm(const gra__row_norm_shape *s, const double *x, const double *w,
                        const double *b, double *y);
void reference_row_norm_backward(const gra__row_norm_shape *s, const double *g, const double *x,
                                 const double *w, double *dx, double *dw, double *db);

#endif
