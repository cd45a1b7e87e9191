/* test_init.c - first values: bounds, deviations, gains, errors. */
#include "gradus.h"

#include "../support/test.h"

/* Mean and deviation of a tensor are near what they should be. */
static void check_moments(gra_tensor *t, double mean, double deviation, int line)
{
    const double got_mean = gra_item(gra_mean(t)), got = sqrt(gra_item(gra_var(t)));
    ck_assert_msg(fabs(got_mean - mean) < 0.05 * deviation &&
                      fabs(got - deviation) < 0.05 * deviation,
                  "line %d: mean %g and deviation %g, expected %g and %g", line, got_mean, got,
                  mean, deviation);
}

#define ASSERT_MOMENTS(t, mean, deviation) check_moments(t, mean, deviation, __LINE__)

/* The largest magnitude is just below a bound. */
static void check_bound(gra_tensor *t, double bound, int line)
{
    const double most = gra_item(gra_max(gra_abs(t)));
    ck_assert_msg(most <= bound * (1 + 1e-6) && most > 0.95 * bound,
                  "line %d: the largest magnitude is %g, the bound %g", line, most, bound);
}

#define ASSERT_BOUND(t, bound) check_bound(t, bound, __LINE__)

static gra_tensor *weight(void)
{
    return gra_requires_grad(gra_empty(GRA_SHAPE(64, 32, 3, 2))); /* fan in 192, fan out 384 */
}

GRA_TEST(plain_fills_overwrite)
{
    gra_tensor *const t = gra_requires_grad(gra_empty(GRA_SHAPE(100, 100)));
    ck_assert_ptr_eq(gra_init_normal_(t, 2, 0.5), t);
    ASSERT_MOMENTS(t, 2, 0.5);
    gra_init_uniform_(t, -1, 1);
    ASSERT_BOUND(t, 1);
    ASSERT_MOMENTS(t, 0, 1 / sqrt(3));
    gra_tensor *const v = gra_empty(GRA_SHAPE(2));
    GRA_ASSERT_VALUES(gra_init_constant_(v, 0.5), 0.5, 0.5);
    GRA_ASSERT_VALUES(gra_init_zeros_(v), 0, 0);
    GRA_ASSERT_VALUES(gra_init_ones_(v), 1, 1);
    ck_assert(gra_is_leaf(t) && gra_tensor_requires_grad(t));
}

GRA_TEST(xavier_looks_at_both_fans)
{
    gra_tensor *const w = weight();
    ck_assert_ptr_eq(gra_init_xavier_uniform_(w), w);
    ASSERT_BOUND(w, sqrt(6.0 / (192 + 384)));
    gra_init_xavier_uniform_(w, .gain = 2);
    ASSERT_BOUND(w, 2 * sqrt(6.0 / (192 + 384)));
    gra_init_xavier_normal_(w);
    ASSERT_MOMENTS(w, 0, sqrt(2.0 / (192 + 384)));
}

GRA_TEST(kaiming_looks_at_one_fan)
{
    gra_tensor *const w = weight();
    gra_init_kaiming_uniform_(w, .a = sqrt(5));
    ASSERT_BOUND(w, 1 / sqrt(192));
    gra_init_kaiming_uniform_(w, .nonlinearity = GRA_GAIN_LINEAR);
    ASSERT_BOUND(w, sqrt(3.0 / 192));
    gra_init_kaiming_normal_(w);
    ASSERT_MOMENTS(w, 0, sqrt(2.0 / 192));
    gra_init_kaiming_normal_(w, .mode = GRA_FAN_OUT, .nonlinearity = GRA_GAIN_RELU);
    ASSERT_MOMENTS(w, 0, sqrt(2.0 / 384));
}

GRA_TEST(gains_are_pytorchs)
{
    ck_assert_double_eq(gra_calculate_gain(GRA_GAIN_LINEAR, 0), 1);
    ck_assert_double_eq(gra_calculate_gain(GRA_GAIN_CONV, 0), 1);
    ck_assert_double_eq(gra_calculate_gain(GRA_GAIN_SIGMOID, 0), 1);
    ck_assert_double_eq(gra_calculate_gain(GRA_GAIN_TANH, 0), 5.0 / 3);
    ck_assert_double_eq(gra_calculate_gain(GRA_GAIN_RELU, 0), sqrt(2));
    ck_assert_double_eq_tol(gra_calculate_gain(GRA_GAIN_LEAKY_RELU, 0.2), 1.3867504905630728,
                            1e-15);
    ck_assert_double_eq(gra_calculate_gain(GRA_GAIN_SELU, 0), 0.75);
    ck_assert(isnan(gra_calculate_gain((gra_nonlinearity)99, 0)));
    GRA_ASSERT_ERROR("gra_calculate_gain: nonlinearity 99 is unknown");
}

GRA_TEST(a_tensor_that_is_not_row_major_is_filled_all_the_same)
{
    gra_tensor *const base = gra_zeros(GRA_SHAPE(60, 80));
    gra_init_uniform_(gra_transpose(base, 0, 1), 1, 2);
    ck_assert(gra_item(gra_min(base)) >= 1);
}

GRA_TEST(init_rejects_what_it_cannot_fill)
{
    ck_assert_ptr_null(gra_init_xavier_uniform_(gra_ones(GRA_SHAPE(3))));
    GRA_ASSERT_ERROR("gra_init_xavier_uniform_: fan in and fan out need a tensor of at least 2 "
                     "dims; the shape is [3]");
    ck_assert_ptr_null(gra_init_kaiming_normal_(gra_ones(GRA_SCALAR)));
    GRA_ASSERT_ERROR("gra_init_kaiming_normal_: fan in and fan out need a tensor of at least 2 "
                     "dims; the shape is []");
    ck_assert_ptr_null(
        gra_init_kaiming_uniform_(gra_ones(GRA_SHAPE(2, 2)), .nonlinearity = (gra_nonlinearity)99));
    GRA_ASSERT_ERROR("gra_calculate_gain: nonlinearity 99 is unknown");
    ck_assert_ptr_null(gra_init_ones_(gra_ones(GRA_SHAPE(2), GRA_INT64)));
    GRA_ASSERT_ERROR(
        "gra_init_ones_: dtype int64 cannot be initialised; weights are floating-point");
    ck_assert_ptr_null(gra_init_zeros_(NULL));
    ck_assert_ptr_null(gra_init_xavier_normal_(NULL));
}

static gra_tensor *sevens(gra_tensor *w)
{
    return gra_init_constant_(w, 7);
}

GRA_TEST(init_weights_reaches_every_layer_with_weights)
{
    gra_module *const net = gra_sequential(
        gra_sequential(gra_nn_conv2d(1, 1, 1), gra_nn_relu()), gra_nn_linear(1, 2, .bias = false));
    ck_assert_ptr_eq(gra_init_weights(net, sevens), net);
    GRA_ASSERT_VALUES(gra_module_parameter(net, "0.0.weight"), 7);
    GRA_ASSERT_VALUES(gra_module_parameter(net, "0.0.bias"), 0);
    GRA_ASSERT_VALUES(gra_module_parameter(net, "1.weight"), 7, 7);
    ck_assert_ptr_null(gra_init_weights(NULL, sevens));
    gra_free(net);
}

GRA_TEST_MAIN("init", plain_fills_overwrite, xavier_looks_at_both_fans, kaiming_looks_at_one_fan,
              gains_are_pytorchs, a_tensor_that_is_not_row_major_is_filled_all_the_same,
              init_rejects_what_it_cannot_fill, init_weights_reaches_every_layer_with_weights)
