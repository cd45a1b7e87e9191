/* Numbers and thread counts for the kernels' tests. */
#ifndef GRA_TESTS_OPS_KERNELS_KERNEL_DATA_H
#define GRA_TESTS_OPS_KERNELS_KERNEL_DATA_H

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const int thread_counts[] = {1, 2, 3, 8};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static inline size_t at_least_one(int64_t count)
{
    return count > 0 ? (size_t)count : 1;
}

/* `count` numbers in [-1, 1), exactly representable in float32, the same for the same seed. */
static inline double *random_f64(int64_t count, uint32_t seed)
{
    double *x = malloc(at_least_one(count) * sizeof *x);
    uint64_t state = seed * 2654435761u + 12345;
    for (int64_t i = 0; i < count; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        x[i] = (double)(int32_t)(state >> 40) / (1 << 23) - 1;
    }
    return x;
}

static inline float *to_f32(const double *x, int64_t count)
{
    float *y = malloc(at_least_one(count) * sizeof *y);
    for (int64_t i = 0; i < count; i++)
        y[i] = (float)x[i];
    return y;
}

/* An array full of NaN: what is not written shows. */
static inline float *nan_f32(int64_t count)
{
    float *y = malloc(at_least_one(count) * sizeof *y);
    for (int64_t i = 0; i < count; i++)
        y[i] = NAN;
    return y;
}

static inline double *nan_f64(int64_t count)
{
    double *y = malloc(at_least_one(count) * sizeof *y);
    for (int64_t i = 0; i < count; i++)
        y[i] = (double)NAN;
    return y;
}

/* The largest |got - expected| over the arrays, NaN if there is one. */
static inline double worst_f32(const float *got, const double *expected, int64_t count)
{
    double worst = 0;
    for (int64_t i = 0; i < count; i++) {
        const double error = fabs((double)got[i] - expected[i]);
        worst = error > worst || isnan(error) ? error : worst;
    }
    return worst;
}

static inline double worst_f64(const double *got, const double *expected, int64_t count)
{
    double worst = 0;
    for (int64_t i = 0; i < count; i++) {
        const double error = fabs(got[i] - expected[i]);
        worst = error > worst || isnan(error) ? error : worst;
    }
    return worst;
}

#endif
