/* test_elementwise.c - arithmetic, comparisons and functions of one tensor, in values, limits and
 * errors; their gradients at ordinary points are in cases/elementwise.h. */
#include "gradus.h"

#include "../support/test.h"

static gra_tensor *doubles(size_t count, const double *values)
{
    return gra_from_data(values, GRA_SHAPE((int64_t)count), .dtype = GRA_FLOAT64);
}

/* A float64 vector that requires a gradient. */
#define LEAF(...)                                                                                  \
    gra_requires_grad(                                                                             \
        doubles(sizeof((double[]){__VA_ARGS__}) / sizeof(double), (const double[]){__VA_ARGS__}))

/* dx of sum(y), recorded. */
static gra_tensor *slope(gra_tensor *y, gra_tensor *x)
{
    return gra_grad(gra_sum(y), x, .create_graph = true);
}

/* A 2 x 3 view of six numbers counted up from 1, by columns: [[1, 3, 5], [2, 4, 6]]. */
static gra_tensor *transposed(void)
{
    gra_tensor *const x = gra_reshape(gra_vector(1, 2, 3, 4, 5, 6), GRA_SHAPE(3, 2));
    return gra_transpose(x, 0, 1);
}

/* ---- arithmetic ---- */

GRA_TEST(arithmetic_gives_the_four_results)
{
    gra_tensor *const a = gra_vector(6, -8, 3), *const b = gra_vector(2, 4, -0.5);
    GRA_ASSERT_VALUES(gra_add(a, b), 8, -4, 2.5);
    GRA_ASSERT_VALUES(gra_sub(a, b), 4, -12, 3.5);
    GRA_ASSERT_VALUES(gra_mul(a, b), 12, -32, -1.5);
    GRA_ASSERT_VALUES(gra_div(a, b), 3, -2, -6);
}

GRA_TEST(arithmetic_with_a_number)
{
    gra_tensor *const x = gra_vector(1, -2, 4);
    GRA_ASSERT_VALUES(gra_add_scalar(x, 0.5), 1.5, -1.5, 4.5);
    GRA_ASSERT_VALUES(gra_sub_scalar(x, 0.5), 0.5, -2.5, 3.5);
    GRA_ASSERT_VALUES(gra_rsub_scalar(x, 0.5), -0.5, 2.5, -3.5);
    GRA_ASSERT_VALUES(gra_mul_scalar(x, -2), -2, 4, -8);
    GRA_ASSERT_VALUES(gra_div_scalar(x, 4), 0.25, -0.5, 1);
    GRA_ASSERT_VALUES(gra_rdiv_scalar(x, 4), 4, -2, 1);
    GRA_ASSERT_VALUES(gra_one_minus(x), 0, 3, -3);
}

GRA_TEST(binary_ops_broadcast)
{
    gra_tensor *const column = gra_reshape(gra_vector(10, 20), GRA_SHAPE(2, 1));
    gra_tensor *const y = gra_add(column, gra_vector(1, 2, 3));
    GRA_ASSERT_SHAPE(y, 2, 3);
    GRA_ASSERT_VALUES(y, 11, 12, 13, 21, 22, 23);
    gra_tensor *const longer = gra_sub(gra_vector(1, 2), gra_zeros(GRA_SHAPE(2, 1, 1)));
    GRA_ASSERT_SHAPE(longer, 2, 1, 2);
    GRA_ASSERT_VALUES(longer, 1, 2, 1, 2);
    GRA_ASSERT_SHAPE(gra_mul(gra_ones(GRA_SHAPE(4)), gra_ones(GRA_SHAPE(2, 3, 1))), 2, 3, 4);
}

GRA_TEST(binary_ops_accept_any_strides)
{
    gra_tensor *const y = gra_add(transposed(), gra_vector(10, 20, 30));
    ck_assert_int_eq(gra_tensor_stride(y, 0), 1); /* as in the transposed one */
    GRA_ASSERT_VALUES(y, 11, 23, 35, 12, 24, 36);
    GRA_ASSERT_VALUES(gra_mul(transposed(), transposed()), 1, 9, 25, 4, 16, 36);
}

