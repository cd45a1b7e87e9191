/* loader.c - batches of a data set. */
#include "data/loader.h"

#include "core/alloc_cache.h"
#include "core/error.h"
#include "core/philox.h"
#include "core/random.h"
#include "core/tensor_struct.h"
#include "data/dataset_class.h"
#include "ops/ops.h"

enum { MOST_WORKERS = 1024, MOST_PREFETCH = 1024 };

struct gra_data {
    gra_object head;
    gra_dataset *dataset;
    int64_t batch, size, position; /* position: the next example of this epoch */
    int64_t *order;                /* size indices */
    bool shuffle, drop_last;
    uint64_t seed, epoch; /* epoch: how many were begun */
};

static size_t order_bytes(const gra_data *data)
{
    return (size_t)data->size * sizeof *data->order;
}

static void data_destroy(void *self)
{
    gra_data *const data = self;
    gra__release(data->dataset);
    gra__dealloc(data->order, order_bytes(data));
    gra__dealloc(data, sizeof *data);
}

static const gra_kind data_kind = {
    .name = "data loader", .keeper = "whoever made it", .destroy = data_destroy};

gra_loader_options gra_loader_defaults(void)
{
    return (gra_loader_options){GRA_LOADER_DEFAULTS};
}

static void in_order(gra_data *data)
{
    for (int64_t i = 0; i < data->size; i++)
        data->order[i] = i;
}

/* A permutation of its own for each epoch, from the seed and the epoch's number: that of gra_randperm,
 * made in place, so that it cannot fail. */
static void permute(gra_data *data)
{
    __extension__ typedef unsigned __int128 wider;
    const uint64_t key = data->seed * 0x9e3779b97f4a7c15u + data->epoch;
    for (int64_t i = 0; i < data->size; i++) { /* Fisher and Yates, from the front */
        uint32_t bits[4];
        gra__philox(key, 0, (uint64_t)i, bits);
        const uint64_t wide = (uint64_t)bits[0] << 32 | bits[1];
        const int64_t at = (int64_t)((wider)wide * (uint64_t)(i + 1) >> 64); /* in [0, i] */
        data->order[i] = data->order[at];
        data->order[at] = i;
    }
}

static void begin_epoch(gra_data *data, bool shuffled)
{
    data->position = 0;
    if (shuffled)
        permute(data);
    else
        in_order(data);
    data->epoch++;
}

static bool numbers_are_possible(const gra_loader_options *o)
{
    if (o->batch < 1)
        gra_fail("gra_loader: batch %lld is out of range; at least 1 is needed",
                 (long long)o->batch);
    else if (o->workers < 0 || o->workers > MOST_WORKERS)
        gra_fail("gra_loader: %d workers are out of range; 0 to %d are possible", o->workers,
                 MOST_WORKERS);
    else if (o->prefetch < 0 || o->prefetch > MOST_PREFETCH)
        gra_fail("gra_loader: prefetch %d is out of range; 1 to %d batches for each worker are "
                 "possible (0: 2)",
                 o->prefetch, MOST_PREFETCH);
    return !gra_error();
}

static gra_data *loader_new(const gra_loader_options *o)
{
    if (gra_error())
        return NULL;
    if (!o->dataset)
        return gra_fail("gra_loader: the data set is NULL");
    const int64_t size = gra_dataset_size(o->dataset);
    if (size < 1)
        return gra_fail("gra_loader: the data set is empty; at least one example is needed");
    if (size > INT64_MAX / (int64_t)sizeof(int64_t))
        return gra_fail("gra_loader: a data set of %lld examples has more than memory can count",
                        (long long)size);
    if (!gra__dataset_is_free(o->dataset))
        return gra_fail("gra_loader: the data set belongs to another loader already");
    if (!numbers_are_possible(o))
        return NULL;
    gra_data *const data = gra__alloc_zeroed(sizeof *data);
    if (!data)
        return NULL;
    *data = (gra_data){.size = size,
                       .batch = o->batch,
                       .shuffle = o->shuffle,
                       .drop_last = o->drop_last,
                       .seed = o->seed};
    data->order = gra__alloc(order_bytes(data));
    if (!data->order) {
        gra__dealloc(data, sizeof *data);
        return NULL;
    }
    gra__object_init(&data->head, &data_kind, 1);
    data->dataset = o->dataset;
    begin_epoch(data, data->shuffle);
    return data;
}

gra_data *gra_loader_with(gra_loader_options o)
{
    gra_data *const data = loader_new(&o);
    if (data)
        gra__take(o.dataset);
    else
        gra_free(o.dataset);
    return data;
}

/* Whether part (x or y) of example i is like that of the batch's first example. */
static bool alike(const char *name, char part, int64_t first, const gra_tensor *a, int64_t i,
                  const gra_tensor *b)
{
    char ta[GRA_SHAPE_TEXT], tb[GRA_SHAPE_TEXT];
    if (a->dtype == b->dtype && gra_shape_equal(a->shape, b->shape))
        return true;
    gra_fail("gra_data_next: %c of example %lld of the data set %s is %s %s and that of example "
             "%lld is %s %s; all must have the same dtype and shape",
             part, (long long)first, name, gra_dtype_name(a->dtype), gra_shape_text(a->shape, ta),
             (long long)i, gra_dtype_name(b->dtype), gra_shape_text(b->shape, tb));
    return false;
}

