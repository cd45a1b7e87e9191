/* conv_transpose2d.c - the layer of the transposed convolution.
 *
 * Cost of a call: each pixel of the input is multiplied with out_channels / groups R S weights for each of
 * its channels.
 */
#include "core/error.h"
#include "core/shape_check.h"
#include "nn/conv_layer.h"
#include "nn/layers.h"
#include "ops/window.h"

typedef struct conv_transpose2d {
    gra__weights own;
    int64_t in_channels, out_channels;
    gra_conv_transpose2d_options op; /* with its tuples filled in */
    int64_t kernel[2];
} conv_transpose2d;

static gra_tensor *forward(gra_module *self, gra_tensor *x)
{
    const conv_transpose2d *const c = gra_module_data(self);
    gra_conv_transpose2d_options o = c->op;
    o.input = x;
    o.weight = c->own.weight;
    o.bias = c->own.bias;
    return gra_conv_transpose2d_with(o);
}

static void describe(const gra_module *self, FILE *text)
{
    const conv_transpose2d *const c = gra_module_data(self);
    const gra_conv_transpose2d_options *const o = &c->op;
    fprintf(text, "%lld, %lld", (long long)c->in_channels, (long long)c->out_channels);
    gra__write_tuple(text, "kernel_size", c->kernel, 2);
    gra__write_tuple(text, "stride", o->stride_hw, 2);
    if (o->padding_hw[0] || o->padding_hw[1])
        gra__write_tuple(text, "padding", o->padding_hw, 2);
    if (o->dilation_hw[0] != 1 || o->dilation_hw[1] != 1)
        gra__write_tuple(text, "dilation", o->dilation_hw, 2);
    if (o->output_padding_hw[0] || o->output_padding_hw[1])
        gra__write_tuple(text, "output_padding", o->output_padding_hw, 2);
    if (o->groups != 1)
        fprintf(text, ", groups=%lld", (long long)o->groups);
    if (!c->own.bias)
        fputs(", bias=False", text);
}

static void count(const gra_module *self, gra_shape input, gra_shape output, gra_cost *cost)
{
    const conv_transpose2d *const c = gra_module_data(self);
    const int64_t products =
        gra__numel(&input) * (c->out_channels / c->op.groups) * c->kernel[0] * c->kernel[1];
    cost->multiply_adds += products;
    cost->connections += products + (c->own.bias ? gra__numel(&output) : 0);
}

static const gra_module_class conv_transpose2d_class = {
    .name = "ConvTranspose2d",
    .forward = forward,
    .describe = describe,
    .count = count,
};

gra_nn_conv_transpose2d_options gra_nn_conv_transpose2d_defaults(void)
{
    return (gra_nn_conv_transpose2d_options){.stride = 1, .groups = 1, .bias = true, .dilation = 1};
}

static bool output_padding_fits(const char *name, const gra_conv_transpose2d_options *o)
{
    for (int i = 0; i < 2; i++)
        if (o->output_padding_hw[i] >= o->stride_hw[i] &&
            o->output_padding_hw[i] >= o->dilation_hw[i]) {
            gra_fail("%s: output_padding %lld is too large; less than the stride %lld or the "
                     "dilation %lld is needed",
                     name, (long long)o->output_padding_hw[i], (long long)o->stride_hw[i],
                     (long long)o->dilation_hw[i]);
            return false;
        }
    return true;
}

static bool check(const gra_nn_conv_transpose2d_options *o, conv_transpose2d *c)
{
    const char *const name = conv_transpose2d_class.name;
    gra_conv_transpose2d_options *const op = &c->op;
    gra__conv_layer channels = {.in_channels = o->in_channels,
                                .out_channels = o->out_channels,
                                .groups = o->groups,
                                .padding_mode = "zeros"};
    *c = (conv_transpose2d){.in_channels = o->in_channels,
                            .out_channels = o->out_channels,
                            .op = gra_conv_transpose2d_defaults()};
    op->groups = o->groups;
    return gra__conv_layer_check(name, &channels) &&
           gra__pair(name, "kernel_size", o->kernel_size, 0, o->kernel_size_hw, 1, c->kernel) &&
           gra__pair(name, "stride", o->stride, 1, o->stride_hw, 1, op->stride_hw) &&
           gra__pair(name, "padding", o->padding, 0, o->padding_hw, 0, op->padding_hw) &&
           gra__pair(name, "output_padding", o->output_padding, 0, o->output_padding_hw, 0,
                     op->output_padding_hw) &&
           gra__pair(name, "dilation", o->dilation, 1, o->dilation_hw, 1, op->dilation_hw) &&
           output_padding_fits(name, op);
}

gra_module *gra_nn_conv_transpose2d_with(gra_nn_conv_transpose2d_options o)
{
    conv_transpose2d checked;
    if (gra_error() || !check(&o, &checked))
        return NULL;
    gra_module *const self = gra__layer(&conv_transpose2d_class, &checked, sizeof checked);
    conv_transpose2d *const c = gra_module_data(self);
    if (!c)
        return NULL;
    const gra_shape shape =
        GRA_SHAPE(o.in_channels, o.out_channels / o.groups, c->kernel[0], c->kernel[1]);
    const gra_shape bias = GRA_SHAPE(o.out_channels);
    c->own = gra__add_weights_of(self, shape, o.bias ? &bias : NULL,
                                 shape.size[1] * shape.size[2] * shape.size[3]);
    return gra_module_finish(self);
}
