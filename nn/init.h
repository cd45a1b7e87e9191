/* init.h - first values for weights, as torch.nn.init.
 *
 *     gra_init_kaiming_normal_(gra_module_parameter(net, "0.weight"), .mode = GRA_FAN_OUT,
 *                              .nonlinearity = GRA_GAIN_RELU);
 *
 *     static gra_tensor *glorot(gra_tensor *w) { return gra_init_xavier_uniform_(w); }
 *
 *     gra_init_weights(net, glorot);             every Conv2d and Linear; biases 0
 *
 * All overwrite a floating-point tensor, are not recorded and return it.  With w [out, in, ...] and
 * r the product of the dims after the second, fan in is in * r and fan out is out * r.  Xavier:
 * Glorot and Bengio, AISTATS 2010; Kaiming: He et al., ICCV 2015.  NULL in gives NULL out.
 * May include: core, ops, autograd.
 */
#ifndef GRA_NN_INIT_H
#define GRA_NN_INIT_H

#include "module.h"

GRA_BEGIN_DECLS

gra_tensor *gra_init_uniform_(gra_tensor *t, double low, double high); /* [low, high) */
gra_tensor *gra_init_normal_(gra_tensor *t, double mean, double deviation);
gra_tensor *gra_init_constant_(gra_tensor *t, double value);
gra_tensor *gra_init_zeros_(gra_tensor *t);
gra_tensor *gra_init_ones_(gra_tensor *t);

/* What keeps the variance of a layer's outputs through a nonlinearity: 1, 1, 1, 5/3, sqrt 2,
 * sqrt(2 / (1 + slope^2)) and 3/4. */
typedef enum gra_nonlinearity {
    GRA_GAIN_LEAKY_RELU,
    GRA_GAIN_LINEAR,
    GRA_GAIN_CONV,
    GRA_GAIN_SIGMOID,
    GRA_GAIN_TANH,
    GRA_GAIN_RELU,
    GRA_GAIN_SELU,
} gra_nonlinearity;

/* slope: of leaky ReLU below 0; PyTorch's default is 0.01. NaN with an error for an unknown one. */
double gra_calculate_gain(gra_nonlinearity nonlinearity, double slope);

typedef struct gra_init_xavier_options {
    int begin_;
    gra_tensor *tensor; /* at least two dims */
    double gain;        /* 1 */
} gra_init_xavier_options;

typedef enum gra_fan { GRA_FAN_IN, GRA_FAN_OUT } gra_fan;

typedef struct gra_init_kaiming_options {
    int begin_;
    gra_tensor *tensor;            /* at least two dims */
    double a;                      /* 0: slope of the leaky ReLU */
    gra_fan mode;                  /* GRA_FAN_IN */
    gra_nonlinearity nonlinearity; /* GRA_GAIN_LEAKY_RELU */
} gra_init_kaiming_options;

gra_init_xavier_options gra_init_xavier_defaults(void);
gra_init_kaiming_options gra_init_kaiming_defaults(void);

/* Deviation s; uniform ones lie in +-s sqrt 3.  Xavier: s = gain sqrt(2 / (fan in + fan out)).
 * Kaiming: s = gain / sqrt(fan), gain of the nonlinearity. */
gra_tensor *gra_init_xavier_uniform_with(gra_init_xavier_options options);
gra_tensor *gra_init_xavier_normal_with(gra_init_xavier_options options);
gra_tensor *gra_init_kaiming_uniform_with(gra_init_kaiming_options options);
gra_tensor *gra_init_kaiming_normal_with(gra_init_kaiming_options options);

/* Calls fill with the weight of every Conv2d and Linear in m and sets their biases to 0. Returns m,
 * or NULL with an error. */
gra_module *gra_init_weights(gra_module *m, gra_tensor *(*fill)(gra_tensor *weight));

#ifndef __cplusplus
#define gra_init_xavier_uniform_(...)                                                              \
    gra_init_xavier_uniform_with(                                                                  \
        GRA_KEYWORDS(gra_init_xavier_options, .gain = 1, .begin_ = 0, __VA_ARGS__))
#define gra_init_xavier_normal_(...)                                                               \
    gra_init_xavier_normal_with(                                                                   \
        GRA_KEYWORDS(gra_init_xavier_options, .gain = 1, .begin_ = 0, __VA_ARGS__))
#define gra_init_kaiming_uniform_(...)                                                             \
    gra_init_kaiming_uniform_with(GRA_KEYWORDS(gra_init_kaiming_options, .begin_ = 0, __VA_ARGS__))
#define gra_init_kaiming_normal_(...)                                                              \
    gra_init_kaiming_normal_with(GRA_KEYWORDS(gra_init_kaiming_options, .begin_ = 0, __VA_ARGS__))
#endif

GRA_END_DECLS

#endif
