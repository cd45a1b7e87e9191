/* shape.c - shapes: counting, broadcasting, dims, text. */
#include "shape.h"

#include <stdio.h>

#include "error.h"
#include "error_path.h"
#include "shape_check.h"

const char gra_shape_kind = 's', gra_dims_kind = 'd';

gra_shape gra_shape_of(const int64_t *sizes, int count)
{
    gra_shape shape = {.kind = &gra_shape_kind, .count = count};
    for (int i = 0; sizes && i < count && i < GRA_MAX_DIMS; i++)
        shape.size[i] = sizes[i];
    return shape;
}

bool gra_shape_equal(gra_shape a, gra_shape b)
{
    bool equal = a.count == b.count; /* which may be -1 or more than GRA_MAX_DIMS */
    for (int i = 0; equal && i < a.count && i < GRA_MAX_DIMS; i++)
        equal = a.size[i] == b.size[i];
    return equal;
}

char *gra_shape_text(gra_shape shape, char buffer[GRA_SHAPE_TEXT])
{
    size_t used = (size_t)snprintf(buffer, GRA_SHAPE_TEXT, "[");
    for (int i = 0; i < shape.count && i < GRA_MAX_DIMS; i++)
        used += (size_t)snprintf(buffer + used, GRA_SHAPE_TEXT - used, i ? ", %lld" : "%lld",
                                 (long long)shape.size[i]);
    snprintf(buffer + used, GRA_SHAPE_TEXT - used, "]");
    return buffer;
}

int64_t gra__numel(const gra_shape *shape)
{
    int64_t numel = 1;
    for (int i = 0; i < shape->count; i++)
        numel *= shape->size[i];
    return numel;
}

/* A call by name cannot tell which int[] of a schema is a shape: there all are dims. */
bool gra__shape_given(const char *op, gra_shape shape)
{
    if (shape.kind == &gra_shape_kind || shape.kind == &gra_dims_kind)
        return true;
    gra_fail("%s: the shape was not given as a shape; write GRA_SHAPE(2, 3), or GRA_SCALAR", op);
    return false;
}

int64_t gra__shape_numel(const char *op, gra_shape shape, size_t element)
{
    char text[GRA_SHAPE_TEXT];
    if (shape.count < 0 || shape.count > GRA_MAX_DIMS) {
        gra_fail("%.*s: a tensor of %d dims was asked for; at most %d are possible", GRA__NAME(op),
                 shape.count, GRA_MAX_DIMS);
        return -1;
    }
    int64_t numel = 1, bytes = 0;
    bool empty = false, huge = false;
    for (int i = 0; i < shape.count; i++) {
        if (shape.size[i] < 0) {
            gra_fail("%.*s: size %lld of dim %d in %s is negative", GRA__NAME(op),
                     (long long)shape.size[i], i, gra_shape_text(shape, text));
            return -1;
        }
        empty |= shape.size[i] == 0;
        huge |= shape.size[i] && __builtin_mul_overflow(numel, shape.size[i], &numel);
    }
    /* Strides are products of the sizes that are not 0, so these must fit also in an empty tensor. */
    if (huge || __builtin_mul_overflow(numel, (int64_t)element, &bytes)) {
        gra_fail("%.*s: a tensor of shape %s has more bytes than the address space", GRA__NAME(op),
                 gra_shape_text(shape, text));
        return -1;
    }
    return empty ? 0 : numel;
}

bool gra__broadcast(const char *op, const gra_shape *a, const gra_shape *b, gra_shape *result)
{
    const int count = a->count > b->count ? a->count : b->count;
    result->count = count;
    for (int i = 0; i < count; i++) {
        const int ia = i - (count - a->count), ib = i - (count - b->count);
        const int64_t sa = ia < 0 ? 1 : a->size[ia], sb = ib < 0 ? 1 : b->size[ib];
        if (sa != sb && sa != 1 && sb != 1) {
            char ta[GRA_SHAPE_TEXT], tb[GRA_SHAPE_TEXT];
            gra_fail(
                "%.*s: shapes %s and %s do not broadcast: sizes %lld and %lld at dim %d differ "
                "and neither is 1",
                GRA__NAME(op), gra_shape_text(*a, ta), gra_shape_text(*b, tb), (long long)sa,
                (long long)sb, i);
            return false;
        }
        result->size[i] = sa == 1 ? sb : sa;
    }
    return true;
}

int gra__wrap_dim(const char *op, int64_t dim, int ndim)
{
    const int limit = ndim ? ndim : 1;
    if (dim < -limit || dim >= limit) {
        gra_fail("%s: dim %lld is out of range for a tensor of %d dims; %d to %d are possible", op,
                 (long long)dim, ndim, -limit, limit - 1);
        return -1;
    }
    return (int)(dim < 0 ? dim + limit : dim);
}

bool gra__dims_mask(const char *op, gra_dims dims, int ndim, unsigned *mask)
{
    *mask = dims.count ? 0 : (1u << ndim) - 1;
    if (dims.kind != &gra_dims_kind) {
        gra_fail("%s: the dims were not given as dims; write GRA_DIMS(0, 1), or GRA_ALL_DIMS", op);
        return false;
    }
    if (dims.count < 0 || dims.count > GRA_MAX_DIMS) {
        gra_fail("%s: %d dims were given; at most %d are possible", op, dims.count, GRA_MAX_DIMS);
        return false;
    }
    for (int i = 0; i < dims.count; i++) {
        const int dim = gra__wrap_dim(op, dims.dim[i], ndim);
        if (dim < 0)
            return false;
        if (*mask & (1u << dim)) {
            gra_fail("%s: dim %d is named twice", op, dim);
            return false;
        }
        *mask |= 1u << dim;
    }
    if (ndim == 0)
        *mask = 0;
    return true;
}

void gra__row_major(const gra_shape *shape, int64_t stride[GRA_MAX_DIMS])
{
    int64_t step = 1;
    for (int i = shape->count - 1; i >= 0; i--) {
        stride[i] = step;
        step *= shape->size[i] > 1 ? shape->size[i] : 1;
    }
}
