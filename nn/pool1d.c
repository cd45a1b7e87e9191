/* pool1d.c - the pooling layers of sequences. */
#include "core/error.h"
#include "nn/layer.h"
#include "nn/layers.h"
#include "ops/window.h"

static const char *truth(bool value)
{
    return value ? "True" : "False";
}

/* Checks a window's options, where a stride of 0 becomes the kernel's size; false with an error. */
static bool window_fits(const char *name, int64_t kernel, int64_t *stride, int64_t padding)
{
    if (gra_error() || !gra__in_range(name, "kernel_size", kernel, 1) ||
        !gra__in_range(name, "stride", *stride, 0) || !gra__in_range(name, "padding", padding, 0))
        return false;
    if (2 * padding > kernel)
        gra_fail("%s: padding %lld is more than half of kernel_size %lld", name, (long long)padding,
                 (long long)kernel);
    *stride = *stride ? *stride : kernel;
    return !gra_error();
}

/* ---- means ---- */

static gra_tensor *avg_forward(gra_module *self, gra_tensor *x)
{
    gra_avg_pool1d_options o = *(const gra_avg_pool1d_options *)gra_module_data(self);
    o.input = x;
    return gra_avg_pool1d_with(o);
}

static void avg_describe(const gra_module *self, FILE *text)
{
    const gra_avg_pool1d_options *const o = gra_module_data(self);
    fprintf(text, "kernel_size=(%lld,), stride=(%lld,), padding=(%lld,)", (long long)o->kernel_size,
            (long long)o->stride, (long long)o->padding);
}

static const gra_module_class avg_pool1d_class = {
    .name = "AvgPool1d", .forward = avg_forward, .describe = avg_describe};

gra_nn_avg_pool1d_options gra_nn_avg_pool1d_defaults(void)
{
    return (gra_nn_avg_pool1d_options){.count_include_pad = true};
}

gra_module *gra_nn_avg_pool1d_with(gra_nn_avg_pool1d_options o)
{
    if (!window_fits(avg_pool1d_class.name, o.kernel_size, &o.stride, o.padding))
        return NULL;
    const gra_avg_pool1d_options op = {.kernel_size = o.kernel_size,
                                       .stride = o.stride,
                                       .padding = o.padding,
                                       .ceil_mode = o.ceil_mode,
                                       .count_include_pad = o.count_include_pad};
    return gra__layer(&avg_pool1d_class, &op, sizeof op);
}

/* ---- maxima ---- */

static gra_tensor *max_forward(gra_module *self, gra_tensor *x)
{
    gra_max_pool1d_options o = *(const gra_max_pool1d_options *)gra_module_data(self);
    o.input = x;
    return gra_max_pool1d_with(o);
}

static void max_describe(const gra_module *self, FILE *text)
{
    const gra_max_pool1d_options *const o = gra_module_data(self);
    fprintf(text, "kernel_size=%lld, stride=%lld, padding=%lld, dilation=%lld, ceil_mode=%s",
            (long long)o->kernel_size, (long long)o->stride, (long long)o->padding,
            (long long)o->dilation, truth(o->ceil_mode));
}

static const gra_module_class max_pool1d_class = {
    .name = "MaxPool1d", .forward = max_forward, .describe = max_describe};

gra_nn_max_pool1d_options gra_nn_max_pool1d_defaults(void)
{
    return (gra_nn_max_pool1d_options){.dilation = 1};
}

gra_module *gra_nn_max_pool1d_with(gra_nn_max_pool1d_options o)
{
    const char *const name = max_pool1d_class.name;
    if (!window_fits(name, o.kernel_size, &o.stride, o.padding) ||
        !gra__in_range(name, "dilation", o.dilation, 1))
        return NULL;
    const gra_max_pool1d_options op = {.kernel_size = o.kernel_size,
                                       .stride = o.stride,
                                       .padding = o.padding,
                                       .dilation = o.dilation,
                                       .ceil_mode = o.ceil_mode};
    return gra__layer(&max_pool1d_class, &op, sizeof op);
}

/* ---- windows by the size of the result ---- */

static gra_tensor *adaptive_avg_forward(gra_module *self, gra_tensor *x)
{
    return gra_adaptive_avg_pool1d(x, *(const int64_t *)gra_module_data(self));
}

static gra_tensor *adaptive_max_forward(gra_module *self, gra_tensor *x)
{
    return gra_adaptive_max_pool1d(x, *(const int64_t *)gra_module_data(self), NULL);
}

static void adaptive_describe(const gra_module *self, FILE *text)
{
    fprintf(text, "output_size=%lld", (long long)*(const int64_t *)gra_module_data(self));
}

static const gra_module_class adaptive_avg_pool1d_class = {
    .name = "AdaptiveAvgPool1d", .forward = adaptive_avg_forward, .describe = adaptive_describe};

static const gra_module_class adaptive_max_pool1d_class = {
    .name = "AdaptiveMaxPool1d", .forward = adaptive_max_forward, .describe = adaptive_describe};

gra_nn_adaptive_pool1d_options gra_nn_adaptive_pool1d_defaults(void)
{
    return (gra_nn_adaptive_pool1d_options){0};
}

static gra_module *adaptive_new(const gra_module_class *type, int64_t output_size)
{
    if (gra_error() || !gra__in_range(type->name, "output_size", output_size, 1))
        return NULL;
    return gra__layer(type, &output_size, sizeof output_size);
}

gra_module *gra_nn_adaptive_avg_pool1d_with(gra_nn_adaptive_pool1d_options o)
{
    return adaptive_new(&adaptive_avg_pool1d_class, o.output_size);
}

gra_module *gra_nn_adaptive_max_pool1d_with(gra_nn_adaptive_pool1d_options o)
{
    return adaptive_new(&adaptive_max_pool1d_class, o.output_size);
}
