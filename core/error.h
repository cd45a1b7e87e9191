/* error.h - sticky errors, one per thread.
 *
 * The first mistake is recorded, everything after it returns NULL, -1 or NaN without a word, and the
 * text stays until gra_clear_error():
 *
 *     gra_tensor *y = gra_add(gra_mul(a, b), c);     no checks in between
 *     if (gra_error())
 *         fprintf(stderr, "%s\n", gra_error());      mul: shapes [2, 3] and [4] do not broadcast ...
 *
 * The library itself never prints, aborts or exits.  Freeing and releasing work while an error is
 * pending.
 */
#ifndef GRA_CORE_ERROR_H
#define GRA_CORE_ERROR_H

#include "common.h"

GRA_BEGIN_DECLS

/* The pending error of this thread, or NULL. Valid until the error is cleared. */
const char *gra_error(void);

/* Forgets the pending error. */
void gra_clear_error(void);

/* Records an error, printf-style, unless one is pending; for authors of ops and modules. Begin with
 * the name of the function, say what was got and what would be right. Returns NULL, always, so that
 * a function that returns a pointer can write `return gra_fail(...);`. */
void *gra_fail(const char *format, ...) GRA_PRINTF(1, 2);

/* Calls fn(text, context) at the moment an error is recorded on any thread (a place for a
 * breakpoint or a log); NULL switches it off. fn must not call Gradus. */
void gra_on_error(void (*fn)(const char *text, void *context), void *context);

GRA_END_DECLS

#endif
