/* index_map.c - picking elements by lists of indices, and adding them up again.
 *
 * Both directions walk y (or g) in the order of its memory, dim by dim, and follow in x (or dx):
 *
 *     dims of y in that order          step in x
 *     [N, C]  as it is, merged         of a plane
 *     [H]     a list                   of a row
 *     [W]     a list, in pieces        of an element
 */
#include "ops/index_map.h"

#include <string.h>

#include "core/alloc_cache.h"
#include "core/dry_run.h"
#include "core/error.h"
#include "core/threads.h"
#include "ops/indices.h"
#include "ops/iterate.h"
#include "ops/layout.h"

enum { THREAD_ELEMENTS = 32768 }; /* that are worth a thread of their own */

typedef struct {
    int64_t size;         /* of y */
    int64_t step;         /* of x, in elements */
    int64_t block;        /* elements of y that one index stands for */
    const int64_t *index; /* or NULL */
} dim;

/* A part of the last dim whose elements follow each other in x, or stand outside of it. */
typedef struct {
    int64_t first, end; /* of y */
    int64_t at;         /* of x, or -1 */
} piece;

typedef struct {
    dim dims[GRA_MAX_DIMS];
    int count;
    size_t element; /* its size */
    gra_dtype dtype;
    const char *value; /* one element */
    piece *pieces;     /* of the last dim; NULL where it is walked element by element */
    int piece_count;
} plan;

bool gra__index_map_init(gra__index_map *map, gra_shape in, gra_shape out,
                         const bool mapped[GRA_MAX_DIMS])
{
    *map = (gra__index_map){.in = in, .out = out};
    for (int d = 0; d < out.count; d++)
        map->bytes += mapped[d] ? (size_t)out.size[d] * sizeof *map->block : 0;
    map->bytes += map->bytes ? 0 : 1;
    map->block = gra__alloc(map->bytes);
    int64_t *next = map->block;
    for (int d = 0; map->block && d < out.count; d++) {
        if (!mapped[d])
            continue;
        map->index[d] = next;
        next += out.size[d];
    }
    return map->block != NULL;
}

void gra__index_map_free(gra__index_map *map)
{
    gra__dealloc(map->block, map->bytes);
}

/* Adds a dim behind the others, or makes the last one longer where both lie as one in x. */
static void add_dim(plan *p, dim d)
{
    dim *const last = p->count ? &p->dims[p->count - 1] : NULL;
    if (last && !last->index && !d.index && last->step == d.size * d.step) {
        last->size *= d.size;
        last->step = d.step;
        return;
    }
    p->dims[p->count++] = d;
}

/* The walk for a dense y, row-major or channels-last, and an x of any strides. */
static plan plan_of(const gra__index_map *map, const gra_tensor *x, const gra_tensor *y)
{
    static const int turned[] = {0, 2, 3, 1};
    const bool channels_last = gra__prefers_channels_last(y);
    plan p = {.element = gra_dtype_size(y->dtype), .dtype = y->dtype};
    for (int i = 0; i < map->out.count; i++) {
        const int d = channels_last ? turned[i] : i;
        if (map->out.size[d] != 1 || map->index[d])
            add_dim(&p, (dim){map->out.size[d], x->stride[d], 0, map->index[d]});
    }
    if (!p.count)
        add_dim(&p, (dim){1, 1, 0, NULL});
    int64_t block = 1;
    for (int d = p.count - 1; d >= 0; d--) {
        p.dims[d].block = block;
        block *= p.dims[d].size;
    }
    return p;
}

/* Where the piece of the last dim ends that begins at i. */
static int64_t piece_end(const dim *last, int64_t i)
{
    if (!last->index)
        return last->size;
    const int64_t first = last->index[i];
    int64_t end = i + 1;
    while (end < last->size && last->index[end] == (first < 0 ? -1 : first + end - i))
        end++;
    return end;
}

