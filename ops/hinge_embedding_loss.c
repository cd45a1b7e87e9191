/* hinge_embedding_loss.c - distances x that are to be small where t = 1, and at least margin where t = -1.
 *
 *   l = x                       t = 1
 *   l = max(0, margin - x)      t = -1              their sum for any other t, as in PyTorch
 *
 * and its mean, its sum, or as it is; x and t broadcast.
 */
#include <math.h>

#include "core/create.h"
#include "ops/loss.h"

typedef struct {
    double margin;
    int64_t reduction;
} hinge_args;

static void hinge_forward(gra_call *c)
{
    static const char name[] = "hinge_embedding_loss";
    const hinge_args *const args = c->args;
    gra_tensor *const x = c->in[0], *const t = c->in[1];
    gra_shape shape;
    if (!gra__loss_floating(name, "input", x) || !gra__is_reduction(name, args->reduction) ||
        !gra__broadcast(name, &x->shape, &t->shape, &shape))
        return;
    gra_tensor *const zero = gra_scalar(0, x->dtype);
    gra_tensor *const short_of = gra_clamp(gra_rsub_scalar(x, args->margin), 0, INFINITY);
    gra_tensor *const apart = gra_where(gra_ne_scalar(t, 1), short_of, zero);
    gra_tensor *const together = gra_where(gra_ne_scalar(t, -1), x, zero);
    c->out[0] = gra__reduced_loss(gra_add(apart, together), args->reduction);
}

const gra_op gra_op_hinge_embedding_loss = {
    .schema = "hinge_embedding_loss(Tensor input, Tensor target, float margin=1.0, int "
              "reduction=0) -> Tensor",
    .forward = hinge_forward,
    .args_size = sizeof(hinge_args),
    .composite = true,
};

gra_hinge_embedding_loss_options gra_hinge_embedding_loss_defaults(void)
{
    return (gra_hinge_embedding_loss_options){.margin = 1};
}

gra_tensor *gra_hinge_embedding_loss_with(gra_hinge_embedding_loss_options o)
{
    return gra_apply(&gra_op_hinge_embedding_loss, (gra_tensor *[]){o.input, o.target}, 2,
                     &(hinge_args){o.margin, o.reduction});
}
