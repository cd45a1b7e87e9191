/* Normalisation of rows, compiled once per instruction set; see row_norm.h. Written once, in the macro ROW_NORM, for
 * both types.
 *
 * Sums run in vectors of x's type over a piece of a row, which then is in the first-level cache, and are carried on in
 * double.  The mean and variance of a row are put together from those of its pieces (Chan, Golub and LeVeque,
 * "Updating formulae and a pairwise algorithm for computing sample variances", 1979), so that a row is read from
 * memory once and nothing cancels.
 */
#include "ops/kernels/row_norm.h"

#include <math.h>
#include <string.h>

#include "ops/kernels/isa.h"

extern const gra__row_norm_table GRA_ISA_NAME(gra__row_norm);

enum {
    PIECE = 2048, // numbers whose sums stay in vectors
    FLUSH = 64    // rows whose sums stay in x's type
};

/* Adds the upper half of a vector's lanes to the lower one until the sum of all is in lane 0. */
#if GRA_VECTOR_BYTES == 64
#define FOLD_f32(v)                                                                                \
    v += __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7);      \
    v += __builtin_shufflevector(v, v, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3);            \
    v += __builtin_shufflevector(v, v, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1);            \
    v += __builtin_shufflevector(v, v, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0)
#define FOLD_f64(v)                                                                                \
    v += __builtin_shufflevector(v, v, 4, 5, 6, 7, 0, 1, 2, 3);                                    \
    v += __builtin_shufflevector(v, v, 2, 3, 0, 1, 2, 3, 0, 1);                                    \
    v += __builtin_shufflevector(v, v, 1, 0, 1, 0, 1, 0, 1, 0)
#elif GRA_VECTOR_BYTES == 32
#define FOLD_f32(v)                                                                                \
    v += __builtin_shufflevector(v, v, 4, 5, 6, 7, 0, 1, 2, 3);                                    \
    v += __builtin_shufflevector(v, v, 2, 3, 0, 1, 2, 3, 0, 1);                                    \
    v += __builtin_shufflevector(v, v, 1, 0, 1, 0, 1, 0, 1, 0)
#define FOLD_f64(v)                                                                                \
    v += __builtin_shufflevector(v, v, 2, 3, 0, 1);                                                \
    v += __builtin_shufflevector(v, v, 1, 0, 1, 0)
#else
#define FOLD_f32(v)                                                                                \
    v += __builtin_shufflevector(v, v, 2, 3, 0, 1);                                                \
    v += __builtin_shufflevector(v, v, 1, 0, 1, 0)
#define FOLD_f64(v) v += __builtin_shufflevector(v, v, 1, 0)
#endif

