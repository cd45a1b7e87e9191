/* new_file.h - writing a file so that the old one stays whole until the new one is.
 *
 *     gra__new_file f;
 *     bool fine = gra__new_file_open(&f, "gra_save", path) && gra__new_file_write(&f, data, bytes);
 *     fine = gra__new_file_close(&f, fine);       syncs and renames, or removes
 */
#ifndef GRA_IO_NEW_FILE_H
#define GRA_IO_NEW_FILE_H

#include <stdbool.h>
#include <stddef.h>

typedef struct gra__new_file {
    const char *op;   /* for messages */
    const char *path; /* where it will be */
    char *temporary;  /* where it is being written: path.tmp.TID, so that two threads have two */
    int fd;
} gra__new_file;

/* False with an error that has the path and the reason. After a failed open, close must still be
 * called. Of threads that write the same path at once, the last to close has the last word. */
bool gra__new_file_open(gra__new_file *f, const char *op, const char *path);
bool gra__new_file_write(gra__new_file *f, const void *data, size_t bytes);

/* Puts the file in its place if fine, else removes it. Returns whether it is in its place. */
bool gra__new_file_close(gra__new_file *f, bool fine);

#endif
