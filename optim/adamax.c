/* adamax.c - Adam with the largest gradient in place of the root of the mean square. */
#include <math.h>

#include "optim/optim_struct.h"
#include "optim/optimizers.h"

enum { LR, BETA1, BETA2, EPS, WEIGHT_DECAY, MAXIMIZE };

static unsigned needs(const double *option)
{
    (void)option;
    return 3;
}

static void prepare(const gra__update *u, gra__optimizer_step *step)
{
    const double *const o = u->option;
    step->adamax = (gra__adamax_step){
        .step_size = o[LR] / (1 - pow(o[BETA1], (double)(u->state->steps + 1))),
        .beta1 = o[BETA1],
        .beta2 = o[BETA2],
        .eps = o[EPS],
        .weight_decay = o[WEIGHT_DECAY],
        .maximize = o[MAXIMIZE] != 0,
    };
}

static const gra__optim_class adamax_class = {
    .name = "Adamax",
    .loop = GRA__ADAMAX,
    .options = {[LR] = {"lr", GRA__AT_LEAST_0},
                [BETA1] = {"beta1", GRA__BELOW_1},
                [BETA2] = {"beta2", GRA__BELOW_1},
                [EPS] = {"eps", GRA__AT_LEAST_0},
                [WEIGHT_DECAY] = {"weight_decay", GRA__AT_LEAST_0},
                [MAXIMIZE] = {"maximize", GRA__FLAG}},
    .memory = {"exp_avg", "exp_inf"},
    .counts_steps = true,
    .needs = needs,
    .prepare = prepare,
};

gra_adamax_options gra_adamax_defaults(void)
{
    return (gra_adamax_options){GRA__ADAMAX_DEFAULTS};
}

gra_optim *gra_adamax_with(gra_adamax_options o)
{
    const double option[] = {
        [LR] = o.lr,
        [BETA1] = o.betas[0],
        [BETA2] = o.betas[1],
        [EPS] = o.eps,
        [WEIGHT_DECAY] = o.weight_decay,
        [MAXIMIZE] = o.maximize,
    };
    const gra__trained what = {o.module, o.tensors, o.count, o.fused_backward};
    return gra__optim_new(&adamax_class, what, option);
}
