/* profile.h - where the time goes: each op's calls, time, memory traffic and GFLOP/s.
 *
 *     for (int i = 0; i < 3; i++)
 *         train_step();                               the first ones ask the system for memory
 *     gra_profile *p = gra_profile_start();
 *     for (int i = 0; i < 20; i++)
 *         train_step();
 *     gra_profile_stop(p);
 *     gra_profile_print(p, stdout);
 *     gra_free(p);
 *
 *     op                      calls        ms   us/call   share      GB/s   GFLOP/s
 *     conv2d                     40    30.128     753.2  20.4 %       2.4      70.3
 *     ...
 *     total                           147.806           100.0 %
 *
 * A profile counts what the thread that started it does; the threads that kernels share their loops
 * among belong to the op that runs.  One profile at a time may run in the process.  Its rows are
 *
 *     conv2d                 calls of an op, from a forward or from another op's rule
 *     conv2d vjp             calls of an op's rule in a backward pass
 *     gra_backward           the walk over the graph
 *     gradient sums          adding a gradient to one that is there
 *     gradient copies        gradients brought into the layout of their leaf
 *     SGD                    the optimizer's updates, one call for each parameter
 *     (other)                what is in none of these: modules, the data, your own code
 *
 * and each has the time that was spent in it and in no other row inside of it (PyTorch's "self" time),
 * so that the rows add up to the total.  The profile's own work, about 0.2 us for each call, is left
 * out of all of them.
 *
 * Bytes are those of a call's inputs and outputs, each counted once: what the op must read and write
 * at least.  What broadcasting repeats counts once, and a view counts nothing.  FLOPs are the
 * multiplications and additions of the op's definition, 2 for each multiply-add, however the kernel
 * does it; Winograd's convolutions need fewer and can be above the machine's peak for this reason.
 * Ops without a count (gra_op.flops) have 0.
 * Includes only core.
 */
#ifndef GRA_CORE_PROFILE_H
#define GRA_CORE_PROFILE_H

#include <stdio.h>

#include "common.h"

GRA_BEGIN_DECLS

typedef struct gra_profile gra_profile;

typedef struct gra_profile_options {
    int begin_;
    bool by_shape; /* false; true: an op has a row for each combination of shapes */
} gra_profile_options;

enum { GRA_PROFILE_NAME = 64, GRA_PROFILE_SHAPES = 128 };

typedef struct gra_profile_row {
    char name[GRA_PROFILE_NAME];
    char shapes[GRA_PROFILE_SHAPES]; /* inputs -> output: "[2, 3] [3, 4] -> [2, 4]", perhaps cut */
    uint64_t calls;
    double seconds; /* self time of all calls */
    double share;   /* of the profile's time, 0 to 1 */
    double bytes;   /* read and written by all calls */
    double flops;   /* multiplications and additions of all calls */
} gra_profile_row;

gra_profile_options gra_profile_defaults(void);

/* Starts a new profile of this thread, which belongs to the caller. NULL with an error where one is
 * running already. */
gra_profile *gra_profile_start_with(gra_profile_options options);

#ifndef __cplusplus
#define gra_profile_start(...)                                                                     \
    gra_profile_start_with(GRA_KEYWORDS(gra_profile_options, .begin_ = 0, __VA_ARGS__))
#endif

/* Ends it; any thread may. Returns 0, or -1 with an error where it has ended already, or where the
 * memory for its rows was short. gra_free of a profile that runs ends it, too. */
int gra_profile_stop(gra_profile *p);

/* The following are for a profile that has ended; before, they are an error. */

/* The time from start to stop without the profile's own work, in seconds; NaN on error. */
double gra_profile_seconds(const gra_profile *p);

/* The rows, longest time first and (other) last. Fills at most capacity of them and returns how many
 * there are, or -1 with an error. */
int gra_profile_rows(const gra_profile *p, gra_profile_row *rows, int capacity);

/* Writes the table to file. Returns 0, or -1 with an error. */
int gra_profile_print(const gra_profile *p, FILE *file);

GRA_END_DECLS

#endif
