/* layers.h - ready-made modules: constructors with PyTorch's names, order and defaults.
 *
 *     gra_module *net = gra_sequential(
 *         gra_nn_conv2d(1, 6, 5, .padding = 2), gra_nn_relu(),
 *         gra_nn_max_pool2d(2),
 *         gra_nn_flatten(),
 *         gra_nn_linear(6 * 14 * 14, 10));
 *     gra_tensor *logits = gra_forward(net, images);
 *
 * Each returns a new module that belongs to the caller (see module.h), or NULL with an error that
 * says which argument is wrong.  Weights are float32, drawn from the thread's default generator as
 * PyTorch draws them; nn/init.h draws others, gra_module_to converts.  Where a tuple (height,
 * width) can be given instead of a number, giving both is an error.  In C++ call
 * NAME_with(options).
 * Letters: N batch, C channels, H height, W width.
 * May include: core, ops, autograd.
 */
#ifndef GRA_NN_LAYERS_H
#define GRA_NN_LAYERS_H

#include "../ops/ops.h"
#include "module.h"

GRA_BEGIN_DECLS

/* ---- containers ---- */

/* Runs its modules one after the other; their names are "0", "1", ... It takes all of them over,
 * also when it fails: a NULL among them is an error (the pending one, if any), and the others
 * are freed. */
gra_module *gra_sequential_of(gra_module *const *modules, int count);

/* Divides a Sequential into segments of as many modules each (the last may have more), all but the last
 * of which are checkpoints from now on (autograd/checkpoint.h): in training, what they computed is
 * forgotten and computed again in the backward pass. 0 or 1: none is. Returns m, or NULL with an
 * error. It may be part of a model: gra_checkpoint_sequential(gra_module_get(vgg, "features"), 4). */
gra_module *gra_checkpoint_sequential(gra_module *m, int segments);

/* ---- layers with weights ---- */

/* Parameters "weight" [out, in / groups, kernel height, kernel width] and "bias" [out], both
 * uniform in +-1/sqrt(fan in), fan in = in / groups * kernel height * kernel width. See
 * gra_conv2d. */
typedef struct gra_nn_conv2d_options {
    int begin_;
    int64_t in_channels, out_channels;
    int64_t kernel_size;
    int64_t stride;           /* 1 */
    int64_t padding;          /* 0 on each side; GRA_SAME: the output is as large as the input */
    int64_t dilation;         /* 1 */
    int64_t groups;           /* 1; divides both channels */
    bool bias;                /* true */
    const char *padding_mode; /* "zeros", "reflect", "replicate" or "circular": see gra_pad */
    bool flip_kernel;         /* false; true: the convolution of textbooks, filters turned around */
    bool
        cache_weights; /* false; true: keeps the weights as the fast kernels want them, for inference;
                           up to 5.4 times their memory for 3 x 3 filters */
    int64_t kernel_size_hw[2], stride_hw[2], padding_hw[2], dilation_hw[2];
} gra_nn_conv2d_options;

/* The same for sequences [N, C, L] and volumes [N, C, D, H, W]. See gra_conv1d and gra_conv3d. */
typedef struct gra_nn_conv1d_options {
    int begin_;
    int64_t in_channels, out_channels;
    int64_t kernel_size;
    int64_t stride;           /* 1 */
    int64_t padding;          /* 0, or GRA_SAME */
    int64_t dilation;         /* 1 */
    int64_t groups;           /* 1 */
    bool bias;                /* true */
    const char *padding_mode; /* "zeros" */
    bool flip_kernel;         /* false */
} gra_nn_conv1d_options;

typedef struct gra_nn_conv3d_options {
    int begin_;
    int64_t in_channels, out_channels;
    int64_t kernel_size;
    int64_t stride;           /* 1 */
    int64_t padding;          /* 0, or GRA_SAME */
    int64_t dilation;         /* 1 */
    int64_t groups;           /* 1 */
    bool bias;                /* true */
    const char *padding_mode; /* "zeros" */
    int64_t kernel_size_dhw[3], stride_dhw[3], padding_dhw[3], dilation_dhw[3];
} gra_nn_conv3d_options;

/* Parameters "weight" [in, out / groups, kernel height, kernel width] and "bias" [out], both uniform in
 * +-1/sqrt(out / groups * kernel height * kernel width). See gra_conv_transpose2d. */
typedef struct gra_nn_conv_transpose2d_options {
    int begin_;
    int64_t in_channels, out_channels;
    int64_t kernel_size;
    int64_t stride;         /* 1 */
    int64_t padding;        /* 0 */
    int64_t output_padding; /* 0; less than the stride or the dilation */
    int64_t groups;         /* 1 */
    bool bias;              /* true */
    int64_t dilation;       /* 1 */
    int64_t kernel_size_hw[2], stride_hw[2], padding_hw[2], output_padding_hw[2], dilation_hw[2];
} gra_nn_conv_transpose2d_options;

/* A convolution whose pixels share no weights, for images of one size. Parameters "weight" [P, Q, out, in,
 * kernel height, kernel width] and "bias" [out, P, Q], P x Q being the output's pixels; both uniform in
 * +-1/sqrt(in * kernel height * kernel width). See gra_locally_connected2d. */
typedef struct gra_nn_locally_connected2d_options {
    int begin_;
    int64_t in_channels, out_channels;
    int64_t input_size; /* height and width of the images */
    int64_t kernel_size;
    int64_t stride;   /* 1 */
    int64_t padding;  /* 0 */
    int64_t dilation; /* 1 */
    bool bias;        /* true */
    int64_t input_size_hw[2], kernel_size_hw[2], stride_hw[2], padding_hw[2], dilation_hw[2];
} gra_nn_locally_connected2d_options;

/* Parameters "weight" [out, in] and "bias" [out], both uniform in +-1/sqrt(in). y = x weight^T +
 * bias over the last dim. */
typedef struct gra_nn_linear_options {
    int begin_;
    int64_t in_features, out_features;
    bool bias; /* true */
} gra_nn_linear_options;

#define GRA_CUMULATIVE                                                                             \
    (-1.0) /* for .momentum, PyTorch's None: running values are means of all batches */

/* Parameters "weight" (1 at first) and "bias" (0), both [num_features]; buffers "running_mean" (0),
 * "running_var" (1) and "num_batches_tracked" (int64, the number of training batches). Normalises
 * each channel of [N, C, H, W] by its mean and variance over N, H and W: the batch's while training
 * or where none are tracked, the running ones otherwise. See gra_batch_norm. */
typedef struct gra_nn_batch_norm2d_options {
    int begin_;
    int64_t num_features; /* C */
    double eps;           /* 1e-5: added to the variance */
    double momentum;      /* 0.1: a batch's part in the running values, 0 to 1; GRA_CUMULATIVE */
    bool affine;          /* true; false: neither weight nor bias */
    bool track_running_stats; /* true; false: no buffers */
    bool bias;                /* true; counts where affine */
} gra_nn_batch_norm2d_options;

typedef gra_nn_batch_norm2d_options gra_nn_batch_norm1d_options; /* of [N, C] or [N, C, L] */
typedef gra_nn_batch_norm2d_options gra_nn_batch_norm3d_options; /* of [N, C, D, H, W] */

/* The same for each sample by itself; affine and track_running_stats are false by default. Inputs are
 * [N, C, L], [N, C, H, W] and [N, C, D, H, W], or one sample without N. See gra_instance_norm. */
typedef gra_nn_batch_norm2d_options gra_nn_instance_norm1d_options;
typedef gra_nn_batch_norm2d_options gra_nn_instance_norm2d_options;
typedef gra_nn_batch_norm2d_options gra_nn_instance_norm3d_options;

