#include "ops/kernels/row_norm.h"
#include "reference/row_norm.h"
#include "support/test.h"

#include "core/threads.h"
#include "kernel_data.h"

static const gra__row_norm_shape cases[] = {
    {5, 1, 37, 1, 1e-5},  {200, 1, 64, 1, 1e-5}, {3, 1, 5000, 1, 1e-3}, {1, 1, 1, 1, 1e-5},
    {0, 1, 8, 1, 1e-5},   {4, 1, 0, 1, 1e-5},    {8, 2, 3, 49, 1e-5},   {6, 3, 2, 4, 1e-2},
    {12, 4, 1, 16, 1e-5}, {4, 2, 3, 1, 1e-5},    {2, 2, 2, 3000, 1e-5}, {0, 2, 3, 4, 1e-5},
    {4, 2, 3, 0, 1e-5},
};

/* Numbers around 3, so that the mean matters. */
static void check_case(const gra__row_norm_shape *s, bool weighted)
{
    const int64_t n = s->rows * s->channels * s->inner, k = s->groups * s->channels;
    double *x = random_f64(n, 1), *g = random_f64(n, 2), *w = random_f64(k, 3),
           *b = random_f64(k, 4), *y = nan_f64(n), *dx = nan_f64(n), *wanted = nan_f64(n),
           *wanted_dx = nan_f64(n), *sums = nan_f64(2 * k), *wanted_sums = nan_f64(2 * k),
           *rows = nan_f64(2 * s->rows);
    for (int64_t i = 0; i < n; i++)
        x[i] += 3;
    float *xf = to_f32(x, n), *gf = to_f32(g, n), *wf = to_f32(w, k), *bf = to_f32(b, k),
          *yf = nan_f32(n), *dxf = nan_f32(n);
    void *workspace = malloc(gra__row_norm_workspace(s));
    reference_row_norm(s, x, weighted ? w : NULL, weighted ? b : NULL, wanted);
    reference_row_norm_backward(s, g, x, weighted ? w : NULL, wanted_dx, wanted_sums,
                                wanted_sums + k);
    gra__row_norm_forward(s, true, x, weighted ? w : NULL, weighted ? b : NULL, y, rows,
                          rows + s->rows);
    gra__row_norm_backward(s, true, g, x, weighted ? w : NULL, rows, rows + s->rows, dx, sums,
                           sums + k, workspace);
    GRA_ASSERT_ARRAY(y, wanted, n, 1e-12, 1e-12);
    GRA_ASSERT_ARRAY(dx, wanted_dx, n, 1e-11, 1e-11);
    GRA_ASSERT_ARRAY(sums, wanted_sums, 2 * k, 1e-11, 1e-11);
    gra__row_norm_forward(s, false, xf, weighted ? wf : NULL, weighted ? bf : NULL, yf, rows,
                          rows + s->rows);
    gra__row_norm_backward(s, false, gf, xf, weighted ? wf : NULL, rows, rows + s->rows, dxf, sums,
                           sums + k, workspace);
    GRA_ASSERT_ARRAY(yf, wanted, n, 2e-6, 2e-6);
    GRA_ASSERT_ARRAY(dxf, wanted_dx, n, 1e-5, 1e-5);
    GRA_ASSERT_ARRAY(sums, wanted_sums, 2 * k, 1e-5, 2e-5);
    void *const all[] = {x,           g,    w,  b,  y,  dx, wanted, wanted_dx, sums,
                         wanted_sums, rows, xf, gf, wf, bf, yf,     dxf,       workspace};
    for (size_t i = 0; i < COUNT(all); i++)
        free(all[i]);
}

GRA_TEST(rows_agree_with_plain_loops)
{
    for (size_t i = 0; i < COUNT(cases); i++) {
        check_case(&cases[i], true);
        check_case(&cases[i], false);
    }
}

