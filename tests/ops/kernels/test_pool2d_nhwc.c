/* Channels-last pooling against the plain loops on row-major planes, turned around. */
#include "ops/kernels/pool2d_nhwc.h"
#include "reference/pool2d.h"
#include "support/test.h"

#include "core/threads.h"
#include "kernel_data.h"

/* images, h, w,  window h w,  stride h w,  padding h w,  dilation h w,  ceil_mode. */
static const int64_t cases[][12] = {
    {2, 8, 8, 2, 2, 2, 2, 0, 0, 1, 1, 0},     {1, 7, 9, 2, 2, 2, 2, 0, 0, 1, 1, 1},
    {2, 9, 8, 3, 3, 2, 2, 1, 1, 1, 1, 0},     {2, 9, 8, 3, 2, 2, 3, 1, 1, 1, 1, 1},
    {1, 5, 5, 1, 1, 1, 1, 0, 0, 1, 1, 0},     {1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 0},
    {2, 9, 10, 3, 3, 1, 2, 1, 0, 2, 3, 0},    {0, 4, 4, 2, 2, 2, 2, 0, 0, 1, 1, 0},
    {2, 1, 1, 2, 2, 2, 2, 0, 0, 1, 1, 0},     {1, 13, 13, 3, 3, 2, 2, 0, 0, 1, 1, 0},
    {1, 6, 6, 4, 4, 3, 3, 2, 2, 1, 1, 1},     {1, 6, 7, 2, 2, 3, 4, 1, 1, 1, 1, 0},
    {1, 17, 18, 16, 16, 1, 1, 8, 8, 1, 1, 0},
};

static const int64_t channel_counts[] = {1, 3, 4, 16, 21, 35};

static int64_t out_size(int64_t in, int64_t window, int64_t stride, int64_t pad, int64_t dilation,
                        int64_t ceil_mode)
{
    const int64_t room = in + 2 * pad - dilation * (window - 1) - 1 + (ceil_mode ? stride - 1 : 0);
    const int64_t out = room < 0 ? 0 : room / stride + 1;
    return ceil_mode && (out - 1) * stride >= in + pad ? out - 1 : out;
}

static gra__pool2d_shape shape_of(const int64_t *v, int64_t channels, bool dilated)
{
    const int64_t dh = dilated ? v[9] : 1, dw = dilated ? v[10] : 1;
    return (gra__pool2d_shape){
        .planes = v[0] * channels,
        .h = v[1],
        .w = v[2],
        .out_h = out_size(v[1], v[3], v[5], v[7], dh, v[11]),
        .out_w = out_size(v[2], v[4], v[6], v[8], dw, v[11]),
        .kernel_h = v[3],
        .kernel_w = v[4],
        .stride_h = v[5],
        .stride_w = v[6],
        .pad_h = v[7],
        .pad_w = v[8],
        .dilation_h = dh,
        .dilation_w = dw,
    };
}

/* Planes of `pixels` as float32 pixels of `channels`, and back as float64. */
static float *to_pixels(const double *x, int64_t planes, int64_t pixels, int64_t channels)
{
    float *y = malloc(at_least_one(planes * pixels) * sizeof *y);
    for (int64_t i = 0; i < planes; i++)
        for (int64_t p = 0; p < pixels; p++)
            y[(i / channels * pixels + p) * channels + i % channels] = (float)x[i * pixels + p];
    return y;
}

static void assert_pixels(const float *got, const double *expected, int64_t planes, int64_t pixels,
                          int64_t channels, double tolerance)
{
    for (int64_t i = 0; i < planes; i++)
        for (int64_t p = 0; p < pixels; p++) {
            const double x = (double)got[(i / channels * pixels + p) * channels + i % channels];
            ck_assert_msg(gra_test_close(x, expected[i * pixels + p], tolerance, tolerance),
                          "plane %d pixel %d: %g, expected %g", (int)i, (int)p, x,
                          expected[i * pixels + p]);
        }
}

static void check_average(const gra__pool2d_shape *d, int64_t channels, bool count_include_pad,
                          int64_t divisor)
{
    const int64_t in = d->h * d->w, out = d->out_h * d->out_w;
    const gra__pool2d_average average = {count_include_pad, divisor};
    double *x = random_f64(d->planes * in, 1), *g = random_f64(d->planes * out, 2);
    double *y = nan_f64(d->planes * out), *dx = nan_f64(d->planes * in);
    float *xf = to_pixels(x, d->planes, in, channels), *gf = to_pixels(g, d->planes, out, channels);
    float *yf = nan_f32(d->planes * out), *dxf = nan_f32(d->planes * in);
    reference_avg_pool2d(d, count_include_pad, divisor, x, y);
    reference_avg_pool2d_backward(d, count_include_pad, divisor, g, dx);
    gra__avg_pool2d_nhwc_forward_f32(d, channels, &average, xf, yf);
    gra__avg_pool2d_nhwc_backward_f32(d, channels, &average, gf, dxf);
    const double tolerance = 1e-6 + 2e-8 * (double)(d->kernel_h * d->kernel_w);
    assert_pixels(yf, y, d->planes, out, channels, tolerance);
    assert_pixels(dxf, dx, d->planes, in, channels, 2 * tolerance);
    void *const all[] = {x, g, y, dx, xf, gf, yf, dxf};
    for (size_t i = 0; i < COUNT(all); i++)
        free(all[i]);
}

