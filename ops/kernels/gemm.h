/* Loops of small matrix products, convolution and pooling in float32, compiled once per instruction set.
 *
 * May include: nothing of Gradus. Pointers, sizes and strides only. Callers are blas.c (which chooses between these
 * loops and BLIS), conv2d.c and pool2d.c; everybody else calls those.
 *
 *     gra__kernels_get()->gemm->gemm(&(gra__gemm_args){...});
 */
#ifndef GRA_OPS_KERNELS_GEMM_H
#define GRA_OPS_KERNELS_GEMM_H

#include <stdint.h>

/* C[m][n] (+)= A[m][k] B[k][n] + biases. Strides in floats, of any sign; C's columns are contiguous. */
typedef struct gra__gemm_args {
    int64_t m, n, k;
    const float *a;
    int64_t ars, acs; // A's row and column stride
    const float *b;
    int64_t brs, bcs;
    float *c;
    int64_t crs;
    int accumulate;           // add to C instead of overwriting it
    const float *row_bias;    // [m], or NULL
    const float *column_bias; // [n], or NULL
} gra__gemm_args;

/* Rows [first_out, last_out) of the output of one image and one group:
 *
 *     y[k][p][q] = bias[k] + sum over r, c, s of  w[(r, c, s)][k] * x[c][p*stride_h + r*dilation_h - pad_h][...]
 *
 * The tap (r, c, s) of pixel q reads  x[(p*stride_h - pad_h - first_row) * x_row + q + offset[(r, c, s)]]:  columns
 * are already padded, and parted by phase where the stride is not 1, so neighbouring pixels are neighbours in
 * memory. Rows above and below the image are skipped, not padded. */
typedef struct gra__conv_rows {
    const float *x;        // row first_row of channel 0
    int64_t x_row;         // floats from row to row
    int64_t first_row;     // image row that x begins with
    int64_t h;             // rows of the image
    const int32_t *offset; // for each tap (r, c, s), r outermost
    int64_t r;             // rows of the filter
    int64_t taps;          // taps in one row of the filter: channels * s
    int64_t stride_h, dilation_h, pad_h;
    int64_t first_out, last_out, out_w;
    int64_t k;         // output channels
    float *w;          // packed, see below; or the gradient
    const float *bias; // [k], or NULL
    float *y;          // channel 0, row 0
    int64_t plane;     // floats from channel to channel of y
    float *scratch;    // GRA_CONV_SCRATCH floats
} gra__conv_rows;

/* The input gradient of one image and one group, by scattering. With channels innermost, the taps (s, c) of one filter
 * row are neighbours in memory, so pixel (p, q) of g adds one contiguous row for each r:
 *
 *     image[p*stride_h + r*dilation_h][q*stride_w ..][..] += sum over k of  g[k][p][q] * w[r][k][(s, c)]
 *
 * image has `rows` rows of `columns` pixels, padding included; dx is cut out of it. Needs dilation_w = 1. */
typedef struct gra__conv_scatter {
    const float *g;
    int64_t k, out_h, out_w;
    const float *w; // packed [r][panel of (s, c)][k][columns of the panel, whole vectors]
    int64_t r, row; // filter rows, and s * c
    int64_t stride_h, stride_w, dilation_h, pad_h, pad_w;
    float *image; // rows * columns * c floats, and `panel` more
    int64_t rows, columns;
    float *dx; // [c][h][w]
    int64_t c, h, w_columns;
} gra__conv_scatter;

/* Floats that one thread's loops keep transposed pixels in. */
#define GRA_CONV_SCRATCH (256 * 32)

typedef struct gra__gemm_table {
    void (*gemm)(const gra__gemm_args *args);
    /* y[n] (+)= sum of the m rows of x. */
    void (*column_sums)(int64_t m, int64_t n, const float *x, int64_t x_row, float *y,
                        int accumulate);
    float (*sum)(int64_t n, const float *x);

    /* Convolution with vectors over output channels, and with vectors over pixels. Weights are packed in panels of
     * `panel` or `block` channels: [panel][(r, c, s)][channels of the panel]; a panel of the first kind is filled up
     * with zeros to whole vectors. */
    int64_t vector; // lanes
    int64_t panel;  // channels in a panel, vectors over channels
    int64_t block;  // channels in a block, vectors over pixels
    void (*conv_channels)(const gra__conv_rows *rows);
    void (*conv_pixels)(const gra__conv_rows *rows);
    void (*conv_scatter)(const gra__conv_scatter *args);

    /* Transposes rows x cols floats: dst[map ? map[j] : j][i] = src[i][j]; dst rows are filled up with zeros to
     * `width` floats. */
    void (*transpose)(int64_t rows, int64_t cols, const float *src, int64_t src_stride, float *dst,
                      int64_t dst_stride, const int32_t *map, int64_t width);

    /* Copies rows of `columns` floats to rows of dst_row >= left + columns floats, with zeros on the left and behind; up
     * to `vector` floats behind the last row are overwritten. */
    void (*pad_rows)(int64_t rows, int64_t columns, const float *src, int64_t src_row, float *dst,
                     int64_t dst_row, int64_t left);

    /* The weight gradient of one image: dw[(r, c, s)][k] += sum over pixels of g[k][p][q] * x[...], where y of the
     * struct is g. Vectors over channels: w is [taps][k in whole vectors]. Vectors over pixels: w is [k][taps][vector],
     * and fold adds up the lanes in the end. */
    void (*conv_weight_channels)(const gra__conv_rows *rows, int64_t w_row);
    void (*conv_weight_pixels)(const gra__conv_rows *rows, int64_t w_row);
    void (*fold)(int64_t n, const float *lanes, float *sums);

    /* Pooling of one plane with a 2x2 window and stride 2: y[p][q] from x's rows of x_row floats. */
    void (*average_2x2)(int64_t out_h, int64_t out_w, const float *x, int64_t x_row, float *y,
                        float factor);
    void (*average_2x2_backward)(int64_t out_h, int64_t out_w, const float *g, float *dx,
                                 int64_t x_row, float factor);
    void (*max_2x2)(int64_t out_h, int64_t out_w, const float *x, int64_t x_row, float *y,
                    int64_t *indices);
} gra__gemm_table;

#endif
