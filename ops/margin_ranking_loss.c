/* margin_ranking_loss.c - which of two inputs ranks higher, the first where t = 1, the second where t = -1.
 *
 *   l = max(0, margin - t (a - b))
 *
 * and its mean, its sum, or as it is; a, b and t broadcast.
 */
#include <math.h>

#include "ops/loss.h"

typedef struct {
    double margin;
    int64_t reduction;
} ranking_args;

static void ranking_forward(gra_call *c)
{
    static const char name[] = "margin_ranking_loss";
    const ranking_args *const args = c->args;
    gra_tensor *const a = c->in[0], *const b = c->in[1], *const t = c->in[2];
    gra_shape shape, all;
    if (!gra__loss_floating(name, "input1", a) || !gra__loss_floating(name, "input2", b) ||
        !gra__is_reduction(name, args->reduction) ||
        !gra__broadcast(name, &a->shape, &b->shape, &shape) ||
        !gra__broadcast(name, &shape, &t->shape, &all))
        return;
    gra_tensor *const gap = gra_rsub_scalar(gra_mul(t, gra_sub(a, b)), args->margin);
    c->out[0] = gra__reduced_loss(gra_clamp(gap, 0, INFINITY), args->reduction);
}

const gra_op gra_op_margin_ranking_loss = {
    .schema = "margin_ranking_loss(Tensor input1, Tensor input2, Tensor target, float margin=0.0, "
              "int reduction=0) -> Tensor",
    .forward = ranking_forward,
    .args_size = sizeof(ranking_args),
    .composite = true,
};

gra_margin_ranking_loss_options gra_margin_ranking_loss_defaults(void)
{
    return (gra_margin_ranking_loss_options){0};
}

gra_tensor *gra_margin_ranking_loss_with(gra_margin_ranking_loss_options o)
{
    return gra_apply(&gra_op_margin_ranking_loss, (gra_tensor *[]){o.input1, o.input2, o.target}, 3,
                     &(ranking_args){o.margin, o.reduction});
}
