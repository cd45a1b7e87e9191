/* round.c - whole numbers: floor, ceil, trunc and round.
 *
 *   y = the next whole number below x, above it, toward zero, or the nearest (of two the even one)
 *   dy/dx = 0
 *
 * Integers stay as they are.
 */
#include "core/create.h"
#include "ops/iterate.h"
#include "ops/ops.h"

static void round_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    (void)c;
    dx[0] = gra_zeros_like(g[0]);
}

#define ROUNDING(name)                                                                             \
    static void name##_forward(gra_call *c)                                                        \
    {                                                                                              \
        gra__unary(c, gra__kernels_get()->elementwise->name);                                      \
    }                                                                                              \
                                                                                                   \
    const gra_op gra_op_##name = {                                                                 \
        .schema = #name "(Tensor x) -> Tensor",                                                    \
        .forward = name##_forward,                                                                 \
        .vjp = round_vjp,                                                                          \
        .saves = GRA_SAVE_NOTHING,                                                                 \
    };                                                                                             \
                                                                                                   \
    gra_tensor *gra_##name(gra_tensor *x)                                                          \
    {                                                                                              \
        return gra_apply(&gra_op_##name, &x, 1, NULL);                                             \
    }

ROUNDING(floor)
ROUNDING(ceil)
ROUNDING(trunc)
ROUNDING(round)
