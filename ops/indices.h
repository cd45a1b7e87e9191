/* indices.h - tensors of indices, for gather, index_select and one_hot.
 *
 * May include: core.
 */
#ifndef GRA_OPS_INDICES_H
#define GRA_OPS_INDICES_H

#include <string.h>

#include "core/tensor_struct.h"

/* The indices as a row-major int64 tensor, each of them 0 to size - 1. NULL with an error for a dtype
 * that is no integer, and for an index outside, which says where it stands; `range` names what it
 * is an index of. */
gra_tensor *gra__indices(const char *op, gra_tensor *index, int64_t size, const char *range);

/* Writes "dim 1 of size 3" into buffer and returns it. */
#define GRA_RANGE_TEXT 64
const char *gra__range_text(char buffer[GRA_RANGE_TEXT], int dim, int64_t size);

/* Copies one element of `size` bytes, which are 1, 2, 4 or 8. */
static inline void gra__copy_element(void *to, const void *from, size_t size)
{
    switch (size) {
    case 1: memcpy(to, from, 1); break;
    case 2: memcpy(to, from, 2); break;
    case 4: memcpy(to, from, 4); break;
    default: memcpy(to, from, 8); break;
    }
}

/* The dtype in which gradients of a dtype add up, and where they can at all: float32 for bfloat16;
 * false with an error where dtype is not floating point. */
bool gra__sum_dtype(const char *op, gra_dtype dtype, gra_dtype *sum);

#endif
