/* Every loop of every dtype against its naive twin, over sizes, strides and special values.
 * GRADUS_ISA picks the instruction set under test. */
#include "ops/kernels/isa.h"
#include "tests/reference/elementwise.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/test.h"

enum { LARGEST = 1000, STEP = 3, BYTES = (2 * LARGEST * STEP + 2) * 8 + 64 };

static const size_t sizes[] = {0, 1, 3, 15, 16, 17, 33, LARGEST};

/* Strides in elements of y and of two inputs; offset in bytes of all; which input the output lies
 * on, -1 for none. */
static const struct layout {
    const char *name;
    int ys, as, bs, offset, in_place;
} layouts[] = {
    {"packed", 1, 1, 1, 0, -1},         {"strided", 2, 3, 2, 0, -1},
    {"broadcast a", 1, 0, 1, 0, -1},    {"broadcast b", 1, 1, 0, 0, -1},
    {"broadcast both", 1, 0, 0, 0, -1}, {"backwards", -1, -2, -1, 0, -1},
    {"unaligned", 1, 1, 1, 1, -1},      {"in place of a", 1, 1, 1, 0, 0},
    {"in place of b", 1, 1, 1, 0, 1},   {"strided in place", 2, 2, 3, 1, 0},
};

enum { LAYOUTS = sizeof layouts / sizeof *layouts, SIZES = sizeof sizes / sizeof *sizes };

static const double specials[] = {
    0.0,    -0.0,    1.0,      -1.0,    0.5,  -0.5,  INFINITY, -INFINITY, NAN,    -NAN,   1e-40,
    -1e-40, FLT_MAX, -FLT_MAX, FLT_MIN, 2.0,  88.7,  88.8,     -87.4,     -103.9, -104.5, 9.1,
    -17.0,  0x1p-24, 0x1p31,   -0x1p31, 1e10, -1e10, 1e30,     255.0,     256.5,  65536.0};

static const double integers[] = {0, 1, -1, 2, 3, 255, -128, 1000, -7, 15};

static uint64_t random_state;

static double random_in(double low, double high)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return low + (high - low) * (double)(random_state >> 11) * 0x1p-53;
}

/* Whether the values are outputs of tanh and sigmoid. */
static bool within_one;

/* An element that the dtype can hold: every third a special value. */
static double element(gra_dtype dtype, size_t i)
{
    const bool special = i % 3 == 1;
    const size_t pick = (size_t)random_in(0, 1000);
    if (within_one)
        return random_in(-1, 1);
    switch (dtype) {
    case GRA_FLOAT32:
    case GRA_FLOAT64:
    case GRA_BFLOAT16:
        return special ? specials[pick % (sizeof specials / sizeof *specials)] : random_in(-4, 4);
    case GRA_BOOL: return (double)(pick % 2);
    case GRA_UINT8: return (double)(pick % 16);
    default:
        return special ? integers[pick % (sizeof integers / sizeof *integers)]
                       : trunc(random_in(-9, 9));
    }
}

typedef struct operand {
    char bytes[BYTES];
    char *first;      // element 0, in the middle of the bytes, so that strides may be negative
    ptrdiff_t stride; // in bytes
} operand;

static operand y, a, b, c, before;

static void place(operand *x, gra_dtype dtype, int stride, int offset)
{
    x->first = x->bytes + BYTES / 16 * 8 + offset;
    x->stride = stride * (ptrdiff_t)gra__reference_size(dtype);
}

static void fill(operand *x, gra_dtype dtype, size_t n, int stride, int offset)
{
    place(x, dtype, stride, offset);
    memset(x->bytes, 0x5a, BYTES);
    for (size_t i = 0; i < n; i++)
        gra__reference_store(dtype, x->first + (ptrdiff_t)i * x->stride, element(dtype, i));
}

static void copy(operand *to, const operand *from)
{
    memcpy(to->bytes, from->bytes, BYTES);
    to->first = to->bytes + (from->first - from->bytes);
    to->stride = from->stride;
}

