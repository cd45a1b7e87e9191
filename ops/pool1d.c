/* pool1d.c - pooling along one dim: x [N, C, L] or [C, L].
 *
 *   avg_pool1d            mean of each window            max_pool1d            its maximum
 *   lp_pool1d             its p-norm                     max_pool1d_with_indices
 *   adaptive_avg_pool1d, adaptive_max_pool1d             as many windows as the result is to have numbers
 *
 * Each is the 2-D pooling of images with a single row, [N, C, 1, L], which has the formula and the derivative.
 */
#include "core/error.h"
#include "ops/ops.h"
#include "ops/window.h"

typedef struct {
    int64_t kernel[1], stride[1], padding[1];
    bool ceil_mode, count_include_pad;
} avg_args;

typedef struct {
    int64_t kernel[1], stride[1], padding[1], dilation[1];
    bool ceil_mode;
} max_args;

typedef struct {
    double norm_type;
    int64_t kernel[1], stride[1];
    bool ceil_mode;
} lp_args;

typedef struct {
    int64_t size[1];
} adaptive_args;

/* x as images of one row, with a batch; NULL with an error where its shape or dtype does not fit. */
static gra_tensor *as_images(const char *op, gra_tensor *x)
{
    gra_tensor *const batch = gra__as_batch_of(op, x, 1);
    if (batch && !gra_dtype_is_floating(x->dtype))
        return gra_fail("%s: dtype %s is not supported; gra_to(x, GRA_FLOAT32) converts", op,
                        gra_dtype_name(x->dtype));
    return batch ? gra_unsqueeze(batch, 2) : NULL;
}

/* A result of such images in x's form. */
static gra_tensor *as_rows(gra_tensor *y, const gra_tensor *x)
{
    gra_tensor *const rows = y ? gra_squeeze(y, GRA_DIMS(2)) : NULL;
    return rows && x->shape.count == 2 ? gra_squeeze(rows, GRA_DIMS(0)) : rows;
}

/* Whether a window fits into x's last dim; a stride of 0 is the kernel's size. */
static bool window_fits(const char *op, const gra_tensor *images, gra__window w, bool ceil_mode)
{
    int64_t out;
    const gra_shape row = GRA_SHAPE(1, 1, images->shape.size[3]);
    w.stride = w.stride ? w.stride : w.kernel;
    if (!gra__in_range(op, "kernel_size", w.kernel, 1) ||
        !gra__windows_output(op, row, &w, 1, ceil_mode, &out))
        return false;
    if (2 * w.padding > w.kernel)
        gra_fail("%s: padding %lld is more than half of kernel_size %lld", op, (long long)w.padding,
                 (long long)w.kernel);
    return !gra_error();
}

static int64_t or_kernel(int64_t stride, int64_t kernel)
{
    return stride ? stride : kernel;
}

/* ---- means ---- */

static void avg_forward(gra_call *c)
{
    const avg_args *const a = c->args;
    gra_tensor *const x = as_images("avg_pool1d", c->in[0]);
    const gra__window window = {a->kernel[0], a->stride[0], a->padding[0], 1};
    if (!x || !window_fits("avg_pool1d", x, window, a->ceil_mode))
        return;
    gra_avg_pool2d_options o = gra_avg_pool2d_defaults();
    o.input = x;
    o.kernel_size_hw[0] = o.stride_hw[0] = 1;
    o.kernel_size_hw[1] = a->kernel[0];
    o.stride_hw[1] = or_kernel(a->stride[0], a->kernel[0]);
    o.padding_hw[1] = a->padding[0];
    o.ceil_mode = a->ceil_mode;
    o.count_include_pad = a->count_include_pad;
    c->out[0] = as_rows(gra_avg_pool2d_with(o), c->in[0]);
}

const gra_op gra_op_avg_pool1d = {
    .schema = "avg_pool1d(Tensor input, int[1] kernel_size, int[1] stride=0, int[1] padding=0, "
              "bool ceil_mode=False, bool count_include_pad=True) -> Tensor",
    .forward = avg_forward,
    .args_size = sizeof(avg_args),
    .composite = true,
};

