/* slabs.c - running the softmax kernels over slabs. */
#include "ops/slabs.h"

#include "core/dry_run.h"
#include "core/error.h"
#include "core/threads.h"
#include "ops/iterate.h"
#include "ops/layout.h"
#include "ops/reduce.h"

enum {
    WORK = 16384,   /* elements that are worth a thread of their own */
    NARROW = 32,    /* slabs of fewer elements are transposed, */
    TOGETHER = 128, /* so many at a time */
    OPERANDS = 3,
};

/* One run over slabs: operand 0 is the result. */
typedef struct job {
    gra__slabs slabs;
    gra__softmax_loop *loop;
    gra__softmax_backward_loop *backward; /* instead of loop: two inputs */
    char *at[OPERANDS];
    int count;    /* operands */
    bool reduces; /* the result has inner elements a slab */
} job;

gra__slabs gra__slabs_along(gra_shape shape, int dim, gra_dtype dtype)
{
    gra__slabs s = {.outer = 1, .n = 1, .inner = 1};
    s.dtype = dtype == GRA_BFLOAT16 ? GRA_FLOAT32 : dtype;
    for (int i = 0; i < shape.count; i++)
        *(i < dim ? &s.outer : i == dim ? &s.n : &s.inner) *= shape.size[i];
    return s;
}

static void call(const job *j, int64_t inner, char *const *at)
{
    if (j->backward)
        j->backward((size_t)j->slabs.n, (size_t)inner, at[0], at[1], at[2]);
    else
        j->loop((size_t)j->slabs.n, (size_t)inner, at[0], at[1]);
}

/* Elements of a slab of operand k. */
static int64_t extent(const job *j, int k)
{
    return k == 0 && j->reduces ? j->slabs.inner : j->slabs.n * j->slabs.inner;
}

/* count slabs of n elements as one slab of n rows of count elements. */
static void run_transposed(const job *j, char *const *at, int64_t count)
{
    const ptrdiff_t size = (ptrdiff_t)gra_dtype_size(j->slabs.dtype), n = j->slabs.n;
    gra__unary_loop *const copy =
        gra__kernels_get()->elementwise->convert[j->slabs.dtype][j->slabs.dtype];
    double wide[OPERANDS][NARROW * TOGETHER];
    char *turned[OPERANDS];
    for (int k = 0; k < OPERANDS; k++)
        turned[k] = (char *)wide[k];
    for (int k = 1; k < j->count; k++)
        for (ptrdiff_t i = 0; i < n; i++)
            copy((size_t)count, turned[k] + i * count * size, size, at[k] + i * size, n * size);
    call(j, count, turned);
    const ptrdiff_t rows = j->reduces ? 1 : n;
    for (ptrdiff_t i = 0; i < rows; i++)
        copy((size_t)count, at[0] + i * size, rows * size, turned[0] + i * count * size, size);
}

static void run_range(const job *j, int64_t first, int64_t last, bool narrow)
{
    const int64_t step = narrow ? TOGETHER : 1;
    for (int64_t slab = first; slab < last; slab += step) {
        char *at[OPERANDS];
        for (int k = 0; k < j->count; k++)
            at[k] = j->at[k] + slab * extent(j, k) * (int64_t)gra_dtype_size(j->slabs.dtype);
        if (narrow)
            run_transposed(j, at, last - slab < TOGETHER ? last - slab : TOGETHER);
        else
            call(j, j->slabs.inner, at);
    }
}

