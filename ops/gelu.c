/* gelu.c - the Gaussian error linear unit.
 *
 *   y = x F(x),  F the normal distribution, f its density         dy/dx = F(x) + x f(x)
 *
 * or, approximated by tanh, with u = sqrt(2 / pi) (x + 0.044715 x^3) and t = tanh u:
 *
 *   y = x (1 + t) / 2                                             dy/dx = (1 + t + x (1 - t^2) u') / 2
 *
 * gelu chooses between these two by a word; each is an op of its own, so that no node keeps the word.
 * Their gradients are one fused pass each, ops that can be differentiated again:
 *
 *   z = g dy/dx         dz/dg = gelu_.._backward     dz/dx = g f(x) (2 - x^2)
 *                                      or with tanh  g (1 - t^2) (u' + x u'' / 2 - x t u'^2)
 *
 * At infinity y and its slope are the limits, where the formula would give NaN.
 *
 * Source: Hendrycks and Gimpel, "Gaussian error linear units (GELUs)", 2016.
 */
#include <math.h>
#include <string.h>

#include "core/error.h"
#include "ops/activate.h"
#include "ops/ops.h"

typedef struct {
    const char *approximate; /* "none" or "tanh" */
} gelu_args;

/* ---- the second derivatives ---- */

/* f(x) (2 - x^2). */
static gra_tensor *erf_curve(gra_tensor *x)
{
    gra_tensor *const square = gra_square(x);
    gra_tensor *const density =
        gra_mul_scalar(gra_exp(gra_mul_scalar(square, -0.5)), M_SQRT1_2 * M_2_SQRTPI / 2);
    return gra_mul(density, gra_rsub_scalar(square, 2));
}

static gra_tensor *tanh_curve(gra_tensor *x)
{
    const double k = M_SQRT1_2 * M_2_SQRTPI, a = 0.044715; /* k = sqrt(2 / pi) */
    gra_tensor *const square = gra_square(x);
    gra_tensor *const t = gra_tanh(gra_mul(x, gra_add_scalar(gra_mul_scalar(square, k * a), k)));
    gra_tensor *const half_x_u2 = gra_mul_scalar(square, 3 * k * a);
    gra_tensor *const u1 = gra_add_scalar(half_x_u2, k);
    gra_tensor *const bend = gra_mul(gra_mul(x, t), gra_square(u1));
    return gra_mul(gra_one_minus(gra_square(t)), gra_sub(gra_add(u1, half_x_u2), bend));
}

/* ---- the first derivatives ---- */

extern const gra_op gra_op_gelu_erf_backward, gra_op_gelu_tanh_backward;

static void backward_forward(gra_call *c)
{
    const gra__activations_table *const table = gra__kernels_get()->activations;
    const bool is_tanh = c->op == &gra_op_gelu_tanh_backward;
    gra__activate_backward(c, is_tanh ? table->gelu_tanh_backward : table->gelu_backward,
                           (double[3]){0});
}

static void backward_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    gra_tensor *const x = c->in[1];
    const bool is_tanh = c->op == &gra_op_gelu_tanh_backward;
    if (c->needs[0])
        dx[0] = gra_apply(c->op, (gra_tensor *[]){g[0], x}, 2, NULL);
    if (c->needs[1])
        dx[1] = gra_mul(g[0], gra_mul(c->in[0], is_tanh ? tanh_curve(x) : erf_curve(x)));
}

const gra_op gra_op_gelu_erf_backward = {
    .schema = "gelu_erf_backward(Tensor g, Tensor x) -> Tensor",
    .forward = backward_forward,
    .vjp = backward_vjp,
};

const gra_op gra_op_gelu_tanh_backward = {
    .schema = "gelu_tanh_backward(Tensor g, Tensor x) -> Tensor",
    .forward = backward_forward,
    .vjp = backward_vjp,
};

/* ---- gelu ---- */

static void erf_forward(gra_call *c)
{
    gra__activate(c, gra__kernels_get()->activations->gelu, (double[3]){0});
}

static void erf_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    dx[0] = gra_apply(&gra_op_gelu_erf_backward, (gra_tensor *[]){g[0], c->in[0]}, 2, NULL);
}

static void tanh_forward(gra_call *c)
{
    gra__activate(c, gra__kernels_get()->activations->gelu_tanh, (double[3]){0});
}

static void tanh_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    dx[0] = gra_apply(&gra_op_gelu_tanh_backward, (gra_tensor *[]){g[0], c->in[0]}, 2, NULL);
}

const gra_op gra_op_gelu_erf = {
    .schema = "gelu_erf(Tensor x) -> Tensor",
    .forward = erf_forward,
    .vjp = erf_vjp,
    .curvature = GRA_CURVATURE_ELEMENTWISE,
    .saves = GRA_IN(0),
};

const gra_op gra_op_gelu_tanh = {
    .schema = "gelu_tanh(Tensor x) -> Tensor",
    .forward = tanh_forward,
    .vjp = tanh_vjp,
    .curvature = GRA_CURVATURE_ELEMENTWISE,
    .saves = GRA_IN(0),
};

static void gelu_forward(gra_call *c)
{
    const char *const word = ((const gelu_args *)c->args)->approximate;
    const gra_dtype dtype = c->in[0]->dtype;
    if (!gra_dtype_is_floating(dtype))
        gra_fail("gelu: dtype %s is not supported; convert the tensor with gra_to first",
                 gra_dtype_name(dtype));
    else if (word && strcmp(word, "none") == 0)
        c->out[0] = gra_apply(&gra_op_gelu_erf, c->in, 1, NULL);
    else if (word && strcmp(word, "tanh") == 0)
        c->out[0] = gra_apply(&gra_op_gelu_tanh, c->in, 1, NULL);
    else
        gra_fail("gelu: approximate is '%s'; it must be 'none' or 'tanh'", word ? word : "(NULL)");
}

const gra_op gra_op_gelu = {
    .schema = "gelu(Tensor x, str approximate='none') -> Tensor",
    .forward = gelu_forward,
    .args_size = sizeof(gelu_args),
    .composite = true,
};

gra_gelu_options gra_gelu_defaults(void)
{
    return (gra_gelu_options){.approximate = "none"};
}

gra_tensor *gra_gelu_with(gra_gelu_options o)
{
    return gra_apply(&gra_op_gelu, &o.x, 1, &(gelu_args){o.approximate});
}
