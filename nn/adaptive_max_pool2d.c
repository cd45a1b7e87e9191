/* adaptive_max_pool2d.c - the maximum pooling layer with a given size of its output. */
#include "core/error.h"
#include "nn/layer.h"
#include "nn/layers.h"
#include "ops/window.h"

typedef struct adaptive_max_pool2d {
    int64_t output_size[2]; /* height, width */
} adaptive_max_pool2d;

static gra_tensor *forward(gra_module *self, gra_tensor *x)
{
    const adaptive_max_pool2d *const p = gra_module_data(self);
    return gra_adaptive_max_pool2d(x, p->output_size[0], p->output_size[1], NULL);
}

static void describe(const gra_module *self, FILE *text)
{
    const adaptive_max_pool2d *const p = gra_module_data(self);
    gra__write_pair(text, "output_size", p->output_size);
}

static const gra_module_class adaptive_max_pool2d_class = {
    .name = "AdaptiveMaxPool2d", .forward = forward, .describe = describe};

gra_nn_adaptive_max_pool2d_options gra_nn_adaptive_max_pool2d_defaults(void)
{
    return (gra_nn_adaptive_max_pool2d_options){0};
}

gra_module *gra_nn_adaptive_max_pool2d_with(gra_nn_adaptive_max_pool2d_options o)
{
    adaptive_max_pool2d p;
    if (gra_error() || !gra__pair(adaptive_max_pool2d_class.name, "output_size", o.output_size, 0,
                                  o.output_size_hw, 1, p.output_size))
        return NULL;
    return gra__layer(&adaptive_max_pool2d_class, &p, sizeof p);
}
