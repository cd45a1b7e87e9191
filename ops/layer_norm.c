/* layer_norm.c - each sample brought to mean 0 and variance 1 over its last dims, then scaled and shifted.
 *
 *   y = w z + b                 z = (x - m) r,  r = (v + eps)^(-1/2)
 *
 *   dx = r (w g - mean(w g) - z mean(w g z))          dw = sum g z,  db = sum g over the other dims
 *
 * m and v are the mean and variance over the dims of normalized_shape, the last of x's shape, which w and
 * b have as well.  Both passes read each sample once (row_norm.c).
 *
 * Source: Ba, Kiros and Hinton, "Layer normalization", arXiv 1607.06450, 2016.
 */
#include "core/error.h"
#include "ops/layout.h"
#include "ops/row_norm.h"

typedef struct {
    gra_shape normalized_shape;
    double eps;
} norm_args;

static gra__row_norm_shape rows_of(gra_shape x, const norm_args *a)
{
    const int kept = x.count - a->normalized_shape.count;
    return (gra__row_norm_shape){
        .rows = gra__numel_between(&x, 0, kept),
        .groups = 1,
        .channels = gra__numel_between(&x, kept, x.count),
        .inner = 1,
        .eps = a->eps,
    };
}

static bool arguments_fit(const gra_call *c)
{
    const norm_args *const a = c->args;
    const gra_shape *const x = &c->in[GRA__NORM_X]->shape, *const own = &a->normalized_shape;
    char text[GRA_SHAPE_TEXT], wanted[GRA_SHAPE_TEXT];
    bool ends = own->count > 0 && own->count <= x->count;
    for (int i = 1; ends && i <= own->count; i++)
        ends = x->size[x->count - i] == own->size[own->count - i];
    if (ends)
        return gra__row_norm_fits(c, *own);
    gra_fail("layer_norm: normalized_shape is %s and input has shape %s; it must be what the shape "
             "ends with",
             gra_shape_text(*own, wanted), gra_shape_text(*x, text));
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

const gra_op gra_op_layer_norm = {
    .schema = "layer_norm(Tensor input, int[] normalized_shape, Tensor? weight=None, Tensor? "
              "bias=None, float eps=1e-05) -> Tensor",
    .forward = norm_forward,
    .vjp = norm_vjp,
    .saves = GRA_IN(GRA__NORM_X) | GRA_IN(GRA__NORM_WEIGHT),
    .args_size = sizeof(norm_args),
};

gra_layer_norm_options gra_layer_norm_defaults(void)
{
    return (gra_layer_norm_options){.eps = 1e-5};
}

gra_tensor *gra_layer_norm_with(gra_layer_norm_options o)
{
    gra_tensor *const in[] = {o.input, o.weight, o.bias};
    return gra_apply(&gra_op_layer_norm, in, 3, &(norm_args){o.normalized_shape, o.eps});
}
