/* append_file.h - a file that grows by whole records: one that cannot be written is taken back.
 *
 *     gra__append_file f;
 *     if (gra__append_file_open(&f, "gra_log_open", path, false))
 *         gra__append_file_write(&f, "gra_log_row", row, bytes);
 *     gra__append_file_close(&f, "gra_log_close");
 */
#ifndef GRA_IO_APPEND_FILE_H
#define GRA_IO_APPEND_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct gra__append_file {
    char *path; /* owned */
    int fd;     /* -1: not open */
    int64_t size;
} gra__append_file;

/* Opens a file to write behind what it holds, or, where `fresh`, one that is not there yet. False
 * with an error that has op, the path and the reason; nothing is to be closed then. */
bool gra__append_file_open(gra__append_file *f, const char *op, const char *path, bool fresh);

/* Adds a record; nothing of it stays in the file where that fails. */
bool gra__append_file_write(gra__append_file *f, const char *op, const void *data, size_t bytes);

bool gra__append_file_sync(gra__append_file *f, const char *op); /* to the disk itself */

/* Closes it; fine for one that is closed. */
bool gra__append_file_close(gra__append_file *f, const char *op);

#endif