GRA_TEST(empty_tensors_stay_empty)
{
    gra_tensor *const x = gra_ones(GRA_SHAPE(0, 3));
    GRA_ASSERT_SHAPE(gra_add(x, gra_ones(GRA_SHAPE(3))), 0, 3);
    GRA_ASSERT_SHAPE(gra_exp(x), 0, 3);
    GRA_ASSERT_SHAPE(gra_mul(gra_ones(GRA_SHAPE(1, 3)), x), 0, 3);
    GRA_ASSERT_SHAPE(gra_mul_scalar_(x, 2), 0, 3);
}

GRA_TEST(scalars_have_no_dims)
{
    gra_tensor *const y = gra_mul(gra_scalar(3, GRA_FLOAT32), gra_scalar(4, GRA_FLOAT32));
    ck_assert_int_eq(gra_tensor_ndim(y), 0);
    ck_assert_double_eq(gra_item(y), 12);
}

GRA_TEST(add_rejects_shapes_that_do_not_broadcast)
{
    ck_assert_ptr_null(gra_add(gra_ones(GRA_SHAPE(2, 3)), gra_ones(GRA_SHAPE(4))));
    GRA_ASSERT_ERROR(
        "add: shapes [2, 3] and [4] do not broadcast: sizes 3 and 4 at dim 1 differ and "
        "neither is 1");
    ck_assert_ptr_null(gra_mul(gra_ones(GRA_SHAPE(3)), gra_ones(GRA_SHAPE(2, 2))));
    GRA_ASSERT_ERROR(
        "mul: shapes [3] and [2, 2] do not broadcast: sizes 3 and 2 at dim 1 differ and "
        "neither is 1");
}

GRA_TEST(a_null_argument_is_named)
{
    ck_assert_ptr_null(gra_sub(gra_ones(GRA_SHAPE(2)), NULL));
    GRA_ASSERT_ERROR("sub: b is NULL; a tensor is needed");
    ck_assert_ptr_null(gra_detach(NULL));
    GRA_ASSERT_ERROR("detach: x is NULL; a tensor is needed");
    ck_assert_ptr_null(gra_to(NULL, GRA_FLOAT32));
    GRA_ASSERT_ERROR("to: x is NULL; a tensor is needed");
    ck_assert_ptr_null(gra_dropout(NULL, 0, true));
    GRA_ASSERT_ERROR("dropout: x is NULL; a tensor is needed");
    ck_assert_ptr_null(gra_contiguous(NULL));
    GRA_ASSERT_ERROR("contiguous: x is NULL; a tensor is needed");
}

GRA_TEST(a_pending_error_passes_through)
{
    gra_tensor *const x = gra_ones(GRA_SHAPE(2));
    gra_fail("first");
    ck_assert_ptr_null(gra_add(x, x));
    ck_assert_ptr_null(gra_to(x, GRA_FLOAT32));
    ck_assert_ptr_null(gra_contiguous(x));
    ck_assert_ptr_null(gra_dropout(x, 0, true));
    ck_assert_ptr_null(gra_detach(x));
    GRA_ASSERT_ERROR("first");
}

/* ---- powers ---- */

GRA_TEST(pow_raises_elementwise)
{
    GRA_ASSERT_VALUES(gra_pow(gra_vector(2, -2, 0, 0, 4), gra_vector(3, 3, 0, 2, 0.5)), 8, -8, 1, 0,
                      2);
    GRA_ASSERT_VALUES(gra_pow(gra_vector(-2, 0), gra_vector(0.5, -1)), NAN, INFINITY);
}

GRA_TEST(pow_scalar_raises_elementwise)
{
    gra_tensor *const x = gra_vector(0, -2, 4);
    GRA_ASSERT_VALUES(gra_pow_scalar(x, 2), 0, 4, 16);
    GRA_ASSERT_VALUES(gra_pow_scalar(x, 3), 0, -8, 64);
    GRA_ASSERT_VALUES(gra_pow_scalar(x, 0.5), 0, NAN, 2);
    GRA_ASSERT_VALUES(gra_pow_scalar(x, 0), 1, 1, 1);
    GRA_ASSERT_VALUES(gra_pow_scalar(x, 1), 0, -2, 4);
    GRA_ASSERT_VALUES(gra_pow_scalar(x, -1), INFINITY, -0.5, 0.25);
}

