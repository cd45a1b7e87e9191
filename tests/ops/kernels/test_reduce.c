/* Every reduction of every dtype against its naive twin, over sizes, strides and special values;
 * softmax and its kin over slabs. GRADUS_ISA picks the instruction set under test. */
#include "ops/kernels/isa.h"
#include "tests/reference/elementwise.h"
#include "tests/reference/reduce.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "tests/support/test.h"

enum { LARGEST = 3000, BYTES = 8 * LARGEST * 2 * 2 + 64 };

static const size_t sizes[] = {0, 1, 3, 15, 16, 17, 33, 1000, LARGEST};
static const int strides[] = {1, 2, -1, -2, 0};

enum { SIZES = sizeof sizes / sizeof *sizes, STRIDES = sizeof strides / sizeof *strides };

static uint64_t random_state;

static double random_in(double low, double high)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return low + (high - low) * (double)(random_state >> 11) * 0x1p-53;
}

/* n elements of one dtype in memory, a byte off any alignment, and the same as doubles. */
static char bytes[BYTES];
static double values[LARGEST];
static char *first;
static ptrdiff_t stride;

typedef enum kind { PLAIN, NEAR_ONE, WITH_TIES, WITH_NAN, MOSTLY_ZERO, NO_ZERO } kind;

static double element(gra_dtype dtype, kind kind)
{
    const bool is_float = dtype == GRA_FLOAT32 || dtype == GRA_FLOAT64;
    const double largest = dtype == GRA_BOOL ? 1.999 : dtype == GRA_UINT8 ? 200 : 1000;
    switch (kind) {
    case NEAR_ONE: return is_float ? random_in(0.99, 1.01) : random_in(0, 50) < 49;
    case WITH_TIES: return (is_float ? -1 : 1) * trunc(random_in(0, dtype == GRA_BOOL ? 1.999 : 4));
    case WITH_NAN: return is_float && random_in(0, 100) < 1 ? NAN : trunc(random_in(0, largest));
    case MOSTLY_ZERO: return random_in(0, 2000) < 1;
    case NO_ZERO: return random_in(0, 2000) > 1;
    default:
        return is_float
                   ? random_in(-4, 5)
                   : trunc(random_in(dtype == GRA_UINT8 || dtype == GRA_BOOL ? 0 : -900, largest));
    }
}

static void fill(gra_dtype dtype, kind kind, size_t n, int elements_apart)
{
    first = bytes + BYTES / 16 * 8 + 1;
    stride = elements_apart * (ptrdiff_t)gra__reference_size(dtype);
    for (size_t i = 0; i < n; i++)
        gra__reference_store(dtype, first + (ptrdiff_t)i * stride, element(dtype, kind));
    for (size_t i = 0; i < n; i++)
        values[i] = gra__reference_load(dtype, first + (ptrdiff_t)i * stride);
}

static const gra__reduce_table *table(void)
{
    return gra__kernels_get()->reduce;
}

static bool near(double got, double expected, double relative)
{
    return got == expected || (isnan(got) && isnan(expected)) ||
           fabs(got - expected) <= relative * fabs(expected);
}

/* What the accumulator of a reduction is. */
typedef enum accumulator { WIDE, SAME, BYTE } accumulator;

static gra_dtype accumulator_dtype(accumulator a, gra_dtype dtype)
{
    if (a == WIDE)
        return dtype == GRA_FLOAT32 || dtype == GRA_FLOAT64 ? GRA_FLOAT64 : GRA_INT64;
    return a == SAME ? dtype : GRA_BOOL;
}

static void check_run(const char *what, gra__reduce_loop *loop, gra__reference_fold *twin,
                      gra_dtype dtype, gra_dtype acc_dtype, kind kind, double start)
{
    for (size_t s = 0; s < SIZES; s++) {
        for (size_t t = 0; t < STRIDES; t++) {
            fill(dtype, kind, sizes[s], strides[t]);
            double acc, expected = start, magnitude = 0;
            gra__reference_store(acc_dtype, &acc, start);
            loop(sizes[s], &acc, first, stride);
            for (size_t i = 0; i < sizes[s]; i++) {
                expected = twin(expected, values[i]);
                magnitude += fabs(values[i]);
            }
            const double got = gra__reference_load(acc_dtype, &acc);
            ck_assert_msg(near(got, expected, 1e-12) || fabs(got - expected) <= 1e-14 * magnitude,
                          "%s, dtype %d, n %zu, stride %d: %.17g, expected %.17g", what, (int)dtype,
                          sizes[s], strides[t], got, expected);
        }
    }
}

