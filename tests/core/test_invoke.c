/* test_invoke.c - boxed calls of ops by name, and what is said of those that do not fit. */
#include <stddef.h>

#include "gradus.h"

#include "tests/support/test.h"

#define INVOKE(name, ...)                                                                          \
    gra_invoke(name, (gra_value[]){__VA_ARGS__},                                                   \
               sizeof((gra_value[]){__VA_ARGS__}) / sizeof(gra_value), out)

static gra_value out[4];

GRA_TEST(an_op_is_called_by_its_name)
{
    gra_tensor *a = gra_vector(1, 2), *b = gra_vector(3, 5);
    ck_assert_int_eq(INVOKE("add", gra_tensor_value(a), gra_tensor_value(b)), 0);
    ck_assert_int_eq(out[0].kind, GRA_VALUE_TENSOR);
    GRA_ASSERT_VALUES(out[0].tensor, 4, 7);
    ck_assert_int_eq(gra_op_outputs(gra_find_op("add")), 1);
}

GRA_TEST(a_call_by_name_is_recorded)
{
    gra_tensor *x = gra_requires_grad(gra_vector(1, 2));
    ck_assert_int_eq(INVOKE("square", gra_tensor_value(x)), 0);
    gra_backward(gra_sum(out[0].tensor));
    GRA_ASSERT_VALUES(gra_tensor_grad(x), 2, 4);
}

GRA_TEST(what_is_left_out_has_its_default)
{
    gra_tensor *x = gra_reshape(gra_arange(0, 6, 1), GRA_SHAPE(2, 3));
    ck_assert_int_eq(INVOKE("sum", gra_tensor_value(x)), 0);
    ck_assert_int_eq(gra_tensor_ndim(out[0].tensor), 0);
    GRA_ASSERT_VALUES(out[0].tensor, 15);
    ck_assert_int_eq(INVOKE("sum", gra_tensor_value(x), gra_named("keepdim", gra_bool_value(true))),
                     0);
    GRA_ASSERT_SHAPE(out[0].tensor, 1, 1);
}

/* The first result of an op to which only tensors are given, and numbers for what has no default. */
static gra_tensor *by_default(const char *name, const gra_value *values, int count)
{
    ck_assert_msg(gra_invoke(name, values, count, out) == 0, "%s: %s", name, gra_error());
    return out[0].tensor;
}

static void assert_equal(const char *name, const gra_tensor *a, const gra_tensor *b)
{
    ck_assert_msg(a && b && gra_shape_equal(gra_tensor_shape(a), gra_tensor_shape(b)),
                  "%s: %s: the shapes differ", name, gra_error() ? gra_error() : "");
    for (int64_t i = 0; i < gra_tensor_numel(a); i++) {
        const gra_shape index = gra_test_index(gra_tensor_shape(a), i);
        ck_assert_msg(gra_tensor_at(a, index) == gra_tensor_at(b, index), "%s: element %d", name,
                      (int)i);
    }
}

GRA_TEST(a_call_by_name_has_the_defaults_of_the_function)
{
    gra_tensor *x = gra_randn(GRA_SHAPE(2, 3, 6, 6)), *w = gra_randn(GRA_SHAPE(4, 3, 3, 3));
    gra_tensor *logits = gra_randn(GRA_SHAPE(4, 5)), *target = gra_randint(0, 5, GRA_SHAPE(4));
    gra_tensor *other = gra_randn(GRA_SHAPE(4, 5));
    const gra_value v[] = {gra_tensor_value(x), gra_tensor_value(w)};
    const gra_value two[] = {gra_tensor_value(x), gra_int_value(2)};
    const gra_value l[] = {gra_tensor_value(logits), gra_tensor_value(target)};
    const gra_value pair[] = {gra_tensor_value(logits), gra_tensor_value(other)};
#define SAME(name, values, count, call) assert_equal(name, by_default(name, values, count), call)
    SAME("conv2d", v, 2, gra_conv2d(x, w));
    SAME("max_pool2d", two, 2, gra_max_pool2d(x, 2));
    SAME("avg_pool2d", two, 2, gra_avg_pool2d(x, 2));
    SAME("sum", v, 1, gra_sum(x));
    SAME("mean", v, 1, gra_mean(x));
    SAME("var", v, 1, gra_var(x));
    SAME("max", v, 1, gra_max(x));
    SAME("min", v, 1, gra_min(x));
    SAME("prod", v, 1, gra_prod(x));
    SAME("logsumexp", v, 1, gra_logsumexp(x));
    SAME("argmax", v, 1, gra_argmax(x));
    SAME("argmin", v, 1, gra_argmin(x));
    SAME("cross_entropy", l, 2, gra_cross_entropy(logits, target));
    SAME("mse_loss", pair, 2, gra_mse_loss(logits, other));
    SAME("clamp", v, 1, x);
    SAME("flatten", v, 1, gra_flatten(x, 0, -1));
#undef SAME
}

