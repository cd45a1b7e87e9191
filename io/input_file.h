/* input_file.h - reading a regular file at any place, with errors that name it.
 *
 *     gra__input_file f;
 *     bool fine = gra__input_open(&f, "gra_load", path) && gra__input_read(&f, 0, data, bytes);
 *     gra__input_close(&f);
 */
#ifndef GRA_IO_INPUT_FILE_H
#define GRA_IO_INPUT_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct gra__input_file {
    char *where;   /* owned: "gra_load: PATH", what messages begin with */
    int fd;        /* -1: not open */
    uint64_t size; /* bytes, when it was opened */
} gra__input_file;

/* False with an error that has the path and the reason. After a failed open, close must still be
 * called. */
bool gra__input_open(gra__input_file *f, const char *op, const char *path);

/* Reads just so many bytes from an offset; false with an error where they are not there. */
bool gra__input_read(const gra__input_file *f, uint64_t offset, void *data, size_t bytes);
void gra__input_close(gra__input_file *f);

#endif
