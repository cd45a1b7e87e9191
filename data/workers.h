/* workers.h - threads that make a loader's batches ahead.
 *
 * Batch b of an epoch goes into slot b % slots; a worker takes the first batch within reach that nobody has
 * begun, the consumer waits for the one that is next.  So the order does not depend on who is faster:
 *
 *     batch      4     5     6     7     8     9    10    11       2 workers, 2 batches ahead each
 *            | taken | ready | claimed | ready | claimed |  not within reach yet
 *                      ^ next: within reach are 5, 6, 7, 8
 *
 * Of a stream each worker has a part, and batch b is made by worker b % workers, until its part ends.
 * Nobody waits by asking again and again.  The threads start with the first batch, block all signals, have
 * one thread for kernels, and end with the loader or, where it is not freed, with the process.  While the
 * process forks, they stand between two examples; in the child new ones are started when they are needed.
 */
#ifndef GRA_DATA_WORKERS_H
#define GRA_DATA_WORKERS_H

#include "data/batch.h"

/* The batches of one epoch. Valid while it is worked on. */
typedef struct gra__plan {
    uint64_t epoch;
    const int64_t *order; /* indices; NULL: a stream */
    const int64_t *ends;  /* of the batches in order; NULL: all have `batch` indices */
    int64_t batch, count; /* count: of indices */
    int64_t batches;      /* INT64_MAX: a stream */
} gra__plan;

/* The indices of batch b. */
static inline const int64_t *gra__plan_batch(const gra__plan *p, int64_t b, int64_t *count)
{
    const int64_t from = p->ends ? (b ? p->ends[b - 1] : 0) : b * p->batch;
    const int64_t left = p->count - from;
    *count = p->ends ? p->ends[b] - from : left < p->batch ? left : p->batch;
    return p->order + from;
}

typedef struct gra__pool gra__pool;

/* No thread is started yet. recipe must outlive it. */
gra__pool *gra__pool_new(const gra__recipe *recipe, int workers, int prefetch);
void gra__pool_free(gra__pool *pool); /* waits for the examples that are being made; NULL is fine */

/* Forgets what was made, and leaves the plan alone: it may be changed now. */
void gra__pool_rest(gra__pool *pool);

/* Begins with batch `first` of a plan. */
void gra__pool_begin(gra__pool *pool, const gra__plan *plan, int64_t first);

/* The next batch: GRA__MADE, GRA__ENDED, or GRA__FAILED with an error, and then, after gra_clear_error, the
 * same batch again. */
gra__outcome gra__pool_next(gra__pool *pool, gra__batch *out);

#endif
