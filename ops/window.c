/* window.c - sliding windows over images. */
#include "ops/window.h"

#include "core/error.h"
#include "core/shape_check.h"
#include "ops/iterate.h"
#include "ops/layout.h"
#include "ops/ops.h"

bool gra__in_range(const char *op, const char *name, int64_t value, int64_t min)
{
    const bool small = value < min;
    if (small || value > INT32_MAX)
        gra_fail("%s: %s %lld is out of range; at %s %lld is %s", op, name, (long long)value,
                 small ? "least" : "most", (long long)(small ? min : INT32_MAX),
                 small ? "needed" : "possible");
    return !gra_error();
}

/* A scalar or a tuple of count numbers. */
static bool tuple_of(const char *op, const char *name, const char *suffix, int64_t scalar,
                     int64_t normal, const int64_t *tuple, int count, int64_t min, int64_t *values)
{
    bool given = false;
    for (int i = 0; i < count; i++)
        given |= tuple[i] != 0;
    if (given && scalar != normal) {
        gra_fail("%s: both .%s and .%s_%s were given; one of them is enough", op, name, name,
                 suffix);
        return false;
    }
    for (int i = 0; i < count; i++) {
        values[i] = given ? tuple[i] : scalar;
        if (!gra__in_range(op, name, values[i], min))
            return false;
    }
    return true;
}

bool gra__pair(const char *op, const char *name, int64_t scalar, int64_t normal,
               const int64_t tuple[2], int64_t min, int64_t pair[2])
{
    return tuple_of(op, name, "hw", scalar, normal, tuple, 2, min, pair);
}

bool gra__triple(const char *op, const char *name, int64_t scalar, int64_t normal,
                 const int64_t tuple[3], int64_t min, int64_t triple[3])
{
    return tuple_of(op, name, "dhw", scalar, normal, tuple, 3, min, triple);
}

int64_t gra__window_count(int64_t size, gra__window window, bool ceil_mode)
{
    const int64_t span = window.dilation * (window.kernel - 1) + 1;
    const int64_t room = size + 2 * window.padding - span;
    if (room < 0)
        return 0;
    int64_t count = (room + (ceil_mode ? window.stride - 1 : 0)) / window.stride + 1;
    if (ceil_mode && (count - 1) * window.stride >= size + window.padding)
        count--;
    return count;
}

static const char *const extents[] = {"", "L", "H, W", "D, H, W"};

bool gra__is_batch(const char *op, gra_shape x, int dims)
{
    char text[GRA_SHAPE_TEXT];
    if (x.count != dims + 2)
        gra_fail("%s: input has shape %s; [N, C, %s] is needed", op, gra_shape_text(x, text),
                 extents[dims]);
    return x.count == dims + 2;
}

gra_tensor *gra__as_batch_of(const char *op, gra_tensor *x, int dims)
{
    char text[GRA_SHAPE_TEXT];
    if (x->shape.count == dims + 2)
        return x;
    if (x->shape.count == dims + 1)
        return gra_unsqueeze(x, 0);
    return gra_fail("%s: input has shape %s; [N, C, %s] or [C, %s] is needed", op,
                    gra_shape_text(x->shape, text), extents[dims], extents[dims]);
}

gra_tensor *gra__as_batch(const char *op, gra_tensor *x)
{
    return gra__as_batch_of(op, x, 2);
}

gra_tensor *gra__without_batch(gra_tensor *y, const gra_tensor *x, const gra_tensor *batch)
{
    return batch == x ? y : y ? gra_squeeze(y, GRA_DIMS(0)) : NULL;
}

const char *gra__extent_name(int i, int dims)
{
    static const char *const names[] = {"depth", "height", "width"};
    return dims == 1 ? "length" : names[3 - dims + i];
}

bool gra__windows_output(const char *op, gra_shape x, const gra__window *window, int dims,
                         bool ceil_mode, int64_t *out)
{
    if (!gra__is_batch(op, x, dims))
        return false;
    for (int i = 0; i < dims; i++) {
        const int64_t size = x.size[2 + i];
        if (!gra__in_range(op, "kernel_size", window[i].kernel, 0) ||
            !gra__in_range(op, "stride", window[i].stride, 1) ||
            !gra__in_range(op, "padding", window[i].padding, 0) ||
            !gra__in_range(op, "dilation", window[i].dilation, 1))
            return false;
        out[i] = gra__window_count(size, window[i], ceil_mode);
        if (out[i] > 0)
            continue;
        gra_fail(
            "%s: no output pixel is left: %s %lld with padding %lld is smaller than a kernel of "
            "%lld with dilation %lld",
            op, gra__extent_name(i, dims), (long long)size, (long long)window[i].padding,
            (long long)window[i].kernel, (long long)window[i].dilation);
        return false;
    }
    return true;
}

