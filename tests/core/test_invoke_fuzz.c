/* test_invoke_fuzz.c - every op, called by its name with arguments that mostly do not fit.
 *
 * A call either succeeds or leaves one error; it never crashes, and leaves nothing behind. The calls
 * follow from a seed and the op's name, so that an op's calls stay the same when others come to be:
 *
 *     GRA_FUZZ_OP=conv2d GRA_FUZZ_CALLS=5000 core_test_invoke_fuzz
 *
 * makes more calls of one op, and prints each before it is made.
 */
#include <stddef.h>

#include "core/schema.h"
#include "gradus.h"

#include "tests/support/test.h"

enum { CALLS = 200, MOST_VALUES = 64, MOST_LIST = 8, MOST_RESULTS = 32 };

/* ---- random numbers, which do not depend on the library ---- */

static uint64_t state;

static void seed_with(const char *name, uint64_t seed)
{
    state = 14695981039346656037u ^ seed; /* FNV-1a */
    for (; *name; name++)
        state = (state ^ (unsigned char)*name) * 1099511628211u;
}

/* From 0 to count - 1, by splitmix64. */
static int below(int count)
{
    uint64_t z = state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (int)((z ^ (z >> 31)) % (uint64_t)count);
}

/* ---- what a call is made of ---- */

/* Sizes and a shape that a call's tensors have in common more often than not, so that some calls come
 * further than the first check. */
typedef struct {
    gra_shape shape;
    bool plain;     /* all sizes are the same and most numbers 1, which fits most ops */
    bool large;     /* whether a large number was given already: a second might take long */
    bool gradients; /* whether floating-point tensors require one */
} theme;

static gra_shape any_shape(void)
{
    gra_shape shape = GRA_SCALAR;
    shape.count = below(6);
    for (int d = 0; d < shape.count; d++)
        shape.size[d] = below(6);
    return shape;
}

static theme any_theme(void)
{
    theme t = {.shape = any_shape(), .plain = below(2), .gradients = below(2)};
    const int size = 1 + below(3);
    if (t.plain && below(2))
        t.shape.count = 4;
    for (int d = 0; d < t.shape.count && t.plain; d++)
        t.shape.size[d] = size;
    return t;
}

static gra_shape likely_shape(const theme *t)
{
    const int rarely = t->plain ? 6 : 1;
    gra_shape shape = t->plain || below(3) ? t->shape : any_shape();
    if (shape.count && !below(4 * rarely))
        shape.size[below(shape.count)] = below(6);
    if (shape.count && !below(6 * rarely))
        shape.count--;
    return shape;
}

static gra_dtype likely_dtype(const theme *t)
{
    if (t->plain && below(8))
        return below(5) ? GRA_FLOAT32 : GRA_INT64;
    return below(2) ? GRA_FLOAT32 : (gra_dtype)below(GRA_DTYPE_COUNT);
}

/* NULL now and then. */
static gra_tensor *any_tensor(const theme *t)
{
    if (!below(t->plain ? 96 : 24))
        return NULL;
    const gra_dtype dtype = likely_dtype(t);
    const gra_shape shape = likely_shape(t);
    gra_tensor *x =
        below(2) ? gra_mul_scalar(gra_randn(shape), 1 + 99 * !below(4))
                 : gra_to(gra_randint(t->plain ? 0 : -2, t->plain ? 2 : 6, shape), GRA_FLOAT32);
    x = gra_to(x, dtype);
    if (shape.count > 1 && !below(4))
        x = gra_transpose(x, 0, shape.count - 1);
    ck_assert_msg(x, "%s", gra_error());
    x = gra_detach(x);
    return t->gradients && gra_dtype_is_floating(dtype) ? gra_requires_grad(x) : x;
}

/* What no memory could hold, and a large number that takes some time, are given once in a call. */
static int64_t any_int(theme *t)
{
    static const int64_t extremes[] = {INT64_MIN, INT64_MAX, INT64_MIN + 1, INT64_MAX / 2};
    if (t->plain && below(16))
        return below(3) ? 1 : below(4);
    const bool large = !t->large && !below(24);
    t->large |= large;
    if (large)
        return below(2) ? 1000 : extremes[below(sizeof extremes / sizeof *extremes)];
    return below(3) ? below(4) : below(13) - 3;
}

static double any_float(void)
{
    static const double some[] = {0, 1, -1, 0.5, 2, 1e30, 1e-5, NAN, INFINITY, -INFINITY};
    return some[below(sizeof some / sizeof *some)];
}

static const char *any_string(void)
{
    static const char *const some[] = {"",          "none",    "tanh",     "constant", "reflect",
                                       "replicate", "nearest", "bilinear", "bicubic",  "ij,jk->ik",
                                       "ij->ji",    "i,i",     "...i->i",  "x->",      "mean"};
    return some[below(sizeof some / sizeof *some)];
}

/* Room for the lists of a call, one for each value. */
static int64_t numbers[MOST_VALUES][MOST_LIST];
static gra_tensor *tensors[MOST_LIST];

static gra_value any_tensors(const theme *t)
{
    const int count = below(4);
    for (int i = 0; i < count; i++)
        tensors[i] = any_tensor(t);
    return gra_tensors_value(tensors, count);
}

