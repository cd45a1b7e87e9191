/* argmax.c - the position of the first maximum or minimum, along a dim or in the whole tensor.
 *
 *   y = min {i: x_i = max_j x_j},  int64, no gradient
 *
 * In the whole tensor, positions count its elements in row-major order.  NaN wins over all numbers.
 */
#include <string.h>

#include "core/dry_run.h"
#include "core/threads.h"
#include "ops/iterate.h"
#include "ops/ops.h"
#include "ops/reduce.h"

enum { PARTS = 32, WORK = 32768 }; /* a large tensor is searched in so many parts, of so much */

typedef struct {
    int64_t dim;
    bool keepdim;
} arg_args;

static void run_step(const gra__fold *f, const gra__piece *p)
{
    *(int64_t *)p->acc = ((gra__arg_run *)f->run_loop)(p->n, p->x, p->stride);
}

static void row_step(const gra__fold *f, const gra__piece *p)
{
    ((gra__arg_row *)f->row_loop)(p->n, p->side, p->acc, p->x, p->stride, p->position);
}

/* The first extremum of n packed elements: that of each part, and the first among those. */
static int64_t find(gra__arg_run *loop, int64_t n, const char *x, size_t size)
{
    const int64_t wanted = n / WORK < PARTS ? n / WORK : PARTS, parts = wanted > 1 ? wanted : 1;
    int64_t at[PARTS];
#pragma omp parallel for num_threads(gra__threads()) if (parts > 1) schedule(static)
    for (int64_t k = 0; k < parts; k++) {
        const int64_t from = n * k / parts, to = n * (k + 1) / parts;
        at[k] = from + loop((size_t)(to - from), x + (size_t)from * size, (ptrdiff_t)size);
    }
    char best[PARTS * 8];
    for (int64_t k = 0; k < parts; k++)
        memcpy(best + (size_t)k * size, x + (size_t)at[k] * size, size);
    return at[loop((size_t)parts, best, (ptrdiff_t)size)];
}

static void arg_whole(gra_call *c, gra__arg_run *loop, gra_tensor *x, gra_shape shape)
{
    const char *const op = gra_op_name(c->op);
    gra_tensor *const packed = x->contiguous ? x : gra__row_major_copy(x, x->dtype);
    gra_tensor *const y = gra__empty(op, shape, GRA_INT64);
    if (!packed || !y)
        return;
    if (!gra__dry_run())
        *(int64_t *)gra__ptr(y) = find(loop, x->numel, gra__ptr(packed), gra_dtype_size(x->dtype));
    c->out[0] = y;
}

static void arg_forward(gra_call *c, gra__arg_run *const *runs, gra__arg_row *const *rows)
{
    const arg_args *const args = c->args;
    const char *const op = gra_op_name(c->op);
    const bool whole = args->dim == GRA_NO_DIM;
    const gra_dims dims = whole ? GRA_ALL_DIMS : GRA_DIMS(args->dim);
    unsigned mask;
    if (!gra__dims_mask(op, dims, c->in[0]->shape.count, &mask) ||
        !gra__demand_elements(op, c->in[0]->shape, mask))
        return;
    gra_tensor *const x = gra__computable(c->in[0]);
    if (!x)
        return;
    const gra_shape shape = gra__reduced_shape(x->shape, mask, args->keepdim);
    if (whole) {
        arg_whole(c, runs[x->dtype], x, shape);
        return;
    }
    const gra__fold f = {
        .run = run_step,
        .row = row_step,
        .run_loop = (gra__any_loop *)runs[x->dtype],
        .row_loop = (gra__any_loop *)rows[x->dtype],
        .accumulator = GRA_INT64,
        .result = GRA_INT64,
    };
    c->out[0] = gra__fold_run(op, &f, x, mask, shape);
}

static void argmax_forward(gra_call *c)
{
    const gra__reduce_table *const loops = gra__kernels_get()->reduce;
    arg_forward(c, loops->argmax_run, loops->argmax_row);
}

static void argmin_forward(gra_call *c)
{
    const gra__reduce_table *const loops = gra__kernels_get()->reduce;
    arg_forward(c, loops->argmin_run, loops->argmin_row);
}

const gra_op gra_op_argmax = {
    .schema = "argmax(Tensor x, int dim=-9223372036854775808, bool keepdim=False) -> Tensor",
    .forward = argmax_forward,
    .saves = GRA_SAVE_NOTHING,
    .args_size = sizeof(arg_args),
};

const gra_op gra_op_argmin = {
    .schema = "argmin(Tensor x, int dim=-9223372036854775808, bool keepdim=False) -> Tensor",
    .forward = argmin_forward,
    .saves = GRA_SAVE_NOTHING,
    .args_size = sizeof(arg_args),
};

gra_arg_options gra_arg_defaults(void)
{
    return (gra_arg_options){.dim = GRA_NO_DIM};
}

gra_tensor *gra_argmax_with(gra_arg_options o)
{
    return gra_apply(&gra_op_argmax, &o.x, 1, &(arg_args){o.dim, o.keepdim});
}

gra_tensor *gra_argmin_with(gra_arg_options o)
{
    return gra_apply(&gra_op_argmin, &o.x, 1, &(arg_args){o.dim, o.keepdim});
}
