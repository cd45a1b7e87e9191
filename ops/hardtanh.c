/* hardtanh.c - the identity between two bounds: hardtanh and relu6.
 *
 *   y = min(max(x, min_val), max_val)       dy/dx = 1 where min_val < x < max_val, else 0
 *
 * clamp is the same but for the bounds themselves, where its slope is 1.  NaN passes both ways.  Integers
 * stay integers, the bounds rounded toward zero.
 *
 * The gradient is one fused pass, hardtanh_backward, an op of its own so that it can be differentiated
 * again. It reads x, or in its place the y that was written over it:
 *
 *   z = x <= min_val or x >= max_val ? 0 : g        dz/dg = hardtanh_backward        dz/dx = 0
 */
#include "core/create.h"
#include "core/error.h"
#include "ops/activate.h"
#include "ops/ops.h"

typedef struct {
    double min_val, max_val;
} hardtanh_args;

static void backward_forward(gra_call *c)
{
    const hardtanh_args *const args = c->args;
    gra__activate_backward(c, gra__kernels_get()->activations->hardtanh_backward,
                           (double[3]){args->min_val, args->max_val});
}

static void backward_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    if (c->needs[0])
        dx[0] = gra_apply(c->op, (gra_tensor *[]){g[0], c->in[1]}, 2, c->args);
    if (c->needs[1])
        dx[1] = gra_zeros_like(c->in[1]);
}

const gra_op gra_op_hardtanh_backward = {
    .schema = "hardtanh_backward(Tensor g, Tensor x, float min_val, float max_val) -> Tensor",
    .forward = backward_forward,
    .vjp = backward_vjp,
    .saves = GRA_IN(1),
    .args_size = sizeof(hardtanh_args),
};

static void hardtanh_forward(gra_call *c)
{
    const hardtanh_args *const args = c->args;
    const gra_dtype dtype = c->in[0]->dtype;
    const char *const name = gra_op_name(c->op);
    if (!(args->min_val <= args->max_val))
        gra_fail("%s: min_val %g is greater than max_val %g", name, args->min_val, args->max_val);
    else if (dtype == GRA_BOOL || (dtype == GRA_UINT8 && args->min_val < 0))
        gra_fail("%s: dtype %s is not supported%s; convert the tensor with gra_to first", name,
                 gra_dtype_name(dtype), dtype == GRA_BOOL ? "" : " with a negative min_val");
    else
        gra__clamp_in_dtype(c, args->min_val, args->max_val);
}

static void hardtanh_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    gra_tensor *const x = c->op->inplace ? c->out[0] : c->in[0];
    dx[0] = gra_apply(&gra_op_hardtanh_backward, (gra_tensor *[]){g[0], x}, 2, c->args);
}

const gra_op gra_op_hardtanh = {
    .schema = "hardtanh(Tensor x, float min_val=-1, float max_val=1) -> Tensor",
    .forward = hardtanh_forward,
    .vjp = hardtanh_vjp,
    .curvature = GRA_CURVATURE_ELEMENTWISE,
    .saves = GRA_IN(0),
    .args_size = sizeof(hardtanh_args),
};

const gra_op gra_op_hardtanh_ = {
    .schema = "hardtanh_(Tensor(a!) x, float min_val=-1, float max_val=1) -> Tensor(a!)",
    .forward = hardtanh_forward,
    .vjp = hardtanh_vjp,
    .saves = GRA_OUT(0),
    .args_size = sizeof(hardtanh_args),
    .inplace = true,
};

gra_hardtanh_options gra_hardtanh_defaults(void)
{
    return (gra_hardtanh_options){.min_val = -1, .max_val = 1};
}

gra_relu6_options gra_relu6_defaults(void)
{
    return (gra_relu6_options){0};
}

gra_tensor *gra_hardtanh_with(gra_hardtanh_options o)
{
    return gra_apply(o.inplace ? &gra_op_hardtanh_ : &gra_op_hardtanh, &o.x, 1,
                     &(hardtanh_args){o.min_val, o.max_val});
}

gra_tensor *gra_relu6_with(gra_relu6_options o)
{
    return gra_hardtanh_with((gra_hardtanh_options){0, o.x, 0, 6, o.inplace});
}