/* Cuts the last dim into pieces, if it is one of few; false with an error where memory is short. */
static bool cut(plan *p)
{
    const dim *const last = &p->dims[p->count - 1];
    int count = 0;
    for (int64_t i = 0; i < last->size; i = piece_end(last, i))
        count++;
    if (last->step != 1 || (count > 3 && count * 8 > last->size))
        return true;
    p->pieces = gra__alloc((size_t)count * sizeof *p->pieces);
    for (int64_t i = 0; p->pieces && i < last->size; i = piece_end(last, i))
        p->pieces[p->piece_count++] =
            (piece){i, piece_end(last, i), last->index ? last->index[i] : i};
    return p->pieces != NULL;
}

static void uncut(plan *p)
{
    gra__dealloc(p->pieces, (size_t)p->piece_count * sizeof *p->pieces);
}

/* Walks the indices [first, last) of dim 0, and all of the others, each thread a part of its own. */
typedef void walk_fn(const plan *p, int64_t first, int64_t last, char *x, char *y);

static void in_parallel(const plan *p, walk_fn *walk, int64_t units, int64_t elements, char *x,
                        char *y)
{
    const int64_t wanted = elements / THREAD_ELEMENTS, most = wanted < units ? wanted : units;
    const int64_t threads = most > 1 && gra__threads() < most ? gra__threads() : most;
    if (threads <= 1) {
        walk(p, 0, p->dims[0].size, x, y);
        return;
    }
#pragma omp parallel for num_threads((int)threads) schedule(static)
    for (int64_t t = 0; t < threads; t++)
        walk(p, units * t / threads, units * (t + 1) / threads, x, y);
}

/* ---- y from x ---- */

static void fill(const plan *p, char *y, int64_t count)
{
    for (int64_t i = 0; i < count; i++, y += p->element)
        gra__copy_element(y, p->value, p->element);
}

static void pick_pieces(const plan *p, int64_t first, int64_t last, const char *x, char *y)
{
    const int64_t size = (int64_t)p->element;
    for (int k = 0; k < p->piece_count; k++) {
        const piece *const part = &p->pieces[k];
        const int64_t from = part->first > first ? part->first : first;
        const int64_t end = part->end < last ? part->end : last;
        if (from >= end)
            continue;
        if (part->at < 0)
            fill(p, y + from * size, end - from);
        else
            memcpy(y + from * size, x + (part->at + from - part->first) * size,
                   (size_t)((end - from) * size));
    }
}

#define PICK_ELEMENTS(type)                                                                        \
    static void pick_##type(const dim *m, int64_t first, int64_t last, const type *value,          \
                            const type *x, type *y)                                                \
    {                                                                                              \
        for (int64_t i = first; i < last; i++) {                                                   \
            const int64_t at = m->index ? m->index[i] : i;                                         \
            y[i] = at < 0 ? *value : x[at * m->step];                                              \
        }                                                                                          \
    }
PICK_ELEMENTS(uint8_t)
PICK_ELEMENTS(uint16_t)
PICK_ELEMENTS(uint32_t)
PICK_ELEMENTS(uint64_t)

static void pick_row(const plan *p, int64_t first, int64_t last, const char *x, char *y)
{
    const dim *const m = &p->dims[p->count - 1];
    const void *const from = x, *const value = p->value;
    void *const to = y;
    if (p->pieces) {
        pick_pieces(p, first, last, x, y);
        return;
    }
    switch (p->element) {
    case 1: pick_uint8_t(m, first, last, value, from, to); break;
    case 2: pick_uint16_t(m, first, last, value, from, to); break;
    case 4: pick_uint32_t(m, first, last, value, from, to); break;
    default: pick_uint64_t(m, first, last, value, from, to); break;
    }
}

static void pick(const plan *p, int d, int64_t first, int64_t last, const char *x, char *y)
{
    const dim *const m = &p->dims[d];
    const int64_t size = (int64_t)p->element, block = m->block * size;
    if (d == p->count - 1) {
        pick_row(p, first, last, x, y);
        return;
    }
    for (int64_t i = first; i < last; i++) {
        char *const to = y + i * block;
        const int64_t at = m->index ? m->index[i] : i;
        if (at < 0)
            fill(p, to, m->block);
        else if (m->index && i > first && at == m->index[i - 1])
            memcpy(to, to - block, (size_t)block);
        else
            pick(p, d + 1, 0, p->dims[d + 1].size, x + at * m->step * size, to);
    }
}

