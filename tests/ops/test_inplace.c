/* test_inplace.c - ops that overwrite their first argument: values, what they refuse, and what the
 * graph makes of them. */
#include "gradus.h"

#include "../support/test.h"

static gra_tensor *leaf(void)
{
    return gra_requires_grad(gra_vector(1, 2, 3));
}

/* The result of an op, which may be overwritten: 2 x. */
static gra_tensor *twice(gra_tensor *x)
{
    return gra_mul_scalar(x, 2);
}

static gra_tensor *slope(gra_tensor *y, gra_tensor *x)
{
    return gra_grad(gra_sum(y), x, .create_graph = true);
}

/* ---- values ---- */

GRA_TEST(inplace_ops_overwrite_and_return_their_first_argument)
{
    gra_tensor *const x = gra_vector(1, 2, 3), *const b = gra_vector(2, 4, -1);
    ck_assert_ptr_eq(gra_add_(x, b), x);
    GRA_ASSERT_VALUES(x, 3, 6, 2);
    ck_assert_ptr_eq(gra_sub_(x, b), x);
    GRA_ASSERT_VALUES(x, 1, 2, 3);
    ck_assert_ptr_eq(gra_mul_(x, b), x);
    GRA_ASSERT_VALUES(x, 2, 8, -3);
    ck_assert_ptr_eq(gra_div_(x, b), x);
    GRA_ASSERT_VALUES(x, 1, 2, 3);
    ck_assert_ptr_eq(gra_copy_(x, b), x);
    GRA_ASSERT_VALUES(x, 2, 4, -1);
}

GRA_TEST(inplace_ops_with_a_number)
{
    gra_tensor *const x = gra_vector(1, -2, 3);
    GRA_ASSERT_VALUES(gra_add_scalar_(x, 1), 2, -1, 4);
    GRA_ASSERT_VALUES(gra_sub_scalar_(x, 2), 0, -3, 2);
    GRA_ASSERT_VALUES(gra_mul_scalar_(x, 4), 0, -12, 8);
    GRA_ASSERT_VALUES(gra_div_scalar_(x, 2), 0, -6, 4);
    GRA_ASSERT_VALUES(gra_clamp_(x, -2, 3), 0, -2, 3);
    GRA_ASSERT_VALUES(gra_relu_(x), 0, 0, 3);
    GRA_ASSERT_VALUES(gra_fill_(x, 2.5), 2.5, 2.5, 2.5);
    GRA_ASSERT_VALUES(gra_zero_(x), 0, 0, 0);
}

GRA_TEST(the_second_tensor_broadcasts_to_the_first)
{
    gra_tensor *const x = gra_zeros(GRA_SHAPE(2, 3));
    GRA_ASSERT_VALUES(gra_add_(x, gra_vector(1, 2, 3)), 1, 2, 3, 1, 2, 3);
    GRA_ASSERT_VALUES(gra_copy_(x, gra_scalar(7, GRA_INT64)), 7, 7, 7, 7, 7, 7);
}

GRA_TEST(the_first_tensor_does_not_grow)
{
    gra_tensor *const x = gra_zeros(GRA_SHAPE(3));
    ck_assert_ptr_null(gra_add_(x, gra_ones(GRA_SHAPE(2, 3))));
    GRA_ASSERT_ERROR(
        "add_: the result has shape [2, 3], which does not fit into a tensor of shape [3]");
    ck_assert_ptr_null(gra_copy_(x, gra_ones(GRA_SHAPE(2, 3))));
    GRA_ASSERT_ERROR("copy_: a tensor of shape [2, 3] does not fit into one of shape [3]");
    ck_assert_ptr_null(gra_copy_(x, gra_ones(GRA_SHAPE(4))));
    GRA_ASSERT_ERROR(
        "copy_: shapes [3] and [4] do not broadcast: sizes 3 and 4 at dim 0 differ and "
        "neither is 1");
    GRA_ASSERT_VALUES(x, 0, 0, 0);
}

