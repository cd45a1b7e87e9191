/* conv_transpose2d.c - the transposed convolution: the gradient of conv2d's input, as a layer.
 *
 *   y[n,k,p stride + r dilation - padding, ..] += w[c,k,r,s] x[n,c,p,q]       y += b[k]
 *
 * It maps the small to the large as conv2d with the same weight maps the large to the small, and its
 * derivatives are conv2d's other two functions (see conv2d.c; g is the gradient of y):
 *
 *   dx = conv2d(g, w)        dw = conv2d_backward_weight(x, g)        db[k] = sum_{n,p,q} g[n,k,p,q]
 *
 * output_padding adds rows at the bottom and columns at the right which a strided conv2d would not reach;
 * it says which of the sizes that conv2d maps to x's is meant.
 */
#include "core/error.h"
#include "ops/conv2d_args.h"
#include "ops/conv2d_engine.h"
#include "ops/ops.h"
#include "ops/window.h"

typedef struct {
    int64_t stride[2], padding[2], output_padding[2]; /* height, width */
    int64_t groups;
    int64_t dilation[2];
} transpose_args;

/* The convolution that this one is the transposed of. */
static gra__conv2d_args conv_of(const transpose_args *a)
{
    gra__conv2d_args conv = {.groups = a->groups};
    for (int i = 0; i < 2; i++) {
        conv.stride[i] = a->stride[i];
        conv.padding[i] = a->padding[i];
        conv.dilation[i] = a->dilation[i];
    }
    return conv;
}

static bool options_fit(const char *op, const transpose_args *a)
{
    for (int i = 0; i < 2; i++) {
        const int64_t most = (a->stride[i] > a->dilation[i] ? a->stride[i] : a->dilation[i]) - 1;
        if (!gra__in_range(op, "stride", a->stride[i], 1) ||
            !gra__in_range(op, "padding", a->padding[i], 0) ||
            !gra__in_range(op, "dilation", a->dilation[i], 1) ||
            !gra__in_range(op, "output_padding", a->output_padding[i], 0))
            return false;
        if (a->output_padding[i] <= most)
            continue;
        gra_fail("%s: output_padding %lld is too large; less than the stride %lld or the dilation "
                 "%lld is needed",
                 op, (long long)a->output_padding[i], (long long)a->stride[i],
                 (long long)a->dilation[i]);
        return false;
    }
    return true;
}

static bool shapes_agree(const char *op, const gra_tensor *x, const gra_tensor *w,
                         const gra_tensor *bias, int64_t groups)
{
    char a[GRA_SHAPE_TEXT], b[GRA_SHAPE_TEXT];
    if (!gra__is_batch(op, x->shape, 2))
        return false;
    if (w->shape.count != 4) {
        gra_fail("%s: weight has shape %s; [C, K / groups, R, S] is needed", op,
                 gra_shape_text(w->shape, a));
        return false;
    }
    const int64_t channels = x->shape.size[1];
    if (groups < 1 || channels % groups) {
        gra_fail("%s: groups %lld does not divide the %lld channels of input", op,
                 (long long)groups, (long long)channels);
        return false;
    }
    if (channels != w->shape.size[0]) {
        gra_fail("%s: input %s has %lld channels, weight %s expects %lld", op,
                 gra_shape_text(x->shape, a), (long long)channels, gra_shape_text(w->shape, b),
                 (long long)w->shape.size[0]);
        return false;
    }
    const int64_t k = w->shape.size[1] * groups;
    if (bias && (bias->shape.count != 1 || bias->shape.size[0] != k)) {
        gra_fail("%s: bias has shape %s; [%lld] is needed, one for each output channel", op,
                 gra_shape_text(bias->shape, a), (long long)k);
        return false;
    }
    return true;
}

/* The shape of the result; false with an error. */
static bool output_of(const char *op, const gra_tensor *x, const gra_tensor *w,
                      const transpose_args *a, gra_shape *shape)
{
    *shape = GRA_SHAPE(x->shape.size[0], w->shape.size[1] * a->groups, 0, 0);
    for (int i = 0; i < 2; i++) {
        const int64_t size = (x->shape.size[2 + i] - 1) * a->stride[i] - 2 * a->padding[i] +
                             a->dilation[i] * (w->shape.size[2 + i] - 1) + a->output_padding[i] + 1;
        shape->size[2 + i] = size;
        if (size > 0 && x->shape.size[2 + i] > 0)
            continue;
        gra_fail("%s: no output pixel is left: %s %lld with stride %lld, padding %lld and a kernel "
                 "of %lld with dilation %lld",
                 op, gra__extent_name(i, 2), (long long)x->shape.size[2 + i],
                 (long long)a->stride[i], (long long)a->padding[i], (long long)w->shape.size[2 + i],
                 (long long)a->dilation[i]);
        return false;
    }
    return true;
}

