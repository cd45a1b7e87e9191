/* mnist.h - MNIST: 60,000 and 10,000 handwritten digits of 28x28 pixels.
 *
 *     gra_data *train = gra_mnist("data/mnist", .train = true, .batch = 64, .shuffle = true);
 *
 * Batches are x float32 [N, 1, 28, 28] in 0 .. 1 and y int64 [N] in 0 .. 9.
 * Source: LeCun, Cortes, Burges, "The MNIST database of handwritten digits".
 */
#ifndef GRA_DATA_MNIST_H
#define GRA_DATA_MNIST_H

#include "loader.h"

GRA_BEGIN_DECLS

typedef struct gra_mnist_options {
    int begin_;
    const char *dir; /* holds train-images-idx3-ubyte, t10k-labels-idx1-ubyte ..., plain or .gz */
    bool train;      /* false: the test set */
    GRA_LOADER_FIELDS
} gra_mnist_options;

gra_mnist_options gra_mnist_defaults(void);

/* NULL with an error that names the file for a folder or file that is missing or wrong. */
gra_data *gra_mnist_with(gra_mnist_options options);

#ifndef __cplusplus
#define gra_mnist(...)                                                                             \
    gra_mnist_with(GRA_KEYWORDS(gra_mnist_options, GRA_LOADER_DEFAULTS, .begin_ = 0, __VA_ARGS__))
#endif

GRA_END_DECLS

#endif
