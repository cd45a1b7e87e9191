/* nadam.c - Adam with Nesterov's momentum, whose weight mu grows from step to step. */
#include <math.h>

#include "optim/optim_struct.h"
#include "optim/optimizers.h"

enum { LR, BETA1, BETA2, EPS, WEIGHT_DECAY, MOMENTUM_DECAY, DECOUPLED, MAXIMIZE };

static unsigned needs(const double *option)
{
    (void)option;
    return 3;
}

/* The weight of momentum in step t. */
static double mu(const double *o, double t)
{
    return o[BETA1] * (1 - 0.5 * pow(0.96, t * o[MOMENTUM_DECAY]));
}

static double next_product(const double *option, const gra__parameter_state *state)
{
    return state->product * mu(option, (double)(state->steps + 1));
}

static void prepare(const gra__update *u, gra__optimizer_step *step)
{
    const double *const o = u->option;
    const double t = (double)(u->state->steps + 1), product = next_product(o, u->state);
    const double now = mu(o, t), next = mu(o, t + 1);
    const bool decoupled = o[DECOUPLED] != 0;
    step->nadam = (gra__nadam_step){
        .gradient_size = o[LR] * (1 - now) / (1 - product),
        .step_size = o[LR] * next / (1 - product * next),
        .scale = 1 / (1 - pow(o[BETA2], t)),
        .keep = decoupled ? 1 - o[LR] * o[WEIGHT_DECAY] : 1,
        .beta1 = o[BETA1],
        .beta2 = o[BETA2],
        .eps = o[EPS],
        .weight_decay = decoupled ? 0 : o[WEIGHT_DECAY],
        .maximize = o[MAXIMIZE] != 0,
    };
}

static const gra__optim_class nadam_class = {
    .name = "NAdam",
    .loop = GRA__NADAM,
    .options = {[LR] = {"lr", GRA__AT_LEAST_0},
                [BETA1] = {"beta1", GRA__BELOW_1},
                [BETA2] = {"beta2", GRA__BELOW_1},
                [EPS] = {"eps", GRA__AT_LEAST_0},
                [WEIGHT_DECAY] = {"weight_decay", GRA__AT_LEAST_0},
                [MOMENTUM_DECAY] = {"momentum_decay", GRA__AT_LEAST_0},
                [DECOUPLED] = {"decoupled_weight_decay", GRA__FLAG},
                [MAXIMIZE] = {"maximize", GRA__FLAG}},
    .memory = {"exp_avg", "exp_avg_sq"},
    .product = "mu_product",
    .counts_steps = true,
    .needs = needs,
    .prepare = prepare,
    .next_product = next_product,
};

gra_nadam_options gra_nadam_defaults(void)
{
    return (gra_nadam_options){GRA__NADAM_DEFAULTS};
}

gra_optim *gra_nadam_with(gra_nadam_options o)
{
    const double option[] = {
        [LR] = o.lr,
        [BETA1] = o.betas[0],
        [BETA2] = o.betas[1],
        [EPS] = o.eps,
        [WEIGHT_DECAY] = o.weight_decay,
        [MOMENTUM_DECAY] = o.momentum_decay,
        [DECOUPLED] = o.decoupled_weight_decay,
        [MAXIMIZE] = o.maximize,
    };
    const gra__trained what = {o.module, o.tensors, o.count, o.fused_backward};
    return gra__optim_new(&nadam_class, what, option);
}
