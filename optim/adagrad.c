/* adagrad.c - gradients divided by the root of the sum of their squares. */
#include "optim/optim_struct.h"
#include "optim/optimizers.h"

enum { LR, LR_DECAY, WEIGHT_DECAY, INITIAL, EPS, MAXIMIZE };

static unsigned needs(const double *option)
{
    (void)option;
    return 1;
}

static double start(const double *option)
{
    return option[INITIAL];
}

static void prepare(const gra__update *u, gra__optimizer_step *step)
{
    const double *const o = u->option;
    step->adagrad = (gra__adagrad_step){
        .lr = o[LR] / (1 + (double)u->state->steps * o[LR_DECAY]),
        .eps = o[EPS],
        .weight_decay = o[WEIGHT_DECAY],
        .maximize = o[MAXIMIZE] != 0,
    };
}

static const gra__optim_class adagrad_class = {
    .name = "Adagrad",
    .loop = GRA__ADAGRAD,
    .options = {[LR] = {"lr", GRA__AT_LEAST_0},
                [LR_DECAY] = {"lr_decay", GRA__AT_LEAST_0},
                [WEIGHT_DECAY] = {"weight_decay", GRA__AT_LEAST_0},
                [INITIAL] = {"initial_accumulator_value", GRA__AT_LEAST_0},
                [EPS] = {"eps", GRA__AT_LEAST_0},
                [MAXIMIZE] = {"maximize", GRA__FLAG}},
    .memory = {"sum"},
    .counts_steps = true,
    .needs = needs,
    .start = start,
    .prepare = prepare,
};

gra_adagrad_options gra_adagrad_defaults(void)
{
    return (gra_adagrad_options){GRA__ADAGRAD_DEFAULTS};
}

gra_optim *gra_adagrad_with(gra_adagrad_options o)
{
    const double option[] = {
        [LR] = o.lr,
        [LR_DECAY] = o.lr_decay,
        [WEIGHT_DECAY] = o.weight_decay,
        [INITIAL] = o.initial_accumulator_value,
        [EPS] = o.eps,
        [MAXIMIZE] = o.maximize,
    };
    const gra__trained what = {o.module, o.tensors, o.count, o.fused_backward};
    return gra__optim_new(&adagrad_class, what, option);
}
