/* lp_pool2d.c - the p-norm over sliding windows.
 *
 *   y[q] = (sum_{i in window(q)} x[i]^p)^(1/p)
 *
 * x is taken to its power as it is, without a modulus, as in PyTorch: an odd p keeps signs.  It is made of
 * powers and avg_pool2d, which have the derivatives; a window of zeros has none, and gives NaN or infinity.
 * In ceil_mode windows that reach over the edge count as if they were whole: the mean of what is there,
 * times the window's size.
 */
#include "core/error.h"
#include "ops/ops.h"
#include "ops/window.h"

typedef struct {
    double norm_type;
    int64_t kernel[2], stride[2]; /* height, width; a stride of 0 is the kernel's size */
    bool ceil_mode;
} pool_args;

static const char op_name[] = "lp_pool2d";

static bool options_fit(const pool_args *a)
{
    for (int i = 0; i < 2; i++)
        if (!gra__in_range(op_name, "kernel_size", a->kernel[i], 1) ||
            !gra__in_range(op_name, "stride", a->stride[i], 0))
            return false;
    if (a->norm_type != a->norm_type || a->norm_type == 0)
        gra_fail("%s: norm_type %g is no power; any number but 0 is possible", op_name,
                 a->norm_type);
    return !gra_error();
}

static void pool_forward(gra_call *c)
{
    const pool_args *const a = c->args;
    gra_tensor *const x = gra__as_batch(op_name, c->in[0]);
    int64_t out[2];
    if (!x || !options_fit(a))
        return;
    gra_avg_pool2d_options o = gra_avg_pool2d_defaults();
    gra__window window[2];
    for (int i = 0; i < 2; i++) {
        o.kernel_size_hw[i] = a->kernel[i];
        o.stride_hw[i] = a->stride[i] ? a->stride[i] : a->kernel[i];
        window[i] = (gra__window){a->kernel[i], o.stride_hw[i], 0, 1};
    }
    o.ceil_mode = a->ceil_mode;
    if (!gra__window_output(op_name, x->shape, window, a->ceil_mode, out))
        return;
    if (!gra_dtype_is_floating(x->dtype)) {
        gra_fail("%s: dtype %s is not supported; gra_to(x, GRA_FLOAT32) converts", op_name,
                 gra_dtype_name(x->dtype));
        return;
    }
    o.input = gra_pow_scalar(x, a->norm_type);
    gra_tensor *const sums =
        gra_mul_scalar(gra_avg_pool2d_with(o), (double)(a->kernel[0] * a->kernel[1]));
    c->out[0] = gra__without_batch(gra_pow_scalar(sums, 1 / a->norm_type), c->in[0], x);
}

const gra_op gra_op_lp_pool2d = {
    .schema = "lp_pool2d(Tensor input, float norm_type, int[2] kernel_size, int[2] stride=0, "
              "bool ceil_mode=False) -> Tensor",
    .forward = pool_forward,
    .args_size = sizeof(pool_args),
    .composite = true,
};

gra_lp_pool2d_options gra_lp_pool2d_defaults(void)
{
    return (gra_lp_pool2d_options){0};
}

gra_tensor *gra_lp_pool2d_with(gra_lp_pool2d_options o)
{
    pool_args a = {o.norm_type, {0}, {0}, o.ceil_mode};
    if (o.input && !gra_error() &&
        (!gra__pair(op_name, "kernel_size", o.kernel_size, 0, o.kernel_size_hw, 1, a.kernel) ||
         !gra__pair(op_name, "stride", o.stride, 0, o.stride_hw, 0, a.stride)))
        return NULL;
    return gra_apply(&gra_op_lp_pool2d, &o.input, 1, &a);
}
