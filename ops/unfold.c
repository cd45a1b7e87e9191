/* unfold.c - the patches of images as columns (im2col), and columns added up to images.
 *
 *   y[n, (c, r, s), (p, q)] = x[n, c, p stride + r dilation - padding, q stride + s dilation - padding]
 *   fold:  x[n, c, p stride + r dilation - padding, ..] += y[n, (c, r, s), (p, q)]
 *
 * Both are linear and each is the gradient of the other.  unfold is a copy of a view with six dims, whose
 * strides are those of the padded x:
 *
 *     [N, C, R, S, P, Q]      row of R: dilation rows of x, row of P: stride rows of x
 *
 * and fold adds that view up, a tap (r, s) at a time.
 */
#include "core/error.h"
#include "ops/indices.h"
#include "ops/iterate.h"
#include "ops/layout.h"
#include "ops/ops.h"
#include "ops/window.h"

typedef struct {
    int64_t kernel[2], dilation[2], padding[2], stride[2]; /* height, width */
} unfold_args;

typedef struct {
    int64_t size[2]; /* of the image */
    unfold_args of;
} fold_args;

extern const gra_op gra_op_unfold, gra_op_fold;

static bool options_fit(const char *op, const unfold_args *a)
{
    for (int i = 0; i < 2; i++)
        if (!gra__in_range(op, "kernel_size", a->kernel[i], 1) ||
            !gra__in_range(op, "dilation", a->dilation[i], 1) ||
            !gra__in_range(op, "padding", a->padding[i], 0) ||
            !gra__in_range(op, "stride", a->stride[i], 1))
            return false;
    return true;
}

/* Numbers of window positions in an image [N, C, H, W]; false with an error where there are none. */
static bool positions(const char *op, gra_shape x, const unfold_args *a, int64_t out[2])
{
    const gra__window window[2] = {
        {a->kernel[0], a->stride[0], a->padding[0], a->dilation[0]},
        {a->kernel[1], a->stride[1], a->padding[1], a->dilation[1]},
    };
    return gra__window_output(op, x, window, false, out);
}

/* The view [N, C, R, S, P, Q] of an image that is padded already. */
static gra_tensor *patches(gra_tensor *x, const unfold_args *a, const int64_t out[2])
{
    const int64_t *const step = x->stride;
    const int64_t stride[] = {step[0],
                              step[1],
                              step[2] * a->dilation[0],
                              step[3] * a->dilation[1],
                              step[2] * a->stride[0],
                              step[3] * a->stride[1]};
    const gra_shape shape =
        GRA_SHAPE(x->shape.size[0], x->shape.size[1], a->kernel[0], a->kernel[1], out[0], out[1]);
    return gra__view(x, shape, stride, x->offset);
}

/* ---- unfold ---- */

static void unfold_forward(gra_call *c)
{
    const unfold_args *const a = c->args;
    gra_tensor *const x = c->in[0];
    const int64_t *const p = a->padding;
    int64_t out[2];
    if (!options_fit("unfold", a) || !positions("unfold", x->shape, a, out))
        return;
    gra_tensor *const padded = p[0] || p[1] ? gra_pad(x, GRA_PADS(p[1], p[1], p[0], p[0])) : x;
    gra_tensor *const view = padded ? patches(padded, a, out) : NULL;
    gra_tensor *const y = view ? gra__row_major_copy(view, x->dtype) : NULL;
    const gra_shape shape = GRA_SHAPE(
        x->shape.size[0], x->shape.size[1] * a->kernel[0] * a->kernel[1], out[0] * out[1]);
    c->out[0] = y ? gra__reshaped("unfold", y, shape) : NULL;
}

static void unfold_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    const unfold_args *const a = c->args;
    const gra_shape x = gra_call_shape(c, 0);
    dx[0] = gra_apply(&gra_op_fold, g, 1, &(fold_args){{x.size[2], x.size[3]}, *a});
}

const gra_op gra_op_unfold = {
    .schema = "unfold(Tensor input, int[2] kernel_size, int[2] dilation=1, int[2] padding=0, "
              "int[2] stride=1) -> Tensor",
    .forward = unfold_forward,
    .vjp = unfold_vjp,
    .saves = GRA_SAVE_NOTHING,
    .args_size = sizeof(unfold_args),
};

/* ---- fold ---- */

/* Checks that columns fit and gives the image's shape and its window positions. */
static bool image_of(const gra_tensor *y, const fold_args *a, gra_shape *image, int64_t out[2])
{
    char text[GRA_SHAPE_TEXT];
    const int64_t taps = a->of.kernel[0] * a->of.kernel[1];
    if (y->shape.count != 3 || y->shape.size[1] % taps) {
        gra_fail("fold: input has shape %s; [N, C x %lld, L] is needed for a kernel of %lld x %lld",
                 gra_shape_text(y->shape, text), (long long)taps, (long long)a->of.kernel[0],
                 (long long)a->of.kernel[1]);
        return false;
    }
    *image = GRA_SHAPE(y->shape.size[0], y->shape.size[1] / taps, a->size[0], a->size[1]);
    if (!positions("fold", *image, &a->of, out))
        return false;
    if (out[0] * out[1] == y->shape.size[2])
        return true;
    gra_fail("fold: input has %lld columns; an image of %lld x %lld has %lld x %lld positions",
             (long long)y->shape.size[2], (long long)a->size[0], (long long)a->size[1],
             (long long)out[0], (long long)out[1]);
    return false;
}

