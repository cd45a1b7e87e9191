/* Elementwise loops; compiled once per instruction set, see isa.h.
 *
 * A function is written once as an expression in a macro, EXPR_add(S) and so on, where S is the
 * short name of the element type: f32, f64, i64, i32, u8, b8 (bool) and, for copies, b16
 * (bfloat16). BINARY and UNARY wrap it into the loops for one type, NUMBERS and its like repeat
 * that over types, and the table at the end collects them. A bool is a byte that holds 0 or 1: as
 * an input it is served by the loops for u8.
 */
#include "ops/kernels/elementwise.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "ops/kernels/elements.h"
#include "ops/kernels/isa.h"
#include "ops/kernels/vmath.h"

/* y[i] = EXPR_f(S), an expression in x or in a and b, stored as R. Broadcast operands are read
 * once, before any store. */

#define UNARY_AS(mark, f, R, S)                                                                    \
    static void f##_##S(size_t n, char *y, ptrdiff_t ys, const char *xp, ptrdiff_t xs)             \
    {                                                                                              \
        if (ys == sizeof(R) && xs == sizeof(S))                                                    \
            EACH(mark, const value_##S x = ((const S *)xp)[i]; ((R *)y)[i] = (R)(EXPR_##f(S)));    \
        else                                                                                       \
            EACH(CALLS, const value_##S x = AT(const S, xp, xs); AT(R, y, ys) = (R)(EXPR_##f(S))); \
    }

#define BINARY_AS(mark, f, R, S)                                                                   \
    static void f##_##S(size_t n, char *y, ptrdiff_t ys, const char *ap, ptrdiff_t as,             \
                        const char *bp, ptrdiff_t bs)                                              \
    {                                                                                              \
        if (n == 0)                                                                                \
            return;                                                                                \
        const bool y_packed = ys == sizeof(R), a_packed = as == sizeof(S),                         \
                   b_packed = bs == sizeof(S);                                                     \
        if (y_packed && a_packed && b_packed) {                                                    \
            EACH(mark, const value_##S a = ((const S *)ap)[i];                                     \
                 const value_##S b = ((const S *)bp)[i]; ((R *)y)[i] = (R)(EXPR_##f(S)));          \
        } else if (y_packed && a_packed && bs == 0) {                                              \
            const value_##S b = *(const S *)bp;                                                    \
            EACH(mark, const value_##S a = ((const S *)ap)[i]; ((R *)y)[i] = (R)(EXPR_##f(S)));    \
        } else if (y_packed && as == 0 && b_packed) {                                              \
            const value_##S a = *(const S *)ap;                                                    \
            EACH(mark, const value_##S b = ((const S *)bp)[i]; ((R *)y)[i] = (R)(EXPR_##f(S)));    \
        } else {                                                                                   \
            EACH(CALLS, const value_##S a = AT(const S, ap, as);                                   \
                 const value_##S b = AT(const S, bp, bs); AT(R, y, ys) = (R)(EXPR_##f(S)));        \
        }                                                                                          \
    }

#define UNARY(mark, f, S) UNARY_AS(mark, f, S, S)
#define BINARY(mark, f, S) BINARY_AS(mark, f, S, S)
#define UNARY_TEST(f, S) UNARY_AS(VECTOR, f, b8, S)
#define BINARY_TEST(f, S) BINARY_AS(VECTOR, f, b8, S)

/* Arithmetic. */

#define EXPR_add(S) (wide_##S) a + (wide_##S)b
#define EXPR_sub(S) (wide_##S) a - (wide_##S)b
#define EXPR_mul(S) (wide_##S) a *(wide_##S)b
#define EXPR_div(S) a / b
#define EXPR_maximum(S) a > b || a != a ? a : b
#define EXPR_minimum(S) a < b || a != a ? a : b

NUMBERS(BINARY, VECTOR, add)
NUMBERS(BINARY, VECTOR, sub)
NUMBERS(BINARY, VECTOR, mul)
FLOATS(BINARY, VECTOR, div)
NUMBERS(BINARY, VECTOR, maximum)
NUMBERS(BINARY, VECTOR, minimum)

/* a^b by repeated squaring, wrapping around; for b < 0 only a = 1 and a = -1 leave anything of 1 /
 * a^-b. */
static int64_t integer_power(int64_t a, int64_t b)
{
    if (b < 0)
        return a == 1 ? 1 : a == -1 ? (b % 2 ? -1 : 1) : 0;
    uint64_t square = (uint64_t)a, y = 1;
    for (; b; b >>= 1, square *= square)
        if (b & 1)
            y *= square;
    return (int64_t)y;
}

#define POWER_f32 powf
#define POWER_f64 pow
#define POWER_i64 integer_power
#define POWER_i32 integer_power
#define POWER_u8 integer_power
#define EXPR_pow(S) POWER_##S(a, b)

NUMBERS(BINARY, CALLS, pow)

/* Comparisons and logic. */

#define EXPR_eq(S) a == b
#define EXPR_ne(S) a != b
#define EXPR_lt(S) a < b
#define EXPR_le(S) a <= b
#define EXPR_gt(S) a > b
#define EXPR_ge(S) a >= b
#define EXPR_logical_and(S) (a != 0) & (b != 0)
#define EXPR_logical_or(S) (a != 0) | (b != 0)
#define EXPR_logical_not(S) x == 0

NUMBERS(BINARY_TEST, eq)
NUMBERS(BINARY_TEST, ne)
NUMBERS(BINARY_TEST, lt)
NUMBERS(BINARY_TEST, le)
NUMBERS(BINARY_TEST, gt)
NUMBERS(BINARY_TEST, ge)
NUMBERS(BINARY_TEST, logical_and)
NUMBERS(BINARY_TEST, logical_or)
NUMBERS(UNARY_TEST, logical_not)

/* In IEEE arithmetic x - x is NaN exactly where x is not finite. */
#define EXPR_isfinite(S) x - x == 0

FLOATS(UNARY_TEST, isfinite)

/* isfinite of any other dtype. */
static void always(size_t n, char *y, ptrdiff_t ys, const char *x, ptrdiff_t xs)
{
    (void)x, (void)xs;
    EACH(CALLS, AT(b8, y, ys) = 1);
}

/* Unary functions. */

#define EXPR_square(S) (wide_##S) x *(wide_##S)x
#define EXPR_one_minus(S) (wide_##S)1 - (wide_##S)x
#define EXPR_sign(S) (x > 0) - (x < 0)
#define EXPR_relu(S) x < 0 ? 0 : x

NUMBERS(UNARY, VECTOR, square)
NUMBERS(UNARY, VECTOR, one_minus)
SIGNED(UNARY, VECTOR, sign)
SIGNED(UNARY, VECTOR, relu)

#define NEGATIVE_f32(x) -(x)
#define NEGATIVE_f64(x) -(x)
#define NEGATIVE_i64(x) 0u - (wide_i64)(x)
#define NEGATIVE_i32(x) 0u - (wide_i32)(x)
#define NEGATIVE_u8(x) 0u - (wide_u8)(x)
#define EXPR_neg(S) NEGATIVE_##S(x)

#define ABSOLUTE_f32(x) fabsf(x)
#define ABSOLUTE_f64(x) fabs(x)
#define ABSOLUTE_i64(x) (x) < 0 ? 0u - (wide_i64)(x) : (wide_i64)(x)
#define ABSOLUTE_i32(x) (x) < 0 ? 0u - (wide_i32)(x) : (wide_i32)(x)
#define EXPR_abs(S) ABSOLUTE_##S(x)

NUMBERS(UNARY, VECTOR, neg)
SIGNED(UNARY, VECTOR, abs)

#define SQUARE_ROOT_f32 sqrtf
#define SQUARE_ROOT_f64 sqrt
#define EXPR_sqrt(S) SQUARE_ROOT_##S(x)
#define EXPR_reciprocal(S) (value_##S)1 / x

#define EXPR_rsqrt(S) (value_##S)1 / SQUARE_ROOT_##S(x)

FLOATS(UNARY, VECTOR, sqrt)
FLOATS(UNARY, VECTOR, reciprocal)
FLOATS(UNARY, VECTOR, rsqrt)

/* To whole numbers. */

#define WHOLE(name, rounded)                                                                       \
    static inline float name##_of_f32(float x)                                                     \
    {                                                                                              \
        return rounded##f(x);                                                                      \
    }                                                                                              \
    static inline double name##_of_f64(double x)                                                   \
    {                                                                                              \
        return rounded(x);                                                                         \
    }

WHOLE(floor, floor)
WHOLE(ceil, ceil)
WHOLE(trunc, trunc)
WHOLE(round, rint)

#define EXPR_floor(S) floor_of_##S(x)
#define EXPR_ceil(S) ceil_of_##S(x)
#define EXPR_trunc(S) trunc_of_##S(x)
#define EXPR_round(S) round_of_##S(x)

FLOATS(UNARY, VECTOR, floor)
FLOATS(UNARY, VECTOR, ceil)
FLOATS(UNARY, VECTOR, trunc)
FLOATS(UNARY, VECTOR, round)

/* The functions of vmath.h are so much faster on vectors that strided operands are gathered into a
 * packed chunk. */
static void by_chunks(gra__unary_loop *packed, size_t n, char *y, ptrdiff_t ys, const char *x,
                      ptrdiff_t xs)
{
    enum { CHUNK = 256 };
    float chunk[CHUNK];
    while (n) {
        const size_t count = n < CHUNK ? n : CHUNK;
        for (size_t i = 0; i < count; i++)
            chunk[i] = AT(const f32, x, xs);
        packed(count, (char *)chunk, sizeof(float), (const char *)chunk, sizeof(float));
        for (size_t i = 0; i < count; i++)
            AT(f32, y, ys) = chunk[i];
        x += (ptrdiff_t)count * xs;
        y += (ptrdiff_t)count * ys;
        n -= count;
    }
}

#define VMATH(name)                                                                                \
    static void name##_f32(size_t n, char *y, ptrdiff_t ys, const char *x, ptrdiff_t xs)           \
    {                                                                                              \
        if (ys == sizeof(f32) && xs == sizeof(f32))                                                \
            EACH(VECTOR, ((f32 *)y)[i] = gra__##name##f(((const f32 *)x)[i]));                     \
        else                                                                                       \
            by_chunks(name##_f32, n, y, ys, x, xs);                                                \
    }

VMATH(exp)
VMATH(log)
VMATH(tanh)
VMATH(sigmoid)
VMATH(expm1)
VMATH(log1p)
VMATH(erf)

/* sin and cos of what lies too far out for vmath.h are libm's. */
static bool has_large(size_t n, const f32 *x)
{
    bool large = false;
    for (size_t i = 0; i < n; i++)
        large |= fabsf(x[i]) > GRA__QUARTERS;
    return large;
}

#define PERIODIC(name)                                                                             \
    static void name##_packed(size_t n, char *y, ptrdiff_t ys, const char *xp, ptrdiff_t xs)       \
    {                                                                                              \
        (void)ys, (void)xs;                                                                        \
        if (has_large(n, (const f32 *)xp))                                                         \
            EACH(CALLS, const float x = ((const f32 *)xp)[i];                                      \
                 ((f32 *)y)[i] =                                                                   \
                     fabsf(x) > GRA__QUARTERS ? (float)name((double)x) : gra__##name##f(x));       \
        else                                                                                       \
            EACH(VECTOR, ((f32 *)y)[i] = gra__##name##f(((const f32 *)xp)[i]));                    \
    }                                                                                              \
                                                                                                   \
    static void name##_f32(size_t n, char *y, ptrdiff_t ys, const char *x, ptrdiff_t xs)           \
    {                                                                                              \
        by_chunks(name##_packed, n, y, ys, x, xs);                                                 \
    }

PERIODIC(sin)
PERIODIC(cos)

static inline double sigmoid(double x)
{
    const double e = exp(-fabs(x)); // At most 1: see gra__sigmoidf.
    return (x < 0 ? e : 1) / (1 + e);
}

#define EXPR_exp(S) exp(x)
#define EXPR_log(S) log(x)
#define EXPR_tanh(S) tanh(x)
#define EXPR_sigmoid(S) sigmoid(x)

UNARY(CALLS, exp, f64)
UNARY(CALLS, log, f64)
UNARY(CALLS, tanh, f64)
UNARY(CALLS, sigmoid, f64)

#define EXPR_expm1(S) expm1(x)
#define EXPR_log1p(S) log1p(x)
#define EXPR_erf(S) erf(x)
#define EXPR_sin(S) sin(x)
#define EXPR_cos(S) cos(x)

UNARY(CALLS, expm1, f64)
UNARY(CALLS, log1p, f64)
UNARY(CALLS, erf, f64)
UNARY(CALLS, sin, f64)
UNARY(CALLS, cos, f64)

/* First-order gradients: a is g, b is y. */

#define EXPR_sigmoid_backward(S) a *b *(1 - b)
#define EXPR_tanh_backward(S) a *(1 - b * b)
#define EXPR_relu_backward(S) b <= 0 ? 0 : a

FLOATS(BINARY, VECTOR, sigmoid_backward)
FLOATS(BINARY, VECTOR, tanh_backward)
FLOATS(BINARY, VECTOR, relu_backward)

/* Conversions of a value. An integer that does not fit wraps around; a floating-point number
 * becomes the most negative integer, as x86's instructions have it. */

static inline int64_t int64_of_float(float x)
{
    return x >= -0x1p63f && x < 0x1p63f ? (int64_t)x : INT64_MIN;
}

static inline int64_t int64_of_double(double x)
{
    return x >= -0x1p63 && x < 0x1p63 ? (int64_t)x : INT64_MIN;
}

static inline int32_t int32_of_float(float x)
{
    return x >= -0x1p31f && x < 0x1p31f ? (int32_t)x : INT32_MIN;
}

static inline int32_t int32_of_double(double x)
{
    return x > -0x1p31 - 1 && x < 0x1p31 ? (int32_t)x : INT32_MIN;
}

static inline int64_t same(int64_t x)
{
    return x;
}

#define TO_f32(v) (float)(v)
#define TO_f64(v) (double)(v)
#define TO_b16(v) gra__bfloat16_of_float((float)(v))
#define TO_i64(v) _Generic((v), float : int64_of_float, double : int64_of_double, default : same)(v)
#define TO_i32(v)                                                                                  \
    (int32_t) _Generic((v), float : int32_of_float, double : int32_of_double, default : same)(v)
#define TO_u8(v)                                                                                   \
    (uint8_t) _Generic((v), float : int32_of_float, double : int32_of_double, default : same)(v)
#define TO_b8(v) (v) != 0

#define VALUE_f32(x) (x)
#define VALUE_f64(x) (x)
#define VALUE_b16(x) gra__float_of_bfloat16(x)
#define VALUE_i64(x) (x)
#define VALUE_i32(x) (x)
#define VALUE_u8(x) (x)

#define CONVERT(T, S)                                                                              \
    static void T##_of_##S(size_t n, char *y, ptrdiff_t ys, const char *x, ptrdiff_t xs)           \
    {                                                                                              \
        if (ys == sizeof(T) && xs == sizeof(S))                                                    \
            EACH(VECTOR, const value_##S v = VALUE_##S(((const S *)x)[i]);                         \
                 ((T *)y)[i] = TO_##T(v));                                                         \
        else                                                                                       \
            EACH(CALLS, const value_##S v = VALUE_##S(AT(const S, x, xs));                         \
                 AT(T, y, ys) = TO_##T(v));                                                        \
    }

/* Last the target, before it all the others. */
#define CONVERT_FROM(a, b, c, d, e, T)                                                             \
    CONVERT(T, a) CONVERT(T, b) CONVERT(T, c) CONVERT(T, d) CONVERT(T, e)

CONVERT_FROM(f64, b16, i64, i32, u8, f32)
CONVERT_FROM(f32, b16, i64, i32, u8, f64)
CONVERT_FROM(f32, f64, i64, i32, u8, b16)
CONVERT_FROM(f32, f64, b16, i32, u8, i64)
CONVERT_FROM(f32, f64, b16, i64, u8, i32)
CONVERT_FROM(f32, f64, b16, i64, i32, u8)
CONVERT_FROM(f32, f64, b16, i64, i32, b8)
CONVERT(b8, u8)

/* Copies and choices move bits: one loop per element size serves all dtypes of that size. */

#define COPY(S)                                                                                    \
    static void copy_##S(size_t n, char *y, ptrdiff_t ys, const char *x, ptrdiff_t xs)             \
    {                                                                                              \
        if (n == 0)                                                                                \
            return;                                                                                \
        if (ys == sizeof(S) && xs == sizeof(S)) {                                                  \
            memmove(y, x, n * sizeof(S));                                                          \
        } else if (ys == sizeof(S) && xs == 0) {                                                   \
            const value_##S v = *(const S *)x;                                                     \
            EACH(VECTOR, ((S *)y)[i] = v);                                                         \
        } else {                                                                                   \
            EACH(CALLS, AT(S, y, ys) = AT(const S, x, xs));                                        \
        }                                                                                          \
    }

COPY(u8)
COPY(u16)
COPY(u32)
COPY(u64)

#define WHERE_PACKED(S, load_a, load_b)                                                            \
    EACH(VECTOR, const value_##S a = load_a; const value_##S b = load_b; ((S *)y)[i] = c[i] ? a : b)

#define WHERE(S)                                                                                   \
    static void where_##S(size_t n, char *y, ptrdiff_t ys, const char *cp, ptrdiff_t cs,           \
                          const char *ap, ptrdiff_t as, const char *bp, ptrdiff_t bs)              \
    {                                                                                              \
        if (n == 0)                                                                                \
            return;                                                                                \
        const ptrdiff_t size = sizeof(S);                                                          \
        const bool packed = ys == size && cs == 1;                                                 \
        const u8 *c = (const u8 *)cp;                                                              \
        const value_##S a0 = *(const S *)ap, b0 = *(const S *)bp;                                  \
        if (packed && as == size && bs == size)                                                    \
            WHERE_PACKED(S, ((const S *)ap)[i], ((const S *)bp)[i]);                               \
        else if (packed && as == size && bs == 0)                                                  \
            WHERE_PACKED(S, ((const S *)ap)[i], b0);                                               \
        else if (packed && as == 0 && bs == size)                                                  \
            WHERE_PACKED(S, a0, ((const S *)bp)[i]);                                               \
        else                                                                                       \
            EACH(CALLS,                                                                            \
                 AT(S, y, ys) = AT(const u8, cp, cs) ? AT(const S, ap, as) : AT(const S, bp, bs)); \
    }

WHERE(u8)
WHERE(u32)
WHERE(u64)

/* Loops with parameters. */

/* A bound as an integer within [least, greatest]. */
static int64_t integer_bound(double bound, int64_t least, int64_t greatest)
{
    return bound <= (double)least ? least : bound >= (double)greatest ? greatest : (int64_t)bound;
}

#define BOUND_f32(x) (float)(x)
#define BOUND_f64(x) (x)
#define BOUND_i64(x) integer_bound(x, INT64_MIN, INT64_MAX)
#define BOUND_i32(x) (int32_t) integer_bound(x, INT32_MIN, INT32_MAX)
#define BOUND_u8(x) (uint8_t) integer_bound(x, 0, UINT8_MAX)

#define CLAMP(mark, S)                                                                             \
    static void clamp_##S(size_t n, char *y, ptrdiff_t ys, const char *x, ptrdiff_t xs,            \
                          double low, double high)                                                 \
    {                                                                                              \
        const value_##S l = BOUND_##S(low), h = BOUND_##S(high);                                   \
        if (ys == sizeof(S) && xs == sizeof(S))                                                    \
            EACH(VECTOR, const value_##S v = ((const S *)x)[i];                                    \
                 const value_##S at_least = v < l ? l : v;                                         \
                 ((S *)y)[i] = at_least > h ? h : at_least);                                       \
        else                                                                                       \
            EACH(CALLS, const value_##S v = AT(const S, x, xs);                                    \
                 const value_##S at_least = v < l ? l : v;                                         \
                 AT(S, y, ys) = at_least > h ? h : at_least);                                      \
    }

NUMBERS(CLAMP, VECTOR)

#define CLAMP_BACKWARD(mark, S)                                                                    \
    static void clamp_backward_##S(size_t n, char *y, ptrdiff_t ys, const char *gp, ptrdiff_t gs,  \
                                   const char *xp, ptrdiff_t xs, double low, double high)          \
    {                                                                                              \
        const value_##S l = BOUND_##S(low), h = BOUND_##S(high);                                   \
        if (ys == sizeof(S) && gs == sizeof(S) && xs == sizeof(S))                                 \
            EACH(VECTOR, const value_##S g = ((const S *)gp)[i];                                   \
                 const value_##S x = ((const S *)xp)[i]; ((S *)y)[i] = x >= l && x <= h ? g : 0);  \
        else                                                                                       \
            EACH(CALLS, const value_##S g = AT(const S, gp, gs);                                   \
                 const value_##S x = AT(const S, xp, xs);                                          \
                 AT(S, y, ys) = x >= l && x <= h ? g : 0);                                         \
    }

FLOATS(CLAMP_BACKWARD, VECTOR)

#define ADD_SCALED(mark, S)                                                                        \
    static void add_scaled_##S(size_t n, char *y, ptrdiff_t ys, double scale, const char *x,       \
                               ptrdiff_t xs)                                                       \
    {                                                                                              \
        const value_##S a = (value_##S)scale;                                                      \
        if (ys == sizeof(S) && xs == sizeof(S))                                                    \
            EACH(VECTOR, ((S *)y)[i] += a * ((const S *)x)[i]);                                    \
        else                                                                                       \
            EACH(CALLS, AT(S, y, ys) += a * AT(const S, x, xs));                                   \
    }

FLOATS(ADD_SCALED, VECTOR)

/* The table. */

#define FLOATS_OF(f) [GRA_FLOAT32] = f##_f32, [GRA_FLOAT64] = f##_f64
#define SIGNED_OF(f) FLOATS_OF(f), [GRA_INT64] = f##_i64, [GRA_INT32] = f##_i32
#define NUMBERS_OF(f) SIGNED_OF(f), [GRA_UINT8] = f##_u8
#define ALL_OF(f) NUMBERS_OF(f), [GRA_BOOL] = f##_u8
#define COPIES_OF_INTEGERS [GRA_INT64] = copy_u64, [GRA_INT32] = copy_u32, [GRA_UINT8] = copy_u8
#define NUMBERS_AND_BOOL_OF(f, g) NUMBERS_OF(f), [GRA_BOOL] = g##_u8
#define PER_DTYPE(f32, f64, b16, i64, i32, u8, b8)                                                 \
    [GRA_FLOAT32] = f32, [GRA_FLOAT64] = f64, [GRA_BFLOAT16] = b16, [GRA_INT64] = i64,             \
    [GRA_INT32] = i32, [GRA_UINT8] = u8, [GRA_BOOL] = b8

const gra__elementwise_table GRA_ISA_NAME(gra__elementwise) =
    {
        .add = {NUMBERS_AND_BOOL_OF(add, logical_or)},
        .sub = {NUMBERS_OF(sub)},
        .mul = {NUMBERS_AND_BOOL_OF(mul, logical_and)},
        .div = {FLOATS_OF(div)},
        .pow = {NUMBERS_OF(pow)},
        .maximum = {NUMBERS_AND_BOOL_OF(maximum, logical_or)},
        .minimum = {NUMBERS_AND_BOOL_OF(minimum, logical_and)},
        .eq = {ALL_OF(eq)},
        .ne = {ALL_OF(ne)},
        .lt = {ALL_OF(lt)},
        .le = {ALL_OF(le)},
        .gt = {ALL_OF(gt)},
        .ge = {ALL_OF(ge)},
        .logical_and = {ALL_OF(logical_and)},
        .logical_or = {ALL_OF(logical_or)},
        .logical_not = {ALL_OF(logical_not)},
        .isfinite = {PER_DTYPE(isfinite_f32, isfinite_f64, NULL, always, always, always, always)},
        .neg = {NUMBERS_OF(neg)},
        .abs = {SIGNED_OF(abs), [GRA_UINT8] = copy_u8},
        .sign = {SIGNED_OF(sign), [GRA_UINT8] = b8_of_u8},
        .square = {NUMBERS_OF(square)},
        .one_minus = {NUMBERS_OF(one_minus)},
        .relu = {SIGNED_OF(relu), [GRA_UINT8] = copy_u8},
        .clamp = {NUMBERS_OF(clamp)},
        .reciprocal = {FLOATS_OF(reciprocal)},
        .sqrt = {FLOATS_OF(sqrt)},
        .exp = {FLOATS_OF(exp)},
        .log = {FLOATS_OF(log)},
        .tanh = {FLOATS_OF(tanh)},
        .sigmoid = {FLOATS_OF(sigmoid)},
        .rsqrt = {FLOATS_OF(rsqrt)},
        .expm1 = {FLOATS_OF(expm1)},
        .log1p = {FLOATS_OF(log1p)},
        .erf = {FLOATS_OF(erf)},
        .sin = {FLOATS_OF(sin)},
        .cos = {FLOATS_OF(cos)},
        .floor = {FLOATS_OF(floor), COPIES_OF_INTEGERS},
        .ceil = {FLOATS_OF(ceil), COPIES_OF_INTEGERS},
        .trunc = {FLOATS_OF(trunc), COPIES_OF_INTEGERS},
        .round = {FLOATS_OF(round), COPIES_OF_INTEGERS},
        .sigmoid_backward = {FLOATS_OF(sigmoid_backward)},
        .tanh_backward = {FLOATS_OF(tanh_backward)},
        .relu_backward = {FLOATS_OF(relu_backward)},
        .clamp_backward = {FLOATS_OF(clamp_backward)},
        .where = {PER_DTYPE(where_u32, where_u64, NULL, where_u64, where_u32, where_u8, where_u8)},
        .add_scaled = {FLOATS_OF(add_scaled)},
        .convert =
            {
                [GRA_FLOAT32] = {PER_DTYPE(copy_u32, f32_of_f64, f32_of_b16, f32_of_i64, f32_of_i32,
                                           f32_of_u8, f32_of_u8)},
                [GRA_FLOAT64] = {PER_DTYPE(f64_of_f32, copy_u64, f64_of_b16, f64_of_i64, f64_of_i32,
                                           f64_of_u8, f64_of_u8)},
                [GRA_BFLOAT16] = {PER_DTYPE(b16_of_f32, b16_of_f64, copy_u16, b16_of_i64,
                                            b16_of_i32, b16_of_u8, b16_of_u8)},
                [GRA_INT64] = {PER_DTYPE(i64_of_f32, i64_of_f64, i64_of_b16, copy_u64, i64_of_i32,
                                         i64_of_u8, i64_of_u8)},
                [GRA_INT32] = {PER_DTYPE(i32_of_f32, i32_of_f64, i32_of_b16, i32_of_i64, copy_u32,
                                         i32_of_u8, i32_of_u8)},
                [GRA_UINT8] = {PER_DTYPE(u8_of_f32, u8_of_f64, u8_of_b16, u8_of_i64, u8_of_i32,
                                         copy_u8, copy_u8)},
                [GRA_BOOL] = {PER_DTYPE(b8_of_f32, b8_of_f64, b8_of_b16, b8_of_i64, b8_of_i32,
                                        b8_of_u8, copy_u8)},
            },
};
