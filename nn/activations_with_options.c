/* activations_with_options.c - the elementwise layers without weights whose ops take parameters, and
 * softmax. */
#include <string.h>

#include "core/error.h"
#include "nn/layer.h"
#include "nn/layers.h"

/* ---- writing options ---- */

static void write_option(FILE *text, const char *name, double value)
{
    fputs(name, text);
    gra__write_float(text, value);
}

static void write_inplace(FILE *text, bool inplace, const char *before)
{
    if (inplace)
        fprintf(text, "%sinplace=True", before);
}

/* ---- one function, one description each ---- */

static gra_tensor *leaky_relu(gra_module *self, gra_tensor *x)
{
    const gra_nn_leaky_relu_options *const o = gra_module_data(self);
    return gra_leaky_relu(x, o->negative_slope, o->inplace);
}

static void describe_leaky_relu(const gra_module *self, FILE *text)
{
    const gra_nn_leaky_relu_options *const o = gra_module_data(self);
    write_option(text, "negative_slope=", o->negative_slope);
    write_inplace(text, o->inplace, ", ");
}

static gra_tensor *elu(gra_module *self, gra_tensor *x)
{
    const gra_nn_elu_options *const o = gra_module_data(self);
    return gra_elu(x, o->alpha, o->inplace);
}

static void describe_elu(const gra_module *self, FILE *text)
{
    const gra_nn_elu_options *const o = gra_module_data(self);
    write_option(text, "alpha=", o->alpha);
    write_inplace(text, o->inplace, ", ");
}

static gra_tensor *selu(gra_module *self, gra_tensor *x)
{
    const gra_nn_selu_options *const o = gra_module_data(self);
    return gra_selu(x, o->inplace);
}

static void describe_selu(const gra_module *self, FILE *text)
{
    const gra_nn_selu_options *const o = gra_module_data(self);
    write_inplace(text, o->inplace, "");
}

static gra_tensor *celu(gra_module *self, gra_tensor *x)
{
    const gra_nn_celu_options *const o = gra_module_data(self);
    return gra_celu(x, o->alpha, o->inplace);
}

static void describe_celu(const gra_module *self, FILE *text)
{
    const gra_nn_celu_options *const o = gra_module_data(self);
    write_option(text, "alpha=", o->alpha);
    write_inplace(text, o->inplace, ", ");
}

/* Data: whether it is the approximation by tanh. */
static const char *approximation(const gra_module *self)
{
    const bool *const by_tanh = gra_module_data(self);
    return *by_tanh ? "tanh" : "none";
}

static gra_tensor *gelu(gra_module *self, gra_tensor *x)
{
    return gra_gelu(x, .approximate = approximation(self));
}

static void describe_gelu(const gra_module *self, FILE *text)
{
    fprintf(text, "approximate='%s'", approximation(self));
}

static gra_tensor *silu(gra_module *self, gra_tensor *x)
{
    const gra_nn_silu_options *const o = gra_module_data(self);
    return gra_silu(x, o->inplace);
}

static void describe_silu(const gra_module *self, FILE *text)
{
    const gra_nn_silu_options *const o = gra_module_data(self);
    write_inplace(text, o->inplace, "");
}

static gra_tensor *softplus(gra_module *self, gra_tensor *x)
{
    const gra_nn_softplus_options *const o = gra_module_data(self);
    return gra_softplus(x, o->beta, o->threshold);
}

static void describe_softplus(const gra_module *self, FILE *text)
{
    const gra_nn_softplus_options *const o = gra_module_data(self);
    write_option(text, "beta=", o->beta);
    write_option(text, ", threshold=", o->threshold);
}

static gra_tensor *hardtanh(gra_module *self, gra_tensor *x)
{
    const gra_nn_hardtanh_options *const o = gra_module_data(self);
    return gra_hardtanh(x, o->min_val, o->max_val, o->inplace);
}

static void describe_hardtanh(const gra_module *self, FILE *text)
{
    const gra_nn_hardtanh_options *const o = gra_module_data(self);
    write_option(text, "min_val=", o->min_val);
    write_option(text, ", max_val=", o->max_val);
    write_inplace(text, o->inplace, ", ");
}

