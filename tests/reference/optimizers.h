/* Naive twin of ops/kernels/optimizers.h: one element at a time, in double. */
#ifndef GRA_TESTS_REFERENCE_OPTIMIZERS_H
#define GRA_TESTS_REFERENCE_OPTIMIZERS_H

#include "ops/kernels/optimizers.h"

/* Moves *p; memory has one number for each array of the kernel. */
void gra__reference_update(gra__optimizer optimizer, double *p, double g, double *memory,
                           const gra__optimizer_step *step);

#endif
