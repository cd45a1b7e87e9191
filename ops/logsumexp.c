/* logsumexp.c - the logarithm of the sum of exponentials over dims, without overflow.
 *
 *   y = m + ln sum_i e^(x_i - m),  m = max_i x_i          dy/dx_i = e^(x_i - y), the softmax of x
 *
 * -inf where all x are; integers give float32.
 */
#include "ops/iterate.h"
#include "ops/layout.h"
#include "ops/ops.h"
#include "ops/reduce.h"
#include "ops/slabs.h"

/* Whether the reduced dims lie side by side, as far as their sizes are not 1. */
static bool adjacent(gra_shape shape, unsigned mask)
{
    int changes = 0;
    bool reduced = false;
    for (int i = 0; i < shape.count; i++) {
        const bool here = mask >> i & 1;
        changes += shape.size[i] != 1 && here && !reduced;
        reduced = shape.size[i] != 1 ? here : reduced;
    }
    return changes <= 1;
}

/* x with the reduced dims last, as a view. */
static gra_tensor *moved_inside(gra_tensor *x, unsigned mask)
{
    gra_shape shape = {0};
    int64_t stride[GRA_MAX_DIMS];
    for (unsigned reduced = 0; reduced < 2; reduced++)
        for (int i = 0; i < x->shape.count; i++)
            if ((mask >> i & 1) == reduced) {
                stride[shape.count] = x->stride[i];
                shape.size[shape.count++] = x->shape.size[i];
            }
    return gra__view(x, shape, stride, x->offset);
}

/* The slabs of a row-major tensor over reduced dims that lie side by side. */
static gra__slabs slabs_over(gra_shape shape, unsigned mask, gra_dtype dtype)
{
    gra__slabs s = {1, 1, 1, dtype};
    for (int i = 0; i < shape.count; i++) {
        const bool reduced = (mask >> i & 1) && shape.size[i] != 1;
        *(reduced ? &s.n : s.n == 1 ? &s.outer : &s.inner) *= shape.size[i];
    }
    return s;
}

static void logsumexp_forward(gra_call *c)
{
    const gra__reduce_args *const args = c->args;
    gra_tensor *const x = c->in[0];
    unsigned mask;
    if (!gra__dims_mask("logsumexp", args->dims, x->shape.count, &mask))
        return;
    const gra_dtype result = gra_dtype_is_floating(x->dtype) ? x->dtype : GRA_FLOAT32;
    const gra_dtype dtype = result == GRA_BFLOAT16 ? GRA_FLOAT32 : result;
    const bool move = !adjacent(x->shape, mask);
    gra_tensor *const moved = move ? moved_inside(x, mask) : x;
    gra_tensor *const packed = moved ? gra__packed(moved, dtype) : NULL;
    gra_tensor *const y =
        gra__empty("logsumexp", gra__reduced_shape(x->shape, mask, args->keepdim), dtype);
    if (!packed || !y)
        return;
    gra__slabs s = slabs_over(x->shape, mask, dtype);
    if (move)
        s = (gra__slabs){y->numel, gra__reduced_count(x->shape, mask), 1, dtype};
    gra__slabs_run(&s, gra__kernels_get()->reduce->logsumexp[dtype], gra__ptr(y), gra__ptr(packed));
    c->out[0] = gra__converted(y, result);
}

static void logsumexp_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    const gra__reduce_args *const args = c->args;
    gra_tensor *const x = c->in[0];
    gra_tensor *const y = gra__keep_dims(c->out[0], x->shape, args->dims);
    dx[0] = gra_mul(gra__keep_dims(g[0], x->shape, args->dims), gra_exp(gra_sub(x, y)));
}

const gra_op gra_op_logsumexp = {
    .schema = "logsumexp(Tensor x, int[] dims=[], bool keepdim=False) -> Tensor",
    .forward = logsumexp_forward,
    .vjp = logsumexp_vjp,
    .saves = GRA_IN(0) | GRA_OUT(0),
    .args_size = sizeof(gra__reduce_args),
};

gra_tensor *gra_logsumexp_with(gra_reduce_options o)
{
    return gra_apply(&gra_op_logsumexp, &o.x, 1, &(gra__reduce_args){o.dims, o.keepdim});
}
