/* tensor_file.h - open safetensors files, and what of them does not fit, for the files of io/. */
#ifndef GRA_IO_TENSOR_FILE_H
#define GRA_IO_TENSOR_FILE_H

#include "core/object_struct.h"
#include "io/input_file.h"
#include "io/safetensors.h"
#include "io/safetensors_header.h"

struct gra_tensor_file {
    gra_object head;
    gra__input_file in;
    gra__tensor_header header;
    uint64_t data; /* where the data begins, in bytes */
};

/* As gra_tensor_file_open and gra_save_tensors do, with errors that begin with op. */
gra_tensor_file *gra__tensor_file_open(const char *op, const char *path);
int gra__tensor_file_write(const char *op, const char *path, const char *const *names,
                           gra_tensor *const *tensors, int count);

/* The entry of a name, NULL without an error where there is none; and its tensor, in the current
 * scope. */
const gra__tensor_entry *gra__tensor_file_find(const gra_tensor_file *file, const char *name);
gra_tensor *gra__tensor_file_read(const gra_tensor_file *file, const gra__tensor_entry *e);

/* One kind of disagreement between a file and what is to be loaded: a list of the first of them. */
enum { GRA__LISTED = 5, GRA__LIST_TEXT = 512 };

typedef struct gra__complaint {
    int count;
    char text[GRA__LIST_TEXT];
} gra__complaint;

typedef struct gra__misfit {
    gra__complaint missing, unexpected, shapes, dtypes;
} gra__misfit;

GRA_PRINTF(2, 3) void gra__complain(gra__complaint *c, const char *format, ...);

/* Notes where an entry, or NULL for a missing one, is not of this shape and dtype; among floating
 * types the dtype may differ. */
void gra__compare_entry(gra__misfit *m, const char *name, const gra__tensor_entry *e,
                        gra_shape shape, gra_dtype dtype);

/* Whether all fits; false with an error that begins with `where`. */
bool gra__misfit_none(const gra__misfit *m, const char *where, const char *what);

#endif
