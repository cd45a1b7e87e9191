/* schema.c - a reader for op schemas, and what was read of them.
 *
 * What was read of a text is kept for the process, as the texts are a program's constants.  The memory of one schema is one block: the struct, the
 * parameters, the defaults, the outputs, and then the words.
 */
#include "schema.h"

#include <ctype.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"

enum { LARGEST = 80 }; /* bytes of one argument: a gra_shape */
_Static_assert(sizeof(gra_shape) <= LARGEST && GRA_MAX_DIMS * sizeof(int64_t) <= LARGEST,
               "LARGEST holds each kind of argument");

typedef struct {
    const char *text, *at;
    gra__schema *s;
    gra__alias_mark *outputs;
    char *defaults, *words; /* words: where the next one is written */
    size_t align;           /* of the struct of arguments */
    bool keyword_only;
} reader;

/* ---- words ---- */

/* Records what is wrong at a place in the schema, with the schema and a caret below the place. */
GRA_PRINTF(3, 4) static bool wrong(const reader *r, const char *at, const char *format, ...)
{
    char what[256];
    va_list list;
    va_start(list, format);
    vsnprintf(what, sizeof what, format, list);
    va_end(list);
    const int column = (int)(at - r->text);
    gra_fail("%.*s: its schema is wrong at column %d: %s\n    %s\n    %*s^",
             r->s->name ? (int)strcspn(r->text, "(") : 2, r->s->name ? r->text : "op", column + 1,
             what, r->text, column, "");
    return false;
}

static void skip_blanks(reader *r)
{
    r->at += strspn(r->at, " ");
}

static bool accept(reader *r, const char *token)
{
    skip_blanks(r);
    const size_t length = strlen(token);
    if (strncmp(r->at, token, length) != 0)
        return false;
    r->at += length;
    return true;
}

static bool expect(reader *r, const char *token, const char *where)
{
    if (accept(r, token))
        return true;
    return wrong(r, r->at, "\"%s\" is expected %s", token, where);
}

static char *keep(reader *r, const char *from, size_t length)
{
    char *const word = r->words;
    memcpy(word, from, length);
    word[length] = 0;
    r->words += length + 1;
    return word;
}

static size_t name_length(const char *p)
{
    size_t n = 0;
    if (isalpha((unsigned char)*p) || *p == '_')
        while (isalnum((unsigned char)p[n]) || p[n] == '_')
            n++;
    return n;
}

static const char *read_name(reader *r, const char *of)
{
    skip_blanks(r);
    const size_t length = name_length(r->at);
    if (length == 0) {
        wrong(r, r->at, "the name of %s is expected: letters, digits and underscores", of);
        return NULL;
    }
    const char *const from = r->at;
    r->at += length;
    return keep(r, from, length);
}

/* ---- types ---- */

static const struct {
    const char *name;
    gra_value_kind kind;
    size_t size, align;
} types[] = {
    {"Tensor", GRA_VALUE_TENSOR, 0, 1},
    {"int", GRA_VALUE_INT, sizeof(int64_t), _Alignof(int64_t)},
    {"float", GRA_VALUE_FLOAT, sizeof(double), _Alignof(double)},
    {"bool", GRA_VALUE_BOOL, sizeof(bool), _Alignof(bool)},
    {"ScalarType", GRA_VALUE_DTYPE, sizeof(gra_dtype), _Alignof(gra_dtype)},
    {"str", GRA_VALUE_STRING, sizeof(char *), _Alignof(char *)},
};

static bool read_alias(reader *r, gra__alias_mark *mark)
{
    if (*r->at != '(')
        return true;
    const char letter = r->at[1];
    const bool written = letter && r->at[2] == '!';
    if (!islower((unsigned char)letter) || r->at[2 + written] != ')')
        return wrong(r, r->at, "an alias is written (a), or (a!) where the tensor is written to");
    *mark = (gra__alias_mark){letter, written};
    r->at += 3 + written;
    return true;
}

