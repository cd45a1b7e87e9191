/* test_activations.c - activations, rounding and logic, in limits, dtypes and errors; their values and
 * gradients at ordinary points are in cases/activations.h. */
#include "gradus.h"

#include "../support/test.h"

static gra_tensor *integers(void)
{
    return gra_to(gra_vector(-2, 0, 3), GRA_INT64);
}

/* A leaf of limits, and the gradient of sum(y) at them. */
static gra_tensor *limits(void)
{
    return gra_requires_grad(gra_vector(INFINITY, -INFINITY, NAN, 0, -200, 200));
}

static gra_tensor *slope(gra_tensor *y, gra_tensor *x)
{
    return gra_grad(gra_sum(y), x);
}

#define ASSERT_LIMITS(expression, ...)                                                             \
    do {                                                                                           \
        gra_tensor *const x = limits(), *const y = expression;                                     \
        GRA_ASSERT_VALUES(y, __VA_ARGS__);                                                         \
    } while (0)

#define ASSERT_SLOPES(expression, ...)                                                             \
    do {                                                                                           \
        gra_tensor *const x = limits(), *const y = expression;                                     \
        GRA_ASSERT_VALUES(slope(y, x), __VA_ARGS__);                                               \
    } while (0)

GRA_TEST(activations_take_their_limits)
{
    ASSERT_LIMITS(gra_leaky_relu(x), INFINITY, -INFINITY, NAN, 0, -2, 200);
    ASSERT_LIMITS(gra_elu(x), INFINITY, -1, NAN, 0, -1, 200);
    ASSERT_LIMITS(gra_celu(x, 2), INFINITY, -2, NAN, 0, -2, 200);
    ASSERT_LIMITS(gra_selu(x), INFINITY, -1.7580993, NAN, 0, -1.7580993, 210.1402);
    ASSERT_LIMITS(gra_gelu(x), INFINITY, 0, NAN, 0, 0, 200);
    ASSERT_LIMITS(gra_gelu(x, .approximate = "tanh"), INFINITY, 0, NAN, 0, 0, 200);
    ASSERT_LIMITS(gra_silu(x), INFINITY, 0, NAN, 0, 0, 200);
    ASSERT_LIMITS(gra_softplus(x), INFINITY, 0, NAN, 0.69314718, 0, 200);
    ASSERT_LIMITS(gra_hardtanh(x), 1, -1, NAN, 0, -1, 1);
    ASSERT_LIMITS(gra_relu6(x), 6, 0, NAN, 0, 0, 6);
    ASSERT_LIMITS(gra_prelu(x, gra_vector(0.5)), INFINITY, -INFINITY, NAN, 0, -100, 200);
    ASSERT_LIMITS(gra_erf(x), 1, -1, NAN, 0, -1, 1);
    ASSERT_LIMITS(gra_sin(x), NAN, NAN, NAN, 0, 0.87329730, -0.87329730);
    ASSERT_LIMITS(gra_cos(x), NAN, NAN, NAN, 1, 0.48718768, 0.48718768);
    ASSERT_LIMITS(gra_expm1(x), INFINITY, -1, NAN, 0, -1, INFINITY);
    ASSERT_LIMITS(gra_log1p(x), INFINITY, NAN, NAN, 0, NAN, 5.3033049);
    ASSERT_LIMITS(gra_rsqrt(x), 0, NAN, NAN, INFINITY, NAN, 0.070710678);
    ASSERT_LIMITS(gra_reciprocal(x), 0, 0, NAN, INFINITY, -0.005, 0.005);
    ASSERT_LIMITS(gra_round(x), INFINITY, -INFINITY, NAN, 0, -200, 200);
}

