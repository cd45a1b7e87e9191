/* call.c - a call's arguments, by their names in the schema. */
#include <string.h>

#include "error.h"
#include "node.h"
#include "schema.h"

/* Where an argument lies; NULL with an error where there is none of that name and kind. */
static const void *argument(const gra_call *c, const char *name, gra_value_kind kind,
                            const char *type)
{
    const gra__schema *const s = gra__schema_of(c->op);
    const gra__parameter *const p = s ? gra__schema_find(s, name) : NULL;
    if (!p || p->kind != kind || !c->args)
        return gra_fail("%s: there is no %s argument named '%s' in its schema: %s",
                        gra_op_name(c->op), type, name, c->op->schema);
    return (const char *)c->args + p->offset;
}

double gra_call_float(const gra_call *c, const char *name)
{
    const double *const value = argument(c, name, GRA_VALUE_FLOAT, "float");
    return value ? *value : 0;
}

int64_t gra_call_int(const gra_call *c, const char *name)
{
    const int64_t *const value = argument(c, name, GRA_VALUE_INT, "int");
    return value ? *value : 0;
}

bool gra_call_bool(const gra_call *c, const char *name)
{
    const bool *const value = argument(c, name, GRA_VALUE_BOOL, "bool");
    return value && *value;
}

const char *gra_call_string(const gra_call *c, const char *name)
{
    const char *const *const value = argument(c, name, GRA_VALUE_STRING, "str");
    return value ? *value : NULL;
}

gra_dtype gra_call_scalar_type(const gra_call *c, const char *name)
{
    const gra_dtype *const value = argument(c, name, GRA_VALUE_DTYPE, "ScalarType");
    return value ? *value : GRA_FLOAT32;
}

const int64_t *gra_call_ints(const gra_call *c, const char *name, int *count)
{
    const void *const value = argument(c, name, GRA_VALUE_INTS, "int[]");
    const int length = value ? gra__schema_find(gra__schema_of(c->op), name)->length : 0;
    const gra_dims *const list = value;
    *count = !value ? 0 : length ? length : list->count;
    return !value ? NULL : length ? value : list->dim;
}

gra_shape gra_call_shape(const gra_call *c, int i)
{
    return c->node ? c->node->edges[i].shape : gra_tensor_shape(c->in[i]);
}

gra_dtype gra_call_dtype(const gra_call *c, int i)
{
    return c->node ? c->node->edges[i].dtype : gra_tensor_dtype(c->in[i]);
}

const char *gra_op_name(const gra_op *op)
{
    static _Thread_local char names[2][64]; /* two, so that one message can name two ops */
    static _Thread_local int turn;
    char *const name = names[turn ^= 1];
    size_t length = strcspn(op->schema, "(");
    length = length < sizeof names[0] ? length : sizeof names[0] - 1;
    memcpy(name, op->schema, length);
    name[length] = 0;
    return name;
}
