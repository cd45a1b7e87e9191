/* good.c - a plugin of two ops. */
#include "gradus.h"

static void swish_forward(gra_call *c)
{
    c->out[0] = gra_mul(c->in[0], gra_sigmoid(gra_mul_scalar(c->in[0], gra_call_float(c, "beta"))));
}

static void swish_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    const double beta = gra_call_float(c, "beta");
    gra_tensor *const x = c->in[0], *const s = gra_sigmoid(gra_mul_scalar(x, beta));
    gra_tensor *const bent = gra_mul_scalar(gra_mul(gra_mul(x, s), gra_one_minus(s)), beta);
    dx[0] = gra_mul(g[0], gra_add(s, bent));
}

static const gra_op swish = {
    .schema = "plugged_swish(Tensor x, float beta=1.0) -> Tensor",
    .doc = "y = x s(beta x)",
    .forward = swish_forward,
    .vjp = swish_vjp,
    .saves = GRA_IN(0),
    .args_size = sizeof(double),
};

static void cube_forward(gra_call *c)
{
    c->out[0] = gra_mul(gra_square(c->in[0]), c->in[0]);
}

static const gra_op cube = {
    .schema = "plugged_cube(Tensor x) -> Tensor", .forward = cube_forward, .composite = true};

GRA_PLUGIN(&swish, &cube);