GRA_TEST(views_write_into_their_tensor)
{
    gra_tensor *const x = gra_reshape(gra_vector(1, 2, 3, 4, 5, 6), GRA_SHAPE(2, 3));
    gra_mul_scalar_(gra_select(x, 1, 1), 10);
    GRA_ASSERT_VALUES(x, 1, 20, 3, 4, 50, 6);
    gra_add_(gra_transpose(x, 0, 1), gra_vector(100, 200));
    GRA_ASSERT_VALUES(x, 101, 120, 103, 204, 250, 206);
    gra_fill_(gra_narrow(x, 0, 1, 1), 0);
    GRA_ASSERT_VALUES(x, 101, 120, 103, 0, 0, 0);
}

GRA_TEST(operands_that_share_memory_are_read_before_they_are_written)
{
    gra_tensor *const x = gra_vector(1, 2, 3, 4);
    gra_add_(gra_narrow(x, 0, 1, 3), gra_narrow(x, 0, 0, 3));
    GRA_ASSERT_VALUES(x, 1, 3, 5, 7);
    gra_copy_(gra_narrow(x, 0, 1, 3), gra_narrow(x, 0, 0, 3));
    GRA_ASSERT_VALUES(x, 1, 1, 3, 5);
    gra_tensor *const m = gra_reshape(x, GRA_SHAPE(2, 2));
    GRA_ASSERT_VALUES(gra_add_(m, gra_transpose(m, 0, 1)), 2, 4, 4, 10);
    GRA_ASSERT_VALUES(gra_add_(m, m), 4, 8, 8, 20);
}

/* ---- dtypes ---- */

GRA_TEST(the_first_tensor_keeps_its_dtype)
{
    gra_tensor *const x = gra_ones(GRA_SHAPE(2));
    ck_assert_int_eq(gra_tensor_dtype(gra_add_(x, gra_full(GRA_SHAPE(2), 0.5, GRA_FLOAT64))),
                     GRA_FLOAT32);
    GRA_ASSERT_VALUES(x, 1.5, 1.5);
    gra_tensor *const bytes = gra_full(GRA_SHAPE(2), 200, GRA_UINT8);
    GRA_ASSERT_VALUES(gra_mul_(bytes, gra_full(GRA_SHAPE(2), 2, GRA_INT64)), 144, 144);
    gra_tensor *const half = gra_ones(GRA_SHAPE(2), GRA_BFLOAT16);
    GRA_ASSERT_VALUES(gra_add_(half, x), 2.5, 2.5);
    ck_assert_int_eq(gra_tensor_dtype(half), GRA_BFLOAT16);
    GRA_ASSERT_VALUES(gra_copy_(bytes, gra_vector(1.75, 3)), 1, 3);
}

GRA_TEST(a_result_must_fit_into_the_dtype)
{
    gra_tensor *const x = gra_ones(GRA_SHAPE(2), GRA_INT64);
    ck_assert_ptr_null(gra_add_scalar_(x, 0.5));
    GRA_ASSERT_ERROR("add_scalar_: the result has dtype float32, which cannot be written into a "
                     "tensor of dtype int64");
    ck_assert_ptr_null(gra_div_scalar_(x, 2));
    GRA_ASSERT_ERROR("div_scalar_: the result has dtype float32, which cannot be written into a "
                     "tensor of dtype int64");
    ck_assert_ptr_null(gra_mul_(x, gra_ones(GRA_SHAPE(2))));
    GRA_ASSERT_ERROR("mul_: the result has dtype float32, which cannot be written into a tensor of "
                     "dtype int64");
    gra_tensor *const mask = gra_ones(GRA_SHAPE(2), GRA_BOOL);
    ck_assert_ptr_null(gra_add_(mask, x));
    GRA_ASSERT_ERROR("add_: the result has dtype int64, which cannot be written into a tensor of "
                     "dtype bool");
    GRA_ASSERT_VALUES(gra_mul_(mask, gra_zeros(GRA_SHAPE(2), GRA_BOOL)), 0, 0);
}

GRA_TEST(fill_takes_only_numbers_of_the_dtype)
{
    GRA_ASSERT_VALUES(gra_fill_(gra_zeros(GRA_SHAPE(1), GRA_INT32), -2.75), -2);
    GRA_ASSERT_VALUES(gra_fill_(gra_zeros(GRA_SHAPE(1), GRA_BOOL), 2), 1);
    ck_assert_ptr_null(gra_fill_(gra_zeros(GRA_SHAPE(1), GRA_UINT8), 300));
    GRA_ASSERT_ERROR("fill_: 300 lies outside the range of dtype uint8");
    ck_assert_ptr_null(gra_fill_(gra_zeros(GRA_SHAPE(1), GRA_INT64), NAN));
    GRA_ASSERT_ERROR("fill_: nan lies outside the range of dtype int64");
}

