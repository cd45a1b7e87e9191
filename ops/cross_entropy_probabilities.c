/* cross_entropy_probabilities.c - cross_entropy with a probability for each class as the target.
 *
 *   l_i = -sum_k q_ik ln p_ik,  q_ik = w_k u_ik,  u = (1 - e) t + e / C         e is label_smoothing
 *
 *   dx_ik = s_i (p_ik sum_j q_ij - q_ik),  s_i = g/n, g or g_i                  n samples
 *   dt_ik = -(1 - e) s_i w_k ln p_ik          dw_k = -sum_i s_i u_ik ln p_ik
 *
 * p = softmax(x) over the classes.  Target and input have one shape: [N, C], [C] or [N, C, d1, ...].
 */
#include "ops/cross_entropy_probabilities.h"

#include "core/error.h"
#include "ops/class_targets.h"
#include "ops/loss.h"
#include "ops/reduce.h"

static const char name[] = "cross_entropy";

static bool arguments_fit(const gra_call *c)
{
    const gra__cross_entropy_args *const args = c->args;
    const gra_tensor *const x = c->in[GRA__LOGITS], *const t = c->in[GRA__TARGET];
    char a[GRA_SHAPE_TEXT], b[GRA_SHAPE_TEXT];
    if (x->shape.count == 0)
        gra_fail("%s: input has no dims; [N, C], [C] or [N, C, d1, ...] is needed", name);
    else if (!gra_shape_equal(x->shape, t->shape))
        gra_fail("%s: target has dtype %s and shape %s; it holds int64 class indices, or a "
                 "probability for each class in input's shape %s",
                 name, gra_dtype_name(t->dtype), gra_shape_text(t->shape, b),
                 gra_shape_text(x->shape, a));
    else if (args->ignore_index >= 0)
        gra_fail("%s: ignore_index %lld was given with class probabilities, of which none can be "
                 "ignored; leave it out",
                 name, (long long)args->ignore_index);
    return !gra_error();
}

/* The weight of each class in a shape that broadcasts over x, or NULL. */
static gra_tensor *across(gra_tensor *weight, gra_shape shape, int dim)
{
    for (int d = 0; d < shape.count; d++)
        shape.size[d] = d == dim ? shape.size[d] : 1;
    return weight ? gra_reshape(weight, shape) : NULL;
}

static gra_tensor *smoothed(gra_tensor *t, double e, int64_t classes)
{
    return e == 0 ? t : gra_add_scalar(gra_mul_scalar(t, 1 - e), e / (double)classes);
}

static gra_tensor *weighted(gra_tensor *u, gra_tensor *w)
{
    return w ? gra_mul(u, w) : u;
}

void gra__cross_entropy_probabilities_forward(gra_call *c)
{
    const gra__cross_entropy_args *const args = c->args;
    gra_tensor *const x = c->in[GRA__LOGITS];
    if (!arguments_fit(c))
        return;
    const int dim = gra__class_dim(x->shape);
    const int64_t classes = x->shape.size[dim];
    gra_tensor *const log_p = gra_log_softmax(x, dim);
    gra_tensor *const w = across(c->in[GRA__CLASS_WEIGHT], x->shape, dim);
    gra_tensor *const q = weighted(smoothed(c->in[GRA__TARGET], args->label_smoothing, classes), w);
    gra_tensor *const each = gra_neg(gra_sum(gra_mul(q, log_p), .dims = GRA_DIMS(dim)));
    c->saved[0] = log_p;
    c->out[0] = each ? gra__reduced_loss(each, args->reduction) : NULL;
}

/* s of the formulas, with a dim of size 1 for the classes where it has dims. */
static gra_tensor *share_of(gra_tensor *g, gra_shape shape, int dim, int64_t reduction)
{
    if (reduction == GRA_REDUCE_NONE)
        return gra_unsqueeze(g, dim);
    const int64_t n = gra__reduced_count(shape, ~(1u << dim) & ((1u << shape.count) - 1));
    return reduction == GRA_REDUCE_MEAN && n ? gra_div_scalar(g, (double)n) : g;
}

void gra__cross_entropy_probabilities_vjp(gra_call *c, gra_tensor *g, gra_tensor **dx)
{
    const gra__cross_entropy_args *const args = c->args;
    gra_tensor *const x = c->in[GRA__LOGITS], *const t = c->in[GRA__TARGET];
    const gra_shape shape = gra_tensor_shape(x);
    const int dim = gra__class_dim(shape);
    const double e = args->label_smoothing;
    gra_tensor *const log_p = gra_grad_enabled() ? gra_log_softmax(x, dim) : c->saved[0];
    gra_tensor *const w = across(c->in[GRA__CLASS_WEIGHT], shape, dim);
    gra_tensor *const u = smoothed(t, e, shape.size[dim]), *const s = share_of(g, shape, dim,
                                                                               args->reduction);
    if (c->needs[GRA__LOGITS]) {
        gra_tensor *const q = weighted(u, w);
        gra_tensor *const all = gra_sum(q, .dims = GRA_DIMS(dim), .keepdim = true);
        dx[GRA__LOGITS] = gra_mul(gra_sub(gra_mul(gra_exp(log_p), all), q), s);
    }
    if (c->needs[GRA__TARGET])
        dx[GRA__TARGET] = gra_mul(weighted(log_p, w), gra_mul_scalar(s, e - 1));
    if (c->needs[GRA__CLASS_WEIGHT]) {
        gra_tensor *const terms = gra_neg(gra_mul(gra_mul(u, log_p), s));
        dx[GRA__CLASS_WEIGHT] = gra_reshape(gra_sum_to(terms, gra_tensor_shape(w)),
                                            gra_call_shape(c, GRA__CLASS_WEIGHT));
    }
}
