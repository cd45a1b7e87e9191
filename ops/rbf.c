/* rbf.c - Euclidean radial basis functions: squared distances to rows of weights.
 *
 *   y_i = sum_j (x_j - w_ij)^2              x [.., D], w [C, D], y [.., C]
 *
 *   dx_j = 2 sum_i g_i (x_j - w_ij)         dw_ij = -2 sum_n g_ni (x_nj - w_ij)
 *
 * Second derivatives of a criterion begin here, with its gradient g: d2/dx_j^2 = 2 sum_i g_i, and
 * d2/dw_ij^2 = 2 sum_n g_ni.  That is all of it where the criterion is linear in y.
 *
 * Source: LeCun et al., "Gradient-based learning applied to document recognition", 1998, equation 7.
 */
#include "core/error.h"
#include "core/tensor_struct.h"
#include "ops/layout.h"
#include "ops/ops.h"
#include "ops/reduce.h"

static bool shapes_fit(const gra_tensor *x, const gra_tensor *w)
{
    char tx[GRA_SHAPE_TEXT], tw[GRA_SHAPE_TEXT];
    const int last = x->shape.count - 1;
    if (w->shape.count == 2 && last >= 0 && x->shape.size[last] == w->shape.size[1])
        return true;
    gra_fail("rbf: input has shape %s, weight has shape %s; [.., in] and [out, in] are needed",
             gra_shape_text(x->shape, tx), gra_shape_text(w->shape, tw));
    return false;
}

static void rbf_forward(gra_call *c)
{
    if (shapes_fit(c->in[0], c->in[1]) && gra__demand_floating("rbf", c->in[0]) &&
        gra__demand_floating("rbf", c->in[1]))
        c->out[0] = gra_sum(gra_square(gra_sub(gra_unsqueeze(c->in[0], -2), c->in[1])),
                            .dims = GRA_DIMS(-1));
}

/* The leading dims as one. */
static gra_tensor *rows(gra_tensor *t)
{
    if (!t)
        return NULL;
    const int last = t->shape.count - 1;
    const int64_t count = gra__numel_between(&t->shape, 0, last);
    return gra_reshape(t, GRA_SHAPE(count, t->shape.size[last]));
}

/* sum_n g_ni, of shape [C, 1]. */
static gra_tensor *over_samples(gra_tensor *g)
{
    return gra_unsqueeze(gra_sum(rows(g), .dims = GRA_DIMS(0)), 1);
}

static void rbf_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    gra_tensor *const x = c->in[0], *const w = c->in[1];
    if (c->needs[0]) {
        gra_tensor *const all = gra_sum(g[0], .dims = GRA_DIMS(-1), .keepdim = true);
        dx[0] = gra_mul_scalar(gra_sub(gra_mul(x, all), gra_matmul(g[0], w)), 2);
    }
    if (c->needs[1]) {
        gra_tensor *const products = gra_matmul(gra_transpose(rows(g[0]), 0, 1), rows(x));
        dx[1] = gra_mul_scalar(gra_sub(gra_mul(w, over_samples(g[0])), products), 2);
    }
}

static void rbf_curvature(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    if (c->needs[0])
        dx[0] = gra_expand(gra_mul_scalar(gra_sum(g[0], .dims = GRA_DIMS(-1), .keepdim = true), 2),
                           gra_call_shape(c, 0));
    if (c->needs[1])
        dx[1] = gra_expand(gra_mul_scalar(over_samples(g[0]), 2), gra_call_shape(c, 1));
}

const gra_op gra_op_rbf = {
    .schema = "rbf(Tensor input, Tensor weight) -> Tensor",
    .forward = rbf_forward,
    .vjp = rbf_vjp,
    .curvature = GRA_CURVATURE_LOSS,
    .curvature_rule = rbf_curvature,
};

gra_tensor *gra_rbf(gra_tensor *x, gra_tensor *w)
{
    return gra_apply(&gra_op_rbf, (gra_tensor *[]){x, w}, 2, NULL);
}
