/* batch_norm.c - the layers of batch and instance normalisation, for one, two and three dims behind the channels.
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

typedef gra_nn_batch_norm2d_options norm_options; /* instance norm's are the same */

typedef struct norm {
    norm_options o;
    gra_tensor *weight, *bias;           /* [num_features], or NULL */
    gra_tensor *mean, *variance, *count; /* running ones and the number of batches, or NULL */
} norm;

/* The part of this batch in the running values: of all batches so far, where momentum is PyTorch's None. */
static double share_of_batch(const norm *b)
{
    if (b->o.momentum != GRA_CUMULATIVE)
        return b->o.momentum;
    return b->count ? 1 / (gra_item(b->count) + 1) : 0;
}

static void count_batch(gra_module *self, const norm *b)
{
    if (gra_is_training(self) && b->count && !gra_is_recomputing())
        gra_add_scalar_(b->count, 1);
}

static gra_tensor *batch_forward(gra_module *self, gra_tensor *x)
{
    const norm *const b = gra_module_data(self);
    const bool training = gra_is_training(self);
    gra_tensor *const y = gra_batch_norm(x, b->mean, b->variance, b->weight, b->bias,
                                         .training = training || !b->mean,
                                         .momentum = share_of_batch(b), .eps = b->o.eps);
    if (y)
        count_batch(self, b);
    return y;
}

/* x with `dims` dims, or one sample without the first. */
static gra_tensor *instance_forward(gra_module *self, gra_tensor *x, int dims)
{
    const norm *const b = gra_module_data(self);
    const bool alone = gra_tensor_ndim(x) == dims - 1;
    gra_tensor *const samples = alone ? gra_unsqueeze(x, 0) : x;
    const double momentum = b->o.momentum == GRA_CUMULATIVE ? 0 : b->o.momentum;
    gra_tensor *const y = gra_instance_norm(samples, b->mean, b->variance, b->weight, b->bias,
                                            gra_is_training(self) || !b->mean, momentum, b->o.eps);
    return alone ? gra_squeeze(y, GRA_DIMS(0)) : y;
}

/* Whether x has from `least` to `most` dims. */
static bool has_dims(const gra_module *self, const gra_tensor *x, int least, int most,
                     const char *wanted)
{
    char text[GRA_SHAPE_TEXT];
    if (gra_tensor_ndim(x) >= least && gra_tensor_ndim(x) <= most)
        return true;
    gra_fail("%s: the input's shape is %s; %s is needed", gra_module_class_name(self),
             gra_shape_text(gra_tensor_shape(x), text), wanted);
    return false;
}

static gra_tensor *batch1d(gra_module *self, gra_tensor *x)
{
    return has_dims(self, x, 2, 3, "[N, C] or [N, C, L]") ? batch_forward(self, x) : NULL;
}

static gra_tensor *batch2d(gra_module *self, gra_tensor *x)
{
    return has_dims(self, x, 4, 4, "[N, C, H, W]") ? batch_forward(self, x) : NULL;
}

static gra_tensor *batch3d(gra_module *self, gra_tensor *x)
{
    return has_dims(self, x, 5, 5, "[N, C, D, H, W]") ? batch_forward(self, x) : NULL;
}

static gra_tensor *instance1d(gra_module *self, gra_tensor *x)
{
    return has_dims(self, x, 2, 3, "[N, C, L] or [C, L]") ? instance_forward(self, x, 3) : NULL;
}

static gra_tensor *instance2d(gra_module *self, gra_tensor *x)
{
    return has_dims(self, x, 3, 4, "[N, C, H, W] or [C, H, W]") ? instance_forward(self, x, 4)
                                                                : NULL;
}

static gra_tensor *instance3d(gra_module *self, gra_tensor *x)
{
    return has_dims(self, x, 4, 5, "[N, C, D, H, W] or [C, D, H, W]") ? instance_forward(self, x, 5)
                                                                      : NULL;
}

