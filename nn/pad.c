/* pad.c - the padding layers: of zeros, of a constant, by reflection, by replication and circular, for
 * sequences, images and volumes.
 */
#include <string.h>

#include "core/error.h"
#include "nn/layer.h"
#include "nn/layers.h"

typedef struct pad_layer {
    gra_pad_options op;
    bool names_value; /* ConstantPad's text */
} pad_layer;

static gra_tensor *forward(gra_module *self, gra_tensor *x)
{
    gra_pad_options o = ((const pad_layer *)gra_module_data(self))->op;
    o.input = x;
    return gra_pad_with(o);
}

static void describe(const gra_module *self, FILE *text)
{
    const pad_layer *const p = gra_module_data(self);
    fputs(p->names_value ? "padding=(" : "(", text);
    for (int i = 0; i < p->op.pad.count; i++)
        fprintf(text, "%s%lld", i ? ", " : "", (long long)p->op.pad.dim[i]);
    fputs(")", text);
    if (!p->names_value)
        return;
    fputs(", value=", text);
    gra__write_float(text, p->op.value);
}

static gra_module *pad_new(const gra_module_class *type, int dims, const char *mode,
                           const gra_nn_pad_options *o)
{
    const bool constant = strncmp(type->name, "Constant", 8) == 0;
    pad_layer p = {.op = gra_pad_defaults(), .names_value = constant};
    bool given = false, beyond = false;
    for (int i = 0; i < 6; i++) {
        given |= o->padding_each[i] != 0;
        beyond |= i >= 2 * dims && o->padding_each[i] != 0;
    }
    if (gra_error())
        return NULL;
    if (given && o->padding)
        return gra_fail("%s: both .padding and .padding_each were given; one of them is enough",
                        type->name);
    if (beyond)
        return gra_fail("%s: .padding_each has more than %d numbers; two are there for each dim",
                        type->name, 2 * dims);
    if (o->value != 0 && !constant)
        return gra_fail("%s: a value has no meaning here; ConstantPad%dd has one", type->name,
                        dims);
    p.op.mode = mode;
    p.op.value = o->value;
    p.op.pad = (gra_dims){&gra_dims_kind, 2 * dims, {0}};
    for (int i = 0; i < 2 * dims; i++)
        p.op.pad.dim[i] = given ? o->padding_each[i] : o->padding;
    return gra__layer(type, &p, sizeof p);
}

gra_nn_pad_options gra_nn_pad_defaults(void)
{
    return (gra_nn_pad_options){0};
}

#define LAYER(function, text, dims, mode)                                                          \
    gra_module *gra_nn_##function##_with(gra_nn_pad_options options)                               \
    {                                                                                              \
        static const gra_module_class type = {                                                     \
            .name = text, .forward = forward, .describe = describe};                               \
        return pad_new(&type, dims, mode, &options);                                               \
    }
LAYER(zero_pad1d, "ZeroPad1d", 1, "constant")
LAYER(zero_pad3d, "ZeroPad3d", 3, "constant")
LAYER(constant_pad1d, "ConstantPad1d", 1, "constant")
LAYER(constant_pad2d, "ConstantPad2d", 2, "constant")
LAYER(constant_pad3d, "ConstantPad3d", 3, "constant")
LAYER(reflection_pad1d, "ReflectionPad1d", 1, "reflect")
LAYER(reflection_pad2d, "ReflectionPad2d", 2, "reflect")
LAYER(reflection_pad3d, "ReflectionPad3d", 3, "reflect")
LAYER(replication_pad1d, "ReplicationPad1d", 1, "replicate")
LAYER(replication_pad2d, "ReplicationPad2d", 2, "replicate")
LAYER(replication_pad3d, "ReplicationPad3d", 3, "replicate")
LAYER(circular_pad1d, "CircularPad1d", 1, "circular")
LAYER(circular_pad2d, "CircularPad2d", 2, "circular")
LAYER(circular_pad3d, "CircularPad3d", 3, "circular")
