/* reduce.c - walking over kept and reduced dims. */
#include "ops/reduce.h"

#include <string.h>

#include "core/dry_run.h"
#include "core/error.h"
#include "core/threads.h"
#include "ops/ops.h"

enum {
    BLOCK = 4096,         /* outputs at a time: 32 KiB of accumulators */
    WIDE = 1024,          /* accumulators of a short row's copies */
    WORK = 32768,         /* elements that are worth a task of their own */
    TASKS = 32,           /* with fewer blocks than this the reduced dims are cut ... */
    ACCUMULATORS = 65536, /* ... into parts with no more accumulators than this, all together */
};

/* Dims, innermost first; strides in bytes. */
typedef struct axes {
    int count;
    int64_t size[GRA_MAX_DIMS];
    ptrdiff_t stride[GRA_MAX_DIMS];
} axes;

typedef struct job {
    const gra__fold *fold;
    axes kept, reduced;
    const char *x;
    gra_dtype dtype;
    bool rows;      /* rather than runs */
    int64_t copies; /* of the accumulators of a row, side by side */
    int64_t outputs;
    int64_t width; /* outputs of a block */
    int64_t blocks;
    int64_t parts; /* of the reduced dims */
    int cut;       /* the reduced dim that is cut into parts */
    char *y;
    char *partial; /* accumulators [parts][outputs] where there are several parts */
} job;

static void run_step(const gra__fold *f, const gra__piece *p)
{
    ((gra__reduce_loop *)f->run_loop)(p->n, p->acc, p->x, p->stride);
}

static void row_step(const gra__fold *f, const gra__piece *p)
{
    ((gra__reduce_loop *)f->row_loop)(p->n, p->acc, p->x, p->stride);
}

gra__fold gra__fold_of(const gra__reduction *loops, gra_dtype dtype, gra_dtype accumulator)
{
    return (gra__fold){
        .run = run_step,
        .row = row_step,
        .run_loop = (gra__any_loop *)loops->run[dtype],
        .row_loop = (gra__any_loop *)loops->row[dtype],
        .combine = loops->row[accumulator],
        .repeats = true,
        .accumulator = accumulator,
    };
}

static ptrdiff_t magnitude(ptrdiff_t stride)
{
    return stride < 0 ? -stride : stride;
}

static void push(axes *a, int64_t size, ptrdiff_t stride)
{
    if (size == 1)
        return;
    const int last = a->count - 1;
    if (last >= 0 && stride == a->stride[last] * a->size[last]) {
        a->size[last] *= size;
        return;
    }
    a->size[a->count] = size;
    a->stride[a->count++] = stride;
}

static void at_least_one(axes *a)
{
    if (a->count)
        return;
    *a = (axes){.count = 1, .size = {1}};
}

/* Kept dims stay in the order of the output, which is row-major; reduced ones may be walked over in
 * any order and are sorted by their strides. */
