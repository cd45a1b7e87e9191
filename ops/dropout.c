/* dropout.c - elements dropped at random.
 *
 *   y = m x / (1 - p)           dy/dx = m / (1 - p)
 *
 * m is 0 with probability p, else 1, drawn for each element from the thread's default generator; so y
 * has the mean of x.  A dropped element is 0 whatever it was, also where it was not finite.  p = 1
 * drops all.  Without training, or with p = 0, y is x itself.  dropout2d draws m for whole channels of
 * images [N, C, H, W].
 *
 * Source: Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting",
 * JMLR 15, 2014.
 */
#include "core/create.h"
#include "core/error.h"
#include "core/random.h"
#include "ops/iterate.h"
#include "ops/ops.h"

typedef struct {
    double p;
    bool training;
} dropout_args;

static bool is_identity(const dropout_args *args)
{
    return args->p == 0 || (!args->training && args->p > 0 && args->p <= 1);
}

static gra_tensor *masked(gra_tensor *x, gra_tensor *mask, double p)
{
    gra_tensor *const zero = gra_scalar(0, x->dtype);
    return gra_mul_scalar(gra_where(mask, x, zero), p < 1 ? 1 / (1 - p) : 0);
}

/* Drawn in the order in which the elements of x lie in memory, so that the mask lies there likewise. */
static gra_tensor *drawn_mask(gra_tensor *x, double p)
{
    gra_tensor *const like = gra__is_dense(x) ? x : gra__empty("dropout", x->shape, GRA_BOOL);
    gra_tensor *const drawn = like ? gra_rand(GRA_SHAPE(x->numel)) : NULL;
    return drawn ? gra_ge_scalar(gra__view(drawn, like->shape, like->stride, 0), p) : NULL;
}

/* One number for each channel. */
static gra_tensor *drawn_channel_mask(gra_tensor *x, double p)
{
    return gra_ge_scalar(gra_rand(GRA_SHAPE(x->shape.size[0], x->shape.size[1], 1, 1)), p);
}

static void drop(gra_call *c, gra_tensor *(*mask)(gra_tensor *x, double p))
{
    const dropout_args *const args = c->args;
    const char *const name = gra_op_name(c->op);
    gra_tensor *const x = c->in[0];
    if (!(args->p >= 0 && args->p <= 1))
        gra_fail("%s: p is %g; a probability lies between 0 and 1", name, args->p);
    else if (is_identity(args))
        c->out[0] = gra__view(x, x->shape, x->stride, x->offset);
    else if (!gra_dtype_is_floating(x->dtype))
        gra_fail(
            "%s: dtype %s cannot be scaled by 1 / (1 - p); convert the tensor with gra_to first",
            name, gra_dtype_name(x->dtype));
    else if ((c->saved[0] = mask(x, args->p)))
        c->out[0] = masked(x, c->saved[0], args->p);
}

static void dropout_forward(gra_call *c)
{
    drop(c, drawn_mask);
}

static void dropout2d_forward(gra_call *c)
{
    char text[GRA_SHAPE_TEXT];
    if (c->in[0]->shape.count == 4)
        drop(c, drawn_channel_mask);
    else
        gra_fail("dropout2d: x has shape %s; [N, C, H, W] is needed",
                 gra_shape_text(c->in[0]->shape, text));
}

static void dropout_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    const dropout_args *const args = c->args;
    dx[0] = is_identity(args) ? g[0] : masked(g[0], c->saved[0], args->p);
}

const gra_op gra_op_dropout = {
    .schema = "dropout(Tensor(a) x, float p=0.5, bool training=True) -> Tensor(a)",
    .forward = dropout_forward,
    .vjp = dropout_vjp,
    .saves = GRA_SAVE_NOTHING,
    .args_size = sizeof(dropout_args),
    .view = true, /* of x, where nothing is dropped */
};

const gra_op gra_op_dropout2d = {
    .schema = "dropout2d(Tensor(a) x, float p=0.5, bool training=True) -> Tensor(a)",
    .forward = dropout2d_forward,
    .vjp = dropout_vjp,
    .saves = GRA_SAVE_NOTHING,
    .args_size = sizeof(dropout_args),
    .view = true, /* of x, where nothing is dropped */
};

gra_tensor *gra_dropout(gra_tensor *x, double p, bool training)
{
    const dropout_args args = {p, training};
    if (x && is_identity(&args))
        return gra_error() ? NULL : x;
    return gra_apply(&gra_op_dropout, &x, 1, &args);
}

gra_tensor *gra_dropout2d(gra_tensor *x, double p, bool training)
{
    return gra_apply(&gra_op_dropout2d, &x, 1, &(dropout_args){p, training});
}
