/* watch.h - seeing what the library does, for tests and profiles: calls of ops, of their rules, and
 * other pieces of work.
 *
 * Each piece begins and ends, also where it fails, and what begins inside of another ends inside of it.
 * Where nobody watches, an event costs the look at one pointer.
 */
#ifndef GRA_CORE_WATCH_H
#define GRA_CORE_WATCH_H

#include "op.h"

typedef enum { GRA__OP, GRA__RULE, GRA__WORK } gra__activity;

typedef struct gra__event {
    gra__activity what;
    bool begins;          /* else it ends */
    const gra_call *call; /* of the op or its rule; NULL for other work */
    const char *name;     /* of other work, a string that stays */
    double bytes;         /* that other work read and wrote, at its end */
} gra__event;

/* Called for each event where it is set. Process-wide. */
extern void (*gra__watch)(const gra__event *event);

static inline void gra__watch_event(gra__event event)
{
    void (*const watch)(const gra__event *) = __atomic_load_n(&gra__watch, __ATOMIC_RELAXED);
    if (__builtin_expect(watch != NULL, 0))
        watch(&event);
}

static inline void gra__watch_call(gra__activity what, bool begins, const gra_call *call)
{
    gra__watch_event((gra__event){.what = what, .begins = begins, .call = call});
}

static inline void gra__work_begins(const char *name)
{
    gra__watch_event((gra__event){.what = GRA__WORK, .begins = true, .name = name});
}

static inline void gra__work_ends(const char *name, double bytes)
{
    gra__watch_event((gra__event){.what = GRA__WORK, .name = name, .bytes = bytes});
}

#endif