GRA_TEST(avg_pool2d_agrees_with_plain_loops)
{
    for (size_t i = 0; i < COUNT(cases); i++)
        for (size_t k = 0; k < COUNT(channel_counts); k++) {
            const gra__pool2d_shape d = shape_of(cases[i], channel_counts[k], false);
            check_average(&d, channel_counts[k], true, 0);
            check_average(&d, channel_counts[k], false, 0);
            check_average(&d, channel_counts[k], true, 3);
        }
}

static void check_max(const gra__pool2d_shape *d, int64_t channels, double levels)
{
    const int64_t in = d->h * d->w, out = d->out_h * d->out_w, xs = d->planes * in,
                  ys = d->planes * out;
    double *x = random_f64(xs, 1), *g = random_f64(ys, 2), *y = nan_f64(ys), *dx = nan_f64(xs);
    for (int64_t i = 0; i < xs; i++) {
        x[i] = floor(x[i] * levels); // few levels: many equal numbers
        x[i] = i % 11 == 3 ? -(double)INFINITY : i % 13 == 5 ? (double)NAN : x[i];
    }
    float *xf = to_pixels(x, d->planes, in, channels), *gf = to_pixels(g, d->planes, out, channels);
    float *yf = nan_f32(ys), *dxf = nan_f32(xs);
    int64_t *indices = malloc(at_least_one(ys) * sizeof *indices);
    int64_t *places = malloc(at_least_one(ys) * sizeof *places);
    uint8_t *winners = malloc(at_least_one(ys));
    reference_max_pool2d(d, x, y, indices);
    reference_max_pool2d_backward(d, g, indices, dx);
    ck_assert(gra__max_pool2d_nhwc_fits(d));
    gra__max_pool2d_nhwc_forward_f32(d, channels, xf, yf, winners);
    gra__max_pool2d_nhwc_backward_f32(d, channels, gf, winners, dxf);
    gra__max_pool2d_nhwc_indices(d, channels, winners, places);
    assert_pixels(yf, y, d->planes, out, channels, 0);
    assert_pixels(dxf, dx, d->planes, in, channels, 5e-6);
    for (int64_t i = 0; i < ys; i++) { // i counts as the reference does, [planes][pixels]
        const int64_t plane = i / out, image = plane / channels;
        const int64_t at = (image * out + i % out) * channels + plane % channels;
        ck_assert_int_eq(places[at], indices[i]);
    }
    void *const all[] = {x, g, y, dx, xf, gf, yf, dxf, indices, places, winners};
    for (size_t i = 0; i < COUNT(all); i++)
        free(all[i]);
}

GRA_TEST(max_pool2d_agrees_with_plain_loops_on_ties_infinities_and_nans)
{
    for (size_t i = 0; i < COUNT(cases); i++)
        for (size_t k = 0; k < COUNT(channel_counts); k++) {
            const gra__pool2d_shape d = shape_of(cases[i], channel_counts[k], true);
            check_max(&d, channel_counts[k], 2);
            check_max(&d, channel_counts[k], 1000);
        }
}

GRA_TEST(max_pool2d_keeps_the_first_of_equals)
{
    const gra__pool2d_shape d = {1, 3, 3, 2, 2, 2, 2, 1, 1, 0, 0, 1, 1};
    const float x[9] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
    float y[4];
    uint8_t winners[4] = {9, 9, 9, 9};
    gra__max_pool2d_nhwc_forward_f32(&d, 1, x, y, winners);
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(winners[i], 0);
}

GRA_TEST(pool2d_has_the_same_bits_for_any_number_of_threads)
{
    const int64_t c = 48, images = 3;
    const gra__pool2d_shape d = {images * c, 60, 60, 30, 30, 3, 3, 2, 2, 1, 1, 1, 1};
    const gra__pool2d_average average = {true, 0};
    const int64_t xs = d.planes * d.h * d.w, ys = d.planes * d.out_h * d.out_w;
    double *x = random_f64(xs, 1);
    float *xf = to_f32(x, xs), *first = nan_f32(2 * ys + 2 * xs), *again = nan_f32(2 * ys + 2 * xs);
    uint8_t *winners = malloc((size_t)ys);
    for (size_t t = 0; t < COUNT(thread_counts); t++) {
        gra_set_threads(thread_counts[t]);
        float *to = t ? again : first;
        gra__avg_pool2d_nhwc_forward_f32(&d, c, &average, xf, to);
        gra__max_pool2d_nhwc_forward_f32(&d, c, xf, to + ys, winners);
        gra__avg_pool2d_nhwc_backward_f32(&d, c, &average, to, to + 2 * ys);
        gra__max_pool2d_nhwc_backward_f32(&d, c, to, winners, to + 2 * ys + xs);
        ck_assert(t == 0 || memcmp(first, again, (size_t)(2 * ys + 2 * xs) * sizeof(float)) == 0);
    }
    gra_set_threads(1);
    void *const all[] = {x, xf, first, again, winners};
    for (size_t i = 0; i < COUNT(all); i++)
        free(all[i]);
}

GRA_TEST_MAIN("pool2d_nhwc", avg_pool2d_agrees_with_plain_loops,
              max_pool2d_agrees_with_plain_loops_on_ties_infinities_and_nans,
              max_pool2d_keeps_the_first_of_equals,
              pool2d_has_the_same_bits_for_any_number_of_threads)
