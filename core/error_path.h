/* error_path.h - whether an error is pending, for paths where each nanosecond counts, and the modules
 * and ops that are running, so that an error can say where it happened. */
#ifndef GRA_CORE_ERROR_PATH_H
#define GRA_CORE_ERROR_PATH_H

#include <string.h>

#include "common.h"
#include "thread_local.h"

/* gra_error() != NULL */
extern GRA__HOT bool gra__failed;

/* The two arguments of "%.*s" that write an op's name, which is given as a plain name or as a schema:
 * so no name is cut out of a schema before there is an error. */
#define GRA__NAME(op) (int)strcspn(op, "("), (op)

/* One running module; lives on the caller's stack between push and pop. */
typedef struct gra__path {
    const char *name;           /* the child's name in its parent; "" for the outermost */
    const struct gra__path *up; /* who called it */
} gra__path;

void gra__path_push(gra__path *entry, const char *name);
void gra__path_pop(void);

/* Adds " (in PART OP)" to the pending error; where part is empty and the error begins with the name of
 * the op, it tells already. */
void gra__error_inside(const char *part, const char *op);

/* Makes another thread's error this one's, unless one is pending. It was recorded there: nothing is added, and
 * the function of gra_on_error is not called again. */
void gra__error_set(const char *text);

/* Writes "features.0" for the modules that are running on this thread, or "". Returns its length. */
size_t gra__path_text(char *text, size_t size);

#endif
