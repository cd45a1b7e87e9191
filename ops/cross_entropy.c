/* cross_entropy.c - the negative log-likelihood of targets under the softmax of logits.
 *
 *   l_i = -a_i ln p_{i, t_i} - e/C sum_k w_k ln p_ik,   a_i = (1 - e) w_{t_i},  p = softmax(x)
 *
 * where t_i is a class index, w_k the weight of a class (1 by default) and e the label smoothing (0 by
 * default, so that the sum vanishes); l_i = 0 where t_i is ignore_index.  With n the sum of w_{t_i} over
 * the targets that count,
 *
 *   y = 1/n sum_i l_i (mean), sum_i l_i (sum) or l (none)
 *
 *   dx_ik = s_i (Q_i p_ik - e/C w_k - a_i [k = t_i]),  s_i = g/n, g or g_i,  Q_i = a_i + e/C sum_k w_k
 *
 * and 0 where the target is ignored.  No gradient is made for w.  x is [N, C], [C] or [N, C, d1, ...],
 * where the targets t are [N], [] or [N, d1, ...].  The gradient is one fused pass,
 * cross_entropy_backward, an op of its own; it reads ln p, which the forward made, and x only for the sake
 * of its derivative.  With h the gradient of dx, and d_ik the bracket,
 *
 *   ds_i = sum_k h_ik d_ik           dx_ik = p_ik (s_i Q_i h_ik - sum_j s_i Q_i h_ij p_ij)
 *
 * Targets that are probabilities: cross_entropy_probabilities.c.
 *
 * Source of the smoothing: Szegedy et al., "Rethinking the Inception architecture", CVPR 2016.
 */
#include "core/create.h"
#include "core/dry_run.h"
#include "core/error.h"
#include "ops/class_targets.h"
#include "ops/cross_entropy_probabilities.h"
#include "ops/iterate.h"
#include "ops/layout.h"
#include "ops/reduce.h"

typedef gra__cross_entropy_args loss_args;

extern const gra_op gra_op_cross_entropy_backward;

static bool read_targets(const char *op, const gra_tensor *x, gra_tensor *target,
                         gra_tensor *weight, const loss_args *args, gra__class_targets *t)
{
    return gra__read_class_targets(op, x, target, weight, args->reduction, args->ignore_index, t);
}

static double sum_of_weights(const gra__class_targets *t)
{
    double sum = t->weight ? 0 : (double)t->classes;
    for (int64_t k = 0; t->weight && k < t->classes; k++)
        sum += t->weight[k];
    return sum;
}

/* Q_i. */
static double mass(const gra__class_targets *t, int64_t i, double e, double weights)
{
    const double smoothing = e == 0 ? 0 : e / (double)t->classes * weights;
    return (1 - e) * gra__target_weight(t, i) + smoothing;
}

/* The weights of the classes, which broadcast over x of `shape`. */
static gra_tensor *across(gra_tensor *weight, gra_shape shape, gra_dtype dtype)
{
    const int dim = gra__class_dim(shape);
    for (int d = 0; d < shape.count; d++)
        shape.size[d] = d == dim ? shape.size[d] : 1;
    return gra_to(gra_reshape(weight, shape), dtype);
}

/* ---- the gradient ---- */

/* Q_i for each target, with a dim of size 1 for the classes, and times a share; 0 where it is ignored. */
static gra_tensor *masses(const gra__class_targets *t, gra_tensor *target, double e, double share,
                          gra_dtype dtype, int dim)
{
    gra_tensor *const q = gra__empty("cross_entropy", target->shape, GRA_FLOAT64);
    const double weights = sum_of_weights(t);
    for (int64_t i = 0; q && i < t->count; i++)
        gra__set_number(q, i, t->at[i] == t->ignored ? 0 : share * mass(t, i, e, weights));
    return gra_to(gra_unsqueeze(q, dim), dtype);
}

