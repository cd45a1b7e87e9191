/* locally_connected2d.c - a convolution whose weights are not shared: each output pixel has its own filter.
 *
 *   y[n,k,p,q] = b[k,p,q] + sum_{c,r,s} w[p,q,k,c,r,s] x[n, c, p stride + r dilation - padding, ...]
 *
 * The weight's layout, [P, Q, K, C, R, S], is Torch7's (SpatialConvolutionLocal): a pixel's filters are one
 * matrix, and y is a product for each pixel, of the patches of all images with that matrix.  The op is made
 * of unfold and matmul, which have the derivatives.
 */
#include "core/error.h"
#include "ops/conv2d_args.h"
#include "ops/ops.h"
#include "ops/window.h"

typedef struct {
    int64_t stride[2], padding[2], dilation[2]; /* height, width */
} local_args;

static const char op_name[] = "locally_connected2d";

static bool options_fit(const local_args *a)
{
    for (int i = 0; i < 2; i++)
        if (!gra__in_range(op_name, "stride", a->stride[i], 1) ||
            !gra__in_range(op_name, "padding", a->padding[i], 0) ||
            !gra__in_range(op_name, "dilation", a->dilation[i], 1))
            return false;
    return true;
}

/* x is [N, C, H, W]; false with an error. */
static bool shapes_agree(const gra_tensor *x, const gra_tensor *w, const gra_tensor *bias,
                         const local_args *a)
{
    char text[GRA_SHAPE_TEXT], other[GRA_SHAPE_TEXT];
    const int64_t *const s = w->shape.size;
    int64_t out[2];
    if (w->shape.count != 6) {
        gra_fail("%s: weight has shape %s; [P, Q, K, C, R, S] is needed", op_name,
                 gra_shape_text(w->shape, text));
        return false;
    }
    const gra__window window[2] = {{s[4], a->stride[0], a->padding[0], a->dilation[0]},
                                   {s[5], a->stride[1], a->padding[1], a->dilation[1]}};
    if (!gra__window_output(op_name, x->shape, window, false, out))
        return false;
    if (x->shape.size[1] != s[3] || out[0] != s[0] || out[1] != s[1])
        gra_fail("%s: input %s has %lld channels and %lld x %lld windows, weight %s expects %lld "
                 "and %lld x %lld",
                 op_name, gra_shape_text(x->shape, text), (long long)x->shape.size[1],
                 (long long)out[0], (long long)out[1], gra_shape_text(w->shape, other),
                 (long long)s[3], (long long)s[0], (long long)s[1]);
    else if (bias && !gra_shape_equal(bias->shape, GRA_SHAPE(s[2], s[0], s[1])))
        gra_fail("%s: bias has shape %s; %s is needed, one for each output", op_name,
                 gra_shape_text(bias->shape, text),
                 gra_shape_text(GRA_SHAPE(s[2], s[0], s[1]), other));
    return !gra_error();
}

/* The patches of x, a matrix [N, C R S] for each pixel. */
static gra_tensor *patches(gra_tensor *x, const gra_tensor *w, const local_args *a)
{
    gra_unfold_options o = gra_unfold_defaults();
    o.input = x;
    for (int i = 0; i < 2; i++) {
        o.kernel_size_hw[i] = w->shape.size[4 + i];
        o.stride_hw[i] = a->stride[i];
        o.padding_hw[i] = a->padding[i];
        o.dilation_hw[i] = a->dilation[i];
    }
    return gra_permute(gra_unfold_with(o), GRA_DIMS(2, 0, 1));
}

static void local_forward(gra_call *c)
{
    const local_args *const a = c->args;
    gra_tensor *const x = gra__as_batch(op_name, c->in[0]), *const w = c->in[1];
    gra_tensor *const bias = c->n_in > 2 ? c->in[2] : NULL;
    if (!x || !options_fit(a) || !gra__conv_dtypes_agree(op_name, x, w, bias) ||
        !shapes_agree(x, w, bias, a))
        return;
    const int64_t *const s = w->shape.size, n = x->shape.size[0];
    gra_tensor *const matrices = gra_reshape(w, GRA_SHAPE(s[0] * s[1], s[2], s[3] * s[4] * s[5]));
    gra_tensor *const y = gra_matmul(patches(x, w, a), gra_transpose(matrices, 1, 2));
    gra_tensor *const images =
        gra_reshape(gra_permute(y, GRA_DIMS(1, 2, 0)), GRA_SHAPE(n, s[2], s[0], s[1]));
    c->out[0] = gra__without_batch(bias ? gra_add(images, bias) : images, c->in[0], x);
}

const gra_op gra_op_locally_connected2d = {
    .schema = "locally_connected2d(Tensor input, Tensor weight, Tensor? bias=None, "
              "int[2] stride=1, int[2] padding=0, int[2] dilation=1) -> Tensor",
    .forward = local_forward,
    .args_size = sizeof(local_args),
    .composite = true,
};

gra_locally_connected2d_options gra_locally_connected2d_defaults(void)
{
    return (gra_locally_connected2d_options){.stride = 1, .dilation = 1};
}

gra_tensor *gra_locally_connected2d_with(gra_locally_connected2d_options o)
{
    local_args a = {{0}, {0}, {0}};
    const bool given = o.input && o.weight && !gra_error();
    if (given && (!gra__pair(op_name, "stride", o.stride, 1, o.stride_hw, 1, a.stride) ||
                  !gra__pair(op_name, "padding", o.padding, 0, o.padding_hw, 0, a.padding) ||
                  !gra__pair(op_name, "dilation", o.dilation, 1, o.dilation_hw, 1, a.dilation)))
        return NULL;
    return gra_apply(&gra_op_locally_connected2d, (gra_tensor *[]){o.input, o.weight, o.bias},
                     o.bias ? 3 : 2, &a);
}