static gra_tensor *relu6(gra_module *self, gra_tensor *x)
{
    const gra_nn_relu6_options *const o = gra_module_data(self);
    return gra_relu6(x, o->inplace);
}

static void describe_relu6(const gra_module *self, FILE *text)
{
    const gra_nn_relu6_options *const o = gra_module_data(self);
    write_inplace(text, o->inplace, "");
}

static gra_tensor *softmax(gra_module *self, gra_tensor *x)
{
    const gra_nn_softmax_options *const o = gra_module_data(self);
    return gra_softmax(x, o->dim);
}

static void describe_softmax(const gra_module *self, FILE *text)
{
    const gra_nn_softmax_options *const o = gra_module_data(self);
    fprintf(text, "dim=%lld", (long long)o->dim);
}

static gra_tensor *log_softmax(gra_module *self, gra_tensor *x)
{
    const gra_nn_log_softmax_options *const o = gra_module_data(self);
    return gra_log_softmax(x, o->dim);
}

static void describe_log_softmax(const gra_module *self, FILE *text)
{
    const gra_nn_log_softmax_options *const o = gra_module_data(self);
    fprintf(text, "dim=%lld", (long long)o->dim);
}

/* ---- constructors ---- */

/* The class and the defaults of one; what follows the name are the defaults. */
#define LAYER(function, text, ...)                                                                 \
    static const gra_module_class function##_class = {                                             \
        .name = text, .forward = function, .describe = describe_##function};                       \
                                                                                                   \
    gra_nn_##function##_options gra_nn_##function##_defaults(void)                                 \
    {                                                                                              \
        return (gra_nn_##function##_options){__VA_ARGS__};                                         \
    }

/* And the constructor of one whose data are its options. */
#define PLAIN_LAYER(function, text, ...)                                                           \
    LAYER(function, text, __VA_ARGS__)                                                             \
                                                                                                   \
    gra_module *gra_nn_##function##_with(gra_nn_##function##_options o)                            \
    {                                                                                              \
        return gra__layer(&function##_class, &o, sizeof o);                                        \
    }

PLAIN_LAYER(leaky_relu, "LeakyReLU", .negative_slope = 0.01)
PLAIN_LAYER(elu, "ELU", .alpha = 1)
PLAIN_LAYER(selu, "SELU", .inplace = false)
PLAIN_LAYER(silu, "SiLU", .inplace = false)
PLAIN_LAYER(softplus, "Softplus", .beta = 1, .threshold = 20)
PLAIN_LAYER(relu6, "ReLU6", .inplace = false)
PLAIN_LAYER(softmax, "Softmax", .dim = -1)
PLAIN_LAYER(log_softmax, "LogSoftmax", .dim = -1)
LAYER(celu, "CELU", .alpha = 1)
LAYER(gelu, "GELU", .approximate = "none")
LAYER(hardtanh, "Hardtanh", .min_val = -1, .max_val = 1)

gra_module *gra_nn_celu_with(gra_nn_celu_options o)
{
    if (o.alpha == 0)
        return gra_fail("CELU: alpha is 0, but x is divided by it");
    return gra__layer(&celu_class, &o, sizeof o);
}

gra_module *gra_nn_gelu_with(gra_nn_gelu_options o)
{
    const char *const word = o.approximate ? o.approximate : "(NULL)";
    const bool by_tanh = strcmp(word, "tanh") == 0;
    if (!by_tanh && strcmp(word, "none") != 0)
        return gra_fail("GELU: approximate is '%s'; it must be 'none' or 'tanh'", word);
    return gra__layer(&gelu_class, &by_tanh, sizeof by_tanh);
}

gra_module *gra_nn_hardtanh_with(gra_nn_hardtanh_options o)
{
    if (!(o.max_val > o.min_val))
        return gra_fail("Hardtanh: max_val %g is not greater than min_val %g", o.max_val,
                        o.min_val);
    return gra__layer(&hardtanh_class, &o, sizeof o);
}
