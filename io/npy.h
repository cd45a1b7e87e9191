/* npy.h - one tensor in a file of NumPy's .npy format.
 *
 *     gra_tensor *x = gra_load_npy("x.npy");          Python: np.save("x.npy", x)
 *     gra_save_npy(x, "y.npy");                       Python: y = np.load("y.npy")
 *
 * A file is
 *
 *     8 bytes         "\x93NUMPY", the version's two numbers: 1 0, 2 0 or 3 0
 *     2 or 4 bytes    length of the header, little-endian; 4 bytes since version 2.0
 *     header          a Python dict, padded with spaces and a newline, for example
 *                     {'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }
 *     data            the elements, row-major
 *
 * and is read only after all of it was checked.  float32, float64, int64, int32, uint8 and bool are
 * '<f4', '<f8', '<i8', '<i4', '|u1' and '|b1'.  Errors: another dtype, big-endian numbers, column-major
 * order ('fortran_order': True), structured arrays, more than GRA_MAX_DIMS dims, a file with less or
 * more bytes than its header says.  bfloat16 has no dtype in NumPy and cannot be written.
 *
 * Writing (version 1.0) never harms an older file, as in safetensors.h.
 * Source: numpy.lib.format, "NPY format".  May include: core, ops, autograd, nn, optim.
 */
#ifndef GRA_IO_NPY_H
#define GRA_IO_NPY_H

#include "../core/tensor.h"

GRA_BEGIN_DECLS

/* The tensor of a file, in the current scope; NULL with an error. */
gra_tensor *gra_load_npy(const char *path);

/* Returns 0, or -1 with an error, and then the file is as it was before or not there. */
int gra_save_npy(gra_tensor *tensor, const char *path);

GRA_END_DECLS

#endif
