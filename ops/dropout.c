/* dropout.c - elements, or whole channels, dropped at random.
 *
 *   dropout           y = m x / (1 - p)                            dy/dx = m / (1 - p)
 *   alpha_dropout     y = a (m x - (1 - m) A) + a A p              dy/dx = a m
 *                     A = 1.7580993408473766,  a = ((1 - p) (1 + p A^2))^(-1/2)
 *
 * m is 0 with probability p, else 1, drawn from the thread's default generator for each element; so y has
 * the mean of x, and with alpha_dropout, which sets what it drops to -A, the limit of SELU, also the
 * variance of an x of mean 0 and variance 1.  What is dropped does not depend on x, also where that is not
 * finite.  p = 1 drops all: y is 0.  Without training, or with p = 0, y is x itself.
 *
 * dropout1d, dropout2d, dropout3d and feature_alpha_dropout draw m for whole channels: x is [N, C, ...],
 * for 1d and 3d also one sample without N.  A trailing underscore writes into x.
 *
 * Sources: Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", JMLR 15,
 * 2014; Klambauer et al., "Self-normalizing neural networks", NeurIPS 2017.
 */
#include <math.h>

#include "core/create.h"
#include "core/error.h"
#include "core/random.h"
#include "ops/iterate.h"
#include "ops/ops.h"

typedef struct {
    double p;
    bool training;
} dropout_args;

/* y = scale (m ? x : dropped) + shift */
typedef struct {
    double dropped, scale, shift;
} form;

static form plain(double p)
{
    return (form){.scale = p < 1 ? 1 / (1 - p) : 0};
}

static form alpha(double p)
{
    const double limit = 1.7580993408473766;
    const double scale = p < 1 ? 1 / sqrt((1 - p) * (1 + p * limit * limit)) : 0;
    return (form){-limit, scale, scale * limit * p};
}

static bool is_identity(const dropout_args *args)
{
    return args->p == 0 || (!args->training && args->p > 0 && args->p <= 1);
}

static gra_tensor *masked(gra_tensor *x, gra_tensor *mask, form f)
{
    gra_tensor *const y = gra_where(mask, x, gra_scalar(f.dropped, x->dtype));
    gra_tensor *const scaled = gra_mul_scalar(y, f.scale);
    return f.shift == 0 ? scaled : gra_add_scalar(scaled, f.shift);
}

/* Drawn in the order in which the elements of x lie in memory, so that the mask lies there likewise. */
static gra_tensor *drawn_mask(gra_tensor *x, double p)
{
    gra_tensor *const like = gra__is_dense(x) ? x : gra__empty("dropout", x->shape, GRA_BOOL);
    gra_tensor *const drawn = like ? gra_rand(GRA_SHAPE(x->numel)) : NULL;
    return drawn ? gra_ge_scalar(gra__view(drawn, like->shape, like->stride, 0), p) : NULL;
}

/* One number for each channel, where `leading` dims count the channels. */
static gra_tensor *drawn_channels(gra_tensor *x, int leading, double p)
{
    gra_shape shape = x->shape;
    for (int d = leading; d < shape.count; d++)
        shape.size[d] = 1;
    return gra_ge_scalar(gra_rand(shape), p);
}

static void dropout1d_forward(gra_call *c), dropout2d_forward(gra_call *c),
    dropout3d_forward(gra_call *c), feature_alpha_dropout_forward(gra_call *c);

static int channel_dims(const gra_op *op, const gra_tensor *x, bool fits, int dims,
                        const char *wanted)
{
    char text[GRA_SHAPE_TEXT];
    if (fits)
        return dims;
    gra_fail("%s: x has shape %s; %s is needed", gra_op_name(op), gra_shape_text(x->shape, text),
             wanted);
    return -1;
}

/* How many dims of x count the channels that are dropped as a whole: 0 where each element is drawn. -1
 * with an error where x has not the dims that the op needs; a sample may stand alone. */
static int leading_dims(const gra_op *op, const gra_tensor *x)
{
    const int count = x->shape.count;
    if (op->forward == dropout1d_forward)
        return channel_dims(op, x, count == 3 || count == 2, count - 1, "[N, C, L] or [C, L]");
    if (op->forward == dropout2d_forward)
        return channel_dims(op, x, count == 4, 2, "[N, C, H, W]");
    if (op->forward == dropout3d_forward)
        return channel_dims(op, x, count == 5 || count == 4, count - 3,
                            "[N, C, D, H, W] or [C, D, H, W]");
    if (op->forward == feature_alpha_dropout_forward)
        return channel_dims(op, x, count >= 2, 2, "[N, C, ...]");
    return 0;
}

