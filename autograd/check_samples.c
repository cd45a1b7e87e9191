/* check_samples.c - the calls that gra_check_op tries: the op's own, or such as its schema allows.
 *
 * Nothing in a schema tells which shapes go together, so families of them are tried, and what the op
 * takes is a call.  Numbers have both signs at first; where that gives what is not finite they are
 * positive, and then between 0 and 1.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "autograd/checker.h"
#include "core/alloc_cache.h"
#include "core/create.h"
#include "core/error.h"
#include "core/random.h"
#include "ops/iterate.h"
#include "ops/ops.h"

enum { MAX_SAMPLES = 48, POSITIONS = 5 };

/* ---- calls as text ---- */

const char *gra__check_input_name(const gra__checker *k, const gra_sample *s, int i, char *buffer,
                                  size_t size)
{
    const gra__parameter *const p = gra__schema_input(k->schema, i, s->n_in);
    int first = i; /* of the list that it is in */
    while (p && first > 0 && gra__schema_input(k->schema, first - 1, s->n_in) == p)
        first--;
    if (p && p->kind == GRA_VALUE_TENSORS)
        snprintf(buffer, size, "%s[%d]", p->name, i - first);
    else
        snprintf(buffer, size, "%s", p ? p->name : "an input");
    return buffer;
}

static void describe_ints(const int64_t *value, int count, char *buffer, size_t size)
{
    size_t used = (size_t)snprintf(buffer, size, "[");
    for (int i = 0; i < count && used < size; i++)
        used += (size_t)snprintf(buffer + used, size - used, "%s%" PRId64, i ? ", " : "", value[i]);
    if (used < size)
        snprintf(buffer + used, size - used, "]");
}

/* A value of the struct of arguments. */
static void describe_argument(const gra__parameter *p, const void *at, char *buffer, size_t size)
{
    const gra_shape *const list = at;
    switch (p->kind) {
    case GRA_VALUE_INT: snprintf(buffer, size, "%" PRId64, *(const int64_t *)at); break;
    case GRA_VALUE_FLOAT: snprintf(buffer, size, "%g", *(const double *)at); break;
    case GRA_VALUE_BOOL: snprintf(buffer, size, "%s", *(const bool *)at ? "True" : "False"); break;
    case GRA_VALUE_DTYPE:
        snprintf(buffer, size, "%s", gra_dtype_name(*(const gra_dtype *)at));
        break;
    case GRA_VALUE_STRING:
        snprintf(buffer, size, "\"%s\"", *(const char *const *)at ? *(const char *const *)at : "");
        break;
    case GRA_VALUE_INTS:
        describe_ints(p->length ? at : list->size, p->length ? p->length : list->count, buffer,
                      size);
        break;
    default: snprintf(buffer, size, "?");
    }
}

static void append(char *buffer, size_t size, const char *text)
{
    const size_t used = strlen(buffer);
    if (used < size)
        snprintf(buffer + used, size - used, "%s", text);
}

static void describe_tensor(const gra_tensor *x, char *buffer, size_t size)
{
    char shape[GRA_SHAPE_TEXT];
    if (!x)
        snprintf(buffer, size, "=None");
    else
        snprintf(buffer, size, " %s%s%s", x->dtype == GRA_FLOAT64 ? "" : gra_dtype_name(x->dtype),
                 x->dtype == GRA_FLOAT64 ? "" : " ", gra_shape_text(x->shape, shape));
}

void gra__check_describe(const gra__checker *k, const gra_sample *s, char *buffer, size_t size)
{
    char text[256];
    snprintf(buffer, size, "%s(", k->schema->name);
    for (int i = 0; i < s->n_in; i++) {
        append(buffer, size, i ? ", " : "");
        append(buffer, size, gra__check_input_name(k, s, i, text, sizeof text));
        describe_tensor(s->in[i], text, sizeof text);
        append(buffer, size, text);
    }
    for (int i = 0; i < k->schema->count; i++) {
        const gra__parameter *const p = &k->schema->parameter[i];
        if (p->kind == GRA_VALUE_TENSOR || p->kind == GRA_VALUE_TENSORS || !s->args)
            continue;
        append(buffer, size, buffer[strlen(buffer) - 1] == '(' ? "" : ", ");
        append(buffer, size, p->name);
        append(buffer, size, "=");
        describe_argument(p, (const char *)s->args + p->offset, text, sizeof text);
        append(buffer, size, text);
    }
    append(buffer, size, ")");
}