static double at(const operand *x, gra_dtype dtype, size_t i)
{
    return gra__reference_load(dtype, x->first + (ptrdiff_t)i * x->stride);
}

/* No byte but those of the n elements of y has changed since `before`. */
static void check_untouched(gra_dtype dtype, size_t n, const char *what)
{
    const size_t size = gra__reference_size(dtype);
    for (size_t i = 0; i < n; i++)
        memcpy(before.bytes + (y.first - y.bytes) + (ptrdiff_t)i * y.stride,
               y.first + (ptrdiff_t)i * y.stride, size);
    ck_assert_msg(memcmp(before.bytes, y.bytes, BYTES) == 0, "%s, n %zu: wrote beside its output",
                  what, n);
}

/* How near the twin a float result has to come; integers and bools are exact. */
typedef struct tolerance {
    double ulps;
    bool cancels; // In 1 - y: an error of ulps of the terms, not of the result.
} tolerance;

static void check_element(gra_dtype dtype, double got, double expected, double scale,
                          tolerance allowed, const char *what, const char *layout, size_t n,
                          size_t i)
{
    double as_stored;
    char bytes[8];
    gra__reference_store(dtype, bytes, expected);
    as_stored = gra__reference_load(dtype, bytes);
    const bool is_float = dtype == GRA_FLOAT32 || dtype == GRA_FLOAT64;
    bool near = got == as_stored || (isnan(got) && isnan(as_stored));
    if (!near && is_float)
        near = gra__reference_ulps(dtype, got, expected) <= allowed.ulps;
    if (!near && allowed.cancels)
        near = fabs(got - expected) <=
               allowed.ulps * scale * (dtype == GRA_FLOAT32 ? FLT_EPSILON : DBL_EPSILON);
    ck_assert_msg(near, "%s, dtype %d, %s, n %zu: element %zu is %.9g, expected %.9g", what,
                  (int)dtype, layout, n, i, got, as_stored);
}

static void check_binary(const char *what, gra__binary_loop *loop, gra__reference_binary *twin,
                         gra_dtype dtype, gra_dtype result, tolerance allowed)
{
    for (size_t l = 0; l < LAYOUTS; l++) {
        for (size_t s = 0; s < SIZES; s++) {
            const struct layout *at_ = &layouts[l];
            const size_t n = sizes[s];
            if (at_->in_place >= 0 && dtype != result)
                continue;
            fill(&a, dtype, n, at_->as, at_->offset);
            fill(&b, dtype, n, at_->bs, at_->offset);
            fill(&y, result, n, at_->ys, at_->offset);
            if (at_->in_place >= 0)
                copy(&y, at_->in_place == 0 ? &a : &b);
            copy(&before, &y);
            loop(n, y.first, y.stride, at_->in_place == 0 ? y.first : a.first, a.stride,
                 at_->in_place == 1 ? y.first : b.first, b.stride);
            for (size_t i = 0; i < n; i++) {
                const double u = at(&a, dtype, i), v = at(&b, dtype, i);
                check_element(result, at(&y, result, i), twin(u, v), fabs(u) * (1 + v * v), allowed,
                              what, at_->name, n, i);
            }
            check_untouched(result, n, what);
        }
    }
}

static void check_unary(const char *what, gra__unary_loop *loop, gra__reference_unary *twin,
                        gra_dtype dtype, gra_dtype result, tolerance allowed)
{
    for (size_t l = 0; l < LAYOUTS; l++) {
        for (size_t s = 0; s < SIZES; s++) {
            const struct layout *at_ = &layouts[l];
            const size_t n = sizes[s];
            if (at_->in_place == 1 || (at_->in_place == 0 && dtype != result))
                continue;
            fill(&a, dtype, n, at_->as, at_->offset);
            fill(&y, result, n, at_->ys, at_->offset);
            if (at_->in_place == 0)
                copy(&y, &a);
            copy(&before, &y);
            loop(n, y.first, y.stride, at_->in_place == 0 ? y.first : a.first, a.stride);
            for (size_t i = 0; i < n; i++) {
                const double x = at(&a, dtype, i);
                check_element(result, at(&y, result, i), twin ? twin(x) : x, 0, allowed, what,
                              at_->name, n, i);
            }
            check_untouched(result, n, what);
        }
    }
}

