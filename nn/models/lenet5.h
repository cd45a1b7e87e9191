/* lenet5.h - LeNet-5 on 28 x 28 images: sigmoids and average pooling.
 *
 *     [N, 784] or [N, 1, 28, 28]
 *      0  Reshape(-1, 1, 28, 28)
 *      1  Conv2d(1, 6, 5, padding 2)    2  Sigmoid     6 x 28 x 28
 *      3  AvgPool2d(2)                                 6 x 14 x 14
 *      4  Conv2d(6, 16, 5)              5  Sigmoid    16 x 10 x 10
 *      6  AvgPool2d(2)                                16 x  5 x  5
 *      7  Flatten
 *      8  Linear(400, 120)              9  Sigmoid
 *     10  Linear(120, 84)              11  Sigmoid
 *     12  Linear(84, 10)
 *     [N, 10] logits
 *
 * Source: LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document
 * recognition", Proc. IEEE 1998; here every map of the second convolution sees all six maps,
 * pooling has no weights, and the last layer is linear.  61,706 parameters.
 *
 * PyTorch's default first values make the layers of a sigmoid network nearly constant, and it takes
 * epochs to leave the plateau that follows; so the weights are xavier uniform (Glorot and Bengio,
 * AISTATS 2010) with a gain of 4, as the sigmoid's slope is 1/4 at 0, and the biases are 0.
 * May include: core, ops, autograd, nn.
 */
#ifndef GRA_NN_MODELS_LENET5_H
#define GRA_NN_MODELS_LENET5_H

#include "../module.h"

GRA_BEGIN_DECLS

/* A new network that belongs to the caller. */
gra_module *gra_lenet5(void);

GRA_END_DECLS

#endif
