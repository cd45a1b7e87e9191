/* where.c - a choice between two tensors, element by element.
 *
 *   y = condition ? a : b       dy/da = condition        dy/db = not condition
 *
 * All three broadcast.  What is not chosen does not count: its gradient is 0 even where g is not
 * finite.
 */
#include "core/create.h"
#include "core/error.h"
#include "ops/iterate.h"
#include "ops/ops.h"

static void where_forward(gra_call *c)
{
    const gra_dtype dtype = c->in[0]->dtype;
    if (dtype == GRA_BOOL)
        gra__where(c);
    else
        gra_fail("where: the condition has dtype %s; it must be bool, as gra_ne_scalar(condition, "
                 "0) is",
                 gra_dtype_name(dtype));
}

static void where_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    gra_tensor *const zero = gra_scalar(0, g[0]->dtype);
    if (c->needs[1])
        dx[1] = gra_where(c->in[0], g[0], zero);
    if (c->needs[2])
        dx[2] = gra_where(c->in[0], zero, g[0]);
}

const gra_op gra_op_where = {
    .schema = "where(Tensor condition, Tensor a, Tensor b) -> Tensor",
    .forward = where_forward,
    .vjp = where_vjp,
    .saves = GRA_IN(0),
};

gra_tensor *gra_where(gra_tensor *condition, gra_tensor *a, gra_tensor *b)
{
    return gra_apply(&gra_op_where, (gra_tensor *[]){condition, a, b}, 3, NULL);
}
