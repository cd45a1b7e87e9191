/* conv1d.c - the convolution layer of sequences. */
#include "core/error.h"
#include "nn/conv_layer.h"
#include "nn/layers.h"
#include "ops/window.h"

static gra_tensor *forward(gra_module *self, gra_tensor *x)
{
    const gra__conv_layer *const c = gra_module_data(self);
    int64_t padding;
    gra_conv1d_options o = gra_conv1d_defaults();
    o.padding = gra__conv_layer_op_padding(c, &padding);
    o.padding = o.padding ? o.padding : padding;
    o.input = gra__conv_layer_pad(c, x);
    o.weight = c->own.weight;
    o.bias = c->own.bias;
    o.stride = c->stride[0];
    o.dilation = c->dilation[0];
    o.groups = c->groups;
    o.flip_kernel = c->flip_kernel;
    return gra_conv1d_with(o);
}

static const gra_module_class conv1d_class = {
    .name = "Conv1d",
    .forward = forward,
    .describe = gra__conv_layer_describe,
    .count = gra__conv_layer_count,
};

gra_nn_conv1d_options gra_nn_conv1d_defaults(void)
{
    return (gra_nn_conv1d_options){
        .stride = 1, .dilation = 1, .groups = 1, .bias = true, .padding_mode = "zeros"};
}

gra_module *gra_nn_conv1d_with(gra_nn_conv1d_options o)
{
    const char *const name = conv1d_class.name;
    gra__conv_layer c = {.dims = 1,
                         .in_channels = o.in_channels,
                         .out_channels = o.out_channels,
                         .groups = o.groups,
                         .kernel = {o.kernel_size},
                         .stride = {o.stride},
                         .dilation = {o.dilation},
                         .flip_kernel = o.flip_kernel,
                         .padding_mode = o.padding_mode};
    c.padding[0] = gra__conv_layer_padding(&c, o.padding);
    if (gra_error() || !gra__in_range(name, "kernel_size", c.kernel[0], 1) ||
        !gra__in_range(name, "stride", c.stride[0], 1) ||
        !gra__in_range(name, "padding", c.padding[0], 0) ||
        !gra__in_range(name, "dilation", c.dilation[0], 1) || !gra__conv_layer_check(name, &c))
        return NULL;
    return gra__conv_layer_new(&conv1d_class, &c, o.bias);
}
