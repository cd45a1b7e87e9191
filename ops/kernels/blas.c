#include "ops/kernels/blas.h"

#include <stdbool.h>

#include "core/threads.h"
#include "ops/kernels/isa.h"
#include "ops/kernels/parallel.h"
#include "ops/kernels/sizes.h"

#ifdef GRA_HAVE_BLIS
#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wunused-function"
#endif
#include <blis.h>
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif
#endif

/* Where a product is cut for BLIS: whose kernels for edges may round differently, so the cuts depend on the shape only.
 * Every block packs its own copy of the matrix that is not cut, so blocks are large. */
enum { BLOCK = 256 };

static int64_t block_count(int64_t m, int64_t n)
{
    const int64_t length = m > n ? m : n;
    return length >= 2 * BLOCK ? length / BLOCK : 1;
}

/* A region costs two microseconds: at least 25 microseconds of work for each thread. */
static int thread_count(double flops, int64_t items)
{
    const double useful = flops / 2.5e6;
    int64_t threads = gra__threads();
    threads = smaller(threads, items);
    if (useful < (double)threads)
        threads = (int64_t)useful;
    return threads < 1 ? 1 : (int)threads;
}

/* One product with BLIS, or the plain loop. */
#ifdef GRA_HAVE_BLIS
#define SERIAL(letter, real, suffix)                                                               \
    static void serial_##suffix(int64_t m, int64_t n, int64_t k, real alpha, const real *a,        \
                                int64_t ars, int64_t acs, const real *b, int64_t brs, int64_t bcs, \
                                real beta, real *c, int64_t crs, int64_t ccs)                      \
    {                                                                                              \
        bli_##letter##gemm(BLIS_NO_TRANSPOSE, BLIS_NO_TRANSPOSE, m, n, k, &alpha, (real *)a, ars,  \
                           acs, (real *)b, brs, bcs, &beta, c, crs, ccs);                          \
    }
#else
#define SERIAL(letter, real, suffix)                                                               \
    static void serial_##suffix(int64_t m, int64_t n, int64_t k, real alpha, const real *a,        \
                                int64_t ars, int64_t acs, const real *b, int64_t brs, int64_t bcs, \
                                real beta, real *c, int64_t crs, int64_t ccs)                      \
    {                                                                                              \
        for (int64_t i = 0; i < m; i++)                                                            \
            for (int64_t p = 0; p < k; p++) {                                                      \
                const real x = alpha * a[i * ars + p * acs];                                       \
                for (int64_t j = 0; j < n; j++) {                                                  \
                    real *to = c + i * crs + j * ccs;                                              \
                    const real old = p ? *to : beta == 0 ? 0 : beta * *to;                         \
                    *to = old + x * b[p * brs + j * bcs];                                          \
                }                                                                                  \
            }                                                                                      \
    }
#endif
SERIAL(s, float, f32)
SERIAL(d, double, f64)

