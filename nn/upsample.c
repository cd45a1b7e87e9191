/* upsample.c - the layer of interpolation. */
#include "core/error.h"
#include "nn/layer.h"
#include "nn/layers.h"
#include "ops/interpolate.h"

/* Holds the op's own options. */
static gra_tensor *forward(gra_module *self, gra_tensor *x)
{
    gra_interpolate_options o = *(const gra_interpolate_options *)gra_module_data(self);
    o.input = x;
    return gra_interpolate_with(o);
}

static void describe_size(FILE *text, const gra_shape *size)
{
    fputs(size->count > 1 ? "size=(" : "size=", text);
    for (int i = 0; i < size->count; i++)
        fprintf(text, "%s%lld", i ? ", " : "", (long long)size->size[i]);
    fputs(size->count > 1 ? ")" : "", text);
}

static void describe_scales(FILE *text, const double scales[3])
{
    fputs("scale_factor=(", text);
    bool first = true;
    for (int i = 0; i < 3; i++) {
        if (scales[i] == 0)
            continue;
        fputs(first ? "" : ", ", text);
        gra__write_float(text, scales[i]);
        first = false;
    }
    fputs(")", text);
}

static void describe(const gra_module *self, FILE *text)
{
    const gra_interpolate_options *const o = gra_module_data(self);
    if (o->size.count) {
        describe_size(text, &o->size);
    } else if (o->scale_factor != 0) {
        fputs("scale_factor=", text);
        gra__write_float(text, o->scale_factor);
    } else {
        describe_scales(text, o->scale_factor_dhw);
    }
    fprintf(text, ", mode='%s'", o->mode);
}

static const gra_module_class upsample_class = {
    .name = "Upsample", .forward = forward, .describe = describe};

gra_nn_upsample_options gra_nn_upsample_defaults(void)
{
    return (gra_nn_upsample_options){.size = gra_shape_of(NULL, 0), .mode = "nearest"};
}

gra_module *gra_nn_upsample_with(gra_nn_upsample_options o)
{
    const double *const each = o.scale_factor_dhw;
    const int given =
        (o.size.count > 0) + (o.scale_factor != 0) + (each[0] != 0 || each[1] != 0 || each[2] != 0);
    gra_interpolate_options op = {
        .size = o.size, .scale_factor = o.scale_factor, .align_corners = o.align_corners};
    if (gra_error())
        return NULL;
    if (given != 1)
        return gra_fail("Upsample: one of .size, .scale_factor and .scale_factor_dhw is needed, no "
                        "more");
    op.mode = gra__interpolate_mode("Upsample", o.mode);
    for (int i = 0; i < 3; i++)
        op.scale_factor_dhw[i] = each[i];
    return op.mode ? gra__layer(&upsample_class, &op, sizeof op) : NULL;
}