GRA_TEST(gradients_take_their_limits)
{
    ASSERT_SLOPES(gra_leaky_relu(x), 1, 0.01, 0.01, 0.01, 0.01, 1);
    ASSERT_SLOPES(gra_elu(x), 1, 0, 1, 1, 0, 1);
    ASSERT_SLOPES(gra_gelu(x), 1, 0, NAN, 0.5, 0, 1);
    ASSERT_SLOPES(gra_gelu(x, .approximate = "tanh"), 1, 0, NAN, 0.5, 0, 1);
    ASSERT_SLOPES(gra_silu(x), 1, 0, NAN, 0.5, 0, 1);
    ASSERT_SLOPES(gra_softplus(x), 1, 0, NAN, 0.5, 0, 1);
    ASSERT_SLOPES(gra_hardtanh(x), 0, 0, 1, 1, 0, 0);
    ASSERT_SLOPES(gra_relu6(x), 0, 0, 1, 0, 0, 0);
    ASSERT_SLOPES(gra_prelu(x, gra_vector(0.5)), 1, 0.5, 0.5, 0.5, 0.5, 1);
    ASSERT_SLOPES(gra_erf(x), 0, 0, NAN, 1.1283792, 0, 0);
    ASSERT_SLOPES(gra_floor(x), 0, 0, 0, 0, 0, 0);
}

GRA_TEST(hardtanh_has_no_slope_at_its_bounds)
{
    gra_tensor *const x = gra_requires_grad(gra_vector(-1, -0.5, 1));
    GRA_ASSERT_VALUES(slope(gra_hardtanh(x), x), 0, 1, 0);
    gra_tensor *const y = gra_requires_grad(gra_vector(0, 3, 6));
    GRA_ASSERT_VALUES(slope(gra_relu6(y), y), 0, 1, 0);
}

GRA_TEST(activations_in_place_overwrite_and_return_x)
{
    gra_tensor *const x = gra_vector(-2, 0.5, 7);
    ck_assert_ptr_eq(gra_relu6(x, .inplace = true), x);
    GRA_ASSERT_VALUES(x, 0, 0.5, 6);
    ck_assert_ptr_eq(gra_hardtanh(x, .max_val = 2, .inplace = true), x);
    GRA_ASSERT_VALUES(x, 0, 0.5, 2);
    gra_tensor *const z = gra_vector(-2, 1);
    ck_assert_ptr_eq(gra_leaky_relu(z, 0.5, .inplace = true), z);
    GRA_ASSERT_VALUES(z, -1, 1);
    ck_assert_ptr_eq(gra_elu(z, .inplace = true), z);
    GRA_ASSERT_VALUES(z, -0.63212056, 1);
    ck_assert_ptr_eq(gra_silu(z, .inplace = true), z);
    GRA_ASSERT_VALUES(z, -0.21936470, 0.73105858);
    ck_assert_ptr_eq(gra_selu(z, .inplace = true), z);
    ck_assert_ptr_eq(gra_celu(z, .inplace = true), z);
    gra_tensor *const flat = gra_vector(-2, 1); /* without a gradient any slope will do */
    ck_assert_ptr_eq(gra_leaky_relu(flat, -0.5, .inplace = true), flat);
    GRA_ASSERT_VALUES(flat, 1, 1);
}

GRA_TEST(activations_of_bfloat16_compute_in_float32)
{
    gra_tensor *const x = gra_requires_grad(gra_to(gra_vector(-1, 0.5, 3), GRA_BFLOAT16));
    gra_tensor *const all[] = {gra_leaky_relu(x),
                               gra_elu(x),
                               gra_gelu(x),
                               gra_silu(x),
                               gra_softplus(x),
                               gra_hardtanh(x),
                               gra_prelu(x, gra_to(gra_vector(0.25), GRA_BFLOAT16)),
                               gra_erf(x),
                               gra_sin(x),
                               gra_round(x)};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        ck_assert_int_eq(gra_tensor_dtype(all[i]), GRA_BFLOAT16);
        ck_assert_int_eq(gra_tensor_dtype(slope(all[i], x)), GRA_BFLOAT16);
    }
    const double gelu[] = {-0.158655, 0.345731, 2.99595}, silu[] = {-0.268941, 0.311230, 2.857722};
    GRA_ASSERT_CLOSE(all[2], gelu, 3, 0x1p-8, 0);
    GRA_ASSERT_CLOSE(all[3], silu, 3, 0x1p-8, 0);
    GRA_ASSERT_VALUES(all[6], -0.25, 0.5, 3);
}

