/* Normalisation, compiled once per instruction set; see norm.h. Plain loops that the compiler vectorises; each stands
 * here once, in the macros LRN and CHANNELWISE, for both types. */
#include "ops/kernels/norm.h"

#include <string.h>

#include "ops/kernels/isa.h"
#include "ops/kernels/vmath.h"

extern const gra__norm_table GRA_ISA_NAME(gra__norm);

/* d[i] = d[i]^-beta for n numbers; the paper's 3/4 takes two roots. */
static void powers_f32(int64_t n, float beta, float *d)
{
    if (beta == 0.75f) {
        GRA_INDEPENDENT
        for (int64_t i = 0; i < n; i++) {
            const float root = __builtin_sqrtf(d[i]);
            d[i] = 1.0f / (root * __builtin_sqrtf(root));
        }
        return;
    }
    GRA_INDEPENDENT
    for (int64_t i = 0; i < n; i++)
        d[i] = gra__expf(-beta * gra__logf(d[i]));
}

static void powers_f64(int64_t n, double beta, double *d)
{
    for (int64_t i = 0; i < n; i++)
        d[i] = pow(d[i], -beta);
}

/* out[c] = start + scale * the sum of z[c] ... z[c + size - 1]. */
#define WINDOW_SUMS(real, suffix)                                                                  \
    static void window_sums_##suffix(int64_t n, int64_t size, real start, real scale,              \
                                     const real *z, real *out)                                     \
    {                                                                                              \
        if (size == 5) { /* the paper's: one pass */                                               \
            GRA_INDEPENDENT                                                                        \
            for (int64_t c = 0; c < n; c++)                                                        \
                out[c] = start + scale * (z[c] + z[c + 1] + z[c + 2] + z[c + 3] + z[c + 4]);       \
            return;                                                                                \
        }                                                                                          \
        memcpy(out, z, (size_t)n * sizeof *out);                                                   \
        for (int64_t t = 1; t < size; t++) {                                                       \
            GRA_INDEPENDENT                                                                        \
            for (int64_t c = 0; c < n; c++)                                                        \
                out[c] += z[c + t];                                                                \
        }                                                                                          \
        GRA_INDEPENDENT                                                                            \
        for (int64_t c = 0; c < n; c++)                                                            \
            out[c] = start + scale * out[c];                                                       \
    }

/* The workspace has z, whose n numbers have zeros on both sides, then d and p. */
#define LRN(real, suffix)                                                                          \
    WINDOW_SUMS(real, suffix)                                                                      \
    static void denominators_##suffix(const gra__lrn_shape *s, const real *x, real *z, real *d)    \
    {                                                                                              \
        real *const middle = z + s->size / 2;                                                      \
        GRA_INDEPENDENT                                                                            \
        for (int64_t c = 0; c < s->channels; c++)                                                  \
            middle[c] = x[c] * x[c];                                                               \
        window_sums_##suffix(s->channels, s->size, (real)s->k, (real)s->scale, z, d);              \
    }                                                                                              \
    static void lrn_##suffix(const gra__lrn_shape *s, int64_t pixels, const void *from, void *to,  \
                             void *workspace)                                                      \
    {                                                                                              \
        const int64_t n = s->channels;                                                             \
        const real *x = from;                                                                      \
        real *y = to, *const z = workspace, *const d = z + n + s->size;                            \
        memset(z, 0, (size_t)(n + s->size) * sizeof *z);                                           \
        for (int64_t i = 0; i < pixels; i++, x += n, y += n) {                                     \
            denominators_##suffix(s, x, z, d);                                                     \
            powers_##suffix(n, (real)s->beta, d);                                                  \
            GRA_INDEPENDENT                                                                        \
            for (int64_t c = 0; c < n; c++)                                                        \
                y[c] = x[c] * d[c];                                                                \
        }                                                                                          \
    }                                                                                              \
    static void lrn_backward_##suffix(const gra__lrn_shape *s, int64_t pixels, const void *grad,   \
                                      const void *from, void *to, void *workspace)                 \
    {                                                                                              \
        const int64_t n = s->channels, after = (s->size - 1) / 2;                                  \
        const real *x = from, *g = grad, factor = (real)(2 * s->scale * s->beta);                  \
        real *dx = to, *const z = workspace, *const d = z + n + s->size, *const p = d + n;         \
        real *const t = p + n, *const middle = t + after;                                          \
        memset(z, 0, (size_t)(n + s->size) * sizeof *z);                                           \
        memset(t, 0, (size_t)(n + s->size) * sizeof *t);                                           \
        for (int64_t i = 0; i < pixels; i++, x += n, g += n, dx += n) {                            \
            denominators_##suffix(s, x, z, d);                                                     \
            memcpy(p, d, (size_t)n * sizeof *p);                                                   \
            powers_##suffix(n, (real)s->beta, p);                                                  \
            GRA_INDEPENDENT                                                                        \
            for (int64_t c = 0; c < n; c++)                                                        \
                middle[c] = g[c] * x[c] * p[c] / d[c];                                             \
            window_sums_##suffix(n, s->size, 0, factor, t, d);                                     \
            GRA_INDEPENDENT                                                                        \
            for (int64_t c = 0; c < n; c++)                                                        \
                dx[c] = g[c] * p[c] - x[c] * d[c];                                                 \
        }                                                                                          \
    }
