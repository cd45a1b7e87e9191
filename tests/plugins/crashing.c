/* crashing.c - a plugin of three ops: one crashes as it is called, one has a wrong rule, one is right. */
#include "gradus.h"

static const volatile int *volatile nowhere;

static void crash_forward(gra_call *c)
{
    c->out[0] = gra_mul_scalar(c->in[0], *nowhere);
}

static void square_forward(gra_call *c)
{
    c->out[0] = gra_square(c->in[0]);
}

static void wrong_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    dx[0] = gra_mul(g[0], c->in[0]);
}

static void right_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    dx[0] = gra_mul(g[0], gra_mul_scalar(c->in[0], 2));
}

static const gra_op crash = {.schema = "plugged_crash(Tensor x) -> Tensor",
                             .forward = crash_forward};
static const gra_op wrong = {
    .schema = "plugged_half(Tensor x) -> Tensor", .forward = square_forward, .vjp = wrong_vjp};
static const gra_op right = {
    .schema = "plugged_square(Tensor x) -> Tensor", .forward = square_forward, .vjp = right_vjp};

GRA_PLUGIN(&crash, &wrong, &right);
