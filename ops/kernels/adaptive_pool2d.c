#include "ops/kernels/adaptive_pool2d.h"

/* One output pixel of an image, all of its channels: the part of the image that it is the mean of. */
typedef struct window {
    int64_t top, bottom, left, right;
} window;

static window window_of(const gra__adaptive_shape *s, int64_t p, int64_t q)
{
    return (window){p * s->h / s->out_h, ((p + 1) * s->h + s->out_h - 1) / s->out_h,
                    q * s->w / s->out_w, ((q + 1) * s->w + s->out_w - 1) / s->out_w};
}

#define ADAPTIVE(real, suffix)                                                                     \
    static void mean_##suffix(const gra__adaptive_shape *s, window v, const real *x, real *y)      \
    {                                                                                              \
        const int64_t xc = s->in_stride[1], yc = s->out_stride[1];                                 \
        const real size = (real)((v.bottom - v.top) * (v.right - v.left));                         \
        for (int64_t c = 0; c < s->c; c++)                                                         \
            y[c * yc] = 0;                                                                         \
        for (int64_t i = v.top; i < v.bottom; i++)                                                 \
            for (int64_t j = v.left; j < v.right; j++)                                             \
                for (int64_t c = 0; c < s->c; c++)                                                 \
                    y[c * yc] += x[i * s->in_stride[2] + j * s->in_stride[3] + c * xc];            \
        for (int64_t c = 0; c < s->c; c++)                                                         \
            y[c * yc] /= size;                                                                     \
    }                                                                                              \
    static void spread_##suffix(const gra__adaptive_shape *s, window v, const real *g, real *dx)   \
    {                                                                                              \
        const int64_t xc = s->in_stride[1], gc = s->out_stride[1];                                 \
        const real size = (real)((v.bottom - v.top) * (v.right - v.left));                         \
        for (int64_t i = v.top; i < v.bottom; i++)                                                 \
            for (int64_t j = v.left; j < v.right; j++)                                             \
                for (int64_t c = 0; c < s->c; c++)                                                 \
                    dx[i * s->in_stride[2] + j * s->in_stride[3] + c * xc] += g[c * gc] / size;    \
    }                                                                                              \
    void gra__adaptive_avg_pool2d_##suffix(const gra__adaptive_shape *s, const real *x, real *y)   \
    {                                                                                              \
        for (int64_t n = 0; n < s->n; n++)                                                         \
            for (int64_t p = 0; p < s->out_h; p++)                                                 \
                for (int64_t q = 0; q < s->out_w; q++)                                             \
                    mean_##suffix(s, window_of(s, p, q), x + n * s->in_stride[0],                  \
                                  y + n * s->out_stride[0] + p * s->out_stride[2] +                \
                                      q * s->out_stride[3]);                                       \
    }                                                                                              \
    void gra__adaptive_avg_pool2d_backward_##suffix(const gra__adaptive_shape *s, const real *g,   \
                                                    real *dx)                                      \
    {                                                                                              \
        for (int64_t n = 0; n < s->n; n++)                                                         \
            for (int64_t p = 0; p < s->out_h; p++)                                                 \
                for (int64_t q = 0; q < s->out_w; q++)                                             \
                    spread_##suffix(s, window_of(s, p, q),                                         \
                                    g + n * s->out_stride[0] + p * s->out_stride[2] +              \
                                        q * s->out_stride[3],                                      \
                                    dx + n * s->in_stride[0]);                                     \
    }
ADAPTIVE(float, f32)
ADAPTIVE(double, f64)

#define ADAPTIVE_MAX(real, suffix)                                                                 \
    /* The place of the maximum of one plane over a window. */                                     \
    static int64_t winner_##suffix(const gra__adaptive_shape *s, window v, const real *x)          \
    {                                                                                              \
        int64_t place = v.top * s->w + v.left;                                                     \
        real most = x[v.top * s->in_stride[2] + v.left * s->in_stride[3]];                         \
        for (int64_t i = v.top; i < v.bottom; i++)                                                 \
            for (int64_t j = v.left; j < v.right; j++) {                                           \
                const real value = x[i * s->in_stride[2] + j * s->in_stride[3]];                   \
                if (value > most || value != value) {                                              \
                    most = value;                                                                  \
                    place = i * s->w + j;                                                          \
                }                                                                                  \
            }                                                                                      \
        return place;                                                                              \
    }                                                                                              \
    void gra__adaptive_max_pool2d_##suffix(const gra__adaptive_shape *s, const real *x, real *y,   \
                                           int64_t *indices)                                       \
    {                                                                                              \
        for (int64_t n = 0; n < s->n; n++)                                                         \
            for (int64_t c = 0; c < s->c; c++) {                                                   \
                const real *const plane = x + n * s->in_stride[0] + c * s->in_stride[1];           \
                for (int64_t p = 0; p < s->out_h; p++)                                             \
                    for (int64_t q = 0; q < s->out_w; q++) {                                       \
                        const int64_t at = winner_##suffix(s, window_of(s, p, q), plane);          \
                        *indices++ = at;                                                           \
                        y[n * s->out_stride[0] + c * s->out_stride[1] + p * s->out_stride[2] +     \
                          q * s->out_stride[3]] =                                                  \
                            plane[at / s->w * s->in_stride[2] + at % s->w * s->in_stride[3]];      \
                    }                                                                              \
            }                                                                                      \
    }
ADAPTIVE_MAX(float, f32)
ADAPTIVE_MAX(double, f64)