static bool read_tensor_type(reader *r, gra__parameter *p)
{
    if (!read_alias(r, &p->alias))
        return false;
    if (*r->at == '?')
        p->optional = r->at++;
    if (strncmp(r->at, "[]", 2) != 0)
        return true;
    p->kind = GRA_VALUE_TENSORS;
    r->at += 2;
    if (p->alias.written || r->s->list >= 0)
        return wrong(r, r->at - 2,
                     p->alias.written ? "a list of tensors cannot be written to"
                                      : "one list of tensors is possible, not two");
    r->s->list = r->s->tensors;
    return true;
}

static bool read_int_list(reader *r, gra__parameter *p)
{
    if (*r->at != '[')
        return true;
    char *end;
    const char *const from = r->at;
    const long length = r->at[1] == ']' ? 0 : strtol(r->at + 1, &end, 10);
    r->at = r->at[1] == ']' ? r->at + 1 : end;
    if (*r->at++ != ']' || length < 0 || length > GRA_MAX_DIMS || (!length && r->at != from + 2))
        return wrong(r, from, "a list is written int[], or int[N] with N from 1 to %d",
                     GRA_MAX_DIMS);
    p->kind = GRA_VALUE_INTS;
    p->length = (int)length;
    p->size = length ? (size_t)length * sizeof(int64_t) : sizeof(gra_shape);
    return true;
}

static bool read_type(reader *r, gra__parameter *p, size_t *align)
{
    skip_blanks(r);
    const char *const from = r->at;
    const size_t length = name_length(from);
    size_t i = 0, count = sizeof types / sizeof *types;
    while (i < count && (strlen(types[i].name) != length || strncmp(types[i].name, from, length)))
        i++;
    if (i == count)
        return wrong(r, from,
                     "\"%.*s\" is no type; Tensor, Tensor?, Tensor[], int, int[], int[2], "
                     "float, bool, str and ScalarType are",
                     (int)(length ? length : strcspn(from, " ,)")), from);
    r->at += length;
    p->kind = types[i].kind;
    p->size = types[i].size;
    *align = types[i].align;
    if (!(i == 0 ? read_tensor_type(r, p) : p->kind != GRA_VALUE_INT || read_int_list(r, p)))
        return false;
    if (*r->at != ' ')
        return wrong(r, r->at, "a blank and the name of the parameter are expected after its type");
    p->type = keep(r, from, (size_t)(r->at - from));
    return true;
}

/* ---- defaults ---- */

static bool read_int(reader *r, int64_t *value)
{
    char *end;
    skip_blanks(r);
    *value = strtoll(r->at, &end, 10);
    if (end == r->at)
        return wrong(r, r->at, "a whole number is expected as the default");
    r->at = end;
    return true;
}

static bool read_float(reader *r, double *value)
{
    char *end;
    *value = strtod(r->at, &end); /* which knows inf and nan */
    if (end == r->at)
        return wrong(r, r->at, "a number is expected as the default");
    r->at = end;
    return true;
}

static bool read_bool(reader *r, bool *value)
{
    *value = accept(r, "True");
    return *value || accept(r, "False") ||
           wrong(r, r->at, "True or False is expected as the default");
}

static bool read_dtype(reader *r, gra_dtype *value)
{
    const size_t length = name_length(r->at);
    for (int i = 0; i < GRA_DTYPE_COUNT; i++)
        if (strlen(gra_dtype_name(i)) == length && !strncmp(gra_dtype_name(i), r->at, length)) {
            *value = i;
            r->at += length;
            return true;
        }
    return wrong(r, r->at, "a dtype such as float32 is expected as the default");
}

static bool read_string(reader *r, const char **value)
{
    const char quote = *r->at;
    const char *const end = quote == '"' || quote == '\'' ? strchr(r->at + 1, quote) : NULL;
    if (!end)
        return wrong(r, r->at, "a string in quotes is expected as the default");
    *value = keep(r, r->at + 1, (size_t)(end - r->at - 1));
    r->at = end + 1;
    return true;
}

