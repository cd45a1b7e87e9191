/* mnist.h - MNIST and the two sets that have its form: 28x28 grey images in ten classes, 60,000 to train
 * and 10,000 to test.
 *
 *     gra_data *train = gra_mnist("data/mnist", .train = true, .batch = 64, .shuffle = true);
 *
 * The folder holds train-images-idx3-ubyte, t10k-labels-idx1-ubyte and so on, plain or .gz (where
 * torchvision has fetched them: MNIST/raw).  Batches are x float32 [N, 1, 28, 28] in 0 .. 1 and y int64
 * [N] in 0 .. 9.  The options are those of image_set_options.h.  Where GRADUS_MIRROR names a URL, files
 * are fetched from its folders mnist/, fashion-mnist/ and kmnist/.
 *
 * Sources: LeCun, Cortes, Burges, "The MNIST database of handwritten digits".
 * Xiao, Rasul, Vollgraf, "Fashion-MNIST", 2017: clothes.
 * Clanuwat et al., "Deep learning for classical Japanese literature", 2018: ten hiragana.
 */
#ifndef GRA_DATA_MNIST_H
#define GRA_DATA_MNIST_H

#include "image_set_options.h"

GRA_BEGIN_DECLS

/* NULL with an error that names the file for a folder or file that is missing or wrong. */
gra_dataset *gra_mnist_dataset_with(gra_image_set_options options);
gra_dataset *gra_fashion_mnist_dataset_with(gra_image_set_options options);
gra_dataset *gra_kmnist_dataset_with(gra_image_set_options options);

/* The same in a loader. */
gra_data *gra_mnist_with(gra_image_data_options options);
gra_data *gra_fashion_mnist_with(gra_image_data_options options);
gra_data *gra_kmnist_with(gra_image_data_options options);

#ifndef __cplusplus
#define gra_mnist_dataset(...) gra_mnist_dataset_with(GRA_IMAGE_SET_KEYWORDS(__VA_ARGS__))
#define gra_fashion_mnist_dataset(...)                                                             \
    gra_fashion_mnist_dataset_with(GRA_IMAGE_SET_KEYWORDS(__VA_ARGS__))
#define gra_kmnist_dataset(...) gra_kmnist_dataset_with(GRA_IMAGE_SET_KEYWORDS(__VA_ARGS__))

#define gra_mnist(...) gra_mnist_with(GRA_IMAGE_DATA_KEYWORDS(__VA_ARGS__))
#define gra_fashion_mnist(...) gra_fashion_mnist_with(GRA_IMAGE_DATA_KEYWORDS(__VA_ARGS__))
#define gra_kmnist(...) gra_kmnist_with(GRA_IMAGE_DATA_KEYWORDS(__VA_ARGS__))
#endif

GRA_END_DECLS

#endif