/* A weight or a bias alone, and gradients that are not wanted. */
GRA_TEST(what_is_null_is_left_out)
{
    const gra__row_norm_shape s = {4, 1, 20, 1, 1e-5};
    double *x = random_f64(80, 1), *b = random_f64(20, 2), y[80], wanted[80], mean[4], scale[4];
    double dw[20], db[20], only[20], dx[80], alone[80];
    void *workspace = malloc(gra__row_norm_workspace(&s));
    gra__row_norm_forward(&s, true, x, NULL, b, y, mean, scale);
    reference_row_norm(&s, x, NULL, b, wanted);
    GRA_ASSERT_ARRAY(y, wanted, 80, 1e-12, 1e-12);
    gra__row_norm_forward(&s, true, x, b, NULL, y, mean, scale);
    reference_row_norm(&s, x, b, NULL, wanted);
    GRA_ASSERT_ARRAY(y, wanted, 80, 1e-12, 1e-12);
    gra__row_norm_backward(&s, true, y, x, b, mean, scale, dx, dw, db, workspace);
    gra__row_norm_backward(&s, true, y, x, b, mean, scale, alone, NULL, NULL, workspace);
    gra__row_norm_backward(&s, true, y, x, b, mean, scale, NULL, only, db, workspace);
    GRA_ASSERT_ARRAY(alone, dx, 80, 0, 0);
    GRA_ASSERT_ARRAY(only, dw, 20, 0, 0);
    free(x);
    free(b);
    free(workspace);
}

/* With the mean 1e4 times the deviation float32 still gives the right variance. */
GRA_TEST(a_large_mean_takes_nothing_from_the_variance)
{
    const gra__row_norm_shape s = {1, 1, 6000, 1, 0};
    double *x = random_f64(6000, 1), *mean = nan_f64(1), scale, wanted = 0, middle = 0;
    float *xf = nan_f32(6000), *y = nan_f32(6000);
    for (int i = 0; i < 6000; i++) {
        xf[i] = 1e4f + (float)x[i];
        middle += (double)xf[i] / 6000;
    }
    for (int i = 0; i < 6000; i++)
        wanted += pow((double)xf[i] - middle, 2) / 6000;
    gra__row_norm_forward(&s, false, xf, NULL, NULL, y, mean, &scale);
    ck_assert_double_eq_tol(*mean, middle, 1e-7 * middle);
    ck_assert_double_eq_tol(1 / (scale * scale), wanted, 1e-5 * wanted);
    void *const all[] = {x, mean, xf, y};
    for (size_t i = 0; i < COUNT(all); i++)
        free(all[i]);
}

static void check_bits(const gra__row_norm_shape *s)
{
    const int64_t n = s->rows * s->channels * s->inner, k = s->groups * s->channels;
    double *x = random_f64(n, 1), *rows = nan_f64(2 * s->rows), *first = nan_f64(2 * k),
           *again = nan_f64(2 * k);
    float *xf = to_f32(x, n), *y = nan_f32(2 * n), *z = nan_f32(2 * n);
    void *workspace = malloc(gra__row_norm_workspace(s));
    for (size_t t = 0; t < COUNT(thread_counts); t++) {
        gra_set_threads(thread_counts[t]);
        float *const to = t ? z : y;
        double *const sums = t ? again : first;
        gra__row_norm_forward(s, false, xf, xf, xf, to, rows, rows + s->rows);
        gra__row_norm_backward(s, false, to, xf, xf, rows, rows + s->rows, to + n, sums, sums + k,
                               workspace);
        ck_assert(t == 0 || memcmp(y, z, (size_t)(2 * n) * sizeof *y) == 0);
        ck_assert(t == 0 || memcmp(first, again, (size_t)(2 * k) * sizeof *first) == 0);
    }
    gra_set_threads(1);
    void *const all[] = {x, rows, first, again, xf, y, z, workspace};
    for (size_t i = 0; i < COUNT(all); i++)
        free(all[i]);
}

GRA_TEST(rows_have_the_same_bits_for_any_number_of_threads)
{
    check_bits(&(gra__row_norm_shape){1000, 1, 300, 1, 1e-5});
    check_bits(&(gra__row_norm_shape){64, 8, 4, 196, 1e-5});
}

GRA_TEST_MAIN("row_norm", rows_agree_with_plain_loops, what_is_null_is_left_out,
              a_large_mean_takes_nothing_from_the_variance,
              rows_have_the_same_bits_for_any_number_of_threads)