/* The default generator's state at the beginning of an example. */
static gra_generator_state example_state(const gra_data *data, int64_t index)
{
    uint32_t bits[4];
    gra__philox(data->seed, data->epoch, (uint64_t)index, bits);
    return (gra_generator_state){.seed = (uint64_t)bits[0] << 32 | bits[1]};
}

static bool stack_examples(const gra_data *data, const int64_t *indices, int64_t count,
                           gra_tensor **x, gra_tensor **y)
{
    const gra_dataset *const set = data->dataset;
    const char *const name = gra__dataset_class(set)->name;
    const size_t bytes = (size_t)count * sizeof(gra_tensor *);
    gra_tensor **const xs = gra__alloc(bytes), **const ys = gra__alloc(bytes);
    bool fine = xs && ys;
    for (int64_t i = 0; i < count && fine; i++) {
        gra_generator_set_state(NULL, example_state(data, indices[i]));
        fine = gra_dataset_get(set, indices[i], &xs[i], &ys[i]) == 0 &&
               alike(name, 'x', indices[0], xs[0], indices[i], xs[i]) &&
               alike(name, 'y', indices[0], ys[0], indices[i], ys[i]);
    }
    if (fine) {
        *x = gra_stack(xs, (int)count, 0);
        *y = gra_stack(ys, (int)count, 0);
    }
    gra__dealloc(xs, bytes);
    gra__dealloc(ys, bytes);
    return *x && *y;
}

static bool holds(const gra_tensor *t, int64_t count)
{
    return t->shape.count > 0 && t->shape.size[0] == count;
}

/* The data set's own way to make a batch, and whether it kept its word. */
static bool get_batch(const gra_data *data, const int64_t *indices, int64_t count, gra_tensor **x,
                      gra_tensor **y)
{
    const gra_dataset *const set = data->dataset;
    const gra_dataset_class *const class_ = gra__dataset_class(set);
    char tx[GRA_SHAPE_TEXT], ty[GRA_SHAPE_TEXT];
    gra_generator_set_state(NULL, example_state(data, indices[0]));
    if (class_->get_batch(set, indices, count, x, y) != 0 || !*x || !*y || gra_error())
        gra_fail("gra_data_next: the data set %s gave no batch of %lld examples and no reason",
                 class_->name, (long long)count);
    else if (!holds(*x, count) || !holds(*y, count))
        gra_fail("gra_data_next: a batch of the data set %s has shapes %s and %s; the first sizes "
                 "must be %lld",
                 class_->name, gra_shape_text((*x)->shape, tx), gra_shape_text((*y)->shape, ty),
                 (long long)count);
    return !gra_error();
}

static bool make_batch(const gra_data *data, int64_t count, gra_tensor **x, gra_tensor **y)
{
    const int64_t *const indices = data->order + data->position;
    const gra_dataset_class *const class_ = gra__dataset_class(data->dataset);
    const bool was = gra_set_grad(false);
    const gra_generator_state state = gra_generator_get_state(NULL);
    const int mark = gra_mark();
    const bool fine = (class_->get_batch ? get_batch : stack_examples)(data, indices, count, x, y);
    gra__retain(fine ? *x : NULL);
    gra__retain(fine ? *y : NULL);
    gra_release(mark);
    *x = gra__scoped(fine ? *x : NULL);
    *y = gra__scoped(fine ? *y : NULL);
    gra_generator_set_state(NULL, state);
    gra_set_grad(was);
    return *x && *y;
}

bool gra_data_next(gra_data *data, gra_tensor **x, gra_tensor **y)
{
    if (!x || !y)
        return gra_fail("gra_data_next: the addresses of x and y are needed; one is NULL");
    *x = *y = NULL;
    if (!data || gra_error())
        return false;
    const int64_t left = data->size - data->position;
    const int64_t count = left < data->batch ? left : data->batch;
    if (count == 0 || (data->drop_last && count < data->batch)) {
        begin_epoch(data, data->shuffle);
        return false;
    }
    if (!make_batch(data, count, x, y)) {
        *x = *y = NULL;
        return false;
    }
    data->position += count;
    return true;
}

void gra_data_shuffle(gra_data *data)
{
    if (data)
        begin_epoch(data, true);
}

void gra_data_rewind(gra_data *data)
{
    if (data)
        begin_epoch(data, data->shuffle);
}

int64_t gra_data_size(const gra_data *data)
{
    if (!data)
        return -1;
    return data->drop_last ? data->size - data->size % data->batch : data->size;
}

int64_t gra_data_batches(const gra_data *data)
{
    if (!data)
        return -1;
    const bool rest = !data->drop_last && data->size % data->batch > 0;
    return data->size / data->batch + rest;
}
