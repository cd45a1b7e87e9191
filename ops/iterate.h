/* iterate.h - elementwise work over tensors of any strides: the step between ops and kernels.
 *
 * An op says which dtype to compute in and which row function to call; this file broadcasts the
 * inputs, makes the output (with the strides of the first input of its
 * shape, where they leave no gaps), merges dims that lie one behind the other, and calls the row function
 * for pieces of the innermost dim, on several threads where there is enough to do.  Operands of
 * another dtype are converted on the way, a chunk at a time, so that no tensor is made for it.
 *
 *     x [4, 1, 3]   --chunks converted-->  \
 *                                           +-- n elements, strides in bytes --> row(map, n, p, s)
 *     y    [5, 3]   --chunks converted-->  /
 */
#ifndef GRA_OPS_ITERATE_H
#define GRA_OPS_ITERATE_H

#include "core/op.h"
#include "core/tensor_struct.h"
#include "ops/kernels/isa.h"

typedef void gra__any_loop(void); /* a kernel's loop, before its row function casts it back */

typedef struct gra__map gra__map;
struct gra__map {
    int count;          /* inputs, 1 to 3 */
    gra_tensor *in[3];  /* broadcast against each other */
    gra_dtype dtype;    /* inputs are converted to it (the first to bool where cond_first) */
    gra_dtype computed; /* what the row function writes */
    gra_dtype result;   /* dtype of the output, converted from `computed` */
    gra_tensor *out;    /* NULL: a new tensor; otherwise written in place */
    bool cond_first;    /* in[0] is the condition of where */
    void (*row)(const gra__map *map, size_t n, char *const *p, const ptrdiff_t *stride);
    gra__any_loop *loop;      /* for row: the kernel's loop ... */
    double low, high;         /* ... and its parameters, */
    const double *parameters; /* or where it finds them */
};

/* Runs the map for the call's op. An input that shares memory with the output, but not as the same
 * elements, is copied first. NULL with an error where shapes do not broadcast, where an in-place
 * result has another shape or a dtype that does not fit, or where there is no loop. */
gra_tensor *gra__map_run(const gra_op *op, gra__map *map);

/* The families that most ops belong to. loops is a row of the kernel table, by dtype. `inplace` of
 * the call's op writes into in[0]. All set c->out[0]. */
typedef gra__unary_loop *const *gra__unary_loops;
typedef gra__binary_loop *const *gra__binary_loops;

void gra__unary(gra_call *c, gra__unary_loops loops);         /* dtype stays: neg, abs, relu */
void gra__unary_float(gra_call *c, gra__unary_loops loops);   /* integers become float32: exp */
void gra__unary_bool(gra_call *c, gra__unary_loops loops);    /* bool result: isfinite */
void gra__binary(gra_call *c, gra__binary_loops loops);       /* promoted: add, maximum */
void gra__binary_float(gra_call *c, gra__binary_loops loops); /* promoted, integers float32: div */
void gra__binary_bool(gra_call *c, gra__binary_loops loops);  /* promoted, bool result: eq */
void gra__where(gra_call *c);                                 /* in[0] ? in[1] : in[2], promoted */

/* The same with a number as the second input: a whole number keeps an integer dtype (and wraps
 * around in it), another makes it float32. `swapped` puts the number first. */
void gra__scalar(gra_call *c, gra__binary_loops loops, double value, bool swapped);
void gra__scalar_float(gra_call *c, gra__binary_loops loops, double value, bool swapped);
void gra__scalar_bool(gra_call *c, gra__binary_loops loops, double value);

/* min(max(x, low), high); the bounds, where they are finite, act on the dtype as a number does, or
 * are rounded toward zero to x's. And its gradient: low <= x <= high ? g : 0, where g is in[0] and x is in[1]. */
void gra__clamp(gra_call *c, double low, double high);
void gra__clamp_in_dtype(gra_call *c, double low, double high);
void gra__clamp_backward(gra_call *c, double low, double high);

/* The dtype that tensors promote to: one without dims only counts where its category is higher. */
gra_dtype gra__result_type(gra_tensor *const *tensors, int count);

/* t itself where it has that dtype, whatever its strides; else a copy. A copy is always a new tensor,
 * with t's strides where they leave no gaps. */
gra_tensor *gra__converted(gra_tensor *t, gra_dtype dtype);
gra_tensor *gra__copy(gra_tensor *t, gra_dtype dtype);
gra_tensor *gra__row_major_copy(gra_tensor *t, gra_dtype dtype); /* always a new one, row-major */

/* Copies the elements of `from` into `to` (broadcast, converted), strides as they are. They may
 * share memory. */
bool gra__copy_into(const char *op, gra_tensor *to, gra_tensor *from);

/* Sets every element of t. */
void gra__fill(gra_tensor *t, double value);

/* Adds a to t elementwise, both float32 or float64 of one dtype and shape: t += scale * a. */
void gra__add_scaled_into(gra_tensor *t, double scale, gra_tensor *a);

#endif
