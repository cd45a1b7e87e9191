/* lines.h - lines of the user's program in messages of anomaly mode.
 *
 *     cc -DGRA_LINES net.c ...
 *
 * In a file that is compiled with GRA_LINES, gradus.h ends with a header that the build generates: for each
 * function that records something, a macro of the same name which notes __FILE__ and __LINE__ and calls
 * it.  So the thread knows from which line the library was entered last.  The library itself is as ever,
 * shared or static; without GRA_LINES nothing is noted.  In C++ there are no such macros.
 */
#ifndef GRA_CORE_LINES_H
#define GRA_CORE_LINES_H

#include "common.h"

GRA_BEGIN_DECLS

/* Notes a place in the user's program; file must stay. NULL: none. Bindings may call it. */
void gra_note_line(const char *file, int line);

GRA_END_DECLS

typedef struct gra__line {
    const char *file; /* NULL: none was noted */
    int number;
} gra__line;

/* The line that was noted last on this thread. */
gra__line gra__noted_line(void);

/* Writes "net.c:31", or "" where nothing was noted. */
void gra__line_text(char *text, size_t size);

#endif
