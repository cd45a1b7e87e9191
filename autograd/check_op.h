/* check_op.h - testing an op: that it does what its schema says, and that its rule is right.
 *
 *     gra_register_op(&swish_op);
 *     gra_check_op("swish", stdout);
 *
 *     swish(Tensor x, float beta=1.0) -> Tensor
 *       ok     calls             12 made up from the schema
 *       ok     outputs
 *       ok     shared memory
 *       ...
 *       WRONG  gradient          of x at [0, 1] it is 0.8235 by the rule and 0.9127 by finite differences,
 *                                in swish(x [3, 4], beta=1)
 *       ...
 *     swish: 1 of 13 checks failed
 *
 * Each check runs on a number of calls in float64.  They are made up from the schema: tensors of one
 * shape, of several ranks, and of the shapes that products, convolutions and tables of indices take; the
 * defaults of the arguments, and each of them varied.  An op that fits none of these, or that is smooth
 * in part of the numbers only, says itself how it is called, with gra_op's .sample, or here with .sample:
 *
 *     static bool conv_sample(gra_sample *s, int i)
 *     {
 *         conv_args *args = s->args;                     the defaults of the schema, to be changed
 *         args->stride = i + 1;
 *         s->in[0] = gra_randn(GRA_SHAPE(2, 3, 7, 6));
 *         s->in[1] = gra_randn(GRA_SHAPE(4, 3, 3, 3));
 *         s->n_in = 2;
 *         return i < 2;
 *     }
 *
 * What is checked:
 *
 *   calls            the op can be called at all
 *   outputs          it fills each output of the schema and no more
 *   shared memory    outputs lie in the memory of inputs, or of each other, where the schema says so
 *   writes           inputs keep their bits, forward and backward, unless they are marked Tensor(a!);
 *                    the rule writes into no gradient that it is handed
 *   gradient         against finite differences, also where inputs are broadcast
 *   each input alone the rule gives the same gradient where only one input needs it
 *   second gradient  against finite differences of the first
 *   same bits twice  from the same random numbers; gradients too
 *   threads          the same bits with one and with two
 *   layouts          transposed, strided and channels-last inputs give the same numbers
 *   empty inputs     with each size set to 0 it gives empty gradients, or an error
 *   float32          near the numbers of float64
 *   leaks            no object is left after a pass forward and one backward
 *
 * An op may refuse a layout, a broadcast or an empty input with an error; the line then says so.  An op
 * without a vjp has no gradient to check, and one whose outputs are all integers neither.
 */
#ifndef GRA_AUTOGRAD_CHECK_OP_H
#define GRA_AUTOGRAD_CHECK_OP_H

#include <stdio.h>

#include "../core/op.h"

GRA_BEGIN_DECLS

#define GRA_SAMPLE_INPUTS 16 /* the most that a call may have */

/* A call for gra_check_op to try. */
struct gra_sample {
    const gra_op *op;
    gra_tensor
        *in[GRA_SAMPLE_INPUTS]; /* in the current scope; NULL leaves an optional one out. What is
                                          floating point is converted to float64. Where one requires a
                                          gradient, the others are constants. */
    int n_in;
    void *args;    /* the op's struct of arguments, with the defaults of its schema; or NULL */
    void *context; /* that of the options */
};

typedef struct gra_check_op_options {
    int begin_;
    const char *name; /* of a registered op */
    FILE *file;       /* for the verdict; NULL: none is printed */
    const gra_op *op; /* instead of a name */
    bool (*sample)(gra_sample *s,
                   int i); /* instead of the op's own: the i-th call, from 0 on; false
                                             where there is none */
    void *context;         /* for sample */
} gra_check_op_options;

gra_check_op_options gra_check_op_defaults(void);

/* 0 where all is right, -1 with an error that names the first check that failed. */
int gra_check_op_with(gra_check_op_options options);

#ifndef __cplusplus
#define gra_check_op(...)                                                                          \
    gra_check_op_with(GRA_KEYWORDS(gra_check_op_options, .begin_ = 0, __VA_ARGS__))
#endif

GRA_END_DECLS

#endif