static const gra__elementwise_table *table(void)
{
    return gra__kernels_get()->elementwise;
}

/* Bits of the dtypes that a loop serves. */
enum {
    FLOATS = 1 << GRA_FLOAT32 | 1 << GRA_FLOAT64,
    INTEGERS = 1 << GRA_INT64 | 1 << GRA_INT32 | 1 << GRA_UINT8,
    NUMBERS = FLOATS | INTEGERS,
    ALL = NUMBERS | 1 << GRA_BOOL,
};

static void check_served(const char *what, bool served, int dtypes, gra_dtype dtype)
{
    ck_assert_msg(served == (dtypes >> dtype & 1), "%s: dtype %d is %sserved", what, (int)dtype,
                  served ? "" : "not ");
}

static void check_binaries(const char *what, gra__binary_loop *const *loops,
                           gra__reference_binary *twin, int dtypes, bool is_test, tolerance allowed)
{
    for (int d = 0; d < GRA_DTYPE_COUNT; d++) {
        check_served(what, loops[d] != NULL, dtypes, (gra_dtype)d);
        if (loops[d])
            check_binary(what, loops[d], twin, (gra_dtype)d, is_test ? GRA_BOOL : (gra_dtype)d,
                         allowed);
    }
}

static void check_unaries(const char *what, gra__unary_loop *const *loops,
                          gra__reference_unary *twin, int dtypes, bool is_test, tolerance allowed)
{
    for (int d = 0; d < GRA_DTYPE_COUNT; d++) {
        check_served(what, loops[d] != NULL, dtypes, (gra_dtype)d);
        if (loops[d])
            check_unary(what, loops[d], twin, (gra_dtype)d, is_test ? GRA_BOOL : (gra_dtype)d,
                        allowed);
    }
}

#define BINARIES(name, dtypes, ...)                                                                \
    check_binaries(#name, table()->name, gra__reference_##name, dtypes, false,                     \
                   (tolerance){__VA_ARGS__})
#define UNARIES(name, dtypes, ...)                                                                 \
    check_unaries(#name, table()->name, gra__reference_##name, dtypes, false,                      \
                  (tolerance){__VA_ARGS__})