/* ---- what may not be written ---- */

GRA_TEST(a_leaf_is_not_overwritten_while_ops_are_recorded)
{
    gra_tensor *const x = leaf();
    ck_assert_ptr_null(gra_add_scalar_(x, 1));
    GRA_ASSERT_ERROR(
        "add_scalar_: a leaf that requires a gradient cannot be modified in place while "
        "ops are recorded; wrap the call in gra_set_grad(false), or modify a gra_clone "
        "of it");
    gra_set_grad(false);
    GRA_ASSERT_VALUES(gra_add_scalar_(x, 1), 2, 3, 4);
    gra_set_grad(true);
    ck_assert(gra_is_leaf(x));
}

GRA_TEST(an_expanded_tensor_is_not_overwritten)
{
    gra_tensor *const x = gra_expand(gra_ones(GRA_SHAPE(1, 2)), GRA_SHAPE(3, 2));
    ck_assert_ptr_null(gra_add_scalar_(x, 1));
    GRA_ASSERT_ERROR(
        "add_scalar_: an expanded tensor cannot be modified in place, as several of its "
        "elements share memory; take gra_clone(t) first");
}

/* ---- gradients ---- */

GRA_TEST(gradients_flow_through_writes)
{
    gra_tensor *const x = leaf(), *const b = gra_requires_grad(gra_vector(4, 5, 6));
    gra_tensor *const y = gra_add_(gra_mul_(twice(x), b), b);
    GRA_ASSERT_VALUES(y, 12, 25, 42);
    GRA_ASSERT_VALUES(slope(y, x), 8, 10, 12);
    GRA_ASSERT_VALUES(slope(y, b), 3, 5, 7);
}

GRA_TEST(mul_and_div_keep_the_old_value_with_its_history)
{
    gra_tensor *const x = leaf(), *const b = gra_requires_grad(gra_vector(4, 5, 8));
    gra_tensor *const product = slope(gra_mul_(gra_square(x), b), b);
    GRA_ASSERT_VALUES(product, 1, 4, 9);
    GRA_ASSERT_VALUES(slope(product, x), 2, 4, 6);
    gra_tensor *const quotient = slope(gra_div_(gra_square(x), b), b);
    GRA_ASSERT_VALUES(quotient, -1.0 / 16, -4.0 / 25, -9.0 / 64);
    GRA_ASSERT_VALUES(slope(quotient, x), -2.0 / 16, -4.0 / 25, -6.0 / 64);
}

GRA_TEST(relu_and_clamp_pass_the_gradient_inside)
{
    gra_tensor *const x = gra_requires_grad(gra_vector(-1, 1, 3));
    GRA_ASSERT_VALUES(slope(gra_relu_(twice(x)), x), 0, 2, 2);
    GRA_ASSERT_VALUES(slope(gra_clamp_(twice(x), -5, 4), x), 2, 2, 0);
}

GRA_TEST(overwriting_everything_stops_the_gradient)
{
    gra_tensor *const x = leaf(), *const source = gra_requires_grad(gra_ones(GRA_SHAPE(1)));
    GRA_ASSERT_VALUES(slope(gra_zero_(twice(x)), x), 0, 0, 0);
    GRA_ASSERT_VALUES(slope(gra_fill_(twice(x), 5), x), 0, 0, 0);
    gra_tensor *const y = gra_copy_(twice(x), source);
    GRA_ASSERT_VALUES(slope(y, x), 0, 0, 0);
    GRA_ASSERT_VALUES(slope(y, source), 3);
}

GRA_TEST(a_constant_gets_a_history_by_a_write)
{
    gra_tensor *const x = leaf(), *const sum = gra_zeros(GRA_SHAPE(3));
    gra_add_(sum, x);
    gra_add_(sum, gra_square(x));
    GRA_ASSERT_VALUES(slope(sum, x), 3, 5, 7);
}