/* image += columns, a tap at a time; both float32 or float64. */
static bool add_patches(gra_tensor *image, gra_tensor *columns, const unfold_args *a,
                        const int64_t out[2])
{
    gra_tensor *const to = patches(image, a, out);
    gra_tensor *const from = to ? gra__reshaped("fold", columns, to->shape) : NULL;
    for (int64_t r = 0; from && r < a->kernel[0]; r++)
        for (int64_t s = 0; s < a->kernel[1]; s++) {
            const int mark = gra_mark();
            gra_tensor *tap[2] = {to, from};
            for (int i = 0; i < 2; i++) {
                gra_tensor *const row = gra__narrowed(tap[i], 2, r, 1);
                tap[i] = row ? gra__narrowed(row, 3, s, 1) : NULL;
            }
            if (tap[0] && tap[1])
                gra__add_scaled_into(tap[0], 1, tap[1]);
            gra_release(mark);
        }
    return from && !gra_error();
}

static void fold_forward(gra_call *c)
{
    const fold_args *const a = c->args;
    const unfold_args *const of = &a->of;
    gra_tensor *const y = c->in[0];
    gra_shape image;
    gra_dtype dtype;
    int64_t out[2];
    for (int i = 0; i < 2; i++)
        if (!gra__in_range("fold", "output_size", a->size[i], 0))
            return;
    if (!options_fit("fold", of) || !image_of(y, a, &image, out) ||
        !gra__sum_dtype("fold", y->dtype, &dtype))
        return;
    gra_shape padded = image;
    for (int i = 0; i < 2; i++)
        padded.size[2 + i] += 2 * of->padding[i];
    gra_tensor *const columns = gra__packed(y, dtype);
    gra_tensor *const sums = columns ? gra__zeros("fold", padded, dtype) : NULL;
    if (!sums || !add_patches(sums, columns, of, out))
        return;
    gra_tensor *const rows = gra__narrowed(sums, 2, of->padding[0], a->size[0]);
    gra_tensor *const inner = rows ? gra__narrowed(rows, 3, of->padding[1], a->size[1]) : NULL;
    c->out[0] = inner ? gra__packed(inner, y->dtype) : NULL;
}

static void fold_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    const fold_args *const a = c->args;
    dx[0] = gra_apply(&gra_op_unfold, g, 1, &a->of);
}

const gra_op gra_op_fold = {
    .schema = "fold(Tensor input, int[2] output_size, int[2] kernel_size, int[2] dilation=1, "
              "int[2] padding=0, int[2] stride=1) -> Tensor",
    .forward = fold_forward,
    .vjp = fold_vjp,
    .saves = GRA_SAVE_NOTHING,
    .args_size = sizeof(fold_args),
};

/* ---- the functions ---- */

gra_unfold_options gra_unfold_defaults(void)
{
    return (gra_unfold_options){.dilation = 1, .stride = 1};
}

gra_fold_options gra_fold_defaults(void)
{
    return (gra_fold_options){.dilation = 1, .stride = 1};
}

gra_tensor *gra_unfold_with(gra_unfold_options o)
{
    static const char op[] = "unfold";
    unfold_args a = {{0}, {0}, {0}, {0}};
    if (!o.input || gra_error())
        return gra_apply(&gra_op_unfold, &o.input, 1, &a);
    if (!gra__pair(op, "kernel_size", o.kernel_size, 0, o.kernel_size_hw, 1, a.kernel) ||
        !gra__pair(op, "dilation", o.dilation, 1, o.dilation_hw, 1, a.dilation) ||
        !gra__pair(op, "padding", o.padding, 0, o.padding_hw, 0, a.padding) ||
        !gra__pair(op, "stride", o.stride, 1, o.stride_hw, 1, a.stride))
        return NULL;
    gra_tensor *const x = gra__as_batch(op, o.input);
    return gra__without_batch(x ? gra_apply(&gra_op_unfold, &x, 1, &a) : NULL, o.input, x);
}

gra_tensor *gra_fold_with(gra_fold_options o)
{
    static const char op[] = "fold";
    fold_args a = {{0}, {{0}, {0}, {0}, {0}}};
    if (!o.input || gra_error())
        return gra_apply(&gra_op_fold, &o.input, 1, &a);
    if (!gra__pair(op, "output_size", o.output_size, 0, o.output_size_hw, 1, a.size) ||
        !gra__pair(op, "kernel_size", o.kernel_size, 0, o.kernel_size_hw, 1, a.of.kernel) ||
        !gra__pair(op, "dilation", o.dilation, 1, o.dilation_hw, 1, a.of.dilation) ||
        !gra__pair(op, "padding", o.padding, 0, o.padding_hw, 0, a.of.padding) ||
        !gra__pair(op, "stride", o.stride, 1, o.stride_hw, 1, a.of.stride))
        return NULL;
    gra_tensor *const y = o.input->shape.count == 2 ? gra_unsqueeze(o.input, 0) : o.input;
    return gra__without_batch(y ? gra_apply(&gra_op_fold, &y, 1, &a) : NULL, o.input, y);
}
