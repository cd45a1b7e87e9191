/* Every update of every optimizer against its naive twin, over sizes and options, at odd addresses.
 * GRADUS_ISA picks the instruction set under test. */
#include "ops/kernels/isa.h"
#include "tests/reference/elementwise.h"
#include "tests/reference/optimizers.h"

#include <math.h>
#include <stdint.h>

#include "tests/support/test.h"

enum { LARGEST = 200, BYTES = LARGEST * 8 + 1, ARRAYS = 2 + GRA__OPTIMIZER_MEMORY };

static const size_t sizes[] = {0, 1, 3, 15, 16, 17, 33, LARGEST};

/* p, g and the memory; one byte off, so that nothing is aligned. */
static char arrays[ARRAYS][BYTES];

static uint64_t random_state;

static double random_in(double low, double high)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return low + (high - low) * (double)(random_state >> 11) * 0x1p-53;
}

static char *element(gra_dtype dtype, int array, size_t i)
{
    return arrays[array] + 1 + i * gra__reference_size(dtype);
}

/* Averages of squares are at least 1, above what averages of gradients squared may be. */
static void fill(gra_dtype dtype, size_t n, bool memory_is_empty)
{
    for (size_t i = 0; i < n; i++) {
        for (int k = 0; k < ARRAYS; k++)
            gra__reference_store(dtype, element(dtype, k, i), random_in(-2, 2));
        for (int k = 2; k < ARRAYS; k++)
            gra__reference_store(dtype, element(dtype, k, i),
                                 memory_is_empty ? NAN : random_in(k == 4 ? 0 : 1, k == 4 ? 1 : 2));
    }
}

static void run(gra__optimizer optimizer, gra_dtype dtype, size_t n, size_t from,
                const gra__optimizer_step *step)
{
    char *const memory[] = {element(dtype, 2, from), element(dtype, 3, from),
                            element(dtype, 4, from)};
    gra__kernels_get()->optimizers->update[optimizer][dtype](n, element(dtype, 0, from),
                                                             element(dtype, 1, from), memory, step);
}

static void check(gra__optimizer optimizer, gra_dtype dtype, size_t n,
                  const gra__optimizer_step *step)
{
    static double twin[ARRAYS][LARGEST];
    const double tolerated = dtype == GRA_FLOAT32 ? 6e-6 : 2e-14;
    fill(dtype, n, optimizer == GRA__SGD && step->sgd.first);
    for (size_t i = 0; i < n; i++) {
        double memory[GRA__OPTIMIZER_MEMORY];
        for (int k = 0; k < ARRAYS; k++)
            twin[k][i] = gra__reference_load(dtype, element(dtype, k, i));
        memcpy(memory, (double[]){twin[2][i], twin[3][i], twin[4][i]}, sizeof memory);
        gra__reference_update(optimizer, &twin[0][i], twin[1][i], memory, step);
        for (int k = 0; k < GRA__OPTIMIZER_MEMORY; k++)
            twin[2 + k][i] = memory[k];
    }
    run(optimizer, dtype, n, 0, step);
    for (int k = 0; k < ARRAYS; k++)
        for (size_t i = 0; i < n; i++) {
            const double got = gra__reference_load(dtype, element(dtype, k, i));
            ck_assert_msg(gra_test_close(got, twin[k][i], tolerated, tolerated),
                          "optimizer %d, array %d: element %zu of %zu is %.17g, expected %.17g",
                          (int)optimizer, k, i, n, got, twin[k][i]);
        }
}

/* Bits, not values: threads and strips cut a parameter into pieces, so an element may not depend on
 * its place in a piece, be it in the vectorised body of a loop or in what is left over. */
static void check_places(gra__optimizer optimizer, gra_dtype dtype, const gra__optimizer_step *step)
{
    static char before[ARRAYS][BYTES], whole[ARRAYS][BYTES];
    fill(dtype, LARGEST, false);
    memcpy(before, arrays, sizeof arrays);
    run(optimizer, dtype, LARGEST, 0, step);
    memcpy(whole, arrays, sizeof arrays);
    memcpy(arrays, before, sizeof arrays);
    for (size_t i = 0; i < LARGEST; i++)
        run(optimizer, dtype, 1, i, step);
    ck_assert_msg(memcmp(arrays, whole, sizeof arrays) == 0,
                  "optimizer %d: bits depend on the place", (int)optimizer);
}

static void check_everywhere(gra__optimizer optimizer, const gra__optimizer_step *step)
{
    for (int dtype = GRA_FLOAT32; dtype <= GRA_FLOAT64; dtype++) {
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
            check(optimizer, (gra_dtype)dtype, sizes[s], step);
        check_places(optimizer, (gra_dtype)dtype, step);
    }
}

GRA_TEST(sgd_agrees_with_the_twin)
{
    for (int flags = 0; flags < 64; flags++) {
        const gra__optimizer_step step = {.sgd = {.lr = 0.1,
                                                  .momentum = flags & 1 ? 0.9 : 0,
                                                  .dampening = flags & 2 ? 0.25 : 0,
                                                  .weight_decay = flags & 4 ? 0.01 : 0,
                                                  .nesterov = flags & 8,
                                                  .maximize = flags & 16,
                                                  .first = flags & 1 && flags & 32}};
        check_everywhere(GRA__SGD, &step);
    }
}

