/* cumsum.c - sums of all elements up to each one, along a dim.
 *
 *   y_i = x_0 + ... + x_i           dx_i = g_i + ... + g_(n-1)
 *
 * Integers and bools give int64.  Floats add up in float64, bfloat16 too.  The gradient is the same sum
 * from the other end, cumsum_backward, whose derivative is cumsum again.
 */
#include "core/dry_run.h"
#include "core/error.h"
#include "core/threads.h"
#include "ops/iterate.h"
#include "ops/layout.h"
#include "ops/ops.h"

typedef struct {
    int64_t dim;
} cumsum_args;

/* A tensor as slabs of n rows of inner elements; a block of neighbouring columns is summed at a time. */
typedef struct {
    int64_t outer, n, inner;
    bool reverse;
} sums;

enum { BLOCK = 64, THREAD_ELEMENTS = 32768 };

/* The columns from `first` of a slab, at most BLOCK of them; SUM is the type of the sums. The sum of a
 * single column, the usual case, stays in a register. */
#define SUM_COLUMNS(name, T, SUM)                                                                  \
    static void name(const sums *s, int64_t slab, int64_t first, const void *x, void *y)           \
    {                                                                                              \
        const int64_t rest = s->inner - first, width = rest < BLOCK ? rest : BLOCK;                \
        const int64_t begin = slab * s->n * s->inner + first;                                      \
        SUM one = 0, sum[BLOCK] = {0};                                                             \
        for (int64_t i = 0; s->inner == 1 && i < s->n; i++) {                                      \
            const int64_t at = begin + (s->reverse ? s->n - 1 - i : i);                            \
            ((T *)y)[at] = (T)(one += (SUM)((const T *)x)[at]);                                    \
        }                                                                                          \
        for (int64_t i = 0; s->inner > 1 && i < s->n; i++) {                                       \
            const int64_t at = begin + (s->reverse ? s->n - 1 - i : i) * s->inner;                 \
            const T *const from = (const T *)x + at;                                               \
            T *const to = (T *)y + at;                                                             \
            for (int64_t j = 0; j < width; j++)                                                    \
                to[j] = (T)(sum[j] += (SUM)from[j]);                                               \
        }                                                                                          \
    }

SUM_COLUMNS(sum_f32, float, double)
SUM_COLUMNS(sum_f64, double, double)
SUM_COLUMNS(sum_i64, int64_t, uint64_t) /* wraps around */

static void run(const sums *s, gra_dtype dtype, const void *x, void *y)
{
    void (*const sum)(const sums *, int64_t, int64_t, const void *, void *) =
        dtype == GRA_FLOAT32   ? sum_f32
        : dtype == GRA_FLOAT64 ? sum_f64
                               : sum_i64;
    const int64_t blocks = (s->inner + BLOCK - 1) / BLOCK, units = s->outer * blocks;
    const int64_t wanted = s->outer * s->n * s->inner / THREAD_ELEMENTS;
    const int64_t threads = wanted < gra__threads() ? wanted : gra__threads();
#pragma omp parallel for num_threads((int)(threads > 1 ? threads : 1)) schedule(static)
    for (int64_t u = 0; u < units; u++)
        sum(s, u / blocks, u % blocks * BLOCK, x, y);
}

static void sum_along(gra_call *c, bool reverse)
{
    const cumsum_args *const args = c->args;
    gra_tensor *const x = c->in[0];
    const int dim = gra__wrap_dim(gra_op_name(c->op), args->dim, x->shape.count);
    const bool real = gra_dtype_is_floating(x->dtype);
    const gra_dtype result = real ? x->dtype : GRA_INT64;
    const gra_dtype dtype = result == GRA_BFLOAT16 ? GRA_FLOAT32 : result;
    gra_tensor *const packed = dim < 0 ? NULL : gra__packed(x, dtype);
    gra_tensor *const y = packed ? gra__empty(gra_op_name(c->op), x->shape, dtype) : NULL;
    if (!y)
        return;
    const sums s = {.outer = gra__numel_between(&x->shape, 0, dim),
                    .n = x->shape.count ? x->shape.size[dim] : 1,
                    .inner = gra__numel_between(&x->shape, dim + 1, x->shape.count),
                    .reverse = reverse};
    if (!gra__dry_run() && x->numel)
        run(&s, dtype, gra__ptr(packed), gra__ptr(y));
    c->out[0] = gra__converted(y, result);
}

static void cumsum_forward(gra_call *c)
{
    sum_along(c, false);
}

static void backward_forward(gra_call *c)
{
    sum_along(c, true);
}

extern const gra_op gra_op_cumsum_backward;

static void cumsum_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    dx[0] = gra_apply(&gra_op_cumsum_backward, g, 1, c->args);
}

static void backward_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    const cumsum_args *const args = c->args;
    dx[0] = gra_cumsum(g[0], args->dim);
}

const gra_op gra_op_cumsum_backward = {
    .schema = "cumsum_backward(Tensor g, int dim) -> Tensor",
    .forward = backward_forward,
    .vjp = backward_vjp,
    .saves = GRA_SAVE_NOTHING,
    .args_size = sizeof(cumsum_args),
};

const gra_op gra_op_cumsum = {
    .schema = "cumsum(Tensor x, int dim) -> Tensor",
    .forward = cumsum_forward,
    .vjp = cumsum_vjp,
    .saves = GRA_SAVE_NOTHING,
    .args_size = sizeof(cumsum_args),
};

gra_tensor *gra_cumsum(gra_tensor *x, int64_t dim)
{
    return gra_apply(&gra_op_cumsum, &x, 1, &(cumsum_args){dim});
}
