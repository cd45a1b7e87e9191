/* lenet5_1998.h - LeNet-5 as its paper has it.
 *
 *     gra_module *net = gra_lenet5_1998();
 *     gra_module *criterion = gra_nn_map_loss();
 *     gra_tensor *loss = gra_loss(criterion, gra_forward(net, gra_lenet5_1998_input(x)), y);
 *
 *     [N, 1, 32, 32], -0.1 for paper and 1.175 for ink           parameters  connections
 *     c1      Conv2d(1, 6, 5)                       6 x 28 x 28         156      122,304
 *     s2      Subsampling2d(6)                      6 x 14 x 14          12        5,880
 *     c3      TableConv2d(6, 16, 5)                16 x 10 x 10       1,516      151,600
 *     s4      Subsampling2d(16)                    16 x  5 x  5          32        2,000
 *     c5      Conv2d(16, 120, 5)                  120 x  1 x  1      48,120       48,120
 *     f6      Linear(120, 84)                                84      10,164       10,164
 *     output  Rbf(84, 10)                                    10           0          840
 *     [N, 10] penalties: the smallest is that of the digit           60,000      340,908
 *
 * Each layer but the last is followed by 1.7159 tanh(2x/3).  Table of c3: maps 0 to 5 see three
 * neighbours, 6 to 11 four, 12 to 14 four that are not all neighbours, 15 all six.  The codes of the
 * output are drawings of the digits in 7 x 12 pixels, fixed, of -1 and 1; they are drawn after the
 * paper's figure 3, which does not give them as numbers.
 *
 * First weights and biases are uniform in +-2.4/F with F the fan in of their unit, as the paper says.  With
 * .root_fan_in those of c1, c3, c5 and f6 are in +-2.4/sqrt(F), which is what keeps sums of F products
 * of one size, the reason that the paper gives, and what its rates need: its page tells why.
 * Source: LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document
 * recognition", Proc. IEEE 1998, section II; docs/explanation/lenet5-1998.md has the whole story.
 * May include: core, ops, autograd, nn.
 */
#ifndef GRA_NN_MODELS_LENET5_1998_H
#define GRA_NN_MODELS_LENET5_1998_H

#include "../module.h"

GRA_BEGIN_DECLS

typedef struct gra_lenet5_1998_options {
    int begin_;
    bool root_fan_in; /* false; true: +-2.4/sqrt(F), but in s2 and s4 */
} gra_lenet5_1998_options;

gra_lenet5_1998_options gra_lenet5_1998_defaults(void);

/* A new network that belongs to the caller. */
gra_module *gra_lenet5_1998_with(gra_lenet5_1998_options options);

#ifndef __cplusplus
#define gra_lenet5_1998(...)                                                                       \
    gra_lenet5_1998_with(GRA_KEYWORDS(gra_lenet5_1998_options, .begin_ = 0, __VA_ARGS__))
#endif

/* What the network wants of images [N, 1, 28, 28] or [N, 784] in 0 to 1: [N, 1, 32, 32] with two pixels of paper
 * around, and 0 and 1 turned into -0.1 and 1.175, which gives MNIST a mean of about 0 and a variance
 * of about 1. */
gra_tensor *gra_lenet5_1998_input(gra_tensor *images);

/* The codes, float32 [10, 84]: rows of 7 pixels, 12 of them, 1 for ink. */
gra_tensor *gra_lenet5_1998_codes(void);

/* The paper's global rate of a pass, counted from 1: 5e-4 for two passes, 2e-4 for three, 1e-4 for three,
 * 5e-5 for four, then 1e-5; there are 20. NaN with an error for a number below 1. */
double gra_lenet5_1998_rate(int pass);

GRA_END_DECLS

#endif
