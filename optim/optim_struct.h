/* optim_struct.h - the representation of optimizers.
 *
 *     gra_optim ---> groups       options by number: class->options[k] names and checks option[k]
 *         |
 *         +--------> params       a leaf, the group that it is in, and what is remembered of it:
 *                                 class->memory[k] names memory[k]
 *
 * An optimizer is a value of gra__optim_class: a loop of the kernels, a table of its options and one of what
 * it remembers, and a function that turns the options of a step into the loop's numbers.
 */
#ifndef GRA_OPTIM_OPTIM_STRUCT_H
#define GRA_OPTIM_OPTIM_STRUCT_H

#include "core/object_struct.h"
#include "core/updater.h"
#include "ops/kernels/optimizers.h"
#include "optim/optim.h"

enum { GRA__OPTIM_OPTIONS = 10 }; /* of one optimizer, at most */
enum { GRA__LR = 0 };             /* the first option of each */

typedef enum gra__range {
    GRA__AT_LEAST_0, /* and finite */
    GRA__BELOW_1,    /* 0 <= value < 1 */
    GRA__UP_TO_1,    /* 0 <= value <= 1 */
    GRA__FINITE,
    GRA__FLAG, /* 0 or 1 */
} gra__range;

typedef struct gra__option {
    const char *name; /* "weight_decay" */
    gra__range range;
} gra__option;

typedef struct gra__parameter_state {
    gra__updater updater; /* the parameter's, with .fused_backward; first, so that it leads here */
    gra_tensor *tensor;   /* owned */
    char *name;           /* owned: the module's name for it, or NULL in a list */
    int64_t group;
    gra_tensor *memory[GRA__OPTIMIZER_MEMORY]; /* owned, of the parameter's shape and dtype; NULL
                                                  before the first step that needs it */
    unsigned fresh; /* bit k: memory[k] was made for the step under way */
    int64_t steps;  /* taken so far */
    double product; /* what NAdam multiplies up; 1 at first */
    bool stepped;   /* with .fused_backward: moved since the last gra_step */
} gra__parameter_state;

typedef struct gra__optim_group {
    double option[GRA__OPTIM_OPTIONS];
    double initial_lr; /* when the first plan for it was made; NaN before */
} gra__optim_group;

/* One step of one parameter, or of some rows of it. */
typedef struct gra__update {
    const double *option; /* of its group */
    const gra__parameter_state *state;
    gra_tensor *p, *g; /* row-major, of the dtype that the loop computes in */
} gra__update;

/* How one optimizer differs from another. */
typedef struct gra__optim_class {
    const char *name; /* "SGD" */
    gra__optimizer loop;
    gra__option options[GRA__OPTIM_OPTIONS + 1]; /* lr first; ends with a NULL name */
    const char *memory[GRA__OPTIMIZER_MEMORY];   /* "momentum_buffer", in the loop's order */
    const char *product; /* the name of `product`, where it is part of the state, or NULL */
    bool counts_steps;   /* the number of steps is part of the state */

    /* Which of memory[] a step with these options needs, as bits. */
    unsigned (*needs)(const double *option);

    /* What new memory begins with; NULL: 0. */
    double (*start)(const double *option);

    /* Whether options fit each other; false with an error. May be NULL. */
    bool (*fits)(const char *name, const double *option);

    /* Writes the numbers of step `state->steps + 1`. */
    void (*prepare)(const gra__update *u, gra__optimizer_step *step);

    /* product after that step. May be NULL. */
    double (*next_product)(const double *option, const gra__parameter_state *state);
} gra__optim_class;

struct gra_optim {
    gra_object head;
    const gra__optim_class *type;
    bool fused; /* gra_backward moves the parameters, and gra_step only ends the step */
    int group_count, count;
    double defaults[GRA__OPTIM_OPTIONS]; /* what a new group begins with */
    gra__optim_group *groups;
    gra__parameter_state **params; /* each tensor once */
};

/* What an optimizer trains: a module or a list of leaves. */
typedef struct gra__trained {
    const gra_module *module;
    gra_tensor *const *tensors;
    int count;
    bool fused_backward;
} gra__trained;

/* A new optimizer with one group; option has a number for each of the class. NULL with an error. */
gra_optim *gra__optim_new(const gra__optim_class *type, gra__trained what, const double *option);

/* Whether a value is in range; an error that begins with `who` if not. */
bool gra__option_check(const char *who, const gra__option *option, double value);

/* Whether all options of a group are in range and fit each other; an error if not. */
bool gra__options_fit(const gra__optim_class *type, const char *who, const double *option);

/* The number of an option; -1 where the class has none of that name. */
int gra__option_index(const gra__optim_class *type, const char *name);

/* step.c: makes opt the updater of a parameter of its own; false with an error where another
 * optimizer is. And the other way round. */
bool gra__optim_fuse(gra_optim *opt, gra__parameter_state *state);
void gra__optim_unfuse(gra__parameter_state *state);

/* The root of the sum of all squares, for row-major float32 or float64. */
double gra__optim_norm(const gra_tensor *t);

#endif