static void take_apart(const gra_tensor *x, unsigned mask, axes *kept, axes *reduced)
{
    const ptrdiff_t element = (ptrdiff_t)gra_dtype_size(x->dtype);
    int order[GRA_MAX_DIMS], count = 0;
    *kept = *reduced = (axes){0};
    for (int i = x->shape.count - 1; i >= 0; i--) {
        if (!(mask >> i & 1)) {
            push(kept, x->shape.size[i], x->stride[i] * element);
            continue;
        }
        int at = count++;
        for (; at > 0 && magnitude(x->stride[order[at - 1]]) > magnitude(x->stride[i]); at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
    for (int k = 0; k < count; k++)
        push(reduced, x->shape.size[order[k]], x->stride[order[k]] * element);
    at_least_one(kept);
    at_least_one(reduced);
}

static int64_t count_of(const axes *a)
{
    int64_t count = 1;
    for (int d = 0; d < a->count; d++)
        count *= a->size[d];
    return count;
}

/* Rough nanoseconds an element in pieces of n: a call each, and more for a stride. */
static double cost(int64_t n, double call, ptrdiff_t stride, ptrdiff_t element)
{
    const ptrdiff_t step = magnitude(stride) < 64 ? magnitude(stride) : 64;
    return call / (double)n + (stride == element ? 0.1 : 0.3 + (double)step / 128);
}

static int64_t least_of(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Into how many parts the reduced dims are cut, for so many elements an output: the parts are worth
 * it, and their accumulators are few beside the elements. */
static int64_t parts_of(job *j, int64_t elements)
{
    if (!j->fold->combine || j->blocks >= TASKS)
        return 1;
    for (int d = 1; d < j->reduced.count; d++)
        if (j->reduced.size[d] > j->reduced.size[j->cut])
            j->cut = d;
    const int64_t worth = least_of(j->outputs * elements / WORK, elements / 64);
    const int64_t most =
        least_of(worth, least_of(ACCUMULATORS / j->outputs, j->reduced.size[j->cut]));
    return most > 1 ? most : 1;
}

/* Short rows that lie behind one another make a long one, with as many copies of the accumulators,
 * which are folded in the end:  x [1000, 3] over dim 0 in rows of 3 * 341. */
static int64_t copies_of(const job *j, ptrdiff_t element)
{
    const axes *const kept = &j->kept, *const reduced = &j->reduced;
    const bool behind = kept->stride[0] == element &&
                        reduced->stride[0] == kept->size[0] * element && reduced->size[0] >= 64;
    if (!j->fold->repeats || !behind || kept->size[0] == 1 || kept->size[0] > WIDE / 8)
        return 1;
    return least_of(WIDE / kept->size[0], reduced->size[0]);
}

/* Chooses between runs and rows, and cuts the work into blocks and parts. Runs whose elements are
 * apart share cache lines, so a few of them are kept in one block. */
static void lay_out(job *j)
{
    const ptrdiff_t element = (ptrdiff_t)gra_dtype_size(j->dtype);
    const int64_t elements = count_of(&j->reduced), row = least_of(j->kept.size[0], BLOCK);
    j->outputs = count_of(&j->kept);
    j->parts = 1;
    j->width = BLOCK;
    if (j->outputs && elements) {
        j->copies = copies_of(j, element);
        j->rows = cost(row * j->copies, 8, j->kept.stride[0], element) <
                  cost(j->reduced.size[0], 15, j->reduced.stride[0], element);
        const int64_t few = j->reduced.stride[0] == element ? 1 : 16, least = j->rows ? row : few;
        const int64_t most = j->copies > 1 ? row : BLOCK;
        j->width = least_of(WORK / elements > least ? WORK / elements : least, most);
    }
    j->blocks = (j->outputs + j->width - 1) / j->width;
    if (j->outputs && elements)
        j->parts = parts_of(j, elements);
}

static const char *address(const job *j, int64_t output)
{
    const char *x = j->x;
    for (int d = 0; d < j->kept.count - 1; d++) {
        x += output % j->kept.size[d] * j->kept.stride[d];
        output /= j->kept.size[d];
    }
    return x + output * j->kept.stride[j->kept.count - 1];
}

/* Goes on to the next index of the dims from `inner` on; false after the last. */
static bool next(const axes *a, int inner, int64_t *index, ptrdiff_t *offset)
{
    for (int d = inner; d < a->count; d++) {
        *offset += a->stride[d];
        if (++index[d] < a->size[d])
            return true;
        *offset -= a->stride[d] * a->size[d];
        index[d] = 0;
    }
    return false;
}

static gra__unary_loop *converter(gra_dtype to, gra_dtype from)
{
    return gra__kernels_get()->elementwise->convert[to][from];
}

/* Sets the accumulators of n outputs; x is the first element of the first one. */
static void begin(const job *j, int64_t n, char *acc, const char *x)
{
    const gra__fold *const f = j->fold;
    const ptrdiff_t size = (ptrdiff_t)gra_dtype_size(f->accumulator);
    if (f->first)
        converter(f->accumulator, j->dtype)((size_t)n, acc, size, x, j->kept.stride[0]);
    else
        converter(f->accumulator, GRA_FLOAT64)((size_t)n, acc, size, (const char *)&f->start, 0);
}

/* Accumulators of the outputs first ... first + n - 1 become elements of y. */
static void finish(const job *j, int64_t first, int64_t n, char *acc)
{
    const gra__fold *const f = j->fold;
    const ptrdiff_t from = (ptrdiff_t)gra_dtype_size(f->accumulator);
    const ptrdiff_t to = (ptrdiff_t)gra_dtype_size(f->result);
    if (f->divide)
        gra__kernels_get()->elementwise->div[GRA_FLOAT64]((size_t)n, acc, from, acc, from,
                                                          (const char *)&f->divisor, 0);
    converter(f->result, f->accumulator)((size_t)n, j->y + first * to, to, acc, from);
}

/* The outputs one after the other, for each index of the outer reduced dims: close to the order in
 * which the elements lie in memory. */
static void fold_runs(const job *j, const axes *reduced, ptrdiff_t from, int64_t first,
                      int64_t last, char *acc)
{
    const size_t size = gra_dtype_size(j->fold->accumulator);
    gra__piece p = {.n = (size_t)reduced->size[0], .stride = reduced->stride[0]};
    int64_t index[GRA_MAX_DIMS] = {0};
    if (!j->fold->first)
        begin(j, last - first, acc, NULL);
    for (int64_t i = first; j->fold->first && i < last; i++)
        memcpy(acc + (size_t)(i - first) * size, address(j, i) + from, size);
    do {
        p.acc = acc;
        for (p.output = first; p.output < last; p.output++) {
            p.x = address(j, p.output) + from;
            j->fold->run(j->fold, &p);
            p.acc = (char *)p.acc + size;
        }
    } while (next(reduced, 1, index, &from));
}

/* The outputs in pieces that lie in one row. */
static void fold_rows(const job *j, const axes *reduced, ptrdiff_t from, int64_t first,
                      int64_t last, char *acc)
{
    const size_t size = gra_dtype_size(j->fold->accumulator);
    int64_t side[last - first];
    gra__piece p = {.side = side, .stride = j->kept.stride[0]};
    for (p.output = first; p.output < last; p.output += (int64_t)p.n) {
        int64_t index[GRA_MAX_DIMS] = {0};
        ptrdiff_t offset = from;
        const char *const x = address(j, p.output);
        p.n = (size_t)least_of(j->kept.size[0] - p.output % j->kept.size[0], last - p.output);
        p.acc = acc + (size_t)(p.output - first) * size;
        p.position = 0;
        begin(j, (int64_t)p.n, p.acc, x + offset);
        do {
            p.x = x + offset;
            j->fold->row(j->fold, &p);
            p.position++;
        } while (next(reduced, 0, index, &offset));
    }
}

/* The outputs of one row, with copies of the accumulators. */
static void fold_copies(const job *j, const axes *reduced, ptrdiff_t from, int64_t first, char *acc)
{
    const size_t size = gra_dtype_size(j->fold->accumulator);
    const int64_t n = j->kept.size[0], copies = least_of(j->copies, reduced->size[0]);
    const char *const x = address(j, first);
    int64_t wide[copies * n], index[GRA_MAX_DIMS] = {0};
    gra__piece p = {.acc = wide, .stride = j->kept.stride[0], .output = first};
    begin(j, copies * n, (char *)wide, x + from);
    do {
        for (int64_t k = 0; k < reduced->size[0]; k += copies) {
            p.n = (size_t)(least_of(copies, reduced->size[0] - k) * n);
            p.x = x + from + k * reduced->stride[0];
            j->fold->row(j->fold, &p);
        }
    } while (next(reduced, 1, index, &from));
    for (int64_t left = copies, half; left > 1; left = half) {
        half = (left + 1) / 2;
        j->fold->combine((size_t)((left - half) * n), wide,
                         (char *)wide + (size_t)(half * n) * size, (ptrdiff_t)size);
    }
    memcpy(acc, wide, (size_t)n * size);
}

/* One part of the reduced dims, for the outputs first ... last - 1. */
static void fold_block(const job *j, int64_t part, int64_t first, int64_t last, char *acc)
{
    axes reduced = j->reduced;
    const int64_t from = reduced.size[j->cut] * part / j->parts;
    reduced.size[j->cut] = reduced.size[j->cut] * (part + 1) / j->parts - from;
    const ptrdiff_t offset = from * reduced.stride[j->cut];
    if (count_of(&reduced) == 0)
        begin(j, last - first, acc, NULL);
    else if (j->rows && j->copies > 1)
        fold_copies(j, &reduced, offset, first, acc);
    else if (j->rows)
        fold_rows(j, &reduced, offset, first, last, acc);
    else
        fold_runs(j, &reduced, offset, first, last, acc);
}

static void run_task(const job *j, int64_t task)
{
    const size_t size = gra_dtype_size(j->fold->accumulator);
    const int64_t part = task / j->blocks, first = task % j->blocks * j->width;
    const int64_t last = first + j->width < j->outputs ? first + j->width : j->outputs;
    if (j->partial) {
        fold_block(j, part, first, last, j->partial + (size_t)(part * j->outputs + first) * size);
        return;
    }
    int64_t acc[last - first];
    fold_block(j, part, first, last, (char *)acc);
    finish(j, first, last - first, (char *)acc);
}

static void run_job(const job *j)
{
    if (gra__dry_run())
        return;
    const int64_t tasks = j->blocks * j->parts;
    const int64_t wanted = j->outputs * count_of(&j->reduced) / WORK;
    const int64_t most = wanted < tasks ? wanted : tasks;
    const int64_t threads = most < gra__threads() ? most : gra__threads();
    if (threads <= 1) {
        for (int64_t task = 0; task < tasks; task++)
            run_task(j, task);
    } else {
#pragma omp parallel for num_threads((int)threads) schedule(static)
        for (int64_t task = 0; task < tasks; task++)
            run_task(j, task);
    }
    if (!j->partial)
        return;
    const ptrdiff_t size = (ptrdiff_t)gra_dtype_size(j->fold->accumulator);
    for (int64_t part = 1; part < j->parts; part++)
        j->fold->combine((size_t)j->outputs, j->partial, j->partial + part * j->outputs * size,
                         size);
    finish(j, 0, j->outputs, j->partial);
}

gra_tensor *gra__fold_run(const char *op, const gra__fold *f, gra_tensor *x, unsigned mask,
                          gra_shape shape)
{
    gra_tensor *const y = gra__empty(op, shape, f->result);
    if (!y)
        return NULL;
    job j = {.fold = f, .x = gra__ptr(x), .dtype = x->dtype, .y = gra__ptr(y)};
    take_apart(x, mask, &j.kept, &j.reduced);
    lay_out(&j);
    if (j.parts > 1) {
        gra_tensor *const partial = gra__empty(op, GRA_SHAPE(j.parts, j.outputs), f->accumulator);
        if (!partial)
            return NULL;
        j.partial = gra__ptr(partial);
    }
    run_job(&j);
    return y;
}

gra_shape gra__reduced_shape(gra_shape shape, unsigned mask, bool keepdim)
{
    gra_shape result = {0};
    for (int i = 0; i < shape.count; i++)
        if (!(mask >> i & 1))
            result.size[result.count++] = shape.size[i];
        else if (keepdim)
            result.size[result.count++] = 1;
    return result;
}

int64_t gra__reduced_count(gra_shape shape, unsigned mask)
{
    int64_t count = 1;
    for (int i = 0; i < shape.count; i++)
        if (mask >> i & 1)
            count *= shape.size[i];
    return count;
}

bool gra__demand_floating(const char *op, const gra_tensor *x)
{
    if (gra_dtype_is_floating(x->dtype))
        return true;
    gra_fail("%s: x has dtype %s; a floating point dtype is needed, convert it with gra_to", op,
             gra_dtype_name(x->dtype));
    return false;
}

bool gra__demand_elements(const char *op, gra_shape shape, unsigned mask)
{
    char text[GRA_SHAPE_TEXT];
    for (int i = 0; i < shape.count; i++)
        if (mask >> i & 1 && shape.size[i] == 0) {
            gra_fail("%s: dim %d of shape %s is empty; at least one element is needed", op, i,
                     gra_shape_text(shape, text));
            return false;
        }
    return true;
}

gra_tensor *gra__computable(gra_tensor *x)
{
    return x->dtype == GRA_BFLOAT16 ? gra__converted(x, GRA_FLOAT32) : x;
}

static void reduce_family(gra_call *c, const gra__fold *f, gra_tensor *x, unsigned mask)
{
    const gra__reduce_args *const args = c->args;
    const gra_shape shape = gra__reduced_shape(x->shape, mask, args->keepdim);
    c->out[0] = gra__fold_run(gra_op_name(c->op), f, x, mask, shape);
}

/* The input as float32 where it is bfloat16, and the mask of its dims; NULL with an error. */
static gra_tensor *ready_input(gra_call *c, unsigned *mask)
{
    const gra__reduce_args *const args = c->args;
    if (!gra__dims_mask(gra_op_name(c->op), args->dims, c->in[0]->shape.count, mask))
        return NULL;
    return gra__computable(c->in[0]);
}

void gra__reduce_numbers(gra_call *c, const gra__reduction *loops, double start, bool mean)
{
    unsigned mask;
    gra_tensor *const x = ready_input(c, &mask);
    if (!x)
        return;
    const bool floating = gra_dtype_is_floating(x->dtype);
    gra__fold f = gra__fold_of(loops, x->dtype, floating ? GRA_FLOAT64 : GRA_INT64);
    f.result = floating ? c->in[0]->dtype : GRA_INT64;
    f.start = start;
    f.divide = mean;
    f.divisor = (double)gra__reduced_count(x->shape, mask);
    reduce_family(c, &f, x, mask);
}

void gra__reduce_extremum(gra_call *c, const gra__reduction *loops)
{
    unsigned mask;
    gra_tensor *const x = ready_input(c, &mask);
    if (!x || !gra__demand_elements(gra_op_name(c->op), x->shape, mask))
        return;
    gra__fold f = gra__fold_of(loops, x->dtype, x->dtype);
    f.result = c->in[0]->dtype;
    f.first = true;
    reduce_family(c, &f, x, mask);
}

void gra__reduce_bool(gra_call *c, const gra__reduction *loops, double start)
{
    unsigned mask;
    gra_tensor *const x = ready_input(c, &mask);
    if (!x)
        return;
    gra__fold f = gra__fold_of(loops, x->dtype, GRA_UINT8);
    f.result = GRA_BOOL;
    f.start = start;
    reduce_family(c, &f, x, mask);
}

gra_tensor *gra__keep_dims(gra_tensor *y, gra_shape shape, gra_dims dims)
{
    unsigned mask;
    if (!y || !gra__dims_mask("reduce", dims, shape.count, &mask))
        return NULL;
    const gra_shape kept = gra__reduced_shape(shape, mask, true);
    return gra_shape_equal(y->shape, kept) ? y : gra_reshape(y, kept);
}

gra_tensor *gra__unreduce(gra_tensor *y, gra_shape shape, gra_dims dims)
{
    gra_tensor *const kept = gra__keep_dims(y, shape, dims);
    return kept && !gra_shape_equal(kept->shape, shape) ? gra_expand(kept, shape) : kept;
}

gra_reduce_options gra_reduce_defaults(void)
{
    return (gra_reduce_options){.dims = GRA_ALL_DIMS};
}
