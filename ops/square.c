/* square.c - the square.
 *
 *   y = x^2             dy/dx = 2 x
 */
#include "ops/iterate.h"
#include "ops/ops.h"

static void square_forward(gra_call *c)
{
    const gra__elementwise_table *const table = gra__kernels_get()->elementwise;
    if (c->in[0]->dtype == GRA_BOOL)
        gra__scalar(c, table->pow, 2, false); /* int64, as any bool with a number */
    else
        gra__unary(c, table->square);
}

static void square_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    dx[0] = gra_mul(g[0], gra_mul_scalar(c->in[0], 2));
}

const gra_op gra_op_square = {
    .schema = "square(Tensor x) -> Tensor",
    .forward = square_forward,
    .vjp = square_vjp,
    .curvature = GRA_CURVATURE_ELEMENTWISE,
};

gra_tensor *gra_square(gra_tensor *x)
{
    return gra_apply(&gra_op_square, &x, 1, NULL);
}
