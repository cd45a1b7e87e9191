/* fake_data.h - random images with random labels, to try a network, a transform or a loader with; as
 * torchvision's FakeData.
 *
 *     gra_data *data = gra_fake_data(.size = 256, .image_size = GRA_SHAPE(3, 32, 32), .batch = 64);
 *
 * Example i is a function of i and .random_offset alone: each byte and each label is equally likely.
 */
#ifndef GRA_DATA_FAKE_DATA_H
#define GRA_DATA_FAKE_DATA_H

#include "loader.h"
#include "transform.h"

GRA_BEGIN_DECLS

#define GRA_FAKE_DATA_FIELDS                                                                       \
    int64_t size;             /* 1000 examples */                                                  \
    gra_shape image_size;     /* none: [3, 224, 224] */                                            \
    int64_t classes;          /* 10 */                                                             \
    gra_transform *transform; /* NULL: float32 in 0 .. 1; else it is given uint8; taken over */    \
    uint64_t random_offset;   /* 0; with another, other images */

#define GRA_FAKE_DATA_DEFAULTS .size = 1000, .classes = 10

typedef struct gra_fake_data_dataset_options {
    int begin_;
    GRA_FAKE_DATA_FIELDS
} gra_fake_data_dataset_options;

typedef struct gra_fake_data_options {
    int begin_;
    GRA_FAKE_DATA_FIELDS
    GRA_LOADER_FIELDS
} gra_fake_data_options;

gra_fake_data_dataset_options gra_fake_data_dataset_defaults(void);
gra_fake_data_options gra_fake_data_defaults(void);

/* NULL with an error for no examples, no classes, or a size that no image [C, H, W] has. */
gra_dataset *gra_fake_data_dataset_with(gra_fake_data_dataset_options options);
gra_data *gra_fake_data_with(gra_fake_data_options options);

#ifndef __cplusplus
#define gra_fake_data_dataset(...)                                                                 \
    gra_fake_data_dataset_with(GRA_KEYWORDS(gra_fake_data_dataset_options, GRA_FAKE_DATA_DEFAULTS, \
                                            .begin_ = 0, __VA_ARGS__))
#define gra_fake_data(...)                                                                         \
    gra_fake_data_with(GRA_KEYWORDS(gra_fake_data_options, GRA_FAKE_DATA_DEFAULTS,                 \
                                    GRA_LOADER_DEFAULTS, .begin_ = 0, __VA_ARGS__))
#endif

GRA_END_DECLS

#endif
