/* object_struct.h - the header that every refcounted object begins with.
 *
 * `refs` counts all owners: the scope, the user's keeps, containers, graph nodes.  `owned` counts
 * the part of them that the user may give up with gra_free.
 */
#ifndef GRA_CORE_OBJECT_STRUCT_H
#define GRA_CORE_OBJECT_STRUCT_H

#include "object.h"

typedef struct gra_kind {
    const char *name;            /* "tensor", "module", for messages */
    const char *keeper;          /* whom an object belongs to that is not the user's */
    void (*destroy)(void *self); /* called once, when the last reference goes */
} gra_kind;

typedef struct gra_object {
    const gra_kind *kind;
    int refs;  /* atomic; all references */
    int owned; /* atomic; those that gra_free may give up */
} gra_object;

/* Begins an object with one reference; owned is 1 for what belongs to its maker, 0 for a tensor. */
void gra__object_init(gra_object *object, const gra_kind *kind, int owned);
void gra__retain(void *object);  /* adds a reference; NULL is fine */
void gra__release(void *object); /* drops one; NULL is fine */

/* Turns the user's reference into the caller's (a container takes over a module). */
void gra__take(void *object);

#endif
