/* hardswish.c - a swish of straight lines.
 *
 *   y = x min(max(x + 3, 0), 6) / 6
 *
 *   dy/dx = 0 for x < -3,  (2 x + 3) / 6 between,  1 for x > 3
 *
 * Source: Howard et al., "Searching for MobileNetV3", ICCV 2019.
 */
#include "ops/ops.h"

/* min(max(x + 3, 0), 6) / 6 */
static gra_tensor *gate(gra_tensor *x)
{
    return gra_clamp(gra_div_scalar(gra_add_scalar(x, 3), 6), 0, 1);
}

static void hardswish_forward(gra_call *c)
{
    c->out[0] = gra_mul(c->in[0], gate(c->in[0]));
}

static void hardswish_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    gra_tensor *const x = c->in[0];
    gra_tensor *const bent = gra_to(gra_lt_scalar(gra_abs(x), 3), gra_tensor_dtype(x));
    dx[0] = gra_mul(g[0], gra_add(gate(x), gra_mul(gra_div_scalar(x, 6), bent)));
}

const gra_op gra_op_hardswish = {
    .schema = "hardswish(Tensor x) -> Tensor",
    .forward = hardswish_forward,
    .vjp = hardswish_vjp,
};

gra_tensor *gra_hardswish(gra_tensor *x)
{
    return gra_apply(&gra_op_hardswish, &x, 1, NULL);
}
