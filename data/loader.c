/* loader.c - batches of a data set: the order of an epoch, its beginning and its end. */
#include "data/loader.h"

#include <stdlib.h>

#include "core/alloc_cache.h"
#include "core/clock.h"
#include "core/error.h"
#include "core/philox.h"
#include "core/random.h"
#include "core/scope.h"
#include "core/tensor_struct.h"
#include "data/sampler_class.h"
#include "data/workers.h"

enum { MOST_WORKERS = 1024, MOST_PREFETCH = 1024 };

struct gra_data {
    gra_object head;
    gra__recipe recipe;
    gra_dataset *dataset; /* owned */
    gra_sampler *sampler; /* owned; NULL: in order, or at random */
    bool cuts;            /* the sampler says where batches end */
    bool shuffle, drop_last;
    int64_t size;          /* indices in an epoch; -1: a stream */
    int64_t *order, *ends; /* owned: `size` of each; ends with a sampler that cuts */
    gra__pool *pool;       /* owned; NULL: no workers */
    gra__stream stream;    /* without workers */

    gra__plan plan;   /* of the epoch, once it is drawn */
    bool drawn;       /* lazily, as an epoch that nobody reads costs nothing */
    bool shuffled;    /* this epoch */
    int64_t epoch;    /* counts from 0 */
    int64_t position; /* batches of the epoch that were made */
    int64_t discard;  /* of a stream: batches that are to be made and dropped */

    int64_t skipped;
    char *reason; /* owned, by malloc */
    double waited;
};

static void data_destroy(void *self)
{
    gra_data *const data = self;
    gra__pool_free(data->pool);
    gra__stream_end(&data->stream);
    gra__release(data->dataset);
    gra__release(data->sampler);
    gra__dealloc(data->order, (size_t)data->size * sizeof *data->order);
    gra__dealloc(data->ends, (size_t)data->size * sizeof *data->ends);
    free(data->reason);
    gra__dealloc(data, sizeof *data);
}

static const gra_kind data_kind = {
    .name = "data loader", .keeper = "whoever made it", .destroy = data_destroy};

/* ---- making one ---- */

gra_loader_options gra_loader_defaults(void)
{
    return (gra_loader_options){GRA_LOADER_DEFAULTS};
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

/* Whether what says in which order examples come is said once. */
static bool order_is_clear(const gra_loader_options *o)
{
    const gra_sampler *const s = o->sampler, *const b = o->batch_sampler;
    if (gra_dataset_is_stream(o->dataset) && (o->shuffle || s || b))
        gra_fail("gra_loader: the data set %s is a stream, which comes in its own order; .shuffle "
                 "and samplers are for sets with numbered examples",
                 gra__dataset_class(o->dataset)->name);
    else if (s && o->shuffle)
        gra_fail("gra_loader: .sampler and .shuffle exclude each other; gra_random_sampler "
                 "shuffles");
    else if (b && (o->batch != 1 || o->shuffle || o->drop_last || s))
        gra_fail("gra_loader: .batch_sampler says all of .batch, .shuffle, .drop_last and "
                 ".sampler; leave these out");
    else if (b && !gra__sampler_class(b)->cut)
        gra_fail("gra_loader: the sampler %s makes no batches; give it as .sampler",
                 gra__sampler_class(b)->name);
    else if (s && gra__sampler_class(s)->cut)
        gra_fail("gra_loader: the sampler %s makes batches; give it as .batch_sampler",
                 gra__sampler_class(s)->name);
    return !gra_error();
}

/* How many indices an epoch has; -1 for a stream, -2 with an error. */
static int64_t count_indices(const gra_loader_options *o)
{
    if (gra_dataset_is_stream(o->dataset))
        return -1;
    const gra_sampler *const sampler = o->batch_sampler ? o->batch_sampler : o->sampler;
    const int64_t size = gra_dataset_size(o->dataset);
    const int64_t count = sampler ? gra_sampler_size(sampler) : size;
    if (size < 1)
        gra_fail("gra_loader: the data set %s is empty; at least one example is needed",
                 gra__dataset_class(o->dataset)->name);
    else if (count < 1)
        gra_fail("gra_loader: the sampler %s has no indices; at least one is needed",
                 gra__sampler_class(sampler)->name);
    else if (count > INT64_MAX / (int64_t)sizeof(int64_t))
        gra_fail("gra_loader: a data set of %lld examples has more than memory can count",
                 (long long)count);
    return gra_error() ? -2 : count;
}

/* The loader's own memory and workers; false with an error. */
static bool furnish(gra_data *data, const gra_loader_options *o)
{
    const size_t bytes = data->size > 0 ? (size_t)data->size * sizeof(int64_t) : 0;
    if (bytes && !(data->order = gra__alloc(bytes)))
        return false;
    if (data->cuts && !(data->ends = gra__alloc(bytes)))
        return false;
    if (o->workers > 0)
        data->pool = gra__pool_new(&data->recipe, o->workers, o->prefetch ? o->prefetch : 2);
    return !gra_error();
}

/* A loader that owns nothing yet of what it was given. */
static gra_data *loader_new(const gra_loader_options *o)
{
    const int64_t size = numbers_are_possible(o) && order_is_clear(o) ? count_indices(o) : -2;
    gra_data *const data = size > -2 ? gra__alloc_zeroed(sizeof *data) : NULL;
    if (!data)
        return NULL;
    *data = (gra_data){.size = size,
                       .cuts = o->batch_sampler != NULL,
                       .shuffle = o->shuffle,
                       .shuffled = o->shuffle,
                       .drop_last = o->drop_last,
                       .recipe = {.set = o->dataset,
                                  .collate = o->collate,
                                  .collate_context = o->collate_context,
                                  .seed = o->seed,
                                  .batch = o->batch,
                                  .drop_last = o->drop_last,
                                  .skip_errors = o->skip_errors}};
    gra__object_init(&data->head, &data_kind, 1);
    if (furnish(data, o))
        return data;
    gra_free(data);
    return NULL;
}

gra_data *gra_loader_with(gra_loader_options o)
{
    gra_sampler *const sampler = o.batch_sampler ? o.batch_sampler : o.sampler;
    const bool has_set = gra__dataset_take("gra_loader", o.dataset);
    const bool has_sampler = has_set && sampler && gra__sampler_take("gra_loader", sampler);
    gra_data *const data = gra_error() ? NULL : loader_new(&o);
    if (data) {
        data->dataset = o.dataset;
        data->sampler = sampler;
        return data;
    }
    if (has_set)
        gra__release(o.dataset);
    else
        gra_free(o.dataset);
    if (has_sampler)
        gra__release(sampler);
    else
        gra_free(sampler);
    if (o.sampler != sampler)
        gra_free(o.sampler);
    return NULL;
}

/* ---- epochs ---- */

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
    const uint64_t key = data->recipe.seed * 0x9e3779b97f4a7c15u + (uint64_t)data->epoch;
    for (int64_t i = 0; i < data->size; i++) { /* Fisher and Yates, from the front */
        uint32_t bits[4];
        gra__philox(key, 0, (uint64_t)i, bits);
        const uint64_t wide = (uint64_t)bits[0] << 32 | bits[1];
        const int64_t at = (int64_t)((wider)wide * (uint64_t)(i + 1) >> 64); /* in [0, i] */
        data->order[i] = data->order[at];
        data->order[at] = i;
    }
}

