/* The loops of activations against their twins in long double, over sizes, strides and special
 * values, and over all floats. GRADUS_ISA picks the instruction set under test. */
#include "ops/kernels/activations.h"
#include "ops/kernels/isa.h"
#include "tests/reference/activations.h"
#include "tests/reference/elementwise.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "tests/support/test.h"

static const gra__activations_table *table(void)
{
    return gra__kernels_get()->activations;
}

/* How near a float32 result has to come: so many ulps of itself, or so many times 2^-23 of the larger
 * of |x| and a constant. */
typedef struct tolerance {
    double ulps, share, least;
} tolerance;

static const struct {
    const char *name;
    size_t loops; /* offset in the table */
    gra__reference_activation *twin;
    double p[3];
    tolerance allowed;
} functions[] = {
#define ROW(name) #name, offsetof(gra__activations_table, name), gra__reference_##name
    {ROW(leaky_relu), {0.01}, {.ulps = 1}},
    {ROW(leaky_relu), {-2}, {.ulps = 1}},
    {ROW(elu), {1, 1, 1}, {.ulps = 3}},
    {ROW(elu), {1.7580993, 1.0507009873554805, 1}, {.ulps = 4}},
    {ROW(gelu), {0}, {.ulps = 8}},
    {ROW(gelu_tanh), {0}, {.share = 2}},
    {ROW(silu), {0}, {.ulps = 4}},
    {ROW(softplus), {1, 20}, {.ulps = 4}},
    {ROW(softplus), {2, 1e30}, {.ulps = 4}},
    {ROW(softplus), {-0.5, 20}, {.ulps = 4}},
#undef ROW
};

static const struct {
    const char *name;
    size_t loops;
    gra__reference_activation *slope;
    double p[3];
    tolerance allowed; /* for g = 1 */
} gradients[] = {
#define ROW(name, slope) #name, offsetof(gra__activations_table, name), gra__reference_##slope
    {ROW(leaky_relu_backward, leaky_relu_slope), {0.01}, {.ulps = 1}},
    {ROW(elu_backward, elu_slope), {1, 1, 1}, {.ulps = 3}},
    {ROW(elu_backward, elu_slope), {1.7580993, 1.0507009873554805, 1}, {.ulps = 4}},
    {ROW(elu_backward_y, elu_slope_y), {1.5, 1, 1}, {.ulps = 2}},
    {ROW(gelu_backward, gelu_slope), {0}, {.share = 2, .least = 1}},
    {ROW(gelu_tanh_backward, gelu_tanh_slope), {0}, {.share = 2, .least = 1}},
    {ROW(silu_backward, silu_slope), {0}, {.share = 2, .least = 1}},
    {ROW(softplus_backward, softplus_slope), {1, 20}, {.ulps = 5}},
    {ROW(hardtanh_backward, hardtanh_slope), {-1, 2}, {.ulps = 0}},
#undef ROW
};

enum {
    FUNCTIONS = sizeof functions / sizeof *functions,
    GRADIENTS = sizeof gradients / sizeof *gradients
};

static gra__activation_loop *function_loop(size_t k, gra_dtype dtype)
{
    const char *const row = (const char *)table() + functions[k].loops;
    return ((gra__activation_loop *const *)(const void *)row)[dtype];
}

static gra__activation_backward_loop *gradient_loop(size_t k, gra_dtype dtype)
{
    const char *const row = (const char *)table() + gradients[k].loops;
    return ((gra__activation_backward_loop *const *)(const void *)row)[dtype];
}

static void check(gra_dtype dtype, double got, long double expected, double x, tolerance allowed,
                  const char *what)
{
    const double epsilon = dtype == GRA_FLOAT32 ? FLT_EPSILON : DBL_EPSILON;
    bool near = gra__reference_ulps(dtype, got, (double)expected) <= allowed.ulps;
    if (!near && allowed.share > 0 && isfinite(got))
        near = fabsl(got - expected) <=
               allowed.share * epsilon * fmax(fabs(x), allowed.least) + FLT_TRUE_MIN;
    if (!near)
        ck_abort_msg("%s, dtype %d: f(%.9g) is %.9g, expected %.9Lg", what, (int)dtype, x, got,
                     expected);
}

GRA_TEST(floats_are_served)
{
    for (int d = 0; d < GRA_DTYPE_COUNT; d++) {
        const bool is_float = d == GRA_FLOAT32 || d == GRA_FLOAT64;
        for (size_t k = 0; k < FUNCTIONS; k++)
            ck_assert(is_float == (function_loop(k, (gra_dtype)d) != NULL));
        for (size_t k = 0; k < GRADIENTS; k++)
            ck_assert(is_float == (gradient_loop(k, (gra_dtype)d) != NULL));
        ck_assert(is_float == (table()->prelu[d] != NULL));
        ck_assert(is_float == (table()->prelu_backward[d] != NULL));
        ck_assert(is_float == (table()->prelu_backward_weight[d] != NULL));
    }
}

