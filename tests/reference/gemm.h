/* The naive twin of ops/kernels/gemm.c and blas.c, in float64. */
#ifndef GRA_TESTS_REFERENCE_GEMM_H
#define GRA_TESTS_REFERENCE_GEMM_H

#include <stdint.h>

/* C[m][n] = alpha A B + beta C; beta = 0 does not read C. */
void reference_gemm(int64_t m, int64_t n, int64_t k, double alpha, const double *a, int64_t ars,
                    int64_t acs, const double *b, int64_t brs, int64_t bcs, double beta, double *c,
                    int64_t crs, int64_t ccs);

#endif