static bool indices_are_inside(const gra_data *data)
{
    const int64_t examples = gra_dataset_size(data->dataset);
    for (int64_t i = 0; i < data->size; i++)
        if (data->order[i] < 0 || data->order[i] >= examples)
            return gra_fail("gra_data_next: the sampler %s drew index %lld, which lies outside 0 "
                            "to %lld of the data set %s",
                            gra__sampler_class(data->sampler)->name, (long long)data->order[i],
                            (long long)examples - 1, gra__dataset_class(data->dataset)->name);
    return true;
}

/* The sampler's order, and its batches; the generator it draws from is the epoch's. */
static bool sample(gra_data *data)
{
    const gra_generator_state was = gra_generator_get_state(NULL);
    gra__seed_generator(data->recipe.seed, (uint64_t)data->epoch, UINT64_MAX);
    bool fine =
        gra_sampler_draw(data->sampler, data->epoch, data->order) == 0 && indices_are_inside(data);
    if (fine && data->cuts) {
        data->plan.batches = gra_sampler_cut(data->sampler, data->epoch, data->order, data->ends);
        fine = data->plan.batches >= 0;
    }
    gra_generator_set_state(NULL, was);
    return fine;
}

static int64_t whole_batches(const gra_data *data)
{
    const bool rest = !data->drop_last && data->size % data->recipe.batch > 0;
    return data->size / data->recipe.batch + rest;
}

/* Draws the order of the epoch that was begun; false with an error. */
static bool draw(gra_data *data)
{
    if (data->drawn)
        return true;
    if (data->pool)
        gra__pool_rest(data->pool);
    gra__stream_end(&data->stream);
    data->stream.step = 1;
    data->plan = (gra__plan){.epoch = (uint64_t)data->epoch,
                             .order = data->order,
                             .ends = data->ends,
                             .batch = data->recipe.batch,
                             .count = data->size,
                             .batches = data->size < 0 ? INT64_MAX : whole_batches(data)};
    if (data->sampler && !sample(data))
        return false;
    if (!data->sampler && data->shuffled)
        permute(data);
    else if (!data->sampler)
        in_order(data);
    data->drawn = true;
    if (data->pool)
        gra__pool_begin(data->pool, &data->plan, data->position);
    return true;
}