GRA_TEST(pow_has_finite_gradients_at_zero)
{
    gra_tensor *const a = LEAF(0, 0, 0, 0), *const b = LEAF(0, 1, 2, 3);
    gra_tensor *const y = gra_pow(a, b);
    gra_tensor *const da = slope(y, a), *const db = slope(y, b);
    GRA_ASSERT_VALUES(da, 0, 1, 0, 0);
    GRA_ASSERT_VALUES(db, 0, 0, 0, 0);
    GRA_ASSERT_VALUES(slope(da, a), 0, 0, 2, 0);
    GRA_ASSERT_VALUES(slope(db, b), 0, 0, 0, 0);
}

GRA_TEST(pow_of_a_negative_base_has_a_gradient_in_the_base)
{
    gra_tensor *const a = LEAF(-2, -2, -1), *const b = LEAF(2, 3, 0);
    gra_tensor *const y = gra_pow(a, b), *const da = slope(y, a);
    GRA_ASSERT_VALUES(da, -4, 12, 0);
    GRA_ASSERT_VALUES(slope(da, a), 2, -12, 0);
    GRA_ASSERT_VALUES(slope(y, b), NAN, NAN, NAN);
}

GRA_TEST(pow_of_a_zero_exponent_has_mixed_derivatives)
{
    gra_tensor *const a = LEAF(2, 4), *const b = LEAF(0, 0);
    gra_tensor *const da = slope(gra_pow(a, b), a);
    GRA_ASSERT_VALUES(da, 0, 0);
    GRA_ASSERT_VALUES(slope(da, b), 0.5, 0.25);
}

GRA_TEST(pow_scalar_has_pytorchs_gradients_at_zero)
{
    gra_tensor *const x = LEAF(0, -1, 4);
    GRA_ASSERT_VALUES(slope(gra_pow_scalar(x, 0), x), 0, 0, 0);
    GRA_ASSERT_VALUES(slope(gra_pow_scalar(x, 1), x), 1, 1, 1);
    GRA_ASSERT_VALUES(slope(slope(gra_pow_scalar(x, 1), x), x), 0, 0, 0);
    GRA_ASSERT_VALUES(slope(gra_pow_scalar(x, 2), x), 0, -2, 8);
    GRA_ASSERT_VALUES(slope(slope(gra_pow_scalar(x, 2), x), x), 2, 2, 2);
    GRA_ASSERT_VALUES(slope(slope(slope(gra_pow_scalar(x, 3), x), x), x), 6, 6, 6);
    GRA_ASSERT_VALUES(slope(gra_pow_scalar(x, 0.5), x), INFINITY, NAN, 0.25);
    GRA_ASSERT_VALUES(slope(gra_pow_scalar(x, -1), x), -INFINITY, -1, -0.0625);
}

GRA_TEST(pow_of_integers_stays_whole)
{
    gra_tensor *const x = gra_to(gra_vector(3, -2, 0), GRA_INT64);
    GRA_ASSERT_VALUES(gra_pow_scalar(x, 3), 27, -8, 0);
    ck_assert_int_eq(gra_tensor_dtype(gra_pow_scalar(x, 3)), GRA_INT64);
    ck_assert_int_eq(gra_tensor_dtype(gra_pow_scalar(x, 0.5)), GRA_FLOAT32);
    ck_assert_ptr_null(gra_pow_scalar(x, -1));
    GRA_ASSERT_ERROR("pow_scalar: integers have no negative whole powers, but the exponent is -1; "
                     "convert the tensor with gra_to first");
}

/* ---- maximum and minimum ---- */

