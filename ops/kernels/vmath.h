/* Float32 mathematics that the compiler's vectoriser can take apart: straight-line inline
 * functions, no branches, no calls, no tables.
 *
 * May include: standard headers only.
 *
 * Error bounds in units in the last place against libm in double, and the worst seen at every
 * seventh of all floats, without and with FMA (the tests keep to the bounds at every 997th or 9973rd):
 *
 *              exp   log   log1p   expm1   tanh   sigmoid   silu   gelu   erf   sin   cos
 *     bound      2     2       2       2      4         4      4      8     2     2     2
 *     worst   1.01  0.82    1.34    1.51   2.42      2.34   2.64   6.89  1.25  1.56  1.56
 *
 * The slopes of silu and gelu, which pass 0, are within 2 times 2^-23 of the true value, and gelu by
 * tanh is within 2 times 2^-23 |x|.
 *
 * +-0, infinities, NaN, overflow to infinity and underflow to 0 come out as libm's, and denormal
 * results are rounded, not flushed. The caller's floating-point mode is neither read nor changed;
 * it must round to nearest.
 *
 * Sources of the coefficients: exp and log are those of Moshier's Cephes library (expf.c, logf.c), those
 * of erf, gelu, sin and cos come from scripts/fit_vmath.py.
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

/* ln((1 + f) 2^e) for sqrt(1/2) <= 1 + f < sqrt(2): e ln2 + f - f^2 / 2 + f^3 P(f). */
static inline float gra__log_join(float f, float e)
{
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
    return gra__fma(e, 0.693359375f, y);
}

/* ln(x): x = m 2^e with sqrt(1/2) <= m < sqrt(2), f = m - 1. */
static inline float gra__logf(float x)
{
    const int is_small = x < FLT_MIN;
    const float normal = is_small ? x * 8388608.0f : x;               // 2^23
    const uint32_t offset = gra__bits_of_float(normal) - 0x3f3504f3u; // sqrt(1/2)
    const float e = (float)(((int32_t)offset >> 23) - (is_small ? 23 : 0));
    const float f = gra__float_of_bits((offset & 0x007fffffu) + 0x3f3504f3u) - 1.0f;
    const float special = x == 0.0f ? -INFINITY : NAN;
    const float y = x > 0.0f ? gra__log_join(f, e) : special;
    return x == INFINITY ? x : y;
}

/* ln(1 + x): 1 + x = m 2^e as above, but f = x 2^-e + (2^-e - 1) keeps what the sum 1 + x rounds
 * away. Beyond 2^64 it rounds nothing away that counts. */
static inline float gra__log1pf(float x)
{
    const float u = 1.0f + x;
    const uint32_t offset = gra__bits_of_float(u) - 0x3f3504f3u;
    const int32_t e = (int32_t)offset >> 23;
    const float scale = gra__exp2i(e < 64 ? -e : -64);
    const float m = gra__float_of_bits((offset & 0x007fffffu) + 0x3f3504f3u);
    const float f = e < 64 ? gra__fma(x, scale, scale - 1.0f) : m - 1.0f;
    const float special = x == -1.0f ? -INFINITY : NAN;
    const float y = x > -1.0f ? copysignf(gra__log_join(f, (float)e), x) : special;
    return x == INFINITY ? x : y;
}

