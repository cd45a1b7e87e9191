/* sum_to.c - the sum over the dims that a shape broadcasts over: the transpose of expand.
 *
 *   x [4, 2, 3], shape [2, 1]:     y[j, 0] = sum_i sum_k x[i, j, k]
 *
 *   dy/dx = 1 for each element that goes into y
 */
#include "core/error.h"
#include "ops/ops.h"
#include "ops/reduce.h"

typedef struct {
    gra_shape shape;
} sum_to_args;

/* The dims of x that shape, aligned at the right, lacks or has with size 1. */
static bool summed_dims(gra_shape from, gra_shape to, unsigned *mask)
{
    const int extra = from.count - to.count;
    char a[GRA_SHAPE_TEXT], b[GRA_SHAPE_TEXT];
    bool fits = extra >= 0;
    *mask = 0;
    for (int i = 0; fits && i < from.count; i++) {
        const int64_t size = i < extra ? 1 : to.size[i - extra];
        fits = size == 1 || size == from.size[i];
        if (i < extra || size != from.size[i])
            *mask |= 1u << i;
    }
    if (!fits)
        gra_fail(
            "sum_to: shape %s does not sum to %s; each size, from the right, must be 1 or stay "
            "as it is",
            gra_shape_text(from, a), gra_shape_text(to, b));
    return fits;
}

static void sum_to_forward(gra_call *c)
{
    const sum_to_args *const args = c->args;
    unsigned mask;
    if (!summed_dims(c->in[0]->shape, args->shape, &mask))
        return;
    gra_tensor *const x = gra__computable(c->in[0]);
    if (!x)
        return;
    const bool floating = gra_dtype_is_floating(x->dtype);
    gra__fold f = gra__fold_of(&gra__kernels_get()->reduce->sum, x->dtype,
                               floating ? GRA_FLOAT64 : GRA_INT64);
    f.result = floating ? c->in[0]->dtype : GRA_INT64;
    c->out[0] = gra__fold_run("sum_to", &f, x, mask, args->shape);
}

static void sum_to_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    dx[0] = gra_expand(g[0], gra_call_shape(c, 0));
}

const gra_op gra_op_sum_to = {
    .schema = "sum_to(Tensor x, int[] shape) -> Tensor",
    .forward = sum_to_forward,
    .vjp = sum_to_vjp,
    .curvature = GRA_CURVATURE_MOVES,
    .saves = GRA_SAVE_NOTHING,
    .args_size = sizeof(sum_to_args),
};

gra_tensor *gra_sum_to(gra_tensor *x, gra_shape shape)
{
    if (x && gra_shape_equal(x->shape, shape) && !gra_error())
        return x;
    return gra_apply(&gra_op_sum_to, &x, 1, &(sum_to_args){shape});
}
