/* terminal.h - what a file that is drawn on can do. */
#ifndef GRA_TRAIN_TERMINAL_H
#define GRA_TRAIN_TERMINAL_H

#include <stdbool.h>
#include <stdio.h>

/* Whether lines can be drawn over: it is a terminal and TERM is not "dumb". */
bool gra__is_terminal(FILE *file);

/* The columns it has now; where it does not know, those of COLUMNS, or 80. */
int gra__terminal_width(FILE *file);

/* Whether the environment's locale (LC_ALL, LC_CTYPE, LANG) is a UTF-8 one. The library leaves the
 * process's own locale alone, which is "C" in most programs. */
bool gra__locale_is_utf8(void);

/* The columns that a text takes: wide characters two, combining ones none. */
int gra__text_width(const char *text);

/* Cuts a text to at most `width` columns. */
void gra__text_cut(char *text, int width);

#endif