static void transpose_forward(gra_call *c)
{
    static const char op[] = "conv_transpose2d";
    const transpose_args *const a = c->args;
    gra_tensor *const x = c->in[0], *const w = c->in[1],
                      *const bias = c->n_in > 2 ? c->in[2] : NULL;
    gra_shape shape;
    if (!options_fit(op, a) || !gra__conv_dtypes_agree(op, x, w, bias) ||
        !shapes_agree(op, x, w, bias, a->groups) || !output_of(op, x, w, a, &shape))
        return;
    const gra__conv2d_args conv = conv_of(a);
    const gra__conv2d_shape s = gra__conv2d_kernel_shape(shape, w->shape, x->shape, &conv);
    gra_tensor *const y = gra__conv2d_run(GRA__BACKWARD_INPUT, &s, shape, x, w, NULL, false);
    if (y && bias)
        gra_add_(y, gra_view(bias, GRA_SHAPE(shape.size[1], 1, 1)));
    c->out[0] = y;
    c->saves = (c->needs[0] ? GRA_IN(1) : 0) | (c->needs[1] ? GRA_IN(0) : 0) | GRA_SAVE_NOTHING;
}

static void transpose_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    const gra__conv2d_args conv = conv_of(c->args);
    if (c->needs[0])
        dx[0] = gra__conv2d_apply_for(g[0], c->in[1], gra_call_shape(c, 0), &conv);
    if (c->needs[1])
        dx[1] = gra__conv2d_backward_weight(c->in[0], g[0], gra_call_shape(c, 1), &conv);
    if (c->n_in > 2 && c->needs[2])
        dx[2] = gra__conv2d_backward_bias(g[0]);
}

static double transpose_flops(const gra_call *c)
{
    return gra__conv2d_flops(c->in[0]->shape, c->in[1]->shape);
}

const gra_op gra_op_conv_transpose2d = {
    .schema =
        "conv_transpose2d(Tensor input, Tensor weight, Tensor? bias=None, int[2] stride=1, "
        "int[2] padding=0, int[2] output_padding=0, int groups=1, int[2] dilation=1) -> Tensor",
    .forward = transpose_forward,
    .vjp = transpose_vjp,
    .saves = GRA_IN(0) | GRA_IN(1), /* forward narrows it */
    .args_size = sizeof(transpose_args),
    .flops = transpose_flops,
};

gra_conv_transpose2d_options gra_conv_transpose2d_defaults(void)
{
    return (gra_conv_transpose2d_options){.stride = 1, .groups = 1, .dilation = 1};
}

static bool args_of(const gra_conv_transpose2d_options *o, transpose_args *a)
{
    static const char op[] = "conv_transpose2d";
    a->groups = o->groups;
    return gra__pair(op, "stride", o->stride, 1, o->stride_hw, 1, a->stride) &&
           gra__pair(op, "padding", o->padding, 0, o->padding_hw, 0, a->padding) &&
           gra__pair(op, "output_padding", o->output_padding, 0, o->output_padding_hw, 0,
                     a->output_padding) &&
           gra__pair(op, "dilation", o->dilation, 1, o->dilation_hw, 1, a->dilation);
}

gra_tensor *gra_conv_transpose2d_with(gra_conv_transpose2d_options o)
{
    transpose_args args = {.groups = o.groups};
    const int count = o.bias ? 3 : 2;
    if (!o.input || !o.weight || gra_error())
        return gra_apply(&gra_op_conv_transpose2d, (gra_tensor *[]){o.input, o.weight, o.bias},
                         count, &args);
    if (!args_of(&o, &args))
        return NULL;
    gra_tensor *const x = gra__as_batch("conv_transpose2d", o.input);
    gra_tensor *const y =
        x ? gra_apply(&gra_op_conv_transpose2d, (gra_tensor *[]){x, o.weight, o.bias}, count, &args)
          : NULL;
    return gra__without_batch(y, o.input, x);
}
