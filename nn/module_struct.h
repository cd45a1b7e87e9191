/* module_struct.h - the representation of modules, for nn, optim and io.
 *
 *     gra_module ---> children [name, module]       owned
 *         |
 *         +---------> tensors  [name, tensor]       parameters and buffers in the order of adding
 *         |
 *         +---------> data                          the class's own
 */
#ifndef GRA_NN_MODULE_STRUCT_H
#define GRA_NN_MODULE_STRUCT_H

#include "core/object_struct.h"
#include "nn/module.h"

typedef struct gra__child {
    char *name;         /* owned; without dots, unique in its parent */
    gra_module *module; /* owned */
} gra__child;

typedef struct gra__member {
    char *name;         /* owned; without dots, unique in its module */
    gra_tensor *tensor; /* owned: a leaf */
    bool is_buffer;     /* not trained */
} gra__member;

typedef struct gra__module_hook gra__module_hook;

struct gra_module {
    gra_object head;
    const gra_module_class *type;
    const char *name; /* in its parent, which owns the text; "" without a parent */
    bool training;
    int child_count, member_count;
    gra__child *children;
    gra__member *members;
    gra__module_hook *hooks;  /* owned, in the order of their ids (module_hooks.h); NULL for most */
    size_t bytes;             /* of this block */
    _Alignas(64) char data[]; /* the class's own */
};

/* The member or the descendant of a name; NULL, without an error, where there is none. */
gra__member *gra__module_member(const gra_module *m, const char *name);
gra_module *gra__module_find(gra_module *m, const char *name, size_t length);

/* A list of `count` entries with room for one more; it doubles at powers of two. On failure NULL
 * with an error, and the old list stays. */
void *gra__grown(void *array, int count, size_t element);

/* Which tensors a visit goes to. */
typedef enum gra__which {
    GRA__PARAMETERS, /* each once */
    GRA__BUFFERS,    /* each once */
    GRA__STATE,      /* all, by all of their names: what is saved */
} gra__which;

/* Calls fn as gra_module_named_parameters does. */
int gra__module_visit(const gra_module *m, gra__which which, gra_tensor_visitor fn, void *context);

/* Looks on while modules run on this thread (gra_summary). */
typedef struct gra__observer {
    void (*enter)(struct gra__observer *self, const gra_module *m);
    void (*leave)(struct gra__observer *self, const gra_module *m, const gra_tensor *x,
                  const gra_tensor *y); /* y is NULL where it failed */
} gra__observer;

/* Makes observer, or NULL for none, this thread's; returns the one before. */
gra__observer *gra__module_observe(gra__observer *observer);

/* Whether somebody looks at each module's results, so that neighbours must not be run as one. */
bool gra__module_is_observed(void);

/* The forward of a module that has hooks, with them around it; target is NULL for one input. */
gra_tensor *gra__module_call_hooked(gra_module *m, gra_tensor *x, gra_tensor *second,
                                    gra_tensor *third);
void gra__module_hooks_free(gra_module *m);

/* Runs a module and those behind it as one, under the name of the first. */
typedef gra_tensor *(*gra__fused_fn)(gra_module *const *modules, gra_tensor *x);
gra_tensor *gra__forward_fused(gra_module *const *modules, gra__fused_fn fused, gra_tensor *x);

#endif
