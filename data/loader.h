/* loader.h - batches of a data set, in order or shuffled, made by the caller or by worker threads.
 *
 *     gra_data *data = gra_loader(set, .batch = 64, .shuffle = true, .seed = 1, .workers = 2);
 *     gra_tensor *x, *y;
 *     for (int epoch = 0; epoch < 5; epoch++)
 *         for (int mark = gra_mark(); gra_data_next(data, &x, &y); gra_release(mark))
 *             ...                                        x [64, ...], y [64, ...]
 *     gra_free(data);
 *
 * The order of an epoch depends on the seed and the epoch's number alone.  While the data set makes an
 * example, the thread's default generator is the example's own: it begins in a state that depends on the
 * seed, the epoch's number and the example's index alone (for a batch made as a whole: on the first
 * index), and afterwards is what it was.  So what a data set draws with gra_draw_uniform is the same
 * again in the next run, and differs from epoch to epoch.
 *
 * With workers the batches are the same ones in the same order, with the same bits; they are made ahead,
 * by threads that run kernels alone.  A worker's error comes from the gra_data_next whose batch it is.  Of a
 * stream each worker makes batches of its share, which come in turn; so there the number of workers
 * matters for the order.  A loader is one thread's at a time.
 */
#ifndef GRA_DATA_LOADER_H
#define GRA_DATA_LOADER_H

#include "collate.h"
#include "dataset.h"
#include "sampler.h"

GRA_BEGIN_DECLS

typedef struct gra_data gra_data;

/* The options of a loader that constructors of data sets with a loader (gra_mnist) have as well. */
#define GRA_LOADER_FIELDS                                                                          \
    int64_t batch;    /* 1 */                                                                      \
    bool shuffle;     /* false: in order */                                                        \
    bool drop_last;   /* false: the last batch of an epoch may be smaller */                       \
    uint64_t seed;    /* 0: of the order and of what is drawn for each example */                  \
    int workers;      /* 0: threads that make batches ahead; 0: the caller makes them */           \
    int prefetch;     /* 2: batches that each worker makes ahead */                                \
    bool skip_errors; /* false: an example that fails is an error; true: left out and counted */

/* Their defaults in an initialiser, and those of another struct that has the fields. */
#define GRA_LOADER_DEFAULTS .batch = 1, .prefetch = 2
#define GRA_LOADER_ARGUMENTS(o)                                                                    \
    .batch = (o).batch, .shuffle = (o).shuffle, .drop_last = (o).drop_last, .seed = (o).seed,      \
    .workers = (o).workers, .prefetch = (o).prefetch, .skip_errors = (o).skip_errors

typedef struct gra_loader_options {
    int begin_;
    gra_dataset *dataset; /* taken over, also when the loader fails */
    GRA_LOADER_FIELDS
    gra_sampler *sampler;       /* NULL: by .shuffle; taken over, also when the loader fails */
    gra_sampler *batch_sampler; /* the same, in place of .batch, .shuffle, .drop_last, .sampler */
    gra_collate collate;        /* NULL: gra_collate_stack; or get_batch, where the set has it */
    void *collate_context;      /* what it is called with */
} gra_loader_options;

gra_loader_options gra_loader_defaults(void);

/* NULL with an error for a NULL data set, an empty one, another loader's, a number out of range, and options
 * that exclude each other. */
gra_data *gra_loader_with(gra_loader_options options);

#ifndef __cplusplus
#define gra_loader(...)                                                                            \
    gra_loader_with(GRA_KEYWORDS(gra_loader_options, GRA_LOADER_DEFAULTS, .begin_ = 0, __VA_ARGS__))
#endif

/* The next batch, in the current scope. False at the end of an epoch, and the call after that begins
 * the next one; false as well while an error is pending. Where an example fails, or has another shape
 * or dtype than those before it, that is the error, and after gra_clear_error the same batch comes
 * again (of a stream: the batch goes on behind the example that failed). */
bool gra_data_next(gra_data *data, gra_tensor **x, gra_tensor **y);

/* Begins a new epoch now, in a new random order, also where .shuffle is false; the epochs after it are
 * then in order again. With a sampler, and of a stream, the same as gra_data_rewind. */
void gra_data_shuffle(gra_data *data);

/* Begins a new epoch now, after leaving one in the middle. */
void gra_data_rewind(gra_data *data);

int64_t gra_data_size(const gra_data *data);    /* examples in an epoch; -1: a stream */
int64_t gra_data_batches(const gra_data *data); /* batches in an epoch; -1: a stream */

/* With .skip_errors: how many examples were left out of the batches that came so far, and what the last of
 * them said (NULL: none was), valid until the next batch. */
int64_t gra_data_skipped(const gra_data *data);
const char *gra_data_skip_reason(const gra_data *data);

/* How long the calls of gra_data_next took so far: what the training loop waited for data. */
double gra_data_wait_seconds(const gra_data *data);

/* Where a loader stands: which batch of which epoch comes next. A loader with the same data set and the same
 * options that is set to it goes on with the same batches; gra_save_training(.data = ...) saves it. */
typedef struct gra_data_state {
    int64_t epoch; /* epochs begun before this one */
    int64_t batch; /* batches of it that came */
    bool shuffled; /* whether its order is random */
} gra_data_state;

gra_data_state gra_data_get_state(const gra_data *data);

/* Returns 0, or -1 with an error, and the loader as it was, where an epoch has fewer batches. What a stream
 * has in the batches before is read again, at the next gra_data_next, and dropped. */
int gra_data_set_state(gra_data *data, gra_data_state state);

GRA_END_DECLS

#endif