static void check_row(const char *what, gra__reduce_loop *loop, gra__reference_fold *twin,
                      gra_dtype dtype, gra_dtype acc_dtype, kind kind, double start)
{
    const size_t size = gra__reference_size(acc_dtype);
    static char acc[LARGEST * 8];
    for (size_t s = 0; s < SIZES; s++) {
        for (size_t t = 0; t < STRIDES; t++) {
            const size_t n = sizes[s];
            for (size_t i = 0; i < n; i++)
                gra__reference_store(acc_dtype, acc + i * size, start + (double)(i % 2));
            fill(dtype, kind, n, strides[t]);
            loop(n, acc, first, stride);
            for (size_t i = 0; i < n; i++) {
                char begun[8];
                gra__reference_store(acc_dtype, begun, start + (double)(i % 2));
                const double expected = twin(gra__reference_load(acc_dtype, begun), values[i]),
                             got = gra__reference_load(acc_dtype, acc + i * size);
                ck_assert_msg(near(got, expected, 1e-15),
                              "%s row, dtype %d, n %zu, element %zu: %.9g, expected %.9g", what,
                              (int)dtype, n, i, got, expected);
            }
        }
    }
}

static void check_reduction(const char *what, const gra__reduction *reduction,
                            gra__reference_fold *twin, accumulator accumulator, kind kind,
                            double start)
{
    for (int d = 0; d < GRA_DTYPE_COUNT; d++) {
        const gra_dtype dtype = (gra_dtype)d, acc_dtype = accumulator_dtype(accumulator, dtype);
        ck_assert((reduction->run[d] == NULL) == (dtype == GRA_BFLOAT16));
        ck_assert((reduction->row[d] == NULL) == (dtype == GRA_BFLOAT16));
        if (!reduction->run[d])
            continue;
        check_run(what, reduction->run[d], twin, dtype, acc_dtype, kind, start);
        check_row(what, reduction->row[d], twin, dtype, acc_dtype, kind, start);
    }
}

GRA_TEST(sums_and_products_agree_with_the_twin)
{
    check_reduction("sum", &table()->sum, gra__reference_sum, WIDE, PLAIN, 3);
    check_reduction("sum", &table()->sum, gra__reference_sum, WIDE, WITH_NAN, 0);
    check_reduction("prod", &table()->prod, gra__reference_prod, WIDE, NEAR_ONE, 2);
}

GRA_TEST(extrema_agree_with_the_twin)
{
    const kind kinds[] = {PLAIN, WITH_TIES, WITH_NAN};
    for (size_t k = 0; k < 3; k++) {
        check_reduction("max", &table()->max, gra__reference_max, SAME, kinds[k], 0);
        check_reduction("min", &table()->min, gra__reference_min, SAME, kinds[k], 0);
    }
}

GRA_TEST(any_and_all_agree_with_the_twin)
{
    check_reduction("any", &table()->any, gra__reference_any, BYTE, MOSTLY_ZERO, 0);
    check_reduction("any", &table()->any, gra__reference_any, BYTE, WITH_NAN, 0);
    check_reduction("all", &table()->all, gra__reference_all, BYTE, NO_ZERO, 1);
    check_reduction("all", &table()->all, gra__reference_all, BYTE, WITH_NAN, 1);
}

GRA_TEST(extrema_of_extremes)
{
    float low = -INFINITY, high = INFINITY;
    const float x[] = {-FLT_MAX, FLT_MAX, -1e-45f, 1e-45f}, infinities[] = {INFINITY, -INFINITY},
                minus_nan[] = {1, -NAN};
    table()->max.run[GRA_FLOAT32](4, &low, (const char *)x, 4);
    table()->min.run[GRA_FLOAT32](4, &high, (const char *)x, 4);
    ck_assert(low == FLT_MAX && high == -FLT_MAX);
    table()->max.run[GRA_FLOAT32](2, &low, (const char *)infinities, 4);
    table()->min.run[GRA_FLOAT32](2, &high, (const char *)infinities, 4);
    ck_assert(low == INFINITY && high == -INFINITY);
    table()->max.run[GRA_FLOAT32](2, &low, (const char *)minus_nan, 4);
    table()->min.run[GRA_FLOAT32](2, &high, (const char *)minus_nan, 4);
    ck_assert(isnan(low) && isnan(high));
    low = high = 1;
    table()->max.run[GRA_FLOAT32](1, &low, (const char *)&(float){NAN}, 4);
    table()->min.run[GRA_FLOAT32](1, &high, (const char *)&(float){NAN}, 4);
    ck_assert(isnan(low) && isnan(high));
}