/* Parameters "weight" (1 at first) and "bias" (0), both of normalized_shape, which is what the input's
 * shape ends with. See gra_layer_norm. */
typedef struct gra_nn_layer_norm_options {
    int begin_;
    gra_shape normalized_shape; /* GRA_SHAPE(64) */
    double eps;                 /* 1e-5: added to the variance */
    bool elementwise_affine;    /* true; false: neither weight nor bias */
    bool bias;                  /* true; counts where elementwise_affine */
} gra_nn_layer_norm_options;

/* Parameters "weight" (1 at first) and "bias" (0), both [num_channels]. See gra_group_norm. */
typedef struct gra_nn_group_norm_options {
    int begin_;
    int64_t num_groups;   /* divides num_channels */
    int64_t num_channels; /* C */
    double eps;           /* 1e-5: added to the variance */
    bool affine;          /* true; false: neither weight nor bias */
    bool bias;            /* true; counts where affine */
} gra_nn_group_norm_options;

gra_nn_conv2d_options gra_nn_conv2d_defaults(void);
gra_nn_linear_options gra_nn_linear_defaults(void);
gra_nn_batch_norm2d_options gra_nn_batch_norm2d_defaults(void);
gra_nn_batch_norm1d_options gra_nn_batch_norm1d_defaults(void);
gra_nn_batch_norm3d_options gra_nn_batch_norm3d_defaults(void);
gra_nn_instance_norm1d_options gra_nn_instance_norm1d_defaults(void);
gra_nn_instance_norm2d_options gra_nn_instance_norm2d_defaults(void);
gra_nn_instance_norm3d_options gra_nn_instance_norm3d_defaults(void);
gra_nn_layer_norm_options gra_nn_layer_norm_defaults(void);
gra_nn_group_norm_options gra_nn_group_norm_defaults(void);
gra_module *gra_nn_conv2d_with(gra_nn_conv2d_options options);
gra_nn_conv1d_options gra_nn_conv1d_defaults(void);
gra_module *gra_nn_conv1d_with(gra_nn_conv1d_options options);
gra_nn_conv3d_options gra_nn_conv3d_defaults(void);
gra_module *gra_nn_conv3d_with(gra_nn_conv3d_options options);
gra_nn_conv_transpose2d_options gra_nn_conv_transpose2d_defaults(void);
gra_module *gra_nn_conv_transpose2d_with(gra_nn_conv_transpose2d_options options);
gra_nn_locally_connected2d_options gra_nn_locally_connected2d_defaults(void);
gra_module *gra_nn_locally_connected2d_with(gra_nn_locally_connected2d_options options);
gra_module *gra_nn_linear_with(gra_nn_linear_options options);
gra_module *gra_nn_batch_norm2d_with(gra_nn_batch_norm2d_options options);
gra_module *gra_nn_batch_norm1d_with(gra_nn_batch_norm1d_options options);
gra_module *gra_nn_batch_norm3d_with(gra_nn_batch_norm3d_options options);
gra_module *gra_nn_instance_norm1d_with(gra_nn_instance_norm1d_options options);
gra_module *gra_nn_instance_norm2d_with(gra_nn_instance_norm2d_options options);
gra_module *gra_nn_instance_norm3d_with(gra_nn_instance_norm3d_options options);
gra_module *gra_nn_layer_norm_with(gra_nn_layer_norm_options options);
gra_module *gra_nn_group_norm_with(gra_nn_group_norm_options options);

/* ---- normalisation without weights ---- */

/* y = x / (k + alpha / size * sum x^2)^beta, the sum over `size` neighbouring channels. */
typedef struct gra_nn_local_response_norm_options {
    int begin_;
    int64_t size;
    double alpha; /* 1e-4 */
    double beta;  /* 0.75 */
    double k;     /* 1 */
} gra_nn_local_response_norm_options;

gra_nn_local_response_norm_options gra_nn_local_response_norm_defaults(void);
gra_module *gra_nn_local_response_norm_with(gra_nn_local_response_norm_options options);

/* ---- pooling: see gra_avg_pool2d and gra_max_pool2d ---- */

typedef struct gra_nn_avg_pool2d_options {
    int begin_;
    int64_t kernel_size;
    int64_t stride;           /* 0: kernel_size */
    int64_t padding;          /* 0; at most half the kernel */
    bool ceil_mode;           /* false */
    bool count_include_pad;   /* true */
    int64_t divisor_override; /* 0: the window's size */
    int64_t kernel_size_hw[2], stride_hw[2], padding_hw[2];
} gra_nn_avg_pool2d_options;

typedef struct gra_nn_max_pool2d_options {
    int begin_;
    int64_t kernel_size;
    int64_t stride;   /* 0: kernel_size */
    int64_t padding;  /* 0; at most half the kernel */
    int64_t dilation; /* 1 */
    bool ceil_mode;   /* false */
    int64_t kernel_size_hw[2], stride_hw[2], padding_hw[2], dilation_hw[2];
} gra_nn_max_pool2d_options;

/* Means over output_size windows that cover the image whatever its size. */
typedef struct gra_nn_adaptive_avg_pool2d_options {
    int begin_;
    int64_t output_size;
    int64_t output_size_hw[2];
} gra_nn_adaptive_avg_pool2d_options;

gra_nn_avg_pool2d_options gra_nn_avg_pool2d_defaults(void);
gra_nn_max_pool2d_options gra_nn_max_pool2d_defaults(void);
gra_nn_adaptive_avg_pool2d_options gra_nn_adaptive_avg_pool2d_defaults(void);
gra_module *gra_nn_avg_pool2d_with(gra_nn_avg_pool2d_options options);
gra_module *gra_nn_max_pool2d_with(gra_nn_max_pool2d_options options);
gra_module *gra_nn_adaptive_avg_pool2d_with(gra_nn_adaptive_avg_pool2d_options options);

/* See gra_max_pool2d_with_indices: gra_loss(layer, maxima, indices). */
typedef struct gra_nn_max_unpool2d_options {
    int begin_;
    int64_t kernel_size;
    int64_t stride;  /* 0: kernel_size */
    int64_t padding; /* 0 */
    int64_t kernel_size_hw[2], stride_hw[2], padding_hw[2];
} gra_nn_max_unpool2d_options;

typedef struct gra_nn_lp_pool2d_options {
    int begin_;
    double norm_type;
    int64_t kernel_size;
    int64_t stride; /* 0: kernel_size */
    bool ceil_mode; /* false */
    int64_t kernel_size_hw[2], stride_hw[2];
} gra_nn_lp_pool2d_options;

/* Maxima of output_size windows that cover the image whatever its size. */
typedef struct gra_nn_adaptive_max_pool2d_options {
    int begin_;
    int64_t output_size;
    int64_t output_size_hw[2];
} gra_nn_adaptive_max_pool2d_options;

/* Along one dim, [N, C, L]. */
typedef struct gra_nn_avg_pool1d_options {
    int begin_;
    int64_t kernel_size;
    int64_t stride;         /* 0: kernel_size */
    int64_t padding;        /* 0; at most half the kernel */
    bool ceil_mode;         /* false */
    bool count_include_pad; /* true */
} gra_nn_avg_pool1d_options;

typedef struct gra_nn_max_pool1d_options {
    int begin_;
    int64_t kernel_size;
    int64_t stride;   /* 0: kernel_size */
    int64_t padding;  /* 0; at most half the kernel */
    int64_t dilation; /* 1 */
    bool ceil_mode;   /* false */
} gra_nn_max_pool1d_options;

