/* safetensors.h - parameters and tensors in files that PyTorch's safetensors package reads, and the
 * other way round.
 *
 *     gra_save(net, "net.safetensors");
 *     gra_load(net, "net.safetensors");
 *
 *     gra_tensor_file *file = gra_tensor_file_open("net.safetensors");
 *     gra_tensor *w = gra_tensor_file_get(file, "1.weight");
 *     gra_free(file);
 *
 * A file is
 *
 *     8 bytes       length of the header, little-endian
 *     header        JSON: {"1.weight": {"dtype": "F32", "shape": [6, 1, 5, 5],
 *                                       "data_offsets": [0, 600]}, ...}
 *     data          the tensors, row-major and without gaps
 *
 * and is read only after all of it was checked: a truncated, oversized or contradictory one is an
 * error.  All dtypes of Gradus have their place in it; others (F16, I8, ...) are an error.
 *
 * Writing never harms an older file: the new one is written beside it (PATH.tmp.TID), synced and
 * renamed; when that fails (a full disk, a missing folder), it is removed.
 * May include: core, ops, autograd, nn, optim.
 */
#ifndef GRA_IO_SAFETENSORS_H
#define GRA_IO_SAFETENSORS_H

#include "../nn/module.h"

GRA_BEGIN_DECLS

/* Write a module's parameters and buffers by their names (PyTorch's state_dict), and read them
 * back. The file must have just the module's names with their shapes; a dtype may differ among
 * floating types and is converted to the module's. Return 0, or -1 with an error; after a failed
 * gra_load the module is as it was. */
int gra_save(const gra_module *m, const char *path);
int gra_load(gra_module *m, const char *path);

/* Writes count tensors under different names. Returns 0 or -1. */
int gra_save_tensors(const char *path, const char *const *names, gra_tensor *const *tensors,
                     int count);

/* A file whose tensors are read one by one; belongs to the caller. NULL with an error. */
typedef struct gra_tensor_file gra_tensor_file;
gra_tensor_file *gra_tensor_file_open(const char *path);

/* Its tensors are numbered in the order of their data; another number gives NULL with an error. */
int gra_tensor_file_count(const gra_tensor_file *file); /* -1 for NULL */
const char *gra_tensor_file_name(const gra_tensor_file *file, int i);

/* Reads a tensor into the current scope; NULL with an error where there is none of that name. */
gra_tensor *gra_tensor_file_get(gra_tensor_file *file, const char *name);

GRA_END_DECLS

#endif