GRA_TEST(named_values_come_in_any_order)
{
    gra_tensor *x = gra_reshape(gra_arange(0, 6, 1), GRA_SHAPE(2, 3));
    ck_assert_int_eq(INVOKE("sum", gra_named("keepdim", gra_bool_value(true)),
                            gra_named("dims", gra_ints_value((int64_t[]){-1}, 1)),
                            gra_named("x", gra_tensor_value(x))),
                     0);
    GRA_ASSERT_SHAPE(out[0].tensor, 2, 1);
    GRA_ASSERT_VALUES(out[0].tensor, 3, 12);
}

GRA_TEST(an_int_serves_as_a_float_and_as_a_list)
{
    gra_tensor *x = gra_ones(GRA_SHAPE(1, 1, 4, 4)), *w = gra_ones(GRA_SHAPE(1, 1, 3, 3));
    ck_assert_int_eq(INVOKE("mul_scalar", gra_tensor_value(x), gra_int_value(3)), 0);
    ck_assert(gra_tensor_at(out[0].tensor, GRA_SHAPE(0, 0, 1, 1)) == 3);
    ck_assert_int_eq(INVOKE("conv2d", gra_tensor_value(x), gra_tensor_value(w),
                            gra_named("padding", gra_int_value(1)),
                            gra_named("stride", gra_ints_value((int64_t[]){3, 1}, 2))),
                     0);
    GRA_ASSERT_SHAPE(out[0].tensor, 1, 1, 2, 4);
    ck_assert_int_eq(INVOKE("sum", gra_tensor_value(x), gra_int_value(-1)), 0);
    GRA_ASSERT_SHAPE(out[0].tensor, 1, 1, 4);
}

GRA_TEST(an_optional_tensor_may_be_none_or_NULL)
{
    gra_tensor *x = gra_ones(GRA_SHAPE(2, 3)), *w = gra_ones(GRA_SHAPE(1, 3));
    const gra_value nothing[] = {gra_none_value(), gra_tensor_value(NULL)};
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(INVOKE("linear", gra_tensor_value(x), gra_tensor_value(w), nothing[i]), 0);
        GRA_ASSERT_VALUES(out[0].tensor, 3, 3);
    }
}

GRA_TEST(a_list_of_tensors_may_have_any_length)
{
    gra_tensor *parts[100];
    for (int i = 0; i < 100; i++)
        parts[i] = gra_vector(i);
    ck_assert_int_eq(INVOKE("cat", gra_tensors_value(parts, 100)), 0);
    GRA_ASSERT_SHAPE(out[0].tensor, 100);
    ck_assert(gra_tensor_at(out[0].tensor, GRA_SHAPE(99)) == 99);
    ck_assert_int_eq(INVOKE("cat", gra_tensors_value(NULL, 0)), -1);
    gra_clear_error();
}

GRA_TEST(a_dtype_is_a_value)
{
    ck_assert_int_eq(INVOKE("to", gra_tensor_value(gra_vector(1.5)), gra_dtype_value(GRA_INT64)),
                     0);
    ck_assert_int_eq(gra_tensor_dtype(out[0].tensor), GRA_INT64);
}

