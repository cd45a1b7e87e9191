#include "row_norm.h"

#include <math.h>
#include <string.h>

typedef struct row {
    int64_t n;
    double mean, scale;
} row;

static row row_of(const gra__row_norm_shape *s, const double *x)
{
    row r = {.n = s->channels * s->inner};
    double squares = 0;
    for (int64_t i = 0; i < r.n; i++)
        r.mean += x[i] / (double)r.n;
    for (int64_t i = 0; i < r.n; i++)
        squares += (x[i] - r.mean) * (x[i] - r.mean);
    r.scale = 1 / sqrt((r.n ? squares / (double)r.n : 0) + s->eps);
    return r;
}

/* The place in w and b of number i of a row. */
static int64_t channel_of(const gra__row_norm_shape *s, int64_t at, int64_t i)
{
    return at % s->groups * s->channels + i / s->inner;
}

void reference_row_norm(const gra__row_norm_shape *s, const double *x, const double *w,
                        const double *b, double *y)
{
    for (int64_t at = 0; at < s->rows; at++) {
        const row r = row_of(s, x);
        for (int64_t i = 0; i < r.n; i++) {
            const int64_t k = channel_of(s, at, i);
            y[i] = (x[i] - r.mean) * r.scale * (w ? w[k] : 1) + (b ? b[k] : 0);
        }
        x += r.n;
        y += r.n;
    }
}

void reference_row_norm_backward(const gra__row_norm_shape *s, const double *g, const double *x,
                                 const double *w, double *dx, double *dw, double *db)
{
    memset(dw, 0, (size_t)(s->groups * s->channels) * sizeof *dw);
    memset(db, 0, (size_t)(s->groups * s->channels) * sizeof *db);
    for (int64_t at = 0; at < s->rows; at++) {
        const row r = row_of(s, x);
        double sum = 0, dot = 0;
        for (int64_t i = 0; i < r.n; i++) {
            const int64_t k = channel_of(s, at, i);
            const double z = (x[i] - r.mean) * r.scale, wg = g[i] * (w ? w[k] : 1);
            sum += wg / (double)r.n;
            dot += wg * z / (double)r.n;
            dw[k] += g[i] * z;
            db[k] += g[i];
        }
        for (int64_t i = 0; i < r.n; i++) {
            const double z = (x[i] - r.mean) * r.scale;
            dx[i] = r.scale * (g[i] * (w ? w[channel_of(s, at, i)] : 1) - sum - z * dot);
        }
        g += r.n;
        x += r.n;
        dx += r.n;
    }
}
