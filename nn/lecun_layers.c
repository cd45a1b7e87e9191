/* lecun_layers.c - the parts of LeNet-5 as its paper has them. */
#include "nn/lecun_layers.h"

#include <math.h>
#include <stdlib.h>

#include "core/create.h"
#include "core/error.h"
#include "core/random.h"
#include "core/scope.h"
#include "core/tensor_struct.h"
#include "nn/layer.h"
#include "nn/loss.h"

/* ---- the squashing function ---- */

gra_tensor *gra__scaled_tanh(gra_tensor *x, double amplitude, double slope)
{
    return gra_mul_scalar(gra_tanh(gra_mul_scalar(x, slope)), amplitude);
}

static gra_tensor *scaled_tanh(gra_module *self, gra_tensor *x)
{
    const gra_nn_scaled_tanh_options *const o = gra_module_data(self);
    return gra__scaled_tanh(x, o->amplitude, o->slope);
}

static void describe_scaled_tanh(const gra_module *self, FILE *text)
{
    const gra_nn_scaled_tanh_options *const o = gra_module_data(self);
    fputs("amplitude=", text);
    gra__write_float(text, o->amplitude);
    fputs(", slope=", text);
    gra__write_float(text, o->slope);
}

static const gra_module_class scaled_tanh_class = {
    .name = "ScaledTanh",
    .forward = scaled_tanh,
    .describe = describe_scaled_tanh,
};

gra_nn_scaled_tanh_options gra_nn_scaled_tanh_defaults(void)
{
    return (gra_nn_scaled_tanh_options){.amplitude = 1.7159, .slope = 2.0 / 3};
}

gra_module *gra_nn_scaled_tanh_with(gra_nn_scaled_tanh_options o)
{
    if (!gra_error() && (!isfinite(o.amplitude) || !isfinite(o.slope)))
        gra_fail("ScaledTanh: amplitude %g and slope %g are given; finite numbers are needed",
                 o.amplitude, o.slope);
    return gra_error() ? NULL : gra__layer(&scaled_tanh_class, &o, sizeof o);
}

/* ---- subsampling ---- */

typedef struct subsampling {
    gra_tensor *weight, *bias;
    int64_t channels, kernel_size;
} subsampling;

static gra_tensor *subsample(gra_module *self, gra_tensor *x)
{
    const subsampling *const s = gra_module_data(self);
    char text[GRA_SHAPE_TEXT];
    if (x->shape.count < 3 || x->shape.size[x->shape.count - 3] != s->channels)
        return gra_fail("Subsampling2d: input has shape %s; [.., %lld, height, width] is needed",
                        gra_shape_text(x->shape, text), (long long)s->channels);
    gra_tensor *const sums = gra_avg_pool2d(x, s->kernel_size, .divisor_override = 1);
    return gra_add(gra_mul(sums, s->weight), s->bias);
}

static void describe_subsampling(const gra_module *self, FILE *text)
{
    const subsampling *const s = gra_module_data(self);
    fprintf(text, "%lld, kernel_size=%lld", (long long)s->channels, (long long)s->kernel_size);
}

/* Each output adds up its window and a bias, times one coefficient: LeCun counts all of the former. */
static void count_subsampling(const gra_module *self, gra_shape input, gra_shape output,
                              gra_cost *cost)
{
    (void)input;
    const subsampling *const s = gra_module_data(self);
    cost->multiply_adds += gra__numel(&output);
    cost->connections += gra__numel(&output) * (s->kernel_size * s->kernel_size + 1);
}

static const gra_module_class subsampling_class = {
    .name = "Subsampling2d",
    .forward = subsample,
    .describe = describe_subsampling,
    .count = count_subsampling,
};

gra_nn_subsampling2d_options gra_nn_subsampling2d_defaults(void)
{
    return (gra_nn_subsampling2d_options){.kernel_size = 2};
}

gra_module *gra_nn_subsampling2d_with(gra_nn_subsampling2d_options o)
{
    const char *const name = subsampling_class.name;
    if (gra_error() || !gra__check_positive(name, "channels", o.channels) ||
        !gra__check_positive(name, "kernel_size", o.kernel_size))
        return NULL;
    const subsampling made = {.channels = o.channels, .kernel_size = o.kernel_size};
    gra_module *const self = gra__layer(&subsampling_class, &made, sizeof made);
    subsampling *const s = gra_module_data(self);
    if (!s)
        return NULL;
    const gra_shape shape = GRA_SHAPE(o.channels, 1, 1);
    const gra__weights own =
        gra__add_weights_of(self, shape, &shape, o.kernel_size * o.kernel_size);
    s->weight = own.weight;
    s->bias = own.bias;
    return gra_module_finish(self);
}

/* ---- a convolution with a table of connections ---- */

typedef struct table_conv {
    gra_tensor *weight, *bias; /* bias may be NULL */
    gra_tensor *index;         /* [out * in]: the connection's number, or connections for none */
    int64_t in_channels, out_channels, kernel_size, connections;
} table_conv;

