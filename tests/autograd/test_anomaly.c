/* test_anomaly.c - finding the op, the line, the module and the element where a number stops being one. */
#define GRA_LINES

#include "gradus.h"

#include "tests/support/test.h"

/* The pending error is this format with the line in it. */
#define ASSERT_ERROR_AT(line, format)                                                              \
    do {                                                                                           \
        char expected_[1024];                                                                      \
        snprintf(expected_, sizeof expected_, format, __FILE__, line);                             \
        GRA_ASSERT_ERROR(expected_);                                                               \
    } while (0)

GRA_TEST(an_infinite_gradient_is_traced_to_its_op_line_and_element)
{
    ck_assert(!gra_detect_anomaly(true));
    gra_tensor *x = gra_requires_grad(gra_vector(4, 0, 1));
    const int line = __LINE__ + 1;
    gra_tensor *y = gra_sqrt(x);
    ck_assert_int_eq(gra_backward(gra_sum(y)), -1);
    ck_assert(gra_detect_anomaly(false));
    ASSERT_ERROR_AT(line,
                    "gra_backward: the rule of sqrt gave its input 0 (float32 [3]) a gradient that "
                    "is inf at [1] (recorded at %s:%d)");
}

/* 0 times the infinite derivative of the square root. */
GRA_TEST(the_first_rule_that_gives_nan_is_named_with_what_it_was_given)
{
    gra_detect_anomaly(true, .allow_infinity = true);
    gra_tensor *x = gra_requires_grad(gra_zeros(GRA_SHAPE(2, 2)));
    const int line = __LINE__ + 1;
    gra_tensor *y = gra_mul(gra_sqrt(gra_square(x)), gra_vector(1, 1));
    ck_assert_int_eq(gra_backward(gra_sum(y)), -1);
    gra_detect_anomaly(false);
    ASSERT_ERROR_AT(line,
                    "gra_backward: the rule of square gave its input 0 (float32 [2, 2]) a gradient "
                    "that is nan at [0, 0], as that of its output 0 is inf at [0, 0] (recorded at "
                    "%s:%d)");
    ck_assert_int_eq(gra_backward(gra_sum(gra_sqrt(gra_square(x)))), 0); /* it is off */
    ck_assert(isnan(gra_tensor_at(gra_tensor_grad(x), GRA_SHAPE(0, 0))));
}

static gra_tensor *log_forward(gra_module *self, gra_tensor *x)
{
    (void)self;
    return gra_sqrt(gra_relu(x));
}

GRA_TEST(the_module_is_named)
{
    static const gra_module_class type = {.name = "Root", .forward = log_forward};
    gra_detect_anomaly(true);
    gra_module *net = gra_sequential(gra_nn_relu(), gra_sequential(gra_module_new(&type, 0)));
    gra_tensor *x = gra_requires_grad(gra_vector(-1));
    gra_tensor *y = gra_forward(net, x);
    ck_assert_int_eq(gra_backward(y), -1);
    gra_detect_anomaly(false);
    const char *const error = gra_error();
    ck_assert_ptr_nonnull(error);
    ck_assert_ptr_nonnull(strstr(error, "the rule of sqrt"));
    ck_assert_ptr_nonnull(strstr(error, " in module 1.0)"));
    gra_clear_error();
    gra_free(net);
}

static void same_forward(gra_call *c)
{
    c->out[0] = gra_clone(c->in[0]);
}

static void failing_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    (void)c, (void)g, (void)dx;
    gra_fail("this rule fails");
}

static void empty_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    (void)c, (void)g, (void)dx;
}

static void misshapen_vjp(gra_call *c, gra_tensor **g, gra_tensor **dx)
{
    (void)c, (void)g;
    dx[0] = gra_zeros(GRA_SHAPE(3));
}

#define OP(name, rule)                                                                             \
    {                                                                                              \
        .schema = name "(Tensor x) -> Tensor", .forward = same_forward, .vjp = rule                \
    }

GRA_TEST(errors_about_a_rule_say_where_its_node_was_recorded)
{
    static const gra_op failing = OP("failing", failing_vjp), empty = OP("empty", empty_vjp),
                        misshapen = OP("misshapen", misshapen_vjp), ruleless = OP("ruleless", NULL);
    gra_detect_anomaly(true);
    gra_tensor *x = gra_requires_grad(gra_vector(1, 2));
    const int line = __LINE__ + 1;
    gra_tensor *y[] = {gra_apply(&failing, &x, 1, NULL), gra_apply(&empty, &x, 1, NULL),
                       gra_apply(&misshapen, &x, 1, NULL), gra_apply(&ruleless, &x, 1, NULL)};
    const int last = __LINE__ - 1;
    gra_detect_anomaly(false);
    ck_assert_int_eq(gra_backward(gra_sum(y[0])), -1);
    ASSERT_ERROR_AT(line, "this rule fails (in the rule of failing, recorded at %s:%d)");
    ck_assert_int_eq(gra_backward(gra_sum(y[1])), -1);
    ASSERT_ERROR_AT(line,
                    "gra_backward: the rule of empty gave no gradient for its input 0, which needs "
                    "one (recorded at %s:%d)");
    ck_assert_int_eq(gra_backward(gra_sum(y[2])), -1);
    ASSERT_ERROR_AT(last,
                    "gra_backward: the rule of misshapen gave its input 0 a gradient of shape [3]; "
                    "the input has shape [2] (recorded at %s:%d)");
    ck_assert_int_eq(gra_backward(gra_sum(y[3])), -1);
    ASSERT_ERROR_AT(last,
                    "gra_backward: ruleless has no vjp, so no gradient can flow through it; give "
                    "its gra_op one, or gra_detach its result (recorded at %s:%d)");
}