/* Of the right length, or for int[] of any. */
static gra_value any_ints(theme *t, int length, int64_t *list)
{
    const bool shape = !length && below(2);
    const gra_shape s = likely_shape(t);
    const int count = length ? length : shape ? s.count : below(6);
    for (int i = 0; i < count; i++)
        list[i] = shape ? s.size[i] : any_int(t);
    return gra_ints_value(list, count);
}

static gra_value any_value(const gra__parameter *p, theme *t, int64_t *list)
{
    switch (p->kind) {
    case GRA_VALUE_TENSOR:
        return p->optional && !below(3) ? gra_none_value() : gra_tensor_value(any_tensor(t));
    case GRA_VALUE_TENSORS: return any_tensors(t);
    case GRA_VALUE_INT: return gra_int_value(any_int(t));
    case GRA_VALUE_FLOAT: return gra_float_value(any_float());
    case GRA_VALUE_BOOL: return gra_bool_value(below(2));
    case GRA_VALUE_INTS: return any_ints(t, p->length, list);
    case GRA_VALUE_DTYPE: return gra_dtype_value((gra_dtype)below(GRA_DTYPE_COUNT));
    default: return gra_string_value(any_string());
    }
}

/* ---- the calls ---- */

static void print_tensor(const gra_tensor *x)
{
    char text[GRA_SHAPE_TEXT];
    if (x)
        printf(" %s%s", gra_dtype_name(gra_tensor_dtype(x)),
               gra_shape_text(gra_tensor_shape(x), text));
    else
        printf(" NULL");
}

static void print_value(const gra_value *v)
{
    printf("%s:", v->name);
    switch (v->kind) {
    case GRA_VALUE_TENSOR: print_tensor(v->tensor); break;
    case GRA_VALUE_INT: printf(" %" PRId64, v->integer); break;
    case GRA_VALUE_FLOAT: printf(" %g", v->number); break;
    case GRA_VALUE_BOOL: printf(" %d", v->boolean); break;
    case GRA_VALUE_DTYPE: printf(" %s", gra_dtype_name(v->dtype)); break;
    case GRA_VALUE_STRING: printf(" '%s'", v->string); break;
    default: break;
    }
    for (int i = 0; i < v->count; i++) {
        if (v->kind == GRA_VALUE_TENSORS)
            print_tensor(v->tensors[i]);
        else
            printf(" %" PRId64, v->integers[i]);
    }
    printf("; ");
}

static void print_call(const gra__schema *s, int i, const gra_value *values)
{
    printf("%s #%d ", s->name, i);
    for (int k = 0; k < s->count; k++)
        print_value(&values[k]);
    printf("\n");
    fflush(stdout);
}

/* The gradients too, where the results have some; those of a wrong call may be an error. */
static void differentiate(const gra_value *results, int count)
{
    for (int k = 0; k < count; k++)
        if (results[k].tensor && gra_tensor_requires_grad(results[k].tensor))
            gra_backward(gra_sum(results[k].tensor));
}

static void call_once(const gra_op *op, const gra__schema *s, int i, bool prints)
{
    gra_value values[MOST_VALUES], results[MOST_RESULTS];
    const int mark = gra_mark();
    theme t = any_theme();
    for (int k = 0; k < s->count; k++)
        values[k] = gra_named(s->parameter[k].name, any_value(&s->parameter[k], &t, numbers[k]));
    if (prints)
        print_call(s, i, values);
    const int status = gra_invoke_op(op, values, s->count, results);
    ck_assert_msg((status == 0) == (gra_error() == NULL),
                  "%s, call %d: returned %d, the error is %s", s->name, i, status,
                  gra_error() ? gra_error() : "not there");
    for (int k = 0; k < s->outputs; k++)
        ck_assert_msg((status == 0) == (results[k].kind == GRA_VALUE_TENSOR && results[k].tensor),
                      "%s, call %d: returned %d, but result %d is not what follows", s->name, i,
                      status, k);
    if (status == 0)
        differentiate(results, s->outputs);
    if (prints && gra_error())
        printf("    %s\n", gra_error());
    gra_clear_error();
    gra_release(mark);
}

static int number_from(const char *variable, int normal)
{
    const char *const text = getenv(variable);
    return text ? atoi(text) : normal;
}

GRA_TEST(no_arguments_crash_an_op)
{
    size_t count;
    const gra_op *const *const ops = gra_ops(&count);
    const char *const only = getenv("GRA_FUZZ_OP");
    const int calls = number_from("GRA_FUZZ_CALLS", CALLS);
    for (size_t k = 0; k < count; k++) {
        const gra__schema *const s = gra__schema_of(ops[k]);
        ck_assert_msg(s && s->count <= MOST_VALUES && s->outputs <= MOST_RESULTS, "op %zu", k);
        if (only && strcmp(only, s->name) != 0)
            continue;
        const int64_t live = gra_live();
        seed_with(s->name, (uint64_t)number_from("GRA_FUZZ_SEED", 0));
        for (int i = 0; i < calls; i++) {
            call_once(ops[k], s, i, only);
            ck_assert_msg(gra_live() == live, "%s, call %d: left %" PRId64 " objects alive",
                          s->name, i, gra_live() - live);
        }
    }
}

GRA_TEST_MAIN("invoke_fuzz", no_arguments_crash_an_op)
