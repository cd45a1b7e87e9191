/* index_put.c - elements picked and written by several indices at once, as x[i, j] is in Python.
 *
 *   index:       y[m] = x[i[m], j[m]]               index_put:   y = x, then y[i[m], j[m]]  = values[m]
 *   nonzero:     the indices of what is not 0       accumulate:              y[i[m], j[m]] += values[m]
 *
 * The indices broadcast; each stands for one dim of x, counted from the first, and the dims that are
 * left follow those of the indices.  A bool tensor stands for the indices where it is true, for as many
 * dims of x as it has.  A negative index counts from the end.
 *
 * Both are made of recorded ops: the indexed dims become one of rows, the indices one number for each
 * row, and index_put_rows writes whole rows:
 *
 *   y = x, then y[index[m]] = v[m] or += v[m]       dv = g[index]        dx = g, 0 where rows were replaced
 */
#include "core/create.h"
#include "core/dry_run.h"
#include "core/error.h"
#include "ops/indices.h"
#include "ops/iterate.h"
#include "ops/layout.h"
#include "ops/ops.h"

typedef struct {
    bool accumulate;
} put_args;

/* ---- nonzero ---- */

/* The elements of x as bools, row-major. */
static gra_tensor *truths(gra_tensor *x)
{
    return gra__packed(x, GRA_BOOL);
}

static void nonzero_forward(gra_call *c)
{
    gra_tensor *const truth = truths(c->in[0]);
    if (!truth)
        return;
    const bool *const is_set = gra__ptr(truth);
    const int dims = truth->shape.count;
    int64_t count = 0;
    for (int64_t i = 0; i < truth->numel && !gra__dry_run(); i++)
        count += is_set[i];
    gra_tensor *const y = gra__empty("nonzero", GRA_SHAPE(count, dims), GRA_INT64);
    if (!y)
        return;
    int64_t *to = gra__ptr(y);
    gra__walk at = {.position = 0};
    for (int64_t i = 0; i < truth->numel && count; i++) {
        for (int d = 0; d < dims && is_set[i]; d++)
            *to++ = at.index[d];
        gra__walk_on(&at, &truth->shape, truth->stride);
    }
    c->out[0] = y;
}

const gra_op gra_op_nonzero = {
    .schema = "nonzero(Tensor x) -> Tensor",
    .forward = nonzero_forward,
    .saves = GRA_SAVE_NOTHING,
};

gra_tensor *gra_nonzero(gra_tensor *x)
{
    return gra_apply(&gra_op_nonzero, &x, 1, NULL);
}

/* ---- whole rows ---- */

static bool rows_fit(const gra_tensor *x, const gra_tensor *index, const gra_tensor *values)
{
    char a[GRA_SHAPE_TEXT], b[GRA_SHAPE_TEXT], i[GRA_SHAPE_TEXT];
    const bool fit = x->shape.count == 2 && values->shape.count == 2 && index->shape.count == 1 &&
                     values->shape.size[0] == index->numel &&
                     values->shape.size[1] == x->shape.size[1];
    if (!fit)
        gra_fail("index_put_rows: x has shape %s, index %s and values %s; [N, M], [K] and [K, M] "
                 "are needed",
                 gra_shape_text(x->shape, a), gra_shape_text(index->shape, i),
                 gra_shape_text(values->shape, b));
    else if (x->dtype != values->dtype)
        gra_fail("index_put_rows: x has dtype %s and values %s; they must be equal",
                 gra_dtype_name(x->dtype), gra_dtype_name(values->dtype));
    return !gra_error();
}

static void rows_forward(gra_call *c)
{
    const put_args *const args = c->args;
    gra_tensor *const x = c->in[0];
    char range[GRA_RANGE_TEXT];
    if (!rows_fit(x, c->in[1], c->in[2]))
        return;
    const gra_dtype dtype = args->accumulate && x->dtype == GRA_BFLOAT16 ? GRA_FLOAT32 : x->dtype;
    gra_tensor *const index = gra__indices("index_put_rows", c->in[1], x->shape.size[0],
                                           gra__range_text(range, 0, x->shape.size[0]));
    gra_tensor *const y = index ? gra__row_major_copy(x, dtype) : NULL;
    gra_tensor *const values = y ? gra__packed(c->in[2], dtype) : NULL;
    if (!values)
        return;
    gra__binary_loop *const add = gra__kernels_get()->elementwise->add[dtype];
    const int64_t width = x->shape.size[1], size = (int64_t)gra_dtype_size(dtype);
    const int64_t *const row = gra__ptr(index);
    const char *from = gra__ptr(values);
    for (int64_t k = 0; k < index->numel && !gra__dry_run(); k++, from += width * size) {
        char *const to = (char *)gra__ptr(y) + row[k] * width * size;
        if (args->accumulate)
            add((size_t)width, to, size, to, size, from, size);
        else
            memcpy(to, from, (size_t)(width * size));
    }
    c->out[0] = gra__converted(y, x->dtype);
}

