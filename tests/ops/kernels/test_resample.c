/* test_resample.c - linear maps along rows and columns against their plain twins. */
#include "ops/kernels/resample.h"

#include "core/threads.h"
#include "tests/reference/resample.h"
#include "tests/support/test.h"

enum { MOST = 40000 };

static double random_number(void)
{
    return (double)rand() / RAND_MAX * 2 - 1;
}

/* An axis whose taps move from the first to the last element with random weights; weights of a type. */
static gra__resample_axis axis_of(int64_t in, int64_t out, int taps, bool wide, int32_t *index,
                                  void *weight)
{
    for (int64_t p = 0; p < out; p++)
        for (int k = 0; k < taps; k++) {
            const int64_t i = p * in / out + k - (taps > 2), at = k * out + p;
            index[at] = (int32_t)(i < 0 ? 0 : i > in - 1 ? in - 1 : i);
            if (wide)
                ((double *)weight)[at] = random_number();
            else
                ((float *)weight)[at] = (float)random_number();
        }
    return (gra__resample_axis){in, out, taps, index, weight};
}

static const struct {
    int64_t outer, inner, in_h, out_h, in_w, out_w;
    int taps_h, taps_w;
} shapes[] = {
    {1, 1, 1, 1, 1, 1, 1, 1},     {3, 1, 5, 9, 7, 13, 2, 2}, {2, 1, 9, 4, 33, 16, 2, 2},
    {2, 1, 6, 40, 5, 17, 4, 4},   {2, 3, 5, 9, 4, 7, 2, 2},  {2, 17, 9, 5, 6, 3, 4, 4},
    {2, 30, 4, 7, 1, 1, 2, 1},    {3, 1, 1, 1, 9, 21, 1, 2}, {0, 1, 3, 5, 3, 5, 2, 2},
    {5, 4, 20, 33, 18, 35, 2, 2},
};

#define COMPARE(real, suffix, tolerance)                                                           \
    static void compare_##suffix(size_t n)                                                         \
    {                                                                                              \
        static real x[MOST], y[MOST], expected[MOST], dx[MOST], weight[2][1024];                   \
        static int32_t index[2][1024];                                                             \
        const bool wide = sizeof(real) == sizeof(double);                                          \
        const gra__resample_shape s = {                                                            \
            .outer = shapes[n].outer,                                                              \
            .inner = shapes[n].inner,                                                              \
            .h = axis_of(shapes[n].in_h, shapes[n].out_h, shapes[n].taps_h, wide, index[0],        \
                         weight[0]),                                                               \
            .w = axis_of(shapes[n].in_w, shapes[n].out_w, shapes[n].taps_w, wide, index[1],        \
                         weight[1]),                                                               \
        };                                                                                         \
        const int64_t in = s.outer * s.h.in * s.w.in * s.inner;                                    \
        const int64_t out = s.outer * s.h.out * s.w.out * s.inner;                                 \
        for (int64_t i = 0; i < in || i < out; i++)                                                \
            x[i] = (real)random_number();                                                          \
        void *const workspace = malloc(gra__resample_workspace(&s, sizeof(real)));                 \
        gra__resample_##suffix(&s, x, y, workspace);                                               \
        reference_resample_##suffix(&s, x, expected);                                              \
        GRA_ASSERT_ARRAY(y, expected, out, tolerance, tolerance);                                  \
        gra__resample_backward_##suffix(&s, x, dx, workspace);                                     \
        reference_resample_backward_##suffix(&s, x, expected);                                     \
        GRA_ASSERT_ARRAY(dx, expected, in, tolerance, tolerance);                                  \
        free(workspace);                                                                           \
    }
COMPARE(float, f32, 1e-5)
COMPARE(double, f64, 1e-13)

GRA_TEST(resampling_agrees_with_its_twin)
{
    srand(1);
    for (size_t n = 0; n < sizeof shapes / sizeof shapes[0]; n++) {
        compare_f32(n);
        compare_f64(n);
    }
}

GRA_TEST(resampling_gives_the_same_bits_for_any_number_of_threads)
{
    static float x[MOST * 4], y[2][MOST * 4], dx[2][MOST * 4], weight[2][512];
    static int32_t index[2][512];
    const gra__resample_shape s = {
        .outer = 4,
        .inner = 1,
        .h = axis_of(90, 200, 2, false, index[0], weight[0]),
        .w = axis_of(70, 200, 2, false, index[1], weight[1]),
    };
    for (int64_t i = 0; i < MOST * 4; i++)
        x[i] = (float)random_number();
    for (int threads = 1; threads <= 2; threads++) {
        gra_set_threads(threads);
        void *const workspace = malloc(gra__resample_workspace(&s, sizeof(float)));
        gra__resample_f32(&s, x, y[threads - 1], workspace);
        gra__resample_backward_f32(&s, x, dx[threads - 1], workspace);
        free(workspace);
    }
    gra_set_threads(0);
    ck_assert(memcmp(y[0], y[1], sizeof y[0]) == 0);
    ck_assert(memcmp(dx[0], dx[1], sizeof dx[0]) == 0);
}

GRA_TEST_MAIN("resample", resampling_agrees_with_its_twin,
              resampling_gives_the_same_bits_for_any_number_of_threads)
