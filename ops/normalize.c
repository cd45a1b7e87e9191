/* normalize.c - vectors along one dim, divided by their norm.
 *
 *   y = x / max(|x|_p, eps),  |x|_p = (sum |x_i|^p)^(1/p), for p = infinity the largest |x_i|
 *
 * Below eps the norm counts as a constant, so the gradient of a zero is g / eps and never NaN.
 */
#include <float.h>
#include <math.h>

#include "core/error.h"
#include "core/tensor_struct.h"
#include "ops/ops.h"
#include "ops/reduce.h"

typedef struct {
    double p;
    int64_t dim;
    double eps;
} normalize_args;

static gra_tensor *power(gra_tensor *x, double p)
{
    return p == 1 ? x : p == 2 ? gra_square(x) : gra_pow_scalar(x, p);
}

static gra_tensor *root(gra_tensor *x, double p)
{
    return p == 1 ? x : p == 2 ? gra_sqrt(x) : gra_pow_scalar(x, 1 / p);
}

/* max(|x|_p, eps). What is smaller is cut off before the root, whose slope at 0 is infinite.  Where eps^p is
 * no number, the norm is that of x over m = max(|x_i|, eps), times m, which counts as a constant: the sum
 * is then at least 1, or the norm less than eps. */
static gra_tensor *length(gra_tensor *x, const normalize_args *a)
{
    const gra_dims along = GRA_DIMS(a->dim);
    gra_tensor *const sizes = gra_abs(x);
    const double least = pow(a->eps, a->p);
    if (!isinf(a->p) && least > FLT_MIN) {
        gra_tensor *const sum = gra_sum(power(sizes, a->p), .dims = along, .keepdim = true);
        return root(gra_clamp(sum, least, INFINITY), a->p);
    }
    gra_tensor *const largest =
        gra_clamp(gra_max(sizes, .dims = along, .keepdim = true), a->eps, INFINITY);
    if (isinf(a->p))
        return largest;
    gra_tensor *const m = gra_detach(largest);
    gra_tensor *const sum = gra_sum(power(gra_div(sizes, m), a->p), .dims = along, .keepdim = true);
    return gra_mul(m, root(gra_clamp(sum, 1, INFINITY), a->p));
}

static void normalize_forward(gra_call *c)
{
    const normalize_args *const a = c->args;
    gra_tensor *const x = c->in[0];
    if (!gra__demand_floating("normalize", x))
        return;
    if (!(a->p > 0))
        gra_fail("normalize: p %g is out of range; it is above 0", a->p);
    else if (!(a->eps > 0))
        gra_fail("normalize: eps %g is out of range; it is above 0", a->eps);
    else if (gra__wrap_dim("normalize", a->dim, x->shape.count) >= 0)
        c->out[0] = gra_div(x, length(x, a));
}

const gra_op gra_op_normalize = {
    .schema = "normalize(Tensor input, float p=2.0, int dim=1, float eps=1e-12) -> Tensor",
    .forward = normalize_forward,
    .args_size = sizeof(normalize_args),
    .composite = true,
};

gra_normalize_options gra_normalize_defaults(void)
{
    return (gra_normalize_options){.p = 2, .dim = 1, .eps = 1e-12};
}

gra_tensor *gra_normalize_with(gra_normalize_options o)
{
    return gra_apply(&gra_op_normalize, &o.input, 1, &(normalize_args){o.p, o.dim, o.eps});
}
