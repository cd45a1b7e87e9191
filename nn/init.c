/* init.c - first values for weights. */
#include "nn/init.h"

#include <math.h>

#include "core/error.h"
#include "core/op.h"
#include "core/random.h"
#include "core/tensor_struct.h"
#include "nn/layer.h"
#include "nn/module_struct.h"
#include "ops/iterate.h"
#include "ops/ops.h"

typedef gra_tensor *(*filler)(gra_tensor *t, double a, double b);

static gra_tensor *constant(gra_tensor *t, double value, double unused)
{
    (void)unused;
    return gra_fill_(t, value);
}

/* Runs a filler on t, without recording. Those that draw random numbers want a row-major tensor;
 * another one is filled through a copy. */
static gra_tensor *fill(const char *name, gra_tensor *t, filler fn, double a, double b)
{
    if (!t || gra_error())
        return NULL;
    if (!gra_dtype_is_floating(t->dtype))
        return gra_fail("%s: dtype %s cannot be initialised; weights are floating-point", name,
                        gra_dtype_name(t->dtype));
    const int mark = gra_mark();
    const bool was = gra_set_grad(false);
    gra_tensor *const flat = t->contiguous ? t : gra__row_major_copy(t, t->dtype);
    const bool fine = fn(flat, a, b) && (flat == t || gra_copy_(t, flat));
    gra_set_grad(was);
    gra_release(mark);
    return fine ? t : NULL;
}

gra_tensor *gra_init_uniform_(gra_tensor *t, double low, double high)
{
    return fill("gra_init_uniform_", t, gra_uniform_, low, high);
}

gra_tensor *gra_init_normal_(gra_tensor *t, double mean, double deviation)
{
    return fill("gra_init_normal_", t, gra_normal_, mean, deviation);
}

gra_tensor *gra_init_constant_(gra_tensor *t, double value)
{
    return fill("gra_init_constant_", t, constant, value, 0);
}

gra_tensor *gra_init_zeros_(gra_tensor *t)
{
    return fill("gra_init_zeros_", t, constant, 0, 0);
}

gra_tensor *gra_init_ones_(gra_tensor *t)
{
    return fill("gra_init_ones_", t, constant, 1, 0);
}

double gra_calculate_gain(gra_nonlinearity nonlinearity, double slope)
{
    switch (nonlinearity) {
    case GRA_GAIN_LEAKY_RELU: return sqrt(2 / (1 + slope * slope));
    case GRA_GAIN_LINEAR:
    case GRA_GAIN_CONV:
    case GRA_GAIN_SIGMOID: return 1;
    case GRA_GAIN_TANH: return 5.0 / 3;
    case GRA_GAIN_RELU: return sqrt(2);
    case GRA_GAIN_SELU: return 3.0 / 4;
    }
    gra_fail("gra_calculate_gain: nonlinearity %d is unknown", (int)nonlinearity);
    return NAN;
}

/* Fills fan[GRA_FAN_IN] and fan[GRA_FAN_OUT]; false with an error below two dims. */
static bool fans(const char *name, const gra_tensor *t, double fan[2])
{
    char text[GRA_SHAPE_TEXT];
    if (!t || gra_error())
        return false;
    if (t->shape.count < 2) {
        gra_fail("%s: fan in and fan out need a tensor of at least 2 dims; the shape is %s", name,
                 gra_shape_text(t->shape, text));
        return false;
    }
    double field = 1;
    for (int i = 2; i < t->shape.count; i++)
        field *= (double)t->shape.size[i];
    fan[GRA_FAN_IN] = (double)t->shape.size[1] * field;
    fan[GRA_FAN_OUT] = (double)t->shape.size[0] * field;
    return true;
}

/* The deviation s of each scheme, or NaN with an error. */
static double xavier(const char *name, const gra_init_xavier_options *o)
{
    double fan[2];
    return fans(name, o->tensor, fan) ? o->gain * sqrt(2 / (fan[0] + fan[1])) : NAN;
}

static double kaiming(const char *name, const gra_init_kaiming_options *o)
{
    double fan[2];
    if (!fans(name, o->tensor, fan))
        return NAN;
    const double gain = gra_calculate_gain(o->nonlinearity, o->a);
    return gra_error() ? NAN : gain / sqrt(fan[o->mode == GRA_FAN_OUT]);
}

static gra_tensor *uniform(const char *name, gra_tensor *t, double s)
{
    return isnan(s) ? NULL : fill(name, t, gra_uniform_, -sqrt(3) * s, sqrt(3) * s);
}

static gra_tensor *normal(const char *name, gra_tensor *t, double s)
{
    return isnan(s) ? NULL : fill(name, t, gra_normal_, 0, s);
}

gra_init_xavier_options gra_init_xavier_defaults(void)
{
    return (gra_init_xavier_options){.gain = 1};
}

gra_init_kaiming_options gra_init_kaiming_defaults(void)
{
    return (gra_init_kaiming_options){0};
}

gra_tensor *gra_init_xavier_uniform_with(gra_init_xavier_options o)
{
    const char *const name = "gra_init_xavier_uniform_";
    return uniform(name, o.tensor, xavier(name, &o));
}

gra_tensor *gra_init_xavier_normal_with(gra_init_xavier_options o)
{
    const char *const name = "gra_init_xavier_normal_";
    return normal(name, o.tensor, xavier(name, &o));
}

gra_tensor *gra_init_kaiming_uniform_with(gra_init_kaiming_options o)
{
    const char *const name = "gra_init_kaiming_uniform_";
    return uniform(name, o.tensor, kaiming(name, &o));
}

gra_tensor *gra_init_kaiming_normal_with(gra_init_kaiming_options o)
{
    const char *const name = "gra_init_kaiming_normal_";
    return normal(name, o.tensor, kaiming(name, &o));
}

typedef struct weight_fill {
    gra_tensor *(*fn)(gra_tensor *weight);
} weight_fill;

static void init_module(gra_module *m, void *context)
{
    if (!gra_module_is(m, &gra__conv2d_class) && !gra_module_is(m, &gra__linear_class))
        return;
    ((const weight_fill *)context)->fn(gra__module_member(m, "weight")->tensor);
    const gra__member *const bias = gra__module_member(m, "bias");
    if (bias)
        gra_init_zeros_(bias->tensor);
}

gra_module *gra_init_weights(gra_module *m, gra_tensor *(*fn)(gra_tensor *weight))
{
    if (!fn)
        gra_fail("gra_init_weights: the function is NULL");
    if (gra_error())
        return NULL;
    gra_module_apply(m, init_module, &(weight_fill){fn});
    return gra_error() ? NULL : m;
}
