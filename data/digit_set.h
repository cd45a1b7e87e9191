/* digit_set.h - the embedded digits: a stand-in for MNIST that needs no download.
 *
 *     gra_data *train = gra_digits(.train = true, .batch = 64, .shuffle = true);
 *
 * The digits are drawn from strokes when the set is made, the same for the same seed on every machine.
 * Batches look like MNIST's: x float32 [N, 1, 28, 28] in 0 .. 1, y int64 [N] in 0 .. 9.  A linear
 * classifier stays below 93 % on them, LeNet-5 passes 98 %.
 */
#ifndef GRA_DATA_DIGIT_SET_H
#define GRA_DATA_DIGIT_SET_H

#include "loader.h"
#include "transform.h"

GRA_BEGIN_DECLS

#define GRA_DIGITS_FIELDS                                                                          \
    bool train;               /* false: digits that the training set does not have */              \
    int64_t count;            /* 0: 60,000 to train, 10,000 to test */                             \
    gra_transform *transform; /* NULL; taken over; is given uint8 [1, 28, 28] */

typedef struct gra_digits_dataset_options {
    int begin_;
    GRA_DIGITS_FIELDS
} gra_digits_dataset_options;

typedef struct gra_digits_options {
    int begin_;
    GRA_DIGITS_FIELDS
    GRA_LOADER_FIELDS
} gra_digits_options;

gra_digits_dataset_options gra_digits_dataset_defaults(void);
gra_digits_options gra_digits_defaults(void);

gra_dataset *gra_digits_dataset_with(gra_digits_dataset_options options);
gra_data *gra_digits_with(gra_digits_options options);

#ifndef __cplusplus
#define gra_digits_dataset(...)                                                                    \
    gra_digits_dataset_with(GRA_KEYWORDS(gra_digits_dataset_options, .begin_ = 0, __VA_ARGS__))
#define gra_digits(...)                                                                            \
    gra_digits_with(GRA_KEYWORDS(gra_digits_options, GRA_LOADER_DEFAULTS, .begin_ = 0, __VA_ARGS__))
#endif

GRA_END_DECLS

#endif