/* mixed: several results, each kind of argument, a list between tensors */

typedef struct {
    int64_t n;
    double f;
    bool b;
    int64_t pair[2];
    gra_dims dims;
    gra_dtype dtype;
    const char *s;
} mixed_args;

static mixed_args mixed_seen;
static int mixed_inputs;

static void mixed_forward(gra_call *c)
{
    mixed_seen = *(const mixed_args *)c->args;
    mixed_inputs = c->n_in;
    c->out[0] = gra_mul_scalar(c->in[c->n_in - 1], 2);
    c->out[1] = gra_mul_scalar(c->in[0], 3);
}

static const gra_op mixed = {
    .schema = "mixed(Tensor x, Tensor[] list, Tensor? y, int n=1, float f=2.5, bool b=True, "
              "int[2] pair=[3, 4], int[] dims=[5], *, ScalarType dtype=bfloat16, str s='six') -> "
              "(Tensor, Tensor)",
    .forward = mixed_forward,
    .args_size = sizeof(mixed_args),
};

static int invoke_mixed(const gra_value *values, int count)
{
    return gra_invoke_op(&mixed, values, count, out);
}

GRA_TEST(every_kind_of_argument_arrives)
{
    gra_tensor *x = gra_vector(1), *list[] = {gra_vector(2), gra_vector(3)}, *y = gra_vector(4);
    char text[] = "seven";
    const gra_value values[] = {
        gra_tensor_value(x),
        gra_tensors_value(list, 2),
        gra_tensor_value(y),
        gra_int_value(-9),
        gra_float_value(0.5),
        gra_bool_value(false),
        gra_ints_value((int64_t[]){7, 8}, 2),
        gra_ints_value((int64_t[]){1, 2, 3}, 3),
        gra_named("s", gra_string_value(text)),
        gra_named("dtype", gra_dtype_value(GRA_UINT8)),
    };
    ck_assert_int_eq(invoke_mixed(values, 10), 0);
    GRA_ASSERT_VALUES(out[0].tensor, 8);
    GRA_ASSERT_VALUES(out[1].tensor, 3);
    ck_assert_int_eq(mixed_inputs, 4);
    const mixed_args *a = &mixed_seen;
    text[0] = 'S'; /* a graph would read it later */
    ck_assert(a->n == -9 && a->f == 0.5 && !a->b && a->pair[0] == 7 && a->pair[1] == 8);
    ck_assert(a->dims.count == 3 && a->dims.dim[2] == 3 && a->dtype == GRA_UINT8);
    ck_assert_str_eq(a->s, "seven");
    ck_assert_int_eq(
        invoke_mixed(
            (gra_value[]){gra_tensor_value(x), gra_tensors_value(list, 1), gra_tensor_value(y)}, 3),
        0);
    ck_assert(a->n == 1 && a->f == 2.5 && a->b && a->pair[0] == 3 && a->pair[1] == 4);
    ck_assert(a->dims.count == 1 && a->dims.dim[0] == 5 && a->dtype == GRA_BFLOAT16);
    ck_assert_str_eq(a->s, "six");
    ck_assert_int_eq(gra_op_outputs(&mixed), 2);
}

GRA_TEST(an_unknown_op_is_an_error_that_names_the_nearest)
{
    ck_assert_int_eq(INVOKE("max_pol2d", gra_none_value()), -1);
    ck_assert_ptr_nonnull(strstr(gra_error(), "gra_invoke: there is no op \"max_pol2d\"; did you "
                                              "mean max_pool2d"));
    gra_clear_error();
    ck_assert_int_eq(gra_invoke(NULL, NULL, 0, out), -1);
    GRA_ASSERT_ERROR("gra_invoke: the name of the op is NULL");
    ck_assert_int_eq(gra_invoke_op(NULL, NULL, 0, out), -1);
    GRA_ASSERT_ERROR("gra_invoke: the op is NULL");
    ck_assert_int_eq(gra_invoke("relu", NULL, 0, NULL), -1);
    GRA_ASSERT_ERROR("gra_invoke: results is NULL; it receives the results of relu");
    ck_assert_int_eq(gra_op_outputs(NULL), -1);
    GRA_ASSERT_ERROR("gra_op_outputs: the op is NULL");
}