/* e^x - 1 = 2 (2^(n-1) p + (2^(n-1) - 1/2)), which does not cancel; p itself where n is 0. */
static inline float gra__expm1f(float x)
{
    float t = x < -18.0f ? -18.0f : x; // e^-18 - 1 rounds to -1. NaN passes both.
    t = t > 89.0f ? 89.0f : t;
    const gra__exp_parts e = gra__exp_split(t);
    const float scale = gra__exp2i(e.n - 1);
    const float y = 2.0f * gra__fma(scale, e.p, scale - 0.5f);
    return copysignf(e.n == 0 ? e.p : y, x);
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

/* f e^x from its parts, where e^x alone may lie below the normal range. */
static inline float gra__exp_times(gra__exp_parts e, float f)
{
    const int32_t half = e.n >> 1;
    return f * (e.p + 1.0f) * gra__exp2i(half) * gra__exp2i(e.n - half);
}

/* x sigmoid(x): x e / (1 + e) with e = e^x below 0, x / (1 + e) with e = e^-x above. */
static inline float gra__siluf(float x)
{
    const float bounded = x < -120.0f ? -120.0f : x; // There the result is 0. NaN passes.
    float t = -fabsf(bounded);
    t = t < -120.0f ? -120.0f : t;
    const gra__exp_parts e = gra__exp_split(t);
    return (bounded < 0.0f ? gra__exp_times(e, bounded) : x) / (1.0f + gra__exp_times(e, 1.0f));
}

/* s and 1 - s for s = sigmoid(x), both to the last digits: 1 / (1 + e) and e / (1 + e), e = e^-|x|. */
typedef struct gra__sigmoid_parts {
    float s, rest;
} gra__sigmoid_parts;

static inline gra__sigmoid_parts gra__sigmoid_split(float x)
{
    const float e = gra__expf(-fabsf(x)), large = 1.0f / (1.0f + e), small = e * large;
    return (gra__sigmoid_parts){x < 0.0f ? small : large, x < 0.0f ? large : small};
}

/* The slope of silu, s + s (1 - s) x with s = sigmoid(x). */
static inline float gra__silu_slopef(float x)
{
    float t = x < -120.0f ? -120.0f : x; // Beyond, the slope is 0 or 1. NaN passes both.
    t = t > 120.0f ? 120.0f : t;
    const gra__sigmoid_parts p = gra__sigmoid_split(t);
    return gra__fma(p.s, p.rest * t, p.s);
}

/* e^(-a^2 / 2) as parts, for 0 <= a <= 15: a is cut at 12 bits, so that the square of the upper part
 * is exact; the lower part goes in where the sum is small again. */
static inline gra__exp_parts gra__gauss_split(float a)
{
    const float upper = gra__float_of_bits(gra__bits_of_float(a) & 0xfffff000u);
    gra__exp_parts e = gra__exp_split(-0.5f * upper * upper);
    const float rest = -0.5f * (a - upper) * (a + upper); // At most 0.03.
    const float grown = rest * gra__fma(rest, gra__fma(rest, 0.16666667f, 0.5f), 1.0f);
    e.p = gra__fma(e.p, grown, e.p + grown); // (1 + p) (1 + grown) - 1
    return e;
}

/* The normal distribution beyond a, over e^(-a^2 / 2): a polynomial in (a - 4) / (a + 4), for 0 <= a
 * <= 15. */
static inline float gra__mills(float a)
{
    const float u = (a - 4.0f) / (a + 4.0f);
    float p = 5.363456694e-06f;
    p = gra__fma(p, u, -5.522228821e-05f);
    p = gra__fma(p, u, -1.676819520e-04f);
    p = gra__fma(p, u, 6.496637943e-04f);
    p = gra__fma(p, u, 5.005546845e-04f);
    p = gra__fma(p, u, -8.495539427e-03f);
    p = gra__fma(p, u, 3.086609766e-02f);
    p = gra__fma(p, u, -7.170704007e-02f);
    p = gra__fma(p, u, 1.243791506e-01f);
    p = gra__fma(p, u, -1.703977287e-01f);
    return gra__fma(p, u, 9.441064298e-02f);
}

/* x times the normal distribution up to x: max(x, 0) - |x| times that beyond |x|. */
static inline float gra__geluf(float x)
{
    float a = fabsf(x);
    a = a > 15.0f ? 15.0f : a; // Beyond, the tail is 0. NaN passes.
    const float tail = gra__exp_times(gra__gauss_split(a), a * gra__mills(a));
    return x < 0.0f ? -tail : x - tail;
}

/* Its slope: the distribution up to x and x times its density. */
static inline float gra__gelu_slopef(float x)
{
    float a = fabsf(x);
    a = a > 15.0f ? 15.0f : a;
    const gra__exp_parts e = gra__gauss_split(a);
    const float beyond = gra__exp_times(e, gra__mills(a) - 0.398942280f * a);
    return x < 0.0f ? beyond : 1.0f - beyond;
}

/* gelu with tanh in place of erf: 0.5 x (1 + tanh u) = x sigmoid(2 u), u = sqrt(2 / pi) (x + 0.044715
 * x^3). */
static inline float gra__gelu_tanhf(float x)
{
    float t = x < -12.0f ? -12.0f : x; // 2 u is beyond +-130 there. NaN passes both.
    t = t > 12.0f ? 12.0f : t;
    const float u = 1.595769122f * t * gra__fma(0.044715f * t, t, 1.0f);
    const gra__exp_parts e = gra__exp_split(-fabsf(u));
    return (x < 0.0f ? gra__exp_times(e, t) : x) / (1.0f + gra__exp_times(e, 1.0f));
}

/* Its slope: s + s (1 - s) x (2 u)' with s = sigmoid(2 u). */
static inline float gra__gelu_tanh_slopef(float x)
{
    float t = x < -12.0f ? -12.0f : x;
    t = t > 12.0f ? 12.0f : t;
    const float square = t * t;
    const float u = 1.595769122f * t * gra__fma(0.044715f, square, 1.0f);
    const float slope = 1.595769122f * gra__fma(0.134145f, square, 1.0f);
    const gra__sigmoid_parts p = gra__sigmoid_split(u);
    return gra__fma(p.s, p.rest * t * slope, p.s);
}

/* erf(x): x + x P(x^2) near 0, 1 - e^Q(|x|) further out. */
static inline float gra__erff(float x)
{
    const float a = fabsf(x), square = x * x;
    float p = -5.916292430e-04f;
    p = gra__fma(p, square, 4.978904035e-03f);
    p = gra__fma(p, square, -2.675732225e-02f);
    p = gra__fma(p, square, 1.128158346e-01f);
    p = gra__fma(p, square, -3.761247694e-01f);
    p = gra__fma(p, square, 1.283791512e-01f);
    const float t = a > 4.0f ? 4.0f : a; // erf(4) rounds to 1. NaN passes.
    float q = -2.082341416e-05f;
    q = gra__fma(q, t, 4.313440877e-04f);
    q = gra__fma(q, t, -4.156063776e-03f);
    q = gra__fma(q, t, 2.508023195e-02f);
    q = gra__fma(q, t, -1.082199588e-01f);
    q = gra__fma(q, t, -6.334010959e-01f);
    q = gra__fma(q, t, -1.129488349e+00f);
    q = gra__fma(q, t, 1.692051301e-04f);
    const float far = 1.0f - gra__exp_times(gra__exp_split(q), 1.0f);
    return a < 0.92f ? gra__fma(x, p, x) : copysignf(far, x);
}

/* x = n pi / 2 + r with |r| <= pi / 4, for |x| <= GRA__QUARTERS. pi / 2 is taken off in parts so short
 * that the first difference is exact: in float with FMA, in double without. */
#define GRA__QUARTERS 0x1.8p16f

typedef struct gra__quarters {
    int32_t n;
    float r;
} gra__quarters;

static inline gra__quarters gra__quarters_of(float x)
{
#ifdef __FMA__
    const float shift = 12582912.0f; // 1.5 * 2^23: adding it rounds to an integer.
    const float n = gra__fma(x, 0.636619772f, shift) - shift;
    float r = gra__fma(n, -0x1.921fb4p+0f, x); // 22 bits, so the difference is a float.
    r = gra__fma(n, -0x1.4442dp-24f, r);
    r = gra__fma(n, -0x1.84698ap-48f, r);
    return (gra__quarters){(int32_t)n, r};
#else
    const double shift = 0x1.8p52;
    const double n = ((double)x * 0.63661977236758134 + shift) - shift;
    const double r = ((double)x - n * 0x1.921fb544p+0) - n * 0x1.0b4611a626331p-34;
    return (gra__quarters){(int32_t)n, (float)r};
#endif
}

/* sin(r + n pi / 2) for |r| <= pi / 4. */
static inline float gra__sin_join(float r, int32_t n)
{
    const float square = r * r;
    float p = 2.831484153e-06f, q = 2.443120138e-05f;
    p = gra__fma(p, square, -1.985301351e-04f);
    p = gra__fma(p, square, 8.333379403e-03f);
    p = gra__fma(p, square, -1.666666716e-01f);
    q = gra__fma(q, square, -1.388730365e-03f);
    q = gra__fma(q, square, 4.166664556e-02f);
    const float sine = gra__fma(p * square, r, r);
    const float cosine = gra__fma(q * square, square, gra__fma(-0.5f, square, 1.0f));
    const float even = r == 0.0f ? r : sine; // -0 stays.
    const float y = n & 1 ? cosine : even;
    return gra__float_of_bits(gra__bits_of_float(y) ^ (uint32_t)(n & 2) << 30);
}

/* sin(x) and cos(x) for |x| <= GRA__QUARTERS. */
static inline float gra__sinf(float x)
{
    const gra__quarters q = gra__quarters_of(x);
    return gra__sin_join(q.r, q.n);
}

static inline float gra__cosf(float x)
{
    const gra__quarters q = gra__quarters_of(x);
    return gra__sin_join(q.r, q.n + 1);
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
