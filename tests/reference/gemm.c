#include "gemm.h"

void reference_gemm(int64_t m, int64_t n, int64_t k, double alpha, const double *a, int64_t ars,
                    int64_t acs, const double *b, int64_t brs, int64_t bcs, double beta, double *c,
                    int64_t crs, int64_t ccs)
{
    for (int64_t i = 0; i < m; i++)
        for (int64_t j = 0; j < n; j++) {
            double sum = 0;
            for (int64_t p = 0; p < k; p++)
                sum += a[i * ars + p * acs] * b[p * brs + j * bcs];
            double *to = c + i * crs + j * ccs;
            *to = alpha * sum + (beta == 0 ? 0 : beta * *to);
        }
}