static void narrow_forward(gra_call *c)
{
    c->out[0] = c->in[0];
}

static const gra_op op = {
    .schema = "t(Tensor x, Tensor? y=None, int[2] p=1, int[] q=[], bool b=False, float f=0, "
              "ScalarType d=int64, *, str s='') -> Tensor",
    .forward = narrow_forward,
    .args_size = 128, /* what the schema comes to */
};
#define SCHEMA                                                                                     \
    "t(Tensor x, Tensor? y=None, int[2] p=1, int[] q=[], bool b=False, float f=0, ScalarType "     \
    "d=int64, *, str s='') -> Tensor"

/* The error of a call of t. */
#define REJECTED(text, ...)                                                                        \
    do {                                                                                           \
        const gra_value values_[] = {__VA_ARGS__};                                                 \
        out[0] = gra_int_value(1);                                                                 \
        ck_assert_int_eq(gra_invoke_op(&op, values_, sizeof values_ / sizeof values_[0], out),     \
                         -1);                                                                      \
        GRA_ASSERT_ERROR("t: " text ": " SCHEMA);                                                  \
        ck_assert_int_eq(out[0].kind, GRA_VALUE_NONE);                                             \
    } while (0)

GRA_TEST(a_call_of_the_wrong_count_is_rejected)
{
    const gra_value x = gra_tensor_value(gra_vector(1)), n = gra_none_value();
    ck_assert_int_eq(gra_invoke_op(&op, NULL, 0, out), -1);
    GRA_ASSERT_ERROR("t: x is missing: " SCHEMA);
    REJECTED("x is missing", gra_named("y", x));
    REJECTED("9 values were given, but it has 8 parameters", x, n, n, n, n, n, n, n, n);
    REJECTED("value 8 needs the name of its parameter, as the schema has 7 that are given without",
             x, n, n, n, n, n, n, n);
    ck_assert_int_eq(gra_invoke_op(&op, NULL, 2, out), -1);
    GRA_ASSERT_ERROR("t: 0 values were given, but it has 8 parameters: " SCHEMA);
    ck_assert_int_eq(gra_invoke_op(&op, &x, -1, out), -1);
    GRA_ASSERT_ERROR("t: -1 values were given, but it has 8 parameters: " SCHEMA);
}

GRA_TEST(a_wrong_name_is_rejected)
{
    const gra_value x = gra_tensor_value(gra_vector(1));
    REJECTED("there is no parameter \"z\" in its schema", x, gra_named("z", x));
    REJECTED("x was given twice", x, gra_named("x", x));
    REJECTED("p was given twice", x, gra_named("p", gra_int_value(1)),
             gra_named("p", gra_int_value(1)));
    REJECTED("value 2 has no name, but one before it has; those without a name come first",
             gra_named("x", x), gra_none_value());
}

GRA_TEST(a_wrong_kind_is_rejected)
{
    const gra_value x = gra_tensor_value(gra_vector(1));
    REJECTED("x is an int, but its type is Tensor", gra_int_value(1));
    REJECTED("x is none, but its type is Tensor", gra_none_value());
    REJECTED("y is a string, but its type is Tensor?", x, gra_string_value("a"));
    REJECTED("p is a float, but its type is int[2]", x, gra_named("p", gra_float_value(1)));
    REJECTED("q is a bool, but its type is int[]", x, gra_named("q", gra_bool_value(true)));
    REJECTED("b is an int, but its type is bool", x, gra_named("b", gra_int_value(1)));
    REJECTED("f is a tensor, but its type is float", x, gra_named("f", x));
    REJECTED("d is a list of ints, but its type is ScalarType", x,
             gra_named("d", gra_ints_value(NULL, 0)));
    REJECTED("s is a dtype, but its type is str", x, gra_named("s", gra_dtype_value(GRA_BOOL)));
    REJECTED("f is a list of tensors, but its type is float", x,
             gra_named("f", gra_tensors_value(NULL, 0)));
    REJECTED("f is of no known kind, but its type is float", x,
             gra_named("f", (gra_value){.kind = 77}));
    ck_assert_int_eq(INVOKE("argmax", x, gra_float_value(0)), -1);
    ck_assert_ptr_nonnull(strstr(gra_error(), "argmax: dim is a float, but its type is int: "));
    gra_clear_error();
}