typedef struct gra_nn_lp_pool1d_options {
    int begin_;
    double norm_type;
    int64_t kernel_size;
    int64_t stride; /* 0: kernel_size */
    bool ceil_mode; /* false */
} gra_nn_lp_pool1d_options;

typedef struct gra_nn_adaptive_pool1d_options {
    int begin_;
    int64_t output_size;
} gra_nn_adaptive_pool1d_options;

gra_nn_max_unpool2d_options gra_nn_max_unpool2d_defaults(void);
gra_nn_lp_pool2d_options gra_nn_lp_pool2d_defaults(void);
gra_nn_adaptive_max_pool2d_options gra_nn_adaptive_max_pool2d_defaults(void);
gra_nn_avg_pool1d_options gra_nn_avg_pool1d_defaults(void);
gra_nn_max_pool1d_options gra_nn_max_pool1d_defaults(void);
gra_nn_lp_pool1d_options gra_nn_lp_pool1d_defaults(void);
gra_nn_adaptive_pool1d_options gra_nn_adaptive_pool1d_defaults(void);
gra_module *gra_nn_max_unpool2d_with(gra_nn_max_unpool2d_options options);
gra_module *gra_nn_lp_pool2d_with(gra_nn_lp_pool2d_options options);
gra_module *gra_nn_adaptive_max_pool2d_with(gra_nn_adaptive_max_pool2d_options options);
gra_module *gra_nn_avg_pool1d_with(gra_nn_avg_pool1d_options options);
gra_module *gra_nn_max_pool1d_with(gra_nn_max_pool1d_options options);
gra_module *gra_nn_lp_pool1d_with(gra_nn_lp_pool1d_options options);
gra_module *gra_nn_adaptive_avg_pool1d_with(gra_nn_adaptive_pool1d_options options);
gra_module *gra_nn_adaptive_max_pool1d_with(gra_nn_adaptive_pool1d_options options);

/* ---- images of another size: see gra_interpolate; one of the first two and scale_factor_dhw ---- */

typedef struct gra_nn_upsample_options {
    int begin_;
    gra_shape size;
    double scale_factor;
    const char *mode;   /* "nearest" */
    bool align_corners; /* false */
    double scale_factor_dhw[3];
} gra_nn_upsample_options;

gra_nn_upsample_options gra_nn_upsample_defaults(void);
gra_module *gra_nn_upsample_with(gra_nn_upsample_options options);

/* ---- padding: see gra_pad ---- */

typedef struct gra_nn_pad_options {
    int begin_;
    int64_t padding;         /* 0: on each side of each dim; below 0 crops */
    double value;            /* 0; of the layers of a constant */
    int64_t padding_each[6]; /* given instead: left, right, top, bottom, front, back */
} gra_nn_pad_options;

gra_nn_pad_options gra_nn_pad_defaults(void);
gra_module *gra_nn_zero_pad1d_with(gra_nn_pad_options options);
gra_module *gra_nn_zero_pad3d_with(gra_nn_pad_options options);
gra_module *gra_nn_constant_pad1d_with(gra_nn_pad_options options);
gra_module *gra_nn_constant_pad2d_with(gra_nn_pad_options options);
gra_module *gra_nn_constant_pad3d_with(gra_nn_pad_options options);
gra_module *gra_nn_reflection_pad1d_with(gra_nn_pad_options options);
gra_module *gra_nn_reflection_pad2d_with(gra_nn_pad_options options);
gra_module *gra_nn_reflection_pad3d_with(gra_nn_pad_options options);
gra_module *gra_nn_replication_pad1d_with(gra_nn_pad_options options);
gra_module *gra_nn_replication_pad2d_with(gra_nn_pad_options options);
gra_module *gra_nn_replication_pad3d_with(gra_nn_pad_options options);
gra_module *gra_nn_circular_pad1d_with(gra_nn_pad_options options);
gra_module *gra_nn_circular_pad2d_with(gra_nn_pad_options options);
gra_module *gra_nn_circular_pad3d_with(gra_nn_pad_options options);

/* ---- elementwise ---- */

typedef struct gra_nn_relu_options {
    int begin_;
    bool inplace; /* false; true overwrites the input, which must not be a leaf that is trained */
} gra_nn_relu_options;

typedef struct gra_nn_sigmoid_options {
    int begin_;
} gra_nn_sigmoid_options;

typedef struct gra_nn_tanh_options {
    int begin_;
} gra_nn_tanh_options;

typedef struct gra_nn_identity_options {
    int begin_;
} gra_nn_identity_options;

typedef struct gra_nn_dropout_options {
    int begin_;
    double p;     /* 0.5: probability of an element to become 0 while training, 0 to 1 */
    bool inplace; /* false; true overwrites the input, which must not be a leaf that is trained */
} gra_nn_dropout_options;

/* The same of a channel: see gra_dropout1d and its kin. */
typedef gra_nn_dropout_options gra_nn_dropout1d_options;
typedef gra_nn_dropout_options gra_nn_dropout2d_options;
typedef gra_nn_dropout_options gra_nn_dropout3d_options;
typedef gra_nn_dropout_options gra_nn_alpha_dropout_options; /* for networks with SELU */
typedef gra_nn_dropout_options gra_nn_feature_alpha_dropout_options;

gra_nn_relu_options gra_nn_relu_defaults(void);
gra_nn_sigmoid_options gra_nn_sigmoid_defaults(void);
gra_nn_tanh_options gra_nn_tanh_defaults(void);
gra_nn_identity_options gra_nn_identity_defaults(void);
gra_nn_dropout_options gra_nn_dropout_defaults(void);
gra_nn_dropout2d_options gra_nn_dropout2d_defaults(void);
gra_nn_dropout1d_options gra_nn_dropout1d_defaults(void);
gra_nn_dropout3d_options gra_nn_dropout3d_defaults(void);
gra_nn_alpha_dropout_options gra_nn_alpha_dropout_defaults(void);
gra_nn_feature_alpha_dropout_options gra_nn_feature_alpha_dropout_defaults(void);
gra_module *gra_nn_relu_with(gra_nn_relu_options options);         /* max(x, 0) */
gra_module *gra_nn_sigmoid_with(gra_nn_sigmoid_options options);   /* 1 / (1 + e^-x) */
gra_module *gra_nn_tanh_with(gra_nn_tanh_options options);         /* tanh x */
gra_module *gra_nn_identity_with(gra_nn_identity_options options); /* x */
gra_module *gra_nn_dropout_with(gra_nn_dropout_options options);   /* x or 0, over 1 - p */
gra_module *gra_nn_dropout2d_with(gra_nn_dropout2d_options options);
gra_module *gra_nn_dropout1d_with(gra_nn_dropout1d_options options);
gra_module *gra_nn_dropout3d_with(gra_nn_dropout3d_options options);
gra_module *gra_nn_alpha_dropout_with(gra_nn_alpha_dropout_options options);
gra_module *gra_nn_feature_alpha_dropout_with(gra_nn_feature_alpha_dropout_options options);

/* ---- elementwise, with options: see the ops of the same names; inplace overwrites the input, which must
 * not be a leaf that is trained ---- */

typedef struct gra_nn_leaky_relu_options {
    int begin_;
    double negative_slope; /* 0.01 */
    bool inplace;          /* false */
} gra_nn_leaky_relu_options;

typedef struct gra_nn_elu_options {
    int begin_;
    double alpha; /* 1 */
    bool inplace; /* false */
} gra_nn_elu_options;

typedef struct gra_nn_selu_options {
    int begin_;
    bool inplace; /* false */
} gra_nn_selu_options;

typedef struct gra_nn_celu_options {
    int begin_;
    double alpha; /* 1 */
    bool inplace; /* false */
} gra_nn_celu_options;

