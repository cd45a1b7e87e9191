#include "conv2d.h"

#include <string.h>

/* Calls body with the places of every product w * x that goes into an output: yi, xi, wi. */
#define EACH_PRODUCT(body)                                                                         \
    const int64_t cg = d->c / d->groups, kg = d->k / d->groups;                                    \
    for (int64_t n = 0; n < d->n; n++)                                                             \
        for (int64_t k = 0; k < d->k; k++)                                                         \
            for (int64_t p = 0; p < d->out_h; p++)                                                 \
                for (int64_t q = 0; q < d->out_w; q++)                                             \
                    for (int64_t c = 0; c < cg; c++)                                               \
                        for (int64_t r = 0; r < d->r; r++)                                         \
                            for (int64_t s = 0; s < d->s; s++) {                                   \
                                const int64_t i = p * d->stride_h - d->pad_h + r * d->dilation_h;  \
                                const int64_t j = q * d->stride_w - d->pad_w + s * d->dilation_w;  \
                                if (i < 0 || i >= d->h || j < 0 || j >= d->w)                      \
                                    continue;                                                      \
                                const int64_t yi = ((n * d->k + k) * d->out_h + p) * d->out_w + q; \
                                const int64_t xi =                                                 \
                                    ((n * d->c + k / kg * cg + c) * d->h + i) * d->w + j;          \
                                const int64_t wi = ((k * cg + c) * d->r + r) * d->s + s;           \
                                body;                                                              \
                            }

void reference_conv2d_forward(const gra__conv2d_shape *d, const double *x, const double *w,
                              const double *bias, double *y)
{
    const int64_t plane = d->out_h * d->out_w;
    for (int64_t i = 0; i < d->n * d->k * plane; i++)
        y[i] = bias ? bias[i / plane % d->k] : 0;
    EACH_PRODUCT(y[yi] += w[wi] * x[xi])
}

void reference_conv2d_backward_input(const gra__conv2d_shape *d, const double *g, const double *w,
                                     double *dx)
{
    memset(dx, 0, (size_t)(d->n * d->c * d->h * d->w) * sizeof *dx);
    EACH_PRODUCT(dx[xi] += w[wi] * g[yi])
}

void reference_conv2d_backward_weight(const gra__conv2d_shape *d, const double *g, const double *x,
                                      double *dw)
{
    memset(dw, 0, (size_t)(d->k * (d->c / d->groups) * d->r * d->s) * sizeof *dw);
    EACH_PRODUCT(dw[wi] += g[yi] * x[xi])
}

void reference_conv2d_backward_bias(const gra__conv2d_shape *d, const double *g, double *db)
{
    const int64_t plane = d->out_h * d->out_w;
    memset(db, 0, (size_t)d->k * sizeof *db);
    for (int64_t i = 0; i < d->n * d->k * plane; i++)
        db[i / plane % d->k] += g[i];
}