#define VECTORS(real, suffix)                                                                      \
    typedef real vec_##suffix __attribute__((vector_size(GRA_VECTOR_BYTES)));                      \
    typedef real mem_##suffix                                                                      \
        __attribute__((vector_size(GRA_VECTOR_BYTES), aligned(sizeof(real)), may_alias));          \
    enum { LANES_##suffix = GRA_VECTOR_BYTES / sizeof(real) };                                     \
    static inline double lanes_##suffix(vec_##suffix v)                                            \
    {                                                                                              \
        FOLD_##suffix(v);                                                                          \
        return (double)v[0];                                                                       \
    }
VECTORS(float, f32)
VECTORS(double, f64)

#define LOAD(suffix, p) ((vec_##suffix)(*(const mem_##suffix *)(p)))

/* Sums over n numbers. */
#define SUMS(real, suffix)                                                                                  \
    static double sum_##suffix(int64_t n, const real *x)                                                    \
    {                                                                                                       \
        vec_##suffix a = {0}, b = {0}, c = {0}, d = {0};                                                    \
        const int64_t lanes = LANES_##suffix;                                                               \
        int64_t i = 0;                                                                                      \
        for (; i + 4 * lanes <= n; i += 4 * lanes) {                                                        \
            a += LOAD(suffix, x + i);                                                                       \
            b += LOAD(suffix, x + i + lanes);                                                               \
            c += LOAD(suffix, x + i + 2 * lanes);                                                           \
            d += LOAD(suffix, x + i + 3 * lanes);                                                           \
        }                                                                                                   \
        for (; i + lanes <= n; i += lanes)                                                                  \
            a += LOAD(suffix, x + i);                                                                       \
        double sum = lanes_##suffix((a + b) + (c + d));                                                     \
        for (; i < n; i++)                                                                                  \
            sum += (double)x[i];                                                                            \
        return sum;                                                                                         \
    }                                                                                                       \
    /* The sums of x - m and of its square. */                                                              \
    static void distances_##suffix(int64_t n, const real *x, real m, double *sum, double *squares)          \
    {                                                                                                       \
        vec_##suffix a = {0}, b = {0}, c = {0}, d = {0};                                                    \
        const int64_t lanes = LANES_##suffix;                                                               \
        int64_t i = 0;                                                                                      \
        for (; i + 2 * lanes <= n; i += 2 * lanes) {                                                        \
            const vec_##suffix p = LOAD(suffix, x + i) - m, q = LOAD(suffix, x + i + lanes) - m;            \
            a += p;                                                                                         \
            b += q;                                                                                         \
            c += p * p;                                                                                     \
            d += q * q;                                                                                     \
        }                                                                                                   \
        double s = lanes_##suffix(a + b), t = lanes_##suffix(c + d);                                        \
        for (; i < n; i++) {                                                                                \
            s += (double)(x[i] - m);                                                                        \
            t += (double)((x[i] - m) * (x[i] - m));                                                         \
        }                                                                                                   \
        *sum = s;                                                                                           \
        *squares = t;                                                                                       \
    }                                                                                                       \
    /* The mean of n numbers, and the sum of the squares of their distances from it: for each piece around\
     * its mean as the first sum has it, which the second puts right. */ \
    static void moments_##suffix(int64_t n, const real *x, double *mean, double *squares)                   \
    {                                                                                                       \
        double m = 0, q = 0;                                                                                \
        for (int64_t done = 0; done < n;) {                                                                 \
            const int64_t count = n - done < PIECE ? n - done : PIECE;                                      \
            const real middle = (real)(sum_##suffix(count, x + done) / (double)count);                      \
            double off, own;                                                                                \
            distances_##suffix(count, x + done, middle, &off, &own);                                        \
            const double step = (double)middle + off / (double)count - m;                                   \
            const double share = (double)count / (double)(done + count);                                    \
            q += own - off * off / (double)count + step * step * (double)done * share;                      \
            m += step * share;                                                                              \
            done += count;                                                                                  \
        }                                                                                                   \
        *mean = m;                                                                                          \
        *squares = q > 0 || q != q ? q : 0;                                                                 \
    }                                                                                                       \
    /* Adds sum g and sum g (x - m) of at most PIECE numbers. */                                            \
    static void add_sums_##suffix(int64_t n, const real *g, const real *x, real m, double *sum_g,           \
                                  double *sum_gx)                                                           \
    {                                                                                                       \
        vec_##suffix a = {0}, b = {0}, p = {0}, q = {0};                                                    \
        const int64_t lanes = LANES_##suffix;                                                               \
        int64_t i = 0;                                                                                      \
        for (; i + 2 * lanes <= n; i += 2 * lanes) {                                                        \
            const vec_##suffix u = LOAD(suffix, g + i), v = LOAD(suffix, g + i + lanes);                    \
            a += u;                                                                                         \
            b += v;                                                                                         \
            p += u * (LOAD(suffix, x + i) - m);                                                             \
            q += v * (LOAD(suffix, x + i + lanes) - m);                                                     \
        }                                                                                                   \
        double sum = lanes_##suffix(a + b), dot = lanes_##suffix(p + q);                                    \
        for (; i < n; i++) {                                                                                \
            sum += (double)g[i];                                                                            \
            dot += (double)(g[i] * (x[i] - m));                                                             \
        }                                                                                                   \
        *sum_g += sum;                                                                                      \
        *sum_gx += dot;                                                                                     \
    }                                                                                                       \
    /* The same of w g. */                                                                                  \
    static void add_weighted_##suffix(int64_t n, const real *g, const real *x, const real *w,               \
                                      real m, double *sum_g, double *sum_gx)                                \
    {                                                                                                       \
        vec_##suffix a = {0}, b = {0}, p = {0}, q = {0};                                                    \
        const int64_t lanes = LANES_##suffix;                                                               \
        int64_t i = 0;                                                                                      \
        for (; i + 2 * lanes <= n; i += 2 * lanes) {                                                        \
            const vec_##suffix u = LOAD(suffix, g + i) * LOAD(suffix, w + i);                               \
            const vec_##suffix v = LOAD(suffix, g + i + lanes) * LOAD(suffix, w + i + lanes);               \
            a += u;                                                                                         \
            b += v;                                                                                         \
            p += u * (LOAD(suffix, x + i) - m);                                                             \
            q += v * (LOAD(suffix, x + i + lanes) - m);                                                     \
        }                                                                                                   \
        double sum = lanes_##suffix(a + b), dot = lanes_##suffix(p + q);                                    \
        for (; i < n; i++) {                                                                                \
            sum += (double)(g[i] * w[i]);                                                                   \
            dot += (double)(g[i] * w[i] * (x[i] - m));                                                      \
        }                                                                                                   \
        *sum_g += sum;                                                                                      \
        *sum_gx += dot;                                                                                     \
    }
SUMS(float, f32)
SUMS(double, f64)