typedef struct gra_nn_gelu_options {
    int begin_;
    const char *approximate; /* "none"; or "tanh" */
} gra_nn_gelu_options;

typedef struct gra_nn_silu_options {
    int begin_;
    bool inplace; /* false */
} gra_nn_silu_options;

typedef struct gra_nn_softplus_options {
    int begin_;
    double beta;      /* 1 */
    double threshold; /* 20 */
} gra_nn_softplus_options;

typedef struct gra_nn_hardtanh_options {
    int begin_;
    double min_val, max_val; /* -1 and 1 */
    bool inplace;            /* false */
} gra_nn_hardtanh_options;

typedef struct gra_nn_relu6_options {
    int begin_;
    bool inplace; /* false */
} gra_nn_relu6_options;

typedef struct gra_nn_softmax_options {
    int begin_;
    int64_t dim; /* -1 */
} gra_nn_softmax_options;

typedef struct gra_nn_log_softmax_options {
    int begin_;
    int64_t dim; /* -1 */
} gra_nn_log_softmax_options;

/* Parameter "weight" [num_parameters]: one slope for all, or one for each channel, dim 1 of x. */
typedef struct gra_nn_prelu_options {
    int begin_;
    int64_t num_parameters; /* 1 */
    double init;            /* 0.25 */
} gra_nn_prelu_options;

gra_nn_leaky_relu_options gra_nn_leaky_relu_defaults(void);
gra_nn_elu_options gra_nn_elu_defaults(void);
gra_nn_selu_options gra_nn_selu_defaults(void);
gra_nn_celu_options gra_nn_celu_defaults(void);
gra_nn_gelu_options gra_nn_gelu_defaults(void);
gra_nn_silu_options gra_nn_silu_defaults(void);
gra_nn_softplus_options gra_nn_softplus_defaults(void);
gra_nn_hardtanh_options gra_nn_hardtanh_defaults(void);
gra_nn_relu6_options gra_nn_relu6_defaults(void);
gra_nn_softmax_options gra_nn_softmax_defaults(void);
gra_nn_log_softmax_options gra_nn_log_softmax_defaults(void);
gra_nn_prelu_options gra_nn_prelu_defaults(void);
gra_module *gra_nn_leaky_relu_with(gra_nn_leaky_relu_options options);
gra_module *gra_nn_elu_with(gra_nn_elu_options options);
gra_module *gra_nn_selu_with(gra_nn_selu_options options);
gra_module *gra_nn_celu_with(gra_nn_celu_options options);
gra_module *gra_nn_gelu_with(gra_nn_gelu_options options);
gra_module *gra_nn_silu_with(gra_nn_silu_options options);
gra_module *gra_nn_softplus_with(gra_nn_softplus_options options);
gra_module *gra_nn_hardtanh_with(gra_nn_hardtanh_options options);
gra_module *gra_nn_relu6_with(gra_nn_relu6_options options);
gra_module *gra_nn_softmax_with(gra_nn_softmax_options options);
gra_module *gra_nn_log_softmax_with(gra_nn_log_softmax_options options);
gra_module *gra_nn_prelu_with(gra_nn_prelu_options options);

#ifndef __cplusplus
#define gra_nn_leaky_relu(...)                                                                     \
    gra_nn_leaky_relu_with(                                                                        \
        GRA_KEYWORDS(gra_nn_leaky_relu_options, .negative_slope = 0.01, .begin_ = 0, __VA_ARGS__))
#define gra_nn_elu(...)                                                                            \
    gra_nn_elu_with(GRA_KEYWORDS(gra_nn_elu_options, .alpha = 1, .begin_ = 0, __VA_ARGS__))
#define gra_nn_selu(...)                                                                           \
    gra_nn_selu_with(GRA_KEYWORDS(gra_nn_selu_options, .begin_ = 0, __VA_ARGS__))
#define gra_nn_celu(...)                                                                           \
    gra_nn_celu_with(GRA_KEYWORDS(gra_nn_celu_options, .alpha = 1, .begin_ = 0, __VA_ARGS__))
#define gra_nn_gelu(...)                                                                           \
    gra_nn_gelu_with(                                                                              \
        GRA_KEYWORDS(gra_nn_gelu_options, .approximate = "none", .begin_ = 0, __VA_ARGS__))
#define gra_nn_silu(...)                                                                           \
    gra_nn_silu_with(GRA_KEYWORDS(gra_nn_silu_options, .begin_ = 0, __VA_ARGS__))
#define gra_nn_softplus(...)                                                                       \
    gra_nn_softplus_with(GRA_KEYWORDS(gra_nn_softplus_options, .beta = 1, .threshold = 20,         \
                                      .begin_ = 0, __VA_ARGS__))
#define gra_nn_hardtanh(...)                                                                       \
    gra_nn_hardtanh_with(GRA_KEYWORDS(gra_nn_hardtanh_options, .min_val = -1, .max_val = 1,        \
                                      .begin_ = 0, __VA_ARGS__))
#define gra_nn_relu6(...)                                                                          \
    gra_nn_relu6_with(GRA_KEYWORDS(gra_nn_relu6_options, .begin_ = 0, __VA_ARGS__))
#define gra_nn_softmax(...)                                                                        \
    gra_nn_softmax_with(GRA_KEYWORDS(gra_nn_softmax_options, .dim = -1, .begin_ = 0, __VA_ARGS__))
#define gra_nn_log_softmax(...)                                                                    \
    gra_nn_log_softmax_with(                                                                       \
        GRA_KEYWORDS(gra_nn_log_softmax_options, .dim = -1, .begin_ = 0, __VA_ARGS__))
#define gra_nn_prelu(...)                                                                          \
    gra_nn_prelu_with(GRA_KEYWORDS(gra_nn_prelu_options, .num_parameters = 1, .init = 0.25,        \
                                   .begin_ = 0, __VA_ARGS__))
#endif

/* ---- indices, and two inputs ---- */

/* Parameter "weight" [num_embeddings, embedding_dim], normal at first, but for a padding row of zeros that
 * gets no gradient. Integers [...] give their rows, [..., embedding_dim]. */
typedef struct gra_nn_embedding_options {
    int begin_;
    int64_t num_embeddings, embedding_dim;
    int64_t padding_idx;     /* GRA_NO_INDEX; below 0 from the end */
    bool scale_grad_by_freq; /* false; true: gradients over how often each row was looked up */
} gra_nn_embedding_options;

/* The cosine between two inputs along dim, called through gra_loss(module, x1, x2). */
typedef struct gra_nn_cosine_similarity_options {
    int begin_;
    int64_t dim; /* 1 */
    double eps;  /* 1e-8 */
} gra_nn_cosine_similarity_options;

gra_nn_embedding_options gra_nn_embedding_defaults(void);
gra_nn_cosine_similarity_options gra_nn_cosine_similarity_defaults(void);
gra_module *gra_nn_embedding_with(gra_nn_embedding_options options);
gra_module *gra_nn_cosine_similarity_with(gra_nn_cosine_similarity_options options);

#ifndef __cplusplus
#define gra_nn_embedding(...)                                                                      \
    gra_nn_embedding_with(GRA_KEYWORDS(gra_nn_embedding_options, .padding_idx = GRA_NO_INDEX,      \
                                       .begin_ = 0, __VA_ARGS__))
#define gra_nn_cosine_similarity(...)                                                              \
    gra_nn_cosine_similarity_with(GRA_KEYWORDS(gra_nn_cosine_similarity_options, .dim = 1,         \
                                               .eps = 1e-8, .begin_ = 0, __VA_ARGS__))
#endif

/* ---- shapes ---- */

