/* sort.c - elements in order along a dim: sort, argsort and topk.
 *
 *   values_i = x[indices_i],  values_0 <= values_1 <= ...         dx[indices_i] = g_i
 *
 * The order is stable, ascending or descending: equal elements stay in the order they had.  NaN is
 * greater than all numbers, and -0 equals 0.  The indices are int64 and have no gradient.
 *
 * Elements become unsigned keys whose order is theirs (inverted for a descending one), which are sorted
 * beside their positions: a few by insertion, many by radix, eight bits at a time from the lowest.
 */
#include <string.h>

#include "core/alloc_cache.h"
#include "core/dry_run.h"
#include "core/error.h"
#include "core/threads.h"
#include "ops/indices.h"
#include "ops/iterate.h"
#include "ops/layout.h"
#include "ops/ops.h"

typedef struct {
    int64_t dim;
    bool descending, stable;
} sort_args;

typedef struct {
    int64_t k, dim;
    bool largest, sorted;
} topk_args;

typedef struct item {
    uint64_t key;
    int64_t index;
} item;

/* Elements along one dim of a packed tensor: outer times inner lines of n. */
typedef struct lines {
    int64_t outer, n, inner;
    int64_t kept; /* the first elements of each sorted line that are wanted */
    gra_dtype dtype;
    bool descending;
    const char *x;
    char *values;     /* [outer, kept, inner] */
    int64_t *indices; /* the same */
} lines;

enum { FEW = 32, DIGITS = 256, THREAD_ELEMENTS = 16384 };

/* ---- keys ---- */

/* The bits of a number as a key: a negative one's are inverted, a positive one's get the sign bit. */
static uint64_t key_of_double(double x)
{
    uint64_t u;
    x = x == 0 ? 0 : x; /* -0 equals 0 */
    memcpy(&u, &x, sizeof u);
    return x != x ? UINT64_MAX : u >> 63 ? ~u : u | UINT64_C(1) << 63;
}

static uint64_t key_of_float(float x)
{
    uint32_t u;
    x = x == 0 ? 0 : x;
    memcpy(&u, &x, sizeof u);
    return x != x ? UINT32_MAX : u >> 31 ? (uint32_t)~u : u | UINT32_C(1) << 31;
}

static uint64_t key_of_bfloat16(uint16_t x)
{
    return key_of_float(gra__bfloat16_to_float(x));
}

static uint64_t key_of_int64(int64_t x)
{
    return (uint64_t)x ^ UINT64_C(1) << 63;
}

static uint64_t key_of_int32(int32_t x)
{
    return (uint32_t)x ^ UINT32_C(1) << 31;
}

static uint64_t key_of_byte(uint8_t x)
{
    return x;
}

/* One loop for each dtype: a choice for each element costs more than its key. */
#define READ(T, key_of)                                                                            \
    for (int64_t i = 0; i < s->n; i++)                                                             \
        items[i] = (item)                                                                          \
        {                                                                                          \
            key_of(((const T *)x)[i * s->inner]) ^ flip, i                                         \
        }

static void read_line(const lines *s, const void *x, item *items)
{
    const bool wide = s->dtype == GRA_FLOAT64 || s->dtype == GRA_INT64;
    const uint64_t flip = !s->descending ? 0 : wide ? UINT64_MAX : UINT32_MAX;
    switch (s->dtype) {
    case GRA_FLOAT32: READ(float, key_of_float); break;
    case GRA_FLOAT64: READ(double, key_of_double); break;
    case GRA_BFLOAT16: READ(uint16_t, key_of_bfloat16); break;
    case GRA_INT64: READ(int64_t, key_of_int64); break;
    case GRA_INT32: READ(int32_t, key_of_int32); break;
    default: READ(uint8_t, key_of_byte); break;
    }
}

/* ---- order ---- */

static void insert_all(item *items, int64_t n)
{
    for (int64_t i = 1; i < n; i++) {
        const item moved = items[i];
        int64_t at = i;
        for (; at > 0 && items[at - 1].key > moved.key; at--)
            items[at] = items[at - 1];
        items[at] = moved;
    }
}

