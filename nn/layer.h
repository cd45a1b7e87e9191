/* layer.h - what the ready-made modules share, and the classes that other files look for. */
#ifndef GRA_NN_LAYER_H
#define GRA_NN_LAYER_H

#include "nn/module.h"

extern const gra_module_class gra__conv2d_class, gra__linear_class, gra__relu_class,
    gra__max_pool2d_class;

/* A convolution layer with the rectifier that follows it, and with the maximum pooling behind that,
 * where both can run as one. */
gra_tensor *gra__conv2d_relu_forward(gra_module *const *modules, gra_tensor *x);
gra_tensor *gra__conv2d_relu_pool_forward(gra_module *const *modules, gra_tensor *x);
bool gra__conv2d_relu_pool_fits(gra_module *const *modules, gra_tensor *x);

/* What ScaledTanh computes: amplitude tanh(slope x). */
gra_tensor *gra__scaled_tanh(gra_tensor *x, double amplitude, double slope);

/* A module whose data is a copy of size bytes. */
gra_module *gra__layer(const gra_module_class *type, const void *data, size_t size);

/* A layer's tensors, which belong to the module. */
typedef struct gra__weights {
    gra_tensor *weight; /* [out, ...] */
    gra_tensor *bias;   /* [out], or NULL */
} gra__weights;

/* Gives m a "weight" of a shape and, if asked for, a "bias" of its first size, both uniform in
 * +-1/sqrt(fan in), fan in being the product of the other sizes.  For the weights that is PyTorch's
 * kaiming_uniform_(a = sqrt 5): its bound is sqrt(6 / ((1 + 5) fan in)). */
gra__weights gra__add_weights(gra_module *m, gra_shape shape, bool has_bias);

/* The same with a bias of any shape, or NULL for none, and a given fan in. */
gra__weights gra__add_weights_of(gra_module *m, gra_shape weight, const gra_shape *bias,
                                 int64_t fan_in);

/* Until it is called with false, the weights of the thread's new layers are left as their memory was,
 * for a model that overwrites them or that is only counted. Returns what was set before. */
bool gra__skip_init(bool skip);

/* Whether a number of channels or features is at least 1; an error that names the module if not. */
bool gra__check_positive(const char *type, const char *name, int64_t value);

/* Writes "name=2" or, where both differ, "name=(2, 3)". */
void gra__write_pair(FILE *text, const char *name, const int64_t pair[2]);

/* Writes a number as Python does: "0.75", "1e-05", "1.0". */
void gra__write_float(FILE *text, double value);

#endif
