/* Convolution of stride 1 by Winograd's algorithm, on channels-last activations in float32.
 *
 * May include: conv2d.h. Callers are conv2d_nhwc.c; layouts, formulas and workspaces are conv2d_nhwc.h's.
 *
 * The output is cut into tiles of m x m pixels. A tile needs a patch of n x n input pixels, n = m + r - 1, and n * n
 * products for each pair of channels instead of m * m * r * r:
 *
 *     y = A^T [ sum over c of (G w G^T) . (B^T x B) ] A                             (Lavin and Gray, arXiv:1509.09308)
 *
 * so that with U[p] = G w G^T and V[p] = B^T x B for each of the n * n points p, a block of tiles is n * n products of
 * matrices, tiles x c by c x k. The input gradient is the same with the filter turned around and its channels
 * exchanged; the weight gradient is the exact adjoint, dU[p] = V[p]^T (A g A^T), dw = G^T dU G.
 *
 *     V[p][tile][c]     U[panel of k][p][c][k of the panel]     M[p][tile][k of the panel]
 */
#ifndef GRA_OPS_KERNELS_WINOGRAD_H
#define GRA_OPS_KERNELS_WINOGRAD_H

#include <stdbool.h>

#include "ops/kernels/conv2d.h"

/* Filters of `inputs` input channels and `width` output channels, at most one panel. Strides in floats. */
typedef struct gra__winograd_weights {
    const float *w;                 // weights to transform, taps innermost
    float *dw;                      // or the gradient to write
    int64_t input_step, width_step; // from channel to channel
    bool rotated;                   // the filter is turned by 180 degrees
    int64_t inputs, width;
    float *u;            // [p][inputs][panel]
    int64_t plane;       // from point to point of u
    int64_t parts, part; // the gradient is summed over so many u, this far apart
} gra__winograd_weights;

typedef struct gra__winograd_output {
    const float *m; // [p][..][width]
    int64_t plane;
    int64_t width;         // channels, at most one panel
    const float *bias;     // [width], or NULL
    bool relu;             // lets NaN through
    float *y;              // the tile's first pixel
    int64_t row, pixel;    // floats from row to row and from pixel to pixel
    int64_t rows, columns; // pixels of the tile that exist
} gra__winograd_output;

typedef struct gra__winograd_loops {
    int64_t m, r, n; // pixels of a tile, of the filter, and points, in each direction
    void (*weights)(const gra__winograd_weights *args);
    void (*weights_adjoint)(const gra__winograd_weights *args);
    /* v[p][..] from one patch of x. */
    void (*input)(int64_t channels, const float *x, int64_t row, int64_t pixel, float *v,
                  int64_t plane);
    void (*output)(const gra__winograd_output *args);
    /* m[p][..] from one tile of g, at most one panel wide, whose pixels are added to sums[channels]. */
    void (*output_adjoint)(int64_t channels, const float *g, int64_t row, int64_t pixel, float *m,
                           int64_t plane, float *sums);
} gra__winograd_loops;

/* F(m, r): r * r filters, tiles of m * m pixels. Larger tiles multiply less and round more. */
enum { GRA_WINOGRAD_4_3, GRA_WINOGRAD_5_3, GRA_WINOGRAD_6_3, GRA_WINOGRAD_4_5, GRA_WINOGRAD_KINDS };

struct gra__winograd_table {
    gra__winograd_loops kinds[GRA_WINOGRAD_KINDS];
};

/* Square filters of 3 or 5, stride and dilation 1, less padding than filter, channels of a group in whole vectors. */
bool gra__winograd_fits(const gra__conv2d_shape *shape);

/* The side of the output tiles that the shape gets: F(4, 3) is the most exact. */
int64_t gra__winograd_outputs(const gra__conv2d_shape *shape);

size_t gra__winograd_forward_workspace(const gra__conv2d_shape *shape);
size_t gra__winograd_backward_input_workspace(const gra__conv2d_shape *shape);
size_t gra__winograd_backward_weight_workspace(const gra__conv2d_shape *shape);

void gra__winograd_forward(const gra__conv2d_shape *shape, const float *x, const float *w,
                           const float *bias, bool relu, float *y, void *workspace);
/* The same with U made beforehand, which stays right while w does, for shapes that get the same outputs. */
size_t gra__winograd_prepared_bytes(const gra__conv2d_shape *shape);
void gra__winograd_prepare(const gra__conv2d_shape *shape, const float *w, float *prepared);
size_t gra__winograd_forward_prepared_workspace(const gra__conv2d_shape *shape);
void gra__winograd_forward_prepared(const gra__conv2d_shape *shape, const float *x,
                                    const float *prepared, const float *bias, bool relu, float *y,
                                    void *workspace);

void gra__winograd_backward_input(const gra__conv2d_shape *shape, const float *g, const float *w,
                                  float *dx, void *workspace);
void gra__winograd_backward_weight(const gra__conv2d_shape *shape, const float *g, const float *x,
                                   float *dw, float *db, void *workspace);

#endif