GRA_TEST(a_modified_tensor_is_traced_to_where_it_was_saved)
{
    gra_detect_anomaly(true);
    gra_tensor *x = gra_requires_grad(gra_vector(1)), *h = gra_mul_scalar(x, 2);
    const int line = __LINE__ + 1;
    gra_tensor *y = gra_square(h);
    gra_add_scalar_(h, 1);
    gra_detect_anomaly(false);
    ck_assert_int_eq(gra_backward(y), -1);
    ASSERT_ERROR_AT(
        line, "gra_backward: square saved its input 0 (float32 [1]) for the backward pass, and "
              "add_scalar_ modified it in place since (version 0, now 1); use the "
              "out-of-place op, or give square a gra_clone (recorded at %s:%d)");
}

/* ---- forward ---- */

GRA_TEST(an_op_that_makes_nan_of_numbers_is_an_error_where_asked_for)
{
    gra_detect_anomaly(true, .forward = true);
    gra_tensor *x = gra_vector(1, 0, -1);
    const int line = __LINE__ + 1;
    ck_assert_ptr_null(gra_log(x));
    ASSERT_ERROR_AT(line,
                    "log: its output 0 (float32 [3]) is -inf at [1], and all of its inputs are "
                    "finite (at %s:%d)");
    gra_detect_anomaly(true, .forward = true, .allow_infinity = true);
    const int other = __LINE__ + 1;
    ck_assert_ptr_null(gra_log(x));
    ASSERT_ERROR_AT(other,
                    "log: its output 0 (float32 [3]) is nan at [2], and all of its inputs are "
                    "finite (at %s:%d)");
    gra_detect_anomaly(true);
    ck_assert_ptr_nonnull(gra_log(x));
    gra_detect_anomaly(false);
    ck_assert_ptr_nonnull(gra_log(x));
}

GRA_TEST(an_op_that_was_given_nan_is_not_blamed)
{
    gra_detect_anomaly(true, .forward = true);
    GRA_ASSERT_VALUES(gra_square(gra_vector(NAN, 2)), NAN, 4);
    gra_detect_anomaly(false);
}

/* Softmax and the loss compute with infinities inside of them, and rules may. */
GRA_TEST(a_network_trains_in_anomaly_mode)
{
    gra_detect_anomaly(true, .forward = true);
    gra_module *net = gra_lenet5();
    gra_optim *opt = gra_sgd(net, .lr = 0.1, .fused_backward = true);
    gra_tensor *x = gra_randn(GRA_SHAPE(4, 1, 28, 28)), *target = gra_randint(0, 10, GRA_SHAPE(4));
    for (int i = 0; i < 2; i++) {
        gra_zero_grad(opt);
        ck_assert_int_eq(gra_backward(gra_cross_entropy(gra_forward(net, x), target)), 0);
        ck_assert_int_eq(gra_step(opt), 0);
    }
    gra_detect_anomaly(false);
    gra_free(opt, net);
}

GRA_TEST(anomalies_are_found_in_any_dtype_and_layout)
{
    gra_detect_anomaly(true, .forward = true);
    gra_tensor *x = gra_to(gra_vector(1, 2, 0, 3), GRA_BFLOAT16);
    ck_assert_ptr_null(gra_log(x));
    ck_assert_ptr_nonnull(strstr(gra_error(), "(bfloat16 [4]) is -inf at [2]"));
    gra_clear_error();
    x = gra_transpose(
        gra_reshape(gra_to(gra_vector(1, 0, 2, 3, 4, 5), GRA_FLOAT64), GRA_SHAPE(2, 3)), 0, 1);
    ck_assert_ptr_null(gra_log(x));
    ck_assert_ptr_nonnull(strstr(gra_error(), "(float64 [3, 2]) is -inf at [1, 0]"));
    gra_clear_error();
    ck_assert_ptr_nonnull(gra_log(gra_ones(GRA_SHAPE(0, 3))));
    gra_detect_anomaly(false);
}

GRA_TEST_MAIN("anomaly", an_infinite_gradient_is_traced_to_its_op_line_and_element,
              the_first_rule_that_gives_nan_is_named_with_what_it_was_given, the_module_is_named,
              errors_about_a_rule_say_where_its_node_was_recorded,
              a_modified_tensor_is_traced_to_where_it_was_saved,
              an_op_that_makes_nan_of_numbers_is_an_error_where_asked_for,
              an_op_that_was_given_nan_is_not_blamed, a_network_trains_in_anomaly_mode,
              anomalies_are_found_in_any_dtype_and_layout)