/* Takes a_i s_i from the targets' classes; nothing is left of the rows of ignored ones. */
static void subtract_targets(gra_tensor *dx, const gra__slabs *s, const gra__class_targets *t,
                             double e, const gra_tensor *shares)
{
    for (int64_t i = 0; i < t->count; i++) {
        const bool ignored = t->at[i] == t->ignored;
        for (int64_t k = 0; ignored && k < s->n; k++)
            gra__set_number(dx, gra__class_place(s, i, k), 0);
        if (ignored)
            continue;
        const int64_t at = gra__class_place(s, i, t->at[i]);
        const double share = gra__number(shares, shares->numel == 1 ? 0 : i);
        gra__set_number(dx, at, gra__number(dx, at) - (1 - e) * gra__target_weight(t, i) * share);
    }
}

/* p_ik s_i Q_i - s_i e/C w_k. */
static gra_tensor *spread(gra_call *c, const gra__class_targets *t, const gra__slabs *s,
                          gra_tensor *shares)
{
    const loss_args *const args = c->args;
    const double e = args->label_smoothing;
    gra_tensor *const weight = c->in[4];
    const gra_shape shape = c->in[1]->shape;
    const int dim = gra__class_dim(shape);
    if (args->reduction == GRA_REDUCE_NONE)
        shares = gra_unsqueeze(shares, dim);
    gra_tensor *const scale =
        weight ? gra_mul(masses(t, c->in[2], e, 1, s->dtype, dim), shares) : shares;
    gra_tensor *const p = gra_mul_(gra_exp(gra__packed(c->in[3], s->dtype)), scale);
    if (e == 0 || !p)
        return p;
    gra_tensor *const even = gra_mul_scalar(shares, e / (double)t->classes);
    return gra_sub_(p, weight ? gra_mul(even, across(weight, shape, s->dtype)) : even);
}

static bool backward_fits(const gra_tensor *g, const gra_tensor *x, const gra_tensor *target,
                          const gra_tensor *log_p, bool none)
{
    char a[GRA_SHAPE_TEXT], b[GRA_SHAPE_TEXT];
    if (gra_shape_equal(g->shape, none ? target->shape : GRA_SCALAR) &&
        gra_shape_equal(log_p->shape, x->shape))
        return true;
    gra_fail("cross_entropy_backward: g of shape %s and log_p of shape %s do not fit the input",
             gra_shape_text(g->shape, a), gra_shape_text(log_p->shape, b));
    return false;
}

static void backward_forward(gra_call *c)
{
    const loss_args *const args = c->args;
    gra_tensor *const g = c->in[0], *const x = c->in[1], *const target = c->in[2];
    gra__class_targets t;
    if (!read_targets("cross_entropy_backward", x, target, c->in[4], args, &t) ||
        !backward_fits(g, x, target, c->in[3], args->reduction == GRA_REDUCE_NONE))
        return;
    const gra__slabs s = gra__slabs_along(x->shape, gra__class_dim(x->shape), x->dtype);
    gra_tensor *shares = gra__packed(g, s.dtype);
    if (args->reduction == GRA_REDUCE_MEAN)
        shares = gra_div_scalar(shares, t.total);
    gra_tensor *const dx = shares ? spread(c, &t, &s, shares) : NULL;
    if (!dx)
        return;
    subtract_targets(dx, &s, &t, args->label_smoothing, shares);
    c->out[0] = gra__converted(dx, x->dtype);
}

static gra_tensor *backward(gra_tensor *g, gra_tensor *x, gra_tensor *target, gra_tensor *log_p,
                            gra_tensor *weight, loss_args args)
{
    return gra_apply(&gra_op_cross_entropy_backward, (gra_tensor *[]){g, x, target, log_p, weight},
                     5, &args);
}