static void rows_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    const put_args *const args = c->args;
    gra_tensor *const index = c->in[1];
    if (c->needs[0])
        dx[0] =
            args->accumulate
                ? g[0]
                : gra_apply(c->op,
                            (gra_tensor *[]){g[0], index,
                                             gra_zeros(gra_call_shape(c, 2), .dtype = g[0]->dtype)},
                            3, c->args);
    if (c->needs[2])
        dx[2] = gra_index_select(g[0], 0, index);
}

const gra_op gra_op_index_put_rows = {
    .schema =
        "index_put_rows(Tensor x, Tensor index, Tensor values, bool accumulate=False) -> Tensor",
    .forward = rows_forward,
    .vjp = rows_vjp,
    .saves = GRA_IN(1),
    .args_size = sizeof(put_args),
};

/* ---- several indices as one ---- */

/* What the indices of a call come to. */
typedef struct {
    gra_tensor
        *row;     /* int64: the row of x as a matrix, for each element of the broadcast indices */
    int64_t rows; /* of that matrix: the product of the indexed sizes */
    gra_shape result; /* dims of the indices, then those of x that are left */
} place;

/* Adds the index of dim d of x to the numbers so far: rows of the dims before it. */
static bool add_index(const char *op, gra_tensor *x, int d, gra_tensor *index, place *p)
{
    char text[GRA_SHAPE_TEXT], range[GRA_RANGE_TEXT];
    if (d >= x->shape.count) {
        gra_fail("%s: there are more indices than x of shape %s has dims", op,
                 gra_shape_text(x->shape, text));
        return false;
    }
    const int64_t size = x->shape.size[d];
    if (gra_dtype_is_integer(index->dtype)) {
        gra_tensor *const from_end = gra_lt_scalar(index, 0);
        index = gra_where(from_end, gra_add_scalar(index, (double)size), index);
    }
    if (!index || !(index = gra__indices(op, index, size, gra__range_text(range, d, size))))
        return false;
    p->row = p->row ? gra_add(gra_mul_scalar(p->row, (double)size), index) : index;
    p->rows *= size;
    return p->row != NULL;
}

/* The same for a mask over dims d and following; -1 with an error, else how many. */
static int add_mask(const char *op, gra_tensor *x, int d, gra_tensor *mask, place *p)
{
    char a[GRA_SHAPE_TEXT], b[GRA_SHAPE_TEXT];
    const int dims = mask->shape.count;
    bool fits = dims > 0 && d + dims <= x->shape.count;
    for (int i = 0; fits && i < dims; i++)
        fits = mask->shape.size[i] == x->shape.size[d + i];
    if (!fits) {
        gra_fail(
            "%s: a mask has shape %s for dims %d and on of x of shape %s; their sizes are needed",
            op, gra_shape_text(mask->shape, a), d, gra_shape_text(x->shape, b));
        return -1;
    }
    gra_tensor *const found = gra_nonzero(mask);
    for (int i = 0; i < dims; i++)
        if (!found || !add_index(op, x, d + i, gra_select(found, 1, i), p))
            return -1;
    return dims;
}

