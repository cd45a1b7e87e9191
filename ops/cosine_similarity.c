/* cosine_similarity.c - the cosine of the angle between vectors along a dim.
 *
 *   y = sum of (a / max(|a|, eps)) (b / max(|b|, eps))
 *
 * a and b broadcast.  As in PyTorch, eps takes part in the value but not in the gradient of a norm.
 */
#include <math.h>

#include "core/error.h"
#include "ops/layout.h"
#include "ops/ops.h"
#include "ops/reduce.h"

typedef struct {
    int64_t dim;
    double eps;
} cosine_args;

/* max(|x|, eps) in value, |x| in gradient. */
static gra_tensor *length_of(gra_tensor *x, int64_t dim, double eps)
{
    gra_tensor *const length = gra_norm(x, .dims = GRA_DIMS(dim), .keepdim = true);
    const bool was = gra_set_grad(false);
    gra_tensor *const raise = gra_sub(gra_clamp(length, eps, INFINITY), length);
    gra_set_grad(was);
    return gra_add(length, raise);
}

static void cosine_forward(gra_call *c)
{
    const cosine_args *const args = c->args;
    gra_shape shape;
    if (!gra__demand_floating("cosine_similarity", c->in[0]) ||
        !gra__demand_floating("cosine_similarity", c->in[1]) ||
        !gra__broadcast("cosine_similarity", &c->in[0]->shape, &c->in[1]->shape, &shape) ||
        gra__wrap_dim("cosine_similarity", args->dim, shape.count) < 0)
        return;
    gra_tensor *const a = gra_expand(c->in[0], shape), *const b = gra_expand(c->in[1], shape);
    gra_tensor *const cosines = gra_mul(gra_div(a, length_of(a, args->dim, args->eps)),
                                        gra_div(b, length_of(b, args->dim, args->eps)));
    c->out[0] = gra_sum(cosines, .dims = GRA_DIMS(args->dim));
}

const gra_op gra_op_cosine_similarity = {
    .schema = "cosine_similarity(Tensor x1, Tensor x2, int dim=1, float eps=1e-08) -> Tensor",
    .forward = cosine_forward,
    .args_size = sizeof(cosine_args),
    .composite = true,
};

gra_cosine_similarity_options gra_cosine_similarity_defaults(void)
{
    return (gra_cosine_similarity_options){.dim = 1, .eps = 1e-8};
}

gra_tensor *gra_cosine_similarity_with(gra_cosine_similarity_options o)
{
    return gra_apply(&gra_op_cosine_similarity, (gra_tensor *[]){o.x1, o.x2}, 2,
                     &(cosine_args){o.dim, o.eps});
}
