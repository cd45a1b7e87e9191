/* class_targets.h - targets that are class indices: what cross_entropy and nll_loss share.
 *
 *     input  [N, C], [C] or [N, C, d1, ...]      a number for each class
 *     target [N], [] or [N, d1, ...]             int64: 0 to C - 1, or ignore_index, which counts for nothing
 *     weight [C] or NULL                         of the classes; NULL: 1 for each
 *
 * May include: core, ops/slabs.h, ops/ops.h.
 */
#ifndef GRA_OPS_CLASS_TARGETS_H
#define GRA_OPS_CLASS_TARGETS_H

#include "ops/ops.h"
#include "ops/slabs.h"

typedef struct gra__class_targets {
    int64_t count;        /* of targets */
    const int64_t *at;    /* row-major */
    const double *weight; /* of each class, or NULL */
    int64_t classes, ignored;
    double total; /* weights of the targets that count, added up */
} gra__class_targets;

/* Checks a call of op and reads its targets; false with an error. What it points to belongs to the scope. */
bool gra__read_class_targets(const char *op, const gra_tensor *input, gra_tensor *target,
                             gra_tensor *weight, int64_t reduction, int64_t ignored,
                             gra__class_targets *t);

/* The dim of the classes in an input of this shape. */
int gra__class_dim(gra_shape input);

/* The weight of target i, 0 where it is ignored. */
static inline double gra__target_weight(const gra__class_targets *t, int64_t i)
{
    return t->at[i] == t->ignored ? 0 : t->weight ? t->weight[t->at[i]] : 1;
}

/* Class k of target i lies at (outer n + k) inner + column of the packed input. */
static inline int64_t gra__class_place(const gra__slabs *s, int64_t i, int64_t k)
{
    return (i / s->inner * s->n + k) * s->inner + i % s->inner;
}

/* Element i of a packed float32 or float64 tensor. */
static inline double gra__number(const gra_tensor *t, int64_t at)
{
    return t->dtype == GRA_FLOAT64 ? ((const double *)gra__ptr(t))[at]
                                   : (double)((const float *)gra__ptr(t))[at];
}

static inline void gra__set_number(gra_tensor *t, int64_t at, double value)
{
    if (t->dtype == GRA_FLOAT64)
        ((double *)gra__ptr(t))[at] = value;
    else
        ((float *)gra__ptr(t))[at] = (float)value;
}

#endif