/* Reads the indices of a call; false with an error. */
static bool find_place(const char *op, gra_tensor *x, gra_tensor *const *indices, int count,
                       place *p)
{
    int d = 0;
    *p = (place){.rows = 1};
    if (count == 0)
        gra_fail("%s: there are no indices; at least one is needed", op);
    for (int i = 0; i < count && !gra_error(); i++) {
        if (indices[i]->dtype == GRA_BOOL)
            d += add_mask(op, x, d, indices[i], p);
        else
            d += add_index(op, x, d, indices[i], p);
    }
    if (gra_error())
        return false;
    p->result = p->row->shape;
    if (p->row->shape.count + x->shape.count - d > GRA_MAX_DIMS) {
        gra_fail("%s: the result has more than %d dims", op, GRA_MAX_DIMS);
        return false;
    }
    for (; d < x->shape.count; d++)
        p->result.size[p->result.count++] = x->shape.size[d];
    return (p->row = gra__reshaped(op, p->row, GRA_SHAPE(p->row->numel))) != NULL;
}

/* Finds the place while nothing is recorded: indices have no history. */
static bool place_of(gra_call *c, int first, int count, place *p)
{
    const bool was = gra_set_grad(false);
    const bool fine = find_place(gra_op_name(c->op), c->in[0], c->in + first, count, p);
    gra_set_grad(was);
    return fine;
}

static gra_tensor *as_rows(gra_tensor *x, int64_t rows)
{
    return gra_reshape(x, GRA_SHAPE(rows, rows ? x->numel / rows : 0));
}

/* The number of elements behind the indexed dims. */
static int64_t row_width(const gra_tensor *x, const place *p)
{
    return p->rows ? x->numel / p->rows : 0;
}

static void index_forward(gra_call *c)
{
    place p;
    if (place_of(c, 1, c->n_in - 1, &p))
        c->out[0] = gra_reshape(gra_index_select(as_rows(c->in[0], p.rows), 0, p.row), p.result);
}

const gra_op gra_op_index = {
    .schema = "index(Tensor x, Tensor[] indices) -> Tensor",
    .forward = index_forward,
    .composite = true,
};

static void put_forward(gra_call *c)
{
    gra_tensor *const x = c->in[0], *const given = c->in[c->n_in - 1];
    place p;
    if (!place_of(c, 1, c->n_in - 2, &p))
        return;
    if (x->dtype != given->dtype) {
        gra_fail("index_put: x has dtype %s and values %s; they must be equal",
                 gra_dtype_name(x->dtype), gra_dtype_name(given->dtype));
        return;
    }
    gra_tensor *const values =
        gra_reshape(gra_expand(given, p.result), GRA_SHAPE(p.row->numel, row_width(x, &p)));
    gra_tensor *const y = gra_apply(
        &gra_op_index_put_rows, (gra_tensor *[]){as_rows(x, p.rows), p.row, values}, 3, c->args);
    c->out[0] = gra_reshape(y, x->shape);
}

const gra_op gra_op_index_put = {
    .schema =
        "index_put(Tensor x, Tensor[] indices, Tensor values, bool accumulate=False) -> Tensor",
    .forward = put_forward,
    .args_size = sizeof(put_args),
    .composite = true,
};

/* x, the indices and, where there are some, values as one list, of at most this many. */
enum { MOST = GRA_MAX_DIMS + 2 };

static gra_tensor *apply(const gra_op *op, gra_tensor *x, gra_tensor *const *indices, int count,
                         gra_tensor *values, const void *args)
{
    gra_tensor *in[MOST] = {x};
    if (count < 0 || count > GRA_MAX_DIMS || (count && !indices))
        return gra_fail("%s: %d indices are not possible; 1 to %d are, one for each dim of x",
                        gra_op_name(op), indices ? count : 0, GRA_MAX_DIMS);
    for (int i = 0; i < count; i++)
        in[1 + i] = indices[i];
    in[1 + count] = values;
    return gra_apply(op, in, 1 + count + (op == &gra_op_index_put), args);
}

gra_tensor *gra_index(gra_tensor *x, gra_tensor *const *indices, int count)
{
    return apply(&gra_op_index, x, indices, count, NULL, NULL);
}

gra_tensor *gra_index_put(gra_tensor *x, gra_tensor *const *indices, int count, gra_tensor *values,
                          bool accumulate)
{
    return apply(&gra_op_index_put, x, indices, count, values, &(put_args){accumulate});
}

gra_tensor *gra_index_put_(gra_tensor *x, gra_tensor *const *indices, int count, gra_tensor *values,
                           bool accumulate)
{
    gra_tensor *const y = gra_index_put(x, indices, count, values, accumulate);
    return y ? gra_copy_(x, y) : NULL;
}
