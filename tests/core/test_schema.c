/* test_schema.c - what is read of an op's schema, and what is said of one that is wrong. */
#include "gradus.h"

#include <stddef.h>

#include "core/schema.h"
#include "tests/support/test.h"

typedef struct {
    bool negate;
    double factor;
    int64_t shift;
    int64_t pair[2];
    gra_dims dims;
    gra_dtype dtype;
    const char *mode;
    bool last;
} scale_args;

static const char scale[] =
    "scale(Tensor(a) x, Tensor? bias=None, bool negate=True, *, float factor=-1.5, int shift=-7, "
    "int[2] pair=3, int[] dims=[1, -2], ScalarType dtype=int64, str mode='a b', bool last) "
    "-> (Tensor(a) y, Tensor rest)";

GRA_TEST(a_schema_gives_the_types_and_names_of_its_parameters)
{
    static const struct {
        const char *type, *name;
        gra_value_kind kind;
        bool has_default, keyword_only;
    } expected[] = {
        {"Tensor(a)", "x", GRA_VALUE_TENSOR, false, false},
        {"Tensor?", "bias", GRA_VALUE_TENSOR, true, false},
        {"bool", "negate", GRA_VALUE_BOOL, true, false},
        {"float", "factor", GRA_VALUE_FLOAT, true, true},
        {"int", "shift", GRA_VALUE_INT, true, true},
        {"int[2]", "pair", GRA_VALUE_INTS, true, true},
        {"int[]", "dims", GRA_VALUE_INTS, true, true},
        {"ScalarType", "dtype", GRA_VALUE_DTYPE, true, true},
        {"str", "mode", GRA_VALUE_STRING, true, true},
        {"bool", "last", GRA_VALUE_BOOL, false, true},
    };
    const gra__schema *s = gra__schema_read(scale);
    ck_assert_str_eq(s->name, "scale");
    ck_assert_int_eq(s->count, 10);
    for (int i = 0; i < s->count; i++) {
        const gra__parameter *p = &s->parameter[i];
        ck_assert_str_eq(p->type, expected[i].type);
        ck_assert_str_eq(p->name, expected[i].name);
        ck_assert_int_eq(p->kind, expected[i].kind);
        ck_assert(p->has_default == expected[i].has_default);
        ck_assert(p->keyword_only == expected[i].keyword_only);
        ck_assert(p->optional == (i == 1));
    }
    ck_assert_ptr_eq(gra__schema_find(s, "pair"), &s->parameter[5]);
    ck_assert_ptr_null(gra__schema_find(s, "pai"));
    ck_assert_int_eq(s->parameter[5].length, 2);
    ck_assert_int_eq(s->parameter[6].length, 0);
}

