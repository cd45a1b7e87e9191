/* nll_loss.c - the negative log-likelihood of class indices t, from the logarithms x of probabilities.
 *
 *   l_i = -w_{t_i} x_{i, t_i}                                       0 where t_i is ignore_index
 *
 *   y = sum_i l_i / sum_i w_{t_i} (mean), sum_i l_i (sum) or l (none); the second sum over targets that count
 *
 *   dx_ik = -w_{t_i} s_i [k = t_i],  s_i = g / sum_i w_{t_i}, g or g_i
 *
 * x is [N, C], [C] or [N, C, d1, ...], where the targets are [N], [] or [N, d1, ...].  y is linear in x, so
 * the derivative of nll_loss_backward is nll_loss.  No gradient is made for w.
 */
#include "core/error.h"
#include "ops/class_targets.h"
#include "ops/iterate.h"
#include "ops/layout.h"
#include "ops/reduce.h"

typedef struct {
    int64_t reduction, ignore_index;
} nll_args;

typedef struct {
    gra_shape shape;
    int64_t reduction, ignore_index;
} backward_args;

extern const gra_op gra_op_nll_loss;

static gra_dtype computed_in(gra_dtype dtype)
{
    return dtype == GRA_FLOAT64 ? GRA_FLOAT64 : GRA_FLOAT32;
}

static void nll_forward(gra_call *c)
{
    const nll_args *const args = c->args;
    gra_tensor *const input = c->in[0], *const target = c->in[1];
    gra__class_targets t;
    if (!gra__read_class_targets("nll_loss", input, target, c->in[2], args->reduction,
                                 args->ignore_index, &t))
        return;
    const gra_dtype dtype = computed_in(input->dtype);
    const gra__slabs s = gra__slabs_along(input->shape, gra__class_dim(input->shape), dtype);
    gra_tensor *const x = gra__packed(input, dtype);
    gra_tensor *y = gra__empty("nll_loss", target->shape, dtype);
    if (!x || !y)
        return;
    for (int64_t i = 0; i < t.count; i++) {
        const bool counts = t.at[i] != t.ignored;
        gra__set_number(y, i,
                        counts ? -gra__target_weight(&t, i) *
                                     gra__number(x, gra__class_place(&s, i, t.at[i]))
                               : 0);
    }
    if (args->reduction != GRA_REDUCE_NONE)
        y = gra_sum(y);
    if (args->reduction == GRA_REDUCE_MEAN)
        y = gra_div_scalar(y, t.total);
    c->out[0] = y ? gra__converted(y, input->dtype) : NULL;
}

static bool g_fits(const gra_tensor *g, const gra_tensor *target, int64_t reduction)
{
    char a[GRA_SHAPE_TEXT], b[GRA_SHAPE_TEXT];
    const gra_shape wanted = reduction == GRA_REDUCE_NONE ? target->shape : GRA_SCALAR;
    if (gra_shape_equal(g->shape, wanted))
        return true;
    gra_fail("nll_loss_backward: g has shape %s; %s is needed", gra_shape_text(g->shape, a),
             gra_shape_text(wanted, b));
    return false;
}

static void backward_forward(gra_call *c)
{
    static const char name[] = "nll_loss_backward";
    const backward_args *const args = c->args;
    gra_tensor *const g = c->in[0], *const target = c->in[1];
    const gra_dtype dtype = computed_in(g->dtype);
    gra_tensor *const dx = gra__zeros(name, args->shape, dtype);
    gra_tensor *const packed = gra__packed(g, dtype);
    gra__class_targets t;
    if (!dx || !packed ||
        !gra__read_class_targets(name, dx, target, c->in[2], args->reduction, args->ignore_index,
                                 &t) ||
        !g_fits(g, target, args->reduction))
        return;
    const gra__slabs s = gra__slabs_along(args->shape, gra__class_dim(args->shape), dtype);
    const bool none = args->reduction == GRA_REDUCE_NONE;
    const double share = args->reduction == GRA_REDUCE_MEAN ? 1 / t.total : 1;
    for (int64_t i = 0; i < t.count; i++)
        if (t.at[i] != t.ignored)
            gra__set_number(dx, gra__class_place(&s, i, t.at[i]),
                            -gra__target_weight(&t, i) * share * gra__number(packed, none ? i : 0));
    c->out[0] = gra__converted(dx, g->dtype);
}

static gra_tensor *nll_loss(gra_tensor *x, gra_tensor *target, gra_tensor *weight, nll_args args)
{
    return gra_apply(&gra_op_nll_loss, (gra_tensor *[]){x, target, weight}, 3, &args);
}

static void backward_vjp(gra_call *c, gra_tensor **h, gra_tensor **dx)
{
    const backward_args *const args = c->args;
    if (c->needs[0])
        dx[0] = nll_loss(h[0], c->in[1], c->in[2], (nll_args){args->reduction, args->ignore_index});
}

const gra_op gra_op_nll_loss_backward = {
    .schema = "nll_loss_backward(Tensor g, Tensor target, Tensor? weight, int[] shape, int "
              "reduction=0, int ignore_index=-100) -> Tensor",
    .forward = backward_forward,
    .vjp = backward_vjp,
    .saves = GRA_IN(1) | GRA_IN(2),
    .args_size = sizeof(backward_args),
};

static void nll_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    const nll_args *const args = c->args;
    if (c->needs[0])
        dx[0] =
            gra_apply(&gra_op_nll_loss_backward, (gra_tensor *[]){g[0], c->in[1], c->in[2]}, 3,
                      &(backward_args){gra_call_shape(c, 0), args->reduction, args->ignore_index});
}

const gra_op gra_op_nll_loss = {
    .schema = "nll_loss(Tensor input, Tensor target, Tensor? weight=None, int reduction=0, int "
              "ignore_index=-100) -> Tensor",
    .forward = nll_forward,
    .vjp = nll_vjp,
    .saves = GRA_IN(1) | GRA_IN(2),
    .args_size = sizeof(nll_args),
};

gra_nll_loss_options gra_nll_loss_defaults(void)
{
    return (gra_nll_loss_options){.ignore_index = -100};
}

gra_tensor *gra_nll_loss_with(gra_nll_loss_options o)
{
    return nll_loss(o.input, o.target, o.weight, (nll_args){o.reduction, o.ignore_index});
}
