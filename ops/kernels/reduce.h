/* Reductions and softmax: sums, products, extrema and their positions, any and all, squared
 * deviations, and the rows of softmax, log-softmax and logsumexp with their first-order gradients.
 *
 * May include: core/dtype.h only. Pointers, sizes and strides; no tensors.
 *
 * A reduction comes in two shapes. A run folds n elements into one accumulator; a row folds n
 * elements into a row of n accumulators, each into its own, which serves the reduction of an outer
 * dimension row by row:
 *
 *      run:  acc  <- op(acc, x[0], x[1], ... x[n-1])            row:  acc[i] <- op(acc[i], x[i])
 *
 *     double total = 0;
 *     k->reduce->sum.run[GRA_FLOAT32](n, &total, x, sizeof(float));
 *
 * The caller sets the accumulators first: 0 for sum, 1 for prod, 0 for any, 1 for all, and for max
 * and min one of the elements. They are packed, aligned and, for sum and prod, wider than the
 * elements:
 *
 *     elements                       sum, prod    max, min           any, all
 *     float32, float64               double       as the elements    uint8_t
 *     int64, int32, uint8, bool      int64_t      as the elements    uint8_t
 *
 * Floating-point sums add a fixed number of interleaved partial sums in double, so their bits
 * depend on n, on the elements and on the instruction set alone. The error of a sum is at most
 * n 2^-53 times the sum of |x|: far below float32's precision, unless the terms cancel. The stride
 * of x is in bytes and may be negative or zero; x may lie at any byte. Entries for bfloat16 are
 * NULL: callers convert to float32.
 */
#ifndef GRA_OPS_KERNELS_REDUCE_H
#define GRA_OPS_KERNELS_REDUCE_H

#include <stddef.h>
#include <stdint.h>

#include "core/dtype.h"

typedef void gra__reduce_loop(size_t n, void *acc, const char *x, ptrdiff_t xs);

/* Both shapes of one reduction. */
typedef struct gra__reduction {
    gra__reduce_loop *run[GRA_DTYPE_COUNT];
    gra__reduce_loop *row[GRA_DTYPE_COUNT];
} gra__reduction;

/* *acc += sum of (x[i] - mean)^2, and acc[i] += (x[i] - mean[i])^2. With mean 0, the sum of
 * squares. */
typedef void gra__deviation_run(size_t n, double *acc, const char *x, ptrdiff_t xs, double mean);
typedef void gra__deviation_row(size_t n, double *acc, const char *x, ptrdiff_t xs,
                                const double *mean);

/* The position in 0 ... n-1 of the first extremum; a NaN wins over all numbers. n is at least 1. */
typedef int64_t gra__arg_run(size_t n, const char *x, ptrdiff_t xs);

/* One row of many: where x[i] beats best[i], best[i] becomes x[i] and index[i] becomes position.
 * Position 0 sets all. */
typedef void gra__arg_row(size_t n, void *best, int64_t *index, const char *x, ptrdiff_t xs,
                          int64_t position);

/* A packed slab of n by inner elements, reduced over n: element k of column j is x[k * inner + j].
 * inner 1 is the common case of a softmax over the last dimension. y may be x, and dx may be g or
 * y. */
typedef void gra__softmax_loop(size_t n, size_t inner, void *y, const void *x);
typedef void gra__softmax_backward_loop(size_t n, size_t inner, void *dx, const void *g,
                                        const void *y);

typedef struct gra__reduce_table {
    gra__reduction sum;  // sum of x       integers wrap around
    gra__reduction prod; // product of x
    gra__reduction max;  // max x          NaN wins; which of -0 and 0 wins is not specified
    gra__reduction min;  // min x
    gra__reduction any;  // some x != 0
    gra__reduction all;  // every x != 0

    /* float32 and float64 */
    gra__deviation_run *deviation_run[GRA_DTYPE_COUNT]; // sum of (x - mean)^2
    gra__deviation_row *deviation_row[GRA_DTYPE_COUNT];

    gra__arg_run *argmax_run[GRA_DTYPE_COUNT];
    gra__arg_run *argmin_run[GRA_DTYPE_COUNT];
    gra__arg_row *argmax_row[GRA_DTYPE_COUNT];
    gra__arg_row *argmin_row[GRA_DTYPE_COUNT];

    /* float32 and float64; infinities and NaN come out as in PyTorch */
    gra__softmax_loop *softmax[GRA_DTYPE_COUNT];     // y = e^x / sum e^x
    gra__softmax_loop *log_softmax[GRA_DTYPE_COUNT]; // y = x - ln sum e^x
    gra__softmax_loop *logsumexp[GRA_DTYPE_COUNT];   // y = ln sum e^x         y has inner elements
    gra__softmax_backward_loop *softmax_backward[GRA_DTYPE_COUNT];     // dx = y (g - sum g y)
    gra__softmax_backward_loop *log_softmax_backward[GRA_DTYPE_COUNT]; // dx = g - e^y sum g
} gra__reduce_table;

extern const gra__reduce_table gra__reduce_baseline;
extern const gra__reduce_table gra__reduce_avx2;
extern const gra__reduce_table gra__reduce_avx512;

#endif
