/* iterate.c - rows for the elementwise kernels. */
#include "ops/iterate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/dry_run.h"
#include "core/error.h"
#include "core/threads.h"
#include "ops/layout.h"

enum {
    OPERANDS = 4,           /* the output and up to three inputs */
    CHUNK = 512,            /* elements that are converted at a time */
    PIECE = 4096,           /* elements of a row that one thread takes at a time ... */
    COLUMN = 64,            /* ... and where an input lies across the rows */
    SHORT_ROW = 16,         /* a call of a loop costs more than so many elements */
    THREAD_ELEMENTS = 32768 /* below this much for each, a further thread does not pay */
};

/* Dims after merging, innermost first; strides in bytes, operand 0 is the output. */
typedef struct plan {
    const gra__map *map;
    int dims;
    int operands;
    int64_t size[GRA_MAX_DIMS];
    ptrdiff_t stride[GRA_MAX_DIMS][OPERANDS];
    char *base[OPERANDS];
    gra__unary_loop *convert[OPERANDS]; /* into the row function's dtype, or out of it; or NULL */
    ptrdiff_t element[OPERANDS];        /* bytes of an element of the row function's dtype */
    bool converts;                      /* some operand does */
    bool columns;                       /* down the rows first, a piece of COLUMN elements wide */
} plan;

/* ---- making a plan ---- */

/* `row` is what the row function reads or writes there. */
static void add_conversion(plan *p, int k, gra_dtype dtype, gra_dtype row)
{
    p->convert[k] = NULL;
    p->element[k] = (ptrdiff_t)gra_dtype_size(row);
    if (dtype == row)
        return;
    const gra_dtype to = k ? row : dtype, from = k ? dtype : row;
    p->convert[k] = gra__kernels_get()->elementwise->convert[to][from];
    p->converts = true;
}

static void add_strides(plan *p, int k, const gra_tensor *t, int dims)
{
    const ptrdiff_t bytes = (ptrdiff_t)gra_dtype_size(t->dtype);
    for (int i = 0; i < dims; i++) {
        const int from = t->shape.count - 1 - i; /* dims align at the right */
        const bool broadcast = from < 0 || (t->shape.size[from] == 1 && p->size[i] != 1);
        p->stride[i][k] = broadcast ? 0 : (ptrdiff_t)t->stride[from] * bytes;
    }
}

static void swap_dims(plan *p, int a, int b)
{
    ptrdiff_t stride[OPERANDS];
    const int64_t size = p->size[a];
    memcpy(stride, p->stride[a], sizeof stride);
    memcpy(p->stride[a], p->stride[b], sizeof stride);
    memcpy(p->stride[b], stride, sizeof stride);
    p->size[a] = p->size[b];
    p->size[b] = size;
}

/* Innermost is where the output's elements lie closest: a transposed output is written in order. */
static void sort_dims(plan *p, int count)
{
    for (int i = 1; i < count; i++)
        for (int d = i; d > 0 && p->stride[d][0] < p->stride[d - 1][0]; d--)
            swap_dims(p, d, d - 1);
}

/* Dim b continues dim a when stepping over all of a leads to b's next element in each operand. */
static bool continues(const plan *p, int a, int b)
{
    for (int k = 0; k < p->operands; k++)
        if (p->stride[b][k] != p->stride[a][k] * p->size[a])
            return false;
    return true;
}

static void merge_dims(plan *p, int count)
{
    p->dims = 0;
    for (int i = 0; i < count; i++) {
        if (p->size[i] == 1)
            continue;
        if (p->dims && continues(p, p->dims - 1, i)) {
            p->size[p->dims - 1] *= p->size[i];
            continue;
        }
        p->size[p->dims] = p->size[i];
        memmove(p->stride[p->dims++], p->stride[i], sizeof p->stride[i]);
    }
    if (p->dims == 0) {
        p->dims = 1;
        p->size[0] = 1;
    }
}