static void run_job(const job *j)
{
    if (gra__dry_run())
        return;
    const int64_t outer = j->slabs.outer, elements = j->slabs.n * j->slabs.inner;
    const bool narrow = j->slabs.inner == 1 && j->slabs.n > 1 && j->slabs.n < NARROW && outer >= 8;
    const int64_t unit = narrow ? TOGETHER : 1, units = (outer + unit - 1) / unit;
    const int64_t wanted = outer * elements / WORK, most = wanted < units ? wanted : units;
    const int64_t threads = most < gra__threads() ? most : gra__threads();
    if (threads <= 1) {
        run_range(j, 0, outer, narrow);
        return;
    }
#pragma omp parallel for num_threads((int)threads) schedule(static)
    for (int64_t t = 0; t < threads; t++) {
        const int64_t last = units * (t + 1) / threads * unit;
        run_range(j, units * t / threads * unit, last < outer ? last : outer, narrow);
    }
}

void gra__slabs_run(const gra__slabs *s, gra__softmax_loop *loop, void *y, const void *x)
{
    const bool reduces = loop == gra__kernels_get()->reduce->logsumexp[s->dtype];
    const job j = {*s, loop, NULL, {y, (char *)x}, 2, reduces};
    run_job(&j);
}

/* The slabs along dim of tensors that lie packed like x: over the channels of a channels-last one they
 * are its pixels. */
static gra__slabs slabs_like(const gra_tensor *x, int dim)
{
    const gra_shape *const s = &x->shape;
    if (dim == 1 && gra__prefers_channels_last(x))
        return gra__slabs_along(GRA_SHAPE(s->size[0], s->size[2], s->size[3], s->size[1]), 3,
                                x->dtype);
    return gra__slabs_along(*s, dim, x->dtype);
}

/* t in dtype, packed as slabs_like has it for x. */
static gra_tensor *packed_like(const gra_tensor *x, int dim, gra_tensor *t, gra_dtype dtype)
{
    if (dim != 1 || !gra__prefers_channels_last(x))
        return gra__packed(t, dtype);
    gra_tensor *const turned = gra__channels_last(t);
    return turned ? gra__converted(turned, dtype) : NULL;
}

void gra__softmax_forward(gra_call *c, gra__softmax_loop *const *loops)
{
    const gra__dim_args *const args = c->args;
    const char *const op = gra_op_name(c->op);
    gra_tensor *const x = c->in[0];
    const int dim = gra__wrap_dim(op, args->dim, x->shape.count);
    if (dim < 0 || !gra__demand_floating(op, x))
        return;
    const gra__slabs s = slabs_like(x, dim);
    gra_tensor *const packed = packed_like(x, dim, x, s.dtype);
    gra_tensor *const y = packed ? gra__empty_like(op, packed, s.dtype) : NULL;
    if (!y)
        return;
    gra__slabs_run(&s, loops[s.dtype], gra__ptr(y), gra__ptr(packed));
    c->out[0] = gra__converted(y, x->dtype);
}

void gra__softmax_backward_forward(gra_call *c, gra__softmax_backward_loop *const *loops)
{
    const gra__dim_args *const args = c->args;
    const char *const op = gra_op_name(c->op);
    gra_tensor *const y = c->in[1];
    char a[GRA_SHAPE_TEXT], b[GRA_SHAPE_TEXT];
    const int dim = gra__wrap_dim(op, args->dim, y->shape.count);
    if (dim < 0 || !gra__demand_floating(op, y))
        return;
    if (!gra_shape_equal(c->in[0]->shape, y->shape)) {
        gra_fail("%s: g has shape %s and y has shape %s; they must be the same", op,
                 gra_shape_text(c->in[0]->shape, a), gra_shape_text(y->shape, b));
        return;
    }
    const gra__slabs s = slabs_like(y, dim);
    gra_tensor *const in[] = {packed_like(y, dim, c->in[0], s.dtype),
                              packed_like(y, dim, y, s.dtype)};
    gra_tensor *const dx = in[0] && in[1] ? gra__empty_like(op, in[1], s.dtype) : NULL;
    if (!dx)
        return;
    run_job(&(job){
        s, NULL, loops[s.dtype], {gra__ptr(dx), gra__ptr(in[0]), gra__ptr(in[1])}, 3, false});
    c->out[0] = gra__converted(dx, y->dtype);
}