#define GEMM(name, real, suffix)                                                                   \
    static void block_##suffix(int64_t blocks, int64_t block, int64_t m, int64_t n, int64_t k,     \
                               real alpha, const real *a, int64_t ars, int64_t acs, const real *b, \
                               int64_t brs, int64_t bcs, real beta, real *c, int64_t crs,          \
                               int64_t ccs)                                                        \
    {                                                                                              \
        const int64_t length = m >= n ? m : n, at = length * block / blocks;                       \
        const int64_t size = length * (block + 1) / blocks - at;                                   \
        if (m >= n)                                                                                \
            serial_##suffix(size, n, k, alpha, a + at * ars, ars, acs, b, brs, bcs, beta,          \
                            c + at * crs, crs, ccs);                                               \
        else                                                                                       \
            serial_##suffix(m, size, k, alpha, a, ars, acs, b + at * bcs, brs, bcs, beta,          \
                            c + at * ccs, crs, ccs);                                               \
    }                                                                                              \
    void name(int64_t m, int64_t n, int64_t k, real alpha, const real *a, int64_t ars,             \
              int64_t acs, const real *b, int64_t brs, int64_t bcs, real beta, real *c,            \
              int64_t crs, int64_t ccs)                                                            \
    {                                                                                              \
        if (m <= 0 || n <= 0)                                                                      \
            return;                                                                                \
        if (k <= 0) {                                                                              \
            for (int64_t i = 0; i < m; i++)                                                        \
                for (int64_t j = 0; j < n; j++)                                                    \
                    c[i * crs + j * ccs] = beta == 0 ? 0 : beta * c[i * crs + j * ccs];            \
            return;                                                                                \
        }                                                                                          \
        const int64_t blocks = block_count(m, n);                                                  \
        EACH_ITEM(thread_count(2.0 * (double)m * (double)n * (double)k, blocks), blocks,           \
                  block_##suffix(blocks, item, m, n, k, alpha, a, ars, acs, b, brs, bcs, beta, c,  \
                                 crs, ccs));                                                       \
    }
GEMM(gra__sgemm, float, f32)
GEMM(gra__dgemm, double, f64)

/* C = biases, for products that only know beta; returns beta. */
#define FILL_BIAS(args_type, real, suffix)                                                         \
    static real fill_bias_##suffix(const args_type *args)                                          \
    {                                                                                              \
        if (!args->row_bias && !args->column_bias)                                                 \
            return args->accumulate ? 1 : 0;                                                       \
        for (int64_t i = 0; i < args->m; i++)                                                      \
            for (int64_t j = 0; j < args->n; j++) {                                                \
                real *to = args->c + i * args->crs + j;                                            \
                const real bias = (args->row_bias ? args->row_bias[i] : 0) +                       \
                                  (args->column_bias ? args->column_bias[j] : 0);                  \
                *to = args->accumulate ? *to + bias : bias;                                        \
            }                                                                                      \
        return 1;                                                                                  \
    }
FILL_BIAS(gra__gemm_args, float, f32)
FILL_BIAS(gra__gemm_args_f64, double, f64)

void gra__matmul_f64(const gra__gemm_args_f64 *args)
{
    const double beta = fill_bias_f64(args);
    gra__dgemm(args->m, args->n, args->k, 1, args->a, args->ars, args->acs, args->b, args->brs,
               args->bcs, beta, args->c, args->crs, 1);
}

enum { LEAST_ROWS = 33 }; // of a part: the kernel treats products of up to 32 rows in other ways

/* Part `part` of `parts` of C for our own kernel. The bits do not depend on the cut as long as columns are cut between
 * panels, and no part has so few rows that the kernel treats it in another way. */
static void own_part(const gra__gemm_args *args, bool by_rows, int64_t part, int64_t parts)
{
    const gra__gemm_table *table = gra__kernels_get()->gemm;
    gra__gemm_args here = *args;
    if (by_rows) {
        const int64_t from = args->m * part / parts;
        here.m = args->m * (part + 1) / parts - from;
        here.a += from * here.ars;
        here.c += from * here.crs;
        here.row_bias = here.row_bias ? here.row_bias + from : NULL;
    } else {
        const int64_t panels = (args->n + table->panel - 1) / table->panel;
        const int64_t from = panels * part / parts * table->panel;
        here.n = smaller(panels * (part + 1) / parts * table->panel, args->n) - from;
        here.b += from * here.bcs;
        here.c += from;
        here.column_bias = here.column_bias ? here.column_bias + from : NULL;
    }
    table->gemm(&here);
}

static void own_f32(const gra__gemm_args *args)
{
    const gra__gemm_table *table = gra__kernels_get()->gemm;
    const bool by_rows = args->m >= args->n && args->m >= 64;
    const int64_t most =
        by_rows ? args->m / LEAST_ROWS : (args->n + table->panel - 1) / table->panel;
    const int threads =
        thread_count(2.0 * (double)args->m * (double)args->n * (double)args->k, most);
    if (threads == 1)
        table->gemm(args);
    else
        EACH_ITEM(threads, threads, own_part(args, by_rows, item, threads));
}

