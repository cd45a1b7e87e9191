/* repeat.c - copies of x side by side.
 *
 *   y[k] = x[k mod n]  along each dim of size n
 *
 * Repeats beyond x's dims add leading dims.  The gradient of x is the sum of g over the copies: dim by
 * dim, g is seen as [outer, repeats, n inner] and summed over the middle.
 */
#include "core/error.h"
#include "ops/iterate.h"
#include "ops/layout.h"
#include "ops/ops.h"

typedef struct {
    gra_shape repeats;
} repeat_args;

/* The shape of x with leading dims of size 1, as many as there are repeats. */
static gra_shape padded(const gra_shape *shape, int count)
{
    gra_shape result = {.count = count};
    for (int i = 0; i < count; i++) {
        const int from = i - (count - shape->count);
        result.size[i] = from < 0 ? 1 : shape->size[from];
    }
    return result;
}

static bool result_shape(const gra_tensor *x, const gra_shape *repeats, gra_shape *shape)
{
    char from[GRA_SHAPE_TEXT], text[GRA_SHAPE_TEXT];
    if (repeats->count < x->shape.count || repeats->count > GRA_MAX_DIMS) {
        gra_fail("repeat: %d repeats %s were given for a tensor of shape %s; %d to %d are possible",
                 repeats->count, gra_shape_text(*repeats, text), gra_shape_text(x->shape, from),
                 x->shape.count, GRA_MAX_DIMS);
        return false;
    }
    *shape = padded(&x->shape, repeats->count);
    for (int i = 0; i < shape->count; i++) {
        if (repeats->size[i] < 0) {
            gra_fail("repeat: repeat %lld of dim %d in %s is negative", (long long)repeats->size[i],
                     i, gra_shape_text(*repeats, text));
            return false;
        }
        if (__builtin_mul_overflow(shape->size[i], repeats->size[i], &shape->size[i])) {
            gra_fail("repeat: repeats %s of a tensor of shape %s are more than the address space",
                     gra_shape_text(*repeats, text), gra_shape_text(x->shape, from));
            return false;
        }
    }
    return true;
}

/* Copies first to first + count - 1 along dim of y, where the dims in front are not repeated yet. */
static gra_tensor *copies(gra_tensor *y, const gra_shape *one, int dim, int64_t first,
                          int64_t count)
{
    gra_shape shape = y->shape;
    for (int i = 0; i < dim; i++)
        shape.size[i] = one->size[i];
    shape.size[dim] = count * one->size[dim];
    return gra__view(y, shape, y->stride, first * one->size[dim] * y->stride[dim]);
}

/* Repeats what stands in the first place along dim, each time all that is there already. */
static bool repeat_along(gra_tensor *y, const gra_shape *one, int dim, int64_t repeats)
{
    for (int64_t have = 1, more; have < repeats; have += more) {
        more = have < repeats - have ? have : repeats - have;
        gra_tensor *const from = copies(y, one, dim, 0, more);
        gra_tensor *const to = copies(y, one, dim, have, more);
        if (!from || !to || !gra__copy_into("repeat", to, from))
            return false;
    }
    return true;
}

/* Lays x into the first corner of y and repeats what is there, the last dim first. */
static bool fill(gra_tensor *y, gra_tensor *x, const gra_shape *repeats)
{
    const gra_shape one = padded(&x->shape, y->shape.count);
    gra_tensor *const corner = gra__view(y, one, y->stride, 0);
    bool fine = corner && gra__copy_into("repeat", corner, x);
    for (int dim = y->shape.count - 1; fine && dim >= 0; dim--)
        fine = repeat_along(y, &one, dim, repeats->size[dim]);
    return fine;
}

static void repeat_forward(gra_call *c)
{
    const repeat_args *const args = c->args;
    gra_tensor *const x = c->in[0];
    gra_shape shape;
    if (!result_shape(x, &args->repeats, &shape))
        return;
    gra_tensor *const y = gra__empty("repeat", shape, x->dtype);
    if (y && (y->numel == 0 || fill(y, x, &args->repeats)))
        c->out[0] = y;
}

static void repeat_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    const repeat_args *const args = c->args;
    const gra_shape from = gra_call_shape(c, 0);
    gra_shape shape = gra_tensor_shape(g[0]);
    const gra_shape one = padded(&from, shape.count);
    gra_tensor *sum = g[0];
    for (int i = 0; i < shape.count; i++) {
        if (args->repeats.size[i] == 1)
            continue;
        const int64_t outer = gra__numel_between(&shape, 0, i);
        const int64_t inner = one.size[i] * gra__numel_between(&shape, i + 1, shape.count);
        sum = gra_reshape(sum, GRA_SHAPE(outer, args->repeats.size[i], inner));
        shape.size[i] = one.size[i];
        sum = gra_reshape(gra_sum(sum, GRA_DIMS(1)), shape);
    }
    dx[0] = gra_reshape(sum, from);
}

const gra_op gra_op_repeat = {
    .schema = "repeat(Tensor x, int[] repeats) -> Tensor",
    .forward = repeat_forward,
    .vjp = repeat_vjp,
    .saves = GRA_SAVE_NOTHING,
    .args_size = sizeof(repeat_args),
};

gra_tensor *gra_repeat(gra_tensor *x, gra_shape repeats)
{
    return gra_apply(&gra_op_repeat, &x, 1, &(repeat_args){repeats});
}
