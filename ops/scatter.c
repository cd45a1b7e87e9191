/* scatter.c - elements written, or added, along one dim where a tensor of indices says.
 *
 *   scatter:       y = x, then y[index[i, j], j]  = source[i, j]     for dim 0, and so on
 *   scatter_add:   y = x, then y[index[i, j], j] += source[i, j]
 *
 *   dsource = gather(g, dim, index)         dx = g, which scatter makes 0 where it wrote
 *
 * index and source have as many dims as x; where source is larger than index, the rest of it does not
 * count.  Where several elements meet, scatter keeps the last one in row-major order, and its gradient
 * is that of them all; scatter_add adds in that order, bfloat16 in float32.
 */
#include "core/create.h"
#include "core/dry_run.h"
#include "core/error.h"
#include "ops/indices.h"
#include "ops/iterate.h"
#include "ops/layout.h"
#include "ops/ops.h"

typedef struct {
    int64_t dim;
} scatter_args;

static bool source_fits(const char *op, const gra_tensor *x, const gra_tensor *index,
                        const gra_tensor *source)
{
    char a[GRA_SHAPE_TEXT], b[GRA_SHAPE_TEXT];
    bool fits = source->shape.count == index->shape.count;
    for (int d = 0; fits && d < index->shape.count; d++)
        fits = index->shape.size[d] <= source->shape.size[d];
    if (!fits)
        gra_fail(
            "%s: source has shape %s for an index of shape %s; as many dims are needed, and no "
            "smaller sizes",
            op, gra_shape_text(source->shape, a), gra_shape_text(index->shape, b));
    else if (source->dtype != x->dtype)
        gra_fail("%s: x has dtype %s and source %s; they must be equal", op,
                 gra_dtype_name(x->dtype), gra_dtype_name(source->dtype));
    return !gra_error();
}

/* Writes the picked elements of source into y, or adds them; both have the dtype of the sums. */
static void write_all(const gra__picks *p, gra_tensor *y, const gra_tensor *source, bool adds)
{
    gra__binary_loop *const add = gra__kernels_get()->elementwise->add[y->dtype];
    const int64_t size = (int64_t)gra_dtype_size(y->dtype);
    char *const base = gra__ptr(y);
    const char *const sources = gra__ptr(source);
    gra__walk at = {.position = 0}, from = {.position = 0};
    for (int64_t i = 0; i < p->count; i++) {
        char *const to = base + (at.position + p->index[i] * p->step) * size;
        const char *const element = sources + from.position * size;
        if (adds)
            add(1, to, size, to, size, element, size);
        else
            gra__copy_element(to, element, (size_t)size);
        gra__walk_on(&at, &p->shape, p->stride);
        gra__walk_on(&from, &p->shape, source->stride);
    }
}

static void run(gra_call *c, bool adds)
{
    const char *const op = gra_op_name(c->op);
    const scatter_args *const args = c->args;
    gra_tensor *const x = c->in[0], *const index = c->in[1];
    const gra_dtype dtype = adds && x->dtype == GRA_BFLOAT16 ? GRA_FLOAT32 : x->dtype;
    gra__picks p;
    if (!source_fits(op, x, index, c->in[2]))
        return;
    const bool in_x = c->op->inplace && dtype == x->dtype;
    gra_tensor *const y = in_x ? x : gra__row_major_copy(x, dtype);
    const bool shares = in_x && c->in[2]->storage == x->storage;
    gra_tensor *const source =
        shares ? gra__row_major_copy(c->in[2], dtype) : gra__converted(c->in[2], dtype);
    if (!y || !source || !gra__picks_plan(op, y, args->dim, index, &p))
        return;
    write_all(&p, y, source, adds);
    if (!c->op->inplace)
        c->out[0] = gra__converted(y, x->dtype);
    else if (in_x || gra__copy_into(op, x, y))
        c->out[0] = x;
}

static void scatter_forward(gra_call *c)
{
    run(c, false);
}

static void scatter_add_forward(gra_call *c)
{
    run(c, true);
}

/* dsource: what was picked, and zeros for what index did not cover. */
static gra_tensor *source_gradient(gra_call *c, gra_tensor *g, int64_t dim)
{
    const gra_shape whole = gra_call_shape(c, 2);
    gra_tensor *picked = gra_gather(g, dim, c->in[1]);
    for (int d = 0; picked && d < whole.count; d++) {
        gra_shape shape = picked->shape;
        if (shape.size[d] == whole.size[d])
            continue;
        shape.size[d] = whole.size[d];
        picked = gra__narrow_backward(picked, shape, d, 0);
    }
    return picked;
}

static void scatter_add_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    const scatter_args *const args = c->args;
    if (c->needs[0])
        dx[0] = g[0];
    if (c->needs[2])
        dx[2] = source_gradient(c, g[0], args->dim);
}

static void scatter_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    const scatter_args *const args = c->args;
    if (c->needs[0])
        dx[0] = gra_scatter(g[0], args->dim, c->in[1],
                            gra_zeros(gra_tensor_shape(c->in[1]), .dtype = g[0]->dtype));
    if (c->needs[2])
        dx[2] = source_gradient(c, g[0], args->dim);
}

/* The two ops of one name. */
#define SCATTER(name)                                                                              \
    const gra_op gra_op_##name = {                                                                 \
        .schema = #name "(Tensor x, int dim, Tensor index, Tensor source) -> Tensor",              \
        .forward = name##_forward,                                                                 \
        .vjp = name##_vjp,                                                                         \
        .saves = GRA_IN(1),                                                                        \
        .args_size = sizeof(scatter_args),                                                         \
    };                                                                                             \
                                                                                                   \
    const gra_op gra_op_##name##_ = {                                                              \
        .schema = #name "_(Tensor(a!) x, int dim, Tensor index, Tensor source) -> Tensor(a!)",     \
        .forward = name##_forward,                                                                 \
        .vjp = name##_vjp,                                                                         \
        .saves = GRA_IN(1),                                                                        \
        .args_size = sizeof(scatter_args),                                                         \
        .inplace = true,                                                                           \
    };                                                                                             \
                                                                                                   \
    gra_tensor *gra_##name(gra_tensor *x, int64_t dim, gra_tensor *index, gra_tensor *source)      \
    {                                                                                              \
        return gra_apply(&gra_op_##name, (gra_tensor *[]){x, index, source}, 3,                    \
                         &(scatter_args){dim});                                                    \
    }                                                                                              \
                                                                                                   \
    gra_tensor *gra_##name##_(gra_tensor *x, int64_t dim, gra_tensor *index, gra_tensor *source)   \
    {                                                                                              \
        return gra_apply(&gra_op_##name##_, (gra_tensor *[]){x, index, source}, 3,                 \
                         &(scatter_args){dim});                                                    \
    }

SCATTER(scatter)
SCATTER(scatter_add)
