/* adam.c - Adam and AdamW, which differ in what weight_decay means. */
#include <math.h>

#include "optim/optim_struct.h"
#include "optim/optimizers.h"

enum { LR, BETA1, BETA2, EPS, WEIGHT_DECAY, AMSGRAD, MAXIMIZE, DECOUPLED };

static unsigned needs(const double *option)
{
    return option[AMSGRAD] != 0 ? 7 : 3;
}

static void prepare(const gra__update *u, gra__optimizer_step *step)
{
    const double *const o = u->option;
    const double t = (double)(u->state->steps + 1);
    const bool decoupled = o[DECOUPLED] != 0;
    step->adam = (gra__adam_step){
        .step_size = o[LR] / (1 - pow(o[BETA1], t)),
        .scale = 1 / sqrt(1 - pow(o[BETA2], t)),
        .keep = decoupled ? 1 - o[LR] * o[WEIGHT_DECAY] : 1,
        .beta1 = o[BETA1],
        .beta2 = o[BETA2],
        .eps = o[EPS],
        .weight_decay = decoupled ? 0 : o[WEIGHT_DECAY],
        .amsgrad = o[AMSGRAD] != 0,
        .maximize = o[MAXIMIZE] != 0,
    };
}

/* clang-format off */
#define ADAM_CLASS(title)                                                                          \
    {                                                                                              \
        .name = title,                                                                             \
        .loop = GRA__ADAM,                                                                         \
        .options = {[LR] = {"lr", GRA__AT_LEAST_0},                                                \
                    [BETA1] = {"beta1", GRA__BELOW_1},                                             \
                    [BETA2] = {"beta2", GRA__BELOW_1},                                             \
                    [EPS] = {"eps", GRA__AT_LEAST_0},                                              \
                    [WEIGHT_DECAY] = {"weight_decay", GRA__AT_LEAST_0},                            \
                    [AMSGRAD] = {"amsgrad", GRA__FLAG},                                            \
                    [MAXIMIZE] = {"maximize", GRA__FLAG},                                          \
                    [DECOUPLED] = {"decoupled_weight_decay", GRA__FLAG}},                          \
        .memory = {"exp_avg", "exp_avg_sq", "max_exp_avg_sq"},                                     \
        .counts_steps = true,                                                                      \
        .needs = needs,                                                                            \
        .prepare = prepare,                                                                        \
    }
/* clang-format on */

static const gra__optim_class adam_class = ADAM_CLASS("Adam"), adamw_class = ADAM_CLASS("AdamW");

gra_adam_options gra_adam_defaults(void)
{
    return (gra_adam_options){GRA__ADAM_DEFAULTS, .weight_decay = 0};
}

gra_adam_options gra_adamw_defaults(void)
{
    return (gra_adam_options){GRA__ADAM_DEFAULTS, .weight_decay = 1e-2};
}

static gra_optim *adam(const gra__optim_class *type, const gra_adam_options *o, bool decoupled)
{
    const double option[] = {
        [LR] = o->lr,
        [BETA1] = o->betas[0],
        [BETA2] = o->betas[1],
        [EPS] = o->eps,
        [WEIGHT_DECAY] = o->weight_decay,
        [AMSGRAD] = o->amsgrad,
        [MAXIMIZE] = o->maximize,
        [DECOUPLED] = decoupled,
    };
    const gra__trained what = {o->module, o->tensors, o->count, o->fused_backward};
    return gra__optim_new(type, what, option);
}

gra_optim *gra_adam_with(gra_adam_options o)
{
    return adam(&adam_class, &o, false);
}

gra_optim *gra_adamw_with(gra_adam_options o)
{
    return adam(&adamw_class, &o, true);
}
