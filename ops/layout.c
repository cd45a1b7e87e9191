/* layout.c - arithmetic on shapes and strides. */
#include "ops/layout.h"

#include <string.h>

#include "core/error.h"
#include "ops/iterate.h"
#include "ops/kernels/transpose.h"

/* The only size of -1, or -1 where there is none; -2 with an error where there are two. */
static int size_to_infer(const char *op, const gra_shape *wanted)
{
    int infer = -1;
    for (int i = 0; i < wanted->count && i < GRA_MAX_DIMS; i++) {
        if (wanted->size[i] != -1)
            continue;
        if (infer >= 0) {
            char text[GRA_SHAPE_TEXT];
            gra_fail("%s: dims %d and %d of %s are both -1; only one size can be inferred", op,
                     infer, i, gra_shape_text(*wanted, text));
            return -2;
        }
        infer = i;
    }
    return infer;
}

bool gra__infer_shape(const char *op, const gra_tensor *x, gra_shape wanted, gra_shape *shape)
{
    char from[GRA_SHAPE_TEXT], to[GRA_SHAPE_TEXT];
    const int infer = size_to_infer(op, &wanted);
    if (infer < -1)
        return false;
    *shape = wanted;
    if (infer >= 0)
        shape->size[infer] = 1;
    const int64_t numel = gra__shape_numel(op, *shape, 1);
    if (numel < 0)
        return false;
    if (infer < 0 && numel != x->numel) {
        gra_fail("%s: a tensor of shape %s has %lld elements, but shape %s has %lld", op,
                 gra_shape_text(x->shape, from), (long long)x->numel, gra_shape_text(wanted, to),
                 (long long)numel);
        return false;
    }
    if (infer >= 0 && (numel == 0 || x->numel % numel != 0)) {
        gra_fail("%s: the -1 in %s cannot be inferred for a tensor of shape %s: the other sizes "
                 "multiply to %lld, %s %lld elements",
                 op, gra_shape_text(wanted, to), gra_shape_text(x->shape, from), (long long)numel,
                 numel ? "which does not divide its" : "so that any size would do for its",
                 (long long)x->numel);
        return false;
    }
    if (infer >= 0)
        shape->size[infer] = x->numel / numel;
    return true;
}

/* Dims of x fall into groups that are walked with one stride; each group must be used up by whole
 * dims of the new shape.  Both are walked from the right:
 *
 *     x      [2, 3, 4]  strides [24, 4, 1]      groups [2] and [3, 4]
 *     shape  [2, 2, 6]                          fits:  2 | 2, 6
 *     shape  [4, 6]                             does not: 6 leaves half a group
 */
bool gra__view_stride(const gra_tensor *x, const gra_shape *shape, int64_t stride[GRA_MAX_DIMS])
{
    gra__row_major(shape, stride);
    if (x->numel == 0 || x->contiguous)
        return true;
    int64_t step = x->stride[x->shape.count - 1], group = 1, used = 1;
    int at = shape->count - 1;
    for (int d = x->shape.count - 1; d >= 0; d--) {
        group *= x->shape.size[d];
        const bool ends = d == 0 || (x->shape.size[d - 1] != 1 && x->stride[d - 1] != group * step);
        if (!ends)
            continue;
        for (; at >= 0 && (used < group || shape->size[at] == 1); at--) {
            stride[at] = used * step;
            used *= shape->size[at];
        }
        if (used != group)
            return false;
        step = d ? x->stride[d - 1] : 0;
        group = used = 1;
    }
    return at < 0;
}

int gra__wrap_new_dim(const char *op, int64_t dim, int ndim)
{
    if (dim < -ndim - 1 || dim > ndim) {
        gra_fail("%s: dim %lld is out of range for a new dim beside %d; %d to %d are possible", op,
                 (long long)dim, ndim, -ndim - 1, ndim);
        return -1;
    }
    return (int)(dim < 0 ? dim + ndim + 1 : dim);
}

gra_shape gra__shape_inserted(gra_shape shape, int dim, int64_t size)
{
    if (shape.count < GRA_MAX_DIMS) {
        memmove(shape.size + dim + 1, shape.size + dim,
                (size_t)(shape.count - dim) * sizeof shape.size[0]);
        shape.size[dim] = size;
    }
    shape.count++;
    return shape;
}

