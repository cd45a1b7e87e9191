/* layer_norm.c - the layers of layer and group normalisation: parameters "weight" and "bias". */
#include "core/create.h"
#include "core/error.h"
#include "core/scope.h"
#include "nn/layer.h"
#include "nn/layers.h"

/* ---- layer norm ---- */

typedef struct layer_norm {
    gra_nn_layer_norm_options o;
    gra_tensor *weight, *bias; /* of the normalised shape, or NULL */
} layer_norm;

static gra_tensor *layer_forward(gra_module *self, gra_tensor *x)
{
    const layer_norm *const n = gra_module_data(self);
    return gra_layer_norm(x, n->o.normalized_shape, n->weight, n->bias, n->o.eps);
}

static void describe_layer(const gra_module *self, FILE *text)
{
    const gra_nn_layer_norm_options *const o = gra_module_data(self);
    const gra_shape *const s = &o->normalized_shape;
    for (int i = 0; i < s->count; i++)
        fprintf(text, "%s%lld", i ? ", " : "(", (long long)s->size[i]);
    fprintf(text, "%s, eps=", s->count == 1 ? ",)" : ")");
    gra__write_float(text, o->eps);
    fprintf(text, ", elementwise_affine=%s, bias=%s", o->elementwise_affine ? "True" : "False",
            o->elementwise_affine && o->bias ? "True" : "False");
}

static const gra_module_class layer_class = {
    .name = "LayerNorm",
    .forward = layer_forward,
    .describe = describe_layer,
};

gra_nn_layer_norm_options gra_nn_layer_norm_defaults(void)
{
    return (gra_nn_layer_norm_options){.eps = 1e-5, .elementwise_affine = true, .bias = true};
}

/* The weight and the bias of a shape that are asked for. */
static void add_tensors(gra_module *self, gra_shape shape, bool affine, bool bias,
                        gra_tensor **weight, gra_tensor **shift)
{
    const int mark = gra_mark();
    if (affine)
        *weight = gra_module_add_parameter(self, "weight", gra_ones(shape));
    if (affine && bias)
        *shift = gra_module_add_parameter(self, "bias", gra_zeros(shape));
    gra_release(mark);
}

static bool is_eps(const char *name, double eps)
{
    if (!(eps >= 0))
        gra_fail("%s: eps %g is out of range; it is 0 or above", name, eps);
    return !gra_error();
}

gra_module *gra_nn_layer_norm_with(gra_nn_layer_norm_options o)
{
    if (gra_error() || !is_eps("LayerNorm", o.eps))
        return NULL;
    if (o.normalized_shape.count == 0)
        return gra_fail("LayerNorm: normalized_shape has no dims; at least one is needed, as in "
                        "GRA_SHAPE(64)");
    for (int i = 0; i < o.normalized_shape.count; i++)
        if (!gra__check_positive("LayerNorm", "normalized_shape", o.normalized_shape.size[i]))
            return NULL;
    const layer_norm data = {.o = o};
    gra_module *const self = gra__layer(&layer_class, &data, sizeof data);
    layer_norm *const n = gra_module_data(self);
    if (n)
        add_tensors(self, o.normalized_shape, o.elementwise_affine, o.bias, &n->weight, &n->bias);
    return gra_module_finish(self);
}

/* ---- group norm ---- */

typedef struct group_norm {
    gra_nn_group_norm_options o;
    gra_tensor *weight, *bias; /* [num_channels], or NULL */
} group_norm;

static gra_tensor *group_forward(gra_module *self, gra_tensor *x)
{
    const group_norm *const n = gra_module_data(self);
    char text[GRA_SHAPE_TEXT];
    const gra_shape shape = gra_tensor_shape(x);
    if (shape.count < 2 || shape.size[1] != n->o.num_channels)
        return gra_fail("GroupNorm: the input's shape is %s; [N, %lld, ...] is needed",
                        gra_shape_text(shape, text), (long long)n->o.num_channels);
    return gra_group_norm(x, n->o.num_groups, n->weight, n->bias, n->o.eps);
}

static void describe_group(const gra_module *self, FILE *text)
{
    const gra_nn_group_norm_options *const o = gra_module_data(self);
    fprintf(text, "%lld, %lld, eps=", (long long)o->num_groups, (long long)o->num_channels);
    gra__write_float(text, o->eps);
    fprintf(text, ", affine=%s, bias=%s", o->affine ? "True" : "False",
            o->affine && o->bias ? "True" : "False");
}

static const gra_module_class group_class = {
    .name = "GroupNorm",
    .forward = group_forward,
    .describe = describe_group,
};

gra_nn_group_norm_options gra_nn_group_norm_defaults(void)
{
    return (gra_nn_group_norm_options){.eps = 1e-5, .affine = true, .bias = true};
}

gra_module *gra_nn_group_norm_with(gra_nn_group_norm_options o)
{
    if (gra_error() || !gra__check_positive("GroupNorm", "num_groups", o.num_groups) ||
        !gra__check_positive("GroupNorm", "num_channels", o.num_channels) ||
        !is_eps("GroupNorm", o.eps))
        return NULL;
    if (o.num_channels % o.num_groups)
        return gra_fail("GroupNorm: num_groups %lld does not divide num_channels %lld",
                        (long long)o.num_groups, (long long)o.num_channels);
    const group_norm data = {.o = o};
    gra_module *const self = gra__layer(&group_class, &data, sizeof data);
    group_norm *const n = gra_module_data(self);
    if (n)
        add_tensors(self, GRA_SHAPE(o.num_channels), o.affine, o.bias, &n->weight, &n->bias);
    return gra_module_finish(self);
}
