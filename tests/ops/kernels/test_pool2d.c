#include "ops/kernels/pool2d.h"
#include "reference/pool2d.h"
#include "support/test.h"

#include "core/threads.h"
#include "kernel_data.h"

/* planes, h, w,  window h w,  stride h w,  padding h w,  dilation h w,  ceil_mode. */
static const int64_t cases[][12] = {
    {6, 28, 28, 2, 2, 2, 2, 0, 0, 1, 1, 0}, {5, 10, 10, 2, 2, 2, 2, 0, 0, 1, 1, 0},
    {2, 7, 9, 2, 2, 2, 2, 0, 0, 1, 1, 0},   {2, 7, 9, 2, 2, 2, 2, 0, 0, 1, 1, 1},
    {3, 6, 66, 2, 2, 2, 2, 0, 0, 1, 1, 0},  {2, 4, 71, 2, 2, 2, 2, 0, 0, 1, 1, 0},
    {2, 9, 8, 3, 3, 2, 2, 1, 1, 1, 1, 0},   {2, 9, 8, 3, 2, 2, 3, 1, 1, 1, 1, 1},
    {1, 5, 5, 1, 1, 1, 1, 0, 0, 1, 1, 0},   {1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 0},
    {2, 12, 13, 3, 3, 1, 2, 1, 0, 2, 3, 0}, {0, 4, 4, 2, 2, 2, 2, 0, 0, 1, 1, 0},
    {2, 1, 1, 2, 2, 2, 2, 0, 0, 1, 1, 0},   {3, 13, 13, 3, 3, 2, 2, 0, 0, 1, 1, 0},
    {2, 6, 6, 4, 4, 3, 3, 2, 2, 1, 1, 1},   {2, 11, 10, 2, 2, 2, 2, 1, 1, 1, 1, 0},
};

/* PyTorch's sizes: the last window must begin in the image or its left padding. */
static int64_t out_size(int64_t in, int64_t window, int64_t stride, int64_t pad, int64_t dilation,
                        int64_t ceil_mode)
{
    const int64_t room = in + 2 * pad - dilation * (window - 1) - 1 + (ceil_mode ? stride - 1 : 0);
    const int64_t out = room < 0 ? 0 : room / stride + 1;
    return ceil_mode && (out - 1) * stride >= in + pad ? out - 1 : out;
}

static gra__pool2d_shape shape_of(const int64_t *v, bool dilated)
{
    const int64_t dh = dilated ? v[9] : 1, dw = dilated ? v[10] : 1;
    return (gra__pool2d_shape){v[0],
                               v[1],
                               v[2],
                               out_size(v[1], v[3], v[5], v[7], dh, v[11]),
                               out_size(v[2], v[4], v[6], v[8], dw, v[11]),
                               v[3],
                               v[4],
                               v[5],
                               v[6],
                               v[7],
                               v[8],
                               dh,
                               dw};
}

static void check_average(const gra__pool2d_shape *d, size_t number, bool count_include_pad,
                          int64_t divisor)
{
    const int64_t xs = d->planes * d->h * d->w, ys = d->planes * d->out_h * d->out_w;
    double *x = random_f64(xs, 1), *g = random_f64(ys, 2);
    double *y = nan_f64(ys), *dx = nan_f64(xs), *y2 = nan_f64(ys), *dx2 = nan_f64(xs);
    float *xf = to_f32(x, xs), *gf = to_f32(g, ys), *yf = nan_f32(ys), *dxf = nan_f32(xs);
    reference_avg_pool2d(d, count_include_pad, divisor, x, y);
    reference_avg_pool2d_backward(d, count_include_pad, divisor, g, dx);
    gra__avg_pool2d_forward_f32(d, count_include_pad, divisor, xf, yf);
    gra__avg_pool2d_backward_f32(d, count_include_pad, divisor, gf, dxf);
    gra__avg_pool2d_forward_f64(d, count_include_pad, divisor, x, y2);
    gra__avg_pool2d_backward_f64(d, count_include_pad, divisor, g, dx2);
    ck_assert_msg(worst_f32(yf, y, ys) < 1e-6 && worst_f64(y2, y, ys) < 1e-14, "case %d forward",
                  (int)number);
    ck_assert_msg(worst_f32(dxf, dx, xs) < 1e-6 && worst_f64(dx2, dx, xs) < 1e-14,
                  "case %d backward", (int)number);
    void *const all[] = {x, g, y, dx, y2, dx2, xf, gf, yf, dxf};
    for (size_t i = 0; i < COUNT(all); i++)
        free(all[i]);
}

