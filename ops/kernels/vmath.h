/* Float32 mathematics that the compiler's vectoriser can take apart: straight-line inline
 * functions, no branches, no calls, no tables.
 *
 * May include: standard headers only.
 *
 * Error bounds against double libm in units in the last place, and the worst seen at every seventh
 * of all floats, without and with FMA (the test keeps to the bounds at every 997th):
 *
 *                exp    log    tanh   sigmoid
 *     bound        2      2       4         4
 *     worst     1.01   0.82    2.42      2.34
 *
 * +-0, infinities, NaN, overflow to infinity and underflow to 0 come out as libm's, and denormal
 * results are rounded, not flushed. The caller's floating-point mode is neither read nor changed;
 * it must round to nearest.
 *
 * Sources of the coefficients: exp and log are those of Moshier's Cephes library (expf.c, logf.c).
 */
#ifndef GRA_OPS_KERNELS_VMATH_H
#define GRA_OPS_KERNELS_VMATH_H

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

static inline uint32_t gra__bits_of_float(float x)
{
    uint32_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}

static inline float gra__float_of_bits(uint32_t u)
{
    float x;
    memcpy(&x, &u, sizeof x);
    return x;
}

/* a * b + c, in one rounding where the machine has the instruction. */
static inline float gra__fma(float a, float b, float c)
{
#ifdef __FMA__
    return __builtin_fmaf(a, b, c);
#else
    return a * b + c;
#endif
}

/* 2^n for -126 <= n <= 127. */
static inline float gra__exp2i(int32_t n)
{
    return gra__float_of_bits((uint32_t)(n + 127) << 23);
}

/* x = n ln2 + r with |r| <= ln2 / 2, and e^r = 1 + p. */
typedef struct gra__exp_parts {
    int32_t n;
    float p;
} gra__exp_parts;

static inline gra__exp_parts gra__exp_split(float x)
{
    const float shift =
        12582912.0f; // 1.5 * 2^23: adding it rounds to an integer, which then sits in the low bits.
    const float shifted = gra__fma(x, 1.44269504088896341f, shift);
    const float n = shifted - shift;
    const float r =
        gra__fma(n, 2.12194440e-4f, gra__fma(n, -0.693359375f, x)); // The first product is exact.
    float q = 1.9875691500e-4f;
    q = gra__fma(q, r, 1.3981999507e-3f);
    q = gra__fma(q, r, 8.3334519073e-3f);
    q = gra__fma(q, r, 4.1665795894e-2f);
    q = gra__fma(q, r, 1.6666665459e-1f);
    q = gra__fma(q, r, 5.0000001201e-1f);
    const int32_t integer = (int32_t)(gra__bits_of_float(shifted) - 0x4b400000u);
    return (gra__exp_parts){integer, gra__fma(q, r * r, r)};
}

/* e^x. The scale 2^n goes on in two halves, so that results beyond the normal range overflow or
 * become denormal. */
static inline float gra__expf(float x)
{
    x = x < -104.0f ? -104.0f : x; // NaN passes both.
    x = x > 89.0f ? 89.0f : x;
    const gra__exp_parts e = gra__exp_split(x);
    const int32_t half = e.n >> 1;
    return (e.p + 1.0f) * gra__exp2i(half) * gra__exp2i(e.n - half);
}

/* ln(x): x = m 2^e with sqrt(1/2) <= m < sqrt(2), f = m - 1, ln(x) = e ln2 + f - f^2 / 2 + f^3
 * P(f). */
static inline float gra__logf(float x)
{
    const int is_small = x < FLT_MIN;
    const float normal = is_small ? x * 8388608.0f : x;               // 2^23
    const uint32_t offset = gra__bits_of_float(normal) - 0x3f3504f3u; // sqrt(1/2)
    const float e = (float)(((int32_t)offset >> 23) - (is_small ? 23 : 0));
    const float f = gra__float_of_bits((offset & 0x007fffffu) + 0x3f3504f3u) - 1.0f;
    float p = 7.0376836292e-2f;
    p = gra__fma(p, f, -1.1514610310e-1f);
    p = gra__fma(p, f, 1.1676998740e-1f);
    p = gra__fma(p, f, -1.2420140846e-1f);
    p = gra__fma(p, f, 1.4249322787e-1f);
    p = gra__fma(p, f, -1.6668057665e-1f);
    p = gra__fma(p, f, 2.0000714765e-1f);
    p = gra__fma(p, f, -2.4999993993e-1f);
    p = gra__fma(p, f, 3.3333331174e-1f);
    const float square = f * f;
    float y = gra__fma(e, -2.12194440e-4f, p * f * square);
    y = f + gra__fma(-0.5f, square, y);
    y = gra__fma(e, 0.693359375f, y);
    const float special = x == 0.0f ? -INFINITY : NAN;
    y = x > 0.0f ? y : special;
    return x == INFINITY ? x : y;
}

/* tanh|x| = (e^2|x| - 1) / (e^2|x| + 1) = m / (m + 2), where m = e^2|x| - 1 = 2^n p + (2^n - 1)
 * does not cancel. */
static inline float gra__tanhf(float x)
{
    float t = fabsf(x) * 2.0f;
    t = t > 20.0f ? 20.0f : t; // tanh(10) rounds to 1. NaN passes.
    const gra__exp_parts e = gra__exp_split(t);
    const float scale = gra__exp2i(e.n & 63); // n is 0 to 29, but for NaN.
    const float m = gra__fma(scale, e.p, scale - 1.0f);
    return copysignf(m / (m + 2.0f), x);
}

/* 1 / (1 + e^-x), through e = e^-|x| <= 1, which cannot overflow: 1 / (1 + e) for x >= 0, e / (1 +
 * e) below. */
static inline float gra__sigmoidf(float x)
{
    const float e = gra__expf(-fabsf(x));
    return (x < 0.0f ? e : 1.0f) / (1.0f + e);
}

/* Bfloat16 is the upper half of a float32. */
static inline float gra__float_of_bfloat16(uint16_t b)
{
    return gra__float_of_bits((uint32_t)b << 16);
}

/* Rounds to nearest, ties to even; a NaN keeps its sign and turns quiet. */
static inline uint16_t gra__bfloat16_of_float(float x)
{
    const uint32_t u = gra__bits_of_float(x);
    const uint32_t rounded = (u + 0x7fffu + (u >> 16 & 1u)) >> 16;
    const uint32_t quiet = u >> 16 | 0x40u;
    return (uint16_t)((u & 0x7fffffffu) > 0x7f800000u ? quiet : rounded);
}

#endif
