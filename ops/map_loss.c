/* map_loss.c - the maximum a posteriori criterion of LeNet-5, for penalties y of classes.
 *
 *   l = y_t + ln(e^-j + sum_i e^-y_i)        t the target: a class index
 *
 *   dl/dy_i = [i = t] - p_i                  p_i = e^-y_i / (e^-j + sum_k e^-y_k)
 *
 * and its mean, its sum, or as it is.  The right class is pulled to a small penalty and the others are pushed
 * up, but for those above j, which are of a further class that stands for rubbish: the cross entropy of
 * the logits (-y, -j).  y is [N, C], [C] or [N, C, d1, ...], where the targets are [N], [] or
 * [N, d1, ...].
 *
 * Source: LeCun et al., "Gradient-based learning applied to document recognition", 1998, equation 9.
 */
#include <math.h>

#include "core/create.h"
#include "core/error.h"
#include "ops/class_targets.h"
#include "ops/iterate.h"
#include "ops/layout.h"
#include "ops/ops.h"
#include "ops/reduce.h"

typedef struct {
    double j;
    int64_t reduction;
} map_args;

enum { NOTHING_IGNORED = INT32_MIN };

static bool check(gra_tensor *y, gra_tensor *target, const map_args *args, gra__class_targets *t)
{
    if (!isfinite(args->j)) {
        gra_fail("map_loss: j is %g; a finite penalty is needed", args->j);
        return false;
    }
    return gra__read_class_targets("map_loss", y, target, NULL, args->reduction, NOTHING_IGNORED,
                                   t);
}

/* l of target i; nothing overflows, as the smallest penalty is taken out. */
static double loss_at(const gra_tensor *y, const gra__slabs *s, int64_t i, int64_t right, double j)
{
    double least = j, sum = 0;
    for (int64_t k = 0; k < s->n; k++)
        least = fmin(least, gra__number(y, gra__class_place(s, i, k)));
    for (int64_t k = 0; k < s->n; k++)
        sum += exp(least - gra__number(y, gra__class_place(s, i, k)));
    return gra__number(y, gra__class_place(s, i, right)) - least + log(sum + exp(least - j));
}

static void map_forward(gra_call *c)
{
    const map_args *const args = c->args;
    gra_tensor *const input = c->in[0], *const target = c->in[1];
    gra__class_targets t;
    if (!check(input, target, args, &t))
        return;
    const gra_dtype dtype = input->dtype == GRA_FLOAT64 ? GRA_FLOAT64 : GRA_FLOAT32;
    const gra__slabs s = gra__slabs_along(input->shape, gra__class_dim(input->shape), dtype);
    gra_tensor *const y = gra__packed(input, dtype);
    gra_tensor *l = gra__empty("map_loss", target->shape, dtype);
    for (int64_t i = 0; y && l && i < t.count; i++)
        gra__set_number(l, i, loss_at(y, &s, i, t.at[i], args->j));
    if (!y || !l)
        return;
    if (args->reduction != GRA_REDUCE_NONE)
        l = args->reduction == GRA_REDUCE_MEAN ? gra_mean(l) : gra_sum(l);
    c->out[0] = l ? gra__converted(l, input->dtype) : NULL;
}

/* p_i, from the softmax of (-y, -j) along the dim of the classes. */
static gra_tensor *posteriors(gra_tensor *y, double j, int dim)
{
    gra_shape rubbish = gra_tensor_shape(y);
    const int64_t classes = rubbish.size[dim];
    rubbish.size[dim] = 1;
    gra_tensor *const last = gra_full(rubbish, -j, .dtype = gra_tensor_dtype(y));
    gra_tensor *const p = gra_softmax(gra_cat((gra_tensor *[]){gra_neg(y), last}, 2, dim), dim);
    return gra_narrow(p, dim, 0, classes);
}

static void map_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    const map_args *const args = c->args;
    const gra_shape shape = gra_call_shape(c, 0);
    const int dim = gra__class_dim(shape);
    const int64_t count = c->in[1]->numel;
    gra_tensor *share = args->reduction == GRA_REDUCE_NONE ? gra_unsqueeze(g[0], dim) : g[0];
    if (args->reduction == GRA_REDUCE_MEAN && count)
        share = gra_div_scalar(share, (double)count);
    gra_tensor *const p = posteriors(c->in[0], args->j, dim);
    gra_tensor *const one = gra_ones(GRA_SCALAR, .dtype = gra_call_dtype(c, 0));
    gra_tensor *const index = gra_unsqueeze(c->in[1], dim);
    const bool was = gra_set_grad(false);
    gra_tensor *const right = index ? gra_scatter(gra_zeros(shape, .dtype = gra_call_dtype(c, 0)),
                                                  dim, index, gra_expand(one, index->shape))
                                    : NULL;
    gra_set_grad(was);
    dx[0] = gra_mul(share, gra_sub(right, p));
}

const gra_op gra_op_map_loss = {
    .schema = "map_loss(Tensor input, Tensor target, float j=1, int reduction=0) -> Tensor",
    .forward = map_forward,
    .vjp = map_vjp,
    .curvature = GRA_CURVATURE_GRADIENT,
    .args_size = sizeof(map_args),
};

gra_map_loss_options gra_map_loss_defaults(void)
{
    return (gra_map_loss_options){.j = 1};
}

gra_tensor *gra_map_loss_with(gra_map_loss_options o)
{
    return gra_apply(&gra_op_map_loss, (gra_tensor *[]){o.input, o.target}, 2,
                     &(map_args){o.j, o.reduction});
}
