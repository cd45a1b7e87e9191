/* unfold.c - the layers that turn images into columns of patches and columns into images. */
#include "core/error.h"
#include "nn/layer.h"
#include "nn/layers.h"
#include "ops/window.h"

/* Both hold their op's own options, with the tuples filled in. */
static gra_tensor *unfold_forward(gra_module *self, gra_tensor *x)
{
    gra_unfold_options o = *(const gra_unfold_options *)gra_module_data(self);
    o.input = x;
    return gra_unfold_with(o);
}

static gra_tensor *fold_forward(gra_module *self, gra_tensor *x)
{
    gra_fold_options o = *(const gra_fold_options *)gra_module_data(self);
    o.input = x;
    return gra_fold_with(o);
}

static void describe_windows(FILE *text, const int64_t kernel[2], const int64_t dilation[2],
                             const int64_t padding[2], const int64_t stride[2])
{
    gra__write_pair(text, "kernel_size", kernel);
    gra__write_pair(text, ", dilation", dilation);
    gra__write_pair(text, ", padding", padding);
    gra__write_pair(text, ", stride", stride);
}

static void unfold_describe(const gra_module *self, FILE *text)
{
    const gra_unfold_options *const o = gra_module_data(self);
    describe_windows(text, o->kernel_size_hw, o->dilation_hw, o->padding_hw, o->stride_hw);
}

static void fold_describe(const gra_module *self, FILE *text)
{
    const gra_fold_options *const o = gra_module_data(self);
    gra__write_pair(text, "output_size", o->output_size_hw);
    fputs(", ", text);
    describe_windows(text, o->kernel_size_hw, o->dilation_hw, o->padding_hw, o->stride_hw);
}

static const gra_module_class unfold_class = {
    .name = "Unfold", .forward = unfold_forward, .describe = unfold_describe};

static const gra_module_class fold_class = {
    .name = "Fold", .forward = fold_forward, .describe = fold_describe};

gra_nn_unfold_options gra_nn_unfold_defaults(void)
{
    return (gra_nn_unfold_options){.dilation = 1, .stride = 1};
}

gra_nn_fold_options gra_nn_fold_defaults(void)
{
    return (gra_nn_fold_options){.dilation = 1, .stride = 1};
}

gra_module *gra_nn_unfold_with(gra_nn_unfold_options o)
{
    const char *const name = unfold_class.name;
    gra_unfold_options op = gra_unfold_defaults();
    if (gra_error() ||
        !gra__pair(name, "kernel_size", o.kernel_size, 0, o.kernel_size_hw, 1, op.kernel_size_hw) ||
        !gra__pair(name, "dilation", o.dilation, 1, o.dilation_hw, 1, op.dilation_hw) ||
        !gra__pair(name, "padding", o.padding, 0, o.padding_hw, 0, op.padding_hw) ||
        !gra__pair(name, "stride", o.stride, 1, o.stride_hw, 1, op.stride_hw))
        return NULL;
    return gra__layer(&unfold_class, &op, sizeof op);
}

gra_module *gra_nn_fold_with(gra_nn_fold_options o)
{
    const char *const name = fold_class.name;
    gra_fold_options op = gra_fold_defaults();
    if (gra_error() ||
        !gra__pair(name, "output_size", o.output_size, 0, o.output_size_hw, 1, op.output_size_hw) ||
        !gra__pair(name, "kernel_size", o.kernel_size, 0, o.kernel_size_hw, 1, op.kernel_size_hw) ||
        !gra__pair(name, "dilation", o.dilation, 1, o.dilation_hw, 1, op.dilation_hw) ||
        !gra__pair(name, "padding", o.padding, 0, o.padding_hw, 0, op.padding_hw) ||
        !gra__pair(name, "stride", o.stride, 1, o.stride_hw, 1, op.stride_hw))
        return NULL;
    return gra__layer(&fold_class, &op, sizeof op);
}