static bool read_ints(reader *r, const gra__parameter *p, void *member)
{
    int64_t list[GRA_MAX_DIMS];
    const char *const from = r->at;
    int count = 0;
    if (!accept(r, "[")) { /* one number is all of them */
        if (!read_int(r, &list[0]))
            return false;
        for (count = 1; count < p->length; count++)
            list[count] = list[0];
    } else if (!accept(r, "]")) {
        do {
            if (count == GRA_MAX_DIMS)
                return wrong(r, from, "a list has at most %d numbers", GRA_MAX_DIMS);
            if (!read_int(r, &list[count++]))
                return false;
        } while (accept(r, ","));
        if (!expect(r, "]", "at the end of a list"))
            return false;
    }
    if (p->length && count != p->length)
        return wrong(r, from, "a default of %s is one number or a list of %d", p->type, p->length);
    if (p->length)
        memcpy(member, list, (size_t)count * sizeof *list);
    else
        memcpy(((gra_shape *)member)->size, list, (size_t)count * sizeof *list);
    if (!p->length)
        ((gra_shape *)member)->count = count;
    return true;
}

static bool read_default(reader *r, const gra__parameter *p, void *member)
{
    skip_blanks(r);
    switch (p->kind) {
    case GRA_VALUE_TENSOR:
        return (p->optional && accept(r, "None")) ||
               wrong(r, r->at,
                     p->optional ? "the default of an optional tensor is None"
                                 : "a tensor has no default; an optional one, Tensor?, "
                                   "has None");
    case GRA_VALUE_TENSORS:
        return accept(r, "[]") || wrong(r, r->at, "the default of a list of tensors is []");
    case GRA_VALUE_INT: return read_int(r, member);
    case GRA_VALUE_FLOAT: return read_float(r, member);
    case GRA_VALUE_BOOL: return read_bool(r, member);
    case GRA_VALUE_INTS: return read_ints(r, p, member);
    case GRA_VALUE_DTYPE: return read_dtype(r, member);
    default: return read_string(r, member);
    }
}

/* ---- parameters and results ---- */

static size_t aligned(size_t size, size_t align)
{
    return (size + align - 1) / align * align;
}

static void place(reader *r, gra__parameter *p, size_t align)
{
    p->offset = aligned(r->s->args_size, align);
    r->s->args_size = p->offset + p->size;
    r->align = align > r->align ? align : r->align;
}

static void count_tensor(gra__schema *s, const gra__parameter *p)
{
    s->tensors++;
    if (p->kind == GRA_VALUE_TENSOR && !p->optional)
        s->min_in = s->tensors;
}

static bool is_tensor(const gra__parameter *p)
{
    return p->kind == GRA_VALUE_TENSOR || p->kind == GRA_VALUE_TENSORS;
}

static bool read_parameter(reader *r)
{
    gra__schema *const s = r->s;
    gra__parameter *const p = &s->parameter[s->count];
    size_t align = 1;
    skip_blanks(r);
    const char *const from = r->at;
    *p = (gra__parameter){.keyword_only = r->keyword_only};
    if (s->count == GRA__MAX_PARAMETERS)
        return wrong(r, from, "more than %d parameters are not possible", GRA__MAX_PARAMETERS);
    if (!read_type(r, p, &align))
        return false;
    const char *const at = r->at + strspn(r->at, " ");
    if (!(p->name = read_name(r, "a parameter")))
        return false;
    if (gra__schema_find(s, p->name))
        return wrong(r, at, "the name \"%s\" is taken by an earlier parameter", p->name);
    if (is_tensor(p))
        count_tensor(s, p);
    else
        place(r, p, align);
    if (p->kind == GRA_VALUE_INTS && !p->length)
        ((gra_shape *)(r->defaults + p->offset))->kind = &gra_dims_kind;
    p->has_default = accept(r, "=");
    if (p->has_default && !read_default(r, p, r->defaults + p->offset))
        return false;
    if (!p->has_default && !p->keyword_only && s->count && p[-1].has_default)
        return wrong(r, from, "a parameter without a default cannot follow one that has one");
    s->count++;
    return true;
}

static bool read_parameters(reader *r)
{
    if (accept(r, ")"))
        return true;
    do {
        const char *const star = r->at + strspn(r->at, " ");
        if (!accept(r, "*")) {
            if (!read_parameter(r))
                return false;
        } else if (r->keyword_only) {
            return wrong(r, star, "\"*\" is there already");
        } else {
            r->keyword_only = true;
        }
    } while (accept(r, ","));
    return expect(r, ")", "after the parameters, or \",\" between two of them");
}

