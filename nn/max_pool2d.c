/* max_pool2d.c - the maximum pooling layer. */
#include "core/error.h"
#include "nn/layer.h"
#include "nn/layers.h"
#include "ops/window.h"

/* Holds the op's own options, with the tuples filled in. */
static gra_tensor *forward(gra_module *self, gra_tensor *x)
{
    gra_max_pool2d_options o = *(const gra_max_pool2d_options *)gra_module_data(self);
    o.input = x;
    return gra_max_pool2d_with(o);
}

static void describe(const gra_module *self, FILE *text)
{
    const gra_max_pool2d_options *const o = gra_module_data(self);
    gra__write_pair(text, "kernel_size", o->kernel_size_hw);
    gra__write_pair(text, ", stride", o->stride_hw);
    gra__write_pair(text, ", padding", o->padding_hw);
    gra__write_pair(text, ", dilation", o->dilation_hw);
    fprintf(text, ", ceil_mode=%s", o->ceil_mode ? "True" : "False");
}

const gra_module_class gra__max_pool2d_class = {
    .name = "MaxPool2d",
    .forward = forward,
    .describe = describe,
};

gra_nn_max_pool2d_options gra_nn_max_pool2d_defaults(void)
{
    return (gra_nn_max_pool2d_options){.dilation = 1};
}

gra_module *gra_nn_max_pool2d_with(gra_nn_max_pool2d_options o)
{
    const char *const name = gra__max_pool2d_class.name;
    gra_max_pool2d_options op = gra_max_pool2d_defaults();
    op.ceil_mode = o.ceil_mode;
    if (gra_error() ||
        !gra__pool_options(name, o.kernel_size, o.kernel_size_hw, o.stride, o.stride_hw, o.padding,
                           o.padding_hw, op.kernel_size_hw, op.stride_hw, op.padding_hw) ||
        !gra__pair(name, "dilation", o.dilation, 1, o.dilation_hw, 1, op.dilation_hw))
        return NULL;
    return gra__layer(&gra__max_pool2d_class, &op, sizeof op);
}