bool gra__window_output(const char *op, gra_shape x, const gra__window window[2], bool ceil_mode,
                        int64_t out[2])
{
    return gra__windows_output(op, x, window, 2, ceil_mode, out);
}

bool gra__pool_numbers(const char *op, const int64_t kernel[2], int64_t stride[2],
                       const int64_t padding[2])
{
    for (int i = 0; i < 2; i++) {
        if (!gra__in_range(op, "kernel_size", kernel[i], 1) ||
            !gra__in_range(op, "stride", stride[i], 0) ||
            !gra__in_range(op, "padding", padding[i], 0))
            return false;
        stride[i] = stride[i] ? stride[i] : kernel[i];
        if (2 * padding[i] <= kernel[i])
            continue;
        gra_fail("%s: padding %lld is more than half of kernel_size %lld", op,
                 (long long)padding[i], (long long)kernel[i]);
        return false;
    }
    return true;
}

bool gra__pool_options(const char *op, int64_t kernel, const int64_t kernel_hw[2], int64_t stride,
                       const int64_t stride_hw[2], int64_t padding, const int64_t padding_hw[2],
                       int64_t kernels[2], int64_t strides[2], int64_t paddings[2])
{
    return gra__pair(op, "kernel_size", kernel, 0, kernel_hw, 1, kernels) &&
           gra__pair(op, "stride", stride, 0, stride_hw, 0, strides) &&
           gra__pair(op, "padding", padding, 0, padding_hw, 0, paddings) &&
           gra__pool_numbers(op, kernels, strides, paddings);
}

bool gra__pool_gradient_fits(const char *op, gra_shape g, gra_shape x, const gra__window window[2],
                             bool ceil_mode)
{
    int64_t out[2];
    char a[GRA_SHAPE_TEXT], b[GRA_SHAPE_TEXT], c[GRA_SHAPE_TEXT];
    if (gra__shape_numel(op, x, sizeof(double)) < 0 ||
        !gra__window_output(op, x, window, ceil_mode, out))
        return false;
    const gra_shape wanted = GRA_SHAPE(x.size[0], x.size[1], out[0], out[1]);
    if (gra_shape_equal(g, wanted))
        return true;
    gra_fail("%s: g has shape %s; the pooling of an input of shape %s has shape %s", op,
             gra_shape_text(g, a), gra_shape_text(x, b), gra_shape_text(wanted, c));
    return false;
}

bool gra__pool_channels_last(const gra_tensor *x)
{
    return x->dtype == GRA_FLOAT32 && gra__prefers_channels_last(x);
}

gra_tensor *gra__pool_ready(const char *op, gra_tensor *x)
{
    if (!gra_dtype_is_floating(x->dtype))
        return gra_fail("%s: dtype %s is not supported; gra_to(x, GRA_FLOAT32) converts", op,
                        gra_dtype_name(x->dtype));
    const gra_dtype dtype = x->dtype == GRA_BFLOAT16 ? GRA_FLOAT32 : x->dtype;
    return x->contiguous ? gra__converted(x, dtype) : gra__row_major_copy(x, dtype);
}

gra__pool2d_shape gra__pool_shape(gra_shape x, gra_shape y, const int64_t kernel[2],
                                  const int64_t stride[2], const int64_t padding[2],
                                  const int64_t dilation[2])
{
    return (gra__pool2d_shape){
        .planes = x.size[0] * x.size[1],
        .h = x.size[2],
        .w = x.size[3],
        .out_h = y.size[2],
        .out_w = y.size[3],
        .kernel_h = kernel[0],
        .kernel_w = kernel[1],
        .stride_h = gra__pool_stride(stride, kernel, 0),
        .stride_w = gra__pool_stride(stride, kernel, 1),
        .pad_h = padding[0],
        .pad_w = padding[1],
        .dilation_h = dilation[0],
        .dilation_w = dilation[1],
    };
}
