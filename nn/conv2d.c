/* conv2d.c - the convolution layer.
 *
 * Cost of a call: each of the N K P Q outputs adds up C / groups R S products, and uses as many
 * weights and one bias.
 */
#include "core/derived.h"
#include "core/error.h"
#include "core/shape_check.h"
#include "nn/layer.h"
#include "nn/layers.h"
#include "ops/conv2d_max_pool2d.h"
#include "ops/window.h"

typedef struct conv2d {
    gra__weights own;
    int64_t in_channels, out_channels, groups;
    int64_t kernel[2], stride[2], padding[2], dilation[2]; /* height, width */
} conv2d;

static gra_conv2d_options options(const gra_module *self, gra_tensor *x, gra_activation activation)
{
    const conv2d *const c = gra_module_data(self);
    gra_conv2d_options o = gra_conv2d_defaults();
    o.input = x;
    o.weight = c->own.weight;
    o.bias = c->own.bias;
    o.groups = c->groups;
    o.activation = activation;
    for (int i = 0; i < 2; i++) {
        o.stride_hw[i] = c->stride[i];
        o.padding_hw[i] = c->padding[i];
        o.dilation_hw[i] = c->dilation[i];
    }
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
    return gra__conv2d_max_pool2d_fits(options(modules[0], x, GRA_RELU), *pool);
}

static void write_tuple(FILE *text, const char *name, const int64_t pair[2])
{
    fprintf(text, ", %s=(%lld, %lld)", name, (long long)pair[0], (long long)pair[1]);
}

static void describe(const gra_module *self, FILE *text)
{
    const conv2d *const c = gra_module_data(self);
    fprintf(text, "%lld, %lld", (long long)c->in_channels, (long long)c->out_channels);
    write_tuple(text, "kernel_size", c->kernel);
    write_tuple(text, "stride", c->stride);
    if (c->padding[0] || c->padding[1])
        write_tuple(text, "padding", c->padding);
    if (c->dilation[0] != 1 || c->dilation[1] != 1)
        write_tuple(text, "dilation", c->dilation);
    if (c->groups != 1)
        fprintf(text, ", groups=%lld", (long long)c->groups);
    if (!c->own.bias)
        fputs(", bias=False", text);
}

static void count(const gra_module *self, gra_shape input, gra_shape output, gra_cost *cost)
{
    (void)input;
    const conv2d *const c = gra_module_data(self);
    const int64_t taps = c->in_channels / c->groups * c->kernel[0] * c->kernel[1];
    cost->multiply_adds += gra__numel(&output) * taps;
    cost->connections += gra__numel(&output) * (taps + (c->own.bias ? 1 : 0));
}

const gra_module_class gra__conv2d_class = {
    .name = "Conv2d",
    .forward = forward,
    .describe = describe,
    .count = count,
};

gra_nn_conv2d_options gra_nn_conv2d_defaults(void)
{
    return (gra_nn_conv2d_options){.stride = 1, .dilation = 1, .groups = 1, .bias = true};
}

/* Fills c but for its weights. */
static bool check(const gra_nn_conv2d_options *o, conv2d *c)
{
    const char *const name = gra__conv2d_class.name;
    *c = (conv2d){
        .in_channels = o->in_channels, .out_channels = o->out_channels, .groups = o->groups};
    if (!gra__check_positive(name, "in_channels", o->in_channels) ||
        !gra__check_positive(name, "out_channels", o->out_channels) ||
        !gra__check_positive(name, "groups", o->groups) ||
        !gra__pair(name, "kernel_size", o->kernel_size, 0, o->kernel_size_hw, 1, c->kernel) ||
        !gra__pair(name, "stride", o->stride, 1, o->stride_hw, 1, c->stride) ||
        !gra__pair(name, "padding", o->padding, 0, o->padding_hw, 0, c->padding) ||
        !gra__pair(name, "dilation", o->dilation, 1, o->dilation_hw, 1, c->dilation))
        return false;
    const bool in_fits = o->in_channels % o->groups == 0;
    if (!in_fits || o->out_channels % o->groups)
        gra_fail("%s: groups %lld does not divide %s %lld", name, (long long)o->groups,
                 in_fits ? "out_channels" : "in_channels",
                 (long long)(in_fits ? o->out_channels : o->in_channels));
    return !gra_error();
}

gra_module *gra_nn_conv2d_with(gra_nn_conv2d_options o)
{
    conv2d checked;
    if (gra_error() || !check(&o, &checked))
        return NULL;
    gra_module *const self = gra__layer(&gra__conv2d_class, &checked, sizeof checked);
    conv2d *const c = gra_module_data(self);
    if (!c)
        return NULL;
    const gra_shape shape =
        GRA_SHAPE(o.out_channels, o.in_channels / o.groups, c->kernel[0], c->kernel[1]);
    c->own = gra__add_weights(self, shape, o.bias);
    if (o.cache_weights && c->own.weight)
        gra__keep_derived(c->own.weight);
    return gra_module_finish(self);
}
