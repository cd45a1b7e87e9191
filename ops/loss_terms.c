/* loss_terms.c - losses of an input x and a target t element by element, before weight and reduction.
 *
 *   square_terms          y = d^2                                           d = x - t
 *                         dx = 2 g d                                        dt = -dx
 *   huber_terms           y = |d| < a ? c d^2 / 2a : c (|d| - a / 2)
 *                         dx = g (|d| < a ? c d / a : c sign d)             dt = -dx
 *   entropy_terms         y = -t max(ln x, -100) - (1 - t) max(ln(1 - x), -100)
 *                         dx = g (x - t) / max(x (1 - x), 1e-12)            dt = g (ln(1 - x) - ln x)
 *   logit_entropy_terms   y = (1 - t) x + ln(1 + e^-x)
 *                         dx = g (sigmoid x - t)                            dt = -g x
 *   divergence_terms      y = t ln t - t x,  0 ln 0 = 0
 *                         dx = -g t                                         dt = g (ln t + 1 - x)
 *     with log_target     y = e^t (t - x)
 *                         dx = -g e^t                                       dt = g e^t (t - x + 1)
 *
 * The losses that people know are made of these: mse_loss; huber_loss, smooth_l1_loss, l1_loss;
 * binary_cross_entropy, with and without logits; kl_div.  y takes one pass, and so does dx; where the rule
 * is recorded it is written with tensor ops.
 */
#include <math.h>

#include "ops/iterate.h"
#include "ops/kernels/loss.h"
#include "ops/loss.h"

typedef struct {
    double a, c;
} huber_args;

typedef struct {
    bool log_target;
} divergence_args;

/* ---- passes ---- */

static void term_row(const gra__map *map, size_t n, char *const *p, const ptrdiff_t *s)
{
    ((gra__loss_loop *)map->loop)(n, p[0], s[0], p[1], s[1], p[2], s[2], map->low, map->high);
}

static void gradient_row(const gra__map *map, size_t n, char *const *p, const ptrdiff_t *s)
{
    ((gra__loss_backward_loop *)map->loop)(n, p[0], s[0], p[1], s[1], p[2], s[2], p[3], s[3],
                                           map->low, map->high);
}

static gra_dtype computed_in(gra_dtype dtype)
{
    return dtype == GRA_BFLOAT16 ? GRA_FLOAT32 : dtype;
}

static void run_terms(gra_call *c, gra__loss_loop *const *loops, huber_args args)
{
    const gra_dtype result = gra__result_type(c->in, 2), dtype = computed_in(result);
    gra__map map = {
        .count = 2,
        .in = {c->in[0], c->in[1]},
        .dtype = dtype,
        .computed = dtype,
        .result = result,
        .row = term_row,
        .loop = (gra__any_loop *)loops[dtype],
        .low = args.a,
        .high = args.c,
    };
    c->out[0] = gra__map_run(c->op, &map);
}

static gra_tensor *run_gradient(gra_call *c, gra_tensor *g, gra__loss_backward_loop *const *loops,
                                huber_args args)
{
    const gra_dtype dtype = computed_in(g->dtype);
    gra__map map = {
        .count = 3,
        .in = {g, c->in[0], c->in[1]},
        .dtype = dtype,
        .computed = dtype,
        .result = g->dtype,
        .row = gradient_row,
        .loop = (gra__any_loop *)loops[dtype],
        .low = args.a,
        .high = args.c,
    };
    return gra__map_run(c->op, &map);
}

/* ---- squares ---- */

static void square_forward(gra_call *c)
{
    run_terms(c, gra__kernels_get()->loss->square, (huber_args){0});
}

static void square_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    gra_tensor *const d =
        gra_grad_enabled()
            ? gra_mul(gra_mul_scalar(g[0], 2), gra_sub(c->in[0], c->in[1]))
            : run_gradient(c, g[0], gra__kernels_get()->loss->square_backward, (huber_args){0});
    if (c->needs[0])
        dx[0] = d;
    if (c->needs[1])
        dx[1] = gra_neg(d);
}

/* d2y/dx^2 = d2y/dt^2 = 2 */
static void square_curvature(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    for (int i = 0; i < 2; i++)
        if (c->needs[i])
            dx[i] = gra_mul_scalar(g[0], 2);
}

const gra_op gra_op_square_terms = {
    .schema = "square_terms(Tensor input, Tensor target) -> Tensor",
    .forward = square_forward,
    .vjp = square_vjp,
    .curvature = GRA_CURVATURE_LOSS,
    .curvature_rule = square_curvature,
};

gra_tensor *gra__square_terms(gra_tensor *input, gra_tensor *target)
{
    return gra_apply(&gra_op_square_terms, (gra_tensor *[]){input, target}, 2, NULL);
}

/* ---- huber ---- */

static void huber_forward(gra_call *c)
{
    run_terms(c, gra__kernels_get()->loss->huber, *(const huber_args *)c->args);
}

static gra_tensor *recorded_huber_gradient(gra_call *c, gra_tensor *g)
{
    const huber_args *const args = c->args;
    gra_tensor *const d = gra_sub(c->in[0], c->in[1]);
    gra_tensor *const tail = gra_mul_scalar(gra_sign(d), args->c);
    if (args->a == 0)
        return gra_mul(g, tail);
    gra_tensor *const outside = gra_ge_scalar(gra_abs(d), args->a);
    return gra_mul(g, gra_where(outside, tail, gra_mul_scalar(d, args->c / args->a)));
}