gra_shape gra__shape_removed(gra_shape shape, int dim)
{
    shape.count--;
    memmove(shape.size + dim, shape.size + dim + 1,
            (size_t)(shape.count - dim) * sizeof shape.size[0]);
    return shape;
}

int64_t gra__numel_between(const gra_shape *shape, int first, int last)
{
    int64_t numel = 1;
    for (int i = first; i < last; i++)
        numel *= shape->size[i];
    return numel;
}

gra_tensor *gra__narrowed(gra_tensor *x, int dim, int64_t start, int64_t length)
{
    gra_shape shape = x->shape;
    shape.size[dim] = length;
    return gra__view(x, shape, x->stride, x->offset + start * x->stride[dim]);
}

gra_tensor *gra__reshaped(const char *op, gra_tensor *x, gra_shape shape)
{
    int64_t stride[GRA_MAX_DIMS];
    if (gra__view_stride(x, &shape, stride))
        return gra__view(x, shape, stride, x->offset);
    gra_tensor *const y = gra__empty(op, shape, x->dtype);
    if (!y)
        return NULL;
    gra__row_major(&x->shape, stride);
    gra_tensor *const as_x = gra__view(y, x->shape, stride, 0);
    return as_x && gra__copy_into(op, as_x, x) ? y : NULL;
}

gra_tensor *gra__packed(gra_tensor *t, gra_dtype dtype)
{
    return t->dtype == dtype && t->contiguous ? t : gra__row_major_copy(t, dtype);
}

static void channels_last_stride(const gra_shape *shape, int64_t stride[4])
{
    const int64_t c = shape->size[1], h = shape->size[2], w = shape->size[3];
    stride[0] = h * w * c;
    stride[1] = 1;
    stride[2] = w * c;
    stride[3] = c;
}

bool gra__is_channels_last(const gra_tensor *t)
{
    int64_t stride[4];
    if (t->shape.count != 4)
        return false;
    channels_last_stride(&t->shape, stride);
    for (int d = 0; d < 4; d++)
        if (t->numel && t->shape.size[d] != 1 && t->stride[d] != stride[d])
            return false;
    return true;
}

bool gra__prefers_channels_last(const gra_tensor *t)
{
    return !t->contiguous && gra__is_channels_last(t);
}

gra_tensor *gra__empty_channels_last(const char *op, gra_shape shape, gra_dtype dtype)
{
    int64_t stride[4];
    if (gra__shape_numel(op, shape, gra_dtype_size(dtype)) < 0)
        return NULL;
    channels_last_stride(&shape, stride);
    return gra__empty_strided(op, shape, stride, dtype);
}

gra_tensor *gra__empty_in_layout(const char *op, gra_shape shape, gra_dtype dtype,
                                 const gra_tensor *like)
{
    return shape.count == 4 && gra__prefers_channels_last(like)
               ? gra__empty_channels_last(op, shape, dtype)
               : gra__empty(op, shape, dtype);
}

gra_tensor *gra__channels_last(gra_tensor *t)
{
    if (gra__is_channels_last(t))
        return t;
    gra_tensor *const copy = gra__empty_channels_last("convert", t->shape, t->dtype);
    return copy && gra__copy_into("convert", copy, t) ? copy : NULL;
}

bool gra__transpose_into(gra_tensor *to, const gra_tensor *from)
{
    const int64_t *const size = to->shape.size;
    if (to->dtype != GRA_FLOAT32 || from->dtype != GRA_FLOAT32 ||
        to->contiguous == from->contiguous || !gra_shape_equal(to->shape, from->shape))
        return false;
    if (from->contiguous && gra__is_channels_last(to))
        gra__transpose_f32(size[0], size[1], size[2] * size[3], gra__ptr(from), gra__ptr(to));
    else if (to->contiguous && gra__is_channels_last(from))
        gra__transpose_f32(size[0], size[2] * size[3], size[1], gra__ptr(from), gra__ptr(to));
    else
        return false;
    return true;
}
