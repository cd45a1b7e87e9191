/* combine.c - data sets made of data sets. */
#include "data/combine.h"

#include <math.h>
#include <string.h>

#include "core/alloc_cache.h"
#include "core/error.h"
#include "core/object_struct.h"
#include "core/random.h"
#include "data/dataset_class.h"
#include "data/sampler.h"

/* Takes over a set whose examples have numbers; frees it on failure. */
static bool take_indexed(const char *op, gra_dataset *set)
{
    if (!gra__dataset_take(op, set)) {
        gra_free(set);
        return false;
    }
    if (!gra_dataset_is_stream(set))
        return true;
    gra_fail("%s: the data set %s is a stream, whose examples have no numbers", op,
             gra__dataset_class(set)->name);
    gra__release(set);
    return false;
}

/* ---- a part ---- */

typedef struct subset {
    gra_dataset *set; /* owned */
    int64_t *indices; /* owned */
    int64_t count;
} subset;

static int64_t subset_size(const gra_dataset *set)
{
    return ((const subset *)gra_dataset_data(set))->count;
}

static int subset_get(const gra_dataset *set, int64_t i, gra_tensor **x, gra_tensor **y)
{
    const subset *const s = gra_dataset_data(set);
    return gra_dataset_get(s->set, s->indices[i], x, y);
}

static int subset_get_batch(const gra_dataset *set, const int64_t *indices, int64_t count,
                            gra_tensor **x, gra_tensor **y)
{
    const subset *const s = gra_dataset_data(set);
    const size_t bytes = (size_t)count * sizeof *indices;
    int64_t *const inner = gra__alloc(bytes);
    if (!inner)
        return -1;
    for (int64_t i = 0; i < count; i++)
        inner[i] = s->indices[indices[i]];
    const int result = gra__dataset_class(s->set)->get_batch(s->set, inner, count, x, y);
    gra__dealloc(inner, bytes);
    return result;
}

static void subset_destroy(gra_dataset *set)
{
    const subset *const s = gra_dataset_data(set);
    gra__release(s->set);
    gra__dealloc(s->indices, (size_t)s->count * sizeof *s->indices);
}

static const gra_dataset_class subset_class = {
    .name = "subset", .size = subset_size, .get = subset_get, .destroy = subset_destroy};

/* Of a set that makes whole batches. */
static const gra_dataset_class batched_subset_class = {.name = "subset",
                                                       .size = subset_size,
                                                       .get = subset_get,
                                                       .get_batch = subset_get_batch,
                                                       .destroy = subset_destroy};

/* Keeps the set and copies the indices. */
static gra_dataset *subset_new(gra_dataset *set, const int64_t *indices, int64_t count)
{
    const bool batched = gra__dataset_class(set)->get_batch != NULL;
    gra_dataset *const made =
        gra_dataset_new(batched ? &batched_subset_class : &subset_class, sizeof(subset));
    subset *const s = gra_dataset_data(made);
    if (!s)
        return NULL;
    const size_t bytes = (size_t)count * sizeof *indices;
    if (count && !(s->indices = gra__alloc(bytes))) {
        gra__release(made);
        return NULL;
    }
    if (count)
        memcpy(s->indices, indices, bytes);
    s->count = count;
    gra__retain(s->set = set);
    return made;
}

static bool indices_are_inside(const gra_dataset *set, const int64_t *indices, int64_t count)
{
    const int64_t size = gra_dataset_size(set);
    if (count < 0 || (count > 0 && !indices))
        return gra_fail("gra_subset: %lld indices were given; an array and a count of at least 0 "
                        "are needed",
                        indices ? (long long)count : 0LL);
    for (int64_t i = 0; i < count; i++)
        if (indices[i] < 0 || indices[i] >= size)
            return gra_fail("gra_subset: index %lld, at place %lld, lies outside 0 to %lld of the "
                            "data set %s",
                            (long long)indices[i], (long long)i, (long long)size - 1,
                            gra__dataset_class(set)->name);
    return true;
}

gra_dataset *gra_subset(gra_dataset *set, const int64_t *indices, int64_t count)
{
    if (!take_indexed("gra_subset", set))
        return NULL;
    gra_dataset *const made =
        indices_are_inside(set, indices, count) ? subset_new(set, indices, count) : NULL;
    gra__release(set);
    return made;
}

/* ---- several in a row ---- */

typedef struct row {
    gra_dataset **sets; /* owned, and each */
    int64_t *ends;      /* owned: behind the last example of each set */
    int64_t count;
} row;

static int64_t row_size(const gra_dataset *set)
{
    const row *const r = gra_dataset_data(set);
    return r->ends[r->count - 1];
}

static int row_get(const gra_dataset *set, int64_t i, gra_tensor **x, gra_tensor **y)
{
    const row *const r = gra_dataset_data(set);
    int64_t low = 0, high = r->count - 1; /* the first set that ends behind i */
    while (low < high) {
        const int64_t middle = (low + high) / 2;
        if (r->ends[middle] > i)
            high = middle;
        else
            low = middle + 1;
    }
    return gra_dataset_get(r->sets[low], i - (low ? r->ends[low - 1] : 0), x, y);
}

static void row_destroy(gra_dataset *set)
{
    const row *const r = gra_dataset_data(set);
    for (int64_t k = 0; k < r->count; k++)
        gra__release(r->sets[k]);
    gra__dealloc(r->sets, (size_t)r->count * sizeof(gra_dataset *));
    gra__dealloc(r->ends, (size_t)r->count * sizeof *r->ends);
}