/* The patches of images as columns, and columns added up to images: see gra_unfold and gra_fold. */
typedef struct gra_nn_unfold_options {
    int begin_;
    int64_t kernel_size;
    int64_t dilation; /* 1 */
    int64_t padding;  /* 0 */
    int64_t stride;   /* 1 */
    int64_t kernel_size_hw[2], dilation_hw[2], padding_hw[2], stride_hw[2];
} gra_nn_unfold_options;

typedef struct gra_nn_fold_options {
    int begin_;
    int64_t output_size;
    int64_t kernel_size;
    int64_t dilation; /* 1 */
    int64_t padding;  /* 0 */
    int64_t stride;   /* 1 */
    int64_t output_size_hw[2], kernel_size_hw[2], dilation_hw[2], padding_hw[2], stride_hw[2];
} gra_nn_fold_options;

gra_nn_unfold_options gra_nn_unfold_defaults(void);
gra_nn_fold_options gra_nn_fold_defaults(void);
gra_module *gra_nn_unfold_with(gra_nn_unfold_options options);
gra_module *gra_nn_fold_with(gra_nn_fold_options options);

typedef struct gra_nn_flatten_options {
    int begin_;
    int64_t start_dim; /* 1 */
    int64_t end_dim;   /* -1 */
} gra_nn_flatten_options;

typedef struct gra_nn_zero_pad2d_options {
    int begin_;
    int64_t padding;         /* 0: zeros on each side; below 0 crops */
    int64_t padding_lrtb[4]; /* given instead: left, right, top, bottom */
} gra_nn_zero_pad2d_options;

gra_nn_zero_pad2d_options gra_nn_zero_pad2d_defaults(void);
gra_module *gra_nn_zero_pad2d_with(gra_nn_zero_pad2d_options options);

gra_nn_flatten_options gra_nn_flatten_defaults(void);
gra_module *gra_nn_flatten_with(gra_nn_flatten_options options); /* joins start_dim ... end_dim */

/* Reshapes to the sizes; one of them may be -1 and follows from the input. */
gra_module *gra_nn_reshape_with(gra_shape sizes);

/* ---- losses: called through gra_loss(module, input, target); their formulas are in ops/ops.h ---- */

typedef struct gra_nn_cross_entropy_loss_options {
    int begin_;
    gra_reduction reduction; /* GRA_REDUCE_MEAN */
    int64_t ignore_index;    /* -100 */
    gra_tensor *weight;      /* NULL, or [C]: a buffer of the module */
    double label_smoothing;  /* 0 */
} gra_nn_cross_entropy_loss_options;

typedef struct gra_nn_nll_loss_options {
    int begin_;
    gra_tensor *weight;      /* NULL, or [C]: a buffer of the module */
    gra_reduction reduction; /* GRA_REDUCE_MEAN */
    int64_t ignore_index;    /* -100 */
} gra_nn_nll_loss_options;

typedef struct gra_nn_mse_loss_options {
    int begin_;
    gra_reduction reduction; /* GRA_REDUCE_MEAN */
} gra_nn_mse_loss_options;

typedef struct gra_nn_l1_loss_options {
    int begin_;
    gra_reduction reduction; /* GRA_REDUCE_MEAN */
} gra_nn_l1_loss_options;

typedef struct gra_nn_smooth_l1_loss_options {
    int begin_;
    gra_reduction reduction; /* GRA_REDUCE_MEAN */
    double beta;             /* 1 */
} gra_nn_smooth_l1_loss_options;

typedef struct gra_nn_huber_loss_options {
    int begin_;
    gra_reduction reduction; /* GRA_REDUCE_MEAN */
    double delta;            /* 1 */
} gra_nn_huber_loss_options;

typedef struct gra_nn_bce_loss_options {
    int begin_;
    gra_tensor *weight;      /* NULL, or what the terms are multiplied with: a buffer */
    gra_reduction reduction; /* GRA_REDUCE_MEAN */
} gra_nn_bce_loss_options;

typedef struct gra_nn_bce_with_logits_loss_options {
    int begin_;
    gra_tensor *weight;      /* NULL, or what the terms are multiplied with: a buffer */
    gra_reduction reduction; /* GRA_REDUCE_MEAN */
    gra_tensor *pos_weight;  /* NULL, or the weight of targets that are 1: a buffer */
} gra_nn_bce_with_logits_loss_options;

typedef struct gra_nn_kl_div_loss_options {
    int begin_;
    gra_reduction reduction; /* GRA_REDUCE_MEAN; the definition is GRA_REDUCE_BATCHMEAN */
    bool log_target;         /* false */
} gra_nn_kl_div_loss_options;

typedef struct gra_nn_poisson_nll_loss_options {
    int begin_;
    bool log_input;          /* true */
    bool full;               /* false */
    double eps;              /* 1e-8 */
    gra_reduction reduction; /* GRA_REDUCE_MEAN */
} gra_nn_poisson_nll_loss_options;

typedef struct gra_nn_soft_margin_loss_options {
    int begin_;
    gra_reduction reduction; /* GRA_REDUCE_MEAN */
} gra_nn_soft_margin_loss_options;

typedef struct gra_nn_hinge_embedding_loss_options {
    int begin_;
    double margin;           /* 1 */
    gra_reduction reduction; /* GRA_REDUCE_MEAN */
} gra_nn_hinge_embedding_loss_options;

typedef struct gra_nn_multi_margin_loss_options {
    int begin_;
    int64_t p;               /* 1 or 2; 1 */
    double margin;           /* 1 */
    gra_tensor *weight;      /* NULL, or [C]: a buffer of the module */
    gra_reduction reduction; /* GRA_REDUCE_MEAN */
} gra_nn_multi_margin_loss_options;

typedef struct gra_nn_multilabel_margin_loss_options {
    int begin_;
    gra_reduction reduction; /* GRA_REDUCE_MEAN */
} gra_nn_multilabel_margin_loss_options;

typedef struct gra_nn_multilabel_soft_margin_loss_options {
    int begin_;
    gra_tensor *weight;      /* NULL, or [C]: a buffer of the module */
    gra_reduction reduction; /* GRA_REDUCE_MEAN */
} gra_nn_multilabel_soft_margin_loss_options;

/* Of three tensors, called through gra_loss_three(module, a, b, c): input1, input2, target; the same;
 * input, target, var; anchor, positive, negative. */
typedef struct gra_nn_margin_ranking_loss_options {
    int begin_;
    double margin;           /* 0 */
    gra_reduction reduction; /* GRA_REDUCE_MEAN */
} gra_nn_margin_ranking_loss_options;

typedef struct gra_nn_cosine_embedding_loss_options {
    int begin_;
    double margin;           /* 0 */
    gra_reduction reduction; /* GRA_REDUCE_MEAN */
} gra_nn_cosine_embedding_loss_options;

typedef struct gra_nn_gaussian_nll_loss_options {
    int begin_;
    bool full;               /* false */
    double eps;              /* 1e-6 */
    gra_reduction reduction; /* GRA_REDUCE_MEAN */
} gra_nn_gaussian_nll_loss_options;

typedef struct gra_nn_triplet_margin_loss_options {
    int begin_;
    double margin;           /* 1 */
    double p;                /* 2 */
    double eps;              /* 1e-6 */
    bool swap;               /* false */
    gra_reduction reduction; /* GRA_REDUCE_MEAN */
} gra_nn_triplet_margin_loss_options;

