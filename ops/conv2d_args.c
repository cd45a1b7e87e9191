/* conv2d_args.c - a convolution's arguments and what is checked of them. */
#include "ops/conv2d_args.h"

#include <string.h>

#include "core/error.h"
#include "core/shape_check.h"
#include "ops/window.h"

bool gra__conv2d_args_of(const gra_conv2d_options *o, gra__conv2d_args *args)
{
    *args = (gra__conv2d_args){
        .groups = o->groups, .relu = o->activation == GRA_RELU, .flip_kernel = o->flip_kernel};
    return gra__pair("conv2d", "stride", o->stride, 1, o->stride_hw, 1, args->stride) &&
           gra__pair("conv2d", "padding", o->padding, 0, o->padding_hw, 0, args->padding) &&
           gra__pair("conv2d", "dilation", o->dilation, 1, o->dilation_hw, 1, args->dilation);
}

gra__conv2d_shape gra__conv2d_kernel_shape(gra_shape x, gra_shape w, gra_shape y,
                                           const gra__conv2d_args *a)
{
    return (gra__conv2d_shape){
        .n = x.size[0],
        .c = x.size[1],
        .h = x.size[2],
        .w = x.size[3],
        .k = w.size[0],
        .r = w.size[2],
        .s = w.size[3],
        .out_h = y.size[2],
        .out_w = y.size[3],
        .stride_h = a->stride[0],
        .stride_w = a->stride[1],
        .pad_h = a->padding[0],
        .pad_w = a->padding[1],
        .dilation_h = a->dilation[0],
        .dilation_w = a->dilation[1],
        .groups = a->groups,
    };
}

bool gra__conv_dtypes_agree(const char *op, const gra_tensor *x, const gra_tensor *w,
                            const gra_tensor *bias)
{
    const bool same = x->dtype == w->dtype && (!bias || bias->dtype == x->dtype);
    if (same && gra_dtype_is_floating(x->dtype))
        return true;
    gra_fail("%s: input is %s, weight %s%s%s; one floating-point dtype is needed (gra_to converts)",
             op, gra_dtype_name(x->dtype), gra_dtype_name(w->dtype), bias ? ", bias " : "",
             bias ? gra_dtype_name(bias->dtype) : "");
    return false;
}

static bool shapes_agree(const char *op, gra_shape x, gra_shape w, const gra_tensor *bias, int dims,
                         int64_t groups)
{
    static const char *const taps[] = {"", "S", "R, S", "T, R, S"};
    char a[GRA_SHAPE_TEXT], b[GRA_SHAPE_TEXT];
    if (w.count != dims + 2) {
        gra_fail("%s: weight has shape %s; [K, C / groups, %s] is needed", op, gra_shape_text(w, a),
                 taps[dims]);
        return false;
    }
    const int64_t channels = x.size[1], k = w.size[0];
    if (groups < 1 || channels % groups || k % groups) {
        gra_fail("%s: groups %lld does not divide the %lld channels of input and the %lld of the "
                 "output",
                 op, (long long)groups, (long long)channels, (long long)k);
        return false;
    }
    if (channels != w.size[1] * groups) {
        gra_fail("%s: input %s has %lld channels, weight %s with groups %lld expects %lld", op,
                 gra_shape_text(x, a), (long long)channels, gra_shape_text(w, b), (long long)groups,
                 (long long)(w.size[1] * groups));
        return false;
    }
    if (bias && (bias->shape.count != 1 || bias->shape.size[0] != k)) {
        gra_fail("%s: bias has shape %s; [%lld] is needed, one for each output channel", op,
                 gra_shape_text(bias->shape, a), (long long)k);
        return false;
    }
    return true;
}

bool gra__conv_agrees(const char *op, const gra_tensor *x, const gra_tensor *w,
                      const gra_tensor *bias, int dims, int64_t groups)
{
    return gra__conv_dtypes_agree(op, x, w, bias) && gra__is_batch(op, x->shape, dims) &&
           shapes_agree(op, x->shape, w->shape, bias, dims, groups);
}

static bool gradient_dtypes_agree(const char *op, const gra_tensor *g, const gra_tensor *other)
{
    if (g->dtype == other->dtype && gra_dtype_is_floating(g->dtype))
        return true;
    gra_fail(
        "%s: g is %s, the other tensor %s; one floating-point dtype is needed (gra_to converts)",
        op, gra_dtype_name(g->dtype), gra_dtype_name(other->dtype));
    return false;
}

/* A transposed convolution may have made x larger than g asks for, so there may be further windows. */
static bool gradient_shape_fits(const char *op, gra_shape g, gra_shape x, gra_shape w,
                                const int64_t *windows, int dims)
{
    gra_shape wanted = x;
    char a[GRA_SHAPE_TEXT], b[GRA_SHAPE_TEXT], c[GRA_SHAPE_TEXT], d[GRA_SHAPE_TEXT];
    wanted.size[1] = w.size[0];
    memcpy(wanted.size + 2, windows, (size_t)dims * sizeof *windows);
    bool fits = g.count == wanted.count && g.size[0] == x.size[0] && g.size[1] == w.size[0];
    for (int i = 0; i < dims && fits; i++) /* a transposed convolution may have a smaller one */
        fits = dims == 3 ? g.size[2 + i] == windows[i] : g.size[2 + i] <= windows[i];
    if (!fits)
        gra_fail("%s: g has shape %s; input %s and weight %s have a result of shape %s", op,
                 gra_shape_text(g, a), gra_shape_text(x, b), gra_shape_text(w, c),
                 gra_shape_text(wanted, d));
    return fits;
}

bool gra__conv_gradient_fits(const char *op, const gra_tensor *g, const gra_tensor *other,
                             gra_shape x, gra_shape w, const int64_t *stride,
                             const int64_t *padding, const int64_t *dilation, int dims,
                             int64_t groups)
{
    gra__window window[3];
    int64_t windows[3];
    if (!gradient_dtypes_agree(op, g, other) || gra__shape_numel(op, x, sizeof(double)) < 0 ||
        gra__shape_numel(op, w, sizeof(double)) < 0 || !gra__is_batch(op, x, dims) ||
        !shapes_agree(op, x, w, NULL, dims, groups))
        return false;
    for (int i = 0; i < dims; i++)
        window[i] = (gra__window){w.size[2 + i], stride[i], padding[i], dilation[i]};
    return gra__windows_output(op, x, window, dims, false, windows) &&
           gradient_shape_fits(op, g->shape, x, w, windows, dims);
}

void gra__same_padding(int64_t kernel, int64_t dilation, int64_t ends[2])
{
    const int64_t total = dilation * (kernel - 1);
    ends[0] = total / 2;
    ends[1] = total - ends[0];
}

bool gra__conv2d_output(const gra_tensor *x, const gra_tensor *w, const gra_tensor *bias,
                        const gra__conv2d_args *args, gra_shape *shape)
{
    int64_t out[2];
    if (!gra__conv_agrees("conv2d", x, w, bias, 2, args->groups))
        return false;
    const gra__window window[2] = {
        {w->shape.size[2], args->stride[0], args->padding[0], args->dilation[0]},
        {w->shape.size[3], args->stride[1], args->padding[1], args->dilation[1]},
    };
    if (!gra__window_output("conv2d", x->shape, window, false, out))
        return false;
    *shape = GRA_SHAPE(x->shape.size[0], w->shape.size[0], out[0], out[1]);
    return true;
}
