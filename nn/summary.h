/* summary.h - what a network is made of, layer by layer.
 *
 *     gra_summary(net, GRA_SHAPE(1, 1, 28, 28), stdout);
 *
 *     layer          output           parameters  multiply-adds  connections
 *     0 (Reshape)    [1, 1, 28, 28]            0              0            0
 *     1 (Conv2d)     [1, 6, 28, 28]          156        117,600      122,304
 *     ...
 *     total                               61,706        416,520      423,038
 *     peak memory: inference 0.3 MB, training step 0.6 MB, with momentum 0.9 MB
 *
 * The figures come from running the network dry: its forward is called on a tensor of the given shape
 * which has no memory, as have the results, and the ops compute nothing.  So they are there at once,
 * for a batch of any size, and nothing of the network changes.  A module of your own must not depend on
 * the numbers in its input for that; they mean nothing.  The figures are for all of the input: give it a
 * batch of 1 for those of one sample.
 * Multiply-adds are the products that are added up.  Connections are LeCun's count: every use of a
 * weight or a bias, so K P Q (C R S / groups + 1) for a convolution.  Layers that compute without
 * weights count 0 in both.  A layer that runs twice has two rows, and its parameters stand in the
 * first.
 * May include: core, ops, autograd.
 */
#ifndef GRA_NN_SUMMARY_H
#define GRA_NN_SUMMARY_H

#include <stdio.h>

#include "module.h"

GRA_BEGIN_DECLS

#define GRA_SUMMARY_NAME 128

/* A call of a module without children, or with parameters of its own. */
typedef struct gra_summary_row {
    char name[GRA_SUMMARY_NAME]; /* dotted, cut where too long; "" for the module itself */
    const char *class_name;
    gra_shape output;
    int64_t parameters; /* numbers that are trained, own ones only */
    gra_cost cost;
} gra_summary_row;

/* Writes the table to file. Returns 0, or -1 with an error, the forward's own for example. */
int gra_summary(gra_module *m, gra_shape input, FILE *file);

/* Its rows, in the order in which the modules start. Fills at most capacity of them and returns how
 * many there are, or -1 with an error. */
int gra_summary_rows(gra_module *m, gra_shape input, gra_summary_row *rows, int capacity);

/* The largest gra_memory_stats().allocated of a process that does nothing else, in bytes: with the
 * network and the input in memory. */
typedef struct gra_memory_forecast {
    size_t parameters; /* all parameters and buffers, part of each of the following */
    size_t inference;  /* gra_forward in inference mode, unrecorded */
    size_t
        training; /* gra_forward, a loss and gra_backward, where no gradients are left from the step
                        * before when it begins; 0 where the network cannot be trained */
    size_t momentum; /* the same with an optimizer that remembers a number for each parameter */
} gra_memory_forecast;

/* Forecasts the memory for an input of a shape, whether or not the machine has as much. The loss is the
 * cross entropy where the output has two dims, else the mean. Returns 0, or -1 with an error, the
 * forward's own for example. */
int gra_summary_memory(gra_module *m, gra_shape input, gra_memory_forecast *forecast);

GRA_END_DECLS

#endif
