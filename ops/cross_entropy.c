/* cross_entropy.c - the negative log-likelihood of class indices under the softmax of logits.
 *
 *   l_i = -ln p_{i, t_i},  p = softmax(x) over the classes        0 where t_i is ignore_index
 *
 *   y = 1/n sum_i l_i (mean, over the n targets that count), sum_i l_i (sum) or l (none)
 *
 *   dx_ik = w_i (p_ik - [k = t_i]),  w_i = g/n, g or g_i, and 0 where the target is ignored
 *
 * x is [N, C], [C] or [N, C, d1, ...], where the targets t are [N], [] or [N, d1, ...].  The gradient
 * is one fused pass, cross_entropy_backward, an op of its own; it reads ln p, which the forward made,
 * and x only for the sake of its derivative.  With h the gradient of dx, and d_ik = p_ik - [k = t_i],
 *
 *   dw_i = sum_k h_ik d_ik           dx_ik = p_ik (w_i h_ik - sum_j w_i h_ij p_ij)
 */
#include "core/create.h"
#include "core/dry_run.h"
#include "core/error.h"
#include "ops/iterate.h"
#include "ops/layout.h"
#include "ops/ops.h"
#include "ops/reduce.h"
#include "ops/slabs.h"

extern const gra_op gra_op_cross_entropy_backward;

typedef struct {
    int64_t reduction, ignore_index;
} loss_args;

static int class_dim(gra_shape input)
{
    return input.count > 1 ? 1 : 0;
}

/* Class k of target i lies at (outer n + k) inner + column of the packed logits. */
static int64_t place(const gra__slabs *s, int64_t i, int64_t k)
{
    return (i / s->inner * s->n + k) * s->inner + i % s->inner;
}

static double number(const gra_tensor *t, int64_t at)
{
    return t->dtype == GRA_FLOAT64 ? ((const double *)gra__ptr(t))[at]
                                   : (double)((const float *)gra__ptr(t))[at];
}

static void set_number(gra_tensor *t, int64_t at, double value)
{
    if (t->dtype == GRA_FLOAT64)
        ((double *)gra__ptr(t))[at] = value;
    else
        ((float *)gra__ptr(t))[at] = (float)value;
}

static bool shapes_fit(const char *op, const gra_tensor *input, const gra_tensor *target)
{
    char a[GRA_SHAPE_TEXT], b[GRA_SHAPE_TEXT], t[GRA_SHAPE_TEXT];
    if (input->shape.count == 0) {
        gra_fail("%s: input has no dims; logits of shape [N, C], [C] or [N, C, d1, ...] are needed",
                 op);
        return false;
    }
    const gra_shape wanted = gra__reduced_shape(input->shape, 1u << class_dim(input->shape), false);
    if (gra_shape_equal(wanted, target->shape))
        return true;
    gra_fail("%s: target has shape %s; input of shape %s needs class indices of shape %s", op,
             gra_shape_text(target->shape, t), gra_shape_text(input->shape, a),
             gra_shape_text(wanted, b));
    return false;
}

static bool arguments_fit(const char *op, const gra_tensor *input, const gra_tensor *target,
                          const loss_args *args)
{
    if (!gra_dtype_is_floating(input->dtype)) {
        gra_fail("%s: input has dtype %s; logits have a floating point dtype, convert them with "
                 "gra_to",
                 op, gra_dtype_name(input->dtype));
        return false;
    }
    if (target->dtype != GRA_INT64) {
        gra_fail("%s: target has dtype %s; class indices are int64, convert them with gra_to", op,
                 gra_dtype_name(target->dtype));
        return false;
    }
    if (args->reduction < GRA_REDUCE_MEAN || args->reduction > GRA_REDUCE_NONE) {
        gra_fail("%s: reduction %lld is unknown; 0 (mean), 1 (sum) and 2 (none) are possible", op,
                 (long long)args->reduction);
        return false;
    }
    return shapes_fit(op, input, target);
}

/* The index of the element at a position in row-major order. */
static gra_shape index_of(gra_shape shape, int64_t position)
{
    gra_shape index = shape;
    for (int d = shape.count - 1; d >= 0; d--) {
        index.size[d] = position % shape.size[d];
        position /= shape.size[d];
    }
    return index;
}

