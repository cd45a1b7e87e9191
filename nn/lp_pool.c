/* lp_pool.c - the p-norm pooling layers. */
#include "core/error.h"
#include "nn/layer.h"
#include "nn/layers.h"
#include "ops/window.h"

/* Writes a number as Python writes what C's users give as a double: 2, 1.5. */
static void describe_norm(FILE *text, double norm_type)
{
    fprintf(text, "norm_type=%.12g, ", norm_type);
}

static bool norm_fits(const char *name, double norm_type)
{
    if (norm_type != norm_type || norm_type == 0)
        gra_fail("%s: norm_type %g is no power; any number but 0 is possible", name, norm_type);
    return !gra_error();
}

/* Writes ", stride=..." with None for one that was not given, and the rest of the text. */
static void describe_stride(FILE *text, const int64_t stride[2], bool ceil_mode)
{
    if (stride[0])
        gra__write_pair(text, ", stride", stride);
    else
        fputs(", stride=None", text);
    fprintf(text, ", ceil_mode=%s", ceil_mode ? "True" : "False");
}

/* ---- images ---- */

static gra_tensor *forward_2d(gra_module *self, gra_tensor *x)
{
    gra_lp_pool2d_options o = *(const gra_lp_pool2d_options *)gra_module_data(self);
    o.input = x;
    return gra_lp_pool2d_with(o);
}

static void describe_2d(const gra_module *self, FILE *text)
{
    const gra_lp_pool2d_options *const o = gra_module_data(self);
    describe_norm(text, o->norm_type);
    gra__write_pair(text, "kernel_size", o->kernel_size_hw);
    describe_stride(text, o->stride_hw, o->ceil_mode);
}

static const gra_module_class lp_pool2d_class = {
    .name = "LPPool2d", .forward = forward_2d, .describe = describe_2d};

gra_nn_lp_pool2d_options gra_nn_lp_pool2d_defaults(void)
{
    return (gra_nn_lp_pool2d_options){0};
}

gra_module *gra_nn_lp_pool2d_with(gra_nn_lp_pool2d_options o)
{
    const char *const name = lp_pool2d_class.name;
    gra_lp_pool2d_options op = {.norm_type = o.norm_type, .ceil_mode = o.ceil_mode};
    if (gra_error() || !norm_fits(name, o.norm_type) ||
        !gra__pair(name, "kernel_size", o.kernel_size, 0, o.kernel_size_hw, 1, op.kernel_size_hw) ||
        !gra__pair(name, "stride", o.stride, 0, o.stride_hw, 0, op.stride_hw))
        return NULL;
    return gra__layer(&lp_pool2d_class, &op, sizeof op);
}

/* ---- sequences ---- */

static gra_tensor *forward_1d(gra_module *self, gra_tensor *x)
{
    gra_lp_pool1d_options o = *(const gra_lp_pool1d_options *)gra_module_data(self);
    o.input = x;
    return gra_lp_pool1d_with(o);
}

static void describe_1d(const gra_module *self, FILE *text)
{
    const gra_lp_pool1d_options *const o = gra_module_data(self);
    describe_norm(text, o->norm_type);
    fprintf(text, "kernel_size=%lld", (long long)o->kernel_size);
    describe_stride(text, (const int64_t[]){o->stride, o->stride}, o->ceil_mode);
}

static const gra_module_class lp_pool1d_class = {
    .name = "LPPool1d", .forward = forward_1d, .describe = describe_1d};

gra_nn_lp_pool1d_options gra_nn_lp_pool1d_defaults(void)
{
    return (gra_nn_lp_pool1d_options){0};
}

gra_module *gra_nn_lp_pool1d_with(gra_nn_lp_pool1d_options o)
{
    const char *const name = lp_pool1d_class.name;
    const gra_lp_pool1d_options op = {.norm_type = o.norm_type,
                                      .kernel_size = o.kernel_size,
                                      .stride = o.stride,
                                      .ceil_mode = o.ceil_mode};
    if (gra_error() || !norm_fits(name, o.norm_type) ||
        !gra__in_range(name, "kernel_size", o.kernel_size, 1) ||
        !gra__in_range(name, "stride", o.stride, 0))
        return NULL;
    return gra__layer(&lp_pool1d_class, &op, sizeof op);
}