static void begin_epoch(gra_data *data, bool shuffled)
{
    data->position = data->discard = 0;
    data->shuffled = shuffled;
    data->epoch++;
    data->drawn = false;
}

/* ---- batches ---- */

static gra__outcome fetch_next(gra_data *data, gra__batch *out)
{
    int64_t count;
    if (data->pool)
        return gra__pool_next(data->pool, out);
    if (data->size < 0)
        return gra__batch_read(&data->recipe, data->plan.epoch, &data->stream, NULL, out);
    if (data->position == data->plan.batches)
        return GRA__ENDED;
    const int64_t *const indices = gra__plan_batch(&data->plan, data->position, &count);
    return gra__batch_make(&data->recipe, data->plan.epoch, indices, count, NULL, out);
}

static void count_skipped(gra_data *data, gra__batch *batch)
{
    if (!batch->skipped)
        return;
    data->skipped += batch->skipped;
    free(data->reason);
    data->reason = batch->reason;
    batch->reason = NULL;
}

/* Whether a batch is one to hand out: not without examples, nor before where a stream is to go on. */
static bool is_wanted(gra_data *data, gra__batch *batch)
{
    data->position += batch->x || data->size >= 0;
    if (batch->x && data->discard == 0)
        return true;
    data->discard -= batch->x != NULL;
    gra__batch_drop(batch);
    return false;
}

static bool next(gra_data *data, gra_tensor **x, gra_tensor **y)
{
    gra__batch batch = {0};
    gra__outcome result;
    if (!draw(data))
        return false;
    do {
        result = fetch_next(data, &batch);
        count_skipped(data, &batch);
    } while (result == GRA__MADE && !is_wanted(data, &batch));
    if (result == GRA__ENDED)
        begin_epoch(data, data->shuffle);
    if (result != GRA__MADE)
        return false;
    *x = gra__scoped(batch.x);
    *y = gra__scoped(batch.y);
    return *x && *y;
}

bool gra_data_next(gra_data *data, gra_tensor **x, gra_tensor **y)
{
    if (!x || !y)
        return gra_fail("gra_data_next: the addresses of x and y are needed; one is NULL");
    *x = *y = NULL;
    if (!data || gra_error())
        return false;
    const double start = gra__seconds();
    const bool got = next(data, x, y);
    data->waited += gra__seconds() - start;
    if (!got)
        *x = *y = NULL;
    return got;
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

/* ---- queries ---- */

int64_t gra_data_batches(const gra_data *data)
{
    if (!data || data->size < 0)
        return -1;
    if (!data->cuts)
        return whole_batches(data);
    return draw((gra_data *)data) ? data->plan.batches : -1; /* the same later */
}

int64_t gra_data_size(const gra_data *data)
{
    const int64_t batches = gra_data_batches(data);
    if (batches < 0)
        return -1;
    if (data->cuts)
        return batches ? data->ends[batches - 1] : 0;
    return data->drop_last ? batches * data->recipe.batch : data->size;
}

int64_t gra_data_skipped(const gra_data *data)
{
    return data ? data->skipped : -1;
}

const char *gra_data_skip_reason(const gra_data *data)
{
    return data ? data->reason : NULL;
}

double gra_data_wait_seconds(const gra_data *data)
{
    return data ? data->waited : 0;
}

/* ---- where it stands ---- */

gra_data_state gra_data_get_state(const gra_data *data)
{
    if (!data)
        return (gra_data_state){0};
    return (gra_data_state){data->epoch, data->position + data->discard, data->shuffled};
}

static void stand_at(gra_data *data, gra_data_state state)
{
    const bool is_stream = data->size < 0;
    data->epoch = state.epoch;
    data->position = is_stream ? 0 : state.batch;
    data->discard = is_stream ? state.batch : 0;
    data->shuffled = state.shuffled;
    data->drawn = false;
}

int gra_data_set_state(gra_data *data, gra_data_state state)
{
    if (!data || gra_error())
        return -1;
    if (state.epoch < 0 || state.batch < 0) {
        gra_fail("gra_data_set_state: epoch %lld, batch %lld is out of range; both count from 0",
                 (long long)state.epoch, (long long)state.batch);
        return -1;
    }
    const gra_data_state was = gra_data_get_state(data);
    stand_at(data, state);
    if (data->size >= 0 && draw(data) && state.batch > data->plan.batches)
        gra_fail("gra_data_set_state: an epoch has %lld batches, and the state is behind batch "
                 "%lld; make the loader with the options that it had then",
                 (long long)data->plan.batches, (long long)state.batch);
    if (gra_error())
        stand_at(data, was);
    return gra_error() ? -1 : 0;
}
