/* create.c - new tensors from sizes, ranges and data. */
#include "core/create.h"

#include <math.h>
#include <string.h>

#include "core/dry_run.h"
#include "core/error.h"
#include "core/tensor_struct.h"

gra_create_options gra_create_defaults(void)
{
    return (gra_create_options){.dtype = GRA_FLOAT32};
}

gra_full_options gra_full_defaults(void)
{
    return (gra_full_options){.dtype = GRA_FLOAT32};
}

gra_from_data_options gra_from_data_defaults(void)
{
    return (gra_from_data_options){.dtype = GRA_FLOAT32};
}

/* Sets every element: the first one converts the value, the rest are copies of its bytes. */
static gra_tensor *fill(gra_tensor *t, double value)
{
    if (!t || t->numel == 0 || gra__dry_run())
        return t;
    char *const data = gra__ptr(t);
    const size_t element = gra_dtype_size(t->dtype), bytes = (size_t)t->numel * element;
    gra__store(t, 0, value);
    for (size_t done = element; done < bytes; done *= 2)
        memcpy(data + done, data, done < bytes - done ? done : bytes - done);
    return t;
}

/* A tensor of the shape that a caller gave. */
static gra_tensor *new_of(gra_tensor *(*make)(const char *, gra_shape, gra_dtype), const char *op,
                          gra_shape shape, gra_dtype dtype)
{
    return gra__shape_given(op, shape) ? make(op, shape, dtype) : NULL;
}

static gra_tensor *created(gra_tensor *t, bool requires_grad)
{
    return requires_grad ? gra_requires_grad(t) : t;
}

gra_tensor *gra_empty_with(gra_create_options o)
{
    return created(new_of(gra__empty, "gra_empty", o.shape, o.dtype), o.requires_grad);
}

gra_tensor *gra_zeros_with(gra_create_options o)
{
    return created(new_of(gra__zeros, "gra_zeros", o.shape, o.dtype), o.requires_grad);
}

gra_tensor *gra_ones_with(gra_create_options o)
{
    return created(fill(new_of(gra__empty, "gra_ones", o.shape, o.dtype), 1), o.requires_grad);
}

gra_tensor *gra_full_with(gra_full_options o)
{
    return created(fill(new_of(gra__empty, "gra_full", o.shape, o.dtype), o.value),
                   o.requires_grad);
}

gra_tensor *gra_from_data_with(gra_from_data_options o)
{
    gra_tensor *const t = new_of(gra__empty, "gra_from_data", o.shape, o.dtype);
    if (t && t->numel && !o.data)
        return gra_fail("gra_from_data: data is NULL; a pointer to %lld elements is needed",
                        (long long)t->numel);
    if (t && t->numel && !gra__dry_run())
        memcpy(gra__ptr(t), o.data, (size_t)t->numel * gra_dtype_size(o.dtype));
    return created(t, o.requires_grad);
}

gra_tensor *gra_arange(double start, double end, double step)
{
    const double length = (end - start) / step, count = ceil(length);
    if (!(step != 0 && length >= 0 && length < 0x1p62)) /* also where it is NaN */
        return gra_fail("gra_arange: from %g to %g in steps of %g is not a range; step must lead "
                        "from start to end",
                        start, end, step);
    const bool whole = start == floor(start) && end == floor(end) && step == floor(step);
    gra_tensor *const t =
        gra__empty("gra_arange", GRA_SHAPE((int64_t)count), whole ? GRA_INT64 : GRA_FLOAT32);
    for (int64_t i = 0; t && i < t->numel; i++)
        gra__store(t, i, start + (double)i * step);
    return t;
}

gra_tensor *gra_linspace(double start, double end, int64_t steps)
{
    gra_tensor *const t = gra__empty("gra_linspace", GRA_SHAPE(steps), GRA_FLOAT32);
    const double step = steps > 1 ? (end - start) / (double)(steps - 1) : 0;
    for (int64_t i = 0; t && i < steps; i++) /* from both ends, so that both are exact */
        gra__store(t, i,
                   2 * i < steps ? start + (double)i * step : end - (double)(steps - 1 - i) * step);
    return t;
}

gra_tensor *gra_eye(int64_t n)
{
    gra_tensor *const t = gra__zeros("gra_eye", GRA_SHAPE(n, n), GRA_FLOAT32);
    for (int64_t i = 0; t && i < n; i++)
        gra__store(t, i * (n + 1), 1);
    return t;
}

gra_tensor *gra_scalar(double value, gra_dtype dtype)
{
    return fill(gra__empty("gra_scalar", GRA_SCALAR, dtype), value);
}

gra_tensor *gra_vector_of(const double *values, size_t count)
{
    if (count && !values)
        return gra_fail("gra_vector: the values are NULL");
    gra_tensor *const t = gra__empty("gra_vector", GRA_SHAPE((int64_t)count), GRA_FLOAT32);
    for (size_t i = 0; t && i < count; i++)
        gra__store(t, (int64_t)i, values[i]);
    return t;
}

gra_tensor *gra_empty_like(const gra_tensor *t)
{
    return t ? gra__empty_like("gra_empty_like", t, t->dtype) : NULL;
}

gra_tensor *gra_zeros_like(const gra_tensor *t)
{
    return fill(t ? gra__empty_like("gra_zeros_like", t, t->dtype) : NULL, 0);
}

gra_tensor *gra_full_like(const gra_tensor *t, double value)
{
    return fill(gra_empty_like(t), value);
}

gra_tensor *gra_ones_like(const gra_tensor *t)
{
    return gra_full_like(t, 1);
}