GRA_TEST(avg_pool2d_agrees_with_plain_loops)
{
    for (size_t i = 0; i < COUNT(cases); i++) {
        const gra__pool2d_shape d = shape_of(cases[i], false);
        check_average(&d, i, true, 0);
        check_average(&d, i, false, 0);
        check_average(&d, i, true, 3);
    }
}

static void check_max(const gra__pool2d_shape *d, size_t number, double levels)
{
    const int64_t xs = d->planes * d->h * d->w, ys = d->planes * d->out_h * d->out_w;
    double *x = random_f64(xs, 1), *g = random_f64(ys, 2);
    for (int64_t i = 0; i < xs; i++) {
        x[i] = floor(x[i] * levels); // few levels: many equal numbers
        if (i % 11 == 3)
            x[i] = -(double)INFINITY;
        if (i % 13 == 5)
            x[i] = (double)NAN;
    }
    double *y = nan_f64(ys), *dx = nan_f64(xs), *y2 = nan_f64(ys), *dx2 = nan_f64(xs);
    float *xf = to_f32(x, xs), *gf = to_f32(g, ys), *yf = nan_f32(ys), *dxf = nan_f32(xs);
    const size_t index_bytes = at_least_one(ys) * sizeof(int64_t);
    int64_t *indices = malloc(index_bytes), *indices_f32 = malloc(index_bytes),
            *indices_f64 = malloc(index_bytes);
    reference_max_pool2d(d, x, y, indices);
    reference_max_pool2d_backward(d, g, indices, dx);
    gra__max_pool2d_forward_f32(d, xf, yf, indices_f32);
    gra__max_pool2d_forward_f64(d, x, y2, indices_f64);
    for (int64_t i = 0; i < ys; i++) {
        ck_assert_msg(indices_f32[i] == indices[i] && indices_f64[i] == indices[i], "case %d index",
                      (int)number);
        ck_assert(gra_test_close((double)yf[i], y[i], 0, 0) && gra_test_close(y2[i], y[i], 0, 0));
    }
    gra__max_pool2d_backward_f32(d, gf, indices, dxf);
    gra__max_pool2d_backward_f64(d, g, indices, dx2);
    ck_assert_msg(worst_f32(dxf, dx, xs) < 1e-5 && worst_f64(dx2, dx, xs) == 0, "case %d backward",
                  (int)number);
    void *const all[] = {x, g, y, dx, y2, dx2, xf, gf, yf, dxf, indices, indices_f32, indices_f64};
    for (size_t i = 0; i < COUNT(all); i++)
        free(all[i]);
}

GRA_TEST(max_pool2d_agrees_with_plain_loops_on_ties_infinities_and_nans)
{
    for (size_t i = 0; i < COUNT(cases); i++) {
        const gra__pool2d_shape d = shape_of(cases[i], true);
        check_max(&d, i, 2);
        check_max(&d, i, 1000);
    }
}

GRA_TEST(pool2d_has_the_same_bits_for_any_number_of_threads)
{
    const gra__pool2d_shape shapes[] = {{600, 64, 64, 32, 32, 2, 2, 2, 2, 0, 0, 1, 1},
                                        {300, 64, 64, 32, 32, 3, 3, 2, 2, 1, 1, 1, 1}};
    for (size_t i = 0; i < COUNT(shapes); i++) {
        const gra__pool2d_shape d = shapes[i];
        const int64_t xs = d.planes * d.h * d.w, ys = d.planes * d.out_h * d.out_w;
        double *x = random_f64(xs, 1);
        float *xf = to_f32(x, xs), *first = nan_f32(2 * ys + 2 * xs),
              *again = nan_f32(2 * ys + 2 * xs);
        int64_t *indices = malloc((size_t)ys * sizeof *indices);
        for (size_t t = 0; t < COUNT(thread_counts); t++) {
            gra_set_threads(thread_counts[t]);
            float *to = t ? again : first;
            gra__avg_pool2d_forward_f32(&d, true, 0, xf, to);
            gra__max_pool2d_forward_f32(&d, xf, to + ys, indices);
            gra__avg_pool2d_backward_f32(&d, true, 0, to, to + 2 * ys);
            gra__max_pool2d_backward_f32(&d, to, indices, to + 2 * ys + xs);
            ck_assert(t == 0 ||
                      memcmp(first, again, (size_t)(2 * ys + 2 * xs) * sizeof(float)) == 0);
        }
        gra_set_threads(1);
        free(x);
        free(xf);
        free(first);
        free(again);
        free(indices);
    }
}

GRA_TEST_MAIN("pool2d", avg_pool2d_agrees_with_plain_loops,
              max_pool2d_agrees_with_plain_loops_on_ties_infinities_and_nans,
              pool2d_has_the_same_bits_for_any_number_of_threads)
