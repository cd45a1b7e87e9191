/* gaussian_nll_loss.c - the negative log-likelihood of targets t under normal distributions, of mean x
 * and variance v.
 *
 *   l = (ln u + (x - t)^2 / u) / 2,  u = max(v, eps)                 full adds ln(2 pi) / 2
 *
 *   dv as if u were v, also where v < eps: as in PyTorch, so that a variance that is too small can grow.
 *
 * v has x's shape, or that with 1 for one of its sizes, or without its last one.  The mean, the sum, or
 * as it is.
 */
#include <math.h>

#include "core/dry_run.h"
#include "core/error.h"
#include "ops/loss.h"

typedef struct {
    bool full;
    double eps;
    int64_t reduction;
} gaussian_args;

static const char name[] = "gaussian_nll_loss";

/* v in a shape that broadcasts to x's, or NULL with an error. */
static gra_tensor *fitted(const gra_tensor *x, gra_tensor *v)
{
    char a[GRA_SHAPE_TEXT], b[GRA_SHAPE_TEXT];
    int differing = 0;
    bool fits = v->shape.count == x->shape.count;
    for (int d = 0; fits && d < x->shape.count; d++) {
        differing += v->shape.size[d] != x->shape.size[d];
        fits = v->shape.size[d] == x->shape.size[d] || v->shape.size[d] == 1;
    }
    if (fits && differing <= 1)
        return v;
    gra_shape shorter = x->shape;
    shorter.count--;
    if (x->shape.count > 0 && gra_shape_equal(shorter, v->shape))
        return gra_unsqueeze(v, -1);
    return gra_fail("%s: var has shape %s; input's shape %s is needed, or that with 1 for one of "
                    "its sizes or without the last",
                    name, gra_shape_text(v->shape, a), gra_shape_text(x->shape, b));
}

static bool arguments_fit(const gra_call *c)
{
    const gaussian_args *const args = c->args;
    gra_tensor *const v = c->in[2];
    if (!gra__loss_fits(name, c->in[0], c->in[1], args->reduction) ||
        !gra__loss_floating(name, "var", v))
        return false;
    if (!(args->eps > 0))
        gra_fail("%s: eps %g is out of range; it is above 0", name, args->eps);
    else if (!gra__dry_run() && gra_item(gra_any(gra_lt_scalar(v, 0))) != 0)
        gra_fail("%s: var has a negative element; variances are 0 or above", name);
    return !gra_error();
}

/* max(v, eps) with the gradient of v. */
static gra_tensor *at_least(gra_tensor *v, double eps)
{
    return gra_add(v, gra_detach(gra_sub(gra_clamp(v, eps, INFINITY), v)));
}

static void gaussian_forward(gra_call *c)
{
    const gaussian_args *const args = c->args;
    gra_tensor *const v = arguments_fit(c) ? fitted(c->in[0], c->in[2]) : NULL;
    if (!v)
        return;
    gra_tensor *const u = at_least(v, args->eps);
    gra_tensor *const squares = gra__square_terms(c->in[0], c->in[1]);
    gra_tensor *terms = gra_mul_scalar(gra_add(gra_log(u), gra_div(squares, u)), 0.5);
    if (args->full)
        terms = gra_add_scalar(terms, 0.5 * log(2 * acos(-1)));
    c->out[0] = gra__reduced_loss(terms, args->reduction);
}

const gra_op gra_op_gaussian_nll_loss = {
    .schema = "gaussian_nll_loss(Tensor input, Tensor target, Tensor var, bool full=False, float "
              "eps=1e-06, int reduction=0) -> Tensor",
    .forward = gaussian_forward,
    .args_size = sizeof(gaussian_args),
    .composite = true,
};

gra_gaussian_nll_loss_options gra_gaussian_nll_loss_defaults(void)
{
    return (gra_gaussian_nll_loss_options){.eps = 1e-6};
}

gra_tensor *gra_gaussian_nll_loss_with(gra_gaussian_nll_loss_options o)
{
    return gra_apply(&gra_op_gaussian_nll_loss, (gra_tensor *[]){o.input, o.target, o.var}, 3,
                     &(gaussian_args){o.full, o.eps, o.reduction});
}