/* A sweep over all floats, a prime number of bits apart. */
enum { SWEEP = 4096, APART = 9973 };

static bool next_floats(uint64_t *bits, float x[SWEEP])
{
    for (int i = 0; i < SWEEP; i++, *bits += APART) {
        const uint32_t u = (uint32_t)*bits;
        memcpy(&x[i], &u, sizeof u);
    }
    return *bits < UINT64_C(1) << 32;
}

GRA_TEST(float32_functions_keep_their_bounds)
{
    static float x[SWEEP], y[SWEEP];
    uint64_t bits = 0;
    for (bool more = true; more;) {
        more = next_floats(&bits, x);
        for (size_t k = 0; k < FUNCTIONS; k++) {
            const double *const p = functions[k].p;
            function_loop(k, GRA_FLOAT32)(SWEEP, (char *)y, 4, (const char *)x, 4, p);
            for (int i = 0; i < SWEEP; i++)
                check(GRA_FLOAT32, y[i], functions[k].twin(x[i], p), x[i], functions[k].allowed,
                      functions[k].name);
        }
    }
}

GRA_TEST(float32_gradients_keep_their_bounds)
{
    static float x[SWEEP], z[SWEEP];
    const float one = 1;
    uint64_t bits = 0;
    for (bool more = true; more;) {
        more = next_floats(&bits, x);
        for (size_t k = 0; k < GRADIENTS; k++) {
            const double *const p = gradients[k].p;
            gradient_loop(k, GRA_FLOAT32)(SWEEP, (char *)z, 4, (const char *)&one, 0,
                                          (const char *)x, 4, p);
            for (int i = 0; i < SWEEP; i++)
                check(GRA_FLOAT32, z[i], gradients[k].slope(x[i], p), 1, gradients[k].allowed,
                      gradients[k].name);
        }
    }
}

/* Beside which floats float64 is checked too: its functions are libm's. */
GRA_TEST(float64_functions_agree_with_the_twin)
{
    for (double x = -60; x <= 60; x += 0.0917) {
        const double one = 1;
        double y;
        for (size_t k = 0; k < FUNCTIONS; k++) {
            const double *const p = functions[k].p;
            function_loop(k, GRA_FLOAT64)(1, (char *)&y, 8, (const char *)&x, 8, p);
            ck_assert_msg(gra_test_close(y, (double)functions[k].twin(x, p), 1e-12, 1e-15),
                          "%s(%.17g) is %.17g", functions[k].name, x, y);
        }
        for (size_t k = 0; k < GRADIENTS; k++) {
            const double *const p = gradients[k].p;
            gradient_loop(k, GRA_FLOAT64)(1, (char *)&y, 8, (const char *)&one, 8, (const char *)&x,
                                          8, p);
            ck_assert_msg(gra_test_close(y, (double)gradients[k].slope(x, p), 1e-12, 1e-15),
                          "%s(%.17g) is %.17g", gradients[k].name, x, y);
        }
    }
    const double ends[] = {INFINITY, -INFINITY};
    for (size_t k = 0; k < FUNCTIONS; k++)
        for (int i = 0; i < 2; i++) {
            double y;
            function_loop(k, GRA_FLOAT64)(1, (char *)&y, 8, (const char *)&ends[i], 8,
                                          functions[k].p);
            ck_assert_double_eq(y, (double)functions[k].twin(ends[i], functions[k].p));
        }
}

/* ---- strides: bits as those of packed elements, and nothing written beside them ---- */

enum { N = 600, ROOM = 3 * N };

static const struct layout {
    int ys, gs, xs; /* in elements; in_place: the output lies on x */
    bool in_place;
} layouts[] = {{1, 1, 1, false}, {2, 1, 3, false},  {1, 0, 1, false}, {1, 1, 0, false},
               {1, 0, 0, false}, {-1, 2, 1, false}, {1, 1, 1, true},  {3, 2, 3, true}};

enum { LAYOUTS = sizeof layouts / sizeof *layouts };

typedef struct operand {
    _Alignas(8) char bytes[(2 * ROOM + 1) * 8];
    char *first;
    ptrdiff_t stride;
} operand;

static operand y, g, x, w;

