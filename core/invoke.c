/* invoke.c - boxed calls: values are bound to parameters, and written as inputs and arguments. */
#include "invoke.h"

#include <stdio.h>
#include <string.h>

#include "alloc_cache.h"
#include "error.h"
#include "error_path.h"
#include "registry.h"
#include "schema.h"

enum { FEW = 32, SMALL = 512 }; /* inputs, and bytes of arguments, that need no allocation */

static const char *kind_name(gra_value_kind kind)
{
    static const char *const names[] = {
        "none",   "a tensor",       "a list of tensors", "an int",   "a float",
        "a bool", "a list of ints", "a dtype",           "a string",
    };
    return (unsigned)kind < sizeof names / sizeof *names ? names[kind] : "of no known kind";
}

/* ---- which value is for which parameter ---- */

/* The parameter that value i is for, or -1 with an error. */
static int parameter_of(const gra__schema *s, const gra_value *values, int i, int positional)
{
    if (values[i].name) {
        const gra__parameter *const p = gra__schema_find(s, values[i].name);
        if (p)
            return (int)(p - s->parameter);
        gra_fail("%s: there is no parameter \"%s\" in its schema: %s", s->name, values[i].name,
                 s->text);
    } else if (i > positional) {
        gra_fail(
            "%s: value %d has no name, but one before it has; those without a name come first: "
            "%s",
            s->name, i + 1, s->text);
    } else if (i >= s->count || s->parameter[i].keyword_only) {
        gra_fail(
            "%s: value %d needs the name of its parameter, as the schema has %d that are given "
            "without: %s",
            s->name, i + 1, i, s->text);
    } else {
        return i;
    }
    return -1;
}

static bool bind(const gra__schema *s, const gra_value *values, int count, const gra_value **given)
{
    int positional = 0; /* values so far that have no name */
    memset(given, 0, (size_t)s->count * sizeof *given);
    if (count > s->count || count < 0 || (count && !values)) {
        gra_fail("%s: %d values were given, but it has %d parameters: %s", s->name,
                 values ? count : 0, s->count, s->text);
        return false;
    }
    for (int i = 0; i < count; i++) {
        const int k = parameter_of(s, values, i, positional);
        if (k < 0)
            return false;
        if (given[k]) {
            gra_fail("%s: %s was given twice: %s", s->name, s->parameter[k].name, s->text);
            return false;
        }
        given[k] = &values[i];
        positional += !values[i].name;
    }
    for (int k = 0; k < s->count; k++)
        if (!given[k] && !s->parameter[k].has_default) {
            gra_fail("%s: %s is missing: %s", s->name, s->parameter[k].name, s->text);
            return false;
        }
    return true;
}

/* ---- values that are checked and written ---- */

static bool unfit(const gra__schema *s, const gra__parameter *p, const gra_value *v)
{
    gra_fail("%s: %s is %s, but its type is %s: %s", s->name, p->name, kind_name(v->kind), p->type,
             s->text);
    return false;
}

static bool write_ints(const gra__schema *s, const gra__parameter *p, const gra_value *v,
                       void *member)
{
    const int64_t *const from = v->kind == GRA_VALUE_INT ? &v->integer : v->integers;
    const int count = v->kind == GRA_VALUE_INT ? 1 : v->count;
    const bool repeated = v->kind == GRA_VALUE_INT && p->length;
    if (v->kind != GRA_VALUE_INT && v->kind != GRA_VALUE_INTS)
        return unfit(s, p, v);
    const int most = p->length ? p->length : GRA_MAX_DIMS;
    if (!repeated && (count < p->length || count > most || count < 0 || (count && !from))) {
        gra_fail("%s: %s has %d numbers; %s takes %d%s: %s", s->name, p->name, from ? count : 0,
                 p->type, most, p->length ? "" : " at most", s->text);
        return false;
    }
    gra_shape *const list = member;
    int64_t *const to = p->length ? member : list->size;
    for (int i = 0; i < (repeated ? p->length : count); i++)
        to[i] = from[repeated ? 0 : i];
    if (!p->length)
        list->count = count;
    return true;
}

static bool write_dtype(const gra__schema *s, const gra__parameter *p, const gra_value *v,
                        gra_dtype *member)
{
    *member = v->dtype;
    if ((unsigned)v->dtype < GRA_DTYPE_COUNT)
        return true;
    gra_fail("%s: %s is %d, which is no dtype; GRA_FLOAT32 to GRA_BOOL are: %s", s->name, p->name,
             (int)v->dtype, s->text);
    return false;
}

/* A string that a node keeps must outlive the caller's. */
static bool write_string(const gra__schema *s, const gra__parameter *p, const gra_value *v,
                         const char **member)
{
    if (!v->string)
        gra_fail("%s: %s is a NULL string: %s", s->name, p->name, s->text);
    *member = v->string ? gra__intern(v->string) : NULL;
    return *member;
}

