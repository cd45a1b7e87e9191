/* Normalisation: loops of local response norm and batch norm, forward and backward, in float32 and float64.
 *
 * May include: nothing of Gradus. Pointers and sizes only; any size may be 0.
 */
#ifndef GRA_OPS_KERNELS_NORM_H
#define GRA_OPS_KERNELS_NORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Local response norm over the channels of each pixel, x[pixels][channels]:
 *
 *     y = x d^-beta,  d[c] = k + scale * sum of x[j]^2 for c - size / 2 <= j <= c + (size - 1) / 2
 *     dx = g d^-beta - 2 scale beta x t,  t[c] = the sum of g x d^(-beta - 1) over the channels whose window has c
 */
typedef struct gra__lrn_shape {
    int64_t pixels, channels, size; // size of the window, at least 1
    double scale, beta, k;
} gra__lrn_shape;

/* Numbers of workspace that each thread needs. */
int64_t gra__lrn_workspace(const gra__lrn_shape *shape);

/* workspace has as many for each of gra__threads(); f64 says that all are doubles rather than floats. */
void gra__lrn_forward(const gra__lrn_shape *shape, bool f64, const void *x, void *y,
                      void *workspace);
void gra__lrn_backward(const gra__lrn_shape *shape, bool f64, const void *g, const void *x,
                       void *dx, void *workspace);

/* x[rows][channels][inner]: row-major images have inner = h w, channels-last ones rows = n h w and inner = 1. */
typedef struct gra__channelwise_shape {
    int64_t rows, channels, inner;
} gra__channelwise_shape;

/* y = a[c] x + b[c]. */
void gra__channelwise_affine(const gra__channelwise_shape *shape, bool f64, const void *x,
                             const void *a, const void *b, void *y);

/* y = a[c] g + b[c] x + e[c]. */
void gra__channelwise_combine(const gra__channelwise_shape *shape, bool f64, const void *g,
                              const void *x, const void *a, const void *b, const void *e, void *y);

/* sums[0][c] = sum of g, sums[1][c] = sum of g (x - mean[c]). workspace: gra__channelwise_parts(shape) times as many
 * doubles as sums. */
int64_t gra__channelwise_parts(const gra__channelwise_shape *shape);
void gra__channelwise_sums(const gra__channelwise_shape *shape, bool f64, const void *g,
                           const void *x, const double *mean, double *sums, double *workspace);

/* The loops, compiled once per instruction set; by [f64]. Pointers go to the first of the given rows or pixels. */
typedef struct gra__norm_table {
    void (*lrn[2])(const gra__lrn_shape *shape, int64_t pixels, const void *x, void *y,
                   void *workspace);
    void (*lrn_backward[2])(const gra__lrn_shape *shape, int64_t pixels, const void *g,
                            const void *x, void *dx, void *workspace);
    void (*affine[2])(const gra__channelwise_shape *shape, int64_t rows, const void *x,
                      const void *a, const void *b, void *y);
    void (*combine[2])(const gra__channelwise_shape *shape, int64_t rows, const void *g,
                       const void *x, const void *a, const void *b, const void *e, void *y);
    void (*sums[2])(const gra__channelwise_shape *shape, int64_t rows, const void *g, const void *x,
                    const double *mean, double *sums);
} gra__norm_table;

#endif
