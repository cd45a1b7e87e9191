/* batch.h - making one batch: examples, what each may draw, those left out, the collate function.
 *
 * The loader makes batches on the thread that calls gra_data_next, or has it done on worker threads, with the
 * same functions; so the batches are the same.
 */
#ifndef GRA_DATA_BATCH_H
#define GRA_DATA_BATCH_H

#include "data/collate.h"
#include "data/dataset_class.h"

/* What batches are made of and how; the same for a loader's whole life. */
typedef struct gra__recipe {
    const gra_dataset *set;
    gra_collate collate; /* NULL: gra_collate_stack */
    void *collate_context;
    uint64_t seed;
    int64_t batch;    /* of a stream: examples in a batch */
    bool drop_last;   /* of a stream */
    bool skip_errors; /* leave examples out that fail */
} gra__recipe;

typedef struct gra__batch {
    gra_tensor *x, *y; /* owned; NULL where nothing was made */
    int64_t skipped;   /* examples left out */
    char *reason;      /* owned, by malloc: why the last of them was, or NULL */
} gra__batch;

typedef enum gra__outcome {
    GRA__MADE,    /* x and y, or neither where all examples were left out */
    GRA__ENDED,   /* the stream is at its end */
    GRA__FAILED,  /* an error is pending */
    GRA__STOPPED, /* by go_on */
} gra__outcome;

/* Asked before each example whether to go on with it; may wait. NULL: always. */
typedef struct gra__gate {
    bool (*go_on)(void *context);
    void *context;
} gra__gate;

/* One reader of a stream, with the examples read for the next batch. Zeroed at the beginning of an epoch. */
typedef struct gra__gather {
    gra_tensor **xs, **ys; /* owned, and `count` of each */
    int64_t count, room;
    int64_t first; /* the number of example 0, for messages */
} gra__gather;

typedef struct gra__stream {
    gra__reader reader;
    gra__gather examples;
    int64_t number;  /* of the next example: among all workers' where each takes every n-th */
    int64_t step;    /* how many workers there are */
    int failures;    /* one behind the other */
    int64_t skipped; /* since the last batch */
    char *reason;
    bool begun, ended;
    bool told_end; /* a pool's: the consumer knows of the end */
} gra__stream;

/* The state that a thread's default generator has for (seed, epoch, number). */
void gra__seed_generator(uint64_t seed, uint64_t epoch, uint64_t number);

/* Make a batch into *out, which begins zeroed. The thread's generator, scope and grad mode are left as
 * they were. */
gra__outcome gra__batch_make(const gra__recipe *recipe, uint64_t epoch, const int64_t *indices,
                             int64_t count, const gra__gate *gate, gra__batch *out);
gra__outcome gra__batch_read(const gra__recipe *recipe, uint64_t epoch, gra__stream *stream,
                             const gra__gate *gate, gra__batch *out);

void gra__stream_end(gra__stream *stream);
void gra__batch_drop(gra__batch *batch);

#endif
