/* sampler.h - in which order an epoch takes the examples, and which of them.
 *
 *     gra_loader(set, .batch = 64, .sampler = gra_weighted_sampler(weights, size, 10000))
 *
 * An epoch's indices are drawn at once, when it begins.  The thread's default generator stands then in a
 * state that depends on the loader's seed and the epoch's number alone, so a sampler draws from that
 * (gra_draw_int), and the order is the same in the next run.  One of one's own:
 *
 *     static int backwards_draw(const gra_sampler *s, int64_t epoch, int64_t *indices)
 *     {
 *         const int64_t size = gra_sampler_size(s);
 *         for (int64_t i = 0; i < size; i++)
 *             indices[i] = size - 1 - i;
 *         return 0;
 *     }
 *
 * A loader takes its sampler over, also when it fails; who uses one by itself frees it with gra_free.
 * They are PyTorch's samplers (torch.utils.data), with sizes in place of data sets.
 * May include: core, ops, autograd, nn.
 */
#ifndef GRA_DATA_SAMPLER_H
#define GRA_DATA_SAMPLER_H

#include "../core/common.h"

GRA_BEGIN_DECLS

typedef struct gra_sampler gra_sampler;

typedef struct gra_sampler_class {
    const char *name;                      /* for messages */
    int64_t (*size)(const gra_sampler *s); /* how many indices an epoch has, at least 1 */

    /* Writes all indices of an epoch, which counts from 0. Returns 0, or -1 after gra_fail. */
    int (*draw)(const gra_sampler *s, int64_t epoch, int64_t *indices);

    /* Of a batch sampler: writes where each batch ends, the first at ends[0], rising, at most size of
     * them; indices behind the last end are left out. Returns how many batches, or -1 after gra_fail. */
    int64_t (*cut)(const gra_sampler *s, int64_t epoch, const int64_t *indices, int64_t *ends);

    void (*destroy)(gra_sampler *s); /* optional: frees what the data holds */
} gra_sampler_class;

/* A sampler of a class with data_size bytes of its own, zeroed. */
gra_sampler *gra_sampler_new(const gra_sampler_class *class_, size_t data_size);
void *gra_sampler_data(const gra_sampler *s);

int64_t gra_sampler_size(const gra_sampler *s); /* indices in an epoch; -1 for NULL */

/* The indices of an epoch, gra_sampler_size of them. Returns 0, or -1 with an error. */
int gra_sampler_draw(const gra_sampler *s, int64_t epoch, int64_t *indices);

/* The batches of these indices: how many, and where they end; -1 with an error. */
int64_t gra_sampler_cut(const gra_sampler *s, int64_t epoch, const int64_t *indices, int64_t *ends);

/* 0 to size - 1 in order. */
gra_sampler *gra_sequential_sampler(int64_t size);

typedef struct gra_random_sampler_options {
    int begin_;
    int64_t size;  /* of the data set */
    int64_t count; /* 0: as many as size; indices to draw, as often through the set as that takes */
    bool replacement; /* false; true: each index is drawn from the whole set */
} gra_random_sampler_options;

typedef struct gra_weighted_sampler_options {
    int begin_;
    const double *weights; /* `size` numbers of at least 0, not all 0; copied */
    int64_t size, count;   /* of the data set, and to draw */
    bool replacement;      /* true; false: each example at most once */
} gra_weighted_sampler_options;

/* The share of one of several processes. All give their loaders the same seed and have the same number of
 * indices: where the size does not divide, some examples come twice, or are left out. */
typedef struct gra_distributed_sampler_options {
    int begin_;
    int64_t size;         /* of the data set */
    int world_size, rank; /* how many processes there are, and which one this is, from 0 */
    bool shuffle;         /* true */
    bool drop_last;       /* false: indices from the front fill up; true: the rest is left out */
} gra_distributed_sampler_options;

typedef struct gra_batch_sampler_options {
    int begin_;
    gra_sampler *sampler; /* taken over, also on failure */
    int64_t batch;
    bool drop_last; /* false: the last batch may be smaller */
} gra_batch_sampler_options;

gra_random_sampler_options gra_random_sampler_defaults(void);
gra_weighted_sampler_options gra_weighted_sampler_defaults(void);
gra_distributed_sampler_options gra_distributed_sampler_defaults(void);
gra_batch_sampler_options gra_batch_sampler_defaults(void);

gra_sampler *gra_random_sampler_with(gra_random_sampler_options options);
gra_sampler *gra_weighted_sampler_with(gra_weighted_sampler_options options);
gra_sampler *gra_distributed_sampler_with(gra_distributed_sampler_options options);
gra_sampler *gra_batch_sampler_with(gra_batch_sampler_options options);

#ifndef __cplusplus
#define gra_random_sampler(...)                                                                    \
    gra_random_sampler_with(GRA_KEYWORDS(gra_random_sampler_options, .begin_ = 0, __VA_ARGS__))
#define gra_weighted_sampler(...)                                                                  \
    gra_weighted_sampler_with(                                                                     \
        GRA_KEYWORDS(gra_weighted_sampler_options, .replacement = true, .begin_ = 0, __VA_ARGS__))
#define gra_distributed_sampler(...)                                                               \
    gra_distributed_sampler_with(                                                                  \
        GRA_KEYWORDS(gra_distributed_sampler_options, .shuffle = true, .begin_ = 0, __VA_ARGS__))
#define gra_batch_sampler(...)                                                                     \
    gra_batch_sampler_with(GRA_KEYWORDS(gra_batch_sampler_options, .begin_ = 0, __VA_ARGS__))
#endif

GRA_END_DECLS

#endif
