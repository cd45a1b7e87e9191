/* adadelta.c - steps in the parameter's own unit: roots of mean squares above and below. */
#include "optim/optim_struct.h"
#include "optim/optimizers.h"

enum { LR, RHO, EPS, WEIGHT_DECAY, MAXIMIZE };

static unsigned needs(const double *option)
{
    (void)option;
    return 3;
}

static void prepare(const gra__update *u, gra__optimizer_step *step)
{
    const double *const o = u->option;
    step->adadelta = (gra__adadelta_step){
        .lr = o[LR],
        .rho = o[RHO],
        .eps = o[EPS],
        .weight_decay = o[WEIGHT_DECAY],
        .maximize = o[MAXIMIZE] != 0,
    };
}

static const gra__optim_class adadelta_class = {
    .name = "Adadelta",
    .loop = GRA__ADADELTA,
    .options = {[LR] = {"lr", GRA__AT_LEAST_0},
                [RHO] = {"rho", GRA__UP_TO_1},
                [EPS] = {"eps", GRA__AT_LEAST_0},
                [WEIGHT_DECAY] = {"weight_decay", GRA__AT_LEAST_0},
                [MAXIMIZE] = {"maximize", GRA__FLAG}},
    .memory = {"square_avg", "acc_delta"},
    .counts_steps = true,
    .needs = needs,
    .prepare = prepare,
};

gra_adadelta_options gra_adadelta_defaults(void)
{
    return (gra_adadelta_options){GRA__ADADELTA_DEFAULTS};
}

gra_optim *gra_adadelta_with(gra_adadelta_options o)
{
    const double option[] = {
        [LR] = o.lr,
        [RHO] = o.rho,
        [EPS] = o.eps,
        [WEIGHT_DECAY] = o.weight_decay,
        [MAXIMIZE] = o.maximize,
    };
    const gra__trained what = {o.module, o.tensors, o.count, o.fused_backward};
    return gra__optim_new(&adadelta_class, what, option);
}