static void fill(operand *t, gra_dtype dtype, int stride, unsigned seed)
{
    const ptrdiff_t size = (ptrdiff_t)gra__reference_size(dtype);
    memset(t->bytes, 0x5a, sizeof t->bytes);
    t->first = t->bytes + ROOM * size + 1; /* at an odd byte */
    t->stride = stride * size;
    for (int i = 0; i < N; i++)
        gra__reference_store(dtype, t->first + i * t->stride,
                             sin((double)(i + 1) * (double)seed) * 5);
}

/* The i-th element of an operand, packed. */
static const char *alone(const operand *t, int i)
{
    return t->first + i * t->stride;
}

static void check_strides(gra_dtype dtype, size_t k, const struct layout *at, bool backward)
{
    const size_t size = gra__reference_size(dtype);
    static char expected[sizeof y.bytes];
    fill(&g, dtype, at->gs, 3);
    fill(&x, dtype, at->xs, 7);
    fill(&y, dtype, at->ys, at->in_place ? 7 : 11);
    memcpy(expected, y.bytes, sizeof expected);
    for (int i = 0; i < N; i++) {
        char *const to = expected + (y.first - y.bytes) + i * y.stride;
        if (backward)
            gradient_loop(k, dtype)(1, to, (ptrdiff_t)size, alone(&g, i), (ptrdiff_t)size,
                                    alone(&x, i), (ptrdiff_t)size, gradients[k].p);
        else
            function_loop(k, dtype)(1, to, (ptrdiff_t)size, alone(&x, i), (ptrdiff_t)size,
                                    functions[k].p);
    }
    const char *const from = at->in_place ? y.first : x.first;
    if (backward)
        gradient_loop(k, dtype)(N, y.first, y.stride, g.first, g.stride, from, x.stride,
                                gradients[k].p);
    else
        function_loop(k, dtype)(N, y.first, y.stride, from, x.stride, functions[k].p);
    ck_assert_msg(memcmp(expected, y.bytes, sizeof expected) == 0, "%s, dtype %d, layout %d",
                  backward ? gradients[k].name : functions[k].name, (int)dtype,
                  (int)(at - layouts));
}

GRA_TEST(strides_and_places_do_not_change_a_bit)
{
    for (int d = GRA_FLOAT32; d <= GRA_FLOAT64; d++)
        for (size_t l = 0; l < LAYOUTS; l++) {
            for (size_t k = 0; k < FUNCTIONS; k++)
                check_strides((gra_dtype)d, k, &layouts[l], false);
            for (size_t k = 0; k < GRADIENTS; k++)
                check_strides((gra_dtype)d, k, &layouts[l], true);
        }
}

static double at(const operand *t, gra_dtype dtype, int i)
{
    return gra__reference_load(dtype, alone(t, i));
}

static void check_prelu(gra_dtype dtype, const struct layout *l)
{
    fill(&x, dtype, l->xs, 7);
    fill(&g, dtype, l->gs, 3);
    fill(&w, dtype, l->gs, 13);
    fill(&y, dtype, l->ys, 11);
    const tolerance rounding = {.ulps = 0.5001};
    table()->prelu[dtype](N, y.first, y.stride, x.first, x.stride, w.first, w.stride);
    for (int i = 0; i < N; i++) {
        const double v = at(&x, dtype, i);
        check(dtype, at(&y, dtype, i), v > 0 ? v : (long double)at(&w, dtype, i) * v, v, rounding,
              "prelu");
    }
    table()->prelu_backward[dtype](N, y.first, y.stride, x.first, x.stride, g.first, g.stride,
                                   w.first, w.stride);
    for (int i = 0; i < N; i++) {
        const double v = at(&x, dtype, i), u = at(&g, dtype, i);
        check(dtype, at(&y, dtype, i), v > 0 ? u : (long double)at(&w, dtype, i) * u, v, rounding,
              "prelu_backward");
    }
    table()->prelu_backward_weight[dtype](N, y.first, y.stride, g.first, g.stride, x.first,
                                          x.stride);
    for (int i = 0; i < N; i++) {
        const double v = at(&x, dtype, i);
        check(dtype, at(&y, dtype, i), v > 0 ? 0 : (long double)at(&g, dtype, i) * v, v, rounding,
              "prelu_backward_weight");
    }
}

GRA_TEST(prelu_agrees_with_the_twin)
{
    for (int d = GRA_FLOAT32; d <= GRA_FLOAT64; d++)
        for (size_t l = 0; l < LAYOUTS; l++)
            if (!layouts[l].in_place)
                check_prelu((gra_dtype)d, &layouts[l]);
}

GRA_TEST_MAIN("activations", floats_are_served, float32_functions_keep_their_bounds,
              float32_gradients_keep_their_bounds, float64_functions_agree_with_the_twin,
              strides_and_places_do_not_change_a_bit, prelu_agrees_with_the_twin)
