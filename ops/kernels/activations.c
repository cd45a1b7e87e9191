/* Activations; compiled once per instruction set, see isa.h.
 *
 * A function is written once as an expression in a macro, EXPR_f(S), for both element types, as in
 * elementwise.c. The loops run over packed elements; strided and broadcast ones are gathered a chunk
 * at a time.
 */
#include "ops/kernels/activations.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "ops/kernels/elements.h"
#include "ops/kernels/isa.h"
#include "ops/kernels/vmath.h"

enum { CHUNK = 256 };

#define GATHER(S)                                                                                  \
    static const S *gather_##S(size_t n, const char *x, ptrdiff_t xs, S *chunk)                    \
    {                                                                                              \
        if (xs == sizeof(S))                                                                       \
            return (const S *)x;                                                                   \
        EACH(CALLS, chunk[i] = AT(const S, x, xs));                                                \
        return chunk;                                                                              \
    }

GATHER(f32)
GATHER(f64)

/* Runs packed(count, to, operands ...) over the elements: in place of the output where it is packed,
 * else through a chunk. ADVANCE steps the operands on. */
#define BY_CHUNKS(S, y, ys, PACKED, ADVANCE)                                                       \
    for (size_t count; n; n -= count, (y) += (ptrdiff_t)count * (ys)) {                            \
        S chunk[CHUNK];                                                                            \
        count = n < CHUNK ? n : CHUNK;                                                             \
        S *const to = (ys) == sizeof(S) ? (S *)(y) : chunk;                                        \
        PACKED;                                                                                    \
        for (size_t i = 0; to == chunk && i < count; i++)                                          \
            AT(S, y, ys) = chunk[i];                                                               \
        ADVANCE;                                                                                   \
    }

#define PARAMETERS(S)                                                                              \
    const value_##S p0 = (value_##S)p[0], p1 = (value_##S)p[1], p2 = (value_##S)p[2];              \
    (void)p0, (void)p1, (void)p2

#define ACTIVATION(mark, f, S)                                                                     \
    static void f##_packed_##S(size_t n, S *y, const S *xp, const double *p)                       \
    {                                                                                              \
        PARAMETERS(S);                                                                             \
        EACH(mark, const value_##S x = xp[i]; y[i] = (value_##S)(EXPR_##f(S)));                    \
    }                                                                                              \
                                                                                                   \
    static void f##_##S(size_t n, char *y, ptrdiff_t ys, const char *x, ptrdiff_t xs,              \
                        const double *p)                                                           \
    {                                                                                              \
        if (ys == sizeof(S) && xs == sizeof(S)) {                                                  \
            f##_packed_##S(n, (S *)y, (const S *)x, p);                                            \
            return;                                                                                \
        }                                                                                          \
        S gathered[CHUNK];                                                                         \
        BY_CHUNKS(S, y, ys, f##_packed_##S(count, to, gather_##S(count, x, xs, gathered), p),      \
                  x += (ptrdiff_t)count * xs)                                                      \
    }

