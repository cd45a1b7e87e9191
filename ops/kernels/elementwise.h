/* Elementwise loops: arithmetic, comparisons, unary functions, copies and conversions, first-order
 * gradients, updates.
 *
 * May include: core/dtype.h only. Pointers, sizes and strides; no tensors.
 *
 * A loop runs over one dimension of n elements. Strides are in bytes and may be negative or zero (a
 * zero input stride broadcasts one element). Pointers may lie at any byte. The output may be
 * exactly one of the inputs (in place), but may not overlap one partially. Contiguous operands,
 * alone or with one broadcast operand, take the vector paths.
 *
 *     k->elementwise->add[GRA_FLOAT32](n, y, 4, a, 4, b, 0);   // y[i] = a[i] + b[0]
 *
 * A loop reads and writes one dtype, the index into its table entry; comparisons and tests write
 * bool (one byte, 0 or 1). An entry is NULL where a dtype is not served. Bfloat16 is served by
 * convert alone: callers convert a chunk to float32, compute, and convert back. Integers wrap
 * around.
 *
 * Letters: a, b, x inputs; y output; g gradient of the output.
 */
#ifndef GRA_OPS_KERNELS_ELEMENTWISE_H
#define GRA_OPS_KERNELS_ELEMENTWISE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/dtype.h"

typedef void gra__unary_loop(size_t n, char *y, ptrdiff_t ys, const char *x, ptrdiff_t xs);

typedef void gra__binary_loop(size_t n, char *y, ptrdiff_t ys, const char *a, ptrdiff_t as,
                              const char *b, ptrdiff_t bs);

typedef void gra__where_loop(size_t n, char *y, ptrdiff_t ys, const char *condition, ptrdiff_t cs,
                             const char *a, ptrdiff_t as, const char *b, ptrdiff_t bs);

/* Bounds are numbers, not NaN; in integer loops they are cut to the dtype's range and rounded
 * toward zero. */
typedef void gra__clamp_loop(size_t n, char *y, ptrdiff_t ys, const char *x, ptrdiff_t xs,
                             double low, double high);

typedef void gra__clamp_backward_loop(size_t n, char *y, ptrdiff_t ys, const char *g, ptrdiff_t gs,
                                      const char *x, ptrdiff_t xs, double low, double high);

typedef void gra__add_scaled_loop(size_t n, char *y, ptrdiff_t ys, double a, const char *x,
                                  ptrdiff_t xs);

