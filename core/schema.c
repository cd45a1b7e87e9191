/* schema.c - a reader for op schemas: "name(type name=default, ...) -> type". */
#include "schema.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"

/* The end of a word that may hold brackets: "int[2]", "Tensor(a!)". */
static const char *word_end(const char *p)
{
    int depth = 0;
    for (; *p && (depth || !strchr(" ,)=", *p)); p++)
        depth += (*p == '(' || *p == '[') - (*p == ')' || *p == ']');
    return p;
}

bool gra__schema_next(const char *schema, const char *at, gra__parameter *p)
{
    const char *from = at ? at : schema + strcspn(schema, "(");
    from += !at && *from == '(';
    while (*from == ' ' || *from == '*' || *from == ',') /* "*, " begins keyword-only parameters */
        from++;
    if (*from == ')' || !*from)
        return false;
    p->type = from;
    from = word_end(from);
    p->type_length = (size_t)(from - p->type);
    p->name = from += strspn(from, " ");
    from = word_end(from);
    p->name_length = (size_t)(from - p->name);
    if (*from == '=')
        from = word_end(from + 1);
    p->next = from;
    return true;
}

static bool is_tensor(const gra__parameter *p)
{
    return !strncmp(p->type, "Tensor", 6);
}

/* The parameter that tensor input i belongs to; a list "Tensor[]" takes all that follow. */
static bool find_input(const char *schema, int i, gra__parameter *p)
{
    const char *at = NULL;
    while (gra__schema_next(schema, at, p)) {
        at = p->next;
        if (is_tensor(p) && (i-- == 0 || !strncmp(p->type, "Tensor[]", 8)))
            return true;
    }
    return false;
}

bool gra__schema_optional(const char *schema, int i)
{
    gra__parameter p;
    return find_input(schema, i, &p) && memchr(p.type, '?', p.type_length);
}

const char *gra__schema_input(const char *schema, int i, char *buffer, size_t size)
{
    gra__parameter p;
    if (find_input(schema, i, &p))
        snprintf(buffer, size, "%.*s", (int)p.name_length, p.name);
    else
        snprintf(buffer, size, "input %d", i);
    return buffer;
}

/* Size and alignment of a parameter's member; false for a type that is not known. */
static bool member(const gra__parameter *p, size_t *size, size_t *align)
{
    static const struct {
        const char *type;
        size_t size, align;
    } scalars[] = {
        {"int", sizeof(int64_t), _Alignof(int64_t)},
        {"float", sizeof(double), _Alignof(double)},
        {"bool", sizeof(bool), _Alignof(bool)},
        {"ScalarType", sizeof(gra_dtype), _Alignof(gra_dtype)},
        {"str", sizeof(char *), _Alignof(char *)},
    };
    if (!strncmp(p->type, "int[", 4)) {
        const size_t count = (size_t)strtoul(p->type + 4, NULL, 10);
        *size = count ? count * sizeof(int64_t) : sizeof(gra_shape);
        *align = count ? _Alignof(int64_t) : _Alignof(gra_shape);
        return true;
    }
    for (size_t i = 0; i < sizeof scalars / sizeof *scalars; i++)
        if (strlen(scalars[i].type) == p->type_length &&
            !strncmp(p->type, scalars[i].type, p->type_length)) {
            *size = scalars[i].size;
            *align = scalars[i].align;
            return true;
        }
    return false;
}

static bool equals(const char *text, size_t length, const char *word)
{
    return strlen(word) == length && !strncmp(text, word, length);
}

ptrdiff_t gra__schema_offset(const char *schema, const char *name, const char *type)
{
    gra__parameter p;
    size_t offset = 0, size, align;
    for (const char *at = NULL; gra__schema_next(schema, at, &p); at = p.next) {
        if (is_tensor(&p))
            continue;
        if (!member(&p, &size, &align)) /* of an unknown size: no more offsets can be told */
            return -1;
        offset = (offset + align - 1) / align * align;
        if (equals(p.name, p.name_length, name))
            return equals(p.type, p.type_length, type) ? (ptrdiff_t)offset : -1;
        offset += size;
    }
    return -1;
}

static bool read_signature(const gra_op *op, gra__signature *s)
{
    const char *const open = strchr(op->schema, '('), *const arrow = strstr(op->schema, ") -> ");
    *s = (gra__signature){.op = op, .schema = op->schema};
    if (!open || open == op->schema || !arrow)
        return false;
    gra__parameter p;
    for (const char *at = NULL; gra__schema_next(op->schema, at, &p); at = p.next) {
        if (p.name_length == 0)
            return false;
        if (!is_tensor(&p))
            continue;
        const bool list = !strncmp(p.type, "Tensor[]", 8);
        s->max_in = list ? INT_MAX : s->max_in + 1;
        if (!list && !memchr(p.type, '?', p.type_length))
            s->min_in = s->max_in;
    }
    const char *result = arrow + 5;
    while ((result = strstr(result, "Tensor"))) {
        s->outputs++;
        result += 6;
    }
    return s->outputs > 0;
}

const gra__signature *gra__schema_signature(const gra_op *op)
{
    enum { KEPT = 256 };
    static _Thread_local gra__signature kept[KEPT];
    gra__signature *const s = &kept[((uintptr_t)op >> 4) % KEPT];
    if (s->op == op && s->schema == op->schema)
        return s;
    if (!op->schema)
        return gra_fail("gra_apply: the op has no schema");
    if (!op->forward)
        return gra_fail("gra_apply: the op has no forward: %s", op->schema);
    if (read_signature(op, s))
        return s;
    s->op = NULL;
    return gra_fail("gra_apply: the schema cannot be read: \"%s\"; it is written like "
                    "\"name(Tensor x, float beta=1.0) -> Tensor\"",
                    op->schema);
}

static const void *argument(const gra_call *c, const char *name, const char *type)
{
    const ptrdiff_t offset = gra__schema_offset(c->op->schema, name, type);
    if (offset < 0 || !c->args)
        return gra_fail("%s: there is no %s argument named '%s' in its schema: %s",
                        gra_op_name(c->op), type, name, c->op->schema);
    return (const char *)c->args + offset;
}

double gra_call_float(const gra_call *c, const char *name)
{
    const double *const value = argument(c, name, "float");
    return value ? *value : 0;
}

int64_t gra_call_int(const gra_call *c, const char *name)
{
    const int64_t *const value = argument(c, name, "int");
    return value ? *value : 0;
}

bool gra_call_bool(const gra_call *c, const char *name)
{
    const bool *const value = argument(c, name, "bool");
    return value && *value;
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