gra_avg_pool1d_options gra_avg_pool1d_defaults(void)
{
    return (gra_avg_pool1d_options){.count_include_pad = true};
}

gra_tensor *gra_avg_pool1d_with(gra_avg_pool1d_options o)
{
    const avg_args a = {{o.kernel_size}, {o.stride}, {o.padding}, o.ceil_mode, o.count_include_pad};
    return gra_apply(&gra_op_avg_pool1d, &o.input, 1, &a);
}

/* ---- maxima ---- */

/* The options for images of one row; false with an error. */
static bool max_options(const char *op, gra_tensor *images, const max_args *a,
                        gra_max_pool2d_options *o)
{
    const gra__window window = {a->kernel[0], a->stride[0], a->padding[0], a->dilation[0]};
    if (!images || !window_fits(op, images, window, a->ceil_mode))
        return false;
    *o = gra_max_pool2d_defaults();
    o->input = images;
    o->kernel_size_hw[0] = o->stride_hw[0] = o->dilation_hw[0] = 1;
    o->kernel_size_hw[1] = a->kernel[0];
    o->stride_hw[1] = or_kernel(a->stride[0], a->kernel[0]);
    o->padding_hw[1] = a->padding[0];
    o->dilation_hw[1] = a->dilation[0];
    o->ceil_mode = a->ceil_mode;
    return true;
}

static void max_forward(gra_call *c)
{
    gra_max_pool2d_options o;
    gra_tensor *const x = as_images("max_pool1d", c->in[0]);
    if (max_options("max_pool1d", x, c->args, &o))
        c->out[0] = as_rows(gra_max_pool2d_with(o), c->in[0]);
}

static void max_with_indices_forward(gra_call *c)
{
    static const char op[] = "max_pool1d_with_indices";
    gra_max_pool2d_options o;
    gra_tensor *const x = as_images(op, c->in[0]), *indices;
    if (!max_options(op, x, c->args, &o))
        return;
    c->out[0] = as_rows(gra_max_pool2d_with_indices_with(&indices, o), c->in[0]);
    c->out[1] = as_rows(indices, c->in[0]);
}

const gra_op gra_op_max_pool1d = {
    .schema = "max_pool1d(Tensor input, int[1] kernel_size, int[1] stride=0, int[1] padding=0, "
              "int[1] dilation=1, bool ceil_mode=False) -> Tensor",
    .forward = max_forward,
    .args_size = sizeof(max_args),
    .composite = true,
};

const gra_op gra_op_max_pool1d_with_indices = {
    .schema = "max_pool1d_with_indices(Tensor input, int[1] kernel_size, int[1] stride=0, "
              "int[1] padding=0, int[1] dilation=1, bool ceil_mode=False) -> (Tensor, Tensor)",
    .forward = max_with_indices_forward,
    .args_size = sizeof(max_args),
    .composite = true,
};

gra_max_pool1d_options gra_max_pool1d_defaults(void)
{
    return (gra_max_pool1d_options){.dilation = 1};
}

static max_args max_args_of(const gra_max_pool1d_options *o)
{
    return (max_args){{o->kernel_size}, {o->stride}, {o->padding}, {o->dilation}, o->ceil_mode};
}

gra_tensor *gra_max_pool1d_with(gra_max_pool1d_options o)
{
    const max_args a = max_args_of(&o);
    return gra_apply(&gra_op_max_pool1d, &o.input, 1, &a);
}

gra_tensor *gra_max_pool1d_with_indices_with(gra_tensor **indices, gra_max_pool1d_options o)
{
    const max_args a = max_args_of(&o);
    gra_tensor *out[2];
    gra_apply_many(&gra_op_max_pool1d_with_indices, &o.input, 1, &a, out, 2);
    *indices = out[1];
    return out[0];
}

/* ---- p-norms ---- */

