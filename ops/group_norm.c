/* group_norm.c - each group of a sample's channels brought to mean 0 and variance 1, then scaled and shifted.
 *
 *   y = w z + b                 z = (x - m) r,  r = (v + eps)^(-1/2)          w and b for each channel
 *
 *   dx = r (w g - mean(w g) - z mean(w g z))          dw = sum g z,  db = sum g over all but the channels
 *
 * x is [N, C, ...]; m, v and the means in dx go over C / num_groups neighbouring channels and all that
 * follows them.  Both passes keep x's layout (row_norm.c).  With as many groups as channels it is
 * instance_norm, with a single one nearly layer_norm.
 *
 * Source: Wu and He, "Group normalization", ECCV 2018.
 */
#include "core/error.h"
#include "ops/layout.h"
#include "ops/row_norm.h"

typedef struct {
    int64_t num_groups;
    double eps;
} norm_args;

static gra__row_norm_shape rows_of(gra_shape x, const norm_args *a)
{
    return (gra__row_norm_shape){
        .rows = x.size[0] * a->num_groups,
        .groups = a->num_groups,
        .channels = x.size[1] / a->num_groups,
        .inner = gra__numel_between(&x, 2, x.count),
        .eps = a->eps,
    };
}

static bool arguments_fit(const gra_call *c)
{
    const norm_args *const a = c->args;
    const gra_shape *const x = &c->in[GRA__NORM_X]->shape;
    char text[GRA_SHAPE_TEXT];
    if (x->count < 2)
        gra_fail("group_norm: input has shape %s; [N, C, ...] is needed", gra_shape_text(*x, text));
    else if (a->num_groups < 1)
        gra_fail("group_norm: num_groups %lld is out of range; at least 1 is needed",
                 (long long)a->num_groups);
    else if (x->size[1] % a->num_groups)
        gra_fail("group_norm: num_groups %lld does not divide the %lld channels of input",
                 (long long)a->num_groups, (long long)x->size[1]);
    else
        return gra__row_norm_fits(c, GRA_SHAPE(x->size[1]));
    return false;
}

static void norm_forward(gra_call *c)
{
    if (!arguments_fit(c))
        return;
    const gra__row_norm_shape s = rows_of(c->in[GRA__NORM_X]->shape, c->args);
    gra__row_norm_run(c, &s);
}

static void norm_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    const gra__row_norm_shape s = rows_of(gra_call_shape(c, GRA__NORM_X), c->args);
    gra__row_norm_rule(c, &s, g[0], dx);
}

const gra_op gra_op_group_norm = {
    .schema = "group_norm(Tensor input, int num_groups, Tensor? weight=None, Tensor? bias=None, "
              "float eps=1e-05) -> Tensor",
    .forward = norm_forward,
    .vjp = norm_vjp,
    .saves = GRA_IN(GRA__NORM_X) | GRA_IN(GRA__NORM_WEIGHT),
    .args_size = sizeof(norm_args),
};

gra_group_norm_options gra_group_norm_defaults(void)
{
    return (gra_group_norm_options){.eps = 1e-5};
}

gra_tensor *gra_group_norm_with(gra_group_norm_options o)
{
    gra_tensor *const in[] = {o.input, o.weight, o.bias};
    return gra_apply(&gra_op_group_norm, in, 3, &(norm_args){o.num_groups, o.eps});
}