static bool write_argument(const gra__schema *s, const gra__parameter *p, const gra_value *v,
                           void *member)
{
    if (p->kind == GRA_VALUE_INTS)
        return write_ints(s, p, v, member);
    if (p->kind == GRA_VALUE_FLOAT && v->kind == GRA_VALUE_INT) {
        *(double *)member = (double)v->integer;
        return true;
    }
    if (v->kind != p->kind)
        return unfit(s, p, v);
    switch (p->kind) {
    case GRA_VALUE_INT: *(int64_t *)member = v->integer; return true;
    case GRA_VALUE_FLOAT: *(double *)member = v->number; return true;
    case GRA_VALUE_BOOL: *(bool *)member = v->boolean; return true;
    case GRA_VALUE_DTYPE: return write_dtype(s, p, v, member);
    default: return write_string(s, p, v, member);
    }
}

/* Writes the inputs that a parameter stands for and returns how many these are, or -1. */
static int write_inputs(const gra__schema *s, const gra__parameter *p, const gra_value *v,
                        gra_tensor **in)
{
    const bool list = p->kind == GRA_VALUE_TENSORS;
    in[0] = NULL;
    if (!v || (v->kind == GRA_VALUE_NONE && p->optional && !list))
        return list ? 0 : 1;
    if (v->kind != p->kind) {
        unfit(s, p, v);
        return -1;
    }
    for (int i = 0; list && i < v->count; i++)
        in[i] = v->tensors[i];
    if (!list)
        in[0] = v->tensor;
    return list ? v->count : 1;
}

/* How many inputs the call has; -1 with an error. */
static int input_count(const gra__schema *s, const gra_value *const *given)
{
    if (s->list < 0)
        return s->tensors;
    int list = 0;
    for (int k = 0; k < s->count; k++)
        if (s->parameter[k].kind == GRA_VALUE_TENSORS && given[k] &&
            given[k]->kind == GRA_VALUE_TENSORS) {
            list = given[k]->count;
            if (list < 0 || (list && !given[k]->tensors)) {
                gra_fail("%s: %s is a list of %d tensors at %s: %s", s->name, s->parameter[k].name,
                         list, given[k]->tensors ? "an address" : "NULL", s->text);
                return -1;
            }
        }
    return s->tensors - 1 + list;
}

static bool write_all(const gra__schema *s, const gra_value *const *given, gra_tensor **in,
                      char *args)
{
    memcpy(args, s->defaults, s->args_size);
    for (int k = 0; k < s->count; k++) {
        const gra__parameter *const p = &s->parameter[k];
        if (p->kind == GRA_VALUE_TENSOR || p->kind == GRA_VALUE_TENSORS) {
            const int count = write_inputs(s, p, given[k], in);
            if (count < 0)
                return false;
            in += count;
        } else if (given[k] && !write_argument(s, p, given[k], args + p->offset)) {
            return false;
        }
    }
    return true;
}

/* ---- the call ---- */

static int call(const gra_op *op, const gra__schema *s, const gra_value *const *given, int inputs,
                gra_value *results)
{
    gra_tensor *few[FEW + 1], *out[GRA__MAX_OUTPUTS];
    _Alignas(16) char small[SMALL];
    const size_t in_bytes = ((size_t)inputs + 1) * sizeof(gra_tensor *);
    gra_tensor **const in = inputs <= FEW ? few : gra__alloc(in_bytes);
    char *const args = s->args_size <= SMALL ? small : gra__alloc(s->args_size);
    int status = -1;
    if (in && args && write_all(s, given, in, args))
        status = gra_apply_many(op, in, inputs, s->args_size ? args : NULL, out, s->outputs);
    for (int k = 0; status == 0 && k < s->outputs; k++)
        results[k] = gra_tensor_value(out[k]);
    if (in != few)
        gra__dealloc(in, in_bytes);
    if (args != small)
        gra__dealloc(args, s->args_size);
    return status;
}

int gra_invoke_op(const gra_op *op, const gra_value *values, int count, gra_value *results)
{
    const gra__schema *const s = op ? gra__schema_of(op) : NULL;
    const gra_value *given[GRA__MAX_PARAMETERS];
    if (!op)
        gra_fail("gra_invoke: the op is NULL");
    else if (!results)
        gra_fail("gra_invoke: results is NULL; it receives the results of %s", gra_op_name(op));
    for (int k = 0; s && results && k < s->outputs; k++)
        results[k] = gra_none_value();
    if (gra__failed || !bind(s, values, count, given))
        return -1;
    const int inputs = input_count(s, given);
    return inputs < 0 ? -1 : call(op, s, given, inputs, results);
}

int gra_invoke(const char *name, const gra_value *values, int count, gra_value *results)
{
    const gra_op *const op = gra_require_op("gra_invoke", name);
    return op ? gra_invoke_op(op, values, count, results) : -1;
}

int gra_op_outputs(const gra_op *op)
{
    const gra__schema *const s =
        op ? gra__schema_of(op) : gra_fail("gra_op_outputs: the op is NULL");
    return s ? s->outputs : -1;
}
