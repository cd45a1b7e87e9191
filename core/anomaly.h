/* anomaly.h - where a number stops being one: what anomaly mode notes and looks at. */
#ifndef GRA_CORE_ANOMALY_H
#define GRA_CORE_ANOMALY_H

#include "node.h"
#include "thread_local.h"

/* Anomaly mode of a thread. */
typedef struct gra__anomaly_mode {
    bool on;             /* notes where nodes are recorded, and looks at what rules give */
    bool forward;        /* looks at what ops give as well */
    bool allow_infinity; /* only NaN is an anomaly */
    bool inside;         /* an op or a rule is running, whose own ops are not looked at */
} gra__anomaly_mode;

extern GRA__HOT gra__anomaly_mode gra__anomaly;

/* Notes where a new node is recorded. False with an error where memory is short. */
bool gra__note_origin(gra_node *node);

/* Whether t has an element that is NaN, or infinite unless that is allowed; then text says which is the
 * first: "nan at [0, 2]". */
enum { GRA__ANOMALY = 64 + GRA_SHAPE_TEXT };
bool gra__find_anomaly(const gra_tensor *t, bool allow_infinity, char text[GRA__ANOMALY]);

/* Whether an op that has just run gave no anomaly, or was given one. False with an error. */
bool gra__forward_is_sound(const gra_call *c);

#endif
