/* instance_norm.c - each channel of each sample brought to mean 0 and variance 1, then scaled and shifted.
 *
 *   y = w z + b                 z = (x - m) r,  r = (v + eps)^(-1/2)          w and b for each channel
 *
 * x is [N, C, ...].  m and v are a channel's mean and variance over what follows it, which is group_norm with
 * as many groups as channels; or, where use_input_stats is false, the running ones, which is batch_norm
 * without training.  Running statistics that are given with use_input_stats move towards the mean over
 * the samples of m and of n/(n-1) v, by `momentum`.
 *
 * Source: Ulyanov, Vedaldi and Lempitsky, "Instance normalization: the missing ingredient for fast
 * stylization", arXiv 1607.08022, 2016.
 */
#include "core/error.h"
#include "ops/layout.h"
#include "ops/reduce.h"
#include "ops/row_norm.h"

typedef struct {
    bool use_input_stats;
    double momentum, eps;
} norm_args;

enum { X, WEIGHT, BIAS, RUNNING_MEAN, RUNNING_VAR };

static bool running_fits(const gra_call *c)
{
    static const char *const names[] = {"running_mean", "running_var"};
    const int64_t channels = c->in[X]->shape.size[1];
    char text[GRA_SHAPE_TEXT];
    for (int i = 0; i < 2; i++) {
        const gra_tensor *const t = c->in[RUNNING_MEAN + i];
        if (t && (t->shape.count != 1 || t->shape.size[0] != channels))
            gra_fail("instance_norm: %s has shape %s; [%lld] is needed", names[i],
                     gra_shape_text(t->shape, text), (long long)channels);
        else if (t && (!gra_dtype_is_floating(t->dtype) || t->requires_grad))
            gra_fail("instance_norm: %s %s; a floating point tensor without a gradient is needed",
                     names[i], t->requires_grad ? "requires a gradient" : "has an integer dtype");
    }
    return !gra_error();
}

static bool arguments_fit(const gra_call *c)
{
    const norm_args *const a = c->args;
    const gra_shape *const x = &c->in[X]->shape;
    char text[GRA_SHAPE_TEXT];
    const bool running = c->in[RUNNING_MEAN] && c->in[RUNNING_VAR];
    if (x->count < 2)
        gra_fail("instance_norm: input has shape %s; [N, C, ...] is needed",
                 gra_shape_text(*x, text));
    else if (a->use_input_stats && gra__numel_between(x, 2, x->count) == 1)
        gra_fail("instance_norm: input of shape %s has one value for each channel of a sample; "
                 "more are needed",
                 gra_shape_text(*x, text));
    else if (!a->use_input_stats && !running)
        gra_fail("instance_norm: running_mean and running_var are needed where .use_input_stats is "
                 "false");
    else if (!running && (c->in[RUNNING_MEAN] || c->in[RUNNING_VAR]))
        gra_fail("instance_norm: running_mean and running_var are given both or not at all");
    else
        return gra__row_norm_fits(c, GRA_SHAPE(x->size[1])) && running_fits(c);
    return false;
}

/* running = (1 - momentum) running + momentum * the mean over the samples of value, [N, C]. */
static void move_running(gra_tensor *running, gra_tensor *value, double momentum)
{
    gra_tensor *const now = gra_mean(value, .dims = GRA_DIMS(0));
    gra_copy_(running,
              gra_add(gra_mul_scalar(running, 1 - momentum), gra_mul_scalar(now, momentum)));
}

static void remember(const gra_call *c)
{
    const double momentum = ((const norm_args *)c->args)->momentum;
    const bool was = gra_set_grad(false);
    gra_tensor *const x = gra__computable(c->in[X]);
    gra_dims dims = {.kind = &gra_dims_kind, .count = x ? x->shape.count - 2 : 0};
    for (int i = 0; i < dims.count; i++)
        dims.dim[i] = i + 2;
    move_running(c->in[RUNNING_MEAN], gra_mean(x, .dims = dims), momentum);
    move_running(c->in[RUNNING_VAR], gra_var(x, .dims = dims), momentum);
    gra_set_grad(was);
}

static void norm_forward(gra_call *c)
{
    const norm_args *const a = c->args;
    gra_tensor *const x = c->in[X];
    if (!arguments_fit(c))
        return;
    if (!a->use_input_stats) {
        c->out[0] = gra_batch_norm(x, c->in[RUNNING_MEAN], c->in[RUNNING_VAR], c->in[WEIGHT],
                                   c->in[BIAS], .eps = a->eps);
        return;
    }
    const int64_t channels = x->shape.size[1];
    c->out[0] =
        channels ? gra_group_norm(x, channels, c->in[WEIGHT], c->in[BIAS], a->eps) : gra_clone(x);
    if (c->out[0] && c->in[RUNNING_MEAN] && x->numel > 0 && !gra_is_recomputing())
        remember(c);
}

const gra_op gra_op_instance_norm = {
    .schema = "instance_norm(Tensor input, Tensor? weight=None, Tensor? bias=None, Tensor? "
              "running_mean=None, Tensor? running_var=None, bool use_input_stats=True, float "
              "momentum=0.1, float eps=1e-05) -> Tensor",
    .forward = norm_forward,
    .args_size = sizeof(norm_args),
    .composite = true,
};

gra_instance_norm_options gra_instance_norm_defaults(void)
{
    return (gra_instance_norm_options){.use_input_stats = true, .momentum = 0.1, .eps = 1e-5};
}

gra_tensor *gra_instance_norm_with(gra_instance_norm_options o)
{
    gra_tensor *const in[] = {o.input, o.weight, o.bias, o.running_mean, o.running_var};
    return gra_apply(&gra_op_instance_norm, in, 5,
                     &(norm_args){o.use_input_stats, o.momentum, o.eps});
}
