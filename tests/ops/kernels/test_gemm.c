#include "ops/kernels/blas.h"
#include "ops/kernels/isa.h"
#include "reference/gemm.h"
#include "support/test.h"

#include "core/threads.h"
#include "kernel_data.h"

/* Every tail of a tile and a panel, skinny and empty products. */
static const int64_t sizes[][3] = {
    {0, 3, 2},     {3, 0, 2},     {3, 2, 0},      {1, 1, 1},      {1, 10, 84},  {1, 84, 120},
    {1, 400, 120}, {1, 129, 7},   {2, 33, 5},     {3, 17, 31},    {4, 15, 64},  {5, 16, 16},
    {7, 31, 9},    {8, 32, 257},  {12, 48, 300},  {13, 65, 2},    {23, 30, 41}, {25, 70, 12},
    {64, 10, 84},  {60, 84, 33},  {100, 20, 513}, {130, 150, 90}, {257, 5, 3},  {1, 3, 1000},
    {2, 9, 400},   {3, 11, 300},  {9, 300, 70},   {5, 7, 256},    {6, 8, 2049}, {8, 13, 4100},
    {17, 5, 3000}, {31, 20, 700}, {32, 33, 1030},
};

/* Results that are larger than the caches, and written past them. */
static const int64_t large[][3] = {{2100, 2000, 9}, {2100, 2000, 1}, {12, 350000, 17}};

typedef struct problem {
    int64_t m, n, k, ars, acs, brs, bcs;
    double *a, *b, *c, *row, *column, *expected;
    float *af, *bf, *rowf, *columnf;
} problem;

/* A and B are m x k and k x n, or lie transposed, with some room between their rows. */
static problem make(const int64_t *size, bool a_transposed, bool b_transposed)
{
    problem p = {.m = size[0], .n = size[1], .k = size[2]};
    p.ars = a_transposed ? 1 : p.k + 3;
    p.acs = a_transposed ? p.m + 2 : 1;
    p.brs = b_transposed ? 1 : p.n + 1;
    p.bcs = b_transposed ? p.k + 5 : 1;
    const int64_t as = (p.m + 3) * (p.k + 3), bs = (p.k + 5) * (p.n + 5);
    p.a = random_f64(as, 1);
    p.b = random_f64(bs, 2);
    p.c = random_f64(p.m * p.n, 3);
    p.row = random_f64(p.m, 4);
    p.column = random_f64(p.n, 5);
    p.expected = nan_f64(p.m * p.n);
    p.af = to_f32(p.a, as);
    p.bf = to_f32(p.b, bs);
    p.rowf = to_f32(p.row, p.m);
    p.columnf = to_f32(p.column, p.n);
    return p;
}

static void drop(problem *p)
{
    void *const all[] = {p->a,        p->b,  p->c,  p->row,  p->column,
                         p->expected, p->af, p->bf, p->rowf, p->columnf};
    for (size_t i = 0; i < COUNT(all); i++)
        free(all[i]);
}

/* bits of `kind`: transposed A, transposed B, accumulate, row bias, column bias */
static void check(const int64_t *size, int kind)
{
    problem p = make(size, kind & 1, kind & 2);
    const int accumulate = !!(kind & 4);
    memcpy(p.expected, p.c, (size_t)(p.m * p.n) * sizeof *p.c);
    reference_gemm(p.m, p.n, p.k, 1, p.a, p.ars, p.acs, p.b, p.brs, p.bcs, accumulate, p.expected,
                   p.n, 1);
    for (int64_t i = 0; i < p.m * p.n; i++)
        p.expected[i] += (kind & 8 ? p.row[i / p.n] : 0) + (kind & 16 ? p.column[i % p.n] : 0);
    float *c = accumulate ? to_f32(p.c, p.m * p.n) : nan_f32(p.m * p.n);
    gra__matmul_f32(&(gra__gemm_args){p.m, p.n, p.k, p.af, p.ars, p.acs, p.bf, p.brs, p.bcs, c, p.n,
                                      accumulate, kind & 8 ? p.rowf : NULL,
                                      kind & 16 ? p.columnf : NULL});
    ck_assert_msg(worst_f32(c, p.expected, p.m * p.n) <= 2e-6 * (double)(p.k + 4),
                  "m %d n %d k %d kind %d: %g off", (int)p.m, (int)p.n, (int)p.k, kind,
                  worst_f32(c, p.expected, p.m * p.n));
    double *d = accumulate ? random_f64(p.m * p.n, 3) : nan_f64(p.m * p.n);
    gra__matmul_f64(&(gra__gemm_args_f64){p.m, p.n, p.k, p.a, p.ars, p.acs, p.b, p.brs, p.bcs, d,
                                          p.n, accumulate, kind & 8 ? p.row : NULL,
                                          kind & 16 ? p.column : NULL});
    ck_assert_msg(worst_f64(d, p.expected, p.m * p.n) <= 1e-12, "float64, m %d n %d k %d kind %d",
                  (int)p.m, (int)p.n, (int)p.k, kind);
    free(c);
    free(d);
    drop(&p);
}

