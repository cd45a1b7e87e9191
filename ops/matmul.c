/* matmul.c - products of vectors, matrices and batches of matrices, as PyTorch's.
 *
 *   y = a b:   [M, K] [K, N] -> [M, N]          [K] [K] -> []
 *              [K] [.., K, N] -> [.., N]        [.., M, K] [K] -> [.., M]
 *              [.., M, K] [.., K, N] -> [.., M, N], the leading dims broadcast
 *
 *   da = g b^T          db = a^T g
 *
 * A vector is a matrix with one row on the left, with one column on the right.  Where b is one matrix,
 * the batch of a is folded into its rows, so that there is one large product.
 */
#include "core/dry_run.h"
#include "core/error.h"
#include "core/threads.h"
#include "ops/iterate.h"
#include "ops/layout.h"
#include "ops/ops.h"
#include "ops/product.h"

/* A product of at least this many multiplications is worth a thread. */
enum { THREAD_WORK = 1 << 20 };

typedef struct {
    gra_tensor *a, *b;          /* as matrices or batches of them, in dtype */
    gra_dtype dtype;            /* to compute in */
    gra_shape a_batch, b_batch; /* leading dims */
    gra_shape batch;            /* what they broadcast to */
} operands;

/* A vector as a matrix: a row on the left, a column on the right. */
static gra_tensor *as_matrix(gra_tensor *t, bool left)
{
    if (t->shape.count > 1)
        return t;
    gra_shape shape = {.count = 2, .size = {1, 1}};
    int64_t stride[2] = {1, 1};
    shape.size[left] = t->shape.size[0];
    stride[left] = t->stride[0];
    return gra__view(t, shape, stride, t->offset);
}

static gra_shape leading(gra_shape shape)
{
    shape.count -= 2;
    return shape;
}

static bool inner_sizes_match(const gra_tensor *a, const gra_tensor *b)
{
    char ta[GRA_SHAPE_TEXT], tb[GRA_SHAPE_TEXT];
    gra_shape_text(a->shape, ta);
    gra_shape_text(b->shape, tb);
    if (a->shape.count == 0 || b->shape.count == 0) {
        gra_fail("matmul: shapes %s and %s do not fit: both need at least one dim", ta, tb);
        return false;
    }
    const int row = b->shape.count > 1 ? b->shape.count - 2 : 0;
    const int64_t ka = a->shape.size[a->shape.count - 1], kb = b->shape.size[row];
    if (ka != kb)
        gra_fail("matmul: shapes %s and %s do not fit: the inner sizes %lld and %lld differ", ta,
                 tb, (long long)ka, (long long)kb);
    return ka == kb;
}

/* The leading dims broadcast; fails under matmul's own words, which show the whole shapes. */
static bool batches_broadcast(const gra_call *c, operands *o)
{
    const gra_shape *const a = &o->a_batch, *const b = &o->b_batch;
    for (int i = 1; i <= a->count && i <= b->count; i++) {
        const int64_t sa = a->size[a->count - i], sb = b->size[b->count - i];
        if (sa == sb || sa == 1 || sb == 1)
            continue;
        char ta[GRA_SHAPE_TEXT], tb[GRA_SHAPE_TEXT], la[GRA_SHAPE_TEXT], lb[GRA_SHAPE_TEXT];
        gra_fail("matmul: shapes %s and %s do not fit: the leading dims %s and %s do not broadcast",
                 gra_shape_text(c->in[0]->shape, ta), gra_shape_text(c->in[1]->shape, tb),
                 gra_shape_text(*a, la), gra_shape_text(*b, lb));
        return false;
    }
    return gra__broadcast("matmul", a, b, &o->batch);
}

static bool prepare(gra_call *c, operands *o)
{
    gra_tensor *const a = c->in[0], *const b = c->in[1];
    if (!inner_sizes_match(a, b) || !gra__product_dtype("matmul", c->in, 2, &o->dtype))
        return false;
    if (!(o->a = as_matrix(a, true)) || !(o->b = as_matrix(b, false)))
        return false;
    o->a_batch = leading(o->a->shape);
    o->b_batch = leading(o->b->shape);
    if (!batches_broadcast(c, o))
        return false;
    return (o->a = gra__product_ready(o->a, o->dtype)) &&
           (o->b = gra__product_ready(o->b, o->dtype));
}

/* Puts the batch of a into its rows where all of it meets one and the same matrix b. */
static bool fold(operands *o)
{
    if (gra__numel(&o->b_batch) != 1 || gra__numel(&o->a_batch) != gra__numel(&o->batch) ||
        o->batch.count == 0)
        return true;
    const gra_shape *const shape = &o->a->shape;
    const int64_t rows = gra__numel_between(shape, 0, shape->count - 1);
    o->a = gra__reshaped("matmul", o->a, GRA_SHAPE(rows, shape->size[shape->count - 1]));
    o->a_batch = o->b_batch = o->batch = GRA_SCALAR;
    return o->a && (o->a = gra__product_ready(o->a, o->dtype));
}

