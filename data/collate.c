/* collate.c - how examples become a batch. */
#include "data/collate.h"

#include "core/alloc_cache.h"
#include "core/create.h"
#include "core/error.h"
#include "core/tensor_struct.h"
#include "ops/ops.h"

int gra_collate_stack(gra_tensor *const *xs, gra_tensor *const *ys, int64_t count, gra_tensor **x,
                      gra_tensor **y, void *context)
{
    (void)context;
    *x = gra_stack(xs, (int)count, 0);
    *y = gra_stack(ys, (int)count, 0);
    return *x && *y ? 0 : -1;
}

/* Whether two shapes differ in their first size at most. */
static bool fits(gra_shape a, gra_shape b)
{
    if (a.count > 0 && a.count == b.count)
        b.size[0] = a.size[0];
    return gra_shape_equal(a, b);
}

/* The longest first size; -1 with an error where other sizes or the dtypes differ. */
static int64_t longest(gra_tensor *const *ts, int64_t count)
{
    char a[GRA_SHAPE_TEXT], b[GRA_SHAPE_TEXT];
    int64_t length = 0;
    for (int64_t i = 0; i < count; i++) {
        if (ts[i]->dtype != ts[0]->dtype || !fits(ts[0]->shape, ts[i]->shape)) {
            gra_fail("gra_collate_pad: examples of a batch are %s %s and %s %s; all must have the "
                     "same dtype, and shapes that differ in the first size at most",
                     gra_dtype_name(ts[0]->dtype), gra_shape_text(ts[0]->shape, a),
                     gra_dtype_name(ts[i]->dtype), gra_shape_text(ts[i]->shape, b));
            return -1;
        }
        if (ts[i]->shape.count && ts[i]->shape.size[0] > length)
            length = ts[i]->shape.size[0];
    }
    return length;
}

static gra_tensor *pad(gra_tensor *const *ts, int64_t count)
{
    const int64_t length = longest(ts, count);
    gra_shape shape = ts[0]->shape;
    if (length < 0)
        return NULL;
    if (!shape.count)
        return gra_stack(ts, (int)count, 0);
    if (shape.count == GRA_MAX_DIMS)
        return gra_fail("gra_collate_pad: examples of %d dims leave no dim for the batch",
                        GRA_MAX_DIMS);
    for (int dim = shape.count++; dim > 0; dim--)
        shape.size[dim] = shape.size[dim - 1];
    shape.size[0] = count;
    shape.size[1] = length;
    gra_tensor *const padded = gra_zeros(shape, .dtype = ts[0]->dtype);
    for (int64_t i = 0; i < count && padded; i++)
        gra_copy_(gra_narrow(gra_select(padded, 0, i), 0, 0, ts[i]->shape.size[0]), ts[i]);
    return gra_error() ? NULL : padded;
}

int gra_collate_pad(gra_tensor *const *xs, gra_tensor *const *ys, int64_t count, gra_tensor **x,
                    gra_tensor **y, void *context)
{
    (void)context;
    *x = pad(xs, count);
    *y = pad(ys, count);
    return *x && *y ? 0 : -1;
}
