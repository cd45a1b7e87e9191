/* optim_struct.h - the representation of optimizers. */
#ifndef GRA_OPTIM_OPTIM_STRUCT_H
#define GRA_OPTIM_OPTIM_STRUCT_H

#include "core/object_struct.h"
#include "core/updater.h"
#include "optim/optim.h"

/* How one optimizer differs from another. */
typedef struct gra__optim_class {
    const char *name; /* "SGD" */
    size_t size;      /* bytes of the struct that begins with a gra_optim */

    /* Moves p, a parameter or some rows of one, by its gradient g, elementwise; first says that
     * `memory` holds only zeros. -1 with an error. */
    int (*update)(const gra_optim *opt, gra_tensor *p, gra_tensor *g, gra_tensor *memory,
                  bool first);
} gra__optim_class;

typedef struct gra__parameter_state {
    gra__updater updater; /* the parameter's, with .fused_backward; first, so that it leads here */
    gra_tensor *tensor;   /* owned */
    gra_tensor *memory;   /* owned, of the same shape and dtype; NULL where nothing is remembered */
    bool moved;           /* memory has been written */
    bool stepped;         /* with .fused_backward: moved since the last gra_step */
} gra__parameter_state;

struct gra_optim {
    gra_object head;
    const gra__optim_class *type;
    double lr;      /* >= 0 */
    bool remembers; /* each parameter has a memory, made at its first step */
    bool fused;     /* gra_backward moves the parameters, and gra_step only ends the step */
    int count;
    gra__parameter_state *params; /* each tensor once */
};

/* A new optimizer over the parameters of a module, or over a list of leaves; NULL with an
 * error. */
gra_optim *gra__optim_new(const gra__optim_class *type, double lr, const gra_module *module);
gra_optim *gra__optim_new_for(const gra__optim_class *type, double lr, gra_tensor *const *tensors,
                              int count);

/* Has gra_backward move the parameters from now on. Returns opt, or frees it and returns NULL with
 * an error where another optimizer does so already. */
gra_optim *gra__optim_fuse(gra_optim *opt);

/* Whether a number is at least 0; an error that names the optimizer if not. */
bool gra__optim_check(const char *type, const char *name, double value);

#endif