/* How many targets count; -1 with an error where one is no class. */
static int64_t count_targets(const char *op, gra_tensor *target, int64_t classes, int64_t ignored)
{
    if (gra__dry_run())
        return target->numel;
    const int64_t *const t = gra__ptr(target);
    char text[GRA_SHAPE_TEXT];
    int64_t count = 0;
    for (int64_t i = 0; i < target->numel; i++) {
        if (t[i] == ignored)
            continue;
        count++;
        if (t[i] >= 0 && t[i] < classes)
            continue;
        gra_fail("%s: target %lld at position %s is no class; there are %lld classes, 0 to %lld",
                 op, (long long)t[i], gra_shape_text(index_of(target->shape, i), text),
                 (long long)classes, (long long)classes - 1);
        return -1;
    }
    return count;
}

/* The row-major targets of a call that is checked, and how many of them count. */
static gra_tensor *ready_target(gra_call *c, gra_tensor *input, gra_tensor *target, int64_t *count)
{
    const loss_args *const args = c->args;
    const char *const op = gra_op_name(c->op);
    if (!arguments_fit(op, input, target, args))
        return NULL;
    gra_tensor *const packed = gra__packed(target, GRA_INT64);
    if (!packed)
        return NULL;
    const int64_t classes = input->shape.size[class_dim(input->shape)];
    *count = count_targets(op, packed, classes, args->ignore_index);
    return *count < 0 ? NULL : packed;
}

/* Without the ignored targets: the rows that are left of the gradient. */
static void backward_rows(gra_tensor *dx, const gra__slabs *s, gra_tensor *target, int64_t ignored,
                          const gra_tensor *weights)
{
    const int64_t *const t = gra__ptr(target);
    for (int64_t i = 0; i < target->numel && !gra__dry_run(); i++) {
        for (int64_t k = 0; t[i] == ignored && k < s->n; k++)
            set_number(dx, place(s, i, k), 0);
        if (t[i] == ignored)
            continue;
        const int64_t at = place(s, i, t[i]);
        set_number(dx, at, number(dx, at) - number(weights, weights->numel == 1 ? 0 : i));
    }
}

static void backward_forward(gra_call *c)
{
    const loss_args *const args = c->args;
    gra_tensor *const g = c->in[0], *const x = c->in[1], *const log_p = c->in[3];
    char a[GRA_SHAPE_TEXT], b[GRA_SHAPE_TEXT];
    int64_t count;
    gra_tensor *const target = ready_target(c, x, c->in[2], &count);
    if (!target)
        return;
    const bool none = args->reduction == GRA_REDUCE_NONE;
    if (!gra_shape_equal(g->shape, none ? target->shape : GRA_SCALAR) ||
        !gra_shape_equal(log_p->shape, x->shape)) {
        gra_fail("cross_entropy_backward: g of shape %s and log_p of shape %s do not fit the input",
                 gra_shape_text(g->shape, a), gra_shape_text(log_p->shape, b));
        return;
    }
    const int dim = class_dim(x->shape);
    const gra__slabs s = gra__slabs_along(x->shape, dim, x->dtype);
    gra_tensor *weights = gra__packed(g, s.dtype);
    if (args->reduction == GRA_REDUCE_MEAN)
        weights = gra_div_scalar(weights, (double)count);
    gra_tensor *const p = gra_exp(gra__packed(log_p, s.dtype));
    gra_tensor *const dx = gra_mul_(p, none ? gra_unsqueeze(weights, dim) : weights);
    if (!dx)
        return;
    backward_rows(dx, &s, target, args->ignore_index, weights);
    c->out[0] = gra__converted(dx, x->dtype);
}

static gra_tensor *backward(gra_tensor *g, gra_tensor *x, gra_tensor *target, gra_tensor *log_p,
                            loss_args args)
{
    return gra_apply(&gra_op_cross_entropy_backward, (gra_tensor *[]){g, x, target, log_p}, 4,
                     &args);
}

/* 1 for each target that counts and 0 for the others, over n for the mean; [N, 1, ...]. */
static gra_tensor *shares(gra_tensor *target, const loss_args *args, gra_dtype dtype, int dim)
{
    gra_tensor *const counts = gra_ne_scalar(target, (double)args->ignore_index);
    gra_tensor *const shares = gra_unsqueeze(gra_to(counts, dtype), dim);
    if (args->reduction != GRA_REDUCE_MEAN)
        return shares;
    const int64_t n = gra_item_int(gra_sum(counts));
    return gra_div_scalar(shares, n ? (double)n : 1);
}

