/* Linear maps with few taps, one row at a time, compiled once per instruction set; see resample.h. */
#include "ops/kernels/isa.h"
#include "ops/kernels/resample.h"

extern const gra__resample_table GRA_ISA_NAME(gra__resample);

#define LOOPS(real)                                                                                \
    static void blend_##real(int64_t n, int taps, const void *const *rows, const double *weight,   \
                             void *y)                                                              \
    {                                                                                              \
        real *restrict const to = y;                                                               \
        const real *restrict const a = rows[0], *restrict const b = rows[taps > 1];                \
        const real u = (real)weight[0], v = taps > 1 ? (real)weight[1] : 0;                        \
        if (taps == 1)                                                                             \
            for (int64_t i = 0; i < n; i++)                                                        \
                to[i] = u * a[i];                                                                  \
        else                                                                                       \
            for (int64_t i = 0; i < n; i++)                                                        \
                to[i] = u * a[i] + v * b[i];                                                       \
        for (int k = 2; k < taps; k++) {                                                           \
            const real *restrict const c = rows[k];                                                \
            const real w = (real)weight[k];                                                        \
            for (int64_t i = 0; i < n; i++)                                                        \
                to[i] += w * c[i];                                                                 \
        }                                                                                          \
    }                                                                                              \
    static void add_##real(int64_t n, double weight, const void *g, void *sum)                     \
    {                                                                                              \
        const real *restrict const from = g, w = (real)weight;                                     \
        real *restrict const to = sum;                                                             \
        for (int64_t i = 0; i < n; i++)                                                            \
            to[i] += w * from[i];                                                                  \
    }                                                                                              \
    /* Rows of single numbers. */                                                                  \
    static void pick_numbers_##real(const gra__resample_axis *axis, const real *restrict x,        \
                                    real *restrict y)                                              \
    {                                                                                              \
        const int64_t out = axis->out;                                                             \
        const int32_t *restrict const i = axis->index, *restrict const j = i + out;                \
        const real *restrict const w = axis->weight;                                               \
        if (axis->taps == 1)                                                                       \
            for (int64_t q = 0; q < out; q++)                                                      \
                y[q] = w[q] * x[i[q]];                                                             \
        else                                                                                       \
            for (int64_t q = 0; q < out; q++)                                                      \
                y[q] = w[q] * x[i[q]] + w[out + q] * x[j[q]];                                      \
        for (int k = 2; k < axis->taps; k++)                                                       \
            for (int64_t q = 0; q < out; q++)                                                      \
                y[q] += w[k * out + q] * x[i[k * out + q]];                                        \
    }                                                                                              \
    static void pick_##real(const gra__resample_axis *axis, int64_t inner, const void *x, void *y) \
    {                                                                                              \
        const real *const w = axis->weight, *const from = x;                                       \
        if (inner == 1) {                                                                          \
            pick_numbers_##real(axis, x, y);                                                       \
            return;                                                                                \
        }                                                                                          \
        for (int64_t q = 0; q < axis->out; q++) {                                                  \
            const void *pixels[GRA_MAX_TAPS];                                                      \
            double weight[GRA_MAX_TAPS];                                                           \
            for (int k = 0; k < axis->taps; k++) {                                                 \
                pixels[k] = from + axis->index[k * axis->out + q] * inner;                         \
                weight[k] = (double)w[k * axis->out + q];                                          \
            }                                                                                      \
            blend_##real(inner, axis->taps, pixels, weight, (real *)y + q * inner);                \
        }                                                                                          \
    }                                                                                              \
    /* Rows of single numbers with one tap: those that go to one place are added up first. */      \
    static void spread_one_##real(const gra__resample_axis *axis, const real *restrict y,          \
                                  real *restrict x)                                                \
    {                                                                                              \
        const int32_t *restrict const index = axis->index;                                         \
        const real *restrict const w = axis->weight;                                               \
        for (int64_t q = 0; q < axis->out;) {                                                      \
            const int32_t at = index[q];                                                           \
            real sum = w[q] * y[q];                                                                \
            while (++q < axis->out && index[q] == at)                                              \
                sum += w[q] * y[q];                                                                \
            x[at] += sum;                                                                          \
        }                                                                                          \
    }                                                                                              \
    /* And with two, at i and i + 1 (or i, at the edge): a and b are their sums so far. */         \
    static void spread_two_##real(const gra__resample_axis *axis, const real *restrict y,          \
                                  real *restrict x)                                                \
    {                                                                                              \
        const int64_t out = axis->out;                                                             \
        const int32_t *restrict const index = axis->index;                                         \
        const real *restrict const w = axis->weight;                                               \
        int64_t at = index[0];                                                                     \
        real a = 0, b = 0;                                                                         \
        for (int64_t q = 0; q < out; q++) {                                                        \
            const int64_t i = index[q];                                                            \
            if (i != at) {                                                                         \
                x[at] += a;                                                                        \
                if (i != at + 1)                                                                   \
                    x[at + 1] += b;                                                                \
                a = i == at + 1 ? b : 0;                                                           \
                b = 0;                                                                             \
                at = i;                                                                            \
            }                                                                                      \
            a += w[q] * y[q];                                                                      \
            *(index[out + q] == i ? &a : &b) += w[out + q] * y[q];                                 \
        }                                                                                          \
        x[at] += a;                                                                                \
        if (at + 1 < axis->in)                                                                     \
            x[at + 1] += b;                                                                        \
    }                                                                                              \
    static void spread_pixels_##real(const gra__resample_axis *axis, int64_t inner, const real *y, \
                                     real *x)                                                      \
    {                                                                                              \
        const real *const w = axis->weight;                                                        \
        for (int64_t q = 0; q < axis->out; q++)                                                    \
            for (int k = 0; k < axis->taps; k++) {                                                 \
                const int64_t at = k * axis->out + q;                                              \
                add_##real(inner, (double)w[at], y + q * inner, x + axis->index[at] * inner);      \
            }                                                                                      \
    }                                                                                              \
    static void spread_##real(const gra__resample_axis *axis, int64_t inner, const void *y,        \
                              void *x)                                                             \
    {                                                                                              \
        if (inner == 1 && axis->taps == 1)                                                         \
            spread_one_##real(axis, y, x);                                                         \
        else if (inner == 1 && axis->taps == 2)                                                    \
            spread_two_##real(axis, y, x);                                                         \
        else                                                                                       \
            spread_pixels_##real(axis, inner, y, x);                                               \
    }
LOOPS(float)
LOOPS(double)

const gra__resample_table GRA_ISA_NAME(gra__resample) = {
    .f32 = {blend_float, add_float, pick_float, spread_float},
    .f64 = {blend_double, add_double, pick_double, spread_double},
};
