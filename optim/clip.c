/* clip.c - keeping gradients short.
 *
 *   norm = (sum |g|^p)^(1/p) over all gradients         g <- g min(1, max_norm / (norm + 1e-6))
 *   or                                                  g <- min(max(g, -clip_value), clip_value)
 */
#include "optim/clip.h"

#include <math.h>

#include "core/error.h"
#include "core/op.h"
#include "core/scope.h"
#include "core/updater.h"
#include "ops/ops.h"

/* Sum of |g|^p so far, or the largest |g| where p is infinite. */
typedef struct measure {
    double p, sum;
} measure;

static double power_sum(gra_tensor *g, double p)
{
    if (gra_tensor_dtype(g) == GRA_BFLOAT16)
        g = gra_to(g, GRA_FLOAT32);
    if (p == 2)
        return gra_item(gra_sum(gra_square(g)));
    if (isinf(p))
        return gra_item(gra_max(gra_abs(g)));
    return gra_item(gra_sum(p == 1 ? gra_abs(g) : gra_pow_scalar(gra_abs(g), p)));
}

static int add_norm(const char *name, gra_tensor *t, void *context)
{
    (void)name;
    measure *const m = context;
    gra_tensor *const g = gra_tensor_grad(t);
    if (!g || gra_tensor_numel(g) == 0)
        return 0;
    const double sum = power_sum(g, m->p);
    if (isinf(m->p))
        m->sum = isnan(sum) || sum > m->sum ? sum : m->sum;
    else
        m->sum += sum;
    return gra_error() ? -1 : 0;
}

static int scale_grad(const char *name, gra_tensor *t, void *context)
{
    (void)name;
    gra_tensor *const g = gra_tensor_grad(t);
    return !g || gra_mul_scalar_(g, *(const double *)context) ? 0 : -1;
}

/* Where gra_backward moves a parameter, there is nothing to clip. */
static int refuse_fused(const char *name, gra_tensor *t, void *who)
{
    if (!t->updater)
        return 0;
    gra_fail("%s: %s is updated by gra_backward itself (.fused_backward of %s), so "
             "that no gradient is left; make the optimizer without .fused_backward",
             (const char *)who, name, t->updater->name);
    return -1;
}

/* NaN with an error, or where a gradient has one. */
static double norm_of(char *who, gra_module *m, double p)
{
    measure all = {.p = p};
    if (gra_module_named_parameters(m, refuse_fused, who) < 0 ||
        gra_module_named_parameters(m, add_norm, &all) < 0)
        return NAN;
    return isinf(p) ? all.sum : pow(all.sum, 1 / p);
}

static double clip(gra_module *m, double max_norm, double p)
{
    const double norm = norm_of("gra_clip_grad_norm", m, p);
    if (gra_error())
        return NAN;
    double factor = max_norm / (norm + 1e-6);
    if (!(factor >= 1) && gra_module_named_parameters(m, scale_grad, &factor) < 0)
        return NAN;
    return norm;
}

gra_clip_grad_norm_options gra_clip_grad_norm_defaults(void)
{
    return (gra_clip_grad_norm_options){.norm_type = 2};
}

double gra_clip_grad_norm_with(gra_clip_grad_norm_options o)
{
    if (!o.module)
        gra_fail("gra_clip_grad_norm: the module is NULL");
    else if (!(o.max_norm >= 0))
        gra_fail("gra_clip_grad_norm: max_norm %g is out of range; a number of at least 0 is "
                 "needed",
                 o.max_norm);
    else if (!(o.norm_type > 0))
        gra_fail("gra_clip_grad_norm: norm_type %g is out of range; a number above 0 or INFINITY "
                 "is needed",
                 o.norm_type);
    if (gra_error())
        return NAN;
    const int mark = gra_mark();
    const bool was = gra_set_grad(false);
    const double norm = clip(o.module, o.max_norm, o.norm_type);
    gra_set_grad(was);
    gra_release(mark);
    return norm;
}

double gra_grad_norm(gra_module *m)
{
    if (!m)
        gra_fail("gra_grad_norm: the module is NULL");
    if (gra_error())
        return NAN;
    const int mark = gra_mark();
    const bool was = gra_set_grad(false);
    const double norm = norm_of("gra_grad_norm", m, 2);
    gra_set_grad(was);
    gra_release(mark);
    return norm;
}

static int clamp_grad(const char *name, gra_tensor *t, void *context)
{
    (void)name;
    const double limit = *(const double *)context;
    gra_tensor *const g = gra_tensor_grad(t);
    return !g || gra_clamp_(g, -limit, limit) ? 0 : -1;
}

int gra_clip_grad_value(gra_module *m, double clip_value)
{
    char *const who = "gra_clip_grad_value";
    if (!m)
        gra_fail("%s: the module is NULL", who);
    else if (!(clip_value >= 0))
        gra_fail("%s: clip_value %g is out of range; a number of at least 0 is needed", who,
                 clip_value);
    if (gra_error())
        return -1;
    const int mark = gra_mark();
    const bool was = gra_set_grad(false);
    int result = gra_module_named_parameters(m, refuse_fused, who);
    if (result == 0)
        result = gra_module_named_parameters(m, clamp_grad, &clip_value);
    gra_set_grad(was);
    gra_release(mark);
    return result;
}
