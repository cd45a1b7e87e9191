/* The loops of losses that are a function of an input x and a target t, element by element, and of their
 * gradients.
 *
 * May include: core/dtype.h only. Pointers, sizes and strides in bytes (0 broadcasts one element); the
 * result may not overlap an operand.
 *
 *                     y                                                  dx / g
 *     square          d^2                                                2 d
 *     huber           |d| < a ? c d^2 / 2a : c (|d| - a / 2)             |d| < a ? c d / a : c sign d
 *     entropy         -t max(ln x, -100) - (1 - t) max(ln(1 - x), -100)  (x - t) / max(x (1 - x), 1e-12)
 *     logit_entropy   (1 - t) x + ln(1 + e^-x)                           1 / (1 + e^-x) - t
 *     divergence      t ln t - t x, 0 ln 0 = 0                           -t
 *     log_divergence  e^t (t - x)                                        -e^t
 *
 * with d = x - t.  logit_entropy is computed as max(x, 0) - t x + ln(1 + e^-|x|), in which nothing
 * cancels.  huber with a = 0 is c |d|.  NaN gives NaN, but for that gradient: there it gives 0, as in
 * PyTorch.
 */
#ifndef GRA_OPS_KERNELS_LOSS_H
#define GRA_OPS_KERNELS_LOSS_H

#include <stddef.h>

#include "core/dtype.h"

typedef void gra__loss_loop(size_t n, char *y, ptrdiff_t ys, const char *x, ptrdiff_t xs,
                            const char *t, ptrdiff_t ts, double a, double c);

typedef void gra__loss_backward_loop(size_t n, char *dx, ptrdiff_t ds, const char *g, ptrdiff_t gs,
                                     const char *x, ptrdiff_t xs, const char *t, ptrdiff_t ts,
                                     double a, double c);

/* By dtype: float32 and float64; the others are NULL. a and c count for huber alone. */
typedef struct gra__loss_table {
    gra__loss_loop *square[GRA_DTYPE_COUNT];
    gra__loss_loop *huber[GRA_DTYPE_COUNT];
    gra__loss_loop *entropy[GRA_DTYPE_COUNT];
    gra__loss_loop *logit_entropy[GRA_DTYPE_COUNT];
    gra__loss_loop *divergence[GRA_DTYPE_COUNT];
    gra__loss_loop *log_divergence[GRA_DTYPE_COUNT];
    gra__loss_backward_loop *square_backward[GRA_DTYPE_COUNT];
    gra__loss_backward_loop *huber_backward[GRA_DTYPE_COUNT];
    gra__loss_backward_loop *entropy_backward[GRA_DTYPE_COUNT];
    gra__loss_backward_loop *logit_entropy_backward[GRA_DTYPE_COUNT];
    gra__loss_backward_loop *divergence_backward[GRA_DTYPE_COUNT];
    gra__loss_backward_loop *log_divergence_backward[GRA_DTYPE_COUNT];
} gra__loss_table;

#endif