GRA_TEST(maximum_and_minimum_choose)
{
    gra_tensor *const a = gra_vector(1, 5, NAN, 2), *const b = gra_vector(3, 4, 1, NAN);
    GRA_ASSERT_VALUES(gra_maximum(a, b), 3, 5, NAN, NAN);
    GRA_ASSERT_VALUES(gra_minimum(a, b), 1, 4, NAN, NAN);
}

GRA_TEST(maximum_halves_the_gradient_of_a_tie)
{
    gra_tensor *const a = LEAF(1, 2, NAN), *const b = LEAF(1, 3, 1);
    GRA_ASSERT_VALUES(slope(gra_maximum(a, b), a), 0.5, 0, 1);
    GRA_ASSERT_VALUES(slope(gra_maximum(a, b), b), 0.5, 1, 1);
    GRA_ASSERT_VALUES(slope(gra_minimum(a, b), a), 0.5, 1, 1);
    GRA_ASSERT_VALUES(slope(gra_minimum(a, b), b), 0.5, 0, 1);
}

/* ---- comparisons ---- */

GRA_TEST(comparisons_give_bools)
{
    gra_tensor *const a = gra_vector(1, 2, 3, NAN), *const b = gra_vector(2, 2, 2, NAN);
    ck_assert_int_eq(gra_tensor_dtype(gra_eq(a, b)), GRA_BOOL);
    GRA_ASSERT_VALUES(gra_eq(a, b), 0, 1, 0, 0);
    GRA_ASSERT_VALUES(gra_ne(a, b), 1, 0, 1, 1);
    GRA_ASSERT_VALUES(gra_lt(a, b), 1, 0, 0, 0);
    GRA_ASSERT_VALUES(gra_le(a, b), 1, 1, 0, 0);
    GRA_ASSERT_VALUES(gra_gt(a, b), 0, 0, 1, 0);
    GRA_ASSERT_VALUES(gra_ge(a, b), 0, 1, 1, 0);
}

GRA_TEST(comparisons_with_a_number)
{
    gra_tensor *const x = gra_vector(1, 2, 3);
    GRA_ASSERT_VALUES(gra_eq_scalar(x, 2), 0, 1, 0);
    GRA_ASSERT_VALUES(gra_ne_scalar(x, 2), 1, 0, 1);
    GRA_ASSERT_VALUES(gra_lt_scalar(x, 2), 1, 0, 0);
    GRA_ASSERT_VALUES(gra_le_scalar(x, 2), 1, 1, 0);
    GRA_ASSERT_VALUES(gra_gt_scalar(x, 2), 0, 0, 1);
    GRA_ASSERT_VALUES(gra_ge_scalar(x, 2), 0, 1, 1);
}

GRA_TEST(comparisons_have_no_history)
{
    gra_tensor *const x = LEAF(1, 2);
    ck_assert(!gra_tensor_requires_grad(gra_lt_scalar(x, 1.5)));
    ck_assert(!gra_tensor_requires_grad(gra_isfinite(x)));
}

GRA_TEST(logical_not_and_isfinite)
{
    GRA_ASSERT_VALUES(gra_logical_not(gra_vector(0, -0.0, 2, NAN)), 1, 1, 0, 0);
    GRA_ASSERT_VALUES(gra_isfinite(gra_vector(0, INFINITY, -INFINITY, NAN)), 1, 0, 0, 0);
    GRA_ASSERT_VALUES(gra_isfinite(gra_full(GRA_SHAPE(2), 7, .dtype = GRA_INT64)), 1, 1);
}

/* ---- functions of one tensor ---- */