/* The weight with zeros where there is no connection, [out, in, kernel, kernel]. */
static gra_tensor *dense_weight(const table_conv *t)
{
    const int64_t k = t->kernel_size;
    gra_tensor *const rows = gra_reshape(t->weight, GRA_SHAPE(t->connections, k * k));
    gra_tensor *const none = gra_zeros(GRA_SHAPE(1, k * k), .dtype = gra_tensor_dtype(t->weight));
    gra_tensor *const all = gra_cat((gra_tensor *[]){rows, none}, 2, 0);
    return gra_reshape(gra_index_select(all, 0, t->index),
                       GRA_SHAPE(t->out_channels, t->in_channels, k, k));
}

static gra_tensor *convolve(gra_module *self, gra_tensor *x)
{
    const table_conv *const t = gra_module_data(self);
    return gra_conv2d(x, dense_weight(t), t->bias);
}

static void describe_table_conv(const gra_module *self, FILE *text)
{
    const table_conv *const t = gra_module_data(self);
    fprintf(text, "%lld, %lld, kernel_size=(%lld, %lld), connections=%lld",
            (long long)t->in_channels, (long long)t->out_channels, (long long)t->kernel_size,
            (long long)t->kernel_size, (long long)t->connections);
    if (!t->bias)
        fputs(", bias=False", text);
}

/* Each pixel of a map uses the weights of its connections, and its bias. */
static void count_table_conv(const gra_module *self, gra_shape input, gra_shape output,
                             gra_cost *cost)
{
    (void)input;
    const table_conv *const t = gra_module_data(self);
    const int64_t pixels = gra__numel(&output) / t->out_channels;
    const int64_t products = t->connections * t->kernel_size * t->kernel_size;
    cost->multiply_adds += pixels * products;
    cost->connections += pixels * (products + (t->bias ? t->out_channels : 0));
}

static const gra_module_class table_conv_class = {
    .name = "TableConv2d",
    .forward = convolve,
    .describe = describe_table_conv,
    .count = count_table_conv,
};

gra_nn_table_conv2d_options gra_nn_table_conv2d_defaults(void)
{
    return (gra_nn_table_conv2d_options){.bias = true};
}

/* How many maps map o sees. */
static int64_t seen_by(const gra_nn_table_conv2d_options *o, int64_t map)
{
    int64_t count = 0;
    for (int64_t i = 0; i < o->in_channels; i++)
        count += o->table[map * o->in_channels + i] != 0;
    return count;
}

/* Counts the connections; -1 with an error for a map that sees none. */
static int64_t count_connections(const gra_nn_table_conv2d_options *o)
{
    int64_t count = 0;
    for (int64_t map = 0; map < o->out_channels; map++) {
        const int64_t seen = seen_by(o, map);
        if (!seen) {
            gra_fail("TableConv2d: the table connects map %lld with no input; each needs one",
                     (long long)map);
            return -1;
        }
        count += seen;
    }
    return count;
}

static bool check_table_conv(const gra_nn_table_conv2d_options *o)
{
    const char *const name = table_conv_class.name;
    if (gra_error() || !gra__check_positive(name, "in_channels", o->in_channels) ||
        !gra__check_positive(name, "out_channels", o->out_channels) ||
        !gra__check_positive(name, "kernel_size", o->kernel_size))
        return false;
    if (!o->table)
        gra_fail("TableConv2d: the table is NULL; %lld rows of %lld entries are needed",
                 (long long)o->out_channels, (long long)o->in_channels);
    return !gra_error();
}

/* Where each pair of maps finds its weights. */
static gra_tensor *index_of(const gra_nn_table_conv2d_options *o, int64_t connections)
{
    const int64_t pairs = o->out_channels * o->in_channels;
    gra_tensor *const index = gra_empty(GRA_SHAPE(pairs), .dtype = GRA_INT64);
    int64_t *const at = gra_tensor_data(index);
    int64_t used = 0;
    for (int64_t i = 0; at && i < pairs; i++)
        at[i] = o->table[i] ? used++ : connections;
    return index;
}

/* Each map's weights and bias by how many it sees. */
static void fill_uniform(const gra_nn_table_conv2d_options *o, table_conv *t)
{
    int64_t at = 0;
    for (int64_t map = 0; map < o->out_channels && !gra_error(); map++) {
        const int64_t seen = seen_by(o, map);
        const double bound = 1 / sqrt((double)(seen * o->kernel_size * o->kernel_size));
        gra_uniform_(gra_narrow(gra_detach(t->weight), 0, at, seen), -bound, bound);
        if (t->bias)
            gra_uniform_(gra_narrow(gra_detach(t->bias), 0, map, 1), -bound, bound);
        at += seen;
    }
}