typedef struct gra__elementwise_table {
    /* Binary. Bool: add and maximum are or, mul and minimum are and. */
    gra__binary_loop *add[GRA_DTYPE_COUNT]; // a + b
    gra__binary_loop *sub[GRA_DTYPE_COUNT]; // a - b                not bool
    gra__binary_loop *mul[GRA_DTYPE_COUNT]; // a b
    gra__binary_loop *div[GRA_DTYPE_COUNT]; // a / b                floats
    gra__binary_loop *pow[GRA_DTYPE_COUNT]; // a^b                  not bool; integers: b < 0 gives
                                            // trunc(1 / a^-b)
    gra__binary_loop *maximum[GRA_DTYPE_COUNT]; // max(a, b)            NaN wins
    gra__binary_loop *minimum[GRA_DTYPE_COUNT]; // min(a, b)            NaN wins

    /* Comparisons and logic; bool result, any dtype but bfloat16. */
    gra__binary_loop *eq[GRA_DTYPE_COUNT];          // a == b
    gra__binary_loop *ne[GRA_DTYPE_COUNT];          // a != b
    gra__binary_loop *lt[GRA_DTYPE_COUNT];          // a < b
    gra__binary_loop *le[GRA_DTYPE_COUNT];          // a <= b
    gra__binary_loop *gt[GRA_DTYPE_COUNT];          // a > b
    gra__binary_loop *ge[GRA_DTYPE_COUNT];          // a >= b
    gra__binary_loop *logical_and[GRA_DTYPE_COUNT]; // a != 0 and b != 0
    gra__binary_loop *logical_or[GRA_DTYPE_COUNT];  // a != 0 or b != 0
    gra__unary_loop *logical_not[GRA_DTYPE_COUNT];  // x == 0
    gra__unary_loop *isfinite[GRA_DTYPE_COUNT];     // neither NaN nor infinite

    /* Unary, any number (not bool, not bfloat16). */
    gra__unary_loop *neg[GRA_DTYPE_COUNT];       // -x
    gra__unary_loop *abs[GRA_DTYPE_COUNT];       // |x|
    gra__unary_loop *sign[GRA_DTYPE_COUNT];      // -1, 0 or 1; 0 for NaN, as PyTorch
    gra__unary_loop *square[GRA_DTYPE_COUNT];    // x^2
    gra__unary_loop *one_minus[GRA_DTYPE_COUNT]; // 1 - x
    gra__unary_loop *relu[GRA_DTYPE_COUNT];      // x < 0 ? 0 : x        NaN and -0 pass
    gra__unary_loop *floor[GRA_DTYPE_COUNT];     // the next whole number below; integers stay
    gra__unary_loop *ceil[GRA_DTYPE_COUNT];      // above
    gra__unary_loop *trunc[GRA_DTYPE_COUNT];     // toward zero
    gra__unary_loop *round[GRA_DTYPE_COUNT];     // the nearest, of two the even one
    gra__clamp_loop *clamp[GRA_DTYPE_COUNT];     // min(max(x, low), high)   NaN passes

    /* Unary, float32 and float64. Float32 is within the bounds that vmath.h states, float64 is
     * libm's. */
    gra__unary_loop *reciprocal[GRA_DTYPE_COUNT]; // 1 / x
    gra__unary_loop *sqrt[GRA_DTYPE_COUNT];       // sqrt(x)
    gra__unary_loop *exp[GRA_DTYPE_COUNT];        // e^x
    gra__unary_loop *log[GRA_DTYPE_COUNT];        // ln(x)
    gra__unary_loop *tanh[GRA_DTYPE_COUNT];       // tanh(x)
    gra__unary_loop *sigmoid[GRA_DTYPE_COUNT];    // 1 / (1 + e^-x)
    gra__unary_loop *rsqrt[GRA_DTYPE_COUNT];      // 1 / sqrt(x)
    gra__unary_loop *expm1[GRA_DTYPE_COUNT];      // e^x - 1
    gra__unary_loop *log1p[GRA_DTYPE_COUNT];      // ln(1 + x)
    gra__unary_loop *erf[GRA_DTYPE_COUNT];        // erf(x)
    gra__unary_loop *sin[GRA_DTYPE_COUNT];        // sin(x), right for large x too
    gra__unary_loop *cos[GRA_DTYPE_COUNT];        // cos(x)

    /* First-order gradients, float32 and float64: a is g, b is the op's output y (clamp: its input
     * x). */
    gra__binary_loop *sigmoid_backward[GRA_DTYPE_COUNT]; // g y (1 - y)
    gra__binary_loop *tanh_backward[GRA_DTYPE_COUNT];    // g (1 - y^2)
    gra__binary_loop
        *relu_backward[GRA_DTYPE_COUNT]; // y <= 0 ? 0 : g    (NaN passes g, as PyTorch)
    gra__clamp_backward_loop *clamp_backward[GRA_DTYPE_COUNT]; // low <= x <= high ? g : 0

    gra__where_loop *where[GRA_DTYPE_COUNT]; // condition ? a : b     any dtype but bfloat16
    gra__add_scaled_loop *add_scaled[GRA_DTYPE_COUNT]; // y += a x              floats

    /* convert[to][from], every pair, bfloat16 included; the same dtype twice is a copy, and a fill
     * where xs is 0. Float to integer truncates toward zero; what does not fit becomes the most
     * negative int64 or int32, and uint8 takes the low byte of that. Anything to bool is x != 0. To
     * bfloat16 rounds to nearest even; NaN stays NaN. */
    gra__unary_loop *convert[GRA_DTYPE_COUNT][GRA_DTYPE_COUNT];
} gra__elementwise_table;

extern const gra__elementwise_table gra__elementwise_baseline;
extern const gra__elementwise_table gra__elementwise_avx2;
extern const gra__elementwise_table gra__elementwise_avx512;

#endif
