/* clamp.c - numbers kept within bounds.
 *
 *   y = min(max(x, min), max)       dy/dx = 1 where min <= x <= max, else 0
 *
 * An infinite bound leaves its side open, max wins where the bounds cross, a NaN bound makes all NaN.
 * Bounds act on the dtype as any number: one that is not whole makes integers float32.
 *
 * The gradient is one fused pass, clamp_backward, an op of its own so that it can be differentiated
 * again:
 *
 *   z = min <= x <= max ? g : 0     dz/dg = clamp_backward        dz/dx = 0
 */
#include <math.h>

#include "core/create.h"
#include "ops/inplace.h"
#include "ops/iterate.h"
#include "ops/ops.h"

typedef struct {
    double min, max;
} clamp_args;

static void backward_forward(gra_call *c)
{
    const clamp_args *const args = c->args;
    gra__clamp_backward(c, args->min, args->max);
}

static void backward_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    if (c->needs[0])
        dx[0] = gra_apply(c->op, (gra_tensor *[]){g[0], c->in[1]}, 2, c->args);
    if (c->needs[1])
        dx[1] = gra_zeros_like(c->in[1]);
}

const gra_op gra_op_clamp_backward = {
    .schema = "clamp_backward(Tensor g, Tensor x, float min, float max) -> Tensor",
    .forward = backward_forward,
    .vjp = backward_vjp,
    .saves = GRA_IN(1),
    .args_size = sizeof(clamp_args),
};

static void clamp_forward(gra_call *c)
{
    const clamp_args *const args = c->args;
    if (c->op->inplace && c->needs[0] && !(c->saved[0] = gra__old_value(c->in[0])))
        return;
    if (isnan(args->min) || isnan(args->max))
        gra__scalar(c, gra__kernels_get()->elementwise->add, NAN, false);
    else
        gra__clamp(c, args->min, args->max);
}

static void clamp_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    gra_tensor *const x = c->op->inplace ? c->saved[0] : c->in[0];
    dx[0] = gra_apply(&gra_op_clamp_backward, (gra_tensor *[]){g[0], x}, 2, c->args);
}

const gra_op gra_op_clamp = {
    .schema = "clamp(Tensor x, float min=-inf, float max=inf) -> Tensor",
    .forward = clamp_forward,
    .vjp = clamp_vjp,
    .curvature = GRA_CURVATURE_ELEMENTWISE,
    .args_size = sizeof(clamp_args),
};

const gra_op gra_op_clamp_ = {
    .schema = "clamp_(Tensor(a!) x, float min=-inf, float max=inf) -> Tensor(a!)",
    .forward = clamp_forward,
    .vjp = clamp_vjp,
    .saves = GRA_SAVE_NOTHING,
    .args_size = sizeof(clamp_args),
    .inplace = true,
};

gra_tensor *gra_clamp(gra_tensor *x, double min, double max)
{
    return gra_apply(&gra_op_clamp, &x, 1, &(clamp_args){min, max});
}

gra_tensor *gra_clamp_(gra_tensor *x, double min, double max)
{
    return gra_apply(&gra_op_clamp_, &x, 1, &(clamp_args){min, max});
}