static void backward_vjp(gra_call *c, gra_tensor **h, gra_tensor **dx)
{
    const loss_args *const args = c->args;
    gra_tensor *const x = c->in[1], *const target = c->in[2];
    const int dim = gra__class_dim(x->shape);
    const bool none = args->reduction == GRA_REDUCE_NONE;
    gra__class_targets t;
    if (!read_targets("cross_entropy_backward", x, target, c->in[4], args, &t))
        return;
    const double n = args->reduction == GRA_REDUCE_MEAN && t.total != 0 ? t.total : 1;
    if (c->needs[0]) {
        const loss_args sum = {GRA_REDUCE_SUM, args->ignore_index, args->label_smoothing};
        gra_tensor *const d = backward(gra_scalar(1, x->dtype), x, target, c->in[3], c->in[4], sum);
        gra_tensor *const terms = gra_div_scalar(gra_mul(h[0], d), n);
        dx[0] = none ? gra_sum(terms, .dims = GRA_DIMS(dim)) : gra_sum(terms);
    }
    if (c->needs[1]) {
        gra_tensor *const g = none ? gra_unsqueeze(c->in[0], dim) : c->in[0];
        gra_tensor *const p = gra_softmax(x, dim);
        gra_tensor *const q = masses(&t, target, args->label_smoothing, 1 / n, x->dtype, dim);
        gra_tensor *const weighted = gra_mul(h[0], gra_mul(g, q));
        gra_tensor *const dot =
            gra_sum(gra_mul(weighted, p), .dims = GRA_DIMS(dim), .keepdim = true);
        dx[1] = gra_mul(p, gra_sub(weighted, dot));
    }
}

const gra_op gra_op_cross_entropy_backward = {
    .schema = "cross_entropy_backward(Tensor g, Tensor input, Tensor target, Tensor log_p, "
              "Tensor? weight=None, int reduction=0, int ignore_index=-100, float "
              "label_smoothing=0.0) -> Tensor",
    .forward = backward_forward,
    .vjp = backward_vjp,
    .args_size = sizeof(loss_args),
};

/* ---- the loss ---- */

/* sum_k w_k ln p_ik for each target. */
static gra_tensor *sums_over_classes(gra_tensor *log_p, gra_tensor *weight, int dim)
{
    gra_tensor *const terms =
        weight ? gra_mul(log_p, across(weight, log_p->shape, log_p->dtype)) : log_p;
    return gra_contiguous(gra_sum(terms, .dims = GRA_DIMS(dim)));
}

/* The loss of each target. */
static gra_tensor *losses(gra_tensor *log_p, const gra__slabs *s, const gra__class_targets *t,
                          const gra_call *c)
{
    const double e = ((const loss_args *)c->args)->label_smoothing;
    gra_tensor *const target = c->in[GRA__TARGET], *const weight = c->in[GRA__CLASS_WEIGHT];
    const int dim = gra__class_dim(log_p->shape);
    gra_tensor *const sums = e == 0 ? NULL : sums_over_classes(log_p, weight, dim);
    gra_tensor *const loss = gra__empty("cross_entropy", target->shape, s->dtype);
    if (!loss || (e != 0 && !sums))
        return NULL;
    for (int64_t i = 0; i < t->count; i++) {
        double l = 0;
        if (t->at[i] != t->ignored)
            l = -(1 - e) * gra__target_weight(t, i) *
                gra__number(log_p, gra__class_place(s, i, t->at[i]));
        if (t->at[i] != t->ignored && sums)
            l -= e / (double)t->classes * gra__number(sums, i);
        gra__set_number(loss, i, l);
    }
    return loss;
}

static bool is_smoothing(double e)
{
    if (!(e >= 0 && e <= 1))
        gra_fail("cross_entropy: label_smoothing %g is out of range; it lies between 0 and 1", e);
    return !gra_error();
}