GRA_TEST(matmul_agrees_with_three_loops_for_all_tails_and_transposes)
{
    for (size_t i = 0; i < COUNT(sizes); i++)
        for (int kind = 0; kind < 32; kind++)
            check(sizes[i], kind);
}

GRA_TEST(a_large_result_agrees_with_three_loops)
{
    for (size_t i = 0; i < COUNT(large); i++) {
        check(large[i], 0);
        check(large[i], 8 + 16);
    }
    check(large[2], 4);
}

GRA_TEST(matmul_leaves_its_surroundings_alone)
{
    for (int64_t n = 1; n < 70; n++) {
        const int64_t m = n % 14 + 1, k = 9, row = n + 3;
        double *a = random_f64(m * k, 1), *b = random_f64(k * n, 2);
        float *af = to_f32(a, m * k), *bf = to_f32(b, k * n), *c = nan_f32(m * row);
        gra__matmul_f32(&(gra__gemm_args){.m = m,
                                          .n = n,
                                          .k = k,
                                          .a = af,
                                          .ars = k,
                                          .acs = 1,
                                          .b = bf,
                                          .brs = n,
                                          .bcs = 1,
                                          .c = c,
                                          .crs = row});
        for (int64_t i = 0; i < m; i++)
            for (int64_t j = 0; j < row; j++)
                ck_assert(j < n ? !isnan(c[i * row + j]) : isnan(c[i * row + j]));
        free(a);
        free(b);
        free(af);
        free(bf);
        free(c);
    }
}

GRA_TEST(gemm_takes_any_strides_alpha_and_beta)
{
    const double scales[] = {0, 1, -0.5};
    for (size_t s = 0; s < 9; s++) {
        const int64_t m = 5, n = 7, k = 6;
        const double alpha = scales[s / 3], beta = scales[s % 3];
        double *a = random_f64(200, 1), *b = random_f64(200, 2), *c = random_f64(200, 3);
        float *af = to_f32(a, 200), *bf = to_f32(b, 200), *cf = to_f32(c, 200);
        double *expected = random_f64(200, 3);
        reference_gemm(m, n, k, alpha, a, 3, 17, b, 19, 2, beta, expected, 2, 13);
        gra__sgemm(m, n, k, (float)alpha, af, 3, 17, bf, 19, 2, (float)beta, cf, 2, 13);
        gra__dgemm(m, n, k, alpha, a, 3, 17, b, 19, 2, beta, c, 2, 13);
        ck_assert(worst_f32(cf, expected, 200) < 1e-5);
        ck_assert(worst_f64(c, expected, 200) < 1e-12);
        void *const all[] = {a, b, c, af, bf, cf, expected};
        for (size_t i = 0; i < COUNT(all); i++)
            free(all[i]);
    }
}

GRA_TEST(gemm_of_depth_zero_scales_c_and_beta_zero_does_not_read_it)
{
    float c[2] = {2, 4}, nan[2] = {NAN, NAN};
    double d[2] = {2, 4};
    gra__sgemm(1, 2, 0, 1, NULL, 1, 1, NULL, 1, 1, 0.5f, c, 2, 1);
    gra__sgemm(1, 2, 0, 1, NULL, 1, 1, NULL, 1, 1, 0, nan, 2, 1);
    gra__dgemm(1, 2, 0, 1, NULL, 1, 1, NULL, 1, 1, 0.5, d, 2, 1);
    ck_assert(c[0] == 1 && c[1] == 2 && nan[0] == 0 && nan[1] == 0 && d[0] == 1 && d[1] == 2);
}

