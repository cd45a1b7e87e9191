/* to.c - conversion to another dtype.
 *
 *   y = x, rounded to dtype         dy/dx = 1, in the dtype of x
 *
 * A real number that becomes an integer loses its fraction; anything but 0 becomes true.  The
 * result has x's strides where they leave no gaps.
 */
#include "core/error.h"
#include "ops/iterate.h"
#include "ops/ops.h"

typedef struct {
    gra_dtype dtype;
} to_args;

static void to_forward(gra_call *c)
{
    const to_args *const args = c->args;
    gra_tensor *const x = c->in[0];
    if ((unsigned)args->dtype >= GRA_DTYPE_COUNT)
        gra_fail("to: %d is no dtype; GRA_FLOAT32 to GRA_BOOL are", (int)args->dtype);
    else if (x->dtype == args->dtype)
        c->out[0] = gra__view(x, x->shape, x->stride, x->offset);
    else
        c->out[0] = gra__copy(x, args->dtype);
}

static void to_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    dx[0] = gra_to(g[0], gra_call_dtype(c, 0));
}

const gra_op gra_op_to = {
    .schema = "to(Tensor(a) x, ScalarType dtype) -> Tensor(a)",
    .forward = to_forward,
    .vjp = to_vjp,
    .curvature = GRA_CURVATURE_MOVES,
    .saves = GRA_SAVE_NOTHING,
    .args_size = sizeof(to_args),
    .view = true,
};

gra_tensor *gra_to(gra_tensor *x, gra_dtype dtype)
{
    if (x && x->dtype == dtype)
        return gra_error() ? NULL : x;
    return gra_apply(&gra_op_to, &x, 1, &(to_args){dtype});
}