GRA_TEST(adam_agrees_with_the_twin)
{
    for (int flags = 0; flags < 16; flags++) {
        const gra__optimizer_step step = {.adam = {.step_size = 0.1,
                                                   .scale = 1.25,
                                                   .keep = flags & 1 ? 0.98 : 1,
                                                   .beta1 = 0.9,
                                                   .beta2 = 0.99,
                                                   .eps = 1e-3,
                                                   .weight_decay = flags & 2 ? 0.01 : 0,
                                                   .amsgrad = flags & 4,
                                                   .maximize = flags & 8}};
        check_everywhere(GRA__ADAM, &step);
    }
}

GRA_TEST(adamax_and_nadam_agree_with_the_twin)
{
    for (int flags = 0; flags < 8; flags++) {
        const gra__optimizer_step adamax = {.adamax = {.step_size = 0.1,
                                                       .beta1 = 0.9,
                                                       .beta2 = 0.99,
                                                       .eps = 1e-3,
                                                       .weight_decay = flags & 2 ? 0.01 : 0,
                                                       .maximize = flags & 4}};
        const gra__optimizer_step nadam = {.nadam = {.gradient_size = 0.03,
                                                     .step_size = 0.1,
                                                     .scale = 1.25,
                                                     .keep = flags & 1 ? 0.98 : 1,
                                                     .beta1 = 0.9,
                                                     .beta2 = 0.99,
                                                     .eps = 1e-3,
                                                     .weight_decay = flags & 2 ? 0.01 : 0,
                                                     .maximize = flags & 4}};
        check_everywhere(GRA__ADAMAX, &adamax);
        check_everywhere(GRA__NADAM, &nadam);
    }
}

GRA_TEST(rmsprop_agrees_with_the_twin)
{
    for (int flags = 0; flags < 16; flags++) {
        const gra__optimizer_step step = {.rmsprop = {.lr = 0.1,
                                                      .alpha = 0.9,
                                                      .eps = 1e-3,
                                                      .momentum = flags & 1 ? 0.9 : 0,
                                                      .weight_decay = flags & 2 ? 0.01 : 0,
                                                      .centered = flags & 4,
                                                      .maximize = flags & 8}};
        check_everywhere(GRA__RMSPROP, &step);
    }
}

GRA_TEST(adagrad_and_adadelta_agree_with_the_twin)
{
    for (int flags = 0; flags < 4; flags++) {
        const double decay = flags & 1 ? 0.01 : 0;
        const gra__optimizer_step adagrad = {
            .adagrad = {.lr = 0.1, .eps = 1e-3, .weight_decay = decay, .maximize = flags & 2}};
        const gra__optimizer_step adadelta = {
            .adadelta = {
                .lr = 0.1, .rho = 0.9, .eps = 1e-3, .weight_decay = decay, .maximize = flags & 2}};
        check_everywhere(GRA__ADAGRAD, &adagrad);
        check_everywhere(GRA__ADADELTA, &adadelta);
    }
}

GRA_TEST(lars_agrees_with_the_twin)
{
    for (int flags = 0; flags < 4; flags++) {
        const gra__optimizer_step step = {.lars = {.rate = 0.1,
                                                   .momentum = flags & 1 ? 0.9 : 0,
                                                   .weight_decay = flags & 2 ? 0.01 : 0}};
        check_everywhere(GRA__LARS, &step);
    }
}

GRA_TEST(diagonal_lm_agrees_with_the_twin)
{
    const gra__optimizer_step step = {.diagonal_lm = {.lr = 0.1, .mu = 0.02}};
    check_everywhere(GRA__DIAGONAL_LM, &step);
}

GRA_TEST(squares_are_summed)
{
    for (int d = GRA_FLOAT32; d <= GRA_FLOAT64; d++)
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
            const gra_dtype dtype = (gra_dtype)d;
            double expected = 0;
            fill(dtype, sizes[s], false);
            for (size_t i = 0; i < sizes[s]; i++)
                expected += pow(gra__reference_load(dtype, element(dtype, 0, i)), 2);
            const double got = gra__kernels_get()->optimizers->sum_of_squares[dtype](
                sizes[s], element(dtype, 0, 0));
            ck_assert(fabs(got - expected) <= 1e-13 * expected);
        }
}

/* A NaN in the gradient is not lost behind a maximum. */
GRA_TEST(nan_goes_into_the_maxima)
{
    const gra__optimizer_step amsgrad = {.adam = {.step_size = 1, .scale = 1, .amsgrad = true}},
                              adamax = {.adamax = {.step_size = 1, .beta2 = 0.9}};
    const float nan_value = NAN;
    for (int i = 0; i < 2; i++) {
        fill(GRA_FLOAT32, 1, false);
        memcpy(element(GRA_FLOAT32, 1, 0), &nan_value, sizeof nan_value);
        run(i ? GRA__ADAMAX : GRA__ADAM, GRA_FLOAT32, 1, 0, i ? &adamax : &amsgrad);
        ck_assert(isnan(gra__reference_load(GRA_FLOAT32, element(GRA_FLOAT32, i ? 3 : 4, 0))));
    }
}

GRA_TEST_MAIN("optimizers", sgd_agrees_with_the_twin, adam_agrees_with_the_twin,
              adamax_and_nadam_agree_with_the_twin, rmsprop_agrees_with_the_twin,
              adagrad_and_adadelta_agree_with_the_twin, lars_agrees_with_the_twin,
              diagonal_lm_agrees_with_the_twin, squares_are_summed, nan_goes_into_the_maxima)