/* GFLOP/s of ours and of BLIS 0.9.0 on a busy Zen 4 machine, one thread, A and B row-major: for each
 * the best of three sweeps by processor time, which agree to 10 % above 32^3.
 *
 *     32^3   56  45      700^3   103 101     1536^3         91  77      512x784x4608  104  91
 *     64^3   98  95     1000^3   101  93     2000x2000x500  96 105      64x12544x576   69  68
 *    128^3  111 109     1024^3    95  46     32x4096x4096   93  59
 *    256^3  113 107     1300^3    90 100     128x4096x4096  78  41
 *    512^3  111  93
 *
 * BLIS wins at 1300^3 and 2000x2000x500, but not at 1536^3: the border is drawn on few points. With B
 * transposed ours wins by more, save 1300^3 (89 and 92) and 64x12544x576 (66 and 75). */
static bool own_is_faster(int64_t m, int64_t n, int64_t k)
{
    const int64_t shortest = smaller(m, smaller(n, k));
    const double products = (double)m * (double)n * (double)k;
    return shortest < 256 || products < 1.9e9;
}

/* A part of the rows is a smaller product, so it is ours as well. */
bool gra__matmul_f32_is_by_rows(int64_t m, int64_t n, int64_t k)
{
    return own_is_faster(m, n, k);
}

void gra__matmul_f32(const gra__gemm_args *args)
{
    if (own_is_faster(args->m, args->n, args->k)) {
        own_f32(args);
        return;
    }
    const float beta = fill_bias_f32(args);
    gra__sgemm(args->m, args->n, args->k, 1, args->a, args->ars, args->acs, args->b, args->brs,
               args->bcs, beta, args->c, args->crs, 1);
}

void gra__column_sums_f32(int64_t m, int64_t n, const float *x, float *y)
{
    gra__kernels_get()->gemm->column_sums(m, n, x, n, y, 0);
}

void gra__column_sums_f64(int64_t m, int64_t n, const double *x, double *y)
{
    for (int64_t j = 0; j < n; j++)
        y[j] = 0;
    for (int64_t i = 0; i < m; i++)
        for (int64_t j = 0; j < n; j++)
            y[j] += x[i * n + j];
}

void gra__linear_f32(int64_t n, int64_t in, int64_t out, const float *x, const float *w,
                     const float *b, float *y)
{
    gra__matmul_f32(&(gra__gemm_args){.m = n,
                                      .n = out,
                                      .k = in,
                                      .a = x,
                                      .ars = in,
                                      .acs = 1,
                                      .b = w,
                                      .brs = 1,
                                      .bcs = in,
                                      .c = y,
                                      .crs = out,
                                      .column_bias = b});
}

void gra__linear_backward_input_f32(int64_t n, int64_t in, int64_t out, const float *g,
                                    const float *w, float *dx)
{
    gra__matmul_f32(&(gra__gemm_args){.m = n,
                                      .n = in,
                                      .k = out,
                                      .a = g,
                                      .ars = out,
                                      .acs = 1,
                                      .b = w,
                                      .brs = in,
                                      .bcs = 1,
                                      .c = dx,
                                      .crs = in});
}

void gra__linear_backward_weight_f32(int64_t n, int64_t in, int64_t out, const float *g,
                                     const float *x, float *dw)
{
    gra__matmul_f32(&(gra__gemm_args){.m = out,
                                      .n = in,
                                      .k = n,
                                      .a = g,
                                      .ars = 1,
                                      .acs = out,
                                      .b = x,
                                      .brs = in,
                                      .bcs = 1,
                                      .c = dw,
                                      .crs = in});
}
