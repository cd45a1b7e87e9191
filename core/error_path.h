/* error_path.h - the modules and ops that are running, so that an error can say where it happened. */
#ifndef GRA_CORE_ERROR_PATH_H
#define GRA_CORE_ERROR_PATH_H

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

#endif
