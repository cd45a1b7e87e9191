/* layer.c - what the ready-made modules share. */
#include "nn/layer.h"

#include <math.h>
#include <string.h>

#include "core/create.h"
#include "core/error.h"
#include "core/random.h"
#include "core/scope.h"

gra_module *gra__layer(const gra_module_class *type, const void *data, size_t size)
{
    gra_module *const self = gra_module_new(type, size);
    if (self)
        memcpy(gra_module_data(self), data, size);
    return self;
}

static _Thread_local bool skips_init;

bool gra__skip_init(bool skip)
{
    const bool was = skips_init;
    skips_init = skip;
    return was;
}

static gra_tensor *add_uniform(gra_module *m, const char *name, gra_shape shape, double bound)
{
    gra_tensor *const t = gra_module_add_parameter(m, name, gra_empty(shape));
    return skips_init ? t : gra_uniform_(t, -bound, bound);
}

gra__weights gra__add_weights_of(gra_module *m, gra_shape weight, const gra_shape *bias,
                                 int64_t fan_in)
{
    gra__weights made = {0};
    const double bound = 1 / sqrt((double)fan_in);
    const int mark = gra_mark();
    made.weight = add_uniform(m, "weight", weight, bound);
    if (bias)
        made.bias = add_uniform(m, "bias", *bias, bound);
    gra_release(mark);
    return made;
}

gra__weights gra__add_weights(gra_module *m, gra_shape shape, bool has_bias)
{
    const gra_shape bias = GRA_SHAPE(shape.size[0]);
    int64_t fan_in = 1;
    for (int i = 1; i < shape.count; i++)
        fan_in *= shape.size[i];
    return gra__add_weights_of(m, shape, has_bias ? &bias : NULL, fan_in);
}

bool gra__check_positive(const char *type, const char *name, int64_t value)
{
    if (value < 1)
        gra_fail("%s: %s %lld is out of range; at least 1 is needed", type, name, (long long)value);
    else if (value > INT32_MAX)
        gra_fail("%s: %s %lld is out of range; at most %d is possible", type, name,
                 (long long)value, INT32_MAX);
    return !gra_error();
}

void gra__write_pair(FILE *text, const char *name, const int64_t pair[2])
{
    if (pair[0] == pair[1])
        fprintf(text, "%s=%lld", name, (long long)pair[0]);
    else
        fprintf(text, "%s=(%lld, %lld)", name, (long long)pair[0], (long long)pair[1]);
}

void gra__write_float(FILE *text, double value)
{
    char digits[32];
    snprintf(digits, sizeof digits, "%.12g", value);
    fprintf(text, "%s%s", digits, strspn(digits, "-0123456789") == strlen(digits) ? ".0" : "");
}
