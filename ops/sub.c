/* sub.c - subtraction.
 *
 *   y = a - b           dy/da = 1        dy/db = -1
 *
 * Bools have no difference, as in PyTorch.
 */
#include "core/error.h"
#include "ops/iterate.h"
#include "ops/ops.h"

typedef struct {
    double value;
} scalar_args;

static bool has_no_bool(const gra_call *c)
{
    for (int i = 0; i < c->n_in; i++)
        if (c->in[i]->dtype == GRA_BOOL) {
            gra_fail("%s: a bool tensor cannot be subtracted; gra_ne(a, b) tells where two masks "
                     "differ, gra_logical_not(x) inverts one",
                     gra_op_name(c->op));
            return false;
        }
    return true;
}

static void sub_forward(gra_call *c)
{
    if (has_no_bool(c))
        gra__binary(c, gra__kernels_get()->elementwise->sub);
}

static void sub_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    if (c->needs[0])
        dx[0] = g[0];
    if (c->n_in > 1 && c->needs[1])
        dx[1] = gra_neg(g[0]);
}

static void sub_scalar_forward(gra_call *c)
{
    const scalar_args *const args = c->args;
    if (has_no_bool(c))
        gra__scalar(c, gra__kernels_get()->elementwise->sub, args->value, false);
}

static void rsub_scalar_forward(gra_call *c)
{
    const scalar_args *const args = c->args;
    if (has_no_bool(c))
        gra__scalar(c, gra__kernels_get()->elementwise->sub, args->value, true);
}

static void rsub_scalar_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    (void)c;
    dx[0] = gra_neg(g[0]);
}

const gra_op gra_op_sub = {
    .schema = "sub(Tensor a, Tensor b) -> Tensor",
    .forward = sub_forward,
    .vjp = sub_vjp,
    .curvature = GRA_CURVATURE_ELEMENTWISE,
    .saves = GRA_SAVE_NOTHING,
};

const gra_op gra_op_sub_ = {
    .schema = "sub_(Tensor(a!) x, Tensor b) -> Tensor(a!)",
    .forward = sub_forward,
    .vjp = sub_vjp,
    .curvature = GRA_CURVATURE_ELEMENTWISE,
    .saves = GRA_SAVE_NOTHING,
    .inplace = true,
};

const gra_op gra_op_sub_scalar = {
    .schema = "sub_scalar(Tensor x, float value) -> Tensor",
    .forward = sub_scalar_forward,
    .vjp = sub_vjp,
    .saves = GRA_SAVE_NOTHING,
    .args_size = sizeof(scalar_args),
};

const gra_op gra_op_sub_scalar_ = {
    .schema = "sub_scalar_(Tensor(a!) x, float value) -> Tensor(a!)",
    .forward = sub_scalar_forward,
    .vjp = sub_vjp,
    .saves = GRA_SAVE_NOTHING,
    .args_size = sizeof(scalar_args),
    .inplace = true,
};

const gra_op gra_op_rsub_scalar = {
    .schema = "rsub_scalar(Tensor x, float value) -> Tensor",
    .forward = rsub_scalar_forward,
    .vjp = rsub_scalar_vjp,
    .curvature = GRA_CURVATURE_ELEMENTWISE,
    .saves = GRA_SAVE_NOTHING,
    .args_size = sizeof(scalar_args),
};

gra_tensor *gra_sub(gra_tensor *a, gra_tensor *b)
{
    return gra_apply(&gra_op_sub, (gra_tensor *[]){a, b}, 2, NULL);
}

gra_tensor *gra_sub_(gra_tensor *x, gra_tensor *b)
{
    return gra_apply(&gra_op_sub_, (gra_tensor *[]){x, b}, 2, NULL);
}

gra_tensor *gra_sub_scalar(gra_tensor *x, double value)
{
    return gra_apply(&gra_op_sub_scalar, &x, 1, &(scalar_args){value});
}

gra_tensor *gra_sub_scalar_(gra_tensor *x, double value)
{
    return gra_apply(&gra_op_sub_scalar_, &x, 1, &(scalar_args){value});
}

gra_tensor *gra_rsub_scalar(gra_tensor *x, double value)
{
    return gra_apply(&gra_op_rsub_scalar, &x, 1, &(scalar_args){value});
}