static const gra_dataset_class row_class = {
    .name = "concat", .size = row_size, .get = row_get, .destroy = row_destroy};

/* Writes where each set ends. */
static bool add_sizes(row *r)
{
    int64_t end = 0;
    for (int64_t k = 0; k < r->count; k++) {
        const int64_t size = gra_dataset_size(r->sets[k]);
        if (size < 0 || size > INT64_MAX - end)
            return gra_fail("gra_concat_dataset: set %lld has %lld examples; with those before it, "
                            "that is more than can be counted",
                            (long long)k, (long long)size);
        r->ends[k] = end += size;
    }
    return true;
}

/* A row with room for `count` sets. */
static gra_dataset *row_new(int64_t count)
{
    gra_dataset *const made = gra_dataset_new(&row_class, sizeof(row));
    row *const r = gra_dataset_data(made);
    if (!r)
        return NULL;
    r->count = count;
    r->sets = gra__alloc_zeroed((size_t)count * sizeof(gra_dataset *));
    r->ends = gra__alloc_zeroed((size_t)count * sizeof *r->ends);
    if (r->sets && r->ends)
        return made;
    r->count = r->sets ? count : 0;
    gra__dealloc(r->ends, (size_t)count * sizeof *r->ends);
    r->ends = NULL;
    gra__release(made);
    return NULL;
}

gra_dataset *gra_concat_dataset(gra_dataset *const *sets, int64_t count)
{
    if (!gra_error() && (!sets || count < 1))
        gra_fail("gra_concat_dataset: there is no data set; at least one is needed");
    if (!sets || count < 1)
        return NULL;
    gra_dataset *const made = row_new(count);
    row *const r = gra_dataset_data(made);
    for (int64_t k = 0; k < count; k++) {
        if (take_indexed("gra_concat_dataset", sets[k]) && r)
            r->sets[k] = sets[k];
    }
    if (r && !gra_error() && add_sizes(r))
        return made;
    gra__release(made);
    return NULL;
}

/* ---- split at random ---- */

gra_random_split_options gra_random_split_defaults(void)
{
    return (gra_random_split_options){0};
}

/* Turns lengths or fractions into numbers of examples. PyTorch's rules. */
static bool count_parts(const gra_random_split_options *o, int64_t size, int64_t *counts)
{
    double sum = 0;
    for (int k = 0; k < o->count; k++) {
        if (!(o->lengths[k] >= 0 && o->lengths[k] <= 0x1p53))
            return gra_fail("gra_random_split: length %d is %g; a number of at least 0 is needed",
                            k, o->lengths[k]);
        sum += o->lengths[k];
    }
    const bool fractions = fabs(sum - 1) < 1e-9;
    int64_t left = size;
    for (int k = 0; k < o->count; k++) {
        const double exact = fractions ? floor((double)size * o->lengths[k]) : o->lengths[k];
        counts[k] = (int64_t)exact;
        if ((double)counts[k] != exact || counts[k] > left)
            break;
        left -= counts[k];
    }
    for (int k = 0; fractions && left > 0; k++, left--)
        counts[k % o->count]++;
    if (!fractions && sum != (double)size)
        return gra_fail("gra_random_split: the lengths add up to %g; %lld examples, or fractions "
                        "that add up to 1, are needed",
                        sum, (long long)size);
    if (left != 0)
        return gra_fail("gra_random_split: the lengths must be whole numbers, or fractions that "
                        "add up to 1");
    return true;
}

/* An order of the set's indices that is a function of the seed. */
static int draw_order(uint64_t seed, int64_t size, int64_t *order)
{
    const gra_generator_state was = gra_generator_get_state(NULL);
    gra_sampler *const sampler = gra_random_sampler(size);
    gra_manual_seed(seed);
    const int result = gra_sampler_draw(sampler, 0, order);
    gra_generator_set_state(NULL, was);
    gra_free(sampler);
    return result;
}

static bool make_parts(const gra_random_split_options *o, const int64_t *counts,
                       const int64_t *order)
{
    for (int k = 0; k < o->count; order += counts[k], k++)
        if (!(o->parts[k] = subset_new(o->dataset, order, counts[k]))) {
            while (k-- > 0) {
                gra__release(o->parts[k]);
                o->parts[k] = NULL;
            }
            return false;
        }
    return true;
}

static bool split(const gra_random_split_options *o)
{
    const int64_t size = gra_dataset_size(o->dataset);
    if (!o->lengths || !o->parts || o->count < 1)
        return gra_fail("gra_random_split: lengths, their number and room for as many parts are "
                        "needed");
    if (size < 1)
        return gra_fail("gra_random_split: the data set is empty");
    const size_t count_bytes = (size_t)o->count * sizeof(int64_t);
    const size_t order_bytes = (size_t)size * sizeof(int64_t);
    int64_t *const counts = gra__alloc(count_bytes);
    int64_t *const order = counts && count_parts(o, size, counts) ? gra__alloc(order_bytes) : NULL;
    const bool fine =
        order && draw_order(o->seed, size, order) == 0 && make_parts(o, counts, order);
    gra__dealloc(order, order_bytes);
    gra__dealloc(counts, count_bytes);
    return fine;
}

int gra_random_split_with(gra_random_split_options o)
{
    for (int k = 0; o.parts && k < o.count; k++)
        o.parts[k] = NULL;
    if (!take_indexed("gra_random_split", o.dataset))
        return -1;
    const bool fine = split(&o);
    gra__release(o.dataset);
    return fine ? 0 : -1;
}
