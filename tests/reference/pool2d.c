#include "pool2d.h"

#include <math.h>
#include <string.h>

typedef struct position {
    int64_t i, j;
    bool inside, padded; // in the image; in the image or its padding
} position;

static position position_of(const gra__pool2d_shape *d, int64_t p, int64_t q, int64_t r, int64_t s,
                            bool dilated)
{
    position at;
    at.i = p * d->stride_h - d->pad_h + r * (dilated ? d->dilation_h : 1);
    at.j = q * d->stride_w - d->pad_w + s * (dilated ? d->dilation_w : 1);
    at.inside = at.i >= 0 && at.i < d->h && at.j >= 0 && at.j < d->w;
    at.padded = at.i < d->h + d->pad_h && at.j < d->w + d->pad_w;
    return at;
}

static double divisor(const gra__pool2d_shape *d, int64_t p, int64_t q, bool count_include_pad,
                      int64_t override)
{
    int64_t count = 0;
    for (int64_t r = 0; r < d->kernel_h; r++)
        for (int64_t s = 0; s < d->kernel_w; s++) {
            const position at = position_of(d, p, q, r, s, false);
            count += count_include_pad ? at.padded : at.inside;
        }
    return (double)(override ? override : count ? count : 1);
}

void reference_avg_pool2d(const gra__pool2d_shape *d, bool count_include_pad,
                          int64_t divisor_override, const double *x, double *y)
{
    for (int64_t n = 0; n < d->planes; n++)
        for (int64_t p = 0; p < d->out_h; p++)
            for (int64_t q = 0; q < d->out_w; q++) {
                double sum = 0;
                for (int64_t r = 0; r < d->kernel_h; r++)
                    for (int64_t s = 0; s < d->kernel_w; s++) {
                        const position at = position_of(d, p, q, r, s, false);
                        sum += at.inside ? x[(n * d->h + at.i) * d->w + at.j] : 0;
                    }
                y[(n * d->out_h + p) * d->out_w + q] =
                    sum / divisor(d, p, q, count_include_pad, divisor_override);
            }
}

void reference_avg_pool2d_backward(const gra__pool2d_shape *d, bool count_include_pad,
                                   int64_t divisor_override, const double *g, double *dx)
{
    memset(dx, 0, (size_t)(d->planes * d->h * d->w) * sizeof *dx);
    for (int64_t n = 0; n < d->planes; n++)
        for (int64_t p = 0; p < d->out_h; p++)
            for (int64_t q = 0; q < d->out_w; q++)
                for (int64_t r = 0; r < d->kernel_h; r++)
                    for (int64_t s = 0; s < d->kernel_w; s++) {
                        const position at = position_of(d, p, q, r, s, false);
                        if (at.inside)
                            dx[(n * d->h + at.i) * d->w + at.j] +=
                                g[(n * d->out_h + p) * d->out_w + q] /
                                divisor(d, p, q, count_include_pad, divisor_override);
                    }
}

void reference_max_pool2d(const gra__pool2d_shape *d, const double *x, double *y, int64_t *indices)
{
    for (int64_t n = 0; n < d->planes; n++)
        for (int64_t p = 0; p < d->out_h; p++)
            for (int64_t q = 0; q < d->out_w; q++) {
                double best = -INFINITY;
                int64_t index = -1;
                for (int64_t r = 0; r < d->kernel_h; r++)
                    for (int64_t s = 0; s < d->kernel_w; s++) {
                        const position at = position_of(d, p, q, r, s, true);
                        if (!at.inside)
                            continue;
                        const double value = x[(n * d->h + at.i) * d->w + at.j];
                        if (index < 0)
                            index = at.i * d->w + at.j;
                        if (value > best || isnan(value)) {
                            best = value;
                            index = at.i * d->w + at.j;
                        }
                    }
                y[(n * d->out_h + p) * d->out_w + q] = best;
                indices[(n * d->out_h + p) * d->out_w + q] = index;
            }
}

void reference_max_pool2d_backward(const gra__pool2d_shape *d, const double *g,
                                   const int64_t *indices, double *dx)
{
    memset(dx, 0, (size_t)(d->planes * d->h * d->w) * sizeof *dx);
    for (int64_t i = 0; i < d->planes * d->out_h * d->out_w; i++)
        dx[i / (d->out_h * d->out_w) * d->h * d->w + indices[i]] += g[i];
}