/* Few long rows beat many short ones, although their elements lie apart. */
static void lengthen_rows(plan *p)
{
    int longest = 0;
    for (int d = 1; d < p->dims && p->size[0] < SHORT_ROW; d++)
        if (p->size[d] > p->size[longest])
            longest = d;
    if (longest)
        swap_dims(p, 0, longest);
}

/* Whether an input's neighbours lie below each other, as in a transposed one: then each of its
 * cache lines serves many rows, if the next rows come before it is forgotten. */
static bool lies_across(const plan *p)
{
    bool across = false;
    for (int k = 1; k < p->operands && p->dims > 1; k++)
        across |= p->stride[1][k] && labs(p->stride[1][k]) < labs(p->stride[0][k]);
    return across && p->size[0] > COLUMN;
}

/* Most calls: row-major tensors of the output's size, or of one element. */
static bool is_flat(const gra_tensor *out, gra_tensor *const *in, int count)
{
    bool flat = out->contiguous;
    for (int i = 0; i < count; i++)
        flat &= in[i]->numel == 1 || (in[i]->contiguous && in[i]->numel == out->numel);
    return flat;
}

static void add_dims(plan *p, const gra_tensor *out, gra_tensor *const *in)
{
    const int count = out->shape.count;
    for (int i = 0; i < count; i++)
        p->size[i] = out->shape.size[count - 1 - i];
    add_strides(p, 0, out, count);
    for (int k = 1; k < p->operands; k++)
        add_strides(p, k, in[k - 1], count);
    if (!out->contiguous)
        sort_dims(p, count);
    merge_dims(p, count);
    lengthen_rows(p);
    p->columns = lies_across(p);
}

static void add_flat_dim(plan *p, const gra_tensor *out, gra_tensor *const *in)
{
    p->dims = 1;
    p->columns = false;
    p->size[0] = out->numel;
    p->stride[0][0] = (ptrdiff_t)gra_dtype_size(out->dtype);
    for (int k = 1; k < p->operands; k++) {
        const gra_tensor *const t = in[k - 1];
        const bool repeats = t->numel != out->numel;
        p->stride[0][k] = repeats ? 0 : (ptrdiff_t)gra_dtype_size(t->dtype);
    }
}

/* ---- running it ---- */

/* One piece of a row through a buffer for each operand of another dtype. */
static void run_converted(const plan *p, size_t n, char *const *piece)
{
    _Alignas(64) char buffer[OPERANDS][CHUNK * sizeof(double)];
    for (size_t done = 0; done < n; done += CHUNK) {
        const size_t count = n - done < CHUNK ? n - done : CHUNK;
        char *at[OPERANDS];
        ptrdiff_t stride[OPERANDS];
        for (int k = 0; k < p->operands; k++) {
            at[k] = piece[k] + (ptrdiff_t)done * p->stride[0][k];
            stride[k] = p->stride[0][k];
            if (!p->convert[k])
                continue;
            if (k > 0)
                p->convert[k](stride[k] ? count : 1, buffer[k], p->element[k], at[k], stride[k]);
            at[k] = buffer[k];
            stride[k] = k == 0 || stride[k] ? p->element[k] : 0;
        }
        p->map->row(p->map, count, at, stride);
        if (p->convert[0])
            p->convert[0](count, piece[0] + (ptrdiff_t)done * p->stride[0][0], p->stride[0][0],
                          buffer[0], p->element[0]);
    }
}

static void run_piece(const plan *p, size_t n, char *const *at)
{
    if (p->converts)
        run_converted(p, n, at);
    else
        p->map->row(p->map, n, at, p->stride[0]);
}

static void next_row(const plan *p, int64_t *index, char **row)
{
    for (int d = 1; d < p->dims; d++) {
        for (int k = 0; k < p->operands; k++)
            row[k] += p->stride[d][k];
        if (++index[d] < p->size[d])
            return;
        for (int k = 0; k < p->operands; k++)
            row[k] -= p->size[d] * p->stride[d][k];
        index[d] = 0;
    }
}

