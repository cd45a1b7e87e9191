/* add.c - addition.
 *
 *   y = a + b           dy/da = 1        dy/db = 1
 *
 * Where an input was broadcast, the engine sums the gradient over the repeated elements.
 */
#include "ops/iterate.h"
#include "ops/ops.h"

typedef struct {
    double value;
} scalar_args;

static void add_forward(gra_call *c)
{
    gra__binary(c, gra__kernels_get()->elementwise->add);
}

static void add_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    for (int i = 0; i < c->n_in; i++)
        if (c->needs[i])
            dx[i] = g[0];
}

static void add_scalar_forward(gra_call *c)
{
    const scalar_args *const args = c->args;
    gra__scalar(c, gra__kernels_get()->elementwise->add, args->value, false);
}

const gra_op gra_op_add = {
    .schema = "add(Tensor a, Tensor b) -> Tensor",
    .forward = add_forward,
    .vjp = add_vjp,
    .curvature = GRA_CURVATURE_MOVES,
    .saves = GRA_SAVE_NOTHING,
};

const gra_op gra_op_add_ = {
    .schema = "add_(Tensor(a!) x, Tensor b) -> Tensor(a!)",
    .forward = add_forward,
    .vjp = add_vjp,
    .curvature = GRA_CURVATURE_MOVES,
    .saves = GRA_SAVE_NOTHING,
    .inplace = true,
};

const gra_op gra_op_add_scalar = {
    .schema = "add_scalar(Tensor x, float value) -> Tensor",
    .forward = add_scalar_forward,
    .vjp = add_vjp,
    .curvature = GRA_CURVATURE_MOVES,
    .saves = GRA_SAVE_NOTHING,
    .args_size = sizeof(scalar_args),
};

const gra_op gra_op_add_scalar_ = {
    .schema = "add_scalar_(Tensor(a!) x, float value) -> Tensor(a!)",
    .forward = add_scalar_forward,
    .vjp = add_vjp,
    .curvature = GRA_CURVATURE_MOVES,
    .saves = GRA_SAVE_NOTHING,
    .args_size = sizeof(scalar_args),
    .inplace = true,
};

gra_tensor *gra_add(gra_tensor *a, gra_tensor *b)
{
    return gra_apply(&gra_op_add, (gra_tensor *[]){a, b}, 2, NULL);
}

gra_tensor *gra_add_(gra_tensor *x, gra_tensor *b)
{
    return gra_apply(&gra_op_add_, (gra_tensor *[]){x, b}, 2, NULL);
}

gra_tensor *gra_add_scalar(gra_tensor *x, double value)
{
    return gra_apply(&gra_op_add_scalar, &x, 1, &(scalar_args){value});
}

gra_tensor *gra_add_scalar_(gra_tensor *x, double value)
{
    return gra_apply(&gra_op_add_scalar_, &x, 1, &(scalar_args){value});
}
