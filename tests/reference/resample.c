#include "tests/reference/resample.h"

#include <string.h>

/* Calls what for each pair of a result at `to` and an element at `from` that it takes a part of. */
#define EACH_TAP(real, s, what)                                                                    \
    for (int64_t o = 0; o < s->outer; o++)                                                         \
        for (int64_t p = 0; p < s->h.out; p++)                                                     \
            for (int64_t q = 0; q < s->w.out; q++)                                                 \
                for (int k = 0; k < s->h.taps; k++)                                                \
                    for (int l = 0; l < s->w.taps; l++)                                            \
                        for (int64_t c = 0; c < s->inner; c++) {                                   \
                            const int64_t a = k * s->h.out + p, b = l * s->w.out + q;              \
                            const int64_t i = s->h.index[a], j = s->w.index[b];                    \
                            const int64_t to = ((o * s->h.out + p) * s->w.out + q) * s->inner + c; \
                            const int64_t from = ((o * s->h.in + i) * s->w.in + j) * s->inner + c; \
                            const real w =                                                         \
                                ((const real *)s->h.weight)[a] * ((const real *)s->w.weight)[b];   \
                            what;                                                                  \
                        }

#define REFERENCE(real, suffix)                                                                    \
    void reference_resample_##suffix(const gra__resample_shape *s, const real *x, real *y)         \
    {                                                                                              \
        memset(y, 0, (size_t)(s->outer * s->h.out * s->w.out * s->inner) * sizeof *y);             \
        EACH_TAP(real, s, y[to] += w * x[from])                                                    \
    }                                                                                              \
    void reference_resample_backward_##suffix(const gra__resample_shape *s, const real *g,         \
                                              real *dx)                                            \
    {                                                                                              \
        memset(dx, 0, (size_t)(s->outer * s->h.in * s->w.in * s->inner) * sizeof *dx);             \
        EACH_TAP(real, s, dx[from] += w * g[to])                                                   \
    }
REFERENCE(float, f32)
REFERENCE(double, f64)
