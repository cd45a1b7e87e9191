#include "ops/kernels/norm.h"
#include "reference/norm.h"
#include "support/test.h"

#include "core/threads.h"
#include "kernel_data.h"

static const gra__lrn_shape lrn_cases[] = {
    {70, 96, 5, 1e-1, 0.75, 2}, {5, 3, 5, 0.5, 0.75, 1},  {3, 1, 3, 0.5, 0.75, 1},
    {65, 37, 4, 0.3, 0.6, 0.5}, {2, 20, 1, 0.3, 1.5, 1},  {2, 7, 30, 0.2, 0.75, 1},
    {0, 16, 5, 1e-4, 0.75, 1},  {4, 0, 5, 1e-4, 0.75, 1}, {9, 129, 2, 1, 0.5, 1e-2},
};

static void check_lrn(const gra__lrn_shape *s)
{
    const int64_t n = s->pixels * s->channels;
    double *x = random_f64(n, 1), *g = random_f64(n, 2), *expected = nan_f64(n), *dx = nan_f64(n);
    float *xf = to_f32(x, n), *gf = to_f32(g, n), *yf = nan_f32(n), *dxf = nan_f32(n);
    double *y64 = nan_f64(n), *dx64 = nan_f64(n);
    double *workspace = malloc((size_t)gra__lrn_workspace(s) * sizeof *workspace);
    reference_lrn(s, x, expected);
    reference_lrn_backward(s, g, x, dx);
    gra__lrn_forward(s, false, xf, yf, workspace);
    gra__lrn_backward(s, false, gf, xf, dxf, workspace);
    gra__lrn_forward(s, true, x, y64, workspace);
    gra__lrn_backward(s, true, g, x, dx64, workspace);
    GRA_ASSERT_ARRAY(yf, expected, n, 2e-6, 1e-7);
    GRA_ASSERT_ARRAY(dxf, dx, n, 5e-6, 5e-6);
    GRA_ASSERT_ARRAY(y64, expected, n, 1e-13, 1e-14);
    GRA_ASSERT_ARRAY(dx64, dx, n, 1e-12, 1e-12);
    void *const all[] = {x, g, expected, dx, xf, gf, yf, dxf, y64, dx64, workspace};
    for (size_t i = 0; i < COUNT(all); i++)
        free(all[i]);
}

GRA_TEST(lrn_agrees_with_plain_loops)
{
    for (size_t i = 0; i < COUNT(lrn_cases); i++)
        check_lrn(&lrn_cases[i]);
}

static const gra__channelwise_shape channelwise_cases[] = {
    {50, 37, 1}, {1, 16, 1}, {3, 5, 49}, {2, 4, 8}, {100, 1, 1}, {7, 64, 1}, {0, 3, 4}, {2, 3, 0},
};

static void check_channelwise(const gra__channelwise_shape *s)
{
    const int64_t n = s->rows * s->channels * s->inner, c = s->channels;
    double *x = random_f64(n, 1), *g = random_f64(n, 2), *k = random_f64(3 * c, 3);
    double *sums = nan_f64(2 * c), *expected = nan_f64(2 * c), *y = nan_f64(n);
    double *workspace = nan_f64(gra__channelwise_parts(s) * 2 * c);
    float *xf = to_f32(x, n), *gf = to_f32(g, n), *kf = to_f32(k, 3 * c), *yf = nan_f32(n);
    reference_channelwise_sums(s, g, x, k, expected);
    gra__channelwise_sums(s, true, g, x, k, sums, workspace);
    GRA_ASSERT_ARRAY(sums, expected, 2 * c, 1e-12, 1e-12);
    gra__channelwise_sums(s, false, gf, xf, k, sums, workspace);
    GRA_ASSERT_ARRAY(sums, expected, 2 * c, 1e-12, 1e-12);
    gra__channelwise_affine(s, true, x, k, k + c, y);
    gra__channelwise_affine(s, false, xf, kf, kf + c, yf);
    for (int64_t i = 0; i < n; i++) {
        const int64_t at = i / s->inner % c;
        const double wanted = k[at] * x[i] + k[c + at];
        ck_assert(gra_test_close(y[i], wanted, 0, 1e-14) &&
                  gra_test_close((double)yf[i], wanted, 0, 5e-7));
    }
    gra__channelwise_combine(s, true, g, x, k, k + c, k + 2 * c, y);
    gra__channelwise_combine(s, false, gf, xf, kf, kf + c, kf + 2 * c, yf);
    for (int64_t i = 0; i < n; i++) {
        const int64_t at = i / s->inner % c;
        const double wanted = k[at] * g[i] + k[c + at] * x[i] + k[2 * c + at];
        ck_assert(gra_test_close(y[i], wanted, 0, 1e-14) &&
                  gra_test_close((double)yf[i], wanted, 0, 5e-7));
    }
    void *const all[] = {x, g, k, sums, expected, y, workspace, xf, gf, kf, yf};
    for (size_t i = 0; i < COUNT(all); i++)
        free(all[i]);
}

GRA_TEST(channelwise_loops_agree_with_plain_loops)
{
    for (size_t i = 0; i < COUNT(channelwise_cases); i++)
        check_channelwise(&channelwise_cases[i]);
}

GRA_TEST(norm_has_the_same_bits_for_any_number_of_threads)
{
    const gra__lrn_shape s = {5000, 48, 5, 0.1, 0.75, 2};
    const gra__channelwise_shape rows = {5000, 48, 1};
    const int64_t n = s.pixels * s.channels, all = 4 * n + 4 * s.channels;
    double *x = random_f64(n, 1), *mean = random_f64(s.channels, 2);
    float *xf = to_f32(x, n), *first = nan_f32(all), *again = nan_f32(all);
    double *workspace = malloc((size_t)(8 * gra__lrn_workspace(&s)) * sizeof *workspace);
    double *parts = nan_f64(gra__channelwise_parts(&rows) * 2 * s.channels);
    for (size_t t = 0; t < COUNT(thread_counts); t++) {
        gra_set_threads(thread_counts[t]);
        float *const to = t ? again : first;
        gra__lrn_forward(&s, false, xf, to, workspace);
        gra__lrn_backward(&s, false, to, xf, to + n, workspace);
        gra__channelwise_affine(&rows, false, xf, xf, xf + 48, to + 2 * n);
        gra__channelwise_combine(&rows, false, to, xf, xf, xf + 48, xf + 96, to + 3 * n);
        double sums[96];
        gra__channelwise_sums(&rows, false, to, xf, mean, sums, parts);
        memcpy(to + 4 * n, sums, sizeof sums);
        ck_assert(t == 0 || memcmp(first, again, (size_t)all * sizeof *first) == 0);
    }
    gra_set_threads(1);
    void *const made[] = {x, mean, xf, first, again, workspace, parts};
    for (size_t i = 0; i < COUNT(made); i++)
        free(made[i]);
}

GRA_TEST_MAIN("norm", lrn_agrees_with_plain_loops, channelwise_loops_agree_with_plain_loops,
              norm_has_the_same_bits_for_any_number_of_threads)