/* Bits, not values: a sum may not depend on how its elements lie. */
GRA_TEST(strides_do_not_change_a_sum)
{
    static float packed[LARGEST], apart[LARGEST * 3];
    for (int i = 0; i < LARGEST; i++)
        packed[i] = apart[3 * i] = (float)random_in(-1e6, 1e6);
    for (size_t s = 0; s < SIZES; s++) {
        double a = 0, b = 0, c = 0, d = 0;
        table()->sum.run[GRA_FLOAT32](sizes[s], &a, (const char *)packed, 4);
        table()->sum.run[GRA_FLOAT32](sizes[s], &b, (const char *)apart, 12);
        table()->deviation_run[GRA_FLOAT32](sizes[s], &c, (const char *)packed, 4, 0.1);
        table()->deviation_run[GRA_FLOAT32](sizes[s], &d, (const char *)apart, 12, 0.1);
        ck_assert(memcmp(&a, &b, sizeof a) == 0 && memcmp(&c, &d, sizeof c) == 0);
    }
}

GRA_TEST(integer_sums_wrap_around)
{
    const int64_t x[] = {INT64_MAX, 1};
    int64_t sum = 0, product = 1;
    table()->sum.run[GRA_INT64](2, &sum, (const char *)x, 8);
    ck_assert_int_eq(sum, INT64_MIN);
    table()->prod.run[GRA_INT64](2, &product, (const char *)x, 0);
    ck_assert_int_eq(product, 1);
}

GRA_TEST(deviations_agree_with_the_twin)
{
    static double acc[LARGEST], means[LARGEST];
    for (int d = GRA_FLOAT32; d <= GRA_FLOAT64; d++) {
        for (size_t s = 0; s < SIZES; s++) {
            for (size_t t = 0; t < STRIDES; t++) {
                const size_t n = sizes[s];
                fill((gra_dtype)d, PLAIN, n, strides[t]);
                double run = 1, expected = 1;
                table()->deviation_run[d](n, &run, first, stride, 0.25);
                for (size_t i = 0; i < n; i++) {
                    expected += (values[i] - 0.25) * (values[i] - 0.25);
                    acc[i] = (double)i, means[i] = random_in(-1, 1);
                }
                ck_assert_double_eq_tol(run, expected, 1e-12 * expected);
                table()->deviation_row[d](n, acc, first, stride, means);
                for (size_t i = 0; i < n; i++)
                    ck_assert_double_eq_tol(acc[i], (double)i + pow(values[i] - means[i], 2),
                                            1e-12 * (double)(i + 1));
            }
        }
    }
}

typedef size_t reference_arg(size_t n, const double *x);

static void check_arg_run(gra__arg_run *const *loops, reference_arg *twin, kind kind)
{
    for (int d = 0; d < GRA_DTYPE_COUNT; d++) {
        for (size_t s = 1; loops[d] && s < SIZES; s++) {
            for (size_t t = 0; t < STRIDES; t++) {
                fill((gra_dtype)d, kind, sizes[s], strides[t]);
                ck_assert_int_eq(loops[d](sizes[s], first, stride), twin(sizes[s], values));
            }
        }
    }
}

/* Twelve rows, one after the other. */
static void check_arg_row(gra__arg_row *const *loops, reference_arg *twin, kind kind)
{
    enum { ROWS = 12 };
    static double columns[LARGEST][ROWS];
    static char best[LARGEST * 8];
    static int64_t index[LARGEST];
    for (int d = 0; d < GRA_DTYPE_COUNT; d++) {
        for (size_t s = 0; loops[d] && s < SIZES; s++) {
            memset(best, 0xff, sizeof best);
            for (int k = 0; k < ROWS; k++) {
                fill((gra_dtype)d, kind, sizes[s], strides[s % 4]);
                for (size_t i = 0; i < sizes[s]; i++)
                    columns[i][k] = values[i];
                loops[d](sizes[s], best, index, first, stride, k);
            }
            for (size_t i = 0; i < sizes[s]; i++) {
                const size_t expected = twin(ROWS, columns[i]);
                ck_assert_int_eq(index[i], expected);
                ck_assert(near(
                    gra__reference_load((gra_dtype)d, best + i * gra__reference_size((gra_dtype)d)),
                    columns[i][expected], 0));
            }
        }
    }
}

