/* samplers.c - the samplers that PyTorch has. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/alloc_cache.h"
#include "core/error.h"
#include "core/object_struct.h"
#include "core/random.h"
#include "data/sampler_class.h"

/* What the samplers know; each uses a part of it. */
typedef struct plan {
    int64_t size, count; /* of the data set; of an epoch */
    bool replacement, shuffle, drop_last;
    int64_t world_size, rank, batch;
    double *numbers;      /* owned: `size` weights; with replacement the sums of them up to each */
    gra_sampler *sampler; /* owned */
} plan;

static int64_t plan_size(const gra_sampler *s)
{
    return ((const plan *)gra_sampler_data(s))->count;
}

static void plan_destroy(gra_sampler *s)
{
    plan *const p = gra_sampler_data(s);
    gra__dealloc(p->numbers, (size_t)p->size * sizeof *p->numbers);
    gra__release(p->sampler);
}

static gra_sampler *plan_new(const gra_sampler_class *class_, plan p)
{
    gra_sampler *const s = gra_sampler_new(class_, sizeof p);
    if (s)
        memcpy(gra_sampler_data(s), &p, sizeof p);
    return s;
}

/* Whether a number of examples is one that memory can count. */
static bool is_count(const char *op, const char *what, int64_t count)
{
    if (!gra_error() && (count < 1 || count > INT64_MAX / (int64_t)sizeof(int64_t)))
        gra_fail("%s: %s %lld is out of range; at least 1 is needed", op, what, (long long)count);
    return !gra_error();
}

/* ---- in order ---- */

static int sequential_draw(const gra_sampler *s, int64_t epoch, int64_t *indices)
{
    (void)epoch;
    for (int64_t i = 0; i < gra_sampler_size(s); i++)
        indices[i] = i;
    return 0;
}

static const gra_sampler_class sequential_class = {
    .name = "sequential", .size = plan_size, .draw = sequential_draw};

gra_sampler *gra_sequential_sampler(int64_t size)
{
    if (!is_count("gra_sequential_sampler", "size", size))
        return NULL;
    return plan_new(&sequential_class, (plan){.size = size, .count = size});
}

/* ---- at random ---- */

/* The first `count` of a random order of `size` numbers: Fisher and Yates, from the front. */
static int permute(int64_t size, int64_t count, int64_t *indices)
{
    const size_t bytes = (size_t)size * sizeof *indices;
    int64_t *const order = count < size ? gra__alloc(bytes) : indices;
    if (!order)
        return -1;
    for (int64_t i = 0; i < size; i++) {
        const int64_t at = gra_draw_int(0, i + 1);
        order[i] = order[at];
        order[at] = i;
    }
    if (order != indices) {
        memcpy(indices, order, (size_t)count * sizeof *indices);
        gra__dealloc(order, bytes);
    }
    return 0;
}

static int random_draw(const gra_sampler *s, int64_t epoch, int64_t *indices)
{
    (void)epoch;
    const plan *const p = gra_sampler_data(s);
    for (int64_t i = 0; p->replacement && i < p->count; i++)
        indices[i] = gra_draw_int(0, p->size);
    for (int64_t i = 0; !p->replacement && i < p->count; i += p->size) {
        const int64_t left = p->count - i;
        if (permute(p->size, left < p->size ? left : p->size, indices + i) < 0)
            return -1;
    }
    return 0;
}

static const gra_sampler_class random_class = {
    .name = "random", .size = plan_size, .draw = random_draw};

gra_random_sampler_options gra_random_sampler_defaults(void)
{
    return (gra_random_sampler_options){0};
}

gra_sampler *gra_random_sampler_with(gra_random_sampler_options o)
{
    static const char *const op = "gra_random_sampler";
    const int64_t count = o.count ? o.count : o.size;
    if (!is_count(op, "size", o.size) || !is_count(op, "count", count))
        return NULL;
    return plan_new(&random_class,
                    (plan){.size = o.size, .count = count, .replacement = o.replacement});
}

