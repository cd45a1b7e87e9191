/* indices.h - tensors of indices, for gather and scatter, index_select, one_hot and their kin.
 *
 * May include: core.
 */
#ifndef GRA_OPS_INDICES_H
#define GRA_OPS_INDICES_H

#include <string.h>

#include "core/tensor_struct.h"
#include "ops/layout.h"

/* The indices as a row-major int64 tensor, each of them 0 to size - 1. NULL with an error for a dtype
 * that is no integer, and for an index outside, which says where it stands; `range` names what it
 * is an index of. */
gra_tensor *gra__indices(const char *op, gra_tensor *index, int64_t size, const char *range);

/* Writes "dim 1 of size 3" into buffer and returns it. */
#define GRA_RANGE_TEXT 64
const char *gra__range_text(char buffer[GRA_RANGE_TEXT], int dim, int64_t size);

/* Where the elements that gather picks, and scatter writes, lie in a tensor x: a walk over the shape of
 * the indices with x's strides, and a step for each index.
 *
 *     gra__walk at = {.position = 0};
 *     for (i = 0; i < p.count; i++, gra__walk_on(&at, &p.shape, p.stride))
 *         element i of the indices stands for the one at at.position + p.index[i] * p.step
 */
typedef struct gra__picks {
    gra_shape shape;
    int64_t stride[GRA_MAX_DIMS]; /* x's, and 0 for dim */
    int64_t step;                 /* x's for dim */
    const int64_t *index;
    int64_t count; /* 0 in a dry run */
} gra__picks;

/* Checks dim and the indices against x and plans the walk; false with an error. */
bool gra__picks_plan(const char *op, const gra_tensor *x, int64_t dim, gra_tensor *index,
                     gra__picks *p);

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