gra_module *gra_nn_table_conv2d_with(gra_nn_table_conv2d_options o)
{
    const int64_t connections = check_table_conv(&o) ? count_connections(&o) : -1;
    if (connections < 0)
        return NULL;
    const table_conv made = {
        .in_channels = o.in_channels,
        .out_channels = o.out_channels,
        .kernel_size = o.kernel_size,
        .connections = connections,
    };
    gra_module *const self = gra__layer(&table_conv_class, &made, sizeof made);
    table_conv *const t = gra_module_data(self);
    if (!t)
        return NULL;
    const int mark = gra_mark();
    const gra_shape bias = GRA_SHAPE(o.out_channels);
    const gra_shape weight = GRA_SHAPE(connections, o.kernel_size, o.kernel_size);
    const bool skips = gra__skip_init(true);
    const gra__weights own = gra__add_weights_of(self, weight, o.bias ? &bias : NULL, 1);
    gra__skip_init(skips);
    t->weight = own.weight;
    t->bias = own.bias;
    t->index = gra_module_add_buffer(self, "index", index_of(&o, connections));
    if (!skips && !gra_error())
        fill_uniform(&o, t);
    gra_release(mark);
    return gra_module_finish(self);
}

/* ---- radial basis functions ---- */

typedef struct rbf {
    gra_tensor *weight;
    int64_t in_features, out_features;
} rbf;

static gra_tensor *distances(gra_module *self, gra_tensor *x)
{
    const rbf *const r = gra_module_data(self);
    return gra_rbf(x, r->weight);
}

static void describe_rbf(const gra_module *self, FILE *text)
{
    const rbf *const r = gra_module_data(self);
    fprintf(text, "in_features=%lld, out_features=%lld", (long long)r->in_features,
            (long long)r->out_features);
}

static void count_rbf(const gra_module *self, gra_shape input, gra_shape output, gra_cost *cost)
{
    (void)input;
    const rbf *const r = gra_module_data(self);
    cost->multiply_adds += gra__numel(&output) * r->in_features;
    cost->connections += gra__numel(&output) * r->in_features;
}

static const gra_module_class rbf_class = {
    .name = "Rbf",
    .forward = distances,
    .describe = describe_rbf,
    .count = count_rbf,
};

gra_nn_rbf_options gra_nn_rbf_defaults(void)
{
    return (gra_nn_rbf_options){0};
}

/* -1 or 1 by chance. */
static gra_tensor *random_codes(gra_shape shape)
{
    gra_tensor *const codes = gra_uniform_(gra_empty(shape), -1, 1);
    return gra_sub(gra_mul_scalar(gra_to(gra_ge_scalar(codes, 0), GRA_FLOAT32), 2),
                   gra_ones(GRA_SCALAR));
}

static bool check_codes(const gra_nn_rbf_options *o, gra_shape wanted)
{
    char a[GRA_SHAPE_TEXT], b[GRA_SHAPE_TEXT];
    if (o->weight && !gra_shape_equal(o->weight->shape, wanted))
        gra_fail("Rbf: weight has shape %s; %s is needed", gra_shape_text(o->weight->shape, a),
                 gra_shape_text(wanted, b));
    return !gra_error();
}

gra_module *gra_nn_rbf_with(gra_nn_rbf_options o)
{
    const gra_shape shape = GRA_SHAPE(o.out_features, o.in_features);
    if (gra_error() || !gra__check_positive(rbf_class.name, "in_features", o.in_features) ||
        !gra__check_positive(rbf_class.name, "out_features", o.out_features) ||
        !check_codes(&o, shape))
        return NULL;
    const rbf made = {.in_features = o.in_features, .out_features = o.out_features};
    gra_module *const self = gra__layer(&rbf_class, &made, sizeof made);
    rbf *const r = gra_module_data(self);
    if (!r)
        return NULL;
    const int mark = gra_mark();
    const bool was = gra_set_grad(false);
    gra_tensor *const codes = o.weight ? gra_clone(o.weight) : random_codes(shape);
    gra_set_grad(was);
    r->weight = gra_module_add_buffer(self, "weight", codes);
    gra_release(mark);
    return gra_module_finish(self);
}

/* ---- the criterion ---- */

static gra_tensor *map_loss(gra_module *self, gra_tensor *input, gra_tensor *target)
{
    const gra_nn_map_loss_options *const o = gra_module_data(self);
    return gra_map_loss(input, target, o->j, o->reduction);
}

static const gra_module_class map_loss_class = {.name = "MapLoss", .forward_two = map_loss};

gra_nn_map_loss_options gra_nn_map_loss_defaults(void)
{
    return (gra_nn_map_loss_options){.j = 1};
}

gra_module *gra_nn_map_loss_with(gra_nn_map_loss_options o)
{
    if (!gra_error() && !isfinite(o.j))
        return gra_fail("MapLoss: j is %g; a finite penalty is needed", o.j);
    return gra__loss_module(&map_loss_class, &o, sizeof o, o.reduction, GRA_REDUCE_NONE);
}
