/* max_unpool2d.c - the partial inverse of max_pool2d: maxima back to where they stood, zeros elsewhere.
 *
 *   y[w(p)] = x[p]           dx[p] = g[w(p)]
 *
 * w are places i W + j in a plane, as max_pool2d_with_indices gives them.  Where two maxima have one place
 * (windows that overlap), the last one stands there, and both get its gradient, as in PyTorch.
 */
#include <stdio.h>

#include "core/dry_run.h"
#include "core/error.h"
#include "ops/indices.h"
#include "ops/layout.h"
#include "ops/ops.h"
#include "ops/window.h"

typedef struct {
    int64_t size[2]; /* of the result: height, width */
} unpool_args;

static const char op_name[] = "max_unpool2d";

static bool check(const gra_tensor *x, const gra_tensor *indices, const unpool_args *a)
{
    char text[GRA_SHAPE_TEXT], other[GRA_SHAPE_TEXT];
    if (x->shape.count != 4)
        gra_fail("%s: input has shape %s; [N, C, H, W] or [C, H, W] is needed", op_name,
                 gra_shape_text(x->shape, text));
    else if (!gra_shape_equal(x->shape, indices->shape))
        gra_fail("%s: input has shape %s, indices have shape %s; they must be equal", op_name,
                 gra_shape_text(x->shape, text), gra_shape_text(indices->shape, other));
    for (int i = 0; i < 2 && !gra_error(); i++)
        gra__in_range(op_name, "output_size", a->size[i], 1);
    return !gra_error();
}

static void unpool_forward(gra_call *c)
{
    const unpool_args *const a = c->args;
    char range[80];
    if (!check(c->in[0], c->in[1], a))
        return;
    snprintf(range, sizeof range, "an output of %lld x %lld pixels", (long long)a->size[0],
             (long long)a->size[1]);
    const int64_t pixels = a->size[0] * a->size[1];
    gra_tensor *const x = gra__packed(c->in[0], c->in[0]->dtype);
    gra_tensor *const places = x ? gra__indices(op_name, c->in[1], pixels, range) : NULL;
    const gra_shape shape =
        GRA_SHAPE(c->in[0]->shape.size[0], c->in[0]->shape.size[1], a->size[0], a->size[1]);
    gra_tensor *const y = places ? gra__zeros(op_name, shape, x->dtype) : NULL;
    if (!y)
        return;
    const size_t size = gra_dtype_size(x->dtype);
    const int64_t plane = x->shape.size[2] * x->shape.size[3];
    const int64_t *const at = gra__ptr(places);
    const char *const from = gra__ptr(x);
    char *const to = gra__ptr(y);
    for (int64_t i = 0; i < x->numel && !gra__dry_run(); i++)
        gra__copy_element(to + (size_t)(i / plane * pixels + at[i]) * size, from + (size_t)i * size,
                          size);
    c->out[0] = y;
}

static void unpool_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    gra_tensor *const places = c->in[1];
    dx[0] = gra_reshape(gra_gather(gra_flatten(g[0], 2, 3), 2, gra_flatten(places, 2, 3)),
                        gra_call_shape(c, 0));
}

const gra_op gra_op_max_unpool2d = {
    .schema = "max_unpool2d(Tensor input, Tensor indices, int[2] output_size) -> Tensor",
    .forward = unpool_forward,
    .vjp = unpool_vjp,
    .saves = GRA_IN(1),
    .args_size = sizeof(unpool_args),
};

gra_max_unpool2d_options gra_max_unpool2d_defaults(void)
{
    return (gra_max_unpool2d_options){0};
}

/* The size that a pooling with these options would have made x's from, where none is given. */
static bool args_of(const gra_max_unpool2d_options *o, const gra_tensor *x, unpool_args *a)
{
    int64_t kernel[2], stride[2], padding[2];
    const bool given = o->output_size_hw[0] || o->output_size_hw[1];
    if (!gra__pool_options(op_name, o->kernel_size, o->kernel_size_hw, o->stride, o->stride_hw,
                           o->padding, o->padding_hw, kernel, stride, padding))
        return false;
    for (int i = 0; i < 2; i++)
        a->size[i] = given ? o->output_size_hw[i]
                           : (x->shape.size[2 + i] - 1) * stride[i] - 2 * padding[i] + kernel[i];
    return true;
}

gra_tensor *gra_max_unpool2d_with(gra_max_unpool2d_options o)
{
    unpool_args args = {{0}};
    if (!o.input || !o.indices || gra_error())
        return gra_apply(&gra_op_max_unpool2d, (gra_tensor *[]){o.input, o.indices}, 2, &args);
    gra_tensor *const x = gra__as_batch(op_name, o.input);
    gra_tensor *const indices =
        x && o.indices->shape.count == 3 ? gra_unsqueeze(o.indices, 0) : o.indices;
    if (!x || !indices || !args_of(&o, x, &args))
        return NULL;
    gra_tensor *const y = gra_apply(&gra_op_max_unpool2d, (gra_tensor *[]){x, indices}, 2, &args);
    return gra__without_batch(y, o.input, x);
}
