/* layout.h - arithmetic on shapes and strides that the shape ops share.
 *
 * A tensor is a walk through its storage: the element at index (i, j, ..) lies
 * i * stride[0] + j * stride[1] + .. elements behind the first.  A view is another walk through the
 * same storage.
 *
 * May include: core.  Each function reports through gra_fail under the name `op`.
 */
#ifndef GRA_OPS_LAYOUT_H
#define GRA_OPS_LAYOUT_H

#include "core/op.h"
#include "core/tensor_struct.h"

/* The shape that the elements of x are to take, with a size of -1 inferred from the others. False
 * with an error where it cannot be, or where the product of the sizes differs from x's. */
bool gra__infer_shape(const char *op, const gra_tensor *x, gra_shape wanted, gra_shape *shape);

/* The strides that let x be seen in another shape of as many elements; false where there are none. */
bool gra__view_stride(const gra_tensor *x, const gra_shape *shape, int64_t stride[GRA_MAX_DIMS]);

/* Wraps a dim that is to be added to ndim others: -ndim-1 .. ndim. -1 with an error outside. */
int gra__wrap_new_dim(const char *op, int64_t dim, int ndim);

/* The shape with a further dim in front of `dim`, and without `dim`. */
gra_shape gra__shape_inserted(gra_shape shape, int dim, int64_t size);
gra_shape gra__shape_removed(gra_shape shape, int dim);

/* Product of the sizes of dims first to last - 1. */
int64_t gra__numel_between(const gra_shape *shape, int first, int last);

/* Views without history: a range of a valid dim, and x in another shape, copied where its strides
 * demand it. */
gra_tensor *gra__narrowed(gra_tensor *x, int dim, int64_t start, int64_t length);
gra_tensor *gra__reshaped(const char *op, gra_tensor *x, gra_shape shape);

/* The elements in row-major order in dtype: t itself if it is that already. */
gra_tensor *gra__packed(gra_tensor *t, gra_dtype dtype);

/* The gradient of a narrowed tensor: zeros of `shape` around g, which stands at `start` of `dim`.
 * Recorded (narrow.c). */
gra_tensor *gra__narrow_backward(gra_tensor *g, gra_shape shape, int64_t dim, int64_t start);

/* Channels-last: the elements of a tensor of shape [N, C, H, W] in the order N, H, W, C.  Sizes of 1 do
 * not count, so with C = 1 or H = W = 1 a tensor is row-major as well.
 *
 *     x [1, 2, 2, 2] row-major       c0: a b c d   c1: e f g h
 *                    channels-last   a e   b f   c g   d h
 */
bool gra__is_channels_last(const gra_tensor *t);

/* Whether t's elements are in that order and not in row-major order: results should be likewise. */
bool gra__prefers_channels_last(const gra_tensor *t);

/* A new tensor of a shape with four dims, not initialised; one of another shape than `like` in its
 * layout, if that is channels-last, and else row-major; and t itself if it is channels-last, or a
 * copy without history. */
gra_tensor *gra__empty_channels_last(const char *op, gra_shape shape, gra_dtype dtype);
gra_tensor *gra__empty_in_layout(const char *op, gra_shape shape, gra_dtype dtype,
                                 const gra_tensor *like);
gra_tensor *gra__channels_last(gra_tensor *t);

/* Copies between row-major and channels-last tensors of float32 in blocks; false where they are not
 * such a pair of one shape. */
bool gra__transpose_into(gra_tensor *to, const gra_tensor *from);

/* A walk over all indices of a shape in row-major order, with its position for some strides. */
typedef struct gra__walk {
    int64_t index[GRA_MAX_DIMS];
    int64_t position; /* sum of index[d] * stride[d] */
} gra__walk;

static inline void gra__walk_on(gra__walk *w, const gra_shape *shape, const int64_t *stride)
{
    for (int d = shape->count - 1; d >= 0; d--) {
        w->position += stride[d];
        if (++w->index[d] < shape->size[d])
            return;
        w->position -= stride[d] * shape->size[d];
        w->index[d] = 0;
    }
}

#endif
