#include "reference/norm.h"

#include <math.h>

static bool in_window(const gra__lrn_shape *s, int64_t c, int64_t j)
{
    return j >= c - s->size / 2 && j <= c + (s->size - 1) / 2;
}

static double denominator(const gra__lrn_shape *s, const double *x, int64_t c)
{
    double sum = 0;
    for (int64_t j = 0; j < s->channels; j++)
        if (in_window(s, c, j))
            sum += x[j] * x[j];
    return s->k + s->scale * sum;
}

void reference_lrn(const gra__lrn_shape *s, const double *x, double *y)
{
    for (int64_t i = 0; i < s->pixels; i++, x += s->channels, y += s->channels)
        for (int64_t c = 0; c < s->channels; c++)
            y[c] = x[c] / pow(denominator(s, x, c), s->beta);
}

void reference_lrn_backward(const gra__lrn_shape *s, const double *g, const double *x, double *dx)
{
    for (int64_t i = 0; i < s->pixels; i++, g += s->channels, x += s->channels, dx += s->channels)
        for (int64_t c = 0; c < s->channels; c++) {
            double sum = 0;
            for (int64_t j = 0; j < s->channels; j++)
                if (in_window(s, j, c))
                    sum += g[j] * x[j] / pow(denominator(s, x, j), s->beta + 1);
            dx[c] = g[c] / pow(denominator(s, x, c), s->beta) - 2 * s->scale * s->beta * x[c] * sum;
        }
}

void reference_channelwise_sums(const gra__channelwise_shape *s, const double *g, const double *x,
                                const double *mean, double *sums)
{
    for (int64_t c = 0; c < 2 * s->channels; c++)
        sums[c] = 0;
    for (int64_t r = 0; r < s->rows; r++)
        for (int64_t c = 0; c < s->channels; c++)
            for (int64_t i = 0; i < s->inner; i++) {
                const int64_t at = (r * s->channels + c) * s->inner + i;
                sums[c] += g[at];
                sums[s->channels + c] += g[at] * (x[at] - mean[c]);
            }
}