/* Address of the matrix of t for a member of the broadcast batch. */
static const void *member(const gra_tensor *t, const gra_shape *own, const gra_shape *batch,
                          int64_t i)
{
    int64_t position = 0;
    for (int d = batch->count - 1; d >= 0; d--) {
        const int at = d - (batch->count - own->count);
        if (at >= 0 && own->size[at] != 1)
            position += i % batch->size[d] * t->stride[at];
        i /= batch->size[d];
    }
    return (const char *)gra__ptr(t) + position * (int64_t)gra_dtype_size(t->dtype);
}

static void multiply_members(const operands *o, char *y, int64_t from, int64_t to)
{
    gra__matrix a = gra__matrix_of(o->a), b = gra__matrix_of(o->b);
    const int64_t bytes = a.rows * b.columns * (int64_t)gra_dtype_size(o->dtype);
    for (int64_t i = from; i < to; i++) {
        a.data = member(o->a, &o->a_batch, &o->batch, i);
        b.data = member(o->b, &o->b_batch, &o->batch, i);
        gra__product(o->dtype, a, b, y + i * bytes, NULL);
    }
}

/* Threads share out the members of a batch of small products; a large product has its own threads. */
static void multiply(const operands *o, char *y)
{
    if (gra__dry_run())
        return;
    const gra__matrix a = gra__matrix_of(o->a), b = gra__matrix_of(o->b);
    const int64_t count = gra__numel(&o->batch);
    const double work = (double)a.rows * (double)a.columns * (double)b.columns;
    const double wanted = work * (double)count / THREAD_WORK;
    const int64_t useful = wanted < (double)count ? (int64_t)wanted : count;
    const int64_t threads = useful < gra__threads() ? useful : gra__threads();
    if (threads <= 1 || work >= 16.0 * THREAD_WORK) {
        multiply_members(o, y, 0, count);
        return;
    }
#pragma omp parallel for num_threads((int)threads) schedule(static)
    for (int64_t t = 0; t < threads; t++)
        multiply_members(o, y, count * t / threads, count * (t + 1) / threads);
}

/* The batch dims, then M and N, each only where its input is no vector. */
static gra_shape result_shape(const gra_call *c, const operands *o)
{
    gra_shape shape = o->batch;
    if (c->in[0]->shape.count > 1)
        shape.size[shape.count++] = o->a->shape.size[o->a->shape.count - 2];
    if (c->in[1]->shape.count > 1)
        shape.size[shape.count++] = o->b->shape.size[o->b->shape.count - 1];
    return shape;
}

static void matmul_forward(gra_call *c)
{
    operands o;
    if (!prepare(c, &o))
        return;
    gra_tensor *const y = gra__empty("matmul", result_shape(c, &o), o.dtype);
    if (!y || !fold(&o))
        return;
    multiply(&o, gra__ptr(y));
    c->out[0] = gra__converted(y, c->in[0]->dtype);
}

/* Recorded: a batch of matrices as one matrix of all their rows. */
static gra_tensor *rows_of(gra_tensor *t)
{
    const gra_shape shape = gra_tensor_shape(t);
    if (shape.count <= 2)
        return t;
    return gra_reshape(
        t, GRA_SHAPE(gra__numel_between(&shape, 0, shape.count - 1), shape.size[shape.count - 1]));
}

static void matmul_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    const bool row = gra_tensor_ndim(c->in[0]) == 1, column = gra_tensor_ndim(c->in[1]) == 1;
    gra_tensor *const a = row ? gra_unsqueeze(c->in[0], 0) : c->in[0];
    gra_tensor *const b = column ? gra_unsqueeze(c->in[1], 1) : c->in[1];
    gra_tensor *gy = column ? gra_unsqueeze(g[0], -1) : g[0];
    gy = row ? gra_unsqueeze(gy, -2) : gy;
    if (c->needs[0])
        dx[0] = gra_matmul(gy, gra_transpose(b, -2, -1));
    if (!c->needs[1])
        return;
    const bool folded = gra_tensor_ndim(b) == 2;
    gra_tensor *const db =
        gra_matmul(gra_transpose(folded ? rows_of(a) : a, -2, -1), folded ? rows_of(gy) : gy);
    dx[1] = column ? gra_squeeze(db, GRA_DIMS(-1)) : db;
}

/* One multiply-add for each output and each element of its row of a. */
static double matmul_flops(const gra_call *c)
{
    const gra_shape *const a = &c->in[0]->shape;
    return 2 * (double)c->out[0]->numel * (double)a->size[a->count - 1];
}

const gra_op gra_op_matmul = {
    .schema = "matmul(Tensor a, Tensor b) -> Tensor",
    .forward = matmul_forward,
    .vjp = matmul_vjp,
    .curvature = GRA_CURVATURE_PRODUCTS,
    .flops = matmul_flops,
};

gra_tensor *gra_matmul(gra_tensor *a, gra_tensor *b)
{
    return gra_apply(&gra_op_matmul, (gra_tensor *[]){a, b}, 2, NULL);
}