GRA_TEST(functions_give_their_values)
{
    gra_tensor *const x = gra_vector(-2, 0, 4, NAN);
    GRA_ASSERT_VALUES(gra_neg(x), 2, 0, -4, NAN);
    GRA_ASSERT_VALUES(gra_abs(x), 2, 0, 4, NAN);
    GRA_ASSERT_VALUES(gra_sign(x), -1, 0, 1, 0);
    GRA_ASSERT_VALUES(gra_square(x), 4, 0, 16, NAN);
    GRA_ASSERT_VALUES(gra_sqrt(x), NAN, 0, 2, NAN);
    GRA_ASSERT_VALUES(gra_relu(x), 0, 0, 4, NAN);
    GRA_ASSERT_CLOSE(gra_exp(x), ((double[]){exp(-2), 1, exp(4), NAN}), 4, 1e-6, 0);
    GRA_ASSERT_CLOSE(gra_log(x), ((double[]){NAN, -INFINITY, log(4), NAN}), 4, 1e-6, 0);
    GRA_ASSERT_CLOSE(gra_tanh(x), ((double[]){tanh(-2), 0, tanh(4), NAN}), 4, 1e-6, 0);
    GRA_ASSERT_CLOSE(gra_sigmoid(x), ((double[]){1 / (1 + exp(2)), 0.5, 1 / (1 + exp(-4)), NAN}), 4,
                     1e-6, 0);
}

GRA_TEST(gradients_at_kinks_are_pytorchs)
{
    gra_tensor *const x = LEAF(-1, 0, 2, NAN);
    GRA_ASSERT_VALUES(slope(gra_abs(x), x), -1, 0, 1, 0);
    GRA_ASSERT_VALUES(slope(gra_sign(x), x), 0, 0, 0, 0);
    GRA_ASSERT_VALUES(slope(gra_relu(x), x), 0, 0, 1, 1);
    GRA_ASSERT_VALUES(slope(gra_sqrt(gra_abs(x)), x), -0.5, NAN, 0.353553391, NAN);
    GRA_ASSERT_VALUES(slope(gra_clamp(x, -1, 2), x), 1, 1, 1, 0);
    GRA_ASSERT_VALUES(slope(gra_clamp(x, 2, 1), x), 0, 0, 0, 0);
}

GRA_TEST(clamp_bounds)
{
    gra_tensor *const x = gra_vector(-3, 0.25, 3, NAN, -INFINITY);
    GRA_ASSERT_VALUES(gra_clamp(x, -1, 0.5), -1, 0.25, 0.5, NAN, -1);
    GRA_ASSERT_VALUES(gra_clamp(x, -INFINITY, 0.5), -3, 0.25, 0.5, NAN, -INFINITY);
    GRA_ASSERT_VALUES(gra_clamp(x, 1, INFINITY), 1, 1, 3, NAN, 1);
    GRA_ASSERT_VALUES(gra_clamp(x, 2, 1), 1, 1, 1, NAN, 1);
    GRA_ASSERT_VALUES(gra_clamp(x, NAN, 1), NAN, NAN, NAN, NAN, NAN);
}

GRA_TEST(where_chooses)
{
    gra_tensor *const a = LEAF(1, NAN, 3), *const b = LEAF(INFINITY, 5, 6);
    gra_tensor *const c = gra_to(gra_vector(1, 0, 1), GRA_BOOL);
    gra_tensor *const y = gra_where(c, a, b);
    GRA_ASSERT_VALUES(y, 1, 5, 3);
    GRA_ASSERT_VALUES(slope(gra_mul(y, a), b), 0, NAN, 0);
    GRA_ASSERT_VALUES(slope(y, a), 1, 0, 1);
    GRA_ASSERT_VALUES(gra_where(c, gra_scalar(1, GRA_FLOAT32), gra_scalar(2, GRA_FLOAT32)), 1, 2,
                      1);
}

GRA_TEST(where_rejects_a_condition_that_is_no_bool)
{
    gra_tensor *const x = gra_ones(GRA_SHAPE(2));
    ck_assert_ptr_null(gra_where(x, x, x));
    GRA_ASSERT_ERROR("where: the condition has dtype float32; it must be bool, as "
                     "gra_ne_scalar(condition, 0) is");
}

/* ---- dropout ---- */

GRA_TEST(dropout_without_effect_returns_its_input)
{
    gra_tensor *const x = gra_vector(1, 2);
    ck_assert_ptr_eq(gra_dropout(x, 0.5, false), x);
    ck_assert_ptr_eq(gra_dropout(x, 0, true), x);
}

