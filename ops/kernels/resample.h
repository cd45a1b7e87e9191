/* Linear maps along rows and columns of images, with few taps for each result: (bi)linear and cubic interpolation, and
 * their adjoints.
 *
 * May include: nothing of Gradus.
 *
 *     t[i][q] = sum_k ww[k][q] x[i][iw[k][q]]        along the rows of x that are needed, each once
 *     y[p][q] = sum_k wh[k][p] t[ih[k][p]][q]        across rows
 *
 * Images are x[outer][h.in][w.in][inner], y[outer][h.out][w.out][inner]: row-major ones have inner = 1, channels-last
 * ones inner = C. The indices of a tap do not fall from one result to the next, and those of one result lie within as
 * many rows as there are taps; so t needs only that many rows, and a row of x is turned into t once.
 */
#ifndef GRA_OPS_KERNELS_RESAMPLE_H
#define GRA_OPS_KERNELS_RESAMPLE_H

#include <stddef.h>
#include <stdint.h>

enum { GRA_MAX_TAPS = 4 };

typedef struct gra__resample_axis {
    int64_t in, out;
    int taps;             // 1 to GRA_MAX_TAPS
    const int32_t *index; // [taps][out], 0 to in - 1
    const void *weight;   // [taps][out], of the images' type
} gra__resample_axis;

typedef struct gra__resample_shape {
    int64_t outer, inner;
    gra__resample_axis h, w;
} gra__resample_shape;

/* Bytes of the workspace that the functions below need, for elements of a size. */
size_t gra__resample_workspace(const gra__resample_shape *shape, size_t element);

void gra__resample_f32(const gra__resample_shape *shape, const float *x, float *y, void *workspace);
void gra__resample_f64(const gra__resample_shape *shape, const double *x, double *y,
                       void *workspace);

/* dx = the sum of what each g takes from it; overwritten. The same bits for any number of threads. */
void gra__resample_backward_f32(const gra__resample_shape *shape, const float *g, float *dx,
                                void *workspace);
void gra__resample_backward_f64(const gra__resample_shape *shape, const double *g, double *dx,
                                void *workspace);

/* The loops for one type, compiled once per instruction set. */
typedef struct gra__resample_loops {
    /* y[i] = sum_k weight[k] rows[k][i] */
    void (*blend)(int64_t n, int taps, const void *const *rows, const double *weight, void *y);
    /* sum[i] += weight g[i] */
    void (*add)(int64_t n, double weight, const void *g, void *sum);
    /* One row: y[q] from x, and its adjoint, x[..] += y[q]. */
    void (*pick)(const gra__resample_axis *axis, int64_t inner, const void *x, void *y);
    void (*spread)(const gra__resample_axis *axis, int64_t inner, const void *y, void *x);
} gra__resample_loops;

typedef struct gra__resample_table {
    gra__resample_loops f32, f64;
} gra__resample_table;

#endif
