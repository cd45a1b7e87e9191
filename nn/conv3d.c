/* conv3d.c - the convolution layer of volumes. */
#include <string.h>

#include "core/error.h"
#include "nn/conv_layer.h"
#include "nn/layers.h"
#include "ops/window.h"

static gra_tensor *forward(gra_module *self, gra_tensor *x)
{
    const gra__conv_layer *const c = gra_module_data(self);
    gra_conv3d_options o = gra_conv3d_defaults();
    o.padding = gra__conv_layer_op_padding(c, o.padding_dhw);
    o.input = gra__conv_layer_pad(c, x);
    o.weight = c->own.weight;
    o.bias = c->own.bias;
    o.groups = c->groups;
    memcpy(o.stride_dhw, c->stride, sizeof o.stride_dhw);
    memcpy(o.dilation_dhw, c->dilation, sizeof o.dilation_dhw);
    return gra_conv3d_with(o);
}

static const gra_module_class conv3d_class = {
    .name = "Conv3d",
    .forward = forward,
    .describe = gra__conv_layer_describe,
    .count = gra__conv_layer_count,
};

gra_nn_conv3d_options gra_nn_conv3d_defaults(void)
{
    return (gra_nn_conv3d_options){
        .stride = 1, .dilation = 1, .groups = 1, .bias = true, .padding_mode = "zeros"};
}

gra_module *gra_nn_conv3d_with(gra_nn_conv3d_options o)
{
    const char *const name = conv3d_class.name;
    gra__conv_layer c = {.dims = 3,
                         .in_channels = o.in_channels,
                         .out_channels = o.out_channels,
                         .groups = o.groups,
                         .padding_mode = o.padding_mode};
    const int64_t padding = gra__conv_layer_padding(&c, o.padding);
    if (gra_error() ||
        !gra__triple(name, "kernel_size", o.kernel_size, 0, o.kernel_size_dhw, 1, c.kernel) ||
        !gra__triple(name, "stride", o.stride, 1, o.stride_dhw, 1, c.stride) ||
        !gra__triple(name, "padding", padding, 0, o.padding_dhw, 0, c.padding) ||
        !gra__triple(name, "dilation", o.dilation, 1, o.dilation_dhw, 1, c.dilation) ||
        !gra__conv_layer_check(name, &c))
        return NULL;
    return gra__conv_layer_new(&conv3d_class, &c, o.bias);
}