/* The first input that has the alias of an output. */
static bool check_output_alias(const reader *r, gra__alias_mark mark, const char *at)
{
    for (int i = 0; i < r->s->count; i++)
        if (r->s->parameter[i].alias.letter == mark.letter) {
            if (r->s->parameter[i].alias.written == mark.written)
                return true;
            return wrong(r, at, "the alias (%c) is written as in the parameter, %s", mark.letter,
                         r->s->parameter[i].type);
        }
    return wrong(r, at, "no parameter has the alias (%c)", mark.letter);
}

static bool read_result(reader *r)
{
    gra__schema *const s = r->s;
    skip_blanks(r);
    const char *const from = r->at;
    if (s->outputs == GRA__MAX_OUTPUTS)
        return wrong(r, from, "more than %d results are not possible", GRA__MAX_OUTPUTS);
    if (name_length(from) != strlen("Tensor") || !accept(r, "Tensor"))
        return wrong(r, from, "a result is a Tensor; several are written (Tensor, Tensor)");
    if (*r->at == '[' || *r->at == '?')
        return wrong(r, r->at, "a result is one tensor, no list and not optional");
    gra__alias_mark *const mark = &r->outputs[s->outputs++];
    const char *const at = r->at;
    if (!read_alias(r, mark) || (mark->letter && !check_output_alias(r, *mark, at)))
        return false;
    skip_blanks(r);
    r->at += name_length(r->at); /* named results are for the reader */
    return true;
}

static bool read_results(reader *r)
{
    if (!expect(r, "->", "after the parameters"))
        return false;
    if (!accept(r, "("))
        return read_result(r);
    do {
        if (!read_result(r))
            return false;
    } while (accept(r, ","));
    return expect(r, ")", "after the results");
}

static bool read_all(reader *r)
{
    gra__schema *const s = r->s;
    if (!(s->name = read_name(r, "the op")) || !expect(r, "(", "after the name of the op") ||
        !read_parameters(r) || !read_results(r))
        return false;
    skip_blanks(r);
    if (*r->at)
        return wrong(r, r->at, "the schema should end here");
    s->max_in = s->list >= 0 ? INT_MAX : s->tensors;
    if (s->list >=
        0) /* which input is which is told by counting, so the others must all be there */
        s->min_in = s->tensors - 1;
    s->args_size = aligned(s->args_size, r->align);
    return true;
}

static size_t count_of(const char *text, char c)
{
    size_t n = 0;
    for (; *text; text++)
        n += *text == c;
    return n;
}

/* Commas bound the number of parameters and results, the text's length that of the words. text stays. */
static gra__schema *schema_new(const char *text)
{
    const size_t items = count_of(text, ',') + 2, length = strlen(text) + 1;
    const size_t parameters = sizeof(gra__schema) + sizeof(void *),
                 defaults = parameters + items * sizeof(gra__parameter),
                 outputs = defaults + items * LARGEST,
                 words = outputs + items * sizeof(gra__alias_mark);
    char *const block = calloc(1, words + length);
    if (!block)
        return gra_fail("schema: out of memory: %zu bytes were asked for", words + length);
    gra__schema *const s = (gra__schema *)block;
    *s = (gra__schema){.text = text, .list = -1};
    s->native = (void **)(s + 1);
    s->parameter = (gra__parameter *)(block + parameters);
    s->defaults = block + defaults;
    s->output_alias = (gra__alias_mark *)(block + outputs);
    reader r = {.text = text,
                .at = text,
                .s = s,
                .align = 1,
                .defaults = block + defaults,
                .outputs = (gra__alias_mark *)(block + outputs),
                .words = block + words};
    if (read_all(&r))
        return s;
    free(block);
    return NULL;
}

/* ---- what was read, kept ---- */

enum { BUCKETS = 512 };

typedef struct kept_text {
    struct kept_text *next;
    gra__schema *schema; /* what was read of it, or NULL */
    char text[];
} kept_text;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static kept_text *bucket[BUCKETS];

/* Under the lock: the entry of a text, a new one if need be. */
static kept_text *entry_of(const char *text)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (const char *p = text; *p; p++)
        hash = (hash ^ (unsigned char)*p) * 16777619u;
    kept_text **const first = &bucket[hash % BUCKETS];
    for (kept_text *k = *first; k; k = k->next)
        if (strcmp(k->text, text) == 0)
            return k;
    const size_t bytes = sizeof(kept_text) + strlen(text) + 1;
    kept_text *const k = malloc(bytes);
    if (!k)
        return gra_fail("schema: out of memory: %zu bytes were asked for", bytes);
    k->next = *first;
    k->schema = NULL;
    strcpy(k->text, text);
    return *first = k;
}