/* Units are pieces of rows, where a row is the innermost dim: numbered row by row, or down the
 * columns that the first pieces of all rows make, then the second ones. */
static void run_units(const plan *p, int64_t rows, int64_t pieces, int64_t from, int64_t to)
{
    const int64_t width = p->columns ? COLUMN : PIECE;
    int64_t piece = p->columns ? from / rows : from % pieces;
    int64_t row = p->columns ? from % rows : from / pieces;
    int64_t index[GRA_MAX_DIMS], rest = row;
    char *begin[OPERANDS], *at[OPERANDS];
    for (int k = 0; k < p->operands; k++)
        begin[k] = p->base[k];
    for (int d = 1; d < p->dims; d++) {
        index[d] = rest % p->size[d];
        rest /= p->size[d];
        for (int k = 0; k < p->operands; k++)
            begin[k] += index[d] * p->stride[d][k];
    }
    for (int64_t unit = from; unit < to; unit++) {
        const int64_t first = piece * width, left = p->size[0] - first;
        for (int k = 0; k < p->operands; k++)
            at[k] = begin[k] + first * p->stride[0][k];
        run_piece(p, (size_t)(left < width ? left : width), at);
        if (!p->columns && ++piece < pieces)
            continue;
        next_row(p, index, begin); /* the first one after the last */
        row = row + 1 < rows ? row + 1 : 0;
        piece = !p->columns ? 0 : row ? piece : piece + 1;
    }
}

static void run_plan(const plan *p, int64_t numel)
{
    const int64_t width = p->columns ? COLUMN : PIECE, rows = numel / p->size[0];
    const int64_t pieces = (p->size[0] + width - 1) / width, units = rows * pieces;
    const int64_t wanted = numel / THREAD_ELEMENTS, most = wanted < units ? wanted : units;
    const int64_t threads = most > 1 && gra__threads() < most ? gra__threads() : most;
    if (threads <= 1) {
        run_units(p, rows, pieces, 0, units);
        return;
    }
#pragma omp parallel for num_threads((int)threads) schedule(static)
    for (int64_t t = 0; t < threads; t++)
        run_units(p, rows, pieces, units * t / threads, units * (t + 1) / threads);
}

/* A few elements without a conversion: the row function as it is. */
static bool run_small(const gra__map *map, gra_tensor *out, gra_tensor *const *in)
{
    if (out->numel > PIECE || out->dtype != map->computed || map->cond_first ||
        !is_flat(out, in, map->count))
        return false;
    char *at[OPERANDS] = {gra__ptr(out)};
    ptrdiff_t stride[OPERANDS] = {(ptrdiff_t)gra_dtype_size(out->dtype)};
    for (int i = 0; i < map->count; i++) {
        if (in[i]->dtype != map->dtype)
            return false;
        at[i + 1] = gra__ptr(in[i]);
        stride[i + 1] = in[i]->numel == out->numel ? (ptrdiff_t)gra_dtype_size(in[i]->dtype) : 0;
    }
    map->row(map, (size_t)out->numel, at, stride);
    return true;
}

static void run_over(const gra__map *map, gra_tensor *out, gra_tensor *const *in)
{
    if (out->numel == 0 || gra__dry_run() || run_small(map, out, in))
        return;
    plan p;
    p.map = map;
    p.operands = map->count + 1;
    p.converts = false;
    p.base[0] = gra__ptr(out);
    add_conversion(&p, 0, out->dtype, map->computed);
    for (int i = 0; i < map->count; i++) {
        const gra_dtype row = i == 0 && map->cond_first ? GRA_BOOL : map->dtype;
        p.base[i + 1] = gra__ptr(in[i]);
        add_conversion(&p, i + 1, in[i]->dtype, row);
    }
    if (is_flat(out, in, map->count))
        add_flat_dim(&p, out, in);
    else
        add_dims(&p, out, in);
    run_plan(&p, out->numel);
}