static bool is_probability(const char *name, double p)
{
    if (!(p >= 0 && p <= 1))
        gra_fail("%s: p is %g; a probability lies between 0 and 1", name, p);
    return p >= 0 && p <= 1;
}

/* What all have in common. */
static void drop(gra_call *c, form (*form_of)(double p))
{
    const dropout_args *const args = c->args;
    const char *const name = gra_op_name(c->op);
    gra_tensor *const x = c->in[0];
    const int leading = leading_dims(c->op, x);
    if (leading < 0 || !is_probability(name, args->p))
        return;
    if (is_identity(args)) { /* the functions return x itself and do not come here */
        c->out[0] = c->op->inplace ? x : gra__copy(x, x->dtype);
        return;
    }
    if (!gra_dtype_is_floating(x->dtype)) {
        gra_fail(
            "%s: dtype %s cannot be scaled by 1 / (1 - p); convert the tensor with gra_to first",
            name, gra_dtype_name(x->dtype));
        return;
    }
    gra_tensor *const mask = leading ? drawn_channels(x, leading, args->p) : drawn_mask(x, args->p);
    gra_tensor *const y = mask ? masked(x, mask, form_of(args->p)) : NULL;
    c->saved[0] = mask;
    if (y && c->op->inplace)
        c->out[0] = gra__copy_into(name, x, y) ? x : NULL;
    else
        c->out[0] = y;
}

static void dropout_forward(gra_call *c)
{
    drop(c, plain);
}

static void dropout1d_forward(gra_call *c)
{
    drop(c, plain);
}

static void dropout2d_forward(gra_call *c)
{
    drop(c, plain);
}

static void dropout3d_forward(gra_call *c)
{
    drop(c, plain);
}

static void alpha_dropout_forward(gra_call *c)
{
    drop(c, alpha);
}

static void feature_alpha_dropout_forward(gra_call *c)
{
    drop(c, alpha);
}

static void pass_back(gra_call *c, gra_tensor *g, gra_tensor **dx, form f)
{
    const form gradient = {.scale = f.scale};
    dx[0] = is_identity(c->args) ? g : masked(g, c->saved[0], gradient);
}

static void dropout_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    pass_back(c, g[0], dx, plain(((const dropout_args *)c->args)->p));
}

static void alpha_dropout_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    pass_back(c, g[0], dx, alpha(((const dropout_args *)c->args)->p));
}

/* An op and its form in place, and their functions. */
#define DROPOUT(name, default_training, rule)                                                      \
    const gra_op gra_op_##name = {                                                                 \
        .schema = #name "(Tensor x, float p=0.5, bool training=" default_training ") -> Tensor",   \
        .forward = name##_forward,                                                                 \
        .vjp = rule,                                                                               \
        .saves = GRA_SAVE_NOTHING,                                                                 \
        .args_size = sizeof(dropout_args),                                                         \
    };                                                                                             \
    const gra_op gra_op_##name##_ = {                                                              \
        .schema = #name "_(Tensor(a!) x, float p=0.5, bool training=" default_training             \
                        ") -> Tensor(a!)",                                                         \
        .forward = name##_forward,                                                                 \
        .vjp = rule,                                                                               \
        .saves = GRA_SAVE_NOTHING,                                                                 \
        .args_size = sizeof(dropout_args),                                                         \
        .inplace = true,                                                                           \
    };                                                                                             \
    gra_tensor *gra_##name(gra_tensor *x, double p, bool training)                                 \
    {                                                                                              \
        return apply(&gra_op_##name, x, p, training);                                              \
    }                                                                                              \
    gra_tensor *gra_##name##_(gra_tensor *x, double p, bool training)                              \
    {                                                                                              \
        return apply(&gra_op_##name##_, x, p, training);                                           \
    }

/* The identity makes no node. */
static gra_tensor *apply(const gra_op *op, gra_tensor *x, double p, bool training)
{
    const dropout_args args = {p, training};
    if (!gra_error() && x && is_identity(&args) && is_probability(gra_op_name(op), p))
        return leading_dims(op, x) < 0 ? NULL : x;
    return gra_apply(op, &x, 1, &args);
}

DROPOUT(dropout, "True", dropout_vjp)
DROPOUT(dropout1d, "True", dropout_vjp)
DROPOUT(dropout2d, "True", dropout_vjp)
DROPOUT(dropout3d, "True", dropout_vjp)
DROPOUT(alpha_dropout, "False", alpha_dropout_vjp)
DROPOUT(feature_alpha_dropout, "False", alpha_dropout_vjp)
