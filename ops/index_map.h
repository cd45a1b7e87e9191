/* index_map.h - tensors whose elements are picked by a list of indices for each dim.
 *
 *     y[i, j, ..] = x[a[i], b[j], ..]               or a value where one of the indices is -1
 *     dx[a[i], b[j], ..] += g[i, j, ..]             its adjoint
 *
 * Padding and nearest-neighbour interpolation are such maps: a row padded by reflection has the list
 *
 *     x  0 1 2 3        y  2 1 0 1 2 3 2            a = {2, 1, 0, 1, 2, 3, 2}
 *
 * Pieces that follow each other in both are copied as one, and a row (or plane) that repeats the one
 * before is copied from there.  Channels-last images give results that lie channels-last.
 * May include: core.
 */
#ifndef GRA_OPS_INDEX_MAP_H
#define GRA_OPS_INDEX_MAP_H

#include "core/tensor_struct.h"

typedef struct gra__index_map {
    gra_shape in, out; /* as many dims; the shapes of x and y */
    int64_t
        *index[GRA_MAX_DIMS]; /* out.size[d] indices, -1 to in.size[d] - 1; NULL: y's dim is x's */
    size_t bytes;             /* of the block that index[] lies in, which begins at `block` */
    int64_t *block;
} gra__index_map;

/* A map between two shapes with room for the lists of the dims that mapped[d] names. False with an error
 * where memory is short. */
bool gra__index_map_init(gra__index_map *map, gra_shape in, gra_shape out,
                         const bool mapped[GRA_MAX_DIMS]);
void gra__index_map_free(gra__index_map *map);

/* y from x, of any dtype. NULL with an error that names op where memory is short. */
gra_tensor *gra__index_map_pick(const char *op, const gra__index_map *map, gra_tensor *x,
                                double value);

/* dx from g, of a floating-point dtype; bfloat16 is added up in float32. Each sum is taken in the order of
 * g's elements, whatever the number of threads. */
gra_tensor *gra__index_map_sum(const char *op, const gra__index_map *map, gra_tensor *g);

#endif