/* ---- row functions ---- */

static void unary_row(const gra__map *map, size_t n, char *const *p, const ptrdiff_t *s)
{
    ((gra__unary_loop *)map->loop)(n, p[0], s[0], p[1], s[1]);
}

static void binary_row(const gra__map *map, size_t n, char *const *p, const ptrdiff_t *s)
{
    ((gra__binary_loop *)map->loop)(n, p[0], s[0], p[1], s[1], p[2], s[2]);
}

static void where_row(const gra__map *map, size_t n, char *const *p, const ptrdiff_t *s)
{
    ((gra__where_loop *)map->loop)(n, p[0], s[0], p[1], s[1], p[2], s[2], p[3], s[3]);
}

static void clamp_row(const gra__map *map, size_t n, char *const *p, const ptrdiff_t *s)
{
    ((gra__clamp_loop *)map->loop)(n, p[0], s[0], p[1], s[1], map->low, map->high);
}

static void clamp_backward_row(const gra__map *map, size_t n, char *const *p, const ptrdiff_t *s)
{
    ((gra__clamp_backward_loop *)map->loop)(n, p[0], s[0], p[1], s[1], p[2], s[2], map->low,
                                            map->high);
}

static void add_scaled_row(const gra__map *map, size_t n, char *const *p, const ptrdiff_t *s)
{
    ((gra__add_scaled_loop *)map->loop)(n, p[0], s[0], map->low, p[1], s[1]);
}

/* ---- numbers and copies ---- */

/* A number as a tensor without dims. It lives on the stack: no op and no scope sees it. */
typedef struct number {
    gra_tensor tensor;
    gra_storage storage;
    double bytes;
} number;

static gra_tensor *number_init(number *n, double value, gra_dtype dtype)
{
    const bool real = gra_dtype_is_floating(dtype) || dtype == GRA_BOOL;
    const int64_t whole = real ? 0 : (int64_t)value;
    gra__kernels_get()->elementwise->convert[dtype][real ? GRA_FLOAT64 : GRA_INT64](
        1, (char *)&n->bytes, 0, real ? (const char *)&value : (const char *)&whole, 0);
    n->storage.data = &n->bytes;
    n->tensor.storage = &n->storage;
    n->tensor.offset = 0;
    n->tensor.shape.count = 0;
    n->tensor.numel = 1;
    n->tensor.dtype = dtype;
    n->tensor.contiguous = true;
    return &n->tensor;
}

static void copy_elements(gra_tensor *to, gra_tensor *from)
{
    if (to->contiguous != from->contiguous && gra__transpose_into(to, from))
        return;
    const gra__map map = {
        .count = 1,
        .dtype = from->dtype,
        .computed = to->dtype,
        .row = unary_row,
        .loop = (gra__any_loop *)gra__kernels_get()->elementwise->convert[to->dtype][from->dtype],
    };
    run_over(&map, to, &from);
}

static bool same_shape(const gra_shape *a, const gra_shape *b)
{
    bool same = a->count == b->count;
    for (int i = 0; same && i < a->count; i++)
        same = a->size[i] == b->size[i];
    return same;
}

/* Whether two tensors share memory without being the same elements in the same order. */
static bool overlaps(const gra_tensor *a, const gra_tensor *b)
{
    return a->storage == b->storage &&
           (a->offset != b->offset || !same_shape(&a->shape, &b->shape) ||
            memcmp(a->stride, b->stride, (size_t)a->shape.count * sizeof a->stride[0]) != 0);
}