/* ---- by weight ---- */

/* The first place whose sum is above a number: its weight is not 0. */
static int64_t place_of(const double *sums, int64_t size, double number)
{
    int64_t low = 0, high = size - 1;
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (sums[middle] > number)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

typedef struct arrival {
    double time;
    int64_t index;
} arrival;

static int earlier(const void *a, const void *b)
{
    const arrival *const p = a, *const q = b;
    return p->time < q->time   ? -1
           : p->time > q->time ? 1
                               : (p->index > q->index) - (p->index < q->index);
}

/* Each example arrives after an exponential time at its weight's rate; who comes first is taken, which is
 * drawing one after the other without replacement. Source: Efraimidis, Spirakis, "Weighted random
 * sampling with a reservoir", 2006. */
static int draw_arrivals(const plan *p, int64_t *indices)
{
    const size_t bytes = (size_t)p->size * sizeof(arrival);
    arrival *const all = gra__alloc(bytes);
    if (!all)
        return -1;
    for (int64_t i = 0; i < p->size; i++) {
        const double weight = p->numbers[i];
        const double wait = -log(1 - gra_draw_uniform(0, 1));
        all[i] = (arrival){weight > 0 ? wait / weight : INFINITY, i};
    }
    qsort(all, (size_t)p->size, sizeof *all, earlier);
    for (int64_t i = 0; i < p->count; i++)
        indices[i] = all[i].index;
    gra__dealloc(all, bytes);
    return 0;
}

static int weighted_draw(const gra_sampler *s, int64_t epoch, int64_t *indices)
{
    (void)epoch;
    const plan *const p = gra_sampler_data(s);
    if (!p->replacement)
        return draw_arrivals(p, indices);
    const double total = p->numbers[p->size - 1];
    for (int64_t i = 0; i < p->count; i++)
        indices[i] = place_of(p->numbers, p->size, gra_draw_uniform(0, total));
    return 0;
}

static const gra_sampler_class weighted_class = {
    .name = "weighted", .size = plan_size, .draw = weighted_draw, .destroy = plan_destroy};

gra_weighted_sampler_options gra_weighted_sampler_defaults(void)
{
    return (gra_weighted_sampler_options){.replacement = true};
}

/* Whether the weights can be drawn by: enough of them are above 0, and all are numbers. */
static bool weights_are_fine(const gra_weighted_sampler_options *o)
{
    static const char *const op = "gra_weighted_sampler";
    if (!is_count(op, "size", o->size) || !is_count(op, "count", o->count))
        return false;
    if (!o->weights)
        return gra_fail("%s: the weights are NULL", op);
    int64_t positive = 0;
    for (int64_t i = 0; i < o->size; i++) {
        if (!(o->weights[i] >= 0 && o->weights[i] <= 1e300))
            return gra_fail("%s: weight %g of example %lld is out of range; a number of at least 0 "
                            "is needed",
                            op, o->weights[i], (long long)i);
        positive += o->weights[i] > 0;
    }
    if (!positive)
        return gra_fail("%s: all weights are 0; at least one above it is needed", op);
    if (!o->replacement && positive < o->count)
        return gra_fail("%s: %lld of %lld examples with a weight above 0 cannot be drawn without "
                        "replacement",
                        op, (long long)o->count, (long long)positive);
    return true;
}

gra_sampler *gra_weighted_sampler_with(gra_weighted_sampler_options o)
{
    if (!weights_are_fine(&o))
        return NULL;
    double *const sums = gra__alloc((size_t)o.size * sizeof *sums);
    if (!sums)
        return NULL;
    for (int64_t i = 0; i < o.size; i++)
        sums[i] = o.weights[i] + (o.replacement && i ? sums[i - 1] : 0);
    gra_sampler *const s = plan_new(
        &weighted_class,
        (plan){.size = o.size, .count = o.count, .replacement = o.replacement, .numbers = sums});
    if (!s)
        gra__dealloc(sums, (size_t)o.size * sizeof *sums);
    return s;
}

/* ---- one process of several ---- */

static int distributed_draw(const gra_sampler *s, int64_t epoch, int64_t *indices)
{
    (void)epoch;
    const plan *const p = gra_sampler_data(s);
    const size_t bytes = (size_t)p->size * sizeof *indices;
    int64_t *const order = p->shuffle ? gra__alloc(bytes) : NULL;
    if (p->shuffle && (!order || permute(p->size, p->size, order) < 0))
        return -1;
    for (int64_t i = 0; i < p->count; i++) {
        const int64_t place = (p->rank + i * p->world_size) % p->size; /* the front fills up */
        indices[i] = order ? order[place] : place;
    }
    gra__dealloc(order, bytes);
    return 0;
}

static const gra_sampler_class distributed_class = {
    .name = "distributed", .size = plan_size, .draw = distributed_draw};

gra_distributed_sampler_options gra_distributed_sampler_defaults(void)
{
    return (gra_distributed_sampler_options){.shuffle = true};
}

gra_sampler *gra_distributed_sampler_with(gra_distributed_sampler_options o)
{
    static const char *const op = "gra_distributed_sampler";
    if (!is_count(op, "size", o.size))
        return NULL;
    if (o.world_size < 1 || o.rank < 0 || o.rank >= o.world_size)
        return gra_fail("%s: rank %d of %d processes is out of range; 0 to %d are possible", op,
                        o.rank, o.world_size, o.world_size > 0 ? o.world_size - 1 : 0);
    const int64_t whole = o.size / o.world_size, rest = o.size % o.world_size;
    const int64_t count = whole + (rest > 0 && !o.drop_last);
    if (count < 1)
        return gra_fail("%s: %lld examples for %d processes leave none for each; use "
                        ".drop_last = false",
                        op, (long long)o.size, o.world_size);
    return plan_new(&distributed_class, (plan){.size = o.size,
                                               .count = count,
                                               .shuffle = o.shuffle,
                                               .world_size = o.world_size,
                                               .rank = o.rank});
}

/* ---- batches ---- */

static int batch_draw(const gra_sampler *s, int64_t epoch, int64_t *indices)
{
    const plan *const p = gra_sampler_data(s);
    return gra_sampler_draw(p->sampler, epoch, indices);
}

static int64_t batch_cut(const gra_sampler *s, int64_t epoch, const int64_t *indices, int64_t *ends)
{
    (void)epoch, (void)indices;
    const plan *const p = gra_sampler_data(s);
    int64_t count = 0;
    for (int64_t at = 0; p->count - at >= p->batch; at += p->batch)
        ends[count++] = at + p->batch;
    if (p->count % p->batch > 0 && !p->drop_last)
        ends[count++] = p->count;
    return count;
}

static const gra_sampler_class batch_class = {.name = "batch",
                                              .size = plan_size,
                                              .draw = batch_draw,
                                              .cut = batch_cut,
                                              .destroy = plan_destroy};

gra_batch_sampler_options gra_batch_sampler_defaults(void)
{
    return (gra_batch_sampler_options){0};
}

gra_sampler *gra_batch_sampler_with(gra_batch_sampler_options o)
{
    static const char *const op = "gra_batch_sampler";
    if (!gra__sampler_take(op, o.sampler)) {
        gra_free(o.sampler);
        return NULL;
    }
    gra_sampler *s = NULL;
    if (is_count(op, "batch", o.batch))
        s = plan_new(&batch_class, (plan){.count = gra_sampler_size(o.sampler),
                                          .batch = o.batch,
                                          .drop_last = o.drop_last,
                                          .sampler = o.sampler});
    if (!s)
        gra__release(o.sampler);
    return s;
}