static void lp_forward(gra_call *c)
{
    const lp_args *const a = c->args;
    gra_tensor *const x = as_images("lp_pool1d", c->in[0]);
    const gra__window window = {a->kernel[0], a->stride[0], 0, 1};
    if (!x || !window_fits("lp_pool1d", x, window, a->ceil_mode))
        return;
    gra_lp_pool2d_options o = gra_lp_pool2d_defaults();
    o.input = x;
    o.norm_type = a->norm_type;
    o.kernel_size_hw[0] = o.stride_hw[0] = 1;
    o.kernel_size_hw[1] = a->kernel[0];
    o.stride_hw[1] = or_kernel(a->stride[0], a->kernel[0]);
    o.ceil_mode = a->ceil_mode;
    c->out[0] = as_rows(gra_lp_pool2d_with(o), c->in[0]);
}

const gra_op gra_op_lp_pool1d = {
    .schema = "lp_pool1d(Tensor input, float norm_type, int[1] kernel_size, int[1] stride=0, "
              "bool ceil_mode=False) -> Tensor",
    .forward = lp_forward,
    .args_size = sizeof(lp_args),
    .composite = true,
};

gra_lp_pool1d_options gra_lp_pool1d_defaults(void)
{
    return (gra_lp_pool1d_options){0};
}

gra_tensor *gra_lp_pool1d_with(gra_lp_pool1d_options o)
{
    const lp_args a = {o.norm_type, {o.kernel_size}, {o.stride}, o.ceil_mode};
    return gra_apply(&gra_op_lp_pool1d, &o.input, 1, &a);
}

/* ---- windows by the size of the result ---- */

/* Whether x's last dim can be pooled to a length. */
static bool length_fits(const char *op, const gra_tensor *images, int64_t length)
{
    const int64_t size = images->shape.size[3];
    if (length < 1 || length > INT32_MAX || size < 1)
        gra_fail("%s: a length of %lld cannot be pooled to %lld; at least 1 is needed on both "
                 "sides",
                 op, (long long)size, (long long)length);
    return !gra_error();
}

static void adaptive_avg_forward(gra_call *c)
{
    static const char op[] = "adaptive_avg_pool1d";
    const adaptive_args *const a = c->args;
    gra_tensor *const x = as_images(op, c->in[0]);
    if (x && length_fits(op, x, a->size[0]))
        c->out[0] = as_rows(gra_adaptive_avg_pool2d(x, 1, a->size[0]), c->in[0]);
}

static void adaptive_max_forward(gra_call *c)
{
    static const char op[] = "adaptive_max_pool1d";
    const adaptive_args *const a = c->args;
    gra_tensor *const x = as_images(op, c->in[0]), *indices;
    if (!x || !length_fits(op, x, a->size[0]))
        return;
    c->out[0] = as_rows(gra_adaptive_max_pool2d(x, 1, a->size[0], &indices), c->in[0]);
    c->out[1] = as_rows(indices, c->in[0]);
}

const gra_op gra_op_adaptive_avg_pool1d = {
    .schema = "adaptive_avg_pool1d(Tensor input, int[1] output_size) -> Tensor",
    .forward = adaptive_avg_forward,
    .args_size = sizeof(adaptive_args),
    .composite = true,
};

const gra_op gra_op_adaptive_max_pool1d = {
    .schema = "adaptive_max_pool1d(Tensor input, int[1] output_size) -> (Tensor, Tensor)",
    .forward = adaptive_max_forward,
    .args_size = sizeof(adaptive_args),
    .composite = true,
};

gra_tensor *gra_adaptive_avg_pool1d(gra_tensor *x, int64_t length)
{
    return gra_apply(&gra_op_adaptive_avg_pool1d, &x, 1, &(adaptive_args){{length}});
}

gra_tensor *gra_adaptive_max_pool1d(gra_tensor *x, int64_t length, gra_tensor **indices)
{
    gra_tensor *out[2];
    gra_apply_many(&gra_op_adaptive_max_pool1d, &x, 1, &(adaptive_args){{length}}, out, 2);
    if (indices)
        *indices = out[1];
    return out[0];
}