bool gra__copy_into(const char *op, gra_tensor *to, gra_tensor *from)
{
    gra_shape shape;
    if (!gra__broadcast(op, &to->shape, &from->shape, &shape))
        return false;
    if (!same_shape(&shape, &to->shape)) {
        char a[GRA_SHAPE_TEXT], b[GRA_SHAPE_TEXT];
        gra_fail("%s: a tensor of shape %s does not fit into one of shape %s", op,
                 gra_shape_text(from->shape, a), gra_shape_text(to->shape, b));
        return false;
    }
    if (overlaps(to, from) && !(from = gra__row_major_copy(from, from->dtype)))
        return false;
    copy_elements(to, from);
    return true;
}

gra_tensor *gra__row_major_copy(gra_tensor *t, gra_dtype dtype)
{
    gra_tensor *const copy = gra__empty("convert", t->shape, dtype);
    if (copy)
        copy_elements(copy, t);
    return copy;
}

gra_tensor *gra__copy(gra_tensor *t, gra_dtype dtype)
{
    gra_tensor *const copy = gra__empty_like("convert", t, dtype);
    if (copy)
        copy_elements(copy, t);
    return copy;
}

gra_tensor *gra__converted(gra_tensor *t, gra_dtype dtype)
{
    return t->dtype == dtype ? t : gra__copy(t, dtype);
}

void gra__fill(gra_tensor *t, double value)
{
    number n;
    copy_elements(t, number_init(&n, value, t->dtype));
}

void gra__add_scaled_into(gra_tensor *t, double scale, gra_tensor *a)
{
    const gra__map map = {
        .count = 1,
        .dtype = t->dtype,
        .computed = t->dtype,
        .row = add_scaled_row,
        .loop = (gra__any_loop *)gra__kernels_get()->elementwise->add_scaled[t->dtype],
        .low = scale,
    };
    run_over(&map, t, &a);
}

/* ---- maps ---- */

gra_dtype gra__result_type(gra_tensor *const *tensors, int count)
{
    bool with_dims = false, scalars = false;
    gra_dtype wide = GRA_BOOL, scalar = GRA_BOOL;
    for (int i = 0; i < count; i++) {
        gra_dtype *const into = tensors[i]->shape.count ? &wide : &scalar;
        *into = gra_promote_types(*into, tensors[i]->dtype);
        with_dims |= tensors[i]->shape.count > 0;
        scalars |= tensors[i]->shape.count == 0;
    }
    if (!with_dims || !scalars)
        return with_dims ? wide : scalar;
    const bool higher = wide == GRA_BOOL
                            ? scalar != GRA_BOOL
                            : gra_dtype_is_floating(scalar) && !gra_dtype_is_floating(wide);
    return higher ? scalar : wide;
}

static bool result_shape(const gra_op *op, const gra__map *map, gra_shape *shape)
{
    *shape = map->in[0]->shape;
    for (int i = 1; i < map->count; i++) {
        const gra_shape *const other = &map->in[i]->shape;
        const gra_shape before = *shape;
        if (other->count == 0 || same_shape(&before, other))
            continue;
        if (before.count == 0) {
            *shape = *other;
            continue;
        }
        if (!gra__broadcast(op->schema, &before, other, shape))
            return false;
    }
    return true;
}

/* A real number does not go into an integer tensor, nor anything but a bool into one of bools. */
static bool dtype_fits(gra_dtype result, gra_dtype out)
{
    if (out == GRA_BOOL)
        return result == GRA_BOOL;
    return gra_dtype_is_floating(out) || !gra_dtype_is_floating(result);
}

static bool fits_in_place(const gra_op *op, const gra__map *map, const gra_shape *shape)
{
    char a[GRA_SHAPE_TEXT], b[GRA_SHAPE_TEXT];
    if (!same_shape(shape, &map->out->shape)) {
        gra_fail("%s: the result has shape %s, which does not fit into a tensor of shape %s",
                 gra_op_name(op), gra_shape_text(*shape, a), gra_shape_text(map->out->shape, b));
        return false;
    }
    if (dtype_fits(map->result, map->out->dtype))
        return true;
    gra_fail("%s: the result has dtype %s, which cannot be written into a tensor of dtype %s",
             gra_op_name(op), gra_dtype_name(map->result), gra_dtype_name(map->out->dtype));
    return false;
}

