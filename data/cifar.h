/* cifar.h - CIFAR-10 and CIFAR-100: 32x32 colour images in 10 and in 100 classes, 50,000 to train and
 * 10,000 to test, in the binary form.
 *
 *     gra_data *train = gra_cifar10("data", .train = true, .download = true, .batch = 128,
 *                                   .shuffle = true, .transform = augment);
 *
 * The folder holds cifar-10-batches-bin/ (cifar-100-binary/) or cifar-10-binary.tar.gz
 * (cifar-100-binary.tar.gz), which is read where it lies; it may also be named itself. Batches are x
 * float32 [N, 3, 32, 32] in 0 .. 1, red, green, blue, and y int64 [N], of CIFAR-100 the fine labels. The
 * options are those of image_set_options.h. Where GRADUS_MIRROR names a URL, files are fetched from its
 * folders cifar10/ and cifar100/.
 *
 * Source: Krizhevsky, "Learning multiple layers of features from tiny images", 2009.
 */
#ifndef GRA_DATA_CIFAR_H
#define GRA_DATA_CIFAR_H

#include "image_set_options.h"

GRA_BEGIN_DECLS

/* NULL with an error that names the file for one that is missing or wrong. */
gra_dataset *gra_cifar10_dataset_with(gra_image_set_options options);
gra_dataset *gra_cifar100_dataset_with(gra_image_set_options options);

/* The same in a loader. */
gra_data *gra_cifar10_with(gra_image_data_options options);
gra_data *gra_cifar100_with(gra_image_data_options options);

#ifndef __cplusplus
#define gra_cifar10_dataset(...) gra_cifar10_dataset_with(GRA_IMAGE_SET_KEYWORDS(__VA_ARGS__))
#define gra_cifar100_dataset(...) gra_cifar100_dataset_with(GRA_IMAGE_SET_KEYWORDS(__VA_ARGS__))
#define gra_cifar10(...) gra_cifar10_with(GRA_IMAGE_DATA_KEYWORDS(__VA_ARGS__))
#define gra_cifar100(...) gra_cifar100_with(GRA_IMAGE_DATA_KEYWORDS(__VA_ARGS__))
#endif

GRA_END_DECLS

#endif
