/* lecun_layers.h - the parts of LeNet-5 as its paper has them.
 *
 *     gra_module *net = gra_sequential(
 *         gra_nn_conv2d(1, 6, 5), gra_nn_scaled_tanh(),
 *         gra_nn_subsampling2d(6), gra_nn_scaled_tanh(),
 *         gra_nn_table_conv2d(6, 16, 5, .table = connections), ...
 *         gra_nn_rbf(84, 10, .weight = codes));
 *     gra_module *criterion = gra_nn_map_loss();
 *
 * models/lenet5_1998.h has the whole network.  Each is an ordinary module (layers.h), and gra_summary
 * counts its parameters and connections as the paper does.
 * Source: LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document
 * recognition", Proc. IEEE 1998, section II and appendix A.
 * May include: core, ops, autograd.
 */
#ifndef GRA_NN_LECUN_LAYERS_H
#define GRA_NN_LECUN_LAYERS_H

#include "../ops/ops.h"
#include "module.h"

GRA_BEGIN_DECLS

/* The squashing function y = amplitude tanh(slope x): f(1) = 1, f(-1) = -1, and |f''| is largest there. */
typedef struct gra_nn_scaled_tanh_options {
    int begin_;
    double amplitude; /* 1.7159 */
    double slope;     /* 2/3 */
} gra_nn_scaled_tanh_options;

/* Each window of kernel_size x kernel_size pixels, next to each other, is added up, and the sum of channel c
 * becomes weight[c] sum + bias[c].  Parameters "weight" and "bias", both [channels, 1, 1] and uniform in
 * +-1/kernel_size. */
typedef struct gra_nn_subsampling2d_options {
    int begin_;
    int64_t channels;
    int64_t kernel_size; /* 2 */
} gra_nn_subsampling2d_options;

/* A convolution in which map o sees the maps i with table[o * in_channels + i] only.  Parameters
 * "weight" [connections, kernel_size, kernel_size], in the order of the table's entries that are not 0, and
 * "bias" [out_channels]; those of map o are uniform in +-1/sqrt(its maps * kernel_size^2).  The buffer
 * "index" [out_channels * in_channels] says where a connection's weight lies. */
typedef struct gra_nn_table_conv2d_options {
    int begin_;
    int64_t in_channels, out_channels;
    int64_t kernel_size;
    const unsigned char *table; /* out_channels rows of in_channels; read at once */
    bool bias;                  /* true */
} gra_nn_table_conv2d_options;

/* Euclidean radial basis functions y_i = sum_j (x_j - weight[i][j])^2 over the last dim.  The buffer
 * "weight" [out_features, in_features] is fixed: a copy of .weight, or -1 and 1 by chance where that is
 * NULL. */
typedef struct gra_nn_rbf_options {
    int begin_;
    int64_t in_features, out_features;
    gra_tensor *weight; /* NULL: by chance */
} gra_nn_rbf_options;

/* The maximum a posteriori criterion, for gra_loss; see gra_map_loss. */
typedef struct gra_nn_map_loss_options {
    int begin_;
    double j;                /* 1: penalty of a class that stands for rubbish */
    gra_reduction reduction; /* GRA_REDUCE_MEAN */
} gra_nn_map_loss_options;

gra_nn_scaled_tanh_options gra_nn_scaled_tanh_defaults(void);
gra_nn_subsampling2d_options gra_nn_subsampling2d_defaults(void);
gra_nn_table_conv2d_options gra_nn_table_conv2d_defaults(void);
gra_nn_rbf_options gra_nn_rbf_defaults(void);
gra_nn_map_loss_options gra_nn_map_loss_defaults(void);

/* New modules that belong to the caller; NULL with an error that names the option that is wrong. */
gra_module *gra_nn_scaled_tanh_with(gra_nn_scaled_tanh_options options);
gra_module *gra_nn_subsampling2d_with(gra_nn_subsampling2d_options options);
gra_module *gra_nn_table_conv2d_with(gra_nn_table_conv2d_options options);
gra_module *gra_nn_rbf_with(gra_nn_rbf_options options);
gra_module *gra_nn_map_loss_with(gra_nn_map_loss_options options);

#ifndef __cplusplus
#define gra_nn_scaled_tanh(...)                                                                    \
    gra_nn_scaled_tanh_with(GRA_KEYWORDS(gra_nn_scaled_tanh_options, .amplitude = 1.7159,          \
                                         .slope = 2.0 / 3, .begin_ = 0, __VA_ARGS__))
#define gra_nn_subsampling2d(...)                                                                  \
    gra_nn_subsampling2d_with(                                                                     \
        GRA_KEYWORDS(gra_nn_subsampling2d_options, .kernel_size = 2, .begin_ = 0, __VA_ARGS__))
#define gra_nn_table_conv2d(...)                                                                   \
    gra_nn_table_conv2d_with(                                                                      \
        GRA_KEYWORDS(gra_nn_table_conv2d_options, .bias = true, .begin_ = 0, __VA_ARGS__))
#define gra_nn_rbf(...) gra_nn_rbf_with(GRA_KEYWORDS(gra_nn_rbf_options, .begin_ = 0, __VA_ARGS__))
#define gra_nn_map_loss(...)                                                                       \
    gra_nn_map_loss_with(GRA_KEYWORDS(gra_nn_map_loss_options, .j = 1, .begin_ = 0, __VA_ARGS__))
#endif

GRA_END_DECLS

#endif