static void pick_walk(const plan *p, int64_t first, int64_t last, char *x, char *y)
{
    pick(p, 0, first, last, x, y);
}

gra_tensor *gra__index_map_pick(const char *op, const gra__index_map *map, gra_tensor *x,
                                double value)
{
    gra_tensor *const y = gra__empty_in_layout(op, map->out, x->dtype, x);
    gra_tensor *const number = y ? gra__empty(op, GRA_SCALAR, x->dtype) : NULL;
    if (!number || !y->numel || gra__dry_run())
        return number ? y : NULL;
    gra__fill(number, value);
    plan p = plan_of(map, x, y);
    p.value = gra__ptr(number);
    if (!cut(&p))
        return NULL;
    in_parallel(&p, pick_walk, p.dims[0].size, y->numel, gra__ptr(x), gra__ptr(y));
    uncut(&p);
    return y;
}

/* ---- dx from g ---- */

/* Neighbours that go to one place are added up first. */
#define SUM_ROW(real)                                                                              \
    static void sum_row_##real(const dim *m, real *restrict dx, const real *restrict g)            \
    {                                                                                              \
        for (int64_t i = 0; i < m->size;) {                                                        \
            const int64_t at = m->index ? m->index[i] : i;                                         \
            real sum = g[i++];                                                                     \
            while (i < m->size && m->index && m->index[i] == at)                                   \
                sum += g[i++];                                                                     \
            if (at >= 0)                                                                           \
                dx[at * m->step] += sum;                                                           \
        }                                                                                          \
    }
SUM_ROW(float)
SUM_ROW(double)

static void sum_row(const plan *p, char *dx, const char *g)
{
    const dim *const m = &p->dims[p->count - 1];
    const int64_t size = (int64_t)p->element;
    gra__add_scaled_loop *const add = gra__kernels_get()->elementwise->add_scaled[p->dtype];
    for (int k = 0; k < p->piece_count; k++) {
        const piece *const part = &p->pieces[k];
        if (part->at >= 0)
            add((size_t)(part->end - part->first), dx + part->at * size, size, 1,
                g + part->first * size, size);
    }
    if (!p->pieces && p->dtype == GRA_FLOAT64)
        sum_row_double(m, (double *)(void *)dx, (const double *)(const void *)g);
    else if (!p->pieces)
        sum_row_float(m, (float *)(void *)dx, (const float *)(const void *)g);
}

static void sum(const plan *p, int d, int64_t first, int64_t last, char *dx, const char *g)
{
    const dim *const m = &p->dims[d];
    const int64_t size = (int64_t)p->element;
    if (d == p->count - 1) {
        sum_row(p, dx, g);
        return;
    }
    for (int64_t i = first; i < last; i++) {
        const int64_t at = m->index ? m->index[i] : i;
        if (at >= 0)
            sum(p, d + 1, 0, p->dims[d + 1].size, dx + at * m->step * size,
                g + i * m->block * size);
    }
}

static void sum_walk(const plan *p, int64_t first, int64_t last, char *dx, char *g)
{
    sum(p, 0, first, last, dx, g);
}

gra_tensor *gra__index_map_sum(const char *op, const gra__index_map *map, gra_tensor *g)
{
    const gra_dtype dtype = g->dtype == GRA_BFLOAT16 ? GRA_FLOAT32 : g->dtype;
    gra_tensor *const ready =
        gra__prefers_channels_last(g) ? gra__converted(g, dtype) : gra__packed(g, dtype);
    gra_tensor *const dx = ready ? gra__empty_in_layout(op, map->in, dtype, ready) : NULL;
    if (!dx)
        return NULL;
    gra__fill(dx, 0);
    if (g->numel && !gra__dry_run()) {
        plan p = plan_of(map, dx, ready);
        if (!cut(&p))
            return NULL;
        /* Threads share out the first dim where each of its indices has a place of its own. */
        const bool apart = !p.dims[0].index && p.count > 1;
        in_parallel(&p, sum_walk, apart ? p.dims[0].size : 1, g->numel, gra__ptr(dx),
                    gra__ptr(ready));
        uncut(&p);
    }
    return gra__converted(dx, g->dtype);
}