gra_nn_cross_entropy_loss_options gra_nn_cross_entropy_loss_defaults(void);
gra_nn_nll_loss_options gra_nn_nll_loss_defaults(void);
gra_nn_mse_loss_options gra_nn_mse_loss_defaults(void);
gra_nn_l1_loss_options gra_nn_l1_loss_defaults(void);
gra_nn_smooth_l1_loss_options gra_nn_smooth_l1_loss_defaults(void);
gra_nn_huber_loss_options gra_nn_huber_loss_defaults(void);
gra_nn_bce_loss_options gra_nn_bce_loss_defaults(void);
gra_nn_bce_with_logits_loss_options gra_nn_bce_with_logits_loss_defaults(void);
gra_nn_kl_div_loss_options gra_nn_kl_div_loss_defaults(void);
gra_nn_poisson_nll_loss_options gra_nn_poisson_nll_loss_defaults(void);
gra_nn_soft_margin_loss_options gra_nn_soft_margin_loss_defaults(void);
gra_nn_hinge_embedding_loss_options gra_nn_hinge_embedding_loss_defaults(void);
gra_nn_multi_margin_loss_options gra_nn_multi_margin_loss_defaults(void);
gra_nn_multilabel_margin_loss_options gra_nn_multilabel_margin_loss_defaults(void);
gra_nn_multilabel_soft_margin_loss_options gra_nn_multilabel_soft_margin_loss_defaults(void);
gra_nn_margin_ranking_loss_options gra_nn_margin_ranking_loss_defaults(void);
gra_nn_cosine_embedding_loss_options gra_nn_cosine_embedding_loss_defaults(void);
gra_nn_gaussian_nll_loss_options gra_nn_gaussian_nll_loss_defaults(void);
gra_nn_triplet_margin_loss_options gra_nn_triplet_margin_loss_defaults(void);
gra_module *gra_nn_cross_entropy_loss_with(gra_nn_cross_entropy_loss_options options);
gra_module *gra_nn_nll_loss_with(gra_nn_nll_loss_options options);
gra_module *gra_nn_mse_loss_with(gra_nn_mse_loss_options options);
gra_module *gra_nn_l1_loss_with(gra_nn_l1_loss_options options);
gra_module *gra_nn_smooth_l1_loss_with(gra_nn_smooth_l1_loss_options options);
gra_module *gra_nn_huber_loss_with(gra_nn_huber_loss_options options);
gra_module *gra_nn_bce_loss_with(gra_nn_bce_loss_options options);
gra_module *gra_nn_bce_with_logits_loss_with(gra_nn_bce_with_logits_loss_options options);
gra_module *gra_nn_kl_div_loss_with(gra_nn_kl_div_loss_options options);
gra_module *gra_nn_poisson_nll_loss_with(gra_nn_poisson_nll_loss_options options);
gra_module *gra_nn_soft_margin_loss_with(gra_nn_soft_margin_loss_options options);
gra_module *gra_nn_hinge_embedding_loss_with(gra_nn_hinge_embedding_loss_options options);
gra_module *gra_nn_multi_margin_loss_with(gra_nn_multi_margin_loss_options options);
gra_module *gra_nn_multilabel_margin_loss_with(gra_nn_multilabel_margin_loss_options options);
gra_module *gra_nn_multilabel_soft_margin_loss_with(
    gra_nn_multilabel_soft_margin_loss_options options);
gra_module *gra_nn_margin_ranking_loss_with(gra_nn_margin_ranking_loss_options options);
gra_module *gra_nn_cosine_embedding_loss_with(gra_nn_cosine_embedding_loss_options options);
gra_module *gra_nn_gaussian_nll_loss_with(gra_nn_gaussian_nll_loss_options options);
gra_module *gra_nn_triplet_margin_loss_with(gra_nn_triplet_margin_loss_options options);

#ifndef __cplusplus
#define gra_sequential(...)                                                                        \
    gra_sequential_of((gra_module *const[]){__VA_ARGS__},                                          \
                      (int)(sizeof((gra_module *const[]){__VA_ARGS__}) / sizeof(gra_module *)))
#define gra_nn_conv2d(...)                                                                         \
    gra_nn_conv2d_with(GRA_KEYWORDS(gra_nn_conv2d_options, .stride = 1, .dilation = 1,             \
                                    .groups = 1, .bias = true, .padding_mode = "zeros",            \
                                    .begin_ = 0, __VA_ARGS__))
#define gra_nn_linear(...)                                                                         \
    gra_nn_linear_with(GRA_KEYWORDS(gra_nn_linear_options, .bias = true, .begin_ = 0, __VA_ARGS__))
#define gra_nn_batch_norm2d(...)                                                                   \
    gra_nn_batch_norm2d_with(                                                                      \
        GRA_KEYWORDS(gra_nn_batch_norm2d_options, .eps = 1e-5, .momentum = 0.1, .affine = true,    \
                     .track_running_stats = true, .bias = true, .begin_ = 0, __VA_ARGS__))
#define gra_nn_local_response_norm(...)                                                            \
    gra_nn_local_response_norm_with(GRA_KEYWORDS(gra_nn_local_response_norm_options,               \
                                                 .alpha = 1e-4, .beta = 0.75, .k = 1, .begin_ = 0, \
                                                 __VA_ARGS__))
#define gra_nn_conv1d(...)                                                                         \
    gra_nn_conv1d_with(GRA_KEYWORDS(gra_nn_conv1d_options, .stride = 1, .dilation = 1,             \
                                    .groups = 1, .bias = true, .padding_mode = "zeros",            \
                                    .begin_ = 0, __VA_ARGS__))
#define gra_nn_conv3d(...)                                                                         \
    gra_nn_conv3d_with(GRA_KEYWORDS(gra_nn_conv3d_options, .stride = 1, .dilation = 1,             \
                                    .groups = 1, .bias = true, .padding_mode = "zeros",            \
                                    .begin_ = 0, __VA_ARGS__))
#define gra_nn_conv_transpose2d(...)                                                               \
    gra_nn_conv_transpose2d_with(GRA_KEYWORDS(gra_nn_conv_transpose2d_options, .stride = 1,        \
                                              .groups = 1, .bias = true, .dilation = 1,            \
                                              .begin_ = 0, __VA_ARGS__))
#define gra_nn_locally_connected2d(...)                                                            \
    gra_nn_locally_connected2d_with(GRA_KEYWORDS(gra_nn_locally_connected2d_options, .stride = 1,  \
                                                 .dilation = 1, .bias = true, .begin_ = 0,         \
                                                 __VA_ARGS__))
#define gra_nn_max_unpool2d(...)                                                                   \
    gra_nn_max_unpool2d_with(GRA_KEYWORDS(gra_nn_max_unpool2d_options, .begin_ = 0, __VA_ARGS__))
#define gra_nn_lp_pool2d(...)                                                                      \
    gra_nn_lp_pool2d_with(GRA_KEYWORDS(gra_nn_lp_pool2d_options, .begin_ = 0, __VA_ARGS__))
#define gra_nn_adaptive_max_pool2d(...)                                                            \
    gra_nn_adaptive_max_pool2d_with(                                                               \
        GRA_KEYWORDS(gra_nn_adaptive_max_pool2d_options, .begin_ = 0, __VA_ARGS__))
#define gra_nn_avg_pool1d(...)                                                                     \
    gra_nn_avg_pool1d_with(GRA_KEYWORDS(gra_nn_avg_pool1d_options, .count_include_pad = true,      \
                                        .begin_ = 0, __VA_ARGS__))
#define gra_nn_max_pool1d(...)                                                                     \
    gra_nn_max_pool1d_with(                                                                        \
        GRA_KEYWORDS(gra_nn_max_pool1d_options, .dilation = 1, .begin_ = 0, __VA_ARGS__))