LRN(float, f32)
LRN(double, f64)

enum { LANES = 8 }; // sums of a channel's row side by side, which the vectoriser may keep apart

#define CHANNELWISE(real, suffix)                                                                  \
    static void affine_##suffix(const gra__channelwise_shape *s, int64_t rows, const void *from,   \
                                const void *scale, const void *shift, void *to)                    \
    {                                                                                              \
        const real *x = from, *const a = scale, *const b = shift;                                  \
        real *y = to;                                                                              \
        for (int64_t r = 0; s->inner == 1 && r < rows; r++, x += s->channels, y += s->channels) {  \
            GRA_INDEPENDENT                                                                        \
            for (int64_t c = 0; c < s->channels; c++)                                              \
                y[c] = x[c] * a[c] + b[c];                                                         \
        }                                                                                          \
        for (int64_t r = 0; s->inner != 1 && r < rows * s->channels; r++) {                        \
            const real ac = a[r % s->channels], bc = b[r % s->channels];                           \
            GRA_INDEPENDENT                                                                        \
            for (int64_t i = 0; i < s->inner; i++)                                                 \
                y[i] = x[i] * ac + bc;                                                             \
            x += s->inner;                                                                         \
            y += s->inner;                                                                         \
        }                                                                                          \
    }                                                                                              \
    static void combine_##suffix(const gra__channelwise_shape *s, int64_t rows, const void *grad,  \
                                 const void *from, const void *of_g, const void *of_x,             \
                                 const void *shift, void *to)                                      \
    {                                                                                              \
        const real *g = grad, *x = from, *const a = of_g, *const b = of_x, *const e = shift;       \
        real *y = to;                                                                              \
        for (int64_t r = 0; s->inner == 1 && r < rows; r++) {                                      \
            GRA_INDEPENDENT                                                                        \
            for (int64_t c = 0; c < s->channels; c++)                                              \
                y[c] = g[c] * a[c] + (x[c] * b[c] + e[c]);                                         \
            g += s->channels;                                                                      \
            x += s->channels;                                                                      \
            y += s->channels;                                                                      \
        }                                                                                          \
        for (int64_t r = 0; s->inner != 1 && r < rows * s->channels; r++) {                        \
            const int64_t c = r % s->channels;                                                     \
            const real ac = a[c], bc = b[c], ec = e[c];                                            \
            GRA_INDEPENDENT                                                                        \
            for (int64_t i = 0; i < s->inner; i++)                                                 \
                y[i] = g[i] * ac + (x[i] * bc + ec);                                               \
            g += s->inner;                                                                         \
            x += s->inner;                                                                         \
            y += s->inner;                                                                         \
        }                                                                                          \
    }                                                                                              \
    static void sum_row_##suffix(int64_t n, const real *g, const real *x, double mean,             \
                                 double *sum_g, double *sum_gx)                                    \
    {                                                                                              \
        double a[LANES] = {0}, b[LANES] = {0};                                                     \
        int64_t i = 0;                                                                             \
        for (; i + LANES <= n; i += LANES)                                                         \
            for (int k = 0; k < LANES; k++) {                                                      \
                a[k] += (double)g[i + k];                                                          \
                b[k] += (double)g[i + k] * ((double)x[i + k] - mean);                              \
            }                                                                                      \
        for (; i < n; i++) {                                                                       \
            a[0] += (double)g[i];                                                                  \
            b[0] += (double)g[i] * ((double)x[i] - mean);                                          \
        }                                                                                          \
        for (int k = 0; k < LANES; k++) {                                                          \
            *sum_g += a[k];                                                                        \
            *sum_gx += b[k];                                                                       \
        }                                                                                          \
    }                                                                                              \
    static void sums_##suffix(const gra__channelwise_shape *s, int64_t rows, const void *grad,     \
                              const void *from, const double *mean, double *sums)                  \
    {                                                                                              \
        const real *g = grad, *x = from;                                                           \
        double *const sum_g = sums, *const sum_gx = sums + s->channels;                            \
        memset(sums, 0, (size_t)(2 * s->channels) * sizeof *sums);                                 \
        for (int64_t r = 0; s->inner == 1 && r < rows; r++, g += s->channels, x += s->channels) {  \
            GRA_INDEPENDENT                                                                        \
            for (int64_t c = 0; c < s->channels; c++) {                                            \
                sum_g[c] += (double)g[c];                                                          \
                sum_gx[c] += (double)g[c] * ((double)x[c] - mean[c]);                              \
            }                                                                                      \
        }                                                                                          \
        for (int64_t r = 0; s->inner != 1 && r < rows * s->channels; r++) {                        \
            const int64_t c = r % s->channels;                                                     \
            sum_row_##suffix(s->inner, g, x, mean[c], sum_g + c, sum_gx + c);                      \
            g += s->inner;                                                                         \
            x += s->inner;                                                                         \
        }                                                                                          \
    }
CHANNELWISE(float, f32)
CHANNELWISE(double, f64)

const gra__norm_table GRA_ISA_NAME(gra__norm) = {
    .lrn = {lrn_f32, lrn_f64},
    .lrn_backward = {lrn_backward_f32, lrn_backward_f64},
    .affine = {affine_f32, affine_f64},
    .combine = {combine_f32, combine_f64},
    .sums = {sums_f32, sums_f64},
};
