/* lars.c - momentum whose step for each tensor is in proportion to the tensor's norm. */
#include "core/tensor_struct.h"
#include "optim/optim_struct.h"
#include "optim/optimizers.h"

enum { LR, MOMENTUM, WEIGHT_DECAY, TRUST, EPS, EXCLUDE_1D };

static unsigned needs(const double *option)
{
    return option[MOMENTUM] != 0;
}

/* A tensor or a gradient that is 0 has no direction to trust. */
static double trust_ratio(const gra__update *u)
{
    const double *const o = u->option;
    const double p = gra__optim_norm(u->p), g = gra__optim_norm(u->g);
    return p == 0 || g == 0 ? 1 : o[TRUST] * p / (g + o[WEIGHT_DECAY] * p + o[EPS]);
}

static void prepare(const gra__update *u, gra__optimizer_step *step)
{
    const double *const o = u->option;
    const bool excluded = o[EXCLUDE_1D] != 0 && u->p->shape.count <= 1;
    step->lars = (gra__lars_step){
        .rate = excluded ? o[LR] : o[LR] * trust_ratio(u),
        .momentum = o[MOMENTUM],
        .weight_decay = excluded ? 0 : o[WEIGHT_DECAY],
    };
}

static const gra__optim_class lars_class = {
    .name = "LARS",
    .loop = GRA__LARS,
    .options = {[LR] = {"lr", GRA__AT_LEAST_0},
                [MOMENTUM] = {"momentum", GRA__AT_LEAST_0},
                [WEIGHT_DECAY] = {"weight_decay", GRA__AT_LEAST_0},
                [TRUST] = {"trust_coefficient", GRA__AT_LEAST_0},
                [EPS] = {"eps", GRA__AT_LEAST_0},
                [EXCLUDE_1D] = {"exclude_1d", GRA__FLAG}},
    .memory = {"momentum_buffer"},
    .needs = needs,
    .prepare = prepare,
};

gra_lars_options gra_lars_defaults(void)
{
    return (gra_lars_options){GRA__LARS_DEFAULTS};
}

gra_optim *gra_lars_with(gra_lars_options o)
{
    const double option[] = {
        [LR] = o.lr,
        [MOMENTUM] = o.momentum,
        [WEIGHT_DECAY] = o.weight_decay,
        [TRUST] = o.trust_coefficient,
        [EPS] = o.eps,
        [EXCLUDE_1D] = o.exclude_1d,
    };
    return gra__optim_new(&lars_class, (gra__trained){o.module, o.tensors, o.count, false}, option);
}
