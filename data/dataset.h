/* dataset.h - a set of examples: how many there are, and the i-th one; or a stream of them.
 *
 *     static int64_t size(const gra_dataset *set) { return 100; }
 *
 *     static int get(const gra_dataset *set, int64_t i, gra_tensor **x, gra_tensor **y)
 *     {
 *         *x = gra_full(GRA_SHAPE(3), (double)i);
 *         *y = gra_scalar((double)(i % 2), GRA_INT64);
 *         return *x && *y ? 0 : -1;
 *     }
 *
 *     static const gra_dataset_class counting = {.name = "counting", .size = size, .get = get};
 *     gra_data *data = gra_loader(gra_dataset_new(&counting, 0), .batch = 10, .shuffle = true);
 *
 * A stream, of a class with `next`, is read from its beginning to its end in each epoch, by a reader
 * for each worker, who takes his share of it:
 *
 *     static int next(const gra_dataset *set, void *reader, gra_tensor **x, gra_tensor **y)
 *     {
 *         int64_t *line = reader;                              begins as 0
 *         const int64_t i = gra_worker_index() + gra_worker_count() * (*line)++;
 *         return i < 100 ? read_line(set, i, x, y) : 0;
 *     }
 *
 * A container (a loader, a subset) takes over the set that it is given, also when it fails.  For a set
 * that is used in several places, give away gra_dataset_keep(set).
 * May include: core, ops, autograd, nn.
 */
#ifndef GRA_DATA_DATASET_H
#define GRA_DATA_DATASET_H

#include "../core/tensor.h"

GRA_BEGIN_DECLS

typedef struct gra_dataset gra_dataset;

typedef struct gra_dataset_class {
    const char *name;                        /* for messages */
    int64_t (*size)(const gra_dataset *set); /* of a stream: optional */

    /* Example i, 0 <= i < size: x of any shape and dtype, the same for all i, and y likewise, in the
     * current scope. Returns 0, or -1 after gra_fail. May run on several threads at once. */
    int (*get)(const gra_dataset *set, int64_t i, gra_tensor **x, gra_tensor **y);

    /* Optional: a whole batch of `count` examples at once, stacked along a new first dim. */
    int (*get_batch)(const gra_dataset *set, const int64_t *indices, int64_t count, gra_tensor **x,
                     gra_tensor **y);

    void (*destroy)(gra_dataset *set); /* optional: frees what the data holds */

    /* A stream, in place of get and get_batch. A reader has reader_size bytes, zeroed, then begin (may be
     * NULL) at the beginning of an epoch, and end (may be NULL) when it is done, whether it was read to
     * the end or not, unless begin failed. next returns 1 for an example, 0 at the end, -1 after
     * gra_fail; it may be called again then, for what comes behind. Readers run side by side. */
    size_t reader_size;
    int (*begin)(const gra_dataset *set, void *reader);
    int (*next)(const gra_dataset *set, void *reader, gra_tensor **x, gra_tensor **y);
    void (*end)(const gra_dataset *set, void *reader);
} gra_dataset_class;

/* A data set of a class with data_size bytes of its own, zeroed; gra_free it, or give it to a loader. */
gra_dataset *gra_dataset_new(const gra_dataset_class *class_, size_t data_size);
void *gra_dataset_data(const gra_dataset *set);

/* Adds an owner, for one more container or for yourself until you gra_free it. Returns set. */
gra_dataset *gra_dataset_keep(gra_dataset *set);

int64_t gra_dataset_size(const gra_dataset *set); /* -1: a stream that does not know it */
bool gra_dataset_is_stream(const gra_dataset *set);

/* Example i; -1 with an error where i lies outside or the class fails, and x and y are NULL then. */
int gra_dataset_get(const gra_dataset *set, int64_t i, gra_tensor **x, gra_tensor **y);

/* The rows of x and y, which have the same size along dim 0; keeps both. */
gra_dataset *gra_tensor_dataset(gra_tensor *x, gra_tensor *y);

/* The loader's worker that this thread is, and how many there are: which share of a stream to read. 0 and
 * 1 outside of workers. */
int gra_worker_index(void);
int gra_worker_count(void);

GRA_END_DECLS

#endif
