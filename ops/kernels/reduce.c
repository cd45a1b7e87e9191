/* Reductions and softmax; compiled once per instruction set, see isa.h.
 *
 * A compiler may not reorder a floating-point sum, so those are written with vectors: RUN keeps
 * VECTORS accumulators of LANES doubles, and element i goes to accumulator i mod (VECTORS * LANES).
 * Integer reductions are plain loops, which compilers do vectorise, and floating-point extrema
 * become integer ones: the bits of a float, with the magnitude turned round where the sign is set,
 * order as an integer just as the numbers do.
 */
#include "ops/kernels/reduce.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "ops/kernels/isa.h"
#include "ops/kernels/vmath.h"

/* Elements in memory may lie at any byte. */
#define UNALIGNED __attribute__((aligned(1), may_alias))
typedef float f32 UNALIGNED;
typedef double f64 UNALIGNED;
typedef int64_t i64 UNALIGNED;
typedef int32_t i32 UNALIGNED;
typedef uint8_t u8 UNALIGNED;

typedef float value_f32;
typedef double value_f64;
typedef int64_t value_i64;
typedef int32_t value_i32;
typedef uint8_t value_u8;

#define FLOATS(M, ...) M(__VA_ARGS__, f32) M(__VA_ARGS__, f64)
#define INTEGERS(M, ...) M(__VA_ARGS__, i64) M(__VA_ARGS__, i32) M(__VA_ARGS__, u8)
#define NUMBERS(M, ...) FLOATS(M, __VA_ARGS__) INTEGERS(M, __VA_ARGS__)

#define AT(T, base, i, stride) (*(T *)((base) + (ptrdiff_t)(i) * (stride)))

/* The body for each element x of a run or row; a packed one gets a loop that vectorises. */
#define EACH_OF(S, ...)                                                                            \
    do {                                                                                           \
        if (xs == sizeof(S)) {                                                                     \
            for (size_t i = 0; i < n; i++) {                                                       \
                const value_##S x = ((const S *)xp)[i];                                            \
                __VA_ARGS__;                                                                       \
            }                                                                                      \
        } else {                                                                                   \
            for (size_t i = 0; i < n; i++) {                                                       \
                const value_##S x = AT(const S, xp, i, xs);                                        \
                __VA_ARGS__;                                                                       \
            }                                                                                      \
        }                                                                                          \
    } while (0)

/* Floating-point folds over a run. */

enum { LANES = GRA_VECTOR_BYTES / 8, VECTORS = 4, BLOCK = LANES * VECTORS };

typedef double vector_f64 __attribute__((vector_size(GRA_VECTOR_BYTES)));
typedef float half_f32 __attribute__((vector_size(GRA_VECTOR_BYTES / 2)));

static inline vector_f64 load_f32(const char *x)
{
    half_f32 v;
    memcpy(&v, x, sizeof v);
    return __builtin_convertvector(v, vector_f64);
}

static inline vector_f64 load_f64(const char *x)
{
    vector_f64 v;
    memcpy(&v, x, sizeof v);
    return v;
}

/* Folds STEP(a, x, w) over the run, where x are the elements, w those of a second, packed run that
 * only the dot product reads, and mean a constant. STEP and JOIN, which joins two accumulators,
 * serve vectors and scalars alike. A strided run is packed block by block, so that strides don't
 * change the bits. */
