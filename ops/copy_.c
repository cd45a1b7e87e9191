/* copy_.c - overwriting a tensor with another, broadcast and converted.
 *
 *   x = source          gradient of source: g        gradient of the old x: 0
 */
#include "core/create.h"
#include "ops/iterate.h"
#include "ops/ops.h"

static void copy_forward(gra_call *c)
{
    if (gra__copy_into("copy_", c->in[0], c->in[1]))
        c->out[0] = c->in[0];
}

static void copy_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    if (c->needs[0])
        dx[0] = gra_zeros_like(g[0]);
    if (c->needs[1])
        dx[1] = g[0];
}

const gra_op gra_op_copy_ = {
    .schema = "copy_(Tensor(a!) x, Tensor source) -> Tensor(a!)",
    .forward = copy_forward,
    .vjp = copy_vjp,
    .saves = GRA_SAVE_NOTHING,
    .inplace = true,
};

gra_tensor *gra_copy_(gra_tensor *x, gra_tensor *source)
{
    return gra_apply(&gra_op_copy_, (gra_tensor *[]){x, source}, 2, NULL);
}
