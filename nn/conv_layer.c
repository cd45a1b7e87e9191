/* conv_layer.c - what the convolution layers of one, two and three dims share. */
#include "nn/conv_layer.h"

#include <string.h>

#include "core/error.h"
#include "core/shape_check.h"
#include "ops/conv2d_args.h"

static const char *const mode_names[] = {"zeros", "reflect", "replicate", "circular"};

static const char *known_mode(const char *name, const char *mode)
{
    for (size_t i = 0; mode && i < sizeof mode_names / sizeof mode_names[0]; i++)
        if (strcmp(mode, mode_names[i]) == 0)
            return mode_names[i];
    return gra_fail("%s: padding_mode %s%s%s is unknown; \"zeros\", \"reflect\", \"replicate\" and "
                    "\"circular\" are there",
                    name, mode ? "\"" : "", mode ? mode : "NULL", mode ? "\"" : "");
}

bool gra__conv_layer_check(const char *name, gra__conv_layer *c)
{
    if (!gra__check_positive(name, "in_channels", c->in_channels) ||
        !gra__check_positive(name, "out_channels", c->out_channels) ||
        !gra__check_positive(name, "groups", c->groups))
        return false;
    const bool in_fits = c->in_channels % c->groups == 0;
    if (!in_fits || c->out_channels % c->groups)
        gra_fail("%s: groups %lld does not divide %s %lld", name, (long long)c->groups,
                 in_fits ? "out_channels" : "in_channels",
                 (long long)(in_fits ? c->out_channels : c->in_channels));
    for (int i = 0; i < c->dims && c->same && !gra_error(); i++)
        if (c->stride[i] != 1)
            gra_fail("%s: padding GRA_SAME needs stride 1; it is %lld", name,
                     (long long)c->stride[i]);
    c->padding_mode = gra_error() ? NULL : known_mode(name, c->padding_mode);
    return c->padding_mode != NULL;
}

int64_t gra__conv_layer_padding(gra__conv_layer *c, int64_t padding)
{
    c->same = padding == GRA_SAME;
    return c->same ? 0 : padding;
}

static bool pads_with_zeros(const gra__conv_layer *c)
{
    return strcmp(c->padding_mode, mode_names[0]) == 0;
}

bool gra__conv_layer_is_plain(const gra__conv_layer *c)
{
    return pads_with_zeros(c) && !c->same;
}

gra_tensor *gra__conv_layer_pad(const gra__conv_layer *c, gra_tensor *x)
{
    if (!x || pads_with_zeros(c))
        return x;
    gra_pad_options o = gra_pad_defaults();
    o.input = x;
    o.mode = c->padding_mode;
    o.pad = (gra_dims){&gra_dims_kind, 2 * c->dims, {0}};
    for (int i = 0; i < c->dims; i++) {
        int64_t ends[2] = {c->padding[i], c->padding[i]};
        if (c->same)
            gra__same_padding(c->kernel[i], c->dilation[i], ends);
        o.pad.dim[2 * (c->dims - 1 - i)] = ends[0];
        o.pad.dim[2 * (c->dims - 1 - i) + 1] = ends[1];
    }
    return gra_pad_with(o);
}

int64_t gra__conv_layer_op_padding(const gra__conv_layer *c, int64_t *padding)
{
    const bool plain = gra__conv_layer_is_plain(c);
    for (int i = 0; i < c->dims; i++)
        padding[i] = plain ? c->padding[i] : 0;
    return c->same && pads_with_zeros(c) ? GRA_SAME : 0;
}

void gra__write_tuple(FILE *text, const char *name, const int64_t *values, int count)
{
    fprintf(text, ", %s=(", name);
    for (int i = 0; i < count; i++)
        fprintf(text, "%s%lld", i ? ", " : "", (long long)values[i]);
    fputs(count == 1 ? ",)" : ")", text);
}

static bool all_are(const int64_t *values, int count, int64_t number)
{
    for (int i = 0; i < count; i++)
        if (values[i] != number)
            return false;
    return true;
}

void gra__conv_layer_describe(const gra_module *self, FILE *text)
{
    const gra__conv_layer *const c = gra_module_data(self);
    fprintf(text, "%lld, %lld", (long long)c->in_channels, (long long)c->out_channels);
    gra__write_tuple(text, "kernel_size", c->kernel, c->dims);
    gra__write_tuple(text, "stride", c->stride, c->dims);
    if (c->same)
        fputs(", padding=same", text);
    else if (!all_are(c->padding, c->dims, 0))
        gra__write_tuple(text, "padding", c->padding, c->dims);
    if (!all_are(c->dilation, c->dims, 1))
        gra__write_tuple(text, "dilation", c->dilation, c->dims);
    if (c->groups != 1)
        fprintf(text, ", groups=%lld", (long long)c->groups);
    if (!c->own.bias)
        fputs(", bias=False", text);
    if (!pads_with_zeros(c))
        fprintf(text, ", padding_mode=%s", c->padding_mode);
    if (c->flip_kernel)
        fputs(", flip_kernel=True", text);
}

void gra__conv_layer_count(const gra_module *self, gra_shape input, gra_shape output,
                           gra_cost *cost)
{
    (void)input;
    const gra__conv_layer *const c = gra_module_data(self);
    int64_t taps = c->in_channels / c->groups;
    for (int i = 0; i < c->dims; i++)
        taps *= c->kernel[i];
    cost->multiply_adds += gra__numel(&output) * taps;
    cost->connections += gra__numel(&output) * (taps + (c->own.bias ? 1 : 0));
}

gra_module *gra__conv_layer_new(const gra_module_class *type, const gra__conv_layer *checked,
                                bool bias)
{
    gra_module *const self = gra__layer(type, checked, sizeof *checked);
    gra__conv_layer *const c = gra_module_data(self);
    if (!c)
        return NULL;
    gra_shape shape = GRA_SHAPE(c->out_channels, c->in_channels / c->groups);
    for (int i = 0; i < c->dims; i++)
        shape.size[shape.count++] = c->kernel[i];
    c->own = gra__add_weights(self, shape, bias);
    return gra_module_finish(self);
}
