/* Normalisation of rows, forward and backward, in float32 and float64: what layer norm, group norm and
 * instance norm have in common.
 *
 * May include: nothing of Gradus. Pointers and sizes only; any size may be 0.
 *
 *     x[rows][channels][inner], a row brought to mean 0 and variance 1:
 *
 *     y = w[k] z + b[k],  z = (x - m) r,  r = (v + eps)^(-1/2),  k = row % groups * channels + channel
 *
 *     layer norm of [N, D]         rows N,   groups 1, channels D,     inner 1
 *     group norm of [N, C, H, W]   rows N G, groups G, channels C / G, inner H W
 *     instance norm                the same with G = C
 *
 *     dx = r (w g - sum(w g) / n - z sum(w g z) / n)      sums over a row of n = channels inner numbers
 *     dw[k] = sum g z,  db[k] = sum g
 */
#ifndef GRA_OPS_KERNELS_ROW_NORM_H
#define GRA_OPS_KERNELS_ROW_NORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct gra__row_norm_shape {
    int64_t rows, groups, channels, inner;
    double eps;
} gra__row_norm_shape;

/* f64 says that x, w, b and y are doubles rather than floats. w may be NULL for 1, b for 0. mean and scale receive m
 * and r of each row. */
void gra__row_norm_forward(const gra__row_norm_shape *s, bool f64, const void *x, const void *w,
                           const void *b, void *y, double *mean, double *scale);

/* dx may be NULL, and so may dw and db, both; these have groups * channels numbers. workspace has as many bytes as
 * the function says. */
size_t gra__row_norm_workspace(const gra__row_norm_shape *s);
void gra__row_norm_backward(const gra__row_norm_shape *s, bool f64, const void *g, const void *x,
                            const void *w, const double *mean, const double *scale, void *dx,
                            double *dw, double *db, void *workspace);

/* Rows of a call of a loop: pointers go to the first of them. */
typedef struct gra__row_norm_rows {
    const gra__row_norm_shape *s;
    int64_t first, count;
    const void *g, *x, *w, *b; // w and b at their own beginning
    double *mean, *scale;
    void *y; // or dx, or NULL
    double
        *sums; // backward: sums of g z and of g, [count][2][channels]; layer norm's [2][channels]
    void *scratch; // for layer norm backward: 2 * channels numbers of x's type
} gra__row_norm_rows;

enum { GRA__COLUMNS = 256 }; // of one call of the last loop, at most

/* The loops, compiled once per instruction set; by [f64]. */
typedef struct gra__row_norm_table {
    void (*forward[2])(const gra__row_norm_rows *rows);
    void (*backward[2])(const gra__row_norm_rows *rows);
    void (*columns[2])(const gra__row_norm_rows *all, int64_t first, int64_t count, double *dw,
                       double *db);
} gra__row_norm_table;

#endif
