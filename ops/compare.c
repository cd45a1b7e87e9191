/* compare.c - comparisons of tensors with tensors and with numbers.
 *
 *   y = a == b, a != b, a < b, a <= b, a > b, a >= b          bool, no gradient
 *
 * Both sides are compared in the dtype they promote to.  NaN is unequal to everything.
 */
#include "ops/iterate.h"
#include "ops/ops.h"

typedef struct {
    double value;
} scalar_args;

/* The two ops of one comparison; `name` is its row in the kernel table as well. */
#define COMPARISON(name)                                                                           \
    static void name##_forward(gra_call *c)                                                        \
    {                                                                                              \
        gra__binary_bool(c, gra__kernels_get()->elementwise->name);                                \
    }                                                                                              \
                                                                                                   \
    static void name##_scalar_forward(gra_call *c)                                                 \
    {                                                                                              \
        const scalar_args *const args = c->args;                                                   \
        gra__scalar_bool(c, gra__kernels_get()->elementwise->name, args->value);                   \
    }                                                                                              \
                                                                                                   \
    const gra_op gra_op_##name = {                                                                 \
        .schema = #name "(Tensor a, Tensor b) -> Tensor",                                          \
        .forward = name##_forward,                                                                 \
        .saves = GRA_SAVE_NOTHING,                                                                 \
    };                                                                                             \
                                                                                                   \
    const gra_op gra_op_##name##_scalar = {                                                        \
        .schema = #name "_scalar(Tensor x, float value) -> Tensor",                                \
        .forward = name##_scalar_forward,                                                          \
        .saves = GRA_SAVE_NOTHING,                                                                 \
        .args_size = sizeof(scalar_args),                                                          \
    };                                                                                             \
                                                                                                   \
    gra_tensor *gra_##name(gra_tensor *a, gra_tensor *b)                                           \
    {                                                                                              \
        return gra_apply(&gra_op_##name, (gra_tensor *[]){a, b}, 2, NULL);                         \
    }                                                                                              \
                                                                                                   \
    gra_tensor *gra_##name##_scalar(gra_tensor *x, double value)                                   \
    {                                                                                              \
        return gra_apply(&gra_op_##name##_scalar, &x, 1, &(scalar_args){value});                   \
    }

COMPARISON(eq)
COMPARISON(ne)
COMPARISON(lt)
COMPARISON(le)
COMPARISON(gt)
COMPARISON(ge)
