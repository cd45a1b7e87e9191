#include "ops/kernels/pool2d.h"

#include <math.h>
#include <string.h>

#include "core/threads.h"
#include "ops/kernels/gemm.h"
#include "ops/kernels/isa.h"
#include "ops/kernels/parallel.h"
#include "ops/kernels/sizes.h"

/* Threads over planes: at least 128 thousand numbers for each, some 25 microseconds. */
static int thread_count(const gra__pool2d_shape *d)
{
    const int64_t window = d->kernel_h * d->kernel_w;
    const int64_t work =
        d->planes * larger(d->h * d->w, d->out_h * d->out_w * window) / (128 * 1024);
    return (int)larger(1, smaller(smaller(gra__threads(), d->planes), work));
}

/* The usual window, which has loops of its own. */
static bool is_2x2(const gra__pool2d_shape *d)
{
    return d->kernel_h == 2 && d->kernel_w == 2 && d->stride_h == 2 && d->stride_w == 2 &&
           d->pad_h == 0 && d->pad_w == 0 && 2 * d->out_h <= d->h && 2 * d->out_w <= d->w;
}

/* The part of a window that lies in the image. */
typedef struct window {
    int64_t top, bottom, left, right; // rows [top, bottom), columns [left, right)
    double divisor;                   // average pooling
} window;

static window average_window(const gra__pool2d_shape *d, bool count_include_pad, int64_t divisor,
                             int64_t p, int64_t q)
{
    const int64_t top = p * d->stride_h - d->pad_h, left = q * d->stride_w - d->pad_w;
    const int64_t bottom = smaller(top + d->kernel_h, d->h + d->pad_h);
    const int64_t right = smaller(left + d->kernel_w, d->w + d->pad_w);
    const window in = {larger(top, 0), smaller(bottom, d->h), larger(left, 0), smaller(right, d->w),
                       0};
    const int64_t padded = (bottom - top) * (right - left);
    const int64_t inside = (in.bottom - in.top) * (in.right - in.left);
    return (window){in.top, in.bottom, in.left, in.right,
                    (double)(divisor             ? divisor
                             : count_include_pad ? padded
                                                 : inside)};
}

static window max_window(const gra__pool2d_shape *d, int64_t p, int64_t q)
{
    const int64_t top = p * d->stride_h - d->pad_h, left = q * d->stride_w - d->pad_w;
    const int64_t skip_h = top < 0 ? (-top + d->dilation_h - 1) / d->dilation_h : 0;
    const int64_t skip_w = left < 0 ? (-left + d->dilation_w - 1) / d->dilation_w : 0;
    return (window){top + skip_h * d->dilation_h,
                    smaller(top + (d->kernel_h - 1) * d->dilation_h + 1, d->h),
                    left + skip_w * d->dilation_w,
                    smaller(left + (d->kernel_w - 1) * d->dilation_w + 1, d->w), 0};
}

/* One plane, any window, either type. */
#define PLANES(real, suffix)                                                                       \
    static void average_plane_##suffix(const gra__pool2d_shape *d, bool count_include_pad,         \
                                       int64_t divisor, const real *x, real *y)                    \
    {                                                                                              \
        for (int64_t p = 0; p < d->out_h; p++)                                                     \
            for (int64_t q = 0; q < d->out_w; q++) {                                               \
                const window in = average_window(d, count_include_pad, divisor, p, q);             \
                real sum = 0;                                                                      \
                for (int64_t i = in.top; i < in.bottom; i++)                                       \
                    for (int64_t j = in.left; j < in.right; j++)                                   \
                        sum += x[i * d->w + j];                                                    \
                const bool empty = in.top >= in.bottom || in.left >= in.right;                     \
                y[p * d->out_w + q] = empty ? 0 : sum / (real)in.divisor;                          \
            }                                                                                      \
    }                                                                                              \
    static void average_plane_backward_##suffix(const gra__pool2d_shape *d,                        \
                                                bool count_include_pad, int64_t divisor,           \
                                                const real *g, real *dx)                           \
    {                                                                                              \
        memset(dx, 0, (size_t)(d->h * d->w) * sizeof *dx);                                         \
        for (int64_t p = 0; p < d->out_h; p++)                                                     \
            for (int64_t q = 0; q < d->out_w; q++) {                                               \
                const window in = average_window(d, count_include_pad, divisor, p, q);             \
                const real share = g[p * d->out_w + q] / (real)in.divisor;                         \
                for (int64_t i = in.top; i < in.bottom; i++)                                       \
                    for (int64_t j = in.left; j < in.right; j++)                                   \
                        dx[i * d->w + j] += share;                                                 \
            }                                                                                      \
    }                                                                                              \
    static void max_plane_##suffix(const gra__pool2d_shape *d, const real *x, real *y,             \
                                   int64_t *indices)                                               \
    {                                                                                              \
        for (int64_t p = 0; p < d->out_h; p++)                                                     \
            for (int64_t q = 0; q < d->out_w; q++) {                                               \
                const window in = max_window(d, p, q);                                             \
                int64_t index = in.top * d->w + in.left;                                           \
                real best = -(real)INFINITY;                                                       \
                for (int64_t i = in.top; i < in.bottom; i += d->dilation_h)                        \
                    for (int64_t j = in.left; j < in.right; j += d->dilation_w) {                  \
                        const real value = x[i * d->w + j];                                        \
                        if (value > best || value != value) {                                      \
                            best = value;                                                          \
                            index = i * d->w + j;                                                  \
                        }                                                                          \
                    }                                                                              \
                y[p * d->out_w + q] = best;                                                        \
                indices[p * d->out_w + q] = index;                                                 \
            }                                                                                      \
    }
