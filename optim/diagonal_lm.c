/* diagonal_lm.c - the stochastic diagonal Levenberg-Marquardt method. */
#include "optim/diagonal_lm.h"

#include <stdlib.h>

#include "autograd/curvature.h"
#include "core/error.h"
#include "core/scope.h"
#include "core/tensor_struct.h"
#include "ops/iterate.h"
#include "ops/ops.h"
#include "optim/optim_struct.h"

enum { LR, MU };

static unsigned needs(const double *option)
{
    (void)option;
    return 1;
}

static void prepare(const gra__update *u, gra__optimizer_step *step)
{
    step->diagonal_lm = (gra__diagonal_lm_step){.lr = u->option[LR], .mu = u->option[MU]};
}

static const gra__optim_class diagonal_lm_class = {
    .name = "DiagonalLM",
    .loop = GRA__DIAGONAL_LM,
    .options = {[LR] = {"lr", GRA__AT_LEAST_0}, [MU] = {"mu", GRA__AT_LEAST_0}},
    .memory = {"curvature"},
    .needs = needs,
    .prepare = prepare,
};

gra_diagonal_lm_options gra_diagonal_lm_defaults(void)
{
    return (gra_diagonal_lm_options){.lr = 5e-5, .mu = 0.02};
}

gra_optim *gra_diagonal_lm_with(gra_diagonal_lm_options o)
{
    const double option[] = {[LR] = o.lr, [MU] = o.mu};
    const gra__trained what = {o.module, o.tensors, o.count, o.fused_backward};
    return gra__optim_new(&diagonal_lm_class, what, option);
}

/* ---- the estimate ---- */

static bool check(const gra_diagonal_lm_estimate_options *o)
{
    if (gra_error())
        return false;
    if (!o->optim || !o->loss)
        gra_fail("gra_diagonal_lm_estimate: the %s is NULL", o->optim ? "loss" : "optimizer");
    else if (o->optim->type != &diagonal_lm_class)
        gra_fail("gra_diagonal_lm_estimate: the optimizer is %s; one of gra_diagonal_lm is needed",
                 o->optim->type->name);
    else if (!(o->gamma > 0 && o->gamma <= 1))
        gra_fail(
            "gra_diagonal_lm_estimate: gamma %g is out of range; above 0, at most 1, is needed",
            o->gamma);
    return !gra_error();
}

/* What h of a parameter is to be. */
static gra_tensor *averaged(gra_tensor *old, gra_tensor *h, double gamma)
{
    if (!old || gamma == 1)
        return gra_contiguous(gra_mul_scalar(h, gamma));
    return gra_contiguous(gra_add(gra_mul_scalar(old, 1 - gamma), gra_mul_scalar(h, gamma)));
}

/* Takes the h of those that are trained; nothing changes unless all are there. */
static bool remember(gra_optim *opt, gra_tensor **h, double gamma)
{
    for (int i = 0, k = 0; i < opt->count && !gra_error(); i++)
        if (opt->params[i]->tensor->requires_grad) {
            h[k] = averaged(opt->params[i]->memory[0], h[k], gamma);
            k++;
        }
    for (int i = 0, k = 0; i < opt->count && !gra_error(); i++)
        if (opt->params[i]->tensor->requires_grad) {
            gra__retain(h[k]);
            gra__release(opt->params[i]->memory[0]);
            opt->params[i]->memory[0] = h[k++];
        }
    return !gra_error();
}

static bool estimate(const gra_diagonal_lm_estimate_options *o)
{
    gra_optim *const opt = o->optim;
    gra_tensor **const lists = calloc(2 * (size_t)opt->count + 1, sizeof *lists);
    if (!lists)
        return gra_fail("gra_diagonal_lm_estimate: out of memory for %d parameters", opt->count);
    int count = 0;
    for (int i = 0; i < opt->count; i++)
        if (opt->params[i]->tensor->requires_grad)
            lists[count++] = opt->params[i]->tensor;
    gra_tensor **const h = lists + opt->count;
    const bool was = gra_set_grad(false);
    const bool fine = gra_curvature(o->loss, lists, count, h) == 0 && remember(opt, h, o->gamma);
    gra_set_grad(was);
    free(lists);
    return fine;
}

gra_diagonal_lm_estimate_options gra_diagonal_lm_estimate_defaults(void)
{
    return (gra_diagonal_lm_estimate_options){.gamma = 1};
}

int gra_diagonal_lm_estimate_with(gra_diagonal_lm_estimate_options o)
{
    if (!check(&o))
        return -1;
    const int mark = gra_mark();
    const bool fine = estimate(&o);
    gra_release(mark);
    return fine ? 0 : -1;
}
