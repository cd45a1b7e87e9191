/* cosine_embedding_loss.c - pairs of vectors that are to point the same way, or not.
 *
 *   l = 1 - cos(a, b)                     t = 1
 *   l = max(0, cos(a, b) - margin)        t = -1          0 for any other t, as in PyTorch
 *
 *   cos(a, b) = a b / ((a a + e) (b b + e))^(1/2),  e = 1e-12
 *
 * a and b are [N, D] with targets [N], or [D] with a target [].  The mean, the sum, or as it is.
 */
#include <math.h>

#include "core/create.h"
#include "core/error.h"
#include "ops/loss.h"

typedef struct {
    double margin;
    int64_t reduction;
} cosine_args;

static const char name[] = "cosine_embedding_loss";

static bool shapes_fit(const gra_tensor *a, const gra_tensor *b, const gra_tensor *t)
{
    char x[GRA_SHAPE_TEXT], y[GRA_SHAPE_TEXT], z[GRA_SHAPE_TEXT];
    gra_shape both, pairs;
    if (a->shape.count < 1 || a->shape.count > 2 || a->shape.count != b->shape.count ||
        t->shape.count != a->shape.count - 1) {
        gra_fail("%s: inputs of shapes %s and %s and a target of shape %s were given; [N, D] twice "
                 "and [N], or [D] twice and [], are needed",
                 name, gra_shape_text(a->shape, x), gra_shape_text(b->shape, y),
                 gra_shape_text(t->shape, z));
        return false;
    }
    if (!gra__broadcast(name, &a->shape, &b->shape, &both))
        return false;
    const gra_shape samples =
        both.count == 2 ? (gra_shape){.count = 1, .size = {both.size[0]}} : (gra_shape){.count = 0};
    return gra__broadcast(name, &samples, &t->shape, &pairs);
}

static gra_tensor *dot(gra_tensor *a, gra_tensor *b)
{
    return gra_sum(gra_mul(a, b), .dims = GRA_DIMS(-1));
}

static void cosine_forward(gra_call *c)
{
    const cosine_args *const args = c->args;
    gra_tensor *const a = c->in[0], *const b = c->in[1], *const t = c->in[2];
    if (!gra__loss_floating(name, "input1", a) || !gra__loss_floating(name, "input2", b) ||
        !gra__is_reduction(name, args->reduction) || !shapes_fit(a, b, t))
        return;
    gra_tensor *const aa = gra_add_scalar(dot(a, a), 1e-12), *const bb =
                                                                 gra_add_scalar(dot(b, b), 1e-12);
    gra_tensor *const cosine = gra_div(dot(a, b), gra_sqrt(gra_mul(aa, bb)));
    if (!cosine)
        return;
    gra_tensor *const zero = gra_scalar(0, cosine->dtype);
    gra_tensor *const excess = gra_clamp(gra_sub_scalar(cosine, args->margin), 0, INFINITY);
    gra_tensor *const same = gra_where(gra_eq_scalar(t, 1), gra_one_minus(cosine), zero);
    gra_tensor *const other = gra_where(gra_eq_scalar(t, -1), excess, zero);
    c->out[0] = gra__reduced_loss(gra_add(same, other), args->reduction);
}

const gra_op gra_op_cosine_embedding_loss = {
    .schema = "cosine_embedding_loss(Tensor input1, Tensor input2, Tensor target, float "
              "margin=0.0, int reduction=0) -> Tensor",
    .forward = cosine_forward,
    .args_size = sizeof(cosine_args),
    .composite = true,
};

gra_cosine_embedding_loss_options gra_cosine_embedding_loss_defaults(void)
{
    return (gra_cosine_embedding_loss_options){0};
}

gra_tensor *gra_cosine_embedding_loss_with(gra_cosine_embedding_loss_options o)
{
    return gra_apply(&gra_op_cosine_embedding_loss, (gra_tensor *[]){o.input1, o.input2, o.target},
                     3, &(cosine_args){o.margin, o.reduction});
}
