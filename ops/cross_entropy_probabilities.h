/* cross_entropy_probabilities.h - the part of cross_entropy whose targets are probabilities of the classes. */
#ifndef GRA_OPS_CROSS_ENTROPY_PROBABILITIES_H
#define GRA_OPS_CROSS_ENTROPY_PROBABILITIES_H

#include "ops/ops.h"

typedef struct gra__cross_entropy_args {
    int64_t reduction, ignore_index;
    double label_smoothing;
} gra__cross_entropy_args;

/* The inputs of cross_entropy. */
enum { GRA__LOGITS, GRA__TARGET, GRA__CLASS_WEIGHT };

/* Its forward and its vjp where the target has a floating point dtype. */
void gra__cross_entropy_probabilities_forward(gra_call *c);
void gra__cross_entropy_probabilities_vjp(gra_call *c, gra_tensor *g, gra_tensor **dx);

#endif
