/* safetensors_header.h - the JSON header of a safetensors file. */
#ifndef GRA_IO_SAFETENSORS_HEADER_H
#define GRA_IO_SAFETENSORS_HEADER_H

#include "core/dtype.h"
#include "core/shape.h"

enum { GRA__HEADER_MAX = 100000000 }; /* bytes, as in the format's own implementation */

typedef struct gra__tensor_entry {
    char *name; /* owned */
    gra_dtype dtype;
    gra_shape shape;
    uint64_t begin, end; /* bytes of its data, counted from the end of the header */
} gra__tensor_entry;

typedef struct gra__tensor_header {
    gra__tensor_entry *entries;
    int count;
} gra__tensor_header;

/* Reads a header of `length` bytes in front of data_bytes of data, and sorts the entries by their
 * data: they follow each other without gaps, from the first byte to the last, with different names.
 * False with an error that begins with `where`; free the header in either case. */
bool gra__header_read(gra__tensor_header *h, const char *where, const char *text, size_t length,
                      uint64_t data_bytes);

/* The text of a header, padded with spaces to a multiple of 8 bytes, to be freed with free(). NULL
 * with an error for names that are no UTF-8, or given twice. */
char *gra__header_write(const gra__tensor_header *h, const char *where);

void gra__header_free(gra__tensor_header *h);

#endif