GRA_TEST(dropout_scales_what_it_keeps)
{
    gra_tensor *const x = gra_requires_grad(gra_full(GRA_SHAPE(100, 100), 3));
    gra_tensor *const y = gra_dropout(x, 0.25, true);
    double kept = 0;
    for (int64_t i = 0; i < 10000; i++) {
        const double value = ((float *)gra_tensor_data(y))[i];
        ck_assert(value == 0 || value == 4);
        kept += value == 4;
    }
    ck_assert_double_eq_tol(kept / 10000, 0.75, 0.02);
    gra_backward(gra_sum(y));
    gra_tensor *const wrong = gra_ne(gra_mul_scalar(gra_tensor_grad(x), 3), y);
    ck_assert_double_eq(gra_item(gra_any(wrong)), 0);
}

GRA_TEST(dropout_repeats_with_its_seed)
{
    gra_tensor *const x = gra_ones(GRA_SHAPE(50));
    gra_manual_seed(7);
    gra_tensor *const first = gra_dropout(x, 0.5, true), *const second = gra_dropout(x, 0.5, true);
    gra_manual_seed(7);
    ck_assert_double_eq(gra_item(gra_all(gra_eq(first, gra_dropout(x, 0.5, true)))), 1);
    ck_assert_double_eq(gra_item(gra_all(gra_eq(first, second))), 0);
}

GRA_TEST(dropout_of_everything_gives_zeros)
{
    GRA_ASSERT_VALUES(gra_dropout(gra_vector(1, NAN, INFINITY), 1, true), 0, 0, 0);
}

GRA_TEST(dropout_rejects_what_is_no_probability)
{
    gra_tensor *const x = gra_ones(GRA_SHAPE(2));
    ck_assert_ptr_null(gra_dropout(x, 1.5, true));
    GRA_ASSERT_ERROR("dropout: p is 1.5; a probability lies between 0 and 1");
    ck_assert_ptr_null(gra_dropout(x, -0.25, false));
    GRA_ASSERT_ERROR("dropout: p is -0.25; a probability lies between 0 and 1");
    ck_assert_ptr_null(gra_dropout(gra_to(x, GRA_INT64), 0.5, true));
    GRA_ASSERT_ERROR(
        "dropout: dtype int64 cannot be scaled by 1 / (1 - p); convert the tensor with "
        "gra_to first");
}

/* ---- copies ---- */

GRA_TEST(clone_has_its_own_memory)
{
    gra_tensor *const x = gra_vector(1, 2), *const y = gra_clone(x);
    gra_fill_(x, 9);
    GRA_ASSERT_VALUES(y, 1, 2);
    ck_assert_int_eq(gra_tensor_stride(gra_clone(transposed()), 0), 1);
    GRA_ASSERT_VALUES(gra_clone(transposed()), 1, 3, 5, 2, 4, 6);
}

GRA_TEST(contiguous_copies_only_what_it_must)
{
    gra_tensor *const x = gra_ones(GRA_SHAPE(2, 3));
    ck_assert_ptr_eq(gra_contiguous(x), x);
    gra_tensor *const y = gra_contiguous(transposed());
    ck_assert(gra_is_contiguous(y));
    GRA_ASSERT_VALUES(y, 1, 3, 5, 2, 4, 6);
}

GRA_TEST(to_converts)
{
    gra_tensor *const x = gra_vector(1.75, -1.75, 0, 3);
    ck_assert_ptr_eq(gra_to(x, GRA_FLOAT32), x);
    GRA_ASSERT_VALUES(gra_to(x, GRA_INT32), 1, -1, 0, 3);
    GRA_ASSERT_VALUES(gra_to(x, GRA_BOOL), 1, 1, 0, 1);
    GRA_ASSERT_VALUES(gra_to(gra_to(x, GRA_BFLOAT16), GRA_FLOAT64), 1.75, -1.75, 0, 3);
    GRA_ASSERT_VALUES(gra_to(transposed(), GRA_FLOAT64), 1, 3, 5, 2, 4, 6);
    ck_assert_ptr_null(gra_to(x, (gra_dtype)12));
    GRA_ASSERT_ERROR("to: 12 is no dtype; GRA_FLOAT32 to GRA_BOOL are");
}

