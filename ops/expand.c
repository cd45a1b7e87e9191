/* expand.c - dims of size 1 repeated, and new leading dims, as a view with strides of 0.
 *
 *   [3, 1]  --expand(2, 3, 4)-->  [2, 3, 4],  y[i, j, k] = x[j, 0]
 *
 * A size of -1 keeps that of x.  The gradient of x is g summed over the repeated elements, which the
 * engine does.
 */
#include "core/error.h"
#include "ops/layout.h"
#include "ops/ops.h"

typedef struct {
    gra_shape shape;
} expand_args;

/* Dim i of x in the place of a wanted size: the size that it takes, or -1 with an error. */
static int64_t expanded_size(const gra_tensor *x, const gra_shape *wanted, int place, int i)
{
    const int64_t size = wanted->size[place];
    char from[GRA_SHAPE_TEXT], to[GRA_SHAPE_TEXT];
    if (i >= 0 && (size == -1 || size == x->shape.size[i]))
        return x->shape.size[i];
    if (size >= 0 && (i < 0 || x->shape.size[i] == 1))
        return size;
    gra_shape_text(x->shape, from);
    gra_shape_text(*wanted, to);
    if (size < 0)
        gra_fail("expand: size %lld of dim %d in %s is negative%s, for a tensor of shape %s",
                 (long long)size, place, to, i < 0 ? " though the dim is new" : "", from);
    else
        gra_fail(
            "expand: shape %s does not expand to %s: size %lld at dim %d is neither 1 nor %lld",
            from, to, (long long)x->shape.size[i], place, (long long)size);
    return -1;
}

static void expand_forward(gra_call *c)
{
    const expand_args *const args = c->args;
    gra_tensor *const x = c->in[0];
    const int added = args->shape.count - x->shape.count;
    char from[GRA_SHAPE_TEXT], to[GRA_SHAPE_TEXT];
    if (args->shape.count > GRA_MAX_DIMS || added < 0) {
        gra_fail("expand: %s has %d sizes for a tensor of shape %s; %d to %d are possible",
                 gra_shape_text(args->shape, to), args->shape.count, gra_shape_text(x->shape, from),
                 x->shape.count, GRA_MAX_DIMS);
        return;
    }
    gra_shape shape = {.count = args->shape.count};
    int64_t stride[GRA_MAX_DIMS];
    for (int i = 0; i < shape.count; i++) {
        const int of_x = i - added;
        if ((shape.size[i] = expanded_size(x, &args->shape, i, of_x)) < 0)
            return;
        const bool repeats = of_x < 0 || shape.size[i] != x->shape.size[of_x];
        stride[i] = repeats ? 0 : x->stride[of_x];
    }
    if (gra__shape_numel("expand", shape, gra_dtype_size(x->dtype)) >= 0)
        c->out[0] = gra__view(x, shape, stride, x->offset);
}

static void expand_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    (void)c;
    dx[0] = g[0];
}

const gra_op gra_op_expand = {
    .schema = "expand(Tensor(a) x, int[] shape) -> Tensor(a)",
    .forward = expand_forward,
    .vjp = expand_vjp,
    .curvature = GRA_CURVATURE_MOVES,
    .saves = GRA_SAVE_NOTHING,
    .args_size = sizeof(expand_args),
    .view = true,
};

gra_tensor *gra_expand(gra_tensor *x, gra_shape shape)
{
    return gra_apply(&gra_op_expand, &x, 1, &(expand_args){shape});
}