const gra__schema *gra__schema_read(const char *text)
{
    pthread_mutex_lock(&lock);
    kept_text *const k = entry_of(text);
    if (k && !k->schema)
        k->schema = schema_new(k->text);
    const gra__schema *const s = k ? k->schema : NULL;
    pthread_mutex_unlock(&lock);
    return s;
}

const char *gra__intern(const char *text)
{
    pthread_mutex_lock(&lock);
    const kept_text *const k = entry_of(text);
    pthread_mutex_unlock(&lock);
    return k ? k->text : NULL;
}

/* ---- ops ---- */

static bool agrees(const gra_op *op, const gra__schema *s)
{
    const bool writes = s->tensors && gra__schema_input(s, 0, s->max_in)->alias.written;
    if (op->args_size != s->args_size && !(op->function && !op->args_size))
        gra_fail(
            "%s: .args_size is %zu, but the struct of arguments of its schema has %zu bytes: %s",
            s->name, op->args_size, s->args_size, op->schema);
    else if (op->inplace && (!writes || !s->output_alias[0].written))
        gra_fail(
            "%s: it works in place, but its schema does not begin with Tensor(a!) and return it: "
            "%s",
            s->name, op->schema);
    else if (!op->inplace && writes && s->output_alias[0].written)
        gra_fail(
            "%s: its schema says that the first input is written and returned, but .inplace is "
            "not set: %s",
            s->name, op->schema);
    return !gra_error();
}

enum { OPS = 1024 };

/* An op whose schema was read. Entries are never changed or freed, so readers take no lock. */
typedef struct kept_op {
    const struct kept_op *next;
    const gra_op *op;
    const char *text;
    const gra__schema *schema;
} kept_op;

static const kept_op *ops[OPS]; /* atomic */

static const kept_op **ops_of(const gra_op *op)
{
    const uintptr_t place = (uintptr_t)op >> 4;
    return &ops[(place ^ place >> 10) % OPS];
}

static const gra__schema *keep_op(const gra_op *op, const gra__schema *s)
{
    kept_op *const k = malloc(sizeof *k);
    if (!k)
        return gra_fail("schema: out of memory: %zu bytes were asked for", sizeof *k);
    pthread_mutex_lock(&lock);
    *k = (kept_op){*ops_of(op), op, op->schema, s};
    __atomic_store_n(ops_of(op), k, __ATOMIC_RELEASE);
    pthread_mutex_unlock(&lock);
    return s;
}

const gra__schema *gra__schema_of(const gra_op *op)
{
    for (const kept_op *k = __atomic_load_n(ops_of(op), __ATOMIC_ACQUIRE); k; k = k->next)
        if (k->op == op && k->text == op->schema)
            return k->schema;
    if (!op->schema)
        return gra_fail("gra_apply: the op has no schema");
    const gra__schema *const s = gra__schema_read(op->schema);
    if (s && !op->forward == !op->function)
        return gra_fail(op->forward ? "gra_apply: the op has a .forward and a .function; one of "
                                      "them is enough: %s"
                                    : "gra_apply: the op has no forward: %s",
                        op->schema);
    return s && agrees(op, s) ? keep_op(op, s) : NULL;
}

const gra__parameter *gra__schema_input(const gra__schema *s, int i, int count)
{
    const int listed = s->list < 0 ? 1 : count - (s->tensors - 1); /* inputs that the list has */
    int t = s->list < 0 || i < s->list ? i : i < s->list + listed ? s->list : i - listed + 1;
    for (int k = 0; k < s->count; k++)
        if (is_tensor(&s->parameter[k]) && t-- == 0)
            return &s->parameter[k];
    return NULL;
}

const gra__parameter *gra__schema_find(const gra__schema *s, const char *name)
{
    for (int i = 0; i < s->count; i++)
        if (strcmp(s->parameter[i].name, name) == 0)
            return &s->parameter[i];
    return NULL;
}
