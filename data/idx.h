/* idx.h - IDX files, the format of MNIST: plain or compressed with gzip.
 *
 *     offset 0  two zero bytes, one byte of type (8: uint8, 12: int32, 13: float32, 14: float64),
 *               one byte with the number of dims
 *     offset 4  the sizes, 32 bits each, most significant byte first
 *     then      the elements, row-major, most significant byte first
 *
 * Source: http://yann.lecun.com/exdb/mnist
 */
#ifndef GRA_DATA_IDX_H
#define GRA_DATA_IDX_H

#include "../core/tensor.h"

GRA_BEGIN_DECLS

/* The file as a tensor of its dtype. The header is checked against what the file can hold before any
 * memory is asked for; a file that is missing, not IDX, truncated, damaged or longer than its header
 * says is an error that names it. */
gra_tensor *gra_read_idx(const char *path);

GRA_END_DECLS

#endif
