/* combine.h - data sets made of data sets: a part of one, several in a row, one split at random.
 *
 *     gra_dataset *parts[2];
 *     gra_random_split(set, (double[]){0.9, 0.1}, 2, parts);
 *     gra_data *train = gra_loader(parts[0], .batch = 64, .shuffle = true);
 *     gra_data *valid = gra_loader(parts[1], .batch = 64);
 *
 * Each takes over the sets that it is given, also when it fails, and shares them: nothing is copied.
 * May include: core, ops, autograd, nn.
 */
#ifndef GRA_DATA_COMBINE_H
#define GRA_DATA_COMBINE_H

#include "dataset.h"

GRA_BEGIN_DECLS

/* The examples of these indices, in their order; they are copied, and may come more than once. */
gra_dataset *gra_subset(gra_dataset *set, const int64_t *indices, int64_t count);

/* The examples of the first set, then those of the second, and so on. */
gra_dataset *gra_concat_dataset(gra_dataset *const *sets, int64_t count);

typedef struct gra_random_split_options {
    int begin_;
    gra_dataset *dataset;
    const double
        *lengths; /* `count` numbers of examples that add up to the size, or fractions of it that
                              add up to 1, where what rounding down leaves goes to the first parts */
    int count;
    gra_dataset **parts; /* room for `count` sets, which belong to the caller */
    uint64_t seed;       /* 0: of the order; the same parts for the same seed */
} gra_random_split_options;

gra_random_split_options gra_random_split_defaults(void);

/* Splits a set into parts without a common example. Returns 0, or -1 with an error and all parts NULL. */
int gra_random_split_with(gra_random_split_options options);

#ifndef __cplusplus
#define gra_random_split(...)                                                                      \
    gra_random_split_with(GRA_KEYWORDS(gra_random_split_options, .begin_ = 0, __VA_ARGS__))
#endif

GRA_END_DECLS

#endif