/* One pass over eight bits, from items to other; false, and nothing done, where all of them agree. */
static bool distribute(const item *items, item *other, int64_t n, int shift)
{
    int64_t begin[DIGITS] = {0}, position = 0;
    for (int64_t i = 0; i < n; i++)
        begin[items[i].key >> shift & (DIGITS - 1)]++;
    if (begin[items[0].key >> shift & (DIGITS - 1)] == n)
        return false;
    for (int d = 0; d < DIGITS; d++) {
        const int64_t count = begin[d];
        begin[d] = position;
        position += count;
    }
    for (int64_t i = 0; i < n; i++)
        other[begin[items[i].key >> shift & (DIGITS - 1)]++] = items[i];
    return true;
}

/* Sorts n items, with room for n more behind them; returns where they are then. */
static item *sorted(item *items, int64_t n)
{
    if (n <= FEW) {
        insert_all(items, n);
        return items;
    }
    item *other = items + n;
    for (int shift = 0; shift < 64; shift += 8)
        if (distribute(items, other, n, shift)) {
            item *const swap = items;
            items = other;
            other = swap;
        }
    return items;
}

/* The k least items in order, k at most FEW: each is inserted among the k best so far. */
static item *least(item *items, int64_t n, int64_t k)
{
    item *const best = items + n;
    int64_t count = 0;
    for (int64_t i = 0; i < n; i++) {
        if (count == k && items[i].key >= best[k - 1].key)
            continue;
        int64_t at = count < k ? count++ : k - 1;
        for (; at > 0 && best[at - 1].key > items[i].key; at--)
            best[at] = best[at - 1];
        best[at] = items[i];
    }
    return best;
}

static void sort_line(const lines *s, int64_t line, item *items)
{
    const size_t size = gra_dtype_size(s->dtype);
    const int64_t slab = line / s->inner, column = line % s->inner;
    const char *const x = s->x + (slab * s->n * s->inner + column) * (int64_t)size;
    const bool selects = s->kept > 0 && s->kept <= FEW && s->kept < s->n / 4;
    read_line(s, x, items);
    const item *const order = selects ? least(items, s->n, s->kept) : sorted(items, s->n);
    for (int64_t i = 0; i < s->kept; i++) {
        const int64_t to = (slab * s->kept + i) * s->inner + column;
        gra__copy_element(s->values + to * (int64_t)size,
                          x + order[i].index * s->inner * (int64_t)size, size);
        s->indices[to] = order[i].index;
    }
}

/* Sorts all lines; false with an error where memory is short. */
static bool sort_lines(const lines *s)
{
    const int64_t count = s->outer * s->inner, wanted = count * s->n / THREAD_ELEMENTS;
    int64_t threads = wanted < gra__threads() ? wanted : gra__threads();
    threads = threads < count ? threads : count;
    threads = threads > 1 ? threads : 1;
    const size_t bytes = (size_t)(threads * 2 * s->n) * sizeof(item);
    if (count == 0 || s->n == 0 || gra__dry_run())
        return true;
    item *const items = gra__alloc(bytes);
    if (!items)
        return false;
#pragma omp parallel for num_threads((int)threads) schedule(static)
    for (int64_t t = 0; t < threads; t++)
        for (int64_t line = count * t / threads; line < count * (t + 1) / threads; line++)
            sort_line(s, line, items + t * 2 * s->n);
    gra__dealloc(items, bytes);
    return true;
}

/* ---- the ops ---- */

/* Sets the two outputs: the first `kept` elements of each sorted line, or all where it is -1. */
static void run(gra_call *c, int64_t along, bool descending, int64_t kept)
{
    const char *const op = gra_op_name(c->op);
    gra_tensor *const x = c->in[0];
    const int dim = gra__wrap_dim(op, along, x->shape.count);
    if (dim < 0)
        return;
    gra_shape shape = x->shape;
    const int64_t n = shape.count ? shape.size[dim] : 1;
    if (kept > n || kept < -1) {
        gra_fail("%s: k is %lld; dim %d has %lld elements", op, (long long)kept, dim, (long long)n);
        return;
    }
    if (shape.count)
        shape.size[dim] = kept < 0 ? n : kept;
    gra_tensor *const packed = gra__packed(x, x->dtype);
    gra_tensor *const values = gra__empty(op, shape, x->dtype);
    gra_tensor *const indices = gra__empty(op, shape, GRA_INT64);
    if (!packed || !values || !indices)
        return;
    const lines s = {.outer = gra__numel_between(&shape, 0, dim),
                     .n = n,
                     .inner = gra__numel_between(&shape, dim + 1, shape.count),
                     .kept = kept < 0 ? n : kept,
                     .dtype = x->dtype,
                     .descending = descending,
                     .x = gra__ptr(packed),
                     .values = gra__ptr(values),
                     .indices = gra__ptr(indices)};
    if (!sort_lines(&s))
        return;
    c->out[0] = values;
    c->out[1] = indices;
}