#define BACKWARD(mark, f, S)                                                                       \
    static void f##_packed_##S(size_t n, S *z, const S *gp, const S *xp, const double *p)          \
    {                                                                                              \
        PARAMETERS(S);                                                                             \
        EACH(mark, const value_##S g = gp[i]; const value_##S x = xp[i];                           \
             z[i] = (value_##S)(EXPR_##f(S)));                                                     \
    }                                                                                              \
                                                                                                   \
    static void f##_##S(size_t n, char *z, ptrdiff_t zs, const char *g, ptrdiff_t gs,              \
                        const char *x, ptrdiff_t xs, const double *p)                              \
    {                                                                                              \
        if (zs == sizeof(S) && gs == sizeof(S) && xs == sizeof(S)) {                               \
            f##_packed_##S(n, (S *)z, (const S *)g, (const S *)x, p);                              \
            return;                                                                                \
        }                                                                                          \
        S gathered_g[CHUNK], gathered_x[CHUNK];                                                    \
        BY_CHUNKS(S, z, zs,                                                                        \
                  f##_packed_##S(count, to, gather_##S(count, g, gs, gathered_g),                  \
                                 gather_##S(count, x, xs, gathered_x), p),                         \
                  (g += (ptrdiff_t)count * gs, x += (ptrdiff_t)count * xs))                        \
    }

/* ---- the functions of vmath.h in double ---- */

/* x, kept within a bound beyond which a function is 0, 1 or x. */
static inline double within(double x, double bound)
{
    x = x < -bound ? -bound : x;
    return x > bound ? bound : x;
}

static inline double sigmoid(double x)
{
    const double e = exp(-fabs(x));
    return (x < 0 ? e : 1) / (1 + e);
}

static inline double silu(double x)
{
    const double t = within(x, 800), e = exp(-fabs(t));
    return (x < 0 ? t * e : x) / (1 + e);
}

static inline double silu_slope(double x)
{
    const double t = within(x, 800), s = sigmoid(t);
    return s * (1 + t * (1 - s));
}

static inline double gelu(double x)
{
    const double t = within(x, 40), tail = 0.5 * fabs(t) * erfc(fabs(t) * 0.70710678118654752);
    return x < 0 ? -tail : x - tail;
}

static inline double gelu_slope(double x)
{
    const double t = within(x, 40);
    return 0.5 * erfc(t * -0.70710678118654752) + t * exp(-0.5 * t * t) * 0.39894228040143268;
}

static inline double gelu_tanh(double x)
{
    const double t = within(x, 25), e = exp(-fabs(1.5957691216057308 * t * (1 + 0.044715 * t * t)));
    return (x < 0 ? t * e : x) / (1 + e);
}

static inline double gelu_tanh_slope(double x)
{
    const double t = within(x, 25), s = sigmoid(1.5957691216057308 * t * (1 + 0.044715 * t * t));
    return s * (1 + t * (1 - s) * 1.5957691216057308 * (1 + 0.134145 * t * t));
}

#define SIGMOID_f32 gra__sigmoidf
#define SIGMOID_f64 sigmoid
#define SILU_f32 gra__siluf
#define SILU_f64 silu
#define SILU_SLOPE_f32 gra__silu_slopef
#define SILU_SLOPE_f64 silu_slope
#define GELU_f32 gra__geluf
#define GELU_f64 gelu
#define GELU_SLOPE_f32 gra__gelu_slopef
#define GELU_SLOPE_f64 gelu_slope
#define GELU_TANH_f32 gra__gelu_tanhf
#define GELU_TANH_f64 gelu_tanh
#define GELU_TANH_SLOPE_f32 gra__gelu_tanh_slopef
#define GELU_TANH_SLOPE_f64 gelu_tanh_slope
#define EXP_f32 gra__expf
#define EXP_f64 exp
#define EXPM1_f32 gra__expm1f
#define EXPM1_f64 expm1
#define LOG1P_f32 gra__log1pf
#define LOG1P_f64 log1p
#define ABS_f32 fabsf
#define ABS_f64 fabs

/* ---- forward ---- */

#define EXPR_leaky_relu(S) x > 0 ? x : p0 *x
#define EXPR_elu(S) x > 0 ? p1 *x : p0 *EXPM1_##S(p2 *x)
#define EXPR_gelu(S) GELU_##S(x)
#define EXPR_gelu_tanh(S) GELU_TANH_##S(x)
#define EXPR_silu(S) SILU_##S(x)

/* ln(1 + e^t) = max(t, 0) + ln(1 + e^-|t|), which does not overflow. */
#define SOFTPLUS(S)                                                                                \
    static inline value_##S softplus_of_##S(value_##S x, value_##S beta, value_##S threshold)      \
    {                                                                                              \
        const value_##S t = beta * x;                                                              \
        const value_##S soft = (t < 0 ? 0 : t) + LOG1P_##S(EXP_##S(-ABS_##S(t)));                  \
        return t > threshold ? x : soft / beta;                                                    \
    }

SOFTPLUS(f32)
SOFTPLUS(f64)

#define EXPR_softplus(S) softplus_of_##S(x, p0, p1)

FLOATS(ACTIVATION, VECTOR, leaky_relu)
ACTIVATION(VECTOR, elu, f32)
ACTIVATION(CALLS, elu, f64)
ACTIVATION(VECTOR, gelu, f32)
ACTIVATION(CALLS, gelu, f64)
ACTIVATION(VECTOR, gelu_tanh, f32)
ACTIVATION(CALLS, gelu_tanh, f64)
ACTIVATION(VECTOR, silu, f32)
ACTIVATION(CALLS, silu, f64)
ACTIVATION(VECTOR, softplus, f32)
ACTIVATION(CALLS, softplus, f64)

/* ---- backward ---- */

#define EXPR_leaky_relu_backward(S) x > 0 ? g : p0 *g
#define EXPR_elu_backward(S) x <= 0 ? p0 *p2 *EXP_##S(p2 *x) * g : p1 *g
#define EXPR_elu_backward_y(S) x <= 0 ? p2 *(x + p0) * g : p1 *g
#define EXPR_gelu_backward(S) g *GELU_SLOPE_##S(x)
#define EXPR_gelu_tanh_backward(S) g *GELU_TANH_SLOPE_##S(x)
#define EXPR_silu_backward(S) g *SILU_SLOPE_##S(x)
#define EXPR_softplus_backward(S) p0 *x > p1 ? g : g *SIGMOID_##S(p0 *x)
#define EXPR_hardtanh_backward(S) ((x <= p0) | (x >= p1)) ? 0 : g

FLOATS(BACKWARD, VECTOR, leaky_relu_backward)
BACKWARD(VECTOR, elu_backward, f32)
BACKWARD(CALLS, elu_backward, f64)
FLOATS(BACKWARD, VECTOR, elu_backward_y)
BACKWARD(VECTOR, gelu_backward, f32)
BACKWARD(CALLS, gelu_backward, f64)
BACKWARD(VECTOR, gelu_tanh_backward, f32)
BACKWARD(CALLS, gelu_tanh_backward, f64)
BACKWARD(VECTOR, silu_backward, f32)
BACKWARD(CALLS, silu_backward, f64)
BACKWARD(VECTOR, softplus_backward, f32)
BACKWARD(CALLS, softplus_backward, f64)
FLOATS(BACKWARD, VECTOR, hardtanh_backward)

/* ---- prelu: its slopes are elements too, one for each channel or one for all ---- */

/* The loop over elements of which w may be one for all. */
#define SLOPES(mark, S, ...)                                                                       \
    do {                                                                                           \
        if (n && ws == 0) {                                                                        \
            const value_##S w = *(const S *)wp;                                                    \
            EACH(mark, __VA_ARGS__);                                                               \
        } else {                                                                                   \
            EACH(mark, const value_##S w = AT(const S, wp, ws); __VA_ARGS__);                      \
        }                                                                                          \
    } while (0)

#define PRELU(mark, S)                                                                             \
    static void prelu_##S(size_t n, char *y, ptrdiff_t ys, const char *xp, ptrdiff_t xs,           \
                          const char *wp, ptrdiff_t ws)                                            \
    {                                                                                              \
        if (ys == sizeof(S) && xs == sizeof(S))                                                    \
            SLOPES(mark, S, const value_##S x = ((const S *)xp)[i];                                \
                   ((S *)y)[i] = x > 0 ? x : w * x);                                               \
        else                                                                                       \
            SLOPES(CALLS, S, const value_##S x = AT(const S, xp, xs);                              \
                   AT(S, y, ys) = x > 0 ? x : w * x);                                              \
    }                                                                                              \
                                                                                                   \
    static void prelu_backward_weight_##S(size_t n, char *z, ptrdiff_t zs, const char *gp,         \
                                          ptrdiff_t gs, const char *xp, ptrdiff_t xs)              \
    {                                                                                              \
        if (zs == sizeof(S) && gs == sizeof(S) && xs == sizeof(S))                                 \
            EACH(mark, const value_##S g = ((const S *)gp)[i];                                     \
                 const value_##S x = ((const S *)xp)[i]; ((S *)z)[i] = x > 0 ? 0 : x * g);         \
        else                                                                                       \
            EACH(CALLS, const value_##S g = AT(const S, gp, gs);                                   \
                 const value_##S x = AT(const S, xp, xs); AT(S, z, zs) = x > 0 ? 0 : x * g);       \
    }                                                                                              \
                                                                                                   \
    static void prelu_backward_##S(size_t n, char *z, ptrdiff_t zs, const char *xp, ptrdiff_t xs,  \
                                   const char *gp, ptrdiff_t gs, const char *wp, ptrdiff_t ws)     \
    {                                                                                              \
        if (zs == sizeof(S) && gs == sizeof(S) && xs == sizeof(S))                                 \
            SLOPES(mark, S, const value_##S x = ((const S *)xp)[i];                                \
                   const value_##S g = ((const S *)gp)[i]; ((S *)z)[i] = x > 0 ? g : w * g);       \
        else                                                                                       \
            SLOPES(CALLS, S, const value_##S x = AT(const S, xp, xs);                              \
                   const value_##S g = AT(const S, gp, gs); AT(S, z, zs) = x > 0 ? g : w * g);     \
    }

FLOATS(PRELU, VECTOR)

/* ---- the table ---- */

#define FLOATS_OF(f) [GRA_FLOAT32] = f##_f32, [GRA_FLOAT64] = f##_f64

const gra__activations_table GRA_ISA_NAME(gra__activations) = {
    .leaky_relu = {FLOATS_OF(leaky_relu)},
    .elu = {FLOATS_OF(elu)},
    .gelu = {FLOATS_OF(gelu)},
    .gelu_tanh = {FLOATS_OF(gelu_tanh)},
    .silu = {FLOATS_OF(silu)},
    .softplus = {FLOATS_OF(softplus)},
    .leaky_relu_backward = {FLOATS_OF(leaky_relu_backward)},
    .elu_backward = {FLOATS_OF(elu_backward)},
    .elu_backward_y = {FLOATS_OF(elu_backward_y)},
    .gelu_backward = {FLOATS_OF(gelu_backward)},
    .gelu_tanh_backward = {FLOATS_OF(gelu_tanh_backward)},
    .silu_backward = {FLOATS_OF(silu_backward)},
    .softplus_backward = {FLOATS_OF(softplus_backward)},
    .hardtanh_backward = {FLOATS_OF(hardtanh_backward)},
    .prelu = {FLOATS_OF(prelu)},
    .prelu_backward_weight = {FLOATS_OF(prelu_backward_weight)},
    .prelu_backward = {FLOATS_OF(prelu_backward)},
};
