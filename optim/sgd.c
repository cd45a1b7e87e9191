/* sgd.c - stochastic gradient descent. */
#include "core/error.h"
#include "optim/optim_struct.h"
#include "optim/optimizers.h"

enum { LR, MOMENTUM, DAMPENING, WEIGHT_DECAY, NESTEROV, MAXIMIZE };

static unsigned needs(const double *option)
{
    return option[MOMENTUM] != 0;
}

static bool fits(const char *name, const double *option)
{
    if (option[NESTEROV] == 0 || (option[MOMENTUM] > 0 && option[DAMPENING] == 0))
        return true;
    gra_fail("%s: nesterov needs a momentum above 0 and no dampening; momentum is %g and "
             "dampening %g",
             name, option[MOMENTUM], option[DAMPENING]);
    return false;
}

static void prepare(const gra__update *u, gra__optimizer_step *step)
{
    step->sgd = (gra__sgd_step){
        .lr = u->option[LR],
        .momentum = u->option[MOMENTUM],
        .dampening = u->option[DAMPENING],
        .weight_decay = u->option[WEIGHT_DECAY],
        .nesterov = u->option[NESTEROV] != 0,
        .maximize = u->option[MAXIMIZE] != 0,
        .first = u->state->fresh & 1,
    };
}

static const gra__optim_class sgd_class = {
    .name = "SGD",
    .loop = GRA__SGD,
    .options = {[LR] = {"lr", GRA__AT_LEAST_0},
                [MOMENTUM] = {"momentum", GRA__AT_LEAST_0},
                [DAMPENING] = {"dampening", GRA__FINITE},
                [WEIGHT_DECAY] = {"weight_decay", GRA__AT_LEAST_0},
                [NESTEROV] = {"nesterov", GRA__FLAG},
                [MAXIMIZE] = {"maximize", GRA__FLAG}},
    .memory = {"momentum_buffer"},
    .needs = needs,
    .fits = fits,
    .prepare = prepare,
};

gra_sgd_options gra_sgd_defaults(void)
{
    return (gra_sgd_options){.lr = 1e-3};
}

gra_optim *gra_sgd_with(gra_sgd_options o)
{
    const double option[] = {
        [LR] = o.lr,
        [MOMENTUM] = o.momentum,
        [DAMPENING] = o.dampening,
        [WEIGHT_DECAY] = o.weight_decay,
        [NESTEROV] = o.nesterov,
        [MAXIMIZE] = o.maximize,
    };
    const gra__trained what = {o.module, o.tensors, o.count, o.fused_backward};
    return gra__optim_new(&sgd_class, what, option);
}
