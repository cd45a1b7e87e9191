/* image_set_options.h - the options that MNIST, CIFAR and their like share.
 *
 *     gra_dataset *set = gra_cifar10_dataset("data", .train = true, .download = true);
 *     gra_data *data = gra_cifar10("data", .train = true, .download = true, .batch = 128,
 *                                  .transform = gra_compose(gra_transforms_random_crop(32, .padding = 4),
 *                                                           gra_transforms_to_tensor()));
 *
 * Images are held as bytes. Without a transform x is float32 in 0 .. 1; a transform is given uint8
 * [C, H, W] and makes x of it. y is the class, int64.
 */
#ifndef GRA_DATA_IMAGE_SET_OPTIONS_H
#define GRA_DATA_IMAGE_SET_OPTIONS_H

#include "loader.h"
#include "transform.h"

GRA_BEGIN_DECLS

#define GRA_IMAGE_SET_FIELDS                                                                       \
    const char *dir; /* the folder that holds the set's files, or that they are fetched into */    \
    bool train;      /* false: the test set */                                                     \
    gra_transform *transform; /* NULL; taken over, also when the set fails */                      \
    bool download;            /* false: true fetches the files that are not there */               \
    const char *mirror; /* NULL: where they are fetched from, the URL of a folder that has them */

/* Of gra_mnist_dataset and its like. */
typedef struct gra_image_set_options {
    int begin_;
    GRA_IMAGE_SET_FIELDS
} gra_image_set_options;

/* Of gra_mnist and its like: those, and a loader's. */
typedef struct gra_image_data_options {
    int begin_;
    GRA_IMAGE_SET_FIELDS
    GRA_LOADER_FIELDS
} gra_image_data_options;

gra_image_set_options gra_image_set_defaults(void);
gra_image_data_options gra_image_data_defaults(void);

#define GRA_IMAGE_SET_KEYWORDS(...) GRA_KEYWORDS(gra_image_set_options, .begin_ = 0, __VA_ARGS__)
#define GRA_IMAGE_DATA_KEYWORDS(...)                                                               \
    GRA_KEYWORDS(gra_image_data_options, GRA_LOADER_DEFAULTS, .begin_ = 0, __VA_ARGS__)

GRA_END_DECLS

#endif
