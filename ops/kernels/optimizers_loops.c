/* The updates of optimizers, compiled once per instruction set; see optimizers.h. The loops are plain
 * code that the compiler vectorises, and stand once, in optimizers_of.h, for both types. */
#include "ops/kernels/optimizers.h"

#include "ops/kernels/isa.h"

extern const gra__optimizers_table GRA_ISA_NAME(gra__optimizers);

/* A loop of its own for each set of constant flags that its caller passes. */
#define UPDATE static inline __attribute__((always_inline)) void

#define REAL float
#define SQRT __builtin_sqrtf
#define ABS __builtin_fabsf
#define OF(name) name##_f32
#include "ops/kernels/optimizers_of.h"
#undef REAL
#undef SQRT
#undef ABS
#undef OF

#define REAL double
#define SQRT __builtin_sqrt
#define ABS __builtin_fabs
#define OF(name) name##_f64
#include "ops/kernels/optimizers_of.h"

#define BOTH(f)                                                                                    \
    {                                                                                              \
        [GRA_FLOAT32] = f##_f32, [GRA_FLOAT64] = f##_f64                                           \
    }

const gra__optimizers_table GRA_ISA_NAME(gra__optimizers) = {
    .update =
        {
            [GRA__SGD] = BOTH(sgd),
            [GRA__ADAM] = BOTH(adam),
            [GRA__ADAMAX] = BOTH(adamax),
            [GRA__NADAM] = BOTH(nadam),
            [GRA__RMSPROP] = BOTH(rmsprop),
            [GRA__ADAGRAD] = BOTH(adagrad),
            [GRA__ADADELTA] = BOTH(adadelta),
            [GRA__LARS] = BOTH(lars),
            [GRA__DIAGONAL_LM] = BOTH(diagonal_lm),
        },
    .sum_of_squares = BOTH(sum_of_squares),
};
