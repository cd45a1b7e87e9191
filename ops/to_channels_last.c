/* to_channels_last.c - the same elements in the order N, H, W, C.
 *
 *   y = x               dy/dx = 1
 *
 * Only the strides differ, so shape and values are x's.  Copies what is not in that order yet.
 */
#include "core/error.h"
#include "ops/layout.h"
#include "ops/ops.h"

static void to_channels_last_forward(gra_call *c)
{
    char text[GRA_SHAPE_TEXT];
    gra_tensor *const x = c->in[0];
    if (x->shape.count != 4)
        gra_fail("to_channels_last: x has shape %s; [N, C, H, W] is needed",
                 gra_shape_text(x->shape, text));
    else if (gra__is_channels_last(x))
        c->out[0] = gra__view(x, x->shape, x->stride, x->offset);
    else
        c->out[0] = gra__channels_last(x);
}

static void to_channels_last_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    (void)c;
    dx[0] = g[0];
}

const gra_op gra_op_to_channels_last = {
    .schema = "to_channels_last(Tensor(a) x) -> Tensor(a)",
    .forward = to_channels_last_forward,
    .vjp = to_channels_last_vjp,
    .curvature = GRA_CURVATURE_MOVES,
    .saves = GRA_SAVE_NOTHING,
    .view = true,
};

bool gra_is_channels_last(const gra_tensor *x)
{
    return x && gra__is_channels_last(x);
}

gra_tensor *gra_to_channels_last(gra_tensor *x)
{
    if (x && gra__is_channels_last(x))
        return gra_error() ? NULL : x;
    return gra_apply(&gra_op_to_channels_last, &x, 1, NULL);
}
