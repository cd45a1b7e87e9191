/* 2-D convolution (cross-correlation, as PyTorch's conv2d) and its gradients.
 *
 * May include: nothing of Gradus. Pointers and sizes only. Every tensor is contiguous and row-major:
 * x[n][c][h][w], w[k][c / groups][r][s], bias[k], y and g [n][k][out_h][out_w].
 *
 *     y[n][k][p][q] = bias[k] + sum over c, r, s of
 *                     w[k][c][r][s] * x[n][c][p*stride_h - pad_h + r*dilation_h][q*stride_w - pad_w + s*dilation_w]
 *
 * where x is zero outside the image. The caller gives out_h and out_w. Results are overwritten, not added to, and have
 * the same bits for any number of threads. Any size may be 0.
 *
 * Scratch memory is the caller's: each function takes `workspace`, of at least as many bytes as the function with
 * _workspace in its name returned for the same shape and number of threads. It is aligned as malloc aligns, and its contents do not matter; it is
 * below 2 MB a thread, save for the partial sums of very large filters.
 */
#ifndef GRA_OPS_KERNELS_CONV2D_H
#define GRA_OPS_KERNELS_CONV2D_H

#include <stddef.h>
#include <stdint.h>

typedef struct gra__conv2d_shape {
    int64_t n, c, h, w;             // input: images, channels, rows, columns
    int64_t k, r, s;                // output channels, rows and columns of the filter
    int64_t out_h, out_w;           // output rows and columns
    int64_t stride_h, stride_w;     // at least 1
    int64_t pad_h, pad_w;           // zeros on each side
    int64_t dilation_h, dilation_w; // at least 1
    int64_t groups;                 // divides c and k
} gra__conv2d_shape;

size_t gra__conv2d_forward_workspace_f32(const gra__conv2d_shape *shape);
size_t gra__conv2d_forward_workspace_f64(const gra__conv2d_shape *shape);
size_t gra__conv2d_backward_input_workspace_f32(const gra__conv2d_shape *shape);
size_t gra__conv2d_backward_input_workspace_f64(const gra__conv2d_shape *shape);
size_t gra__conv2d_backward_weight_workspace_f32(const gra__conv2d_shape *shape);
size_t gra__conv2d_backward_weight_workspace_f64(const gra__conv2d_shape *shape);

/* y = x * w + bias; bias may be NULL. */
void gra__conv2d_forward_f32(const gra__conv2d_shape *shape, const float *x, const float *w,
                             const float *bias, float *y, void *workspace);
void gra__conv2d_forward_f64(const gra__conv2d_shape *shape, const double *x, const double *w,
                             const double *bias, double *y, void *workspace);

/* dx[n][c][i][j] = sum of g * w over the outputs that read x[n][c][i][j]. */
void gra__conv2d_backward_input_f32(const gra__conv2d_shape *shape, const float *g, const float *w,
                                    float *dx, void *workspace);
void gra__conv2d_backward_input_f64(const gra__conv2d_shape *shape, const double *g,
                                    const double *w, double *dx, void *workspace);

/* dw[k][c][r][s] = sum over images and pixels of g * x; in a number of partial sums that the shape fixes. */
void gra__conv2d_backward_weight_f32(const gra__conv2d_shape *shape, const float *g, const float *x,
                                     float *dw, void *workspace);
void gra__conv2d_backward_weight_f64(const gra__conv2d_shape *shape, const double *g,
                                     const double *x, double *dw, void *workspace);

/* db[k] = sum of g over images and pixels. */
void gra__conv2d_backward_bias_f32(const gra__conv2d_shape *shape, const float *g, float *db);
void gra__conv2d_backward_bias_f64(const gra__conv2d_shape *shape, const double *g, double *db);

#endif
