/* checker.h - the representation of one run of gra_check_op, for the files that share it: check_op.c
 * goes through the checks and prints, check_samples.c makes the calls up, check_run.c makes one and
 * compares, check_behaviour.c and check_gradient.c are the checks.
 */
#ifndef GRA_AUTOGRAD_CHECKER_H
#define GRA_AUTOGRAD_CHECKER_H

#include "autograd/check_op.h"
#include "core/schema.h"
#include "core/tensor_struct.h"

enum { GRA__REASON = 640 };

typedef struct gra__checker {
    const gra_op *op;
    const gra__schema *schema;
    bool (*sample)(gra_sample *s, int i);
    void *context;
    gra_sample *samples; /* in the scope of the run */
    int count, capacity;
    bool has_gradient;        /* the op has a rule, or needs none, and it did not fail */
    bool random;              /* the outputs depend on the generator */
    char wrong[GRA__REASON];  /* what a check found; empty: nothing */
    char remark[GRA__REASON]; /* what else it has to say */
} gra__checker;

/* A check of one call. False with k->wrong, or with an error that says it. */
typedef bool (*gra__check_fn)(gra__checker *k, const gra_sample *s);

bool gra__check_outputs(gra__checker *k, const gra_sample *s);
bool gra__check_memory(gra__checker *k, const gra_sample *s);
bool gra__check_writes(gra__checker *k, const gra_sample *s);
bool gra__check_repeat(gra__checker *k, const gra_sample *s);
bool gra__check_threads(gra__checker *k, const gra_sample *s);
bool gra__check_layouts(gra__checker *k, const gra_sample *s);
bool gra__check_empty(gra__checker *k, const gra_sample *s);
bool gra__check_float32(gra__checker *k, const gra_sample *s);
bool gra__check_leaks(gra__checker *k, const gra_sample *s);
bool gra__check_gradient(gra__checker *k, const gra_sample *s);
bool gra__check_each_alone(gra__checker *k, const gra_sample *s);
bool gra__check_second(gra__checker *k, const gra_sample *s);

/* Notes what is wrong, and returns false; or a remark, once. */
bool gra__check_wrong(gra__checker *k, const char *format, ...) GRA_PRINTF(2, 3);
void gra__check_remark(gra__checker *k, const char *format, ...) GRA_PRINTF(2, 3);

/* ---- calls: check_samples.c ---- */

/* Fills k->samples; false with an error or k->wrong where there is no call that works. */
bool gra__check_collect(gra__checker *k);

/* The name of input i of a call, "x" or "tensors[1]", and the call as text, "swish(x [3, 4], beta=1)". */
const char *gra__check_input_name(const gra__checker *k, const gra_sample *s, int i, char *buffer,
                                  size_t size);
void gra__check_describe(const gra__checker *k, const gra_sample *s, char *buffer, size_t size);

/* ---- one call: check_run.c ---- */

/* How a call is made. */
typedef struct gra__manner {
    gra_dtype dtype;                       /* of what is floating point */
    uint64_t seed;                         /* of the random numbers */
    gra_tensor *(*arrange)(gra_tensor *x); /* the layout of inputs; NULL: row-major */
    int alone; /* the only input that needs a gradient; -1: all that may */
} gra__manner;

/* The usual manner. */
gra__manner gra__check_plainly(void);

/* What came of it, in the current scope. */
typedef struct gra__run {
    gra_tensor *leaf[GRA_SAMPLE_INPUTS]; /* copies of the inputs, row-major */
    gra_tensor *dx[GRA_SAMPLE_INPUTS];   /* of sum_k <out_k, v_k>; NULL: none */
    gra_tensor *out[GRA__MAX_OUTPUTS];
    bool recorded; /* an output has a history */
} gra__run;

/* Whether input i of a call is one that the gradient is checked for, and one that is written. */
bool gra__check_differentiates(const gra_sample *s, int i);
bool gra__check_is_written(const gra__checker *k, const gra_sample *s, int i);

/* Calls the op on these inputs, but copies those that it writes. False with an error. */
bool gra__check_apply(const gra__checker *k, const gra_sample *s, uint64_t seed,
                      gra_tensor *const *in, gra_tensor **out);

/* All outputs with a history as one vector of float64; NULL without an error where there are none. */
gra_tensor *gra__check_joined(const gra__checker *k, gra_tensor *const *out);

/* Copies the inputs, calls the op, and goes backward where it has a gradient. False with an error. */
bool gra__check_run(const gra__checker *k, const gra_sample *s, gra__manner how, gra__run *run);

/* Whether two runs agree: outputs and gradients. Tolerances of 0 ask for the same bits. False with
 * k->wrong, which begins with `what`. */
bool gra__check_same(gra__checker *k, const gra_sample *s, const gra__run *a, const gra__run *b,
                     double rtol, const char *what);

#endif