static void backward_vjp(gra_call *c, gra_tensor **h, gra_tensor **dx)
{
    const loss_args *const args = c->args;
    gra_tensor *const x = c->in[1], *const target = c->in[2];
    const int dim = class_dim(x->shape);
    const bool none = args->reduction == GRA_REDUCE_NONE;
    gra_tensor *const share = shares(target, args, x->dtype, dim);
    if (c->needs[0]) {
        const loss_args sum = {GRA_REDUCE_SUM, args->ignore_index};
        gra_tensor *const d = backward(gra_scalar(1, x->dtype), x, target, c->in[3], sum);
        gra_tensor *const terms = gra_mul(gra_mul(h[0], d), share);
        dx[0] = none ? gra_sum(terms, .dims = GRA_DIMS(dim)) : gra_sum(terms);
    }
    if (c->needs[1]) {
        gra_tensor *const g = none ? gra_unsqueeze(c->in[0], dim) : c->in[0];
        gra_tensor *const p = gra_softmax(x, dim);
        gra_tensor *const weighted = gra_mul(h[0], gra_mul(g, share));
        gra_tensor *const dot =
            gra_sum(gra_mul(weighted, p), .dims = GRA_DIMS(dim), .keepdim = true);
        dx[1] = gra_mul(p, gra_sub(weighted, dot));
    }
}

const gra_op gra_op_cross_entropy_backward = {
    .schema = "cross_entropy_backward(Tensor g, Tensor input, Tensor target, Tensor log_p, "
              "int reduction=0, int ignore_index=-100) -> Tensor",
    .forward = backward_forward,
    .vjp = backward_vjp,
    .args_size = sizeof(loss_args),
};

/* The loss of each target. */
static gra_tensor *losses(const gra_tensor *log_p, const gra__slabs *s, gra_tensor *target,
                          int64_t ignored)
{
    const int64_t *const t = gra__ptr(target);
    gra_tensor *const loss = gra__empty("cross_entropy", target->shape, s->dtype);
    for (int64_t i = 0; loss && i < target->numel && !gra__dry_run(); i++)
        set_number(loss, i, t[i] == ignored ? 0 : -number(log_p, place(s, i, t[i])));
    return loss;
}

static void cross_entropy_forward(gra_call *c)
{
    const loss_args *const args = c->args;
    gra_tensor *const input = c->in[0];
    int64_t count;
    gra_tensor *const target = ready_target(c, input, c->in[1], &count);
    if (!target)
        return;
    const gra__slabs s = gra__slabs_along(input->shape, class_dim(input->shape), input->dtype);
    gra_tensor *const x = gra__packed(input, s.dtype);
    gra_tensor *const log_p = gra__empty("cross_entropy", input->shape, s.dtype);
    if (!x || !log_p)
        return;
    gra__slabs_run(&s, gra__kernels_get()->reduce->log_softmax[s.dtype], gra__ptr(log_p),
                   gra__ptr(x));
    gra_tensor *y = losses(log_p, &s, target, args->ignore_index);
    if (args->reduction != GRA_REDUCE_NONE)
        y = gra_sum(y);
    if (args->reduction == GRA_REDUCE_MEAN)
        y = gra_div_scalar(y, (double)count);
    if (c->needs[0])
        c->saved[0] = log_p;
    c->out[0] = y ? gra__converted(y, input->dtype) : NULL;
}

static void cross_entropy_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    const loss_args *const args = c->args;
    dx[0] = backward(g[0], c->in[0], c->in[1], c->saved[0], *args);
}

const gra_op gra_op_cross_entropy = {
    .schema = "cross_entropy(Tensor input, Tensor target, int reduction=0, "
              "int ignore_index=-100) -> Tensor",
    .forward = cross_entropy_forward,
    .vjp = cross_entropy_vjp,
    .args_size = sizeof(loss_args),
};

gra_cross_entropy_options gra_cross_entropy_defaults(void)
{
    return (gra_cross_entropy_options){.ignore_index = -100};
}

gra_tensor *gra_cross_entropy_with(gra_cross_entropy_options o)
{
    return gra_apply(&gra_op_cross_entropy, (gra_tensor *[]){o.input, o.target}, 2,
                     &(loss_args){o.reduction, o.ignore_index});
}