static void describe(const gra_module *self, FILE *text)
{
    const norm_options *const o = gra_module_data(self);
    fprintf(text, "%lld, eps=", (long long)o->num_features);
    gra__write_float(text, o->eps);
    fputs(", momentum=", text);
    if (o->momentum == GRA_CUMULATIVE)
        fputs("None", text);
    else
        gra__write_float(text, o->momentum);
    fprintf(text, ", affine=%s, bias=%s, track_running_stats=%s", o->affine ? "True" : "False",
            o->affine && o->bias ? "True" : "False", o->track_running_stats ? "True" : "False");
}

static const gra_module_class batch1d_class = {
    .name = "BatchNorm1d", .forward = batch1d, .describe = describe};
static const gra_module_class batch2d_class = {
    .name = "BatchNorm2d", .forward = batch2d, .describe = describe};
static const gra_module_class batch3d_class = {
    .name = "BatchNorm3d", .forward = batch3d, .describe = describe};
static const gra_module_class instance1d_class = {
    .name = "InstanceNorm1d", .forward = instance1d, .describe = describe};
static const gra_module_class instance2d_class = {
    .name = "InstanceNorm2d", .forward = instance2d, .describe = describe};
static const gra_module_class instance3d_class = {
    .name = "InstanceNorm3d", .forward = instance3d, .describe = describe};

static void add_tensors(gra_module *self, norm *b)
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

static gra_module *norm_new(const gra_module_class *type, norm_options o)
{
    const char *const name = type->name;
    if (gra_error() || !gra__check_positive(name, "num_features", o.num_features))
        return NULL;
    if (!(o.eps >= 0))
        return gra_fail("%s: eps %g is out of range; it is 0 or above", name, o.eps);
    if (o.momentum != GRA_CUMULATIVE && !(o.momentum >= 0 && o.momentum <= 1))
        return gra_fail("%s: momentum %g is out of range; it lies between 0 and 1", name,
                        o.momentum);
    const norm data = {.o = o};
    gra_module *const self = gra__layer(type, &data, sizeof data);
    if (self)
        add_tensors(self, gra_module_data(self));
    return gra_module_finish(self);
}

static norm_options defaults(bool trained)
{
    return (norm_options){.eps = 1e-5,
                          .momentum = 0.1,
                          .affine = trained,
                          .track_running_stats = trained,
                          .bias = true};
}

gra_nn_batch_norm1d_options gra_nn_batch_norm1d_defaults(void)
{
    return defaults(true);
}

gra_nn_batch_norm2d_options gra_nn_batch_norm2d_defaults(void)
{
    return defaults(true);
}

gra_nn_batch_norm3d_options gra_nn_batch_norm3d_defaults(void)
{
    return defaults(true);
}

gra_nn_instance_norm1d_options gra_nn_instance_norm1d_defaults(void)
{
    return defaults(false);
}

gra_nn_instance_norm2d_options gra_nn_instance_norm2d_defaults(void)
{
    return defaults(false);
}

gra_nn_instance_norm3d_options gra_nn_instance_norm3d_defaults(void)
{
    return defaults(false);
}

gra_module *gra_nn_batch_norm1d_with(gra_nn_batch_norm1d_options o)
{
    return norm_new(&batch1d_class, o);
}

gra_module *gra_nn_batch_norm2d_with(gra_nn_batch_norm2d_options o)
{
    return norm_new(&batch2d_class, o);
}

gra_module *gra_nn_batch_norm3d_with(gra_nn_batch_norm3d_options o)
{
    return norm_new(&batch3d_class, o);
}

gra_module *gra_nn_instance_norm1d_with(gra_nn_instance_norm1d_options o)
{
    return norm_new(&instance1d_class, o);
}

gra_module *gra_nn_instance_norm2d_with(gra_nn_instance_norm2d_options o)
{
    return norm_new(&instance2d_class, o);
}

gra_module *gra_nn_instance_norm3d_with(gra_nn_instance_norm3d_options o)
{
    return norm_new(&instance3d_class, o);
}