GRA_TEST(a_value_out_of_range_is_rejected)
{
    const gra_value x = gra_tensor_value(gra_vector(1));
    const int64_t nine[9] = {0};
    REJECTED("p has 3 numbers; int[2] takes 2", x, gra_named("p", gra_ints_value(nine, 3)));
    REJECTED("p has 1 numbers; int[2] takes 2", x, gra_named("p", gra_ints_value(nine, 1)));
    REJECTED("q has 9 numbers; int[] takes 8 at most", x, gra_named("q", gra_ints_value(nine, 9)));
    REJECTED("q has -1 numbers; int[] takes 8 at most", x,
             gra_named("q", gra_ints_value(nine, -1)));
    REJECTED("q has 0 numbers; int[] takes 8 at most", x, gra_named("q", gra_ints_value(NULL, 3)));
    REJECTED("d is 7, which is no dtype; GRA_FLOAT32 to GRA_BOOL are", x,
             gra_named("d", gra_dtype_value((gra_dtype)7)));
    REJECTED("s is a NULL string", x, gra_named("s", gra_string_value(NULL)));
    ck_assert_int_eq(INVOKE("cat", gra_tensors_value(NULL, 2)), -1);
    ck_assert_ptr_nonnull(strstr(gra_error(), "cat: tensors is a list of 2 tensors at NULL: cat("));
    gra_clear_error();
}

GRA_TEST(a_tensor_that_is_needed_and_NULL_is_an_error)
{
    ck_assert_int_eq(INVOKE("relu", gra_tensor_value(NULL)), -1);
    GRA_ASSERT_ERROR("relu: x is NULL; a tensor is needed");
}

GRA_TEST(a_call_by_name_is_silent_while_an_error_is_pending)
{
    gra_fail("first");
    ck_assert_int_eq(INVOKE("relu", gra_tensor_value(NULL)), -1);
    ck_assert_int_eq(gra_invoke("no such op", NULL, 0, out), -1);
    GRA_ASSERT_ERROR("first");
}

GRA_TEST(the_layout_of_a_value_is_plain)
{
    ck_assert_uint_eq(sizeof(gra_value), 24);
    ck_assert_uint_eq(offsetof(gra_value, kind), 8);
    ck_assert_uint_eq(offsetof(gra_value, count), 12);
    ck_assert_uint_eq(offsetof(gra_value, tensor), 16);
}

/* Gradient ops, which only other ops call, when they are called by name */

#define INTS(...)                                                                                  \
    gra_ints_value((int64_t[]){__VA_ARGS__}, sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t))
#define ASSERT_UNFIT(text, name, ...)                                                              \
    do {                                                                                           \
        ck_assert_int_eq(INVOKE(name, __VA_ARGS__), -1);                                           \
        GRA_ASSERT_ERROR(text);                                                                    \
    } while (0)

