/* value.h - a boxed value: an argument or a result of an op of which only the name is known.
 *
 *     gra_value y, values[] = {
 *         gra_tensor_value(x),
 *         gra_tensor_value(w),
 *         gra_named("padding", gra_int_value(2)),
 *     };
 *     gra_invoke("conv2d", values, 3, &y);
 *
 * The layout is plain C, for bindings: a name, a kind, a count, and 8 bytes that the kind gives their
 * meaning.  A value owns nothing: tensors, lists and strings are borrowed for the call, and a tensor
 * that comes back belongs to the current scope.
 */
#ifndef GRA_CORE_VALUE_H
#define GRA_CORE_VALUE_H

#include "dtype.h"
#include "tensor.h"

GRA_BEGIN_DECLS

typedef enum gra_value_kind {
    GRA_VALUE_NONE,    /* Python's None: an optional tensor that is left out */
    GRA_VALUE_TENSOR,  /* .tensor */
    GRA_VALUE_TENSORS, /* .tensors, .count of them */
    GRA_VALUE_INT,     /* .integer */
    GRA_VALUE_FLOAT,   /* .number */
    GRA_VALUE_BOOL,    /* .boolean */
    GRA_VALUE_INTS,    /* .integers, .count of them */
    GRA_VALUE_DTYPE,   /* .dtype */
    GRA_VALUE_STRING,  /* .string */
} gra_value_kind;

typedef struct gra_value {
    const char *name;    /* of the parameter that it is for; NULL: the next one in the schema */
    gra_value_kind kind; /* which member of the union counts */
    int count;           /* of a list, else 0 */
    union {
        gra_tensor *tensor;
        gra_tensor *const *tensors;
        int64_t integer;
        double number;
        bool boolean;
        const int64_t *integers;
        gra_dtype dtype;
        const char *string;
    };
} gra_value;

static inline gra_value gra_none_value(void)
{
    gra_value v = {NULL, GRA_VALUE_NONE, 0, {NULL}};
    return v;
}

static inline gra_value gra_tensor_value(gra_tensor *tensor)
{
    gra_value v = {NULL, GRA_VALUE_TENSOR, 0, {NULL}};
    v.tensor = tensor;
    return v;
}

static inline gra_value gra_tensors_value(gra_tensor *const *tensors, int count)
{
    gra_value v = {NULL, GRA_VALUE_TENSORS, count, {NULL}};
    v.tensors = tensors;
    return v;
}

static inline gra_value gra_int_value(int64_t integer)
{
    gra_value v = {NULL, GRA_VALUE_INT, 0, {NULL}};
    v.integer = integer;
    return v;
}

static inline gra_value gra_float_value(double number)
{
    gra_value v = {NULL, GRA_VALUE_FLOAT, 0, {NULL}};
    v.number = number;
    return v;
}

static inline gra_value gra_bool_value(bool boolean)
{
    gra_value v = {NULL, GRA_VALUE_BOOL, 0, {NULL}};
    v.boolean = boolean;
    return v;
}

static inline gra_value gra_ints_value(const int64_t *integers, int count)
{
    gra_value v = {NULL, GRA_VALUE_INTS, count, {NULL}};
    v.integers = integers;
    return v;
}

static inline gra_value gra_dtype_value(gra_dtype dtype)
{
    gra_value v = {NULL, GRA_VALUE_DTYPE, 0, {NULL}};
    v.dtype = dtype;
    return v;
}

static inline gra_value gra_string_value(const char *string)
{
    gra_value v = {NULL, GRA_VALUE_STRING, 0, {NULL}};
    v.string = string;
    return v;
}

/* The same value for the parameter of that name. */
static inline gra_value gra_named(const char *name, gra_value value)
{
    value.name = name;
    return value;
}

GRA_END_DECLS

#endif
