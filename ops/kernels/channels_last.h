/* Convolution of any shape on channels-last activations in float32: an implicit matrix product.
 *
 * May include: conv2d.h. The caller is conv2d_nhwc.c; layouts, formulas and workspaces are conv2d_nhwc.h's.
 *
 * There is no im2col. With channels innermost, what an output pixel reads of one image row, S pixels of C channels, is
 * one piece of memory, and the pixel beside it reads the same piece `stride * C` floats further on:
 *
 *     forward:          y[q][k]       = sum over r and (s, c) of x[row(p, r)][q * stride * C + (s, c)] * w[r][(s, c)][k]
 *     weight gradient:  dw[r][(s, c)][k]  += sum over q of x[row(p, r)][q * stride * C + (s, c)] * g[q][k]
 *     input gradient:   dx[row(p, r)][q * stride * C + (s, c)]  += sum over k of g[q][k] * w[r][k][(s, c)]
 *
 * Padding and groups cost a copy of the image, row by row. With dilation the pieces are single pixels.
 */
#ifndef GRA_OPS_KERNELS_CHANNELS_LAST_H
#define GRA_OPS_KERNELS_CHANNELS_LAST_H

#include <stdbool.h>

#include "ops/kernels/conv2d.h"

/* One row of output pixels, at most one panel of channels. */
typedef struct gra__channels_last_row {
    const float *x;        // what pixel 0 reads
    int64_t x_pixel;       // floats from pixel to pixel
    const int64_t *pieces; // where in x the pieces begin
    int64_t count, length; // of them, and floats in each
    const float *w;        // [pieces * length][panel], filled up with zeros
    const float *bias;     // [width], or NULL
    bool relu;             // lets NaN through
    bool stream; // write past the caches: y is aligned to vectors, and width is a multiple of them
    float *y;    // pixel 0
    int64_t y_pixel;       // floats from pixel to pixel
    int64_t pixels, width; // width: channels to write
} gra__channels_last_row;

struct gra__channels_last_table {
    void (*row)(const gra__channels_last_row *args);
};

/* Any shape but groups of less than a vector of output channels, and those without an output. */
bool gra__channels_last_fits(const gra__conv2d_shape *shape);

size_t gra__channels_last_forward_workspace(const gra__conv2d_shape *shape);
size_t gra__channels_last_backward_input_workspace(const gra__conv2d_shape *shape);
size_t gra__channels_last_backward_weight_workspace(const gra__conv2d_shape *shape);

void gra__channels_last_forward(const gra__conv2d_shape *shape, const float *x, const float *w,
                                const float *bias, bool relu, float *y, void *workspace);
void gra__channels_last_backward_input(const gra__conv2d_shape *shape, const float *g,
                                       const float *w, float *dx, void *workspace);
void gra__channels_last_backward_weight(const gra__conv2d_shape *shape, const float *g,
                                        const float *x, float *dw, float *db, void *workspace);

#endif
