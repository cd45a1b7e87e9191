/* Arithmetic on sizes, for the files that plan a kernel's work.
 *
 * May include: nothing of Gradus.
 */
#ifndef GRA_OPS_KERNELS_SIZES_H
#define GRA_OPS_KERNELS_SIZES_H

#include <stdint.h>

static inline int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static inline int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* How many units hold a. */
static inline int64_t ceiling(int64_t a, int64_t unit)
{
    return (a + unit - 1) / unit;
}

static inline int64_t round_up(int64_t a, int64_t unit)
{
    return ceiling(a, unit) * unit;
}

#endif