GRA_TEST(functions_of_integers_give_float32)
{
    gra_tensor *const x = integers();
    gra_tensor *const all[] = {gra_erf(x),   gra_sin(x),        gra_cos(x),  gra_expm1(x),
                               gra_log1p(x), gra_reciprocal(x), gra_rsqrt(x)};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        ck_assert_int_eq(gra_tensor_dtype(all[i]), GRA_FLOAT32);
    GRA_ASSERT_VALUES(all[0], -0.99532227, 0, 0.99997791);
    GRA_ASSERT_VALUES(all[1], -0.90929743, 0, 0.14112001);
    GRA_ASSERT_VALUES(all[2], -0.41614684, 1, -0.98999250);
    GRA_ASSERT_VALUES(all[3], -0.86466472, 0, 19.085537);
    GRA_ASSERT_VALUES(all[4], NAN, 0, 1.3862944);
    GRA_ASSERT_VALUES(all[5], -0.5, INFINITY, 0.33333333);
    GRA_ASSERT_VALUES(all[6], NAN, INFINITY, 0.57735027);
    GRA_ASSERT_VALUES(gra_sin(gra_to(x, GRA_BOOL)), 0.84147098, 0, 0.84147098);
}

GRA_TEST(rounding_keeps_integers)
{
    gra_tensor *const all[] = {gra_floor(integers()), gra_ceil(integers()), gra_trunc(integers()),
                               gra_round(integers())};
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(gra_tensor_dtype(all[i]), GRA_INT64);
        GRA_ASSERT_VALUES(all[i], -2, 0, 3);
    }
    GRA_ASSERT_VALUES(gra_round(gra_vector(-2.5, -1.5, -0.5, 0.5, 1.5, 2.5)), -2, -2, 0, 0, 2, 2);
    ck_assert_ptr_null(gra_floor(gra_to(integers(), GRA_BOOL)));
    GRA_ASSERT_ERROR("floor: dtype bool is not supported; convert the tensor with gra_to first");
}

GRA_TEST(hardtanh_keeps_integers)
{
    gra_tensor *const y = gra_hardtanh(integers(), -1.9, 2.9);
    ck_assert_int_eq(gra_tensor_dtype(y), GRA_INT64);
    GRA_ASSERT_VALUES(y, -1, 0, 2);
    GRA_ASSERT_VALUES(gra_relu6(gra_to(gra_vector(3, 9), GRA_UINT8)), 3, 6);
    ck_assert_ptr_null(gra_hardtanh(gra_to(integers(), GRA_UINT8)));
    GRA_ASSERT_ERROR("hardtanh: dtype uint8 is not supported with a negative min_val; convert the "
                     "tensor with gra_to first");
    ck_assert_ptr_null(gra_relu6(gra_to(integers(), GRA_BOOL)));
    GRA_ASSERT_ERROR("hardtanh: dtype bool is not supported; convert the tensor with gra_to first");
}

GRA_TEST(activations_reject_integers)
{
    gra_tensor *const x = integers();
    ck_assert_ptr_null(gra_gelu(x));
    GRA_ASSERT_ERROR("gelu: dtype int64 is not supported; convert the tensor with gra_to first");
    ck_assert_ptr_null(gra_silu(x));
    GRA_ASSERT_ERROR("silu: dtype int64 is not supported; convert the tensor with gra_to first");
    ck_assert_ptr_null(gra_elu(x));
    GRA_ASSERT_ERROR("elu: dtype int64 is not supported; convert the tensor with gra_to first");
    ck_assert_ptr_null(gra_leaky_relu(x));
    GRA_ASSERT_ERROR(
        "leaky_relu: dtype int64 is not supported; convert the tensor with gra_to first");
    ck_assert_ptr_null(gra_softplus(x));
    GRA_ASSERT_ERROR(
        "softplus: dtype int64 is not supported; convert the tensor with gra_to first");
}

