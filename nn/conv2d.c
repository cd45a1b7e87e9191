/* conv2d.c - the convolution layer.
 *
 * Cost of a call: each of the N K P Q outputs adds up C / groups R S products, and uses as many
 * weights and one bias.
 */
#include <string.h>

#include "core/derived.h"
#include "core/error.h"
#include "nn/conv_layer.h"
#include "nn/layers.h"
#include "ops/conv2d_max_pool2d.h"
#include "ops/window.h"

static gra_conv2d_options options(const gra_module *self, gra_tensor *x, gra_activation activation)
{
    const gra__conv_layer *const c = gra_module_data(self);
    gra_conv2d_options o = gra_conv2d_defaults();
    o.padding = gra__conv_layer_op_padding(c, o.padding_hw);
    o.input = gra__conv_layer_pad(c, x);
    o.weight = c->own.weight;
    o.bias = c->own.bias;
    o.groups = c->groups;
    o.activation = activation;
    o.flip_kernel = c->flip_kernel;
    memcpy(o.stride_hw, c->stride, sizeof o.stride_hw);
    memcpy(o.dilation_hw, c->dilation, sizeof o.dilation_hw);
    return o;
}

static gra_tensor *forward(gra_module *self, gra_tensor *x)
{
    return gra_conv2d_with(options(self, x, GRA_NO_ACTIVATION));
}

gra_tensor *gra__conv2d_relu_forward(gra_module *const *modules, gra_tensor *x)
{
    return gra_conv2d_with(options(modules[0], x, GRA_RELU));
}

gra_tensor *gra__conv2d_relu_pool_forward(gra_module *const *modules, gra_tensor *x)
{
    const gra_max_pool2d_options *const pool = gra_module_data(modules[2]);
    return gra__conv2d_max_pool2d(options(modules[0], x, GRA_RELU), *pool);
}

bool gra__conv2d_relu_pool_fits(gra_module *const *modules, gra_tensor *x)
{
    const gra_max_pool2d_options *const pool = gra_module_data(modules[2]);
    return gra__conv_layer_is_plain(gra_module_data(modules[0])) &&
           gra__conv2d_max_pool2d_fits(options(modules[0], x, GRA_RELU), *pool);
}

const gra_module_class gra__conv2d_class = {
    .name = "Conv2d",
    .forward = forward,
    .describe = gra__conv_layer_describe,
    .count = gra__conv_layer_count,
};

gra_nn_conv2d_options gra_nn_conv2d_defaults(void)
{
    return (gra_nn_conv2d_options){
        .stride = 1, .dilation = 1, .groups = 1, .bias = true, .padding_mode = "zeros"};
}

/* Fills c but for its weights. */
static bool check(const gra_nn_conv2d_options *o, gra__conv_layer *c)
{
    const char *const name = gra__conv2d_class.name;
    *c = (gra__conv_layer){.dims = 2,
                           .in_channels = o->in_channels,
                           .out_channels = o->out_channels,
                           .groups = o->groups,
                           .flip_kernel = o->flip_kernel,
                           .padding_mode = o->padding_mode};
    const int64_t padding = gra__conv_layer_padding(c, o->padding);
    return gra__check_positive(name, "in_channels", o->in_channels) &&
           gra__check_positive(name, "out_channels", o->out_channels) &&
           gra__check_positive(name, "groups", o->groups) &&
           gra__pair(name, "kernel_size", o->kernel_size, 0, o->kernel_size_hw, 1, c->kernel) &&
           gra__pair(name, "stride", o->stride, 1, o->stride_hw, 1, c->stride) &&
           gra__pair(name, "padding", padding, 0, o->padding_hw, 0, c->padding) &&
           gra__pair(name, "dilation", o->dilation, 1, o->dilation_hw, 1, c->dilation) &&
           gra__conv_layer_check(name, c);
}

gra_module *gra_nn_conv2d_with(gra_nn_conv2d_options o)
{
    gra__conv_layer checked;
    if (gra_error() || !check(&o, &checked))
        return NULL;
    gra_module *const self = gra__conv_layer_new(&gra__conv2d_class, &checked, o.bias);
    const gra__conv_layer *const c = gra_module_data(self);
    if (c && o.cache_weights)
        gra__keep_derived(c->own.weight);
    return gra_module_finish(self);
}
