/* scheduler_struct.h - the representation of learning-rate schedulers.
 *
 * A plan of a class is a pair of functions of a group and its rate; a plan of plans has children in
 * place of them.
 */
#ifndef GRA_OPTIM_SCHEDULER_STRUCT_H
#define GRA_OPTIM_SCHEDULER_STRUCT_H

#include "core/object_struct.h"
#include "optim/optim_struct.h"
#include "optim/schedulers.h"

/* What changes from step to step, by PyTorch's names. */
enum {
    GRA__LAST_EPOCH, /* steps taken */
    GRA__T_CUR,      /* warm restarts: steps since the last restart ... */
    GRA__T_I,        /* ... and until the next */
    GRA__BEST,       /* plateau: the best metric ... */
    GRA__BAD_EPOCHS, /* ... the steps without a better one ... */
    GRA__COOLDOWN,   /* ... and those to ignore */
    GRA__PLAN_NUMBERS
};

typedef struct gra__plan_class {
    const char *name;  /* "gra_step_lr", for messages */
    unsigned numbers;  /* bit k: number k is part of the state */
    bool needs_metric; /* stepped by gra_scheduler_step_metric */

    /* A group's rate at step 0, from the one that it has; NULL: the same. */
    double (*start)(const gra_scheduler *s, int group, double lr);

    /* A group's rate after step number[GRA__LAST_EPOCH], from the one before. */
    double (*next)(const gra_scheduler *s, int group, double lr);

    /* Called once before `next` of all groups, and before `start` (metric is NaN). May be NULL. */
    void (*advance)(gra_scheduler *s, double metric);

    /* Called once after the rates of all groups were set. May be NULL. */
    void (*settle)(gra_scheduler *s);

    /* A group's momentum after this step; NULL: stays. */
    double (*momentum)(const gra_scheduler *s, int group);

    /* Whether another step can be taken; false with an error. May be NULL. */
    bool (*may_step)(const gra_scheduler *s);
} gra__plan_class;

struct gra_scheduler {
    gra_object head;
    const gra__plan_class *type; /* NULL: made of children */
    gra_optim *optim;            /* owned */
    int groups;                  /* of the optimizer when the plan was made */
    double number[GRA__PLAN_NUMBERS];
    double *base_lr; /* owned, for each group: its rate when its first plan was made */
    double *limit;   /* owned, for each group: max_lr of one cycle, min_lr of a plateau; or NULL */
    int momentum;    /* the option that one cycle changes, or -1 */
    int64_t *milestones; /* owned, or NULL */
    int milestone_count;
    gra_scheduler **children; /* owned */
    int child_count;
    bool chained; /* all children step together; else one after the other, by milestones */
    union {
        gra_step_lr_options step;
        gra_multi_step_lr_options multi_step;
        gra_exponential_lr_options exponential;
        gra_constant_lr_options constant;
        gra_linear_lr_options linear;
        gra_polynomial_lr_options polynomial;
        gra_cosine_annealing_lr_options cosine;
        gra_cosine_annealing_warm_restarts_options restarts;
        gra_lambda_lr_options lambda;
        gra_one_cycle_lr_options one_cycle;
        gra_reduce_lr_on_plateau_options plateau;
    } o; /* as the user gave them; pointers in them are not followed after the constructor, but for
            a function's context */
};

/* A plan with one reference, at step -1; NULL with an error. type may be NULL for a plan of plans. */
gra_scheduler *gra__plan_new(const char *name, const gra__plan_class *type, gra_optim *optim);

/* Ends a constructor: sets the rates of step 0. Returns s, or frees it and returns NULL with an
 * error. NULL for NULL. */
gra_scheduler *gra__plan_begin(gra_scheduler *s);

/* Sets limit from `each`, one number for each group, or from `all` where that is NULL. False with an
 * error that names the option where one is out of range. */
bool gra__plan_limits(gra_scheduler *s, const char *name, const double *each, double all);

bool gra__plan_milestones(gra_scheduler *s, const int64_t *milestones, int count);

/* Whether an option of a plan makes sense; errors name it. */
bool gra__plan_count(const char *plan, const char *name, int64_t value);     /* at least 1 */
bool gra__plan_at_least_0(const char *plan, const char *name, double value); /* and finite */
bool gra__plan_between(const char *plan, const char *name, double value, bool zero_too); /* <= 1 */

#endif