/* ---- arguments ---- */

/* A copy of the schema's defaults, or of other arguments, that lives as long as the scope. */
static void *arguments(const gra__checker *k, const void *from)
{
    const size_t size = k->schema->args_size;
    gra_tensor *const memory = size ? gra_zeros(GRA_SHAPE((int64_t)size), GRA_UINT8) : NULL;
    if (!memory)
        return NULL;
    if (from)
        memcpy(gra__ptr(memory), from, size);
    return gra__ptr(memory);
}

/* What has no default gets a number that rarely is a special one. */
static void fill_missing(const gra__checker *k, void *args)
{
    for (int i = 0; i < k->schema->count && args; i++) {
        const gra__parameter *const p = &k->schema->parameter[i];
        void *const at = (char *)args + p->offset;
        if (p->has_default)
            continue;
        if (p->kind == GRA_VALUE_FLOAT)
            *(double *)at = 0.7;
        else if (p->kind == GRA_VALUE_DTYPE)
            *(gra_dtype *)at = GRA_FLOAT64;
        else if (p->kind == GRA_VALUE_STRING)
            *(const char **)at = "";
        else if (p->kind == GRA_VALUE_INTS)
            for (int j = 0; j < p->length; j++)
                ((int64_t *)at)[j] = 1;
    }
}

/* Another value for one argument; false for a kind that has none. */
static bool vary(const gra__parameter *p, void *at)
{
    switch (p->kind) {
    case GRA_VALUE_FLOAT: *(double *)at = *(double *)at * 0.75 + 0.125; return true;
    case GRA_VALUE_BOOL: *(bool *)at = !*(bool *)at; return true;
    case GRA_VALUE_INT:
        *(int64_t *)at = *(int64_t *)at < INT64_MAX ? *(int64_t *)at + 1 : 0;
        return true;
    case GRA_VALUE_INTS:
        for (int j = 0; j < p->length; j++)
            ((int64_t *)at)[j]++;
        return p->length > 0;
    default: return false;
    }
}

/* ---- tensors ---- */

/* Shapes that go together, for the tensors of a schema in their order; the last one repeats. A shape
 * that begins with a minus is one of int64 indices below that number. */
typedef struct family {
    int count;
    const char *shape[POSITIONS];
} family;

static const family families[] = {
    {1, {"3,4"}},
    {1, {"5"}},
    {1, {""}},
    {1, {"1"}},
    {1, {"2,3,4"}},
    {1, {"2,3,5,4"}},
    {1, {"2,2,3,4,3"}},
    {1, {"4,4"}},
    {2, {"3,4", "4"}},
    {3, {"3,4", "4,5", "5"}},         /* matrix product */
    {3, {"2,3,4", "2,4,5", "2,3,5"}}, /* of batches */
    {3, {"3,4", "5,4", "5"}},         /* dense layer */
    {3, {"2,3,6", "4,3,3", "4"}},     /* convolutions */
    {3, {"2,3,6,5", "4,3,3,3", "4"}},
    {3, {"1,2,4,5,4", "3,2,2,3,3", "3"}},
    {3, {"2,3,4,5", "3,4,3,3", "4"}}, /* transposed ones */
    {2, {"3,4,2,2", "4"}},            /* normalisation */
    {2, {"4,5", "-5:4"}},             /* classes */
    {2, {"2,5,3", "-5:2,3"}},
    {2, {"3,4", "-3:3,4"}}, /* gathering */
    {3, {"3,4", "-3:3,4", "3,4"}},
    {2, {"3,4", "-3:2"}},
    {2, {"-5:2,3", "5,4"}}, /* tables */
    {2, {"-5:2,3", "4"}},
};