GRA_TEST(gradients_of_convolutions_say_what_does_not_fit)
{
    const gra_value one = gra_int_value(1), none = gra_int_value(0);
    const gra_value g = gra_tensor_value(gra_ones(GRA_SHAPE(2, 4, 5, 3)));
    const gra_value w = gra_tensor_value(gra_ones(GRA_SHAPE(4, 3, 3, 3)));
    const gra_value x = gra_tensor_value(gra_ones(GRA_SHAPE(2, 3, 5, 5)));
    const gra_value ints = gra_tensor_value(gra_zeros(GRA_SHAPE(2, 3, 5, 5), .dtype = GRA_INT64));
    ASSERT_UNFIT("conv2d_backward_input: g has shape [2, 4, 5, 3]; input [2, 3, 5, 5] and weight "
                 "[4, 3, 3, 3] have a result of shape [2, 4, 3, 3]",
                 "conv2d_backward_input", g, w, INTS(2, 3, 5, 5), one, none, one, one);
    ASSERT_UNFIT("conv2d_backward_weight: weight has shape [4, 3]; [K, C / groups, R, S] is needed",
                 "conv2d_backward_weight", g, x, INTS(4, 3), one, none, one, one);
    ASSERT_UNFIT("conv2d_backward_weight_bias: g is float32, the other tensor int64; one "
                 "floating-point dtype is needed (gra_to converts)",
                 "conv2d_backward_weight_bias", g, ints, INTS(4, 3, 3, 3), one, none, one, one);
    ASSERT_UNFIT("conv2d_backward_input: stride 0 is out of range; at least 1 is needed",
                 "conv2d_backward_input", g, w, INTS(2, 3, 5, 5), none, none, one, one);
    ASSERT_UNFIT("conv2d_backward_bias: g is int64 of shape [2, 3, 5, 5]; a floating-point "
                 "[N, K, P, Q] is needed",
                 "conv2d_backward_bias", ints);
    ASSERT_UNFIT("conv3d_backward_input: input has shape [2, 3, 5, 5]; [N, C, D, H, W] is needed",
                 "conv3d_backward_input", g, w, INTS(2, 3, 5, 5), one, none, one, one);
}

GRA_TEST(gradients_of_poolings_say_what_does_not_fit)
{
    const gra_value one = gra_int_value(1), two = gra_int_value(2), none = gra_int_value(0);
    const gra_value no = gra_bool_value(false);
    gra_tensor *const ones = gra_ones(GRA_SHAPE(1, 1, 2, 2));
    const gra_value g = gra_tensor_value(ones);
    const gra_value places =
        gra_tensor_value(gra_full(GRA_SHAPE(1, 1, 2, 2), 9, .dtype = GRA_INT64));
    const gra_value bytes =
        gra_tensor_value(gra_full(GRA_SHAPE(1, 1, 2, 2), 9, .dtype = GRA_UINT8));
    ASSERT_UNFIT(
        "max_pool2d_backward: a winner lies outside of its plane of 3 x 3 pixels; places are "
        "0 to 8",
        "max_pool2d_backward", g, places, INTS(1, 1, 3, 3), two, two, none, one, no);
    ASSERT_UNFIT(
        "max_pool2d_backward: g has shape [1, 1, 2, 2], winners [1, 1, 2, 2], and the input "
        "[4, 4]; [N, C, P, Q] twice and [N, C, H, W] are needed",
        "max_pool2d_backward", g, places, INTS(4, 4), two, two, none, one, no);
    ASSERT_UNFIT(
        "max_pool2d_backward: g is float32 and winners are float32; they are int64, or uint8 "
        "where g is float32",
        "max_pool2d_backward", g, g, INTS(1, 1, 4, 4), two, two, none, one, no);
    ASSERT_UNFIT("max_pool2d_backward: g has shape [1, 1, 2, 2]; the pooling of an input of shape "
                 "[1, 1, 8, 8] has shape [1, 1, 4, 4]",
                 "max_pool2d_backward", g, bytes, INTS(1, 1, 8, 8), two, two, none, one, no);
    ASSERT_UNFIT(
        "max_pool2d_backward: winners are uint8, which has no room for the 17 x 17 places of "
        "a window; int64 is needed",
        "max_pool2d_backward", g, bytes, INTS(1, 1, 18, 18), gra_int_value(17), one, none, one, no);
    ASSERT_UNFIT("avg_pool2d_backward: g has shape [1, 1, 2, 2]; the pooling of an input of shape "
                 "[1, 1, 8, 8] has shape [1, 1, 4, 4]",
                 "avg_pool2d_backward", g, INTS(1, 1, 8, 8), two, two, none, no, no, none);
    ASSERT_UNFIT(
        "adaptive_avg_pool2d: an image of shape [1, 1, 2, 2] cannot be pooled to 0 x 1; at "
        "least one pixel is needed on both sides",
        "adaptive_avg_pool2d", g, INTS(0, 1));
}

