/* conv_layer.h - what the convolution layers of one, two and three dims share.
 *
 * Their padding is the op's where it is of zeros; otherwise the input is padded first, as padding_mode says.
 */
#ifndef GRA_NN_CONV_LAYER_H
#define GRA_NN_CONV_LAYER_H

#include "nn/layer.h"
#include "ops/ops.h"

typedef struct gra__conv_layer {
    gra__weights own;
    int dims; /* behind the channels */
    int64_t in_channels, out_channels, groups;
    int64_t kernel[3], stride[3], padding[3], dilation[3]; /* of each dim, the last one last */
    bool same;                                             /* a padding of GRA_SAME */
    bool flip_kernel;                                      /* the textbook's convolution */
    const char *padding_mode; /* "zeros", "reflect", "replicate" or "circular" */
} gra__conv_layer;

/* Whether channels, groups, stride and padding_mode agree, which it replaces by a text that stays; an error
 * that names the module if not. The tuples are filled in already, padding as it was given. */
bool gra__conv_layer_check(const char *name, gra__conv_layer *c);

/* Takes GRA_SAME out of a padding: what is to be checked as a number. */
int64_t gra__conv_layer_padding(gra__conv_layer *c, int64_t padding);

/* x, padded where the op does not do it; and what the op is to pad: GRA_SAME, or 0 where the numbers that
 * gra__conv_layer_op_padding writes are meant. */
gra_tensor *gra__conv_layer_pad(const gra__conv_layer *c, gra_tensor *x);
int64_t gra__conv_layer_op_padding(const gra__conv_layer *c, int64_t *padding);

/* Whether all padding is the op's, in numbers. */
bool gra__conv_layer_is_plain(const gra__conv_layer *c);

/* PyTorch's text, and the cost of a call: each output adds up C / groups times the taps. */
void gra__conv_layer_describe(const gra_module *self, FILE *text);
void gra__conv_layer_count(const gra_module *self, gra_shape input, gra_shape output,
                           gra_cost *cost);

/* A module with the weights of c, [K, C / groups, taps]. */
gra_module *gra__conv_layer_new(const gra_module_class *type, const gra__conv_layer *c, bool bias);

/* Writes ", name=(1, 2)", or ", name=(1,)" for one number. */
void gra__write_tuple(FILE *text, const char *name, const int64_t *values, int count);

#endif
