/* max_unpool2d.c - the layer that puts maxima back to their places: gra_loss(layer, maxima, places). */
#include "core/error.h"
#include "nn/conv_layer.h"
#include "nn/layers.h"
#include "ops/window.h"

/* Holds the op's own options, with the tuples filled in. */
static gra_tensor *forward(gra_module *self, gra_tensor *x, gra_tensor *indices)
{
    gra_max_unpool2d_options o = *(const gra_max_unpool2d_options *)gra_module_data(self);
    o.input = x;
    o.indices = indices;
    return gra_max_unpool2d_with(o);
}

static void describe(const gra_module *self, FILE *text)
{
    const gra_max_unpool2d_options *const o = gra_module_data(self);
    fprintf(text, "kernel_size=(%lld, %lld)", (long long)o->kernel_size_hw[0],
            (long long)o->kernel_size_hw[1]);
    gra__write_tuple(text, "stride", o->stride_hw, 2);
    gra__write_tuple(text, "padding", o->padding_hw, 2);
}

static const gra_module_class max_unpool2d_class = {
    .name = "MaxUnpool2d", .forward_two = forward, .describe = describe};

gra_nn_max_unpool2d_options gra_nn_max_unpool2d_defaults(void)
{
    return (gra_nn_max_unpool2d_options){0};
}

gra_module *gra_nn_max_unpool2d_with(gra_nn_max_unpool2d_options o)
{
    gra_max_unpool2d_options op = gra_max_unpool2d_defaults();
    if (gra_error() || !gra__pool_options(max_unpool2d_class.name, o.kernel_size, o.kernel_size_hw,
                                          o.stride, o.stride_hw, o.padding, o.padding_hw,
                                          op.kernel_size_hw, op.stride_hw, op.padding_hw))
        return NULL;
    return gra__layer(&max_unpool2d_class, &op, sizeof op);
}
