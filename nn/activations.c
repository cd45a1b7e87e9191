/* activations.c - the elementwise layers without weights. */
#include "nn/layer.h"
#include "nn/layers.h"

static gra_tensor *relu(gra_module *self, gra_tensor *x)
{
    const gra_nn_relu_options *const o = gra_module_data(self);
    return o->inplace ? gra_relu_(x) : gra_relu(x);
}

static void describe_relu(const gra_module *self, FILE *text)
{
    const gra_nn_relu_options *const o = gra_module_data(self);
    if (o->inplace)
        fputs("inplace=True", text);
}

static gra_tensor *sigmoid(gra_module *self, gra_tensor *x)
{
    (void)self;
    return gra_sigmoid(x);
}

static gra_tensor *hyperbolic_tangent(gra_module *self, gra_tensor *x)
{
    (void)self;
    return gra_tanh(x);
}

static gra_tensor *identity(gra_module *self, gra_tensor *x)
{
    (void)self;
    return x;
}

const gra_module_class gra__relu_class = {
    .name = "ReLU", .forward = relu, .describe = describe_relu};
static const gra_module_class sigmoid_class = {.name = "Sigmoid", .forward = sigmoid};
static const gra_module_class tanh_class = {.name = "Tanh", .forward = hyperbolic_tangent};
static const gra_module_class identity_class = {.name = "Identity", .forward = identity};

gra_nn_relu_options gra_nn_relu_defaults(void)
{
    return (gra_nn_relu_options){0};
}

gra_nn_sigmoid_options gra_nn_sigmoid_defaults(void)
{
    return (gra_nn_sigmoid_options){0};
}

gra_nn_tanh_options gra_nn_tanh_defaults(void)
{
    return (gra_nn_tanh_options){0};
}

gra_nn_identity_options gra_nn_identity_defaults(void)
{
    return (gra_nn_identity_options){0};
}

gra_module *gra_nn_relu_with(gra_nn_relu_options o)
{
    return gra__layer(&gra__relu_class, &o, sizeof o);
}

gra_module *gra_nn_sigmoid_with(gra_nn_sigmoid_options o)
{
    (void)o;
    return gra_module_new(&sigmoid_class, 0);
}

gra_module *gra_nn_tanh_with(gra_nn_tanh_options o)
{
    (void)o;
    return gra_module_new(&tanh_class, 0);
}

gra_module *gra_nn_identity_with(gra_nn_identity_options o)
{
    (void)o;
    return gra_module_new(&identity_class, 0);
}
