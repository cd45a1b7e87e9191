/* batch_norm2d.c - the batch normalisation layer.
 *
 * Parameters "weight" and "bias" (affine), buffers "running_mean", "running_var" and
 * "num_batches_tracked", as in PyTorch's state_dict.
 */
#include "core/create.h"
#include "core/error.h"
#include "core/op.h"
#include "core/scope.h"
#include "nn/layer.h"
#include "nn/layers.h"

typedef struct batch_norm2d {
    gra_nn_batch_norm2d_options o;
    gra_tensor *weight, *bias;           /* [num_features], or NULL */
    gra_tensor *mean, *variance, *count; /* running ones and the number of batches, or NULL */
} batch_norm2d;

static gra_tensor *forward(gra_module *self, gra_tensor *x)
{
    const batch_norm2d *const b = gra_module_data(self);
    char text[GRA_SHAPE_TEXT];
    if (gra_tensor_ndim(x) != 4)
        return gra_fail("BatchNorm2d: the input's shape is %s; [N, C, H, W] is needed",
                        gra_shape_text(gra_tensor_shape(x), text));
    const bool training = gra_is_training(self);
    gra_batch_norm_options o = gra_batch_norm_defaults();
    o.input = x;
    o.running_mean = b->mean;
    o.running_var = b->variance;
    o.weight = b->weight;
    o.bias = b->bias;
    o.training = training || !b->mean;
    o.momentum = b->o.momentum;
    o.eps = b->o.eps;
    gra_tensor *const y = gra_batch_norm_with(o);
    if (y && training && b->count && !gra_is_recomputing())
        gra_add_scalar_(b->count, 1);
    return y;
}

static void describe(const gra_module *self, FILE *text)
{
    const gra_nn_batch_norm2d_options *const o = gra_module_data(self);
    fprintf(text, "%lld, eps=", (long long)o->num_features);
    gra__write_float(text, o->eps);
    fputs(", momentum=", text);
    gra__write_float(text, o->momentum);
    fprintf(text, ", affine=%s, bias=%s, track_running_stats=%s", o->affine ? "True" : "False",
            o->bias ? "True" : "False", o->track_running_stats ? "True" : "False");
}

static const gra_module_class batch_norm2d_class = {
    .name = "BatchNorm2d",
    .forward = forward,
    .describe = describe,
};

gra_nn_batch_norm2d_options gra_nn_batch_norm2d_defaults(void)
{
    return (gra_nn_batch_norm2d_options){
        .eps = 1e-5, .momentum = 0.1, .affine = true, .track_running_stats = true, .bias = true};
}

static void add_tensors(gra_module *self, batch_norm2d *b)
{
    const gra_shape shape = GRA_SHAPE(b->o.num_features);
    const int mark = gra_mark();
    if (b->o.affine)
        b->weight = gra_module_add_parameter(self, "weight", gra_ones(shape));
    if (b->o.affine && b->o.bias)
        b->bias = gra_module_add_parameter(self, "bias", gra_zeros(shape));
    if (b->o.track_running_stats) {
        b->mean = gra_module_add_buffer(self, "running_mean", gra_zeros(shape));
        b->variance = gra_module_add_buffer(self, "running_var", gra_ones(shape));
        b->count = gra_module_add_buffer(self, "num_batches_tracked",
                                         gra_zeros(GRA_SCALAR, .dtype = GRA_INT64));
    }
    gra_release(mark);
}

gra_module *gra_nn_batch_norm2d_with(gra_nn_batch_norm2d_options o)
{
    const char *const name = batch_norm2d_class.name;
    if (gra_error() || !gra__check_positive(name, "num_features", o.num_features))
        return NULL;
    if (!(o.eps >= 0))
        return gra_fail("%s: eps %g is out of range; it is 0 or above", name, o.eps);
    if (!(o.momentum >= 0 && o.momentum <= 1))
        return gra_fail("%s: momentum %g is out of range; it lies between 0 and 1", name,
                        o.momentum);
    const batch_norm2d data = {.o = o};
    gra_module *const self = gra__layer(&batch_norm2d_class, &data, sizeof data);
    if (self)
        add_tensors(self, gra_module_data(self));
    return gra_module_finish(self);
}