GRA_TEST(the_first_extremum_is_found)
{
    const kind kinds[] = {PLAIN, WITH_TIES, WITH_NAN};
    for (size_t k = 0; k < 3; k++) {
        check_arg_run(table()->argmax_run, gra__reference_argmax, kinds[k]);
        check_arg_run(table()->argmin_run, gra__reference_argmin, kinds[k]);
        check_arg_row(table()->argmax_row, gra__reference_argmax, kinds[k]);
        check_arg_row(table()->argmin_row, gra__reference_argmin, kinds[k]);
    }
    const float zeros[] = {-0.0f, 0.0f, -0.0f}, nans[] = {1, -NAN, NAN};
    ck_assert_int_eq(table()->argmax_run[GRA_FLOAT32](3, (const char *)zeros, 4), 0);
    ck_assert_int_eq(table()->argmin_run[GRA_FLOAT32](2, (const char *)(zeros + 1), 4), 0);
    ck_assert_int_eq(table()->argmax_run[GRA_FLOAT32](3, (const char *)nans, 4), 1);
    ck_assert_int_eq(table()->argmin_run[GRA_FLOAT32](3, (const char *)nans, 4), 1);
}

/* Softmax and its kin. A slab has a guard element on either side. */

enum { SLAB = 1000 * 3 + 300 * 257 };

static double x64[SLAB], g64[SLAB], twin64[SLAB];
static char slab_x[SLAB * 8 + 1], slab_g[SLAB * 8 + 1], slab_y[SLAB * 8 + 17];

static const struct slab {
    size_t n, inner;
} slabs[] = {{1, 1},  {2, 1},  {10, 1}, {17, 1},  {257, 1},  {1000, 1},  {1, 5},
             {10, 3}, {3, 16}, {5, 17}, {7, 128}, {10, 129}, {300, 257}, {0, 4}};

enum { SLABS = sizeof slabs / sizeof *slabs };

static void fill_slab(gra_dtype dtype, char *to, double *twin, size_t count, double low,
                      double high)
{
    const size_t size = gra__reference_size(dtype);
    for (size_t i = 0; i < count; i++) {
        gra__reference_store(dtype, to + 1 + i * size, random_in(low, high));
        twin[i] = gra__reference_load(dtype, to + 1 + i * size);
    }
}

static void check_slab(const char *what, gra_dtype dtype, const char *got, size_t count,
                       size_t inner, double absolute)
{
    const double tolerated = dtype == GRA_FLOAT32 ? 4e-6 : 1e-14;
    for (size_t i = 0; i < count; i++) {
        const double y = gra__reference_load(dtype, got + 1 + i * gra__reference_size(dtype));
        ck_assert_msg(near(y, twin64[i], tolerated) || fabs(y - twin64[i]) <= absolute * tolerated,
                      "%s, dtype %d, inner %zu, of %zu element %zu: %.17g, expected %.17g", what,
                      (int)dtype, inner, count, i, y, twin64[i]);
    }
}

typedef void reference_softmax(size_t n, size_t inner, double *y, const double *x);
typedef void reference_softmax_backward(size_t n, size_t inner, double *dx, const double *g,
                                        const double *y);

static void check_softmax(const char *what, gra__softmax_loop *const *loops,
                          reference_softmax *twin)
{
    for (int d = GRA_FLOAT32; d <= GRA_FLOAT64; d++) {
        for (size_t s = 0; s < SLABS; s++) {
            const size_t n = slabs[s].n, inner = slabs[s].inner, count = n * inner;
            const size_t size = gra__reference_size((gra_dtype)d);
            fill_slab((gra_dtype)d, slab_x, x64, count, 60, 90);
            for (size_t j = 0; j < inner; j++)
                twin(n, inner, twin64 + j, x64 + j);
            memset(slab_y, 0x5a, sizeof slab_y);
            loops[d](n, inner, slab_y + 1, slab_x + 1);
            check_slab(what, (gra_dtype)d, slab_y, count, inner,
                       strcmp(what, "log_softmax") == 0 ? 10 : 1e-30);
            ck_assert(slab_y[0] == 0x5a && slab_y[1 + count * size] == 0x5a);
            loops[d](n, inner, slab_x + 1, slab_x + 1);
            ck_assert(memcmp(slab_x + 1, slab_y + 1, count * size) ==
                      0); // In place: the same bits.
        }
    }
}