static void huber_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    gra_tensor *const d = gra_grad_enabled()
                              ? recorded_huber_gradient(c, g[0])
                              : run_gradient(c, g[0], gra__kernels_get()->loss->huber_backward,
                                             *(const huber_args *)c->args);
    if (c->needs[0])
        dx[0] = d;
    if (c->needs[1])
        dx[1] = gra_neg(d);
}

const gra_op gra_op_huber_terms = {
    .schema = "huber_terms(Tensor input, Tensor target, float a, float c) -> Tensor",
    .forward = huber_forward,
    .vjp = huber_vjp,
    .args_size = sizeof(huber_args),
};

gra_tensor *gra__huber_terms(gra_tensor *input, gra_tensor *target, double a, double c)
{
    return gra_apply(&gra_op_huber_terms, (gra_tensor *[]){input, target}, 2, &(huber_args){a, c});
}

/* ---- cross-entropy of probabilities ---- */

static void entropy_forward(gra_call *c)
{
    run_terms(c, gra__kernels_get()->loss->entropy, (huber_args){0});
}

static void entropy_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    gra_tensor *const x = c->in[0], *const t = c->in[1];
    if (c->needs[0] && gra_grad_enabled())
        dx[0] = gra_mul(
            g[0], gra_div(gra_sub(x, t), gra_clamp(gra_mul(x, gra_one_minus(x)), 1e-12, INFINITY)));
    else if (c->needs[0])
        dx[0] = run_gradient(c, g[0], gra__kernels_get()->loss->entropy_backward, (huber_args){0});
    if (c->needs[1])
        dx[1] = gra_mul(g[0], gra_sub(gra_log(gra_one_minus(x)), gra_log(x)));
}

const gra_op gra_op_entropy_terms = {
    .schema = "entropy_terms(Tensor input, Tensor target) -> Tensor",
    .forward = entropy_forward,
    .vjp = entropy_vjp,
};

gra_tensor *gra__entropy_terms(gra_tensor *input, gra_tensor *target)
{
    return gra_apply(&gra_op_entropy_terms, (gra_tensor *[]){input, target}, 2, NULL);
}

/* ---- cross-entropy of logits ---- */

static void logit_forward(gra_call *c)
{
    run_terms(c, gra__kernels_get()->loss->logit_entropy, (huber_args){0});
}

static void logit_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    gra_tensor *const x = c->in[0], *const t = c->in[1];
    if (c->needs[0] && gra_grad_enabled())
        dx[0] = gra_mul(g[0], gra_sub(gra_sigmoid(x), t));
    else if (c->needs[0])
        dx[0] = run_gradient(c, g[0], gra__kernels_get()->loss->logit_entropy_backward,
                             (huber_args){0});
    if (c->needs[1])
        dx[1] = gra_neg(gra_mul(g[0], x));
}

const gra_op gra_op_logit_entropy_terms = {
    .schema = "logit_entropy_terms(Tensor input, Tensor target) -> Tensor",
    .forward = logit_forward,
    .vjp = logit_vjp,
};

gra_tensor *gra__logit_entropy_terms(gra_tensor *input, gra_tensor *target)
{
    return gra_apply(&gra_op_logit_entropy_terms, (gra_tensor *[]){input, target}, 2, NULL);
}

/* ---- divergence ---- */

static void divergence_forward(gra_call *c)
{
    const gra__loss_table *const loops = gra__kernels_get()->loss;
    const bool log_target = ((const divergence_args *)c->args)->log_target;
    run_terms(c, log_target ? loops->log_divergence : loops->divergence, (huber_args){0});
}

static void divergence_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    const gra__loss_table *const loops = gra__kernels_get()->loss;
    const bool log_target = ((const divergence_args *)c->args)->log_target;
    gra_tensor *const x = c->in[0], *const t = c->in[1];
    gra_tensor *const p = log_target && (c->needs[1] || gra_grad_enabled()) ? gra_exp(t) : t;
    if (c->needs[0] && gra_grad_enabled())
        dx[0] = gra_neg(gra_mul(g[0], p));
    else if (c->needs[0])
        dx[0] = run_gradient(
            c, g[0], log_target ? loops->log_divergence_backward : loops->divergence_backward,
            (huber_args){0});
    if (c->needs[1] && log_target)
        dx[1] = gra_mul(g[0], gra_mul(p, gra_add_scalar(gra_sub(t, x), 1)));
    else if (c->needs[1])
        dx[1] = gra_mul(g[0], gra_sub(gra_add_scalar(gra_log(t), 1), x));
}

const gra_op gra_op_divergence_terms = {
    .schema = "divergence_terms(Tensor input, Tensor target, bool log_target=False) -> Tensor",
    .forward = divergence_forward,
    .vjp = divergence_vjp,
    .args_size = sizeof(divergence_args),
};

gra_tensor *gra__divergence_terms(gra_tensor *input, gra_tensor *target, bool log_target)
{
    return gra_apply(&gra_op_divergence_terms, (gra_tensor *[]){input, target}, 2,
                     &(divergence_args){log_target});
}
