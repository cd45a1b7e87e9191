/* reduce.h - reductions of tensors over any dims: the step between ops and kernels.
 *
 * A fold says how elements are folded into an accumulator; this file takes the dims apart into kept
 * and reduced ones, orders and merges them by their strides, and walks over the elements without
 * copying.  Outputs are done in blocks whose accumulators stay in the first-level cache, in one of
 * two ways, whichever is expected to be faster:
 *
 *     runs: one output after the other             rows: many outputs at a time
 *     x [4, 1000] over dim 1                       x [1000, 4] over dim 0
 *     acc    <- x[i][0], x[i][1], ...              acc[0 .. 3] <- x[0][0 .. 3], x[1][0 .. 3], ...
 *
 * Blocks are shared out to threads.  Where there are few of them, the reduced dims are cut as well
 * and the partial results combined in order.  The cuts depend on shape and strides only, so the bits
 * of a result never depend on the number of threads.
 *
 * May include: core, ops/kernels, ops/iterate.h, ops/ops.h.
 */
#ifndef GRA_OPS_REDUCE_H
#define GRA_OPS_REDUCE_H

#include "core/op.h"
#include "core/tensor_struct.h"
#include "ops/iterate.h"
#include "ops/kernels/isa.h"

/* The arguments of "op(Tensor x, int[] dims=[], bool keepdim=False)". */
typedef struct gra__reduce_args {
    gra_dims dims;
    bool keepdim;
} gra__reduce_args;

/* A part of the walk: n elements that go into one accumulator (run) or n (row). */
typedef struct gra__piece {
    size_t n;
    void *acc;        /* the accumulator of output, and of those that follow it */
    void *side;       /* room for one 8-byte value beside each accumulator */
    const char *x;    /* the first element */
    ptrdiff_t stride; /* from one element to the next, in bytes */
    int64_t output;   /* position of the output in row-major order */
    int64_t position; /* how many rows came before this one (where the walk isn't cut) */
} gra__piece;

typedef struct gra__fold gra__fold;
struct gra__fold {
    void (*run)(const gra__fold *f, const gra__piece *p);
    void (*row)(const gra__fold *f, const gra__piece *p);
    gra__any_loop *run_loop, *row_loop; /* kernel loops, for run and row to cast back */
    gra__reduce_loop *combine;          /* a row of accumulators into another; NULL: no cuts */
    bool repeats;                       /* row reads neither output nor side nor position */
    const double *mean;                 /* for var: the mean of each output */
    gra_dtype accumulator;
    gra_dtype result; /* dtype of y, converted from the accumulators */
    bool first;       /* accumulators begin with an element of x, for max and min ... */
    double start;     /* ... and otherwise with this */
    bool divide;      /* float64 accumulators are divided in the end ... */
    double divisor;   /* ... by this */
};

/* The fold of a reduction of the kernel table over elements of dtype. */
gra__fold gra__fold_of(const gra__reduction *loops, gra_dtype dtype, gra_dtype accumulator);

/* Reduces the dims of x that mask names into a new tensor of shape, which has as many elements as the
 * kept dims in the same order. NULL with an error that names op. */
gra_tensor *gra__fold_run(const char *op, const gra__fold *f, gra_tensor *x, unsigned mask,
                          gra_shape shape);

/* The families of ops with gra__reduce_args; they check the call and set c->out[0]. Numbers fold into
 * float64 or int64 and give x's dtype or int64; a mean (of floats) is divided by how many there are. */
void gra__reduce_numbers(gra_call *c, const gra__reduction *loops, double start, bool mean);
void gra__reduce_extremum(gra_call *c, const gra__reduction *loops);
void gra__reduce_bool(gra_call *c, const gra__reduction *loops, double start);

/* The shape that remains, and the number of elements that go into each output. */
gra_shape gra__reduced_shape(gra_shape shape, unsigned mask, bool keepdim);
int64_t gra__reduced_count(gra_shape shape, unsigned mask);

/* Checks that x has a floating dtype; false with an error that names op, the dtype and gra_to. */
bool gra__demand_floating(const char *op, const gra_tensor *x);

/* Checks that no reduced dim is empty; false with an error. */
bool gra__demand_elements(const char *op, gra_shape shape, unsigned mask);

/* x as float32 where it is bfloat16, and itself otherwise. */
gra_tensor *gra__computable(gra_tensor *x);

/* For vjps: y, which has the shape of x without the dims (or with size 1 for them), repeated to x's
 * shape by recorded ops: with kept dims of size 1, and expanded. */
gra_tensor *gra__keep_dims(gra_tensor *y, gra_shape shape, gra_dims dims);
gra_tensor *gra__unreduce(gra_tensor *y, gra_shape shape, gra_dims dims);

#endif
