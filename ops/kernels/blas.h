/* Matrix products: BLIS's, or a kernel of our own where that is faster.
 *
 * May include: gemm.h. blas.c is the only file that includes BLIS's header; without GRA_HAVE_BLIS a plain loop takes its
 * place. BLIS is the serial library: rows or columns of C are split over our OpenMP threads in blocks that the shape
 * fixes, so the bits do not depend on the number of threads.
 *
 *     gra__matmul_f32(&(gra__gemm_args){.m = 2, .n = 3, .k = 4, .a = a, .ars = 4, .acs = 1,
 *                                       .b = b, .brs = 3, .bcs = 1, .c = c, .crs = 3});
 *
 * Strides are in elements and may have any sign; a transposed matrix is one with its strides exchanged. C may not overlap
 * A or B. m, n or k may be 0: k = 0 gives beta C, or the bias.
 */
#ifndef GRA_OPS_KERNELS_BLAS_H
#define GRA_OPS_KERNELS_BLAS_H

#include <stdbool.h>

#include "ops/kernels/gemm.h"

/* C[m][n] = alpha A[m][k] B[k][n] + beta C; C is not read where beta is 0. */
void gra__sgemm(int64_t m, int64_t n, int64_t k, float alpha, const float *a, int64_t ars,
                int64_t acs, const float *b, int64_t brs, int64_t bcs, float beta, float *c,
                int64_t crs, int64_t ccs);
void gra__dgemm(int64_t m, int64_t n, int64_t k, double alpha, const double *a, int64_t ars,
                int64_t acs, const double *b, int64_t brs, int64_t bcs, double beta, double *c,
                int64_t crs, int64_t ccs);

/* As gra__gemm_args in gemm.h, in float64. */
typedef struct gra__gemm_args_f64 {
    int64_t m, n, k;
    const double *a;
    int64_t ars, acs; // A's row and column stride
    const double *b;
    int64_t brs, bcs;
    double *c;
    int64_t crs;               // C's columns are contiguous
    int accumulate;            // add to C instead of overwriting it
    const double *row_bias;    // [m], or NULL
    const double *column_bias; // [n], or NULL
} gra__gemm_args_f64;

/* C (+)= A B + biases, by whichever is the fastest. */
void gra__matmul_f32(const gra__gemm_args *args);
void gra__matmul_f64(const gra__gemm_args_f64 *args);

/* Whether gra__matmul_f32 gives a row of an m x n x k product the same bits when it makes some of the rows alone, 16 at
 * least: ours does, BLIS need not. */
bool gra__matmul_f32_is_by_rows(int64_t m, int64_t n, int64_t k);

/* y[n] = the sum of x[m][n]'s rows, for bias gradients. */
void gra__column_sums_f32(int64_t m, int64_t n, const float *x, float *y);
void gra__column_sums_f64(int64_t m, int64_t n, const double *x, double *y);

/* A linear layer of contiguous tensors x[n][in], w[out][in], b[out], y[n][out]; b may be NULL. */
void gra__linear_f32(int64_t n, int64_t in, int64_t out, const float *x, const float *w,
                     const float *b,
                     float *y); // y = x w^T + b
void gra__linear_backward_input_f32(int64_t n, int64_t in, int64_t out, const float *g,
                                    const float *w,
                                    float *dx); // dx = g w
void gra__linear_backward_weight_f32(int64_t n, int64_t in, int64_t out, const float *g,
                                     const float *x,
                                     float *dw); // dw = g^T x

#endif
