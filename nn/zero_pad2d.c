/* zero_pad2d.c - the layer that puts zeros around images. */
#include "core/error.h"
#include "nn/layer.h"
#include "nn/layers.h"

typedef struct zero_pad2d {
    int64_t padding[4]; /* left, right, top, bottom */
} zero_pad2d;

static gra_tensor *forward(gra_module *self, gra_tensor *x)
{
    const int64_t *const p = ((const zero_pad2d *)gra_module_data(self))->padding;
    return gra_zero_pad2d(x, p[0], p[1], p[2], p[3]);
}

static void describe(const gra_module *self, FILE *text)
{
    const int64_t *const p = ((const zero_pad2d *)gra_module_data(self))->padding;
    fprintf(text, "(%lld, %lld, %lld, %lld)", (long long)p[0], (long long)p[1], (long long)p[2],
            (long long)p[3]);
}

static const gra_module_class zero_pad2d_class = {
    .name = "ZeroPad2d",
    .forward = forward,
    .describe = describe,
};

gra_nn_zero_pad2d_options gra_nn_zero_pad2d_defaults(void)
{
    return (gra_nn_zero_pad2d_options){0};
}

gra_module *gra_nn_zero_pad2d_with(gra_nn_zero_pad2d_options o)
{
    const int64_t *const each = o.padding_lrtb;
    const bool given = each[0] || each[1] || each[2] || each[3];
    zero_pad2d z;
    if (gra_error())
        return NULL;
    if (given && o.padding)
        return gra_fail("ZeroPad2d: both .padding and .padding_lrtb were given; one of them is "
                        "enough");
    for (int i = 0; i < 4; i++)
        z.padding[i] = given ? each[i] : o.padding;
    return gra__layer(&zero_pad2d_class, &z, sizeof z);
}