enum { FAMILIES = sizeof families / sizeof families[0] };

typedef enum { BOTH_SIGNS, POSITIVE, BELOW_ONE, RANGES } range;

static gra_shape read_shape(const char *text)
{
    gra_shape shape = GRA_SCALAR;
    for (char *end; *text; text = *end == ',' ? end + 1 : end)
        shape.size[shape.count++] = strtoll(text, &end, 10);
    return shape;
}

/* Numbers away from 0, where many functions have a kink. */
static gra_tensor *numbers(gra_shape shape, range r)
{
    gra_tensor *const u = gra_rand(shape, .dtype = GRA_FLOAT64);
    if (r == BELOW_ONE)
        return gra_add_scalar(gra_mul_scalar(u, 0.8), 0.1);
    gra_tensor *const size = gra_add_scalar(u, 0.25);
    gra_tensor *const sign = gra_sign(gra_sub_scalar(gra_rand(shape, .dtype = GRA_FLOAT64), 0.5));
    return r == POSITIVE ? size : gra_mul(size, sign);
}

static gra_tensor *made(const char *text, range r)
{
    if (*text != '-')
        return numbers(read_shape(text), r);
    char *end;
    const int64_t below = strtoll(text + 1, &end, 10);
    return gra_randint(0, below, read_shape(end + 1));
}

/* A call with tensors of a family; optional ones are left out on request, and a list has two. */
static bool fill(const gra__checker *k, const family *f, range r, bool optional, gra_sample *s)
{
    *s =
        (gra_sample){.op = k->op, .context = k->context, .args = arguments(k, k->schema->defaults)};
    fill_missing(k, s->args);
    int position = 0;
    for (int i = 0; i < k->schema->count; i++) {
        const gra__parameter *const p = &k->schema->parameter[i];
        if (p->kind != GRA_VALUE_TENSOR && p->kind != GRA_VALUE_TENSORS)
            continue;
        const char *const shape = f->shape[position < f->count ? position : f->count - 1];
        position++;
        for (int n = p->kind == GRA_VALUE_TENSORS ? 2 : 1; n > 0; n--) {
            if (s->n_in == GRA_SAMPLE_INPUTS)
                return false;
            s->in[s->n_in++] = p->optional && !optional ? NULL : made(shape, r);
        }
    }
    return !gra_error();
}

/* ---- collecting ---- */

static bool add(gra__checker *k, const gra_sample *s)
{
    if (k->count == k->capacity) {
        const int larger = k->capacity ? 2 * k->capacity : 16;
        gra_sample *const moved = realloc(k->samples, (size_t)larger * sizeof *moved);
        if (!moved)
            return gra_fail("gra_check_op: out of memory for %d calls", larger);
        k->samples = moved;
        k->capacity = larger;
    }
    k->samples[k->count++] = *s;
    return true;
}

/* Whether the op takes the call, and makes finite numbers of it. */
static bool works(const gra__checker *k, const gra_sample *s)
{
    gra__checker forward = *k;
    gra__run run;
    const int mark = gra_mark();
    forward.has_gradient = false;
    bool fine = gra__check_run(&forward, s, gra__check_plainly(), &run);
    for (int j = 0; j < k->schema->outputs && fine; j++)
        fine =
            run.out[j]->numel == 0 || gra_item(gra_all(gra_isfinite(gra_detach(run.out[j])))) != 0;
    gra_release(mark);
    return fine;
}

/* The call with each of its arguments varied in turn. */
static bool add_variations(gra__checker *k, const gra_sample *s)
{
    for (int i = 0; i < k->schema->count && k->count < MAX_SAMPLES; i++) {
        const gra__parameter *const p = &k->schema->parameter[i];
        gra_sample other = *s;
        if (!s->args || !(other.args = arguments(k, s->args)))
            break;
        if (!vary(p, (char *)other.args + p->offset))
            continue;
        if (works(k, &other) && !add(k, &other))
            return false;
        gra_clear_error();
    }
    return true;
}

