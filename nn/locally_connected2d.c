/* locally_connected2d.c - the layer of a convolution whose pixels share no weights.
 *
 * Cost of a call: as a convolution's, but each weight is used once for an image.
 */
#include "core/error.h"
#include "core/shape_check.h"
#include "nn/conv_layer.h"
#include "nn/layers.h"
#include "ops/window.h"

typedef struct locally_connected2d {
    gra__weights own;
    int64_t in_channels, out_channels;
    int64_t input[2], output[2], kernel[2]; /* height, width */
    int64_t stride[2], padding[2], dilation[2];
} locally_connected2d;

static gra_tensor *forward(gra_module *self, gra_tensor *x)
{
    const locally_connected2d *const c = gra_module_data(self);
    gra_locally_connected2d_options o = gra_locally_connected2d_defaults();
    o.input = x;
    o.weight = c->own.weight;
    o.bias = c->own.bias;
    for (int i = 0; i < 2; i++) {
        o.stride_hw[i] = c->stride[i];
        o.padding_hw[i] = c->padding[i];
        o.dilation_hw[i] = c->dilation[i];
    }
    return gra_locally_connected2d_with(o);
}

static void describe(const gra_module *self, FILE *text)
{
    const locally_connected2d *const c = gra_module_data(self);
    fprintf(text, "%lld, %lld", (long long)c->in_channels, (long long)c->out_channels);
    gra__write_tuple(text, "input_size", c->input, 2);
    gra__write_tuple(text, "kernel_size", c->kernel, 2);
    gra__write_tuple(text, "stride", c->stride, 2);
    if (c->padding[0] || c->padding[1])
        gra__write_tuple(text, "padding", c->padding, 2);
    if (c->dilation[0] != 1 || c->dilation[1] != 1)
        gra__write_tuple(text, "dilation", c->dilation, 2);
    if (!c->own.bias)
        fputs(", bias=False", text);
}

static void count(const gra_module *self, gra_shape input, gra_shape output, gra_cost *cost)
{
    (void)input;
    const locally_connected2d *const c = gra_module_data(self);
    const int64_t taps = c->in_channels * c->kernel[0] * c->kernel[1];
    cost->multiply_adds += gra__numel(&output) * taps;
    cost->connections += gra__numel(&output) * (taps + (c->own.bias ? 1 : 0));
}

static const gra_module_class locally_connected2d_class = {
    .name = "LocallyConnected2d",
    .forward = forward,
    .describe = describe,
    .count = count,
};

gra_nn_locally_connected2d_options gra_nn_locally_connected2d_defaults(void)
{
    return (gra_nn_locally_connected2d_options){.stride = 1, .dilation = 1, .bias = true};
}

/* Fills c but for its weights. */
static bool check(const gra_nn_locally_connected2d_options *o, locally_connected2d *c)
{
    const char *const name = locally_connected2d_class.name;
    *c = (locally_connected2d){.in_channels = o->in_channels, .out_channels = o->out_channels};
    if (!gra__check_positive(name, "in_channels", o->in_channels) ||
        !gra__check_positive(name, "out_channels", o->out_channels) ||
        !gra__pair(name, "input_size", o->input_size, 0, o->input_size_hw, 1, c->input) ||
        !gra__pair(name, "kernel_size", o->kernel_size, 0, o->kernel_size_hw, 1, c->kernel) ||
        !gra__pair(name, "stride", o->stride, 1, o->stride_hw, 1, c->stride) ||
        !gra__pair(name, "padding", o->padding, 0, o->padding_hw, 0, c->padding) ||
        !gra__pair(name, "dilation", o->dilation, 1, o->dilation_hw, 1, c->dilation))
        return false;
    gra__window window[2];
    for (int i = 0; i < 2; i++)
        window[i] = (gra__window){c->kernel[i], c->stride[i], c->padding[i], c->dilation[i]};
    return gra__window_output(name, GRA_SHAPE(1, 1, c->input[0], c->input[1]), window, false,
                              c->output);
}

gra_module *gra_nn_locally_connected2d_with(gra_nn_locally_connected2d_options o)
{
    locally_connected2d checked;
    if (gra_error() || !check(&o, &checked))
        return NULL;
    gra_module *const self = gra__layer(&locally_connected2d_class, &checked, sizeof checked);
    locally_connected2d *const c = gra_module_data(self);
    if (!c)
        return NULL;
    const gra_shape shape = GRA_SHAPE(c->output[0], c->output[1], o.out_channels, o.in_channels,
                                      c->kernel[0], c->kernel[1]);
    const gra_shape bias = GRA_SHAPE(o.out_channels, c->output[0], c->output[1]);
    c->own = gra__add_weights_of(self, shape, o.bias ? &bias : NULL,
                                 o.in_channels * c->kernel[0] * c->kernel[1]);
    return gra_module_finish(self);
}