GRA_TEST(a_constant_factor_leaves_the_other_free)
{
    gra_tensor *const x = leaf(), *const c = gra_vector(2, 3, 4), *const y = twice(x);
    gra_tensor *const z = gra_add(gra_mul(y, c), gra_div(y, c));
    gra_add_scalar_(y, 1);
    GRA_ASSERT_VALUES(slope(z, x), 5, 6 + 2.0 / 3, 8.5);
    gra_tensor *const w = gra_mul_(twice(x), c);
    GRA_ASSERT_VALUES(slope(gra_add_scalar_(w, 1), x), 4, 6, 8);
}

GRA_TEST(a_saved_output_must_not_be_overwritten)
{
    gra_tensor *const x = leaf(), *const y = gra_exp(x);
    gra_add_scalar_(y, 1);
    ck_assert_int_eq(gra_backward(gra_sum(y)), -1);
    GRA_ASSERT_ERROR(
        "gra_backward: exp saved its output 0 (float32 [3]) for the backward pass, and "
        "add_scalar_ modified it in place since (version 0, now 1); use the "
        "out-of-place op, or give exp a gra_clone");
}

GRA_TEST(a_saved_input_must_not_be_overwritten)
{
    gra_tensor *const x = leaf(), *const c = gra_vector(2, 3, 4), *const y = gra_mul(x, c);
    gra_zero_(c);
    ck_assert_int_eq(gra_backward(gra_sum(y)), -1);
    GRA_ASSERT_ERROR(
        "gra_backward: mul saved its input 1 (float32 [3]) for the backward pass, and "
        "zero_ modified it in place since (version 0, now 1); use the out-of-place op, "
        "or give mul a gra_clone");
}

GRA_TEST(a_detached_handle_cannot_hide_a_write)
{
    gra_tensor *const x = leaf(), *const y = twice(x), *const z = gra_square(y);
    gra_add_scalar_(gra_detach(y), 1);
    ck_assert_int_eq(gra_backward(gra_sum(z)), -1);
    GRA_ASSERT_ERROR(
        "gra_backward: square saved its input 0 (float32 [3]) for the backward pass, and "
        "add_scalar_ modified it in place since (version 0, now 1); use the "
        "out-of-place op, or give square a gra_clone");
}

GRA_TEST(a_tensor_times_itself_in_place_is_refused_backward)
{
    gra_tensor *const x = leaf(), *const y = twice(x);
    GRA_ASSERT_VALUES(gra_mul_(y, y), 4, 16, 36);
    ck_assert_int_eq(gra_backward(gra_sum(y)), -1);
    GRA_ASSERT_ERROR(
        "gra_backward: mul_ saved its input 1 (float32 [3]) for the backward pass, and "
        "mul_ modified it in place since (version 0, now 1); use the out-of-place op, "
        "or give mul_ a gra_clone");
}

GRA_TEST(a_chain_of_writes_leaves_nothing_alive)
{
    gra_tensor *const x = leaf();
    const int mark = gra_mark();
    gra_tensor *const y = gra_clone(x);
    for (int i = 0; i < 10; i++)
        gra_mul_(gra_mul_scalar_(gra_add_(y, x), 0.5), x);
    gra_backward(gra_sum(gra_relu_(gra_clamp_(y, 0, 5))));
    gra_release(mark);
    ck_assert_int_eq(gra_live(), gra_test_live + 2); /* x and its gradient */
}

GRA_TEST_MAIN(
    "inplace", inplace_ops_overwrite_and_return_their_first_argument, inplace_ops_with_a_number,
    the_second_tensor_broadcasts_to_the_first, the_first_tensor_does_not_grow,
    views_write_into_their_tensor, operands_that_share_memory_are_read_before_they_are_written,
    the_first_tensor_keeps_its_dtype, a_result_must_fit_into_the_dtype,
    fill_takes_only_numbers_of_the_dtype, a_leaf_is_not_overwritten_while_ops_are_recorded,
    an_expanded_tensor_is_not_overwritten, gradients_flow_through_writes,
    mul_and_div_keep_the_old_value_with_its_history, relu_and_clamp_pass_the_gradient_inside,
    overwriting_everything_stops_the_gradient, a_constant_gets_a_history_by_a_write,
    a_constant_factor_leaves_the_other_free, a_saved_output_must_not_be_overwritten,
    a_saved_input_must_not_be_overwritten, a_detached_handle_cannot_hide_a_write,
    a_tensor_times_itself_in_place_is_refused_backward, a_chain_of_writes_leaves_nothing_alive)