#define RUN(name, identity, STEP, JOIN, S)                                                         \
    static double name##_##S(size_t n, const char *xp, ptrdiff_t xs, const char *wp, double mean)  \
    {                                                                                              \
        (void)wp, (void)mean;                                                                      \
        vector_f64 a[VECTORS];                                                                     \
        for (int k = 0; k < VECTORS; k++)                                                          \
            a[k] = (vector_f64){0} + identity;                                                     \
        size_t i = 0;                                                                              \
        for (; i + BLOCK <= n; i += BLOCK) {                                                       \
            value_##S packed[BLOCK];                                                               \
            const char *p = xp + (ptrdiff_t)i * xs;                                                \
            if (xs != sizeof(S)) {                                                                 \
                for (int j = 0; j < BLOCK; j++)                                                    \
                    packed[j] = AT(const S, p, j, xs);                                             \
                p = (const char *)packed;                                                          \
            }                                                                                      \
            for (int k = 0; k < VECTORS; k++)                                                      \
                a[k] = STEP(a[k], load_##S(p + k * LANES * sizeof(S)),                             \
                            load_##S(wp + (i + k * LANES) * sizeof(S)));                           \
        }                                                                                          \
        const vector_f64 joined = JOIN(JOIN(a[0], a[1]), JOIN(a[2], a[3]));                        \
        double total = joined[0];                                                                  \
        for (int j = 1; j < LANES; j++)                                                            \
            total = JOIN(total, joined[j]);                                                        \
        for (; i < n; i++)                                                                         \
            total = STEP(total, (double)AT(const S, xp, i, xs), (double)((const S *)wp)[i]);       \
        return total;                                                                              \
    }

#define PLUS(a, x) ((a) + (x))
#define TIMES(a, x) ((a) * (x))
#define STEP_TOTAL(a, x, w) PLUS(a, x)
#define STEP_PRODUCT(a, x, w) TIMES(a, x)
#define STEP_DOT(a, x, w) ((a) + (x) * (w))
#define STEP_DEVIATION(a, x, w) ((a) + ((x)-mean) * ((x)-mean))

FLOATS(RUN, total, 0, STEP_TOTAL, PLUS)
FLOATS(RUN, product, 1, STEP_PRODUCT, TIMES)
FLOATS(RUN, dot, 0, STEP_DOT, PLUS)
FLOATS(RUN, deviation, 0, STEP_DEVIATION, PLUS)

/* Sums and products: the loops of the table. */

#define RUN_LOOP(name, fold, OP, S)                                                                \
    static void name##_run_##S(size_t n, void *acc, const char *xp, ptrdiff_t xs)                  \
    {                                                                                              \
        double *a = acc;                                                                           \
        *a = OP(*a, fold##_##S(n, xp, xs, NULL, 0));                                               \
    }

FLOATS(RUN_LOOP, sum, total, PLUS)
FLOATS(RUN_LOOP, prod, product, TIMES)

/* One accumulator kept in a register while the run goes by. */
#define FOLD_RUN(name, A, OP, S)                                                                   \
    static void name##_run_##S(size_t n, void *acc, const char *xp, ptrdiff_t xs)                  \
    {                                                                                              \
        A a = *(A *)acc;                                                                           \
        EACH_OF(S, a = OP(a, x));                                                                  \
        *(A *)acc = a;                                                                             \
    }

#define FOLD_ROW(name, A, OP, S)                                                                   \
    static void name##_row_##S(size_t n, void *acc, const char *xp, ptrdiff_t xs)                  \
    {                                                                                              \
        A *restrict a = acc;                                                                       \
        EACH_OF(S, a[i] = OP(a[i], x));                                                            \
    }

#define INTEGER_PLUS(a, x) ((int64_t)((uint64_t)(a) + (uint64_t)(x)))
#define INTEGER_TIMES(a, x) ((int64_t)((uint64_t)(a) * (uint64_t)(x)))

INTEGERS(FOLD_RUN, sum, int64_t, INTEGER_PLUS)
INTEGERS(FOLD_RUN, prod, int64_t, INTEGER_TIMES)
FLOATS(FOLD_ROW, sum, double, PLUS)
FLOATS(FOLD_ROW, prod, double, TIMES)
INTEGERS(FOLD_ROW, sum, int64_t, INTEGER_PLUS)
INTEGERS(FOLD_ROW, prod, int64_t, INTEGER_TIMES)

/* Any and all. */

#define ANY(a, x) ((uint8_t)((a) | ((x) != 0)))
#define ALL(a, x) ((uint8_t)((a) & ((x) != 0)))

NUMBERS(FOLD_RUN, any, uint8_t, ANY)
NUMBERS(FOLD_RUN, all, uint8_t, ALL)
NUMBERS(FOLD_ROW, any, uint8_t, ANY)
NUMBERS(FOLD_ROW, all, uint8_t, ALL)

/* Squared deviations. */

#define DEVIATION(mark, S)                                                                         \
    static void deviation_run_##S(size_t n, double *acc, const char *xp, ptrdiff_t xs,             \
                                  double mean)                                                     \
    {                                                                                              \
        *acc += deviation_##S(n, xp, xs, NULL, mean);                                              \
    }                                                                                              \
                                                                                                   \
    static void deviation_row_##S(size_t n, double *restrict acc, const char *xp, ptrdiff_t xs,    \
                                  const double *mean)                                              \
    {                                                                                              \
        EACH_OF(S, const double d = x - mean[i]; acc[i] += d * d);                                 \
    }

FLOATS(DEVIATION, )