#define gra_nn_lp_pool1d(...)                                                                      \
    gra_nn_lp_pool1d_with(GRA_KEYWORDS(gra_nn_lp_pool1d_options, .begin_ = 0, __VA_ARGS__))
#define gra_nn_unfold(...)                                                                         \
    gra_nn_unfold_with(                                                                            \
        GRA_KEYWORDS(gra_nn_unfold_options, .dilation = 1, .stride = 1, .begin_ = 0, __VA_ARGS__))
#define gra_nn_fold(...)                                                                           \
    gra_nn_fold_with(                                                                              \
        GRA_KEYWORDS(gra_nn_fold_options, .dilation = 1, .stride = 1, .begin_ = 0, __VA_ARGS__))
#define gra_nn_upsample(...)                                                                       \
    gra_nn_upsample_with(GRA_KEYWORDS(gra_nn_upsample_options, .size = {&gra_shape_kind, 0, {0}},  \
                                      .mode = "nearest", .begin_ = 0, __VA_ARGS__))
#define gra_nn_adaptive_avg_pool1d(...)                                                            \
    gra_nn_adaptive_avg_pool1d_with(                                                               \
        GRA_KEYWORDS(gra_nn_adaptive_pool1d_options, .begin_ = 0, __VA_ARGS__))
#define gra_nn_adaptive_max_pool1d(...)                                                            \
    gra_nn_adaptive_max_pool1d_with(                                                               \
        GRA_KEYWORDS(gra_nn_adaptive_pool1d_options, .begin_ = 0, __VA_ARGS__))
#define gra_nn_zero_pad1d(...)                                                                     \
    gra_nn_zero_pad1d_with(GRA_KEYWORDS(gra_nn_pad_options, .begin_ = 0, __VA_ARGS__))
#define gra_nn_zero_pad3d(...)                                                                     \
    gra_nn_zero_pad3d_with(GRA_KEYWORDS(gra_nn_pad_options, .begin_ = 0, __VA_ARGS__))
#define gra_nn_constant_pad1d(...)                                                                 \
    gra_nn_constant_pad1d_with(GRA_KEYWORDS(gra_nn_pad_options, .begin_ = 0, __VA_ARGS__))
#define gra_nn_constant_pad2d(...)                                                                 \
    gra_nn_constant_pad2d_with(GRA_KEYWORDS(gra_nn_pad_options, .begin_ = 0, __VA_ARGS__))
#define gra_nn_constant_pad3d(...)                                                                 \
    gra_nn_constant_pad3d_with(GRA_KEYWORDS(gra_nn_pad_options, .begin_ = 0, __VA_ARGS__))
#define gra_nn_reflection_pad1d(...)                                                               \
    gra_nn_reflection_pad1d_with(GRA_KEYWORDS(gra_nn_pad_options, .begin_ = 0, __VA_ARGS__))
#define gra_nn_reflection_pad2d(...)                                                               \
    gra_nn_reflection_pad2d_with(GRA_KEYWORDS(gra_nn_pad_options, .begin_ = 0, __VA_ARGS__))
#define gra_nn_reflection_pad3d(...)                                                               \
    gra_nn_reflection_pad3d_with(GRA_KEYWORDS(gra_nn_pad_options, .begin_ = 0, __VA_ARGS__))
#define gra_nn_replication_pad1d(...)                                                              \
    gra_nn_replication_pad1d_with(GRA_KEYWORDS(gra_nn_pad_options, .begin_ = 0, __VA_ARGS__))
#define gra_nn_replication_pad2d(...)                                                              \
    gra_nn_replication_pad2d_with(GRA_KEYWORDS(gra_nn_pad_options, .begin_ = 0, __VA_ARGS__))
#define gra_nn_replication_pad3d(...)                                                              \
    gra_nn_replication_pad3d_with(GRA_KEYWORDS(gra_nn_pad_options, .begin_ = 0, __VA_ARGS__))
#define gra_nn_circular_pad1d(...)                                                                 \
    gra_nn_circular_pad1d_with(GRA_KEYWORDS(gra_nn_pad_options, .begin_ = 0, __VA_ARGS__))
#define gra_nn_circular_pad2d(...)                                                                 \
    gra_nn_circular_pad2d_with(GRA_KEYWORDS(gra_nn_pad_options, .begin_ = 0, __VA_ARGS__))
#define gra_nn_circular_pad3d(...)                                                                 \
    gra_nn_circular_pad3d_with(GRA_KEYWORDS(gra_nn_pad_options, .begin_ = 0, __VA_ARGS__))
#define gra_nn_adaptive_avg_pool2d(...)                                                            \
    gra_nn_adaptive_avg_pool2d_with(                                                               \
        GRA_KEYWORDS(gra_nn_adaptive_avg_pool2d_options, .begin_ = 0, __VA_ARGS__))
#define gra_nn_avg_pool2d(...)                                                                     \
    gra_nn_avg_pool2d_with(GRA_KEYWORDS(gra_nn_avg_pool2d_options, .count_include_pad = true,      \
                                        .begin_ = 0, __VA_ARGS__))
#define gra_nn_max_pool2d(...)                                                                     \
    gra_nn_max_pool2d_with(                                                                        \
        GRA_KEYWORDS(gra_nn_max_pool2d_options, .dilation = 1, .begin_ = 0, __VA_ARGS__))
#define gra_nn_relu(...)                                                                           \
    gra_nn_relu_with(GRA_KEYWORDS(gra_nn_relu_options, .begin_ = 0, __VA_ARGS__))
#define gra_nn_sigmoid(...)                                                                        \
    gra_nn_sigmoid_with(GRA_KEYWORDS(gra_nn_sigmoid_options, .begin_ = 0, __VA_ARGS__))
#define gra_nn_tanh(...)                                                                           \
    gra_nn_tanh_with(GRA_KEYWORDS(gra_nn_tanh_options, .begin_ = 0, __VA_ARGS__))
#define gra_nn_identity(...)                                                                       \
    gra_nn_identity_with(GRA_KEYWORDS(gra_nn_identity_options, .begin_ = 0, __VA_ARGS__))
#define gra_nn_dropout(...)                                                                        \
    gra_nn_dropout_with(GRA_KEYWORDS(gra_nn_dropout_options, .p = 0.5, .begin_ = 0, __VA_ARGS__))
#define gra_nn_dropout2d(...)                                                                      \
    gra_nn_dropout2d_with(                                                                         \
        GRA_KEYWORDS(gra_nn_dropout2d_options, .p = 0.5, .begin_ = 0, __VA_ARGS__))
#define gra_nn_zero_pad2d(...)                                                                     \
    gra_nn_zero_pad2d_with(GRA_KEYWORDS(gra_nn_zero_pad2d_options, .begin_ = 0, __VA_ARGS__))
#define gra_nn_flatten(...)                                                                        \
    gra_nn_flatten_with(GRA_KEYWORDS(gra_nn_flatten_options, .start_dim = 1, .end_dim = -1,        \
                                     .begin_ = 0, __VA_ARGS__))
#define gra_nn_reshape(...) gra_nn_reshape_with(GRA_SHAPE(__VA_ARGS__))
#define gra_nn_batch_norm1d(...)                                                                   \
    gra_nn_batch_norm1d_with(                                                                      \
        GRA_KEYWORDS(gra_nn_batch_norm1d_options, .eps = 1e-5, .momentum = 0.1, .affine = true,    \
                     .track_running_stats = true, .bias = true, .begin_ = 0, __VA_ARGS__))
#define gra_nn_batch_norm3d(...)                                                                   \
    gra_nn_batch_norm3d_with(                                                                      \
        GRA_KEYWORDS(gra_nn_batch_norm3d_options, .eps = 1e-5, .momentum = 0.1, .affine = true,    \
                     .track_running_stats = true, .bias = true, .begin_ = 0, __VA_ARGS__))