/* The first input of the result's shape, where the inputs are not all row-major: the result lies in
 * memory as it does, if that is without gaps. */
static const gra_tensor *leader(const gra__map *map, const gra_shape *shape)
{
    bool row_major = true;
    for (int i = 0; i < map->count; i++)
        row_major &= map->in[i]->contiguous;
    for (int i = 0; i < map->count && !row_major; i++)
        if (same_shape(&map->in[i]->shape, shape))
            return map->in[i];
    return NULL;
}

gra_tensor *gra__map_run(const gra_op *op, gra__map *map)
{
    gra_shape shape;
    if (!map->loop)
        return gra_fail("%s: dtype %s is not supported; convert the tensor with gra_to first",
                        gra_op_name(op), gra_dtype_name(map->dtype));
    if (!result_shape(op, map, &shape) || (map->out && !fits_in_place(op, map, &shape)))
        return NULL;
    gra_tensor *in[3];
    for (int i = 0; i < map->count; i++) {
        const bool shared = map->out && overlaps(map->out, map->in[i]);
        in[i] = shared ? gra__row_major_copy(map->in[i], map->in[i]->dtype) : map->in[i];
        if (!in[i])
            return NULL;
    }
    const gra_tensor *const like = map->out ? NULL : leader(map, &shape);
    gra_tensor *const out = map->out ? map->out
                            : like   ? gra__empty_like(op->schema, like, map->result)
                                     : gra__empty(op->schema, shape, map->result);
    if (out)
        run_over(map, out, in);
    return out;
}

/* ---- families ---- */

static gra_dtype real_dtype(gra_dtype dtype)
{
    return gra_dtype_is_floating(dtype) ? dtype : GRA_FLOAT32;
}

/* bfloat16 is computed in float32. */
static gra_dtype compute_dtype(gra_dtype dtype)
{
    return dtype == GRA_BFLOAT16 ? GRA_FLOAT32 : dtype;
}

static void run_family(gra_call *c, gra__map *map)
{
    map->out = c->op->inplace ? c->in[0] : NULL;
    c->out[0] = gra__map_run(c->op, map);
}

static void run_unary(gra_call *c, gra__unary_loops loops, gra_dtype dtype, bool gives_bool)
{
    const gra_dtype compute = compute_dtype(dtype);
    gra__map map = {
        .count = 1,
        .in = {c->in[0]},
        .dtype = compute,
        .computed = gives_bool ? GRA_BOOL : compute,
        .result = gives_bool ? GRA_BOOL : dtype,
        .row = unary_row,
        .loop = (gra__any_loop *)loops[compute],
    };
    run_family(c, &map);
}

void gra__unary(gra_call *c, gra__unary_loops loops)
{
    run_unary(c, loops, c->in[0]->dtype, false);
}

void gra__unary_float(gra_call *c, gra__unary_loops loops)
{
    run_unary(c, loops, real_dtype(c->in[0]->dtype), false);
}

void gra__unary_bool(gra_call *c, gra__unary_loops loops)
{
    run_unary(c, loops, c->in[0]->dtype, true);
}

static void run_binary(gra_call *c, gra_tensor *a, gra_tensor *b, gra__binary_loops loops,
                       gra_dtype promoted, bool gives_bool)
{
    const gra_dtype compute = compute_dtype(promoted);
    gra__map map = {
        .count = 2,
        .in = {a, b},
        .dtype = compute,
        .computed = gives_bool ? GRA_BOOL : compute,
        .result = gives_bool ? GRA_BOOL : promoted,
        .row = binary_row,
        .loop = (gra__any_loop *)loops[compute],
    };
    run_family(c, &map);
}

void gra__binary(gra_call *c, gra__binary_loops loops)
{
    run_binary(c, c->in[0], c->in[1], loops, gra__result_type(c->in, 2), false);
}

