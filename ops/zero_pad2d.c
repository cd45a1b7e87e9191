/* zero_pad2d.c - zeros around images.
 *
 *   y[.., top + i, left + j] = x[.., i, j], else 0         dx[.., i, j] = g[.., top + i, left + j]
 *
 * Channels-last images give a result that lies channels-last.
 */
#include "core/error.h"
#include "ops/iterate.h"
#include "ops/layout.h"
#include "ops/ops.h"

typedef struct {
    int64_t left, right, top, bottom;
} pad_args;

static bool check(const gra_tensor *x, const pad_args *a)
{
    char text[GRA_SHAPE_TEXT];
    const int64_t sizes[] = {a->left, a->right, a->top, a->bottom};
    if (x->shape.count < 2) {
        gra_fail("zero_pad2d: x has shape %s; [.., H, W] is needed",
                 gra_shape_text(x->shape, text));
        return false;
    }
    for (int i = 0; i < 4; i++)
        if (sizes[i] < 0 || sizes[i] > INT32_MAX) {
            gra_fail("zero_pad2d: padding (left %lld, right %lld, top %lld, bottom %lld) is out of "
                     "range; 0 or more is needed on each side",
                     (long long)a->left, (long long)a->right, (long long)a->top,
                     (long long)a->bottom);
            return false;
        }
    return true;
}

static void pad_forward(gra_call *c)
{
    const pad_args *const a = c->args;
    gra_tensor *const x = c->in[0];
    if (!check(x, a))
        return;
    const int h = x->shape.count - 2, w = x->shape.count - 1;
    gra_shape shape = x->shape;
    shape.size[h] += a->top + a->bottom;
    shape.size[w] += a->left + a->right;
    gra_tensor *const y = gra__empty_in_layout("zero_pad2d", shape, x->dtype, x);
    if (!y)
        return;
    gra__fill(y, 0);
    gra_tensor *const rows = gra__narrowed(y, h, a->top, x->shape.size[h]);
    gra_tensor *const inner = rows ? gra__narrowed(rows, w, a->left, x->shape.size[w]) : NULL;
    if (inner && gra__copy_into("zero_pad2d", inner, x))
        c->out[0] = y;
}

static void pad_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    const pad_args *const a = c->args;
    const gra_shape shape = gra_call_shape(c, 0);
    const int h = shape.count - 2, w = shape.count - 1;
    dx[0] = gra_narrow(gra_narrow(g[0], h, a->top, shape.size[h]), w, a->left, shape.size[w]);
}

const gra_op gra_op_zero_pad2d = {
    .schema = "zero_pad2d(Tensor x, int left, int right, int top, int bottom) -> Tensor",
    .forward = pad_forward,
    .vjp = pad_vjp,
    .curvature = GRA_CURVATURE_MOVES,
    .saves = GRA_SAVE_NOTHING,
    .args_size = sizeof(pad_args),
};

gra_tensor *gra_zero_pad2d(gra_tensor *x, int64_t left, int64_t right, int64_t top, int64_t bottom)
{
    return gra_apply(&gra_op_zero_pad2d, &x, 1, &(pad_args){left, right, top, bottom});
}
