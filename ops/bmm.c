/* bmm.c - a batch of matrix products, without broadcasting.
 *
 *   y[i] = a[i] b[i]:   [B, M, K] [B, K, N] -> [B, M, N]
 */
#include "core/error.h"
#include "core/tensor_struct.h"
#include "ops/ops.h"

static void bmm_forward(gra_call *c)
{
    const gra_shape a = c->in[0]->shape, b = c->in[1]->shape;
    char ta[GRA_SHAPE_TEXT], tb[GRA_SHAPE_TEXT];
    if (a.count != 3 || b.count != 3 || a.size[0] != b.size[0] || a.size[2] != b.size[1])
        gra_fail("bmm: shapes %s and %s do not fit; [B, M, K] and [B, K, N] are needed",
                 gra_shape_text(a, ta), gra_shape_text(b, tb));
    else
        c->out[0] = gra_matmul(c->in[0], c->in[1]);
}

const gra_op gra_op_bmm = {
    .schema = "bmm(Tensor a, Tensor b) -> Tensor",
    .forward = bmm_forward,
    .composite = true,
};

gra_tensor *gra_bmm(gra_tensor *a, gra_tensor *b)
{
    return gra_apply(&gra_op_bmm, (gra_tensor *[]){a, b}, 2, NULL);
}