PLANES(float, f32)
PLANES(double, f64)

static void average_plane_2x2_backward(const gra__pool2d_shape *d, float factor, const float *g,
                                       float *dx)
{
    gra__kernels_get()->gemm->average_2x2_backward(d->out_h, d->out_w, g, dx, d->w, factor);
    for (int64_t i = 0; i < 2 * d->out_h; i++)
        for (int64_t j = 2 * d->out_w; j < d->w; j++)
            dx[i * d->w + j] = 0;
    for (int64_t i = 2 * d->out_h * d->w; i < d->h * d->w; i++)
        dx[i] = 0;
}

void gra__avg_pool2d_forward_f32(const gra__pool2d_shape *d, bool count_include_pad,
                                 int64_t divisor_override, const float *x, float *y)
{
    const int64_t in = d->h * d->w, out = d->out_h * d->out_w;
    if (is_2x2(d)) {
        const float factor = 1 / (float)(divisor_override ? divisor_override : 4);
        const gra__gemm_table *table = gra__kernels_get()->gemm;
        EACH_ITEM(
            thread_count(d), d->planes,
            table->average_2x2(d->out_h, d->out_w, x + item * in, d->w, y + item * out, factor));
    } else {
        EACH_ITEM(thread_count(d), d->planes,
                  average_plane_f32(d, count_include_pad, divisor_override, x + item * in,
                                    y + item * out));
    }
}

void gra__avg_pool2d_forward_f64(const gra__pool2d_shape *d, bool count_include_pad,
                                 int64_t divisor_override, const double *x, double *y)
{
    const int64_t in = d->h * d->w, out = d->out_h * d->out_w;
    EACH_ITEM(
        thread_count(d), d->planes,
        average_plane_f64(d, count_include_pad, divisor_override, x + item * in, y + item * out));
}

void gra__avg_pool2d_backward_f32(const gra__pool2d_shape *d, bool count_include_pad,
                                  int64_t divisor_override, const float *g, float *dx)
{
    const int64_t in = d->h * d->w, out = d->out_h * d->out_w;
    if (is_2x2(d)) {
        const float factor = 1 / (float)(divisor_override ? divisor_override : 4);
        EACH_ITEM(thread_count(d), d->planes,
                  average_plane_2x2_backward(d, factor, g + item * out, dx + item * in));
    } else {
        EACH_ITEM(thread_count(d), d->planes,
                  average_plane_backward_f32(d, count_include_pad, divisor_override, g + item * out,
                                             dx + item * in));
    }
}

void gra__avg_pool2d_backward_f64(const gra__pool2d_shape *d, bool count_include_pad,
                                  int64_t divisor_override, const double *g, double *dx)
{
    const int64_t in = d->h * d->w, out = d->out_h * d->out_w;
    EACH_ITEM(thread_count(d), d->planes,
              average_plane_backward_f64(d, count_include_pad, divisor_override, g + item * out,
                                         dx + item * in));
}

void gra__max_pool2d_forward_f32(const gra__pool2d_shape *d, const float *x, float *y,
                                 int64_t *indices)
{
    const int64_t in = d->h * d->w, out = d->out_h * d->out_w;
    if (is_2x2(d) && d->dilation_h == 1 && d->dilation_w == 1 && d->w < INT32_MAX / 2) {
        const gra__gemm_table *table = gra__kernels_get()->gemm;
        EACH_ITEM(thread_count(d), d->planes,
                  table->max_2x2(d->out_h, d->out_w, x + item * in, d->w, y + item * out,
                                 indices + item * out));
    } else {
        EACH_ITEM(thread_count(d), d->planes,
                  max_plane_f32(d, x + item * in, y + item * out, indices + item * out));
    }
}

void gra__max_pool2d_forward_f64(const gra__pool2d_shape *d, const double *x, double *y,
                                 int64_t *indices)
{
    const int64_t in = d->h * d->w, out = d->out_h * d->out_w;
    EACH_ITEM(thread_count(d), d->planes,
              max_plane_f64(d, x + item * in, y + item * out, indices + item * out));
}

/* dx = 0, then dx[index] += g; windows may overlap. An index outside of the plane sets *outside. */
#define MAX_BACKWARD(real, suffix)                                                                 \
    static void max_plane_backward_##suffix(const gra__pool2d_shape *d, const real *g,             \
                                            const int64_t *indices, real *dx, bool *outside)       \
    {                                                                                              \
        const uint64_t plane = (uint64_t)(d->h * d->w);                                            \
        memset(dx, 0, (size_t)plane * sizeof *dx);                                                 \
        for (int64_t i = 0; i < d->out_h * d->out_w; i++) {                                        \
            if ((uint64_t)indices[i] < plane)                                                      \
                dx[indices[i]] += g[i];                                                            \
            else                                                                                   \
                __atomic_store_n(outside, true, __ATOMIC_RELAXED);                                 \
        }                                                                                          \
    }                                                                                              \
    bool gra__max_pool2d_backward_##suffix(const gra__pool2d_shape *d, const real *g,              \
                                           const int64_t *indices, real *dx)                       \
    {                                                                                              \
        const int64_t in = d->h * d->w, out = d->out_h * d->out_w;                                 \
        bool outside = false;                                                                      \
        EACH_ITEM(thread_count(d), d->planes,                                                      \
                  max_plane_backward_##suffix(d, g + item * out, indices + item * out,             \
                                              dx + item * in, &outside));                          \
        return !outside;                                                                           \
    }
MAX_BACKWARD(float, f32)
MAX_BACKWARD(double, f64)