static void index_forward(gra_call *c)
{
    const loss_args *const args = c->args;
    gra_tensor *const input = c->in[GRA__LOGITS];
    gra__class_targets t;
    if (!read_targets("cross_entropy", input, c->in[GRA__TARGET], c->in[GRA__CLASS_WEIGHT], args,
                      &t))
        return;
    const gra__slabs s = gra__slabs_along(input->shape, gra__class_dim(input->shape), input->dtype);
    gra_tensor *const x = gra__packed(input, s.dtype);
    gra_tensor *const log_p = gra__empty("cross_entropy", input->shape, s.dtype);
    if (!x || !log_p)
        return;
    gra__slabs_run(&s, gra__kernels_get()->reduce->log_softmax[s.dtype], gra__ptr(log_p),
                   gra__ptr(x));
    gra_tensor *y = losses(log_p, &s, &t, c);
    if (args->reduction != GRA_REDUCE_NONE)
        y = gra_sum(y);
    if (args->reduction == GRA_REDUCE_MEAN)
        y = gra_div_scalar(y, t.total);
    if (c->needs[GRA__LOGITS])
        c->saved[0] = log_p;
    c->out[0] = y ? gra__converted(y, input->dtype) : NULL;
}

static void cross_entropy_forward(gra_call *c)
{
    if (!is_smoothing(((const loss_args *)c->args)->label_smoothing))
        return;
    if (gra_dtype_is_floating(c->in[GRA__TARGET]->dtype))
        gra__cross_entropy_probabilities_forward(c);
    else
        index_forward(c);
}

static void cross_entropy_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    if (gra_dtype_is_floating(gra_call_dtype(c, GRA__TARGET)))
        gra__cross_entropy_probabilities_vjp(c, g[0], dx);
    else
        dx[GRA__LOGITS] = backward(g[0], c->in[GRA__LOGITS], c->in[GRA__TARGET], c->saved[0],
                                   c->in[GRA__CLASS_WEIGHT], *(const loss_args *)c->args);
}

/* d2l/dx_ik^2 = s_i Q_i p_ik (1 - p_ik): all of the diagonal. */
static void cross_entropy_curvature(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    const loss_args *const args = c->args;
    gra_tensor *const log_p = c->saved[0], *const target = c->in[GRA__TARGET];
    gra__class_targets t;
    if (gra_dtype_is_floating(target->dtype)) {
        gra_fail("cross_entropy: no curvature begins at targets that are probabilities; class "
                 "indices are needed");
        return;
    }
    if (!read_targets("cross_entropy", log_p, target, c->in[GRA__CLASS_WEIGHT], args, &t))
        return;
    const int dim = gra__class_dim(log_p->shape);
    const double n = args->reduction == GRA_REDUCE_MEAN && t.total != 0 ? t.total : 1;
    gra_tensor *const q = masses(&t, target, args->label_smoothing, 1 / n, log_p->dtype, dim);
    gra_tensor *const s = args->reduction == GRA_REDUCE_NONE ? gra_unsqueeze(g[0], dim) : g[0];
    gra_tensor *const p = gra_exp(log_p);
    dx[GRA__LOGITS] = gra_mul(gra_mul(s, q), gra_mul(p, gra_one_minus(p)));
}

const gra_op gra_op_cross_entropy = {
    .schema = "cross_entropy(Tensor input, Tensor target, Tensor? weight=None, int reduction=0, "
              "int ignore_index=-100, float label_smoothing=0.0) -> Tensor",
    .forward = cross_entropy_forward,
    .vjp = cross_entropy_vjp,
    .curvature = GRA_CURVATURE_LOSS,
    .curvature_rule = cross_entropy_curvature,
    .args_size = sizeof(loss_args),
};

gra_cross_entropy_options gra_cross_entropy_defaults(void)
{
    return (gra_cross_entropy_options){.ignore_index = -100};
}

gra_tensor *gra_cross_entropy_with(gra_cross_entropy_options o)
{
    return gra_apply(&gra_op_cross_entropy, (gra_tensor *[]){o.input, o.target, o.weight}, 3,
                     &(loss_args){o.reduction, o.ignore_index, o.label_smoothing});
}