GRA_TEST(to_gives_the_gradient_in_the_old_dtype)
{
    gra_tensor *const x = gra_ones(GRA_SHAPE(2), .requires_grad = true);
    gra_backward(gra_sum(gra_mul_scalar(gra_to(x, GRA_FLOAT64), 3)));
    ck_assert_int_eq(gra_tensor_dtype(gra_tensor_grad(x)), GRA_FLOAT32);
    GRA_ASSERT_VALUES(gra_tensor_grad(x), 3, 3);
    ck_assert(!gra_tensor_requires_grad(gra_to(x, GRA_INT64)));
}

GRA_TEST(detach_shares_memory_but_no_history)
{
    gra_tensor *const x = LEAF(1, 2), *const y = gra_mul_scalar(x, 2), *const z = gra_detach(y);
    ck_assert(!gra_tensor_requires_grad(z));
    ck_assert(gra_is_leaf(z));
    ck_assert_ptr_eq(gra_tensor_data(z), gra_tensor_data(y));
    GRA_ASSERT_VALUES(slope(gra_mul(y, z), x), 4, 8);
}

/* ---- dtypes ---- */

GRA_TEST(functions_keep_or_widen_the_dtype)
{
    gra_tensor *const whole = gra_to(gra_vector(-1, 4), GRA_INT32);
    ck_assert_int_eq(gra_tensor_dtype(gra_neg(whole)), GRA_INT32);
    ck_assert_int_eq(gra_tensor_dtype(gra_abs(whole)), GRA_INT32);
    ck_assert_int_eq(gra_tensor_dtype(gra_relu(whole)), GRA_INT32);
    ck_assert_int_eq(gra_tensor_dtype(gra_exp(whole)), GRA_FLOAT32);
    ck_assert_int_eq(gra_tensor_dtype(gra_sqrt(whole)), GRA_FLOAT32);
    GRA_ASSERT_VALUES(gra_sqrt(whole), NAN, 2);
    gra_tensor *const wide = gra_to(whole, GRA_FLOAT64);
    ck_assert_int_eq(gra_tensor_dtype(gra_exp(wide)), GRA_FLOAT64);
}

GRA_TEST(bfloat16_computes_in_float32)
{
    gra_tensor *const x = gra_to(gra_vector(1, 3, -5), GRA_BFLOAT16);
    ck_assert_int_eq(gra_tensor_dtype(gra_add(x, x)), GRA_BFLOAT16);
    GRA_ASSERT_VALUES(gra_add(x, x), 2, 6, -10);
    GRA_ASSERT_VALUES(gra_relu(x), 1, 3, 0);
    GRA_ASSERT_VALUES(gra_mul_scalar(x, 1.00390625), 1, 3.015625, -5.03125);
    GRA_ASSERT_VALUES(gra_where(gra_gt_scalar(x, 0), x, gra_neg(x)), 1, 3, 5);
    GRA_ASSERT_VALUES(gra_clamp(x, -1, 2), 1, 2, -1);
    GRA_ASSERT_VALUES(gra_isfinite(x), 1, 1, 1);
}

GRA_TEST(bools_have_no_arithmetic_of_signs)
{
    gra_tensor *const mask = gra_ones(GRA_SHAPE(2), .dtype = GRA_BOOL);
    ck_assert_ptr_null(gra_neg(mask));
    GRA_ASSERT_ERROR("neg: dtype bool is not supported; convert the tensor with gra_to first");
    ck_assert_ptr_null(gra_relu(mask));
    GRA_ASSERT_ERROR("relu: dtype bool is not supported; convert the tensor with gra_to first");
    const char *const text =
        "sub: a bool tensor cannot be subtracted; gra_ne(a, b) tells where two "
        "masks differ, gra_logical_not(x) inverts one";
    ck_assert_ptr_null(gra_sub(mask, mask));
    GRA_ASSERT_ERROR(text);
    ck_assert_ptr_null(gra_sub(gra_ones(GRA_SHAPE(2)), mask));
    GRA_ASSERT_ERROR(text);
}

