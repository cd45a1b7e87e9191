/* rmsprop.c - gradients divided by the root of their mean square. */
#include "optim/optim_struct.h"
#include "optim/optimizers.h"

enum { LR, ALPHA, EPS, WEIGHT_DECAY, MOMENTUM, CENTERED, MAXIMIZE };

static unsigned needs(const double *option)
{
    return 1u | (option[MOMENTUM] > 0 ? 2 : 0) | (option[CENTERED] != 0 ? 4 : 0);
}

static void prepare(const gra__update *u, gra__optimizer_step *step)
{
    const double *const o = u->option;
    step->rmsprop = (gra__rmsprop_step){
        .lr = o[LR],
        .alpha = o[ALPHA],
        .eps = o[EPS],
        .momentum = o[MOMENTUM],
        .weight_decay = o[WEIGHT_DECAY],
        .centered = o[CENTERED] != 0,
        .maximize = o[MAXIMIZE] != 0,
    };
}

static const gra__optim_class rmsprop_class = {
    .name = "RMSprop",
    .loop = GRA__RMSPROP,
    .options = {[LR] = {"lr", GRA__AT_LEAST_0},
                [ALPHA] = {"alpha", GRA__AT_LEAST_0},
                [EPS] = {"eps", GRA__AT_LEAST_0},
                [WEIGHT_DECAY] = {"weight_decay", GRA__AT_LEAST_0},
                [MOMENTUM] = {"momentum", GRA__AT_LEAST_0},
                [CENTERED] = {"centered", GRA__FLAG},
                [MAXIMIZE] = {"maximize", GRA__FLAG}},
    .memory = {"square_avg", "momentum_buffer", "grad_avg"},
    .counts_steps = true,
    .needs = needs,
    .prepare = prepare,
};

gra_rmsprop_options gra_rmsprop_defaults(void)
{
    return (gra_rmsprop_options){GRA__RMSPROP_DEFAULTS};
}

gra_optim *gra_rmsprop_with(gra_rmsprop_options o)
{
    const double option[] = {
        [LR] = o.lr,
        [ALPHA] = o.alpha,
        [EPS] = o.eps,
        [WEIGHT_DECAY] = o.weight_decay,
        [MOMENTUM] = o.momentum,
        [CENTERED] = o.centered,
        [MAXIMIZE] = o.maximize,
    };
    const gra__trained what = {o.module, o.tensors, o.count, o.fused_backward};
    return gra__optim_new(&rmsprop_class, what, option);
}
