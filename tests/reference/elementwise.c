#include "tests/reference/elementwise.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

size_t gra__reference_size(gra_dtype dtype)
{
    static const size_t size[GRA_DTYPE_COUNT] = {4, 8, 2, 8, 4, 1, 1};
    return size[dtype];
}

static float float_of_upper_half(uint32_t upper)
{
    const uint32_t bits = upper << 16;
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* Of the two neighbours the nearer, of two equally near the even one. */
static uint16_t nearest_bfloat16(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    const uint32_t below = bits >> 16;
    if (isnan(x))
        return (uint16_t)(below | 0x40);
    if (isinf(x))
        return (uint16_t)below;
    const double above_value = fabs((double)float_of_upper_half(below)) +
                               fabs((double)float_of_upper_half(below & 0x7f80)) * 0x1p-7;
    const double gap_below = fabs((double)x) - fabs((double)float_of_upper_half(below));
    const double gap_above =
        (below & 0x7f80) ? above_value - fabs((double)x) : 0x1p-133 - gap_below;
    return (uint16_t)(gap_above < gap_below || (gap_above == gap_below && below % 2) ? below + 1
                                                                                     : below);
}

double gra__reference_load(gra_dtype dtype, const void *p)
{
    union {
        float f32;
        double f64;
        uint16_t b16;
        int64_t i64;
        int32_t i32;
        uint8_t u8;
    } v;
    memcpy(&v, p, gra__reference_size(dtype));
    switch (dtype) {
    case GRA_FLOAT32: return v.f32;
    case GRA_FLOAT64: return v.f64;
    case GRA_BFLOAT16: return float_of_upper_half(v.b16);
    case GRA_INT64: return (double)v.i64;
    case GRA_INT32: return v.i32;
    default: return v.u8;
    }
}

static int64_t truncated(double x, double limit, int64_t otherwise)
{
    return x > -limit - 1 && x < limit ? (int64_t)trunc(x) : otherwise;
}

void gra__reference_store(gra_dtype dtype, void *p, double x)
{
    const float f32 = (float)x;
    const uint16_t b16 = nearest_bfloat16(f32);
    const int64_t i64 = x == -0x1p63 ? INT64_MIN : truncated(x, 0x1p63, INT64_MIN);
    const int32_t i32 = (int32_t)truncated(x, 0x1p31, INT32_MIN);
    const uint8_t u8 = (uint8_t)i32;
    const uint8_t b8 = x != 0;
    const void *from[GRA_DTYPE_COUNT] = {&f32, &x, &b16, &i64, &i32, &u8, &b8};
    memcpy(p, from[dtype], gra__reference_size(dtype));
}

#define BINARY(name, ...)                                                                          \
    double gra__reference_##name(double a, double b)                                               \
    {                                                                                              \
        return __VA_ARGS__;                                                                        \
    }

#define UNARY(name, ...)                                                                           \
    double gra__reference_##name(double x)                                                         \
    {                                                                                              \
        return __VA_ARGS__;                                                                        \
    }

BINARY(add, a + b)
BINARY(sub, a - b)
BINARY(mul, a *b)
BINARY(div, a / b)
BINARY(pow, pow(a, b))
BINARY(integer_pow, trunc(pow(a, b)))
BINARY(maximum, isnan(a) || isnan(b) ? NAN : fmax(a, b))
BINARY(minimum, isnan(a) || isnan(b) ? NAN : fmin(a, b))
BINARY(eq, a == b)
BINARY(ne, a != b)
BINARY(lt, a < b)
BINARY(le, a <= b)
BINARY(gt, a > b)
BINARY(ge, a >= b)
BINARY(logical_and, a != 0 && b != 0)
BINARY(logical_or, a != 0 || b != 0)
BINARY(sigmoid_backward, a *b *(1 - b))
BINARY(tanh_backward, a *(1 - b * b))
BINARY(relu_backward, b <= 0 ? 0 : a)

UNARY(logical_not, x == 0)
UNARY(isfinite, isfinite(x) != 0)
UNARY(neg, -x)
UNARY(abs, fabs(x))
UNARY(sign, x > 0 ? 1 : x < 0 ? -1 : 0)
UNARY(square, x *x)
UNARY(one_minus, 1 - x)
UNARY(relu, x < 0 ? 0 : x)
UNARY(reciprocal, 1 / x)
UNARY(sqrt, sqrt(x))
UNARY(exp, exp(x))
UNARY(log, log(x))
UNARY(tanh, tanh(x))
UNARY(sigmoid, 1 / (1 + exp(-x)))
UNARY(rsqrt, 1 / sqrt(x))
UNARY(expm1, (double)expm1l(x))
UNARY(log1p, (double)log1pl(x))
UNARY(erf, (double)erfl(x))
UNARY(sin, (double)sinl(x))
UNARY(cos, (double)cosl(x))
UNARY(floor, floor(x))
UNARY(ceil, ceil(x))
UNARY(trunc, trunc(x))
UNARY(round, isinf(x) ? x : x - remainder(x, 1))

double gra__reference_clamp(double x, double low, double high)
{
    return isnan(x) ? x : fmin(fmax(x, low), high);
}

double gra__reference_clamp_backward(double g, double x, double low, double high)
{
    return x >= low && x <= high ? g : 0;
}

double gra__reference_ulps(gra_dtype dtype, double got, double expected)
{
    const bool is_float32 = dtype == GRA_FLOAT32;
    const double rounded = is_float32 ? (double)(float)expected : expected;
    if (isnan(rounded) || isnan(got))
        return isnan(rounded) && isnan(got) ? 0 : INFINITY;
    if (got == rounded)
        return is_float32 && isfinite(got)
                   ? fabs(got - expected) / ldexp(1, ilogb(fmax(fabs(expected), FLT_MIN)) - 23)
                   : 0;
    if (isinf(rounded) || isinf(got))
        return fabs(got) >= FLT_MAX && fabs(rounded) >= FLT_MAX && got * rounded > 0 && is_float32
                   ? 1
                   : INFINITY;
    const double least = is_float32 ? FLT_MIN : DBL_MIN;
    return fabs(got - expected) /
           ldexp(1, ilogb(fmax(fabs(expected), least)) - (is_float32 ? 23 : 52));
}