void gra__binary_float(gra_call *c, gra__binary_loops loops)
{
    run_binary(c, c->in[0], c->in[1], loops, real_dtype(gra__result_type(c->in, 2)), false);
}

void gra__binary_bool(gra_call *c, gra__binary_loops loops)
{
    run_binary(c, c->in[0], c->in[1], loops, gra__result_type(c->in, 2), true);
}

void gra__where(gra_call *c)
{
    const gra_dtype promoted = gra__result_type(c->in + 1, 2), compute = compute_dtype(promoted);
    gra__map map = {
        .count = 3,
        .in = {c->in[0], c->in[1], c->in[2]},
        .dtype = compute,
        .computed = compute,
        .result = promoted,
        .cond_first = true,
        .row = where_row,
        .loop = (gra__any_loop *)gra__kernels_get()->elementwise->where[compute],
    };
    run_family(c, &map);
}

/* The dtype of an op between a tensor of dtype and a number. */
static gra_dtype scalar_dtype(gra_dtype dtype, double value)
{
    if (gra_dtype_is_floating(dtype))
        return dtype;
    if (value != floor(value) || fabs(value) >= 0x1p63)
        return GRA_FLOAT32;
    return dtype == GRA_BOOL ? GRA_INT64 : dtype;
}

static void run_scalar(gra_call *c, gra__binary_loops loops, double value, bool swapped,
                       gra_dtype promoted)
{
    number n;
    gra_tensor *const b = number_init(&n, value, compute_dtype(promoted));
    run_binary(c, swapped ? b : c->in[0], swapped ? c->in[0] : b, loops, promoted, false);
}

void gra__scalar(gra_call *c, gra__binary_loops loops, double value, bool swapped)
{
    run_scalar(c, loops, value, swapped, scalar_dtype(c->in[0]->dtype, value));
}

void gra__scalar_float(gra_call *c, gra__binary_loops loops, double value, bool swapped)
{
    run_scalar(c, loops, value, swapped, real_dtype(c->in[0]->dtype));
}

/* A comparison sees the number as the tensor would hold it: bfloat16(0.1) == 0.1. */
void gra__scalar_bool(gra_call *c, gra__binary_loops loops, double value)
{
    const gra_dtype promoted = scalar_dtype(c->in[0]->dtype, value);
    number n;
    run_binary(c, c->in[0], number_init(&n, value, promoted), loops, promoted, true);
}

static double or_zero(double bound)
{
    return isinf(bound) ? 0 : bound;
}

static void run_clamp(gra_call *c, double low, double high, gra_dtype dtype)
{
    const gra_dtype compute = compute_dtype(dtype);
    gra__map map = {
        .count = 1,
        .in = {c->in[0]},
        .dtype = compute,
        .computed = compute,
        .result = dtype,
        .row = clamp_row,
        .loop = (gra__any_loop *)gra__kernels_get()->elementwise->clamp[compute],
        .low = low,
        .high = high,
    };
    run_family(c, &map);
}

void gra__clamp(gra_call *c, double low, double high)
{
    const gra_dtype dtype = scalar_dtype(c->in[0]->dtype, or_zero(low));
    run_clamp(c, low, high, scalar_dtype(dtype, or_zero(high)));
}

void gra__clamp_in_dtype(gra_call *c, double low, double high)
{
    run_clamp(c, low, high, c->in[0]->dtype);
}

void gra__clamp_backward(gra_call *c, double low, double high)
{
    const gra_dtype dtype = gra__result_type(c->in, 2), compute = compute_dtype(dtype);
    gra__map map = {
        .count = 2,
        .in = {c->in[0], c->in[1]},
        .dtype = compute,
        .computed = compute,
        .result = dtype,
        .row = clamp_backward_row,
        .loop = (gra__any_loop *)gra__kernels_get()->elementwise->clamp_backward[compute],
        .low = low,
        .high = high,
    };
    run_family(c, &map);
}
