/* object.h - what tensors, modules, optimizers, data sets and generators have in common.
 *
 * Refcounts inside, scopes outside.  Two sentences to remember:
 *
 *   A tensor that a function returns belongs to the current scope; gra_keep(t) makes it yours until
 *   you gra_free it.  Modules, optimizers, data sets and generators belong to whoever made them; a
 *   container takes over the modules it is given, also when it fails.
 *
 *     int mark = gra_mark();
 *     gra_tensor *y = gra_keep(gra_add(a, b));
 *     gra_release(mark);                            y lives on, everything else made since is gone
 *     gra_free(y, net, opt);
 */
#ifndef GRA_CORE_OBJECT_H
#define GRA_CORE_OBJECT_H

#include "common.h"

GRA_BEGIN_DECLS

/* Gives up the caller's ownership of count objects; NULLs are fine. Freeing what is not the
 * caller's (a tensor that was not kept, a module inside a container) is an error and frees nothing.
 * An object that is gone already must not be named again, as with free(). */
void gra_free_objects(void *const *objects, size_t count);

#ifndef __cplusplus
#define gra_free(...)                                                                              \
    gra_free_objects((void *const[]){__VA_ARGS__},                                                 \
                     sizeof((void *const[]){__VA_ARGS__}) / sizeof(void *))
#endif

/* Number of objects alive in the process: tensors, graph nodes, modules, optimizers, data sets,
 * generators. 0 after everything was freed and released. */
int64_t gra_live(void);

GRA_END_DECLS

#endif