static void check_softmax_backward(const char *what, gra__softmax_backward_loop *const *loops,
                                   reference_softmax_backward *twin, double low, double high)
{
    for (int d = GRA_FLOAT32; d <= GRA_FLOAT64; d++) {
        for (size_t s = 0; s < SLABS; s++) {
            const size_t n = slabs[s].n, inner = slabs[s].inner, count = n * inner;
            const size_t size = gra__reference_size((gra_dtype)d);
            fill_slab((gra_dtype)d, slab_x, x64, count, low, high);
            fill_slab((gra_dtype)d, slab_g, g64, count, -1, 1);
            for (size_t j = 0; j < inner; j++)
                twin(n, inner, twin64 + j, g64 + j, x64 + j);
            loops[d](n, inner, slab_y + 1, slab_g + 1, slab_x + 1);
            check_slab(what, (gra_dtype)d, slab_y, count, inner, 10);
            if (s % 2)
                loops[d](n, inner, slab_g + 1, slab_g + 1, slab_x + 1);
            else
                loops[d](n, inner, slab_x + 1, slab_g + 1, slab_x + 1);
            ck_assert(memcmp((s % 2 ? slab_g : slab_x) + 1, slab_y + 1, count * size) == 0);
        }
    }
}

GRA_TEST(softmax_agrees_with_the_twin)
{
    check_softmax("softmax", table()->softmax, gra__reference_softmax);
    check_softmax("log_softmax", table()->log_softmax, gra__reference_log_softmax);
}

GRA_TEST(softmax_gradients_agree_with_the_twin)
{
    check_softmax_backward("softmax_backward", table()->softmax_backward,
                           gra__reference_softmax_backward, 0, 0.1);
    check_softmax_backward("log_softmax_backward", table()->log_softmax_backward,
                           gra__reference_log_softmax_backward, -8, 0);
}

GRA_TEST(logsumexp_agrees_with_the_twin)
{
    for (int d = GRA_FLOAT32; d <= GRA_FLOAT64; d++) {
        for (size_t s = 0; s < SLABS; s++) {
            fill_slab((gra_dtype)d, slab_x, x64, slabs[s].n * slabs[s].inner, -200, 90);
            for (size_t j = 0; j < slabs[s].inner; j++)
                twin64[j] = gra__reference_logsumexp(slabs[s].n, slabs[s].inner, x64 + j);
            table()->logsumexp[d](slabs[s].n, slabs[s].inner, slab_y + 1, slab_x + 1);
            check_slab("logsumexp", (gra_dtype)d, slab_y, slabs[s].inner, slabs[s].inner, 1);
        }
    }
}

/* Columns of a 2 by 5 slab, and each as a run of its own. */
GRA_TEST(softmax_of_infinities_is_that_of_pytorch)
{
    const float x[2][5] = {{-INFINITY, -INFINITY, INFINITY, NAN, 1000},
                           {0, -INFINITY, 0, 0, -1000}};
    const float softmax[2][5] = {{0, NAN, NAN, NAN, 1}, {1, NAN, 0, NAN, 0}};
    const float log_softmax[2][5] = {{-INFINITY, NAN, NAN, NAN, 0},
                                     {0, NAN, -INFINITY, NAN, -2000}};
    const float logsumexp[5] = {0, -INFINITY, INFINITY, NAN, 1000};
    float y[2][5];
    table()->softmax[GRA_FLOAT32](2, 5, y, x);
    for (int j = 0; j < 5; j++) {
        const float run[2] = {x[0][j], x[1][j]};
        float z[2], l[2], e;
        table()->softmax[GRA_FLOAT32](2, 1, z, run);
        table()->log_softmax[GRA_FLOAT32](2, 1, l, run);
        table()->logsumexp[GRA_FLOAT32](2, 1, &e, run);
        ck_assert(near(e, logsumexp[j], 0));
        for (int k = 0; k < 2; k++) {
            ck_assert(j == 2 || near(y[k][j], softmax[k][j], 0));
            ck_assert(j == 2 || near(z[k], softmax[k][j], 0));
            ck_assert(j == 2 || near(l[k], log_softmax[k][j], 0));
        }
        ck_assert(j != 2 || (isnan(y[0][j]) && isnan(z[0]) && isnan(l[0])));
    }
}

GRA_TEST_MAIN("reduce", sums_and_products_agree_with_the_twin, extrema_agree_with_the_twin,
              any_and_all_agree_with_the_twin, extrema_of_extremes, strides_do_not_change_a_sum,
              integer_sums_wrap_around, deviations_agree_with_the_twin, the_first_extremum_is_found,
              softmax_agrees_with_the_twin, softmax_gradients_agree_with_the_twin,
              logsumexp_agrees_with_the_twin, softmax_of_infinities_is_that_of_pytorch)