#define COMPARISONS(name)                                                                          \
    check_binaries(#name, table()->name, gra__reference_##name, ALL, true, (tolerance){0, false})

GRA_TEST(the_isa_is_the_one_asked_for)
{
    const char *wanted = getenv("GRADUS_ISA");
    if (wanted && !gra__isa_warning())
        ck_assert_str_eq(gra_isa(), wanted);
    ck_assert_str_eq(gra_isa(), gra__kernels_get()->isa);
}

GRA_TEST(arithmetic_agrees_with_the_twin)
{
    BINARIES(add, ALL, 0.5001, false);
    BINARIES(sub, NUMBERS, 0.5001, false);
    BINARIES(mul, ALL, 0.5001, false);
    BINARIES(div, FLOATS, 0.5001, false);
    BINARIES(maximum, ALL, 0, false);
    BINARIES(minimum, ALL, 0, false);
}

GRA_TEST(power_agrees_with_the_twin)
{
    for (int d = 0; d < GRA_DTYPE_COUNT; d++)
        check_served("pow", table()->pow[d] != NULL, NUMBERS, (gra_dtype)d);
    check_binary("pow", table()->pow[GRA_FLOAT32], gra__reference_pow, GRA_FLOAT32, GRA_FLOAT32,
                 (tolerance){1, false});
    check_binary("pow", table()->pow[GRA_FLOAT64], gra__reference_pow, GRA_FLOAT64, GRA_FLOAT64,
                 (tolerance){1, false});
}

GRA_TEST(integer_power_squares_repeatedly)
{
    const int64_t bases[] = {2, 3, -2, -1, -1, 1, 0, 7, 0, 2, -5},
                  powers[] = {10, 4, 3, -3, -4, -9, 0, -1, 5, 63, 2},
                  expected[] = {1024, 81, -8, -1, 1, 1, 1, 0, 0, INT64_MIN, 25};
    enum { N = sizeof bases / sizeof *bases };
    int64_t got[N];
    table()->pow[GRA_INT64](N, (char *)got, 8, (const char *)bases, 8, (const char *)powers, 8);
    for (int i = 0; i < N; i++)
        ck_assert_int_eq(got[i], expected[i]);
    const uint8_t three = 3, power = 5;
    uint8_t byte;
    table()->pow[GRA_UINT8](1, (char *)&byte, 1, (const char *)&three, 1, (const char *)&power, 1);
    ck_assert_uint_eq(byte, 243);
}

GRA_TEST(integers_wrap_around)
{
    const int64_t most = INT64_MAX, one = 1, least = INT64_MIN;
    int64_t got;
    table()->add[GRA_INT64](1, (char *)&got, 8, (const char *)&most, 8, (const char *)&one, 8);
    ck_assert_int_eq(got, INT64_MIN);
    table()->neg[GRA_INT64](1, (char *)&got, 8, (const char *)&least, 8);
    ck_assert_int_eq(got, INT64_MIN);
    table()->abs[GRA_INT64](1, (char *)&got, 8, (const char *)&least, 8);
    ck_assert_int_eq(got, INT64_MIN);
    const uint8_t large = 200;
    uint8_t byte;
    table()->mul[GRA_UINT8](1, (char *)&byte, 1, (const char *)&large, 1, (const char *)&large, 1);
    ck_assert_uint_eq(byte, 40000 % 256);
}

GRA_TEST(comparisons_agree_with_the_twin)
{
    COMPARISONS(eq);
    COMPARISONS(ne);
    COMPARISONS(lt);
    COMPARISONS(le);
    COMPARISONS(gt);
    COMPARISONS(ge);
}

GRA_TEST(logic_agrees_with_the_twin)
{
    COMPARISONS(logical_and);
    COMPARISONS(logical_or);
    check_unaries("logical_not", table()->logical_not, gra__reference_logical_not, ALL, true,
                  (tolerance){0, false});
    check_unaries("isfinite", table()->isfinite, gra__reference_isfinite, ALL, true,
                  (tolerance){0, false});
}

GRA_TEST(unary_functions_agree_with_the_twin)
{
    UNARIES(neg, NUMBERS, 0, false);
    UNARIES(one_minus, NUMBERS, 0.5001, false);
    UNARIES(abs, NUMBERS, 0, false);
    UNARIES(sign, NUMBERS, 0, false);
    UNARIES(relu, NUMBERS, 0, false);
    UNARIES(square, NUMBERS, 0.5001, false);
    UNARIES(reciprocal, FLOATS, 0.5001, false);
    UNARIES(sqrt, FLOATS, 0.5001, false);
    UNARIES(rsqrt, FLOATS, 1.5, false);
    UNARIES(floor, NUMBERS, 0, false);
    UNARIES(ceil, NUMBERS, 0, false);
    UNARIES(trunc, NUMBERS, 0, false);
    UNARIES(round, NUMBERS, 0, false);
}

GRA_TEST(transcendental_functions_agree_with_libm)
{
    UNARIES(exp, FLOATS, 2, false);
    UNARIES(log, FLOATS, 2, false);
    UNARIES(tanh, FLOATS, 4, false);
    UNARIES(sigmoid, FLOATS, 4, false);
    UNARIES(expm1, FLOATS, 2, false);
    UNARIES(log1p, FLOATS, 2, false);
    UNARIES(erf, FLOATS, 2, false);
    UNARIES(sin, FLOATS, 2, false);
    UNARIES(cos, FLOATS, 2, false);
}

GRA_TEST(gradients_agree_with_the_twin)
{
    within_one = true;
    BINARIES(sigmoid_backward, FLOATS, 4, true);
    BINARIES(tanh_backward, FLOATS, 4, true);
    within_one = false;
    BINARIES(relu_backward, FLOATS, 0, false);
}

GRA_TEST(clamp_agrees_with_the_twin)
{
    for (int d = 0; d < GRA_DTYPE_COUNT; d++) {
        const gra_dtype dtype = (gra_dtype)d;
        check_served("clamp", table()->clamp[d] != NULL, NUMBERS, dtype);
        check_served("clamp_backward", table()->clamp_backward[d] != NULL, FLOATS, dtype);
        for (size_t s = 0; table()->clamp[d] && s < SIZES; s++) {
            for (int stride = -1; stride <= 2; stride++) {
                const double low = s % 2 ? 1 : -INFINITY, high = s % 4 < 2 ? 3 : INFINITY;
                fill(&a, dtype, sizes[s], stride, 1);
                fill(&b, dtype, sizes[s], stride, 1);
                fill(&y, dtype, sizes[s], stride ? stride : 1, 1);
                table()->clamp[d](sizes[s], y.first, y.stride, a.first, a.stride, low, high);
                for (size_t i = 0; i < sizes[s]; i++)
                    check_element(dtype, at(&y, dtype, i),
                                  gra__reference_clamp(at(&a, dtype, i), low, high), 0,
                                  (tolerance){0, false}, "clamp", "", sizes[s], i);
                if (!table()->clamp_backward[d])
                    continue;
                table()->clamp_backward[d](sizes[s], y.first, y.stride, b.first, b.stride, a.first,
                                           a.stride, low, high);
                for (size_t i = 0; i < sizes[s]; i++)
                    check_element(dtype, at(&y, dtype, i),
                                  gra__reference_clamp_backward(at(&b, dtype, i), at(&a, dtype, i),
                                                                low, high),
                                  0, (tolerance){0, false}, "clamp_backward", "", sizes[s], i);
            }
        }
    }
}

GRA_TEST(where_chooses)
{
    for (int d = 0; d < GRA_DTYPE_COUNT; d++) {
        const gra_dtype dtype = (gra_dtype)d;
        check_served("where", table()->where[d] != NULL, ALL, dtype);
        for (size_t l = 0; table()->where[d] && l < LAYOUTS; l++) {
            for (size_t s = 0; s < SIZES; s++) {
                const struct layout *at_ = &layouts[l];
                const size_t n = sizes[s];
                fill(&a, dtype, n, at_->as, at_->offset);
                fill(&b, dtype, n, at_->bs, at_->offset);
                fill(&c, GRA_BOOL, n, at_->ys, at_->offset);
                fill(&y, dtype, n, at_->ys, at_->offset);
                if (at_->in_place >= 0)
                    copy(&y, at_->in_place == 0 ? &a : &b);
                copy(&before, &y);
                table()->where[d](n, y.first, y.stride, c.first, c.stride,
                                  at_->in_place == 0 ? y.first : a.first, a.stride,
                                  at_->in_place == 1 ? y.first : b.first, b.stride);
                for (size_t i = 0; i < n; i++)
                    check_element(dtype, at(&y, dtype, i),
                                  at(at(&c, GRA_BOOL, i) != 0 ? &a : &b, dtype, i), 0,
                                  (tolerance){0, false}, "where", at_->name, n, i);
                check_untouched(dtype, n, "where");
            }
        }
    }
}

GRA_TEST(every_pair_of_dtypes_converts)
{
    for (int to = 0; to < GRA_DTYPE_COUNT; to++)
        for (int from = 0; from < GRA_DTYPE_COUNT; from++)
            check_unary("convert", table()->convert[to][from], NULL, (gra_dtype)from, (gra_dtype)to,
                        (tolerance){0.5001, false});
}

GRA_TEST(bfloat16_rounds_to_nearest_even)
{
    const uint32_t bits[] = {0x3f800000, 0x3f808000, 0x3f818000, 0x3f808001,
                             0x3f807fff, 0x7f7fffff, 0x7f800000, 0xff800001,
                             0x7f800001, 0x80000001, 0x00008000, 0x00018000};
    const uint16_t expected[] = {0x3f80, 0x3f80, 0x3f82, 0x3f81, 0x3f80, 0x7f80,
                                 0x7f80, 0xffc0, 0x7fc0, 0x8000, 0x0000, 0x0002};
    enum { N = sizeof bits / sizeof *bits };
    uint16_t got[N];
    table()->convert[GRA_BFLOAT16][GRA_FLOAT32](N, (char *)got, 2, (const char *)bits, 4);
    for (int i = 0; i < N; i++)
        ck_assert_msg(got[i] == expected[i], "%#x became %#x, expected %#x", bits[i], got[i],
                      expected[i]);
}

GRA_TEST(int64_converts_beyond_the_range_of_double)
{
    const int64_t x[] = {INT64_MAX, INT64_MIN, (INT64_C(1) << 53) + 1, (INT64_C(1) << 32) + 5};
    int32_t narrow[4];
    table()->convert[GRA_INT32][GRA_INT64](4, (char *)narrow, 4, (const char *)x, 8);
    ck_assert_int_eq(narrow[0], -1);
    ck_assert_int_eq(narrow[1], 0);
    ck_assert_int_eq(narrow[3], 5);
    float rounded[4];
    table()->convert[GRA_FLOAT32][GRA_INT64](4, (char *)rounded, 4, (const char *)x, 8);
    ck_assert(rounded[0] == 0x1p63f && rounded[1] == -0x1p63f && rounded[2] == 0x1p53f);
    const double large[] = {0x1p63, -0x1p63, 1e300, NAN};
    int64_t wide[4];
    table()->convert[GRA_INT64][GRA_FLOAT64](4, (char *)wide, 8, (const char *)large, 8);
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(wide[i], INT64_MIN);
}

GRA_TEST(add_scaled_accumulates)
{
    for (int d = 0; d < GRA_DTYPE_COUNT; d++) {
        const gra_dtype dtype = (gra_dtype)d;
        check_served("add_scaled", table()->add_scaled[d] != NULL, FLOATS, dtype);
        for (size_t s = 0; table()->add_scaled[d] && s < SIZES; s++) {
            for (int stride = -1; stride <= 2; stride++) {
                fill(&a, dtype, sizes[s], stride, 1);
                fill(&y, dtype, sizes[s], stride ? stride : 1, 1);
                copy(&before, &y);
                copy(&b, &y);
                table()->add_scaled[d](sizes[s], y.first, y.stride, -0.25, a.first, a.stride);
                for (size_t i = 0; i < sizes[s]; i++) {
                    const double u = at(&b, dtype, i), x = at(&a, dtype, i);
                    check_element(dtype, at(&y, dtype, i), u - 0.25 * x, fabs(u) + fabs(x),
                                  (tolerance){1, true}, "add_scaled", "", sizes[s], i);
                }
                check_untouched(dtype, sizes[s], "add_scaled");
            }
        }
    }
}

/* A sweep over all floats, a prime number of bits apart. */
static double worst_ulps(gra__unary_loop *loop, gra__reference_unary *twin)
{
    enum { CHUNK = 4096, APART = 997 };
    float x[CHUNK], got[CHUNK];
    double worst = 0;
    for (uint64_t bits = 0; bits < UINT64_C(1) << 32;) {
        for (int i = 0; i < CHUNK; i++, bits += APART) {
            const uint32_t u = (uint32_t)bits;
            memcpy(&x[i], &u, sizeof u);
        }
        loop(CHUNK, (char *)got, sizeof(float), (const char *)x, sizeof(float));
        for (int i = 0; i < CHUNK; i++)
            worst = fmax(worst, gra__reference_ulps(GRA_FLOAT32, got[i], twin(x[i])));
    }
    return worst;
}

GRA_TEST(float32_functions_keep_their_bounds)
{
    ck_assert_double_le(worst_ulps(table()->exp[GRA_FLOAT32], gra__reference_exp), 2);
    ck_assert_double_le(worst_ulps(table()->log[GRA_FLOAT32], gra__reference_log), 2);
    ck_assert_double_le(worst_ulps(table()->tanh[GRA_FLOAT32], gra__reference_tanh), 4);
    ck_assert_double_le(worst_ulps(table()->sigmoid[GRA_FLOAT32], gra__reference_sigmoid), 4);
    ck_assert_double_le(worst_ulps(table()->expm1[GRA_FLOAT32], gra__reference_expm1), 2);
    ck_assert_double_le(worst_ulps(table()->log1p[GRA_FLOAT32], gra__reference_log1p), 2);
    ck_assert_double_le(worst_ulps(table()->erf[GRA_FLOAT32], gra__reference_erf), 2);
    ck_assert_double_le(worst_ulps(table()->sin[GRA_FLOAT32], gra__reference_sin), 2);
    ck_assert_double_le(worst_ulps(table()->cos[GRA_FLOAT32], gra__reference_cos), 2);
}

/* Bits, not values: threads cut a tensor into pieces, so an element may not depend on its place in
 * a piece, be it in the vectorised body of a loop or in what is left over. */
static void check_unary_places(gra_dtype dtype, gra__unary_loop *loop)
{
    const ptrdiff_t size = (ptrdiff_t)gra__reference_size(dtype);
    fill(&a, dtype, LARGEST, 1, 0);
    fill(&y, dtype, LARGEST, 1, 0);
    loop(LARGEST, y.first, size, a.first, size);
    for (ptrdiff_t at_ = 0; at_ < LARGEST * size; at_ += size) {
        char alone[8];
        loop(1, alone, size, a.first + at_, size);
        ck_assert(memcmp(alone, y.first + at_, (size_t)size) == 0);
        loop(1, alone, size, a.first + at_, 2 * size);
        ck_assert(memcmp(alone, y.first + at_, (size_t)size) == 0);
    }
}

static void check_binary_places(gra_dtype dtype, gra__binary_loop *loop)
{
    const ptrdiff_t size = (ptrdiff_t)gra__reference_size(dtype);
    fill(&a, dtype, LARGEST, 1, 0);
    fill(&b, dtype, LARGEST, 1, 0);
    fill(&y, dtype, LARGEST, 1, 0);
    loop(LARGEST, y.first, size, a.first, size, b.first, size);
    for (ptrdiff_t at_ = 0; at_ < LARGEST * size; at_ += size) {
        char alone[8];
        loop(1, alone, size, a.first + at_, size, b.first + at_, size);
        ck_assert(memcmp(alone, y.first + at_, (size_t)size) == 0);
        loop(1, alone, size, a.first + at_, 2 * size, b.first + at_, size);
        ck_assert(memcmp(alone, y.first + at_, (size_t)size) == 0);
    }
}

static void check_update_places(gra_dtype dtype)
{
    const ptrdiff_t size = (ptrdiff_t)gra__reference_size(dtype);
    fill(&a, dtype, LARGEST, 1, 0);
    fill(&y, dtype, LARGEST, 1, 0);
    copy(&before, &y);
    table()->add_scaled[dtype](LARGEST, y.first, size, 0.3, a.first, size);
    for (ptrdiff_t at_ = 0; at_ < LARGEST * size; at_ += size) {
        char *p = before.first + at_;
        table()->add_scaled[dtype](1, p, size, 0.3, a.first + at_, size);
        ck_assert(memcmp(p, y.first + at_, (size_t)size) == 0);
    }
}

GRA_TEST(bits_do_not_depend_on_the_place_in_a_loop)
{
    const gra__elementwise_table *t = table();
    within_one = true;
    for (int d = GRA_FLOAT32; d <= GRA_FLOAT64; d++) {
        gra__unary_loop *const unary[] = {
            t->square[d],  t->one_minus[d], t->exp[d],        t->log[d],   t->tanh[d],
            t->sigmoid[d], t->sqrt[d],      t->reciprocal[d], t->rsqrt[d], t->expm1[d],
            t->log1p[d],   t->erf[d],       t->sin[d],        t->cos[d]};
        gra__binary_loop *const binary[] = {t->mul[d], t->div[d], t->pow[d], t->sigmoid_backward[d],
                                            t->tanh_backward[d]};
        for (size_t i = 0; i < sizeof unary / sizeof *unary; i++)
            check_unary_places((gra_dtype)d, unary[i]);
        for (size_t i = 0; i < sizeof binary / sizeof *binary; i++)
            check_binary_places((gra_dtype)d, binary[i]);
        check_update_places((gra_dtype)d);
    }
    within_one = false;
}

GRA_TEST(sin_and_cos_of_an_element_do_not_depend_on_large_neighbours)
{
    gra__unary_loop *const loops[] = {table()->sin[GRA_FLOAT32], table()->cos[GRA_FLOAT32]};
    float x[64], among_small[64], among_large[64];
    for (int k = 0; k < 2; k++) {
        for (int i = 0; i < 64; i++)
            x[i] = (float)random_in(-100, 100);
        loops[k](63, (char *)among_small, 4, (const char *)x, 4);
        x[63] = 3e30f;
        loops[k](64, (char *)among_large, 4, (const char *)x, 4);
        ck_assert_mem_eq(among_small, among_large, 63 * sizeof(float));
    }
}

GRA_TEST(zeros_keep_their_sign)
{
    const float zeros[] = {0.0f, -0.0f};
    float got[2];
    table()->tanh[GRA_FLOAT32](2, (char *)got, 4, (const char *)zeros, 4);
    ck_assert(!signbit(got[0]) && signbit(got[1]));
    gra__unary_loop *const odd[] = {table()->expm1[GRA_FLOAT32], table()->log1p[GRA_FLOAT32],
                                    table()->erf[GRA_FLOAT32], table()->sin[GRA_FLOAT32],
                                    table()->round[GRA_FLOAT32]};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        odd[i](2, (char *)got, 4, (const char *)zeros, 4);
        ck_assert(got[0] == 0 && got[1] == 0 && !signbit(got[0]) && signbit(got[1]));
    }
    table()->neg[GRA_FLOAT32](2, (char *)got, 4, (const char *)zeros, 4);
    ck_assert(signbit(got[0]) && !signbit(got[1]));
    table()->relu[GRA_FLOAT32](2, (char *)got, 4, (const char *)zeros, 4);
    ck_assert(!signbit(got[0]) && signbit(got[1]));
}

GRA_TEST_MAIN("elementwise", the_isa_is_the_one_asked_for, arithmetic_agrees_with_the_twin,
              power_agrees_with_the_twin, integer_power_squares_repeatedly, integers_wrap_around,
              comparisons_agree_with_the_twin, logic_agrees_with_the_twin,
              unary_functions_agree_with_the_twin, transcendental_functions_agree_with_libm,
              gradients_agree_with_the_twin, clamp_agrees_with_the_twin, where_chooses,
              every_pair_of_dtypes_converts, bfloat16_rounds_to_nearest_even,
              int64_converts_beyond_the_range_of_double, add_scaled_accumulates,
              float32_functions_keep_their_bounds, bits_do_not_depend_on_the_place_in_a_loop,
              sin_and_cos_of_an_element_do_not_depend_on_large_neighbours, zeros_keep_their_sign)