/* A row of layer norm (inner = 1) has a weight for each number, one of group norm for each channel. */
#define ROW_NORM(real, suffix)                                                                     \
    static void scale_each_##suffix(int64_t n, const real *x, real m, real r, const real *w,       \
                                    const real *b, real *y)                                        \
    {                                                                                              \
        if (w && b) {                                                                              \
            GRA_INDEPENDENT                                                                        \
            for (int64_t i = 0; i < n; i++)                                                        \
                y[i] = (x[i] - m) * r * w[i] + b[i];                                               \
        } else if (w) {                                                                            \
            GRA_INDEPENDENT                                                                        \
            for (int64_t i = 0; i < n; i++)                                                        \
                y[i] = (x[i] - m) * r * w[i];                                                      \
        } else {                                                                                   \
            GRA_INDEPENDENT                                                                        \
            for (int64_t i = 0; i < n; i++)                                                        \
                y[i] = (x[i] - m) * r;                                                             \
            for (int64_t i = 0; b && i < n; i++)                                                   \
                y[i] += b[i];                                                                      \
        }                                                                                          \
    }                                                                                              \
    static void scale_all_##suffix(int64_t n, const real *x, real m, real a, real b, real *y)      \
    {                                                                                              \
        GRA_INDEPENDENT                                                                            \
        for (int64_t i = 0; i < n; i++)                                                            \
            y[i] = (x[i] - m) * a + b;                                                             \
    }                                                                                              \
    static void forward_##suffix(const gra__row_norm_rows *t)                                      \
    {                                                                                              \
        const int64_t channels = t->s->channels, inner = t->s->inner, n = channels * inner;        \
        const real *x = t->x, *const w = t->w, *const b = t->b;                                    \
        real *y = t->y;                                                                            \
        for (int64_t i = 0; i < t->count; i++) {                                                   \
            const int64_t skip = (t->first + i) % t->s->groups * channels;                         \
            double mean, squares;                                                                  \
            moments_##suffix(n, x, &mean, &squares);                                               \
            const double scale = 1 / sqrt(squares / (double)(n ? n : 1) + t->s->eps);              \
            t->mean[i] = mean;                                                                     \
            t->scale[i] = scale;                                                                   \
            if (inner == 1)                                                                        \
                scale_each_##suffix(n, x, (real)mean, (real)scale, w ? w + skip : NULL,            \
                                    b ? b + skip : NULL, y);                                       \
            for (int64_t c = 0; inner != 1 && c < channels; c++)                                   \
                scale_all_##suffix(inner, x + c * inner, (real)mean,                               \
                                   (real)(scale * (w ? (double)w[skip + c] : 1)),                  \
                                   b ? b[skip + c] : 0, y + c * inner);                            \
            x += n;                                                                                \
            y += n;                                                                                \
        }                                                                                          \
    }                                                                                              \
    /* dx = r (w g - even - along (x - m)), where w is a vector or one factor. */                  \
    static void gradient_##suffix(int64_t n, const real *g, const real *x, const real *w,          \
                                  real factor, real m, real r, real even, real along, real *dx)    \
    {                                                                                              \
        if (w) {                                                                                   \
            GRA_INDEPENDENT                                                                        \
            for (int64_t i = 0; i < n; i++)                                                        \
                dx[i] = (g[i] * w[i] - even - (x[i] - m) * along) * r;                             \
        } else {                                                                                   \
            GRA_INDEPENDENT                                                                        \
            for (int64_t i = 0; i < n; i++)                                                        \
                dx[i] = (g[i] * factor - even - (x[i] - m) * along) * r;                           \
        }                                                                                          \
    }                                                                                              \
    static void add_row_##suffix(int64_t n, const real *g, const real *x, real m, real r,          \
                                 real *dw, real *db)                                               \
    {                                                                                              \
        GRA_INDEPENDENT                                                                            \
        for (int64_t i = 0; i < n; i++) {                                                          \
            dw[i] += g[i] * ((x[i] - m) * r);                                                      \
            db[i] += g[i];                                                                         \
        }                                                                                          \
    }                                                                                              \
    static void flush_##suffix(int64_t n, real *from, double *to)                                  \
    {                                                                                              \
        for (int64_t i = 0; i < n; i++) {                                                          \
            to[i] += (double)from[i];                                                              \
            from[i] = 0;                                                                           \
        }                                                                                          \
    }                                                                                              \
    static void backward_each_##suffix(const gra__row_norm_rows *t)                                \
    {                                                                                              \
        const int64_t n = t->s->channels;                                                          \
        const real *g = t->g, *x = t->x, *const w = t->w;                                          \
        real *dx = t->y, *const sums = t->scratch;                                                 \
        if (sums)                                                                                  \
            memset(t->sums, 0, (size_t)(2 * n) * sizeof *t->sums);                                 \
        if (sums)                                                                                  \
            memset(sums, 0, (size_t)(2 * n) * sizeof *sums);                                       \
        for (int64_t i = 0; i < t->count; i++, g += n, x += n) {                                   \
            const double m = t->mean[i], r = t->scale[i];                                          \
            double sum = 0, dot = 0;                                                               \
            for (int64_t k = 0; dx && k < n; k += PIECE) {                                         \
                const int64_t count = n - k < PIECE ? n - k : PIECE;                               \
                if (w)                                                                             \
                    add_weighted_##suffix(count, g + k, x + k, w + k, (real)m, &sum, &dot);        \
                else                                                                               \
                    add_sums_##suffix(count, g + k, x + k, (real)m, &sum, &dot);                   \
            }                                                                                      \
            if (dx)                                                                                \
                gradient_##suffix(n, g, x, w, 1, (real)m, (real)r, (real)(sum / (double)n),        \
                                  (real)(r * r * dot / (double)n), dx + i * n);                    \
            if (sums)                                                                              \
                add_row_##suffix(n, g, x, (real)m, (real)r, sums, sums + n);                       \
            if (sums && (i % FLUSH == FLUSH - 1 || i == t->count - 1))                             \
                flush_##suffix(2 * n, sums, t->sums);                                              \
        }                                                                                          \
    }                                                                                              \
    /* dw and db of count columns of layer norm, over all rows. */                                 \
    static void columns_##suffix(const gra__row_norm_rows *t, int64_t first, int64_t count,        \
                                 double *dw, double *db)                                           \
    {                                                                                              \
        real sums[2 * GRA__COLUMNS] = {0};                                                         \
        double total[2 * GRA__COLUMNS] = {0};                                                      \
        const int64_t n = t->s->channels, rows = t->s->rows;                                       \
        for (int64_t i = 0; i < rows; i++) {                                                       \
            add_row_##suffix(count, (const real *)t->g + i * n + first,                            \
                             (const real *)t->x + i * n + first, (real)t->mean[i],                 \
                             (real)t->scale[i], sums, sums + GRA__COLUMNS);                        \
            if (i % FLUSH == FLUSH - 1 || i == rows - 1)                                           \
                flush_##suffix(2 * GRA__COLUMNS, sums, total);                                     \
        }                                                                                          \
        memcpy(dw, total, (size_t)count * sizeof *dw);                                             \
        memcpy(db, total + GRA__COLUMNS, (size_t)count * sizeof *db);                              \
    }                                                                                              \
    static void backward_##suffix(const gra__row_norm_rows *t)                                     \
    {                                                                                              \
        const int64_t channels = t->s->channels, inner = t->s->inner, n = channels * inner;        \
        const real *g = t->g, *x = t->x;                                                           \
        if (inner == 1 && t->s->groups == 1) {                                                     \
            backward_each_##suffix(t);                                                             \
            return;                                                                                \
        }                                                                                          \
        for (int64_t i = 0; i < t->count; i++, g += n, x += n) {                                   \
            const double m = t->mean[i], r = t->scale[i];                                          \
            const real *const w =                                                                  \
                t->w ? (const real *)t->w + (t->first + i) % t->s->groups * channels : NULL;       \
            double *const of_z = t->sums + 2 * channels * i, *const of_g = of_z + channels;        \
            double sum = 0, dot = 0;                                                               \
            for (int64_t c = 0; c < channels; c++) {                                               \
                double own = 0, own_dot = 0;                                                       \
                for (int64_t k = c * inner; k < (c + 1) * inner; k += PIECE) {                     \
                    const int64_t rest = (c + 1) * inner - k;                                      \
                    add_sums_##suffix(rest < PIECE ? rest : PIECE, g + k, x + k, (real)m, &own,    \
                                      &own_dot);                                                   \
                }                                                                                  \
                sum += own * (w ? (double)w[c] : 1);                                               \
                dot += own_dot * (w ? (double)w[c] : 1);                                           \
                of_z[c] = own_dot * r;                                                             \
                of_g[c] = own;                                                                     \
            }                                                                                      \
            for (int64_t c = 0; t->y && c < channels; c++)                                         \
                gradient_##suffix(inner, g + c * inner, x + c * inner, NULL, w ? w[c] : 1,         \
                                  (real)m, (real)r, (real)(sum / (double)n),                       \
                                  (real)(r * r * dot / (double)n),                                 \
                                  (real *)t->y + i * n + c * inner);                               \
        }                                                                                          \
    }
ROW_NORM(float, f32)
ROW_NORM(double, f64)

const gra__row_norm_table GRA_ISA_NAME(gra__row_norm) = {
    .forward = {forward_f32, forward_f64},
    .backward = {backward_f32, backward_f64},
    .columns = {columns_f32, columns_f64},
};