GRA_TEST(the_fused_convolution_and_pooling_says_what_does_not_fit)
{
    const gra_value one = gra_int_value(1), two = gra_int_value(2), none = gra_int_value(0);
    const gra_value no = gra_bool_value(false), yes = gra_bool_value(true);
    const gra_value x = gra_tensor_value(gra_ones(GRA_SHAPE(1, 2, 6, 6)));
    const gra_value w = gra_tensor_value(gra_ones(GRA_SHAPE(4, 3, 3, 3)));
    const gra_value winners =
        gra_tensor_value(gra_zeros(GRA_SHAPE(1, 2, 6, 6), .dtype = GRA_UINT8));
    ASSERT_UNFIT(
        "conv2d_max_pool2d: input [1, 2, 6, 6] and weight [4, 3, 3, 3] are not what the fused "
        "kernels take, float32 [N, C, H, W] and [K, C / groups, R, S] with numbers that fit; "
        "conv2d and max_pool2d say what is wrong, or do it one after the other",
        "conv2d_max_pool2d", x, w, gra_none_value(), one, none, one, one, no, two, two, none, one,
        no);
    ASSERT_UNFIT(
        "conv2d_max_pool2d_backward: g [1, 2, 6, 6] does not fit an input of shape "
        "[1, 3, 6, 6] and a weight of shape [4, 3, 3, 3]; what conv2d_max_pool2d takes and "
        "gives is needed, and its winners",
        "conv2d_max_pool2d_backward", x, winners, gra_none_value(), gra_none_value(), yes, no, no,
        INTS(1, 3, 6, 6), INTS(4, 3, 3, 3), one, none, one, one, no, two, two, none, one, no);
}

GRA_TEST(further_internal_ops_say_what_does_not_fit)
{
    const gra_value g = gra_tensor_value(gra_ones(GRA_SHAPE(2, 3)));
    ASSERT_UNFIT(
        "narrow_backward: g of shape [2, 3] does not lie at start 4 of dim 1 in shape [2, 6]",
        "narrow_backward", g, INTS(2, 6), gra_int_value(1), gra_int_value(4));
    ASSERT_UNFIT(
        "narrow_backward: g of shape [2, 3] does not lie at start 0 of dim 9 in shape [2, 6]",
        "narrow_backward", g, INTS(2, 6), gra_int_value(9), gra_int_value(0));
    ASSERT_UNFIT("stack: 0 tensors were given; at least one is needed", "stack",
                 gra_tensors_value(NULL, 0));
    ASSERT_UNFIT("cat: 0 tensors were given; at least one is needed", "cat",
                 gra_tensors_value(NULL, 0));
}

GRA_TEST_MAIN("invoke", an_op_is_called_by_its_name, a_call_by_name_is_recorded,
              what_is_left_out_has_its_default, a_call_by_name_has_the_defaults_of_the_function,
              named_values_come_in_any_order, an_int_serves_as_a_float_and_as_a_list,
              an_optional_tensor_may_be_none_or_NULL, a_list_of_tensors_may_have_any_length,
              a_dtype_is_a_value, every_kind_of_argument_arrives,
              an_unknown_op_is_an_error_that_names_the_nearest,
              a_call_of_the_wrong_count_is_rejected, a_wrong_name_is_rejected,
              a_wrong_kind_is_rejected, a_value_out_of_range_is_rejected,
              a_tensor_that_is_needed_and_NULL_is_an_error,
              a_call_by_name_is_silent_while_an_error_is_pending, the_layout_of_a_value_is_plain,
              gradients_of_convolutions_say_what_does_not_fit,
              gradients_of_poolings_say_what_does_not_fit,
              the_fused_convolution_and_pooling_says_what_does_not_fit,
              further_internal_ops_say_what_does_not_fit)