#define gra_nn_instance_norm1d(...)                                                                \
    gra_nn_instance_norm1d_with(GRA_KEYWORDS(gra_nn_instance_norm1d_options, .eps = 1e-5,          \
                                             .momentum = 0.1, .bias = true, .begin_ = 0,           \
                                             __VA_ARGS__))
#define gra_nn_instance_norm2d(...)                                                                \
    gra_nn_instance_norm2d_with(GRA_KEYWORDS(gra_nn_instance_norm2d_options, .eps = 1e-5,          \
                                             .momentum = 0.1, .bias = true, .begin_ = 0,           \
                                             __VA_ARGS__))
#define gra_nn_instance_norm3d(...)                                                                \
    gra_nn_instance_norm3d_with(GRA_KEYWORDS(gra_nn_instance_norm3d_options, .eps = 1e-5,          \
                                             .momentum = 0.1, .bias = true, .begin_ = 0,           \
                                             __VA_ARGS__))
#define gra_nn_layer_norm(...)                                                                     \
    gra_nn_layer_norm_with(GRA_KEYWORDS(gra_nn_layer_norm_options, .eps = 1e-5,                    \
                                        .elementwise_affine = true, .bias = true, .begin_ = 0,     \
                                        __VA_ARGS__))
#define gra_nn_group_norm(...)                                                                     \
    gra_nn_group_norm_with(GRA_KEYWORDS(gra_nn_group_norm_options, .eps = 1e-5, .affine = true,    \
                                        .bias = true, .begin_ = 0, __VA_ARGS__))
#define gra_nn_dropout1d(...)                                                                      \
    gra_nn_dropout1d_with(                                                                         \
        GRA_KEYWORDS(gra_nn_dropout1d_options, .p = 0.5, .begin_ = 0, __VA_ARGS__))
#define gra_nn_dropout3d(...)                                                                      \
    gra_nn_dropout3d_with(                                                                         \
        GRA_KEYWORDS(gra_nn_dropout3d_options, .p = 0.5, .begin_ = 0, __VA_ARGS__))
#define gra_nn_alpha_dropout(...)                                                                  \
    gra_nn_alpha_dropout_with(                                                                     \
        GRA_KEYWORDS(gra_nn_alpha_dropout_options, .p = 0.5, .begin_ = 0, __VA_ARGS__))
#define gra_nn_feature_alpha_dropout(...)                                                          \
    gra_nn_feature_alpha_dropout_with(                                                             \
        GRA_KEYWORDS(gra_nn_feature_alpha_dropout_options, .p = 0.5, .begin_ = 0, __VA_ARGS__))
#define gra_nn_cross_entropy_loss(...)                                                             \
    gra_nn_cross_entropy_loss_with(GRA_KEYWORDS(gra_nn_cross_entropy_loss_options,                 \
                                                .ignore_index = -100, .begin_ = 0, __VA_ARGS__))
#define gra_nn_nll_loss(...)                                                                       \
    gra_nn_nll_loss_with(                                                                          \
        GRA_KEYWORDS(gra_nn_nll_loss_options, .ignore_index = -100, .begin_ = 0, __VA_ARGS__))
#define gra_nn_mse_loss(...)                                                                       \
    gra_nn_mse_loss_with(GRA_KEYWORDS(gra_nn_mse_loss_options, .begin_ = 0, __VA_ARGS__))
#define gra_nn_l1_loss(...)                                                                        \
    gra_nn_l1_loss_with(GRA_KEYWORDS(gra_nn_l1_loss_options, .begin_ = 0, __VA_ARGS__))
#define gra_nn_smooth_l1_loss(...)                                                                 \
    gra_nn_smooth_l1_loss_with(                                                                    \
        GRA_KEYWORDS(gra_nn_smooth_l1_loss_options, .beta = 1, .begin_ = 0, __VA_ARGS__))
#define gra_nn_huber_loss(...)                                                                     \
    gra_nn_huber_loss_with(                                                                        \
        GRA_KEYWORDS(gra_nn_huber_loss_options, .delta = 1, .begin_ = 0, __VA_ARGS__))
#define gra_nn_bce_loss(...)                                                                       \
    gra_nn_bce_loss_with(GRA_KEYWORDS(gra_nn_bce_loss_options, .begin_ = 0, __VA_ARGS__))
#define gra_nn_bce_with_logits_loss(...)                                                           \
    gra_nn_bce_with_logits_loss_with(                                                              \
        GRA_KEYWORDS(gra_nn_bce_with_logits_loss_options, .begin_ = 0, __VA_ARGS__))
#define gra_nn_kl_div_loss(...)                                                                    \
    gra_nn_kl_div_loss_with(GRA_KEYWORDS(gra_nn_kl_div_loss_options, .begin_ = 0, __VA_ARGS__))
#define gra_nn_poisson_nll_loss(...)                                                               \
    gra_nn_poisson_nll_loss_with(GRA_KEYWORDS(gra_nn_poisson_nll_loss_options, .log_input = true,  \
                                              .eps = 1e-8, .begin_ = 0, __VA_ARGS__))
#define gra_nn_soft_margin_loss(...)                                                               \
    gra_nn_soft_margin_loss_with(                                                                  \
        GRA_KEYWORDS(gra_nn_soft_margin_loss_options, .begin_ = 0, __VA_ARGS__))
#define gra_nn_hinge_embedding_loss(...)                                                           \
    gra_nn_hinge_embedding_loss_with(                                                              \
        GRA_KEYWORDS(gra_nn_hinge_embedding_loss_options, .margin = 1, .begin_ = 0, __VA_ARGS__))
#define gra_nn_multi_margin_loss(...)                                                              \
    gra_nn_multi_margin_loss_with(GRA_KEYWORDS(gra_nn_multi_margin_loss_options, .p = 1,           \
                                               .margin = 1, .begin_ = 0, __VA_ARGS__))
#define gra_nn_multilabel_margin_loss(...)                                                         \
    gra_nn_multilabel_margin_loss_with(                                                            \
        GRA_KEYWORDS(gra_nn_multilabel_margin_loss_options, .begin_ = 0, __VA_ARGS__))
#define gra_nn_multilabel_soft_margin_loss(...)                                                    \
    gra_nn_multilabel_soft_margin_loss_with(                                                       \
        GRA_KEYWORDS(gra_nn_multilabel_soft_margin_loss_options, .begin_ = 0, __VA_ARGS__))
#define gra_nn_margin_ranking_loss(...)                                                            \
    gra_nn_margin_ranking_loss_with(                                                               \
        GRA_KEYWORDS(gra_nn_margin_ranking_loss_options, .begin_ = 0, __VA_ARGS__))
#define gra_nn_cosine_embedding_loss(...)                                                          \
    gra_nn_cosine_embedding_loss_with(                                                             \
        GRA_KEYWORDS(gra_nn_cosine_embedding_loss_options, .begin_ = 0, __VA_ARGS__))
#define gra_nn_gaussian_nll_loss(...)                                                              \
    gra_nn_gaussian_nll_loss_with(                                                                 \
        GRA_KEYWORDS(gra_nn_gaussian_nll_loss_options, .eps = 1e-6, .begin_ = 0, __VA_ARGS__))
#define gra_nn_triplet_margin_loss(...)                                                            \
    gra_nn_triplet_margin_loss_with(GRA_KEYWORDS(gra_nn_triplet_margin_loss_options, .margin = 1,  \
                                                 .p = 2, .eps = 1e-6, .begin_ = 0, __VA_ARGS__))
#endif

GRA_END_DECLS

#endif