/* Extrema. A key is an integer in the order of the elements; every NaN gets the sign that puts it
 * above all numbers for max, below for min. Adding 0 turns -0 into 0: the two are equal, and the
 * first of equals is the arg-extremum. */

static inline int32_t order_f32(float x, float nan)
{
    x += 0.0f;
    const int32_t bits = (int32_t)gra__bits_of_float(x != x ? nan : x);
    return bits ^ (int32_t)((uint32_t)(bits >> 31) >> 1);
}

static inline int64_t order_f64(double x, double nan)
{
    x += 0.0;
    x = x != x ? nan : x;
    int64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits ^ (int64_t)((uint64_t)(bits >> 63) >> 1);
}

/* The inverse. */
static inline float element_f32(int32_t key)
{
    return gra__float_of_bits((uint32_t)key ^ (uint32_t)(key >> 31) >> 1);
}

static inline double element_f64(int64_t key)
{
    const int64_t bits = key ^ (int64_t)((uint64_t)(key >> 63) >> 1);
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

typedef int32_t key_f32;
typedef int64_t key_f64;
typedef int64_t key_i64;
typedef int32_t key_i32;
typedef uint8_t key_u8;

#define max_KEY_f32(x) order_f32(x, NAN)
#define max_KEY_f64(x) order_f64(x, (double)NAN)
#define min_KEY_f32(x) order_f32(x, -NAN)
#define min_KEY_f64(x) order_f64(x, -(double)NAN)
#define max_KEY_i64(x) (x)
#define max_KEY_i32(x) (x)
#define max_KEY_u8(x) (x)
#define min_KEY_i64(x) (x)
#define min_KEY_i32(x) (x)
#define min_KEY_u8(x) (x)
#define element_i64(key) (key)
#define element_i32(key) (key)
#define element_u8(key) (key)

#define max_OF(a, x) ((a) > (x) || (a) != (a) ? (a) : (x))
#define min_OF(a, x) ((a) < (x) || (a) != (a) ? (a) : (x))

/* The arg-extremum is found by blocks; its position is then looked for in the first block that has
 * it. */
#define EXTREMUM(name, BEATS, S)                                                                   \
    static key_##S name##_key_##S(size_t n, key_##S best, const char *xp, ptrdiff_t xs)            \
    {                                                                                              \
        EACH_OF(S, const key_##S key = name##_KEY_##S(x); best = key BEATS best ? key : best);     \
        return best;                                                                               \
    }                                                                                              \
                                                                                                   \
    static void name##_run_##S(size_t n, void *acc, const char *xp, ptrdiff_t xs)                  \
    {                                                                                              \
        value_##S *a = acc;                                                                        \
        *a = element_##S(name##_key_##S(n, name##_KEY_##S(*a), xp, xs));                           \
    }                                                                                              \
                                                                                                   \
    static int64_t arg##name##_run_##S(size_t n, const char *xp, ptrdiff_t xs)                     \
    {                                                                                              \
        enum { SEARCHED = 1024 };                                                                  \
        const value_##S x0 = *(const S *)xp;                                                       \
        key_##S best = name##_KEY_##S(x0);                                                         \
        size_t found = 0;                                                                          \
        for (size_t i = 0; i < n; i += SEARCHED) {                                                 \
            const size_t count = n - i < SEARCHED ? n - i : SEARCHED;                              \
            const key_##S key = name##_key_##S(count, best, xp + (ptrdiff_t)i * xs, xs);           \
            if (key BEATS best)                                                                    \
                best = key, found = i;                                                             \
        }                                                                                          \
        for (;; found++) {                                                                         \
            const value_##S x = AT(const S, xp, found, xs);                                        \
            if (name##_KEY_##S(x) == best)                                                         \
                return (int64_t)found;                                                             \
        }                                                                                          \
    }                                                                                              \
                                                                                                   \
    static void arg##name##_row_##S(size_t n, void *restrict best, int64_t *restrict index,        \
                                    const char *xp, ptrdiff_t xs, int64_t position)                \
    {                                                                                              \
        value_##S *restrict b = best;                                                              \
        EACH_OF(S, const bool beats = x BEATS b[i] || (x != x && b[i] == b[i]) || position == 0;   \
                b[i] = beats ? x : b[i]; index[i] = beats ? position : index[i]);                  \
    }                                                                                              \
                                                                                                   \
    FOLD_ROW(name, value_##S, name##_OF, S)

NUMBERS(EXTREMUM, max, >)
NUMBERS(EXTREMUM, min, <)

/* Softmax and its kin, over the columns of a slab, TILE columns at a time. With inner 1 the one
 * column is a run and the loops go along it; otherwise they go across the columns. */

enum { TILE = 128, CHUNK = 256 }; // A chunk holds a row of a tile, too.

/* The body for every element of the tile: j is its column, at its place from the tile's first
 * element. */
#define EACH_IN_TILE(...)                                                                          \
    do {                                                                                           \
        if (inner == 1) {                                                                          \
            const size_t j = 0;                                                                    \
            GRA_INDEPENDENT for (size_t at = 0; at < n; at++)                                      \
            {                                                                                      \
                __VA_ARGS__;                                                                       \
            }                                                                                      \
        } else {                                                                                   \
            for (size_t k = 0; k < n; k++) {                                                       \
                GRA_INDEPENDENT for (size_t j = 0; j < width; j++)                                 \
                {                                                                                  \
                    const size_t at = k * inner + j;                                               \
                    __VA_ARGS__;                                                                   \
                }                                                                                  \
            }                                                                                      \
        }                                                                                          \
    } while (0)

#define EACH_TILE                                                                                  \
    for (size_t first = 0, width;                                                                  \
         width = inner - first < TILE ? inner - first : TILE, first < inner; first += TILE)

#define EXP_f32 gra__expf
#define EXP_f64 exp

/* exp_sums finds m = max x and s = sum e^(x - m) of each column; e^(x - m) itself goes to y where
 * that is not NULL. */
#define SOFTMAX(mark, S)                                                                           \
    static inline __attribute__((always_inline)) void exp_sums_##S(                                \
        size_t n, size_t inner, size_t width, value_##S *m, double *s, S *y, const S *x)           \
    {                                                                                              \
        for (size_t j = 0; j < width; j++)                                                         \
            m[j] = -INFINITY, s[j] = 0;                                                            \
        value_##S chunk[CHUNK];                                                                    \
        if (inner == 1) {                                                                          \
            max_run_##S(n, m, (const char *)x, sizeof(S));                                         \
            const value_##S m0 = *m;                                                               \
            for (size_t i = 0; i < n; i += CHUNK) {                                                \
                const size_t count = n - i < CHUNK ? n - i : CHUNK;                                \
                S *e = y ? y + i : (S *)chunk;                                                     \
                GRA_INDEPENDENT for (size_t k = 0; k < count; k++) e[k] = EXP_##S(x[i + k] - m0);  \
                *s += total_##S(count, (const char *)e, sizeof(S), NULL, 0);                       \
            }                                                                                      \
            return;                                                                                \
        }                                                                                          \
        for (size_t k = 0; k < n; k++)                                                             \
            max_row_##S(width, m, (const char *)(x + k * inner), sizeof(S));                       \
        for (size_t k = 0; k < n; k++) {                                                           \
            S *e = y ? y + k * inner : (S *)chunk;                                                 \
            GRA_INDEPENDENT for (size_t j = 0; j < width; j++) e[j] =                              \
                EXP_##S(x[k * inner + j] - m[j]);                                                  \
            sum_row_##S(width, s, (const char *)e, sizeof(S));                                     \
        }                                                                                          \
    }                                                                                              \
                                                                                                   \
    static void softmax_##S(size_t n, size_t inner, void *yp, const void *xp)                      \
    {                                                                                              \
        EACH_TILE                                                                                  \
        {                                                                                          \
            S *y = (S *)yp + first;                                                                \
            value_##S m[TILE], scale[TILE];                                                        \
            double s[TILE];                                                                        \
            exp_sums_##S(n, inner, width, m, s, y, (const S *)xp + first);                         \
            for (size_t j = 0; j < width; j++)                                                     \
                scale[j] = (value_##S)(1 / s[j]);                                                  \
            EACH_IN_TILE(y[at] *= scale[j]);                                                       \
        }                                                                                          \
    }                                                                                              \
                                                                                                   \
    static void log_softmax_##S(size_t n, size_t inner, void *yp, const void *xp)                  \
    {                                                                                              \
        EACH_TILE                                                                                  \
        {                                                                                          \
            S *y = (S *)yp + first;                                                                \
            const S *x = (const S *)xp + first;                                                    \
            value_##S m[TILE], log_s[TILE];                                                        \
            double s[TILE];                                                                        \
            exp_sums_##S(n, inner, width, m, s, NULL, x);                                          \
            for (size_t j = 0; j < width; j++)                                                     \
                log_s[j] = (value_##S)log(s[j]);                                                   \
            EACH_IN_TILE(y[at] = x[at] - m[j] - log_s[j]);                                         \
        }                                                                                          \
    }                                                                                              \
                                                                                                   \
    static void logsumexp_##S(size_t n, size_t inner, void *yp, const void *xp)                    \
    {                                                                                              \
        EACH_TILE                                                                                  \
        {                                                                                          \
            S *y = (S *)yp + first;                                                                \
            value_##S m[TILE];                                                                     \
            double s[TILE];                                                                        \
            exp_sums_##S(n, inner, width, m, s, NULL, (const S *)xp + first);                      \
            for (size_t j = 0; j < width; j++)                                                     \
                y[j] = isinf(m[j]) ? m[j] : (value_##S)(m[j] + log(s[j]));                         \
        }                                                                                          \
    }                                                                                              \
                                                                                                   \
    static void softmax_backward_##S(size_t n, size_t inner, void *dxp, const void *gp,            \
                                     const void *yp)                                               \
    {                                                                                              \
        EACH_TILE                                                                                  \
        {                                                                                          \
            S *dx = (S *)dxp + first;                                                              \
            const S *g = (const S *)gp + first, *y = (const S *)yp + first;                        \
            double dot[TILE] = {0};                                                                \
            value_##S shift[TILE];                                                                 \
            if (inner == 1)                                                                        \
                *dot = dot_##S(n, (const char *)g, sizeof(S), (const char *)y, 0);                 \
            else                                                                                   \
                EACH_IN_TILE(dot[j] += (double)g[at] * (double)y[at]);                             \
            for (size_t j = 0; j < width; j++)                                                     \
                shift[j] = (value_##S)dot[j];                                                      \
            EACH_IN_TILE(dx[at] = y[at] * (g[at] - shift[j]));                                     \
        }                                                                                          \
    }                                                                                              \
                                                                                                   \
    static void log_softmax_backward_##S(size_t n, size_t inner, void *dxp, const void *gp,        \
                                         const void *yp)                                           \
    {                                                                                              \
        EACH_TILE                                                                                  \
        {                                                                                          \
            S *dx = (S *)dxp + first;                                                              \
            const S *g = (const S *)gp + first, *y = (const S *)yp + first;                        \
            double sum[TILE] = {0};                                                                \
            value_##S scale[TILE];                                                                 \
            if (inner == 1)                                                                        \
                *sum = total_##S(n, (const char *)g, sizeof(S), NULL, 0);                          \
            else                                                                                   \
                EACH_IN_TILE(sum[j] += g[at]);                                                     \
            for (size_t j = 0; j < width; j++)                                                     \
                scale[j] = (value_##S)sum[j];                                                      \
            EACH_IN_TILE(dx[at] = g[at] - EXP_##S(y[at]) * scale[j]);                              \
        }                                                                                          \
    }

FLOATS(SOFTMAX, )

/* The table. */

#define FLOATS_OF(f) [GRA_FLOAT32] = f##_f32, [GRA_FLOAT64] = f##_f64
#define ALL_OF(f)                                                                                  \
    FLOATS_OF(f), [GRA_INT64] = f##_i64, [GRA_INT32] = f##_i32, [GRA_UINT8] = f##_u8,              \
                  [GRA_BOOL] = f##_u8
#define REDUCTION_OF(f)                                                                            \
    {                                                                                              \
        .run = {ALL_OF(f##_run)}, .row = { ALL_OF(f##_row) }                                       \
    }

const gra__reduce_table GRA_ISA_NAME(gra__reduce) = {
    .sum = REDUCTION_OF(sum),
    .prod = REDUCTION_OF(prod),
    .max = REDUCTION_OF(max),
    .min = REDUCTION_OF(min),
    .any = REDUCTION_OF(any),
    .all = REDUCTION_OF(all),
    .deviation_run = {FLOATS_OF(deviation_run)},
    .deviation_row = {FLOATS_OF(deviation_row)},
    .argmax_run = {ALL_OF(argmax_run)},
    .argmin_run = {ALL_OF(argmin_run)},
    .argmax_row = {ALL_OF(argmax_row)},
    .argmin_row = {ALL_OF(argmin_row)},
    .softmax = {FLOATS_OF(softmax)},
    .log_softmax = {FLOATS_OF(log_softmax)},
    .logsumexp = {FLOATS_OF(logsumexp)},
    .softmax_backward = {FLOATS_OF(softmax_backward)},
    .log_softmax_backward = {FLOATS_OF(log_softmax_backward)},
};