/* ---- long and wide tensors: chunks, pieces, columns, threads ---- */

/* x[i, j] = 1000 i + j, as float64. */
static gra_tensor *counted(int64_t rows, int64_t columns)
{
    gra_tensor *const row = gra_mul_scalar(gra_arange(0, (double)rows, 1), 1000);
    gra_tensor *const x =
        gra_add(gra_reshape(row, GRA_SHAPE(rows, 1)), gra_arange(0, (double)columns, 1));
    return gra_to(x, GRA_FLOAT64);
}

static void assert_transposed_sum(int64_t rows, int64_t columns, gra_dtype dtype)
{
    gra_tensor *const x = gra_to(counted(rows, columns), dtype);
    gra_tensor *const y =
        gra_add(gra_to(counted(columns, rows), GRA_FLOAT64), gra_transpose(x, 0, 1));
    const double *const p = gra_tensor_data(y);
    for (int64_t i = 0; i < columns; i++)
        for (int64_t j = 0; j < rows; j++)
            ck_assert_double_eq(p[i * rows + j], (double)(1000 * j + i + 1000 * i + j));
}

GRA_TEST(large_transposed_tensors_add)
{
    assert_transposed_sum(300, 200, GRA_FLOAT64);
    assert_transposed_sum(200, 300, GRA_INT64);
    assert_transposed_sum(3, 5000, GRA_INT32);
    assert_transposed_sum(5000, 3, GRA_FLOAT32);
    assert_transposed_sum(65, 129, GRA_FLOAT64);
}

GRA_TEST(large_tensors_give_the_same_bits_on_any_number_of_threads)
{
    gra_tensor *const x = gra_randn(GRA_SHAPE(70001)), *const b = gra_to(x, GRA_BFLOAT16);
    gra_set_threads(1);
    gra_tensor *const one = gra_exp(gra_mul(x, b));
    gra_set_threads(5);
    gra_tensor *const five = gra_exp(gra_mul(x, b));
    gra_set_threads(0);
    ck_assert_mem_eq(gra_tensor_data(one), gra_tensor_data(five), 70001 * sizeof(float));
}

GRA_TEST_MAIN("elementwise", arithmetic_gives_the_four_results, arithmetic_with_a_number,
              binary_ops_broadcast, binary_ops_accept_any_strides, empty_tensors_stay_empty,
              scalars_have_no_dims, add_rejects_shapes_that_do_not_broadcast,
              a_null_argument_is_named, a_pending_error_passes_through, pow_raises_elementwise,
              pow_scalar_raises_elementwise, pow_has_finite_gradients_at_zero,
              pow_of_a_negative_base_has_a_gradient_in_the_base,
              pow_of_a_zero_exponent_has_mixed_derivatives,
              pow_scalar_has_pytorchs_gradients_at_zero, pow_of_integers_stays_whole,
              maximum_and_minimum_choose, maximum_halves_the_gradient_of_a_tie,
              comparisons_give_bools, comparisons_with_a_number, comparisons_have_no_history,
              logical_not_and_isfinite, functions_give_their_values,
              gradients_at_kinks_are_pytorchs, clamp_bounds, where_chooses,
              where_rejects_a_condition_that_is_no_bool, dropout_without_effect_returns_its_input,
              dropout_scales_what_it_keeps, dropout_repeats_with_its_seed,
              dropout_of_everything_gives_zeros, dropout_rejects_what_is_no_probability,
              clone_has_its_own_memory, contiguous_copies_only_what_it_must, to_converts,
              to_gives_the_gradient_in_the_old_dtype, detach_shares_memory_but_no_history,
              functions_keep_or_widen_the_dtype, bfloat16_computes_in_float32,
              bools_have_no_arithmetic_of_signs, large_transposed_tensors_add,
              large_tensors_give_the_same_bits_on_any_number_of_threads)