GRA_TEST(activations_say_what_is_wrong_with_their_arguments)
{
    gra_tensor *const x = gra_vector(1, 2);
    ck_assert_ptr_null(gra_gelu(x, .approximate = "erf"));
    GRA_ASSERT_ERROR("gelu: approximate is 'erf'; it must be 'none' or 'tanh'");
    ck_assert_ptr_null(gra_gelu(x, NULL));
    GRA_ASSERT_ERROR("gelu: approximate is '(NULL)'; it must be 'none' or 'tanh'");
    ck_assert_ptr_null(gra_hardtanh(x, 2, 1));
    GRA_ASSERT_ERROR("hardtanh: min_val 2 is greater than max_val 1");
    ck_assert_ptr_null(gra_celu(x, 0));
    GRA_ASSERT_ERROR("celu: alpha is 0, but x is divided by it");
    gra_tensor *const y = gra_mul_scalar(gra_requires_grad(gra_vector(1, 2)), 1);
    ck_assert_ptr_null(gra_leaky_relu(y, -1, .inplace = true));
    GRA_ASSERT_ERROR("leaky_relu_: the gradient in place needs a negative_slope of at least 0, as "
                     "it reads the sign of x from y, but it is -1; use gra_leaky_relu");
    ck_assert_ptr_null(gra_elu(y, -1, .inplace = true));
    GRA_ASSERT_ERROR("elu_: the gradient in place needs an alpha of at least 0, as it reads the "
                     "sign of x from y, but it is -1; use gra_elu");
    ck_assert_ptr_null(gra_silu(NULL));
    GRA_ASSERT_ERROR("silu: x is NULL; a tensor is needed");
}

GRA_TEST(prelu_rejects_weights_that_do_not_fit)
{
    gra_tensor *const x = gra_ones(GRA_SHAPE(2, 3));
    ck_assert_ptr_null(gra_prelu(x, gra_vector(1, 2)));
    GRA_ASSERT_ERROR("prelu: weight has shape [2] for x of shape [2, 3]; [1] or [3] is needed");
    ck_assert_ptr_null(gra_prelu(gra_vector(1, 2, 3), gra_vector(1, 2, 3)));
    GRA_ASSERT_ERROR("prelu: weight has shape [3] for x of shape [3]; [1] is needed");
    ck_assert_ptr_null(gra_prelu(x, gra_ones(GRA_SHAPE(1, 3))));
    GRA_ASSERT_ERROR("prelu: weight has shape [1, 3] for x of shape [2, 3]; [1] or [3] is needed");
    ck_assert_ptr_null(gra_prelu(x, gra_ones(GRA_SHAPE(3), .dtype = GRA_FLOAT64)));
    GRA_ASSERT_ERROR("prelu: x has dtype float32 and weight float64; they must be equal");
}

GRA_TEST(logic_of_any_dtype_gives_bools)
{
    gra_tensor *const a = gra_vector(0, NAN, -0.5, 0), *const b = gra_to(gra_vector(0, 0, 3, 1),
                                                                         GRA_INT32);
    gra_tensor *const all[] = {gra_logical_and(a, b), gra_logical_or(a, b), gra_logical_xor(a, b)};
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(gra_tensor_dtype(all[i]), GRA_BOOL);
    GRA_ASSERT_VALUES(all[0], 0, 0, 1, 0);
    GRA_ASSERT_VALUES(all[1], 0, 1, 1, 1);
    GRA_ASSERT_VALUES(all[2], 0, 1, 0, 1);
}

GRA_TEST_MAIN("activations", activations_take_their_limits, gradients_take_their_limits,
              hardtanh_has_no_slope_at_its_bounds, activations_in_place_overwrite_and_return_x,
              activations_of_bfloat16_compute_in_float32, functions_of_integers_give_float32,
              rounding_keeps_integers, hardtanh_keeps_integers, activations_reject_integers,
              activations_say_what_is_wrong_with_their_arguments,
              prelu_rejects_weights_that_do_not_fit, logic_of_any_dtype_gives_bools)