GRA_TEST(linear_passes_agree_with_three_loops)
{
    const int64_t shapes[][3] = {{1, 400, 120}, {64, 120, 84}, {5, 84, 10}, {0, 4, 3}, {3, 1, 1}};
    for (size_t i = 0; i < COUNT(shapes); i++) {
        const int64_t n = shapes[i][0], in = shapes[i][1], out = shapes[i][2];
        double *x = random_f64(n * in, 1), *w = random_f64(out * in, 2), *b = random_f64(out, 3);
        double *g = random_f64(n * out, 4), *y = nan_f64(n * out), *dx = nan_f64(n * in),
               *dw = nan_f64(out * in);
        double *ones = malloc(at_least_one(n) * sizeof *ones), *db = nan_f64(out);
        for (int64_t j = 0; j < n; j++)
            ones[j] = 1;
        for (int64_t j = 0; j < n * out; j++)
            y[j] = b[j % out];
        reference_gemm(n, out, in, 1, x, in, 1, w, 1, in, 1, y, out, 1);
        reference_gemm(n, in, out, 1, g, out, 1, w, in, 1, 0, dx, in, 1);
        reference_gemm(out, in, n, 1, g, 1, out, x, in, 1, 0, dw, in, 1);
        reference_gemm(1, out, n, 1, ones, 0, 1, g, out, 1, 0, db, out, 1);
        float *xf = to_f32(x, n * in), *wf = to_f32(w, out * in), *bf = to_f32(b, out),
              *gf = to_f32(g, n * out);
        float *yf = nan_f32(n * out), *dxf = nan_f32(n * in), *dwf = nan_f32(out * in),
              *dbf = nan_f32(out);
        gra__linear_f32(n, in, out, xf, wf, bf, yf);
        gra__linear_backward_input_f32(n, in, out, gf, wf, dxf);
        gra__linear_backward_weight_f32(n, in, out, gf, xf, dwf);
        gra__column_sums_f32(n, out, gf, dbf);
        ck_assert(worst_f32(yf, y, n * out) < 1e-4);
        ck_assert(worst_f32(dxf, dx, n * in) < 1e-4);
        ck_assert(worst_f32(dwf, dw, out * in) < 1e-4);
        ck_assert(worst_f32(dbf, db, out) < 1e-4);
        void *const all[] = {x, w, b, g, y, dx, dw, ones, db, xf, wf, bf, gf, yf, dxf, dwf, dbf};
        for (size_t j = 0; j < COUNT(all); j++)
            free(all[j]);
    }
}

GRA_TEST(matmul_has_the_same_bits_for_any_number_of_threads)
{
    const int64_t shapes[][3] = {{256, 400, 120}, {3, 2000, 900}, {1, 9000, 1000}, {1000, 30, 250},
                                 {97, 60, 2000},  {8, 2000, 900}, {32, 500, 5000}};
    for (size_t i = 0; i < COUNT(shapes); i++)
        for (int kind = 0; kind < 4; kind++) {
            problem p = make(shapes[i], kind & 1, kind & 2);
            const size_t bytes = (size_t)(p.m * p.n) * sizeof(float);
            float *first = NULL;
            double *first_f64 = NULL;
            for (size_t t = 0; t < COUNT(thread_counts); t++) {
                gra_set_threads(thread_counts[t]);
                float *c = nan_f32(p.m * p.n);
                double *d = nan_f64(p.m * p.n);
                gra__matmul_f32(&(gra__gemm_args){p.m, p.n, p.k, p.af, p.ars, p.acs, p.bf, p.brs,
                                                  p.bcs, c, p.n, 0, p.rowf, p.columnf});
                gra__matmul_f64(&(gra__gemm_args_f64){p.m, p.n, p.k, p.a, p.ars, p.acs, p.b, p.brs,
                                                      p.bcs, d, p.n, 0, p.row, p.column});
                ck_assert(t == 0 ||
                          (memcmp(c, first, bytes) == 0 && memcmp(d, first_f64, 2 * bytes) == 0));
                if (t > 0) {
                    free(c);
                    free(d);
                } else {
                    first = c;
                    first_f64 = d;
                }
            }
            free(first);
            free(first_f64);
            drop(&p);
        }
    gra_set_threads(1);
}

GRA_TEST_MAIN("gemm", matmul_agrees_with_three_loops_for_all_tails_and_transposes,
              a_large_result_agrees_with_three_loops, matmul_leaves_its_surroundings_alone,
              gemm_takes_any_strides_alpha_and_beta,
              gemm_of_depth_zero_scales_c_and_beta_zero_does_not_read_it,
              linear_passes_agree_with_three_loops,
              matmul_has_the_same_bits_for_any_number_of_threads)