/* Has the first `count` of a call's inputs require a gradient, and not the others. */
static void mark_differentiable(gra_sample *s, int count)
{
    for (int i = 0; i < s->n_in; i++)
        if (s->in[i] && gra_dtype_is_floating(s->in[i]->dtype))
            gra_set_requires_grad(s->in[i], i < count);
}

/* Whether a call works: with gradients for all inputs, or for the first ones only, as some ops take
 * none for their last. The first error of all is kept. */
static bool works_somehow(const gra__checker *k, gra_sample *s, char *refusal)
{
    for (int count = s->n_in; count > 0; count--) {
        mark_differentiable(s, count);
        if (works(k, s))
            return true;
        if (!gra_error())
            break;
        if (!*refusal)
            snprintf(refusal, GRA__REASON, "%s", gra_error());
        if (count > 1)
            gra_clear_error();
    }
    return false;
}

/* The call with the first range of numbers that works. */
static bool try_family(gra__checker *k, const family *f, bool optional, char *refusal)
{
    gra_sample s;
    for (range r = 0; r < RANGES; r++) {
        const bool fine = fill(k, f, r, optional, &s) && works_somehow(k, &s, refusal);
        const bool refused = gra_error() != NULL;
        gra_clear_error();
        if (fine)
            return add(k, &s) && (k->count > 1 || add_variations(k, &s));
        if (refused)
            break;
    }
    return true;
}

static bool has_optional(const gra__checker *k)
{
    for (int i = 0; i < k->schema->count; i++)
        if (k->schema->parameter[i].optional)
            return true;
    return false;
}

static bool make_up(gra__checker *k)
{
    char refusal[GRA__REASON] = "";
    const bool twice = has_optional(k);
    for (int f = 0; f < FAMILIES && k->count < MAX_SAMPLES; f++)
        for (int optional = 1; optional >= (twice ? 0 : 1); optional--)
            if (!try_family(k, &families[f], optional, refusal))
                return false;
    return k->count > 0 ||
           gra__check_wrong(
               k,
               "none that can be made up from the schema works, the first gives \"%s\"; "
               "say with .sample how the op is called",
               *refusal ? refusal : "numbers that are not finite");
}

/* Row-major float64 leaves of what a sample function brought. */
static bool adopt(gra_sample *s)
{
    for (int i = 0; i < s->n_in; i++) {
        gra_tensor *const x = s->in[i];
        if (!x)
            continue;
        const bool floats = gra_dtype_is_floating(x->dtype);
        const bool requires_grad = x->requires_grad;
        s->in[i] = gra__row_major_copy(gra_detach(x), floats ? GRA_FLOAT64 : x->dtype);
        gra_set_requires_grad(s->in[i], floats && requires_grad);
    }
    return !gra_error();
}

static bool ask(gra__checker *k)
{
    for (int i = 0;; i++) {
        gra_sample s = {
            .op = k->op, .context = k->context, .args = arguments(k, k->schema->defaults)};
        if (gra_error())
            return false;
        const bool more = k->sample(&s, i);
        if (gra_error())
            return gra__check_wrong(k, ".sample failed: %.500s", gra_error());
        if (!more)
            break;
        if (s.n_in < 0 || s.n_in > GRA_SAMPLE_INPUTS)
            return gra__check_wrong(k, ".sample gave %d inputs; at most %d are possible", s.n_in,
                                    GRA_SAMPLE_INPUTS);
        if (!adopt(&s) || !add(k, &s))
            return false;
    }
    return k->count > 0 || gra__check_wrong(k, ".sample gave no call");
}

bool gra__check_collect(gra__checker *k)
{
    return k->sample ? ask(k) : make_up(k);
}
