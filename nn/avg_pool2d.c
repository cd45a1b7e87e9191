/* avg_pool2d.c - the average pooling layer. */
#include "core/error.h"
#include "nn/layer.h"
#include "nn/layers.h"
#include "ops/window.h"

/* Holds the op's own options, with the tuples filled in. */
static gra_tensor *forward(gra_module *self, gra_tensor *x)
{
    gra_avg_pool2d_options o = *(const gra_avg_pool2d_options *)gra_module_data(self);
    o.input = x;
    return gra_avg_pool2d_with(o);
}

static void describe(const gra_module *self, FILE *text)
{
    const gra_avg_pool2d_options *const o = gra_module_data(self);
    gra__write_pair(text, "kernel_size", o->kernel_size_hw);
    gra__write_pair(text, ", stride", o->stride_hw);
    gra__write_pair(text, ", padding", o->padding_hw);
}

static const gra_module_class avg_pool2d_class = {
    .name = "AvgPool2d",
    .forward = forward,
    .describe = describe,
};

gra_nn_avg_pool2d_options gra_nn_avg_pool2d_defaults(void)
{
    return (gra_nn_avg_pool2d_options){.count_include_pad = true};
}

gra_module *gra_nn_avg_pool2d_with(gra_nn_avg_pool2d_options o)
{
    gra_avg_pool2d_options op = gra_avg_pool2d_defaults();
    op.ceil_mode = o.ceil_mode;
    op.count_include_pad = o.count_include_pad;
    op.divisor_override = o.divisor_override;
    if (gra_error() || !gra__pool_options(avg_pool2d_class.name, o.kernel_size, o.kernel_size_hw,
                                          o.stride, o.stride_hw, o.padding, o.padding_hw,
                                          op.kernel_size_hw, op.stride_hw, op.padding_hw))
        return NULL;
    if (o.divisor_override < 0)
        return gra_fail("%s: divisor_override %lld is negative; 0 divides by the window's size",
                        avg_pool2d_class.name, (long long)o.divisor_override);
    return gra__layer(&avg_pool2d_class, &op, sizeof op);
}