static void sort_forward(gra_call *c)
{
    const sort_args *const args = c->args;
    run(c, args->dim, args->descending, -1);
}

static void topk_forward(gra_call *c)
{
    const topk_args *const args = c->args;
    if (args->k < 0)
        gra_fail("topk: k is %lld; it must not be negative", (long long)args->k);
    else
        run(c, args->dim, args->largest, args->k);
}

extern const gra_op gra_op_gather_backward;

typedef struct {
    gra_shape shape;
    int64_t dim;
} gather_backward_args;

/* The gradient goes back to where each value came from. */
static gra_tensor *spread(gra_call *c, gra_tensor *g, int64_t dim)
{
    return gra_apply(&gra_op_gather_backward, (gra_tensor *[]){g, c->out[1]}, 2,
                     &(gather_backward_args){gra_call_shape(c, 0), dim});
}

static void sort_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    dx[0] = spread(c, g[0], ((const sort_args *)c->args)->dim);
}

static void topk_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    dx[0] = spread(c, g[0], ((const topk_args *)c->args)->dim);
}

const gra_op gra_op_sort = {
    .schema = "sort(Tensor x, int dim=-1, bool descending=False, bool stable=False) -> (Tensor "
              "values, Tensor indices)",
    .forward = sort_forward,
    .vjp = sort_vjp,
    .saves = GRA_OUT(1),
    .args_size = sizeof(sort_args),
};

const gra_op gra_op_topk = {
    .schema = "topk(Tensor x, int k, int dim=-1, bool largest=True, bool sorted=True) -> (Tensor "
              "values, Tensor indices)",
    .forward = topk_forward,
    .vjp = topk_vjp,
    .saves = GRA_OUT(1),
    .args_size = sizeof(topk_args),
};

static void argsort_forward(gra_call *c)
{
    gra_tensor *out[2];
    if (gra_apply_many(&gra_op_sort, c->in, 1, c->args, out, 2) == 0)
        c->out[0] = out[1];
}

const gra_op gra_op_argsort = {
    .schema = "argsort(Tensor x, int dim=-1, bool descending=False, bool stable=False) -> Tensor",
    .forward = argsort_forward,
    .saves = GRA_SAVE_NOTHING,
    .args_size = sizeof(sort_args),
};

gra_sort_options gra_sort_defaults(void)
{
    return (gra_sort_options){.dim = -1};
}

gra_topk_options gra_topk_defaults(void)
{
    return (gra_topk_options){.dim = -1, .largest = true, .sorted = true};
}

/* Values and, where there is room for them, indices. */
static gra_tensor *both(const gra_op *op, gra_tensor *x, const void *args, gra_tensor **indices)
{
    gra_tensor *out[2];
    const bool fine = gra_apply_many(op, &x, 1, args, out, 2) == 0;
    if (indices)
        *indices = fine ? out[1] : NULL;
    return fine ? out[0] : NULL;
}

gra_tensor *gra_sort_with(gra_sort_options o)
{
    return both(&gra_op_sort, o.x, &(sort_args){o.dim, o.descending, o.stable}, o.indices);
}

gra_tensor *gra_argsort_with(gra_sort_options o)
{
    return gra_apply(&gra_op_argsort, &o.x, 1, &(sort_args){o.dim, o.descending, o.stable});
}

gra_tensor *gra_topk_with(gra_topk_options o)
{
    return both(&gra_op_topk, o.x, &(topk_args){o.k, o.dim, o.largest, o.sorted}, o.indices);
}
