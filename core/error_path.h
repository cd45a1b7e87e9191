/* error_path.h - the modules that are running, so that an error can say where it happened. */
#ifndef GRA_CORE_ERROR_PATH_H
#define GRA_CORE_ERROR_PATH_H

/* One running module; lives on the caller's stack between push and pop. */
typedef struct gra__path {
    const char *name;           /* the child's name in its parent; "" for the outermost */
    const struct gra__path *up; /* who called it */
} gra__path;

void gra__path_push(gra__path *entry, const char *name);
void gra__path_pop(void);

#endif