GRA_TEST(a_schema_gives_the_struct_of_arguments)
{
    const gra__schema *s = gra__schema_read(scale);
#define OFFSET(member)                                                                             \
    ck_assert_uint_eq(gra__schema_find(s, #member)->offset, offsetof(scale_args, member))
    OFFSET(negate);
    OFFSET(factor);
    OFFSET(shift);
    OFFSET(pair);
    OFFSET(dims);
    OFFSET(dtype);
    OFFSET(mode);
    OFFSET(last);
#undef OFFSET
    ck_assert_uint_eq(s->args_size, sizeof(scale_args));
    ck_assert_uint_eq(gra__schema_read("f(Tensor x) -> Tensor")->args_size, 0);
}

GRA_TEST(a_schema_gives_the_defaults)
{
    const scale_args *d = gra__schema_read(scale)->defaults;
    ck_assert(d->negate);
    ck_assert_double_eq(d->factor, -1.5);
    ck_assert_int_eq(d->shift, -7);
    ck_assert_int_eq(d->pair[0], 3);
    ck_assert_int_eq(d->pair[1], 3);
    ck_assert_int_eq(d->dims.count, 2);
    ck_assert_int_eq(d->dims.dim[0], 1);
    ck_assert_int_eq(d->dims.dim[1], -2);
    ck_assert_ptr_eq(d->dims.kind, &gra_dims_kind);
    ck_assert_int_eq(d->dtype, GRA_INT64);
    ck_assert_str_eq(d->mode, "a b");
    ck_assert(!d->last);
    const double *f =
        gra__schema_read(
            "f(Tensor x, float a=inf, float b=-inf, float c=nan, float d=1e-5) -> Tensor")
            ->defaults;
    ck_assert(f[0] == INFINITY && f[1] == -INFINITY && isnan(f[2]) && f[3] == 1e-5);
}

GRA_TEST(a_schema_gives_aliases_and_results)
{
    const gra__schema *s = gra__schema_read(scale);
    ck_assert_int_eq(s->outputs, 2);
    ck_assert_int_eq(s->output_alias[0].letter, 'a');
    ck_assert(!s->output_alias[0].written);
    ck_assert_int_eq(s->output_alias[1].letter, 0);
    s = gra__schema_read("add_(Tensor(a!) x, Tensor y) -> Tensor(a!)");
    ck_assert(s->parameter[0].alias.written && s->output_alias[0].written);
}

GRA_TEST(a_schema_counts_its_inputs)
{
    const gra__schema *s = gra__schema_read(scale);
    ck_assert_int_eq(s->min_in, 1);
    ck_assert_int_eq(s->max_in, 2);
    ck_assert_str_eq(gra__schema_input(s, 1, 2)->name, "bias");
    ck_assert_ptr_null(gra__schema_input(s, 2, 3));
    s = gra__schema_read("put(Tensor x, Tensor?[] indices, Tensor? y, int n) -> Tensor");
    ck_assert_int_eq(s->min_in, 2);
    ck_assert_int_eq(s->max_in, INT32_MAX);
    const char *const expected[] = {"x", "indices", "indices", "indices", "y"};
    for (int i = 0; i < 5; i++)
        ck_assert_str_eq(gra__schema_input(s, i, 5)->name, expected[i]);
    ck_assert_str_eq(gra__schema_input(s, 1, 2)->name, "y");
    ck_assert(gra__schema_find(s, "indices")->optional);
}

GRA_TEST(a_schema_is_read_once)
{
    char text[] = "g(Tensor x) -> Tensor";
    const gra__schema *s = gra__schema_read("g(Tensor x) -> Tensor");
    ck_assert_ptr_eq(gra__schema_read(text), s);
    text[0] = 'h';
    ck_assert_ptr_ne(gra__schema_read(text), s);
}

GRA_TEST(a_schema_that_is_wrong_says_where)
{
#define TYPES "Tensor, Tensor?, Tensor[], int, int[], int[2], float, bool, str and ScalarType are"
    static const struct {
        const char *schema;
        int column;
        const char *what;
    } wrong[] = {
        {"", 1, "the name of the op is expected: letters, digits and underscores"},
        {"2d(Tensor x) -> Tensor", 1,
         "the name of the op is expected: letters, digits and underscores"},
        {"f", 2, "\"(\" is expected after the name of the op"},
        {"f(Tensor x", 11, "\")\" is expected after the parameters, or \",\" between two of them"},
        {"f(Tensor x Tensor y) -> Tensor", 12,
         "\")\" is expected after the parameters, or \",\" between two of them"},
        {"f(foat b) -> Tensor", 3, "\"foat\" is no type; " TYPES},
        {"f(Tensor x, ) -> Tensor", 13, "\"\" is no type; " TYPES},
        {"f(float? b) -> Tensor", 8,
         "a blank and the name of the parameter are expected after its type"},
        {"f(float[2] b) -> Tensor", 8,
         "a blank and the name of the parameter are expected after its type"},
        {"f(Tensor) -> Tensor", 9,
         "a blank and the name of the parameter are expected after its type"},
        {"f(Tensor ?) -> Tensor", 10,
         "the name of a parameter is expected: letters, digits and underscores"},
        {"f(Tensor x, int x) -> Tensor", 17, "the name \"x\" is taken by an earlier parameter"},
        {"f(int[9] n) -> Tensor", 6, "a list is written int[], or int[N] with N from 1 to 8"},
        {"f(int[0] n) -> Tensor", 6, "a list is written int[], or int[N] with N from 1 to 8"},
        {"f(int[x] n) -> Tensor", 6, "a list is written int[], or int[N] with N from 1 to 8"},
        {"f(Tensor(a?) x) -> Tensor", 9,
         "an alias is written (a), or (a!) where the tensor is written to"},
        {"f(Tensor[] x, Tensor[] y) -> Tensor", 21, "one list of tensors is possible, not two"},
        {"f(Tensor(a!)[] x) -> Tensor", 13, "a list of tensors cannot be written to"},
        {"f(Tensor x=None) -> Tensor", 12,
         "a tensor has no default; an optional one, Tensor?, has None"},
        {"f(Tensor? x=0) -> Tensor", 13, "the default of an optional tensor is None"},
        {"f(Tensor[] x=0) -> Tensor", 14, "the default of a list of tensors is []"},
        {"f(int n=x) -> Tensor", 9, "a whole number is expected as the default"},
        {"f(int n=1.5) -> Tensor", 10,
         "\")\" is expected after the parameters, or \",\" between two of them"},
        {"f(float n=True) -> Tensor", 11, "a number is expected as the default"},
        {"f(bool n=1) -> Tensor", 10, "True or False is expected as the default"},
        {"f(ScalarType n=double) -> Tensor", 16,
         "a dtype such as float32 is expected as the default"},
        {"f(str n=none) -> Tensor", 9, "a string in quotes is expected as the default"},
        {"f(str n='none) -> Tensor", 9, "a string in quotes is expected as the default"},
        {"f(int[2] n=[1]) -> Tensor", 12, "a default of int[2] is one number or a list of 2"},
        {"f(int[] n=[1,2,3,4,5,6,7,8,9]) -> Tensor", 11, "a list has at most 8 numbers"},
        {"f(int[] n=[1 2]) -> Tensor", 14, "\"]\" is expected at the end of a list"},
        {"f(int n=1, int m) -> Tensor", 12,
         "a parameter without a default cannot follow one that has one"},
        {"f(Tensor x, *, *, int n) -> Tensor", 16, "\"*\" is there already"},
        {"f(Tensor x)", 12, "\"->\" is expected after the parameters"},
        {"f(Tensor x) -> int", 16, "a result is a Tensor; several are written (Tensor, Tensor)"},
        {"f(Tensor x) -> ()", 17, "a result is a Tensor; several are written (Tensor, Tensor)"},
        {"f(Tensor x) -> Tensor[]", 22, "a result is one tensor, no list and not optional"},
        {"f(Tensor x) -> (Tensor, Tensor", 31, "\")\" is expected after the results"},
        {"f(Tensor x) -> Tensor(a)", 22, "no parameter has the alias (a)"},
        {"f(Tensor(a!) x) -> Tensor(a)", 26,
         "the alias (a) is written as in the parameter, Tensor(a!)"},
        {"f(Tensor x) -> Tensor; g", 22, "the schema should end here"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const bool named = strchr("f", wrong[i].schema[0]) && wrong[i].schema[0];
        char expected[512];
        snprintf(expected, sizeof expected,
                 "%s: its schema is wrong at column %d: %s\n    %s\n    %*s^", named ? "f" : "op",
                 wrong[i].column, wrong[i].what, wrong[i].schema, wrong[i].column - 1, "");
        ck_assert_ptr_null(gra__schema_read(wrong[i].schema));
        GRA_ASSERT_ERROR(expected);
    }
}

GRA_TEST(too_many_parameters_or_results_are_an_error)
{
    char text[2048] = "f(", tail[64];
    for (int i = 0; i <= GRA__MAX_PARAMETERS; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%sint n%d", i ? ", " : "", i);
    strcat(text, ") -> Tensor");
    ck_assert_ptr_null(gra__schema_read(text));
    snprintf(tail, sizeof tail, "more than %d parameters are not possible", GRA__MAX_PARAMETERS);
    ck_assert_ptr_nonnull(strstr(gra_error(), tail));
    gra_clear_error();
    strcpy(text, "f(Tensor x) -> (Tensor");
    for (int i = 1; i <= GRA__MAX_OUTPUTS; i++)
        strcat(text, ", Tensor");
    ck_assert_ptr_null(gra__schema_read(strcat(text, ")")));
    snprintf(tail, sizeof tail, "more than %d results are not possible", GRA__MAX_OUTPUTS);
    ck_assert_ptr_nonnull(strstr(gra_error(), tail));
    gra_clear_error();
}

static void forward(gra_call *c)
{
    c->out[0] = c->in[0];
}

static int64_t seen_ints[8], seen_fixed[8];
static int seen_count, seen_fixed_count;
static gra_dtype seen_dtype;
static const char *seen_string;

static void listing_forward(gra_call *c)
{
    const int64_t *ints = gra_call_ints(c, "dims", &seen_count);
    memcpy(seen_ints, ints, (size_t)seen_count * sizeof *ints);
    ints = gra_call_ints(c, "pair", &seen_fixed_count);
    memcpy(seen_fixed, ints, (size_t)seen_fixed_count * sizeof *ints);
    seen_dtype = gra_call_scalar_type(c, "dtype");
    seen_string = gra_call_string(c, "mode");
    c->out[0] = c->in[0];
}

GRA_TEST(an_op_reads_its_arguments_by_name)
{
    typedef struct {
        int64_t pair[2];
        gra_dims dims;
        gra_dtype dtype;
        const char *mode;
    } listing_args;
    static const gra_op listing = {
        .schema =
            "listing(Tensor x, int[2] pair, int[] dims, ScalarType dtype, str mode) -> Tensor",
        .forward = listing_forward,
        .args_size = sizeof(listing_args),
    };
    const listing_args args = {{4, 5}, GRA_DIMS(7, 8, 9), GRA_UINT8, "fast"};
    gra_tensor *x = gra_vector(1);
    ck_assert_ptr_nonnull(gra_apply(&listing, &x, 1, &args));
    ck_assert(seen_fixed_count == 2 && seen_fixed[0] == 4 && seen_fixed[1] == 5);
    ck_assert(seen_count == 3 && seen_ints[0] == 7 && seen_ints[2] == 9);
    ck_assert_int_eq(seen_dtype, GRA_UINT8);
    ck_assert_str_eq(seen_string, "fast");
}

GRA_TEST(an_op_that_does_not_agree_with_its_schema_is_an_error)
{
    static const gra_op small = {.schema = "small(Tensor x, float by, bool up) -> Tensor",
                                 .forward = forward,
                                 .args_size = 8};
    static const gra_op quiet = {.schema = "quiet(Tensor(a!) x) -> Tensor(a!)", .forward = forward};
    static const gra_op loud = {
        .schema = "loud(Tensor x) -> Tensor", .forward = forward, .inplace = true};
    gra_tensor *x = gra_vector(1);
    ck_assert_ptr_null(gra_apply(&small, &x, 1, &(double){1}));
    GRA_ASSERT_ERROR(
        "small: .args_size is 8, but the struct of arguments of its schema has 16 bytes: "
        "small(Tensor x, float by, bool up) -> Tensor");
    ck_assert_ptr_null(gra_apply(&quiet, &x, 1, NULL));
    GRA_ASSERT_ERROR("quiet: its schema says that the first input is written and returned, but "
                     ".inplace is not set: quiet(Tensor(a!) x) -> Tensor(a!)");
    ck_assert_ptr_null(gra_apply(&loud, &x, 1, NULL));
    GRA_ASSERT_ERROR(
        "loud: it works in place, but its schema does not begin with Tensor(a!) and return "
        "it: loud(Tensor x) -> Tensor");
}

GRA_TEST(every_built_in_op_agrees_with_its_schema)
{
    size_t count;
    const gra_op *const *const ops = gra_ops(&count);
    ck_assert_uint_gt(count, 100);
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(gra__schema_of(ops[i]) != NULL, "%s", gra_error());
}

GRA_TEST_MAIN("schema", a_schema_gives_the_types_and_names_of_its_parameters,
              a_schema_gives_the_struct_of_arguments, a_schema_gives_the_defaults,
              a_schema_gives_aliases_and_results, a_schema_counts_its_inputs, a_schema_is_read_once,
              a_schema_that_is_wrong_says_where, too_many_parameters_or_results_are_an_error,
              an_op_reads_its_arguments_by_name,
              an_op_that_does_not_agree_with_its_schema_is_an_error,
              every_built_in_op_agrees_with_its_schema)
