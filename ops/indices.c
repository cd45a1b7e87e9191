/* indices.c - tensors of indices. */
#include "ops/indices.h"

#include <stdio.h>

#include "core/dry_run.h"
#include "core/error.h"
#include "ops/layout.h"

/* Reports the index at a position in row-major order. */
static void fail_at(const char *op, const gra_tensor *index, int64_t position, int64_t value,
                    const char *range)
{
    gra_shape at = index->shape;
    char text[GRA_SHAPE_TEXT];
    for (int d = at.count - 1; d >= 0; d--) {
        at.size[d] = position % index->shape.size[d];
        position /= index->shape.size[d];
    }
    gra_fail("%s: index %lld at %s is out of range for %s", op, (long long)value,
             gra_shape_text(at, text), range);
}

gra_tensor *gra__indices(const char *op, gra_tensor *index, int64_t size, const char *range)
{
    if (!gra_dtype_is_integer(index->dtype))
        return gra_fail("%s: index has dtype %s; int64 is needed (gra_to converts)", op,
                        gra_dtype_name(index->dtype));
    gra_tensor *const packed = gra__packed(index, GRA_INT64);
    if (!packed)
        return NULL;
    const int64_t *const value = gra__ptr(packed);
    for (int64_t i = 0; i < packed->numel && !gra__dry_run(); i++)
        if (value[i] < 0 || value[i] >= size) {
            fail_at(op, packed, i, value[i], range);
            return NULL;
        }
    return packed;
}

const char *gra__range_text(char buffer[GRA_RANGE_TEXT], int dim, int64_t size)
{
    snprintf(buffer, GRA_RANGE_TEXT, "dim %d of size %lld", dim, (long long)size);
    return buffer;
}

bool gra__sum_dtype(const char *op, gra_dtype dtype, gra_dtype *sum)
{
    if (!gra_dtype_is_floating(dtype))
        gra_fail("%s: a gradient has dtype %s; a floating-point one is needed", op,
                 gra_dtype_name(dtype));
    *sum = dtype == GRA_BFLOAT16 ? GRA_FLOAT32 : dtype;
    return gra_dtype_is_floating(dtype);
}

static gra_shape at_least_1d(gra_shape shape)
{
    return shape.count ? shape : (gra_shape){.count = 1, .size = {1}};
}

static bool index_fits(const char *op, const gra_shape *x, const gra_shape *index, int dim)
{
    char a[GRA_SHAPE_TEXT], b[GRA_SHAPE_TEXT];
    bool fits = index->count == x->count;
    for (int d = 0; fits && d < x->count; d++)
        fits = d == dim || index->size[d] <= x->size[d];
    if (!fits)
        gra_fail("%s: index has shape %s for a tensor of shape %s; as many dims are needed, and no "
                 "larger sizes beside dim %d",
                 op, gra_shape_text(*index, b), gra_shape_text(*x, a), dim);
    return fits;
}

bool gra__picks_plan(const char *op, const gra_tensor *x, int64_t dim, gra_tensor *index,
                     gra__picks *p)
{
    const gra_shape shape = at_least_1d(x->shape);
    const int at = gra__wrap_dim(op, dim, shape.count);
    char range[GRA_RANGE_TEXT];
    p->shape = at_least_1d(index->shape);
    if (at < 0 || !index_fits(op, &shape, &p->shape, at))
        return false;
    gra_tensor *const indices =
        gra__indices(op, index, shape.size[at], gra__range_text(range, at, shape.size[at]));
    if (!indices)
        return false;
    memcpy(p->stride, x->stride, sizeof p->stride);
    p->step = x->shape.count ? x->stride[at] : 1;
    p->stride[at] = 0;
    p->index = gra__ptr(indices);
    p->count = gra__dry_run() ? 0 : indices->numel;
    return true;
}
