/* elementwise.h - the cases of tests/pytorch/cases/elementwise.py in C; see there for the inputs. */
#ifndef GRA_TESTS_OPS_CASES_ELEMENTWISE_H
#define GRA_TESTS_OPS_CASES_ELEMENTWISE_H

/* x * 1, which the graph lets an op overwrite. */
static inline gra_tensor *case_result(gra_tensor *x)
{
    return gra_mul_scalar(x, 1);
}

/* The gradient of sum(y * weights) by x, for the cases of the private ops. */
static inline gra_tensor *case_gradient(gra_tensor *y, gra_tensor *weights, gra_tensor *x)
{
    return gra_grad(y, x, .gradient = weights, .create_graph = true);
}

/* Writes b into x and gives x^2: both the old x and the new one count. */
static inline gra_tensor *case_mul_then_square(gra_tensor *x, gra_tensor *b)
{
    gra_tensor *const y = case_result(x), *const before = gra_square(gra_clone(y));
    return gra_add(before, gra_square(gra_mul_(y, b)));
}

#endif

#ifdef CASE
/* Arithmetic. */
CASE(add_plain, gra_add(in[0], in[1]))
CASE(add_broadcast, gra_add(in[0], in[1]))
CASE(add_transposed, gra_add(in[0], in[1]))
CASE(add_strided, gra_add(in[0], in[1]))
CASE(add_zero_dim, gra_add(in[0], in[1]))
CASE(add_empty, gra_add(in[0], in[1]))
CASE(add_same, gra_add(in[0], in[0]))
CASE(sub_plain, gra_sub(in[0], in[1]))
CASE(sub_broadcast, gra_sub(in[0], in[1]))
CASE(sub_one_element, gra_sub(in[0], in[1]))
CASE(sub_int, gra_sub(in[0], in[1]))
CASE(mul_plain, gra_mul(in[0], in[1]))
CASE(mul_broadcast, gra_mul(in[0], in[1]))
CASE(mul_mixed_layouts, gra_mul(in[0], in[1]))
CASE(mul_constant_b, gra_mul(in[0], in[1]))
CASE(mul_constant_a, gra_mul(in[0], in[1]))
CASE(mul_same, gra_mul(in[0], in[0]))
CASE(mul_bool, gra_mul(in[0], in[1]))
CASE(mul_empty, gra_mul(in[0], in[1]))
CASE(div_plain, gra_div(in[0], in[1]))
CASE(div_broadcast, gra_div(in[0], in[1]))
CASE(div_strided, gra_div(in[0], in[1]))
CASE(div_constant_b, gra_div(in[0], in[1]))
CASE(div_constant_a, gra_div(in[0], in[1]))
CASE(pow_plain, gra_pow(in[0], in[1]))
CASE(pow_broadcast, gra_pow(in[0], in[1]))
CASE(pow_negative_base, gra_pow(in[0], in[1]))
CASE(pow_int_base, gra_pow(in[0], in[1]))
CASE(pow_zero_exponent, gra_pow(in[0], gra_mul_scalar(in[1], 0)))
CASE(pow_zero_base, gra_pow(gra_mul_scalar(in[0], 0), gra_add_scalar(in[1], 1.5)))
CASE(maximum_plain, gra_maximum(in[0], in[1]))
CASE(maximum_broadcast, gra_maximum(in[0], in[1]))
CASE(maximum_tie, gra_maximum(in[0], gra_mul_scalar(in[0], 1)))
CASE(minimum_plain, gra_minimum(in[0], in[1]))
CASE(minimum_broadcast, gra_minimum(in[0], in[1]))
CASE(minimum_transposed, gra_minimum(in[0], in[1]))

/* With a number. */
CASE(add_scalar, gra_add_scalar(in[0], 2.5))
CASE(sub_scalar, gra_sub_scalar(in[0], 2.5))
CASE(rsub_scalar, gra_rsub_scalar(in[0], 2.5))
CASE(mul_scalar, gra_mul_scalar(in[0], -1.5))
CASE(mul_scalar_transposed, gra_mul_scalar(in[0], -1.5))
CASE(div_scalar, gra_div_scalar(in[0], 3))
CASE(rdiv_scalar, gra_rdiv_scalar(in[0], 3))
CASE(rdiv_scalar_negative, gra_rdiv_scalar(in[0], -0.5))
CASE(one_minus, gra_one_minus(in[0]))
CASE(pow_scalar_3, gra_pow_scalar(in[0], 3))
CASE(pow_scalar_2, gra_pow_scalar(in[0], 2))
CASE(pow_scalar_1, gra_pow_scalar(in[0], 1))
CASE(pow_scalar_0, gra_pow_scalar(in[0], 0))
CASE(pow_scalar_half, gra_pow_scalar(in[0], 0.5))
CASE(pow_scalar_minus_1, gra_pow_scalar(in[0], -1))
CASE(pow_scalar_minus_2, gra_pow_scalar(in[0], -2))
CASE(pow_scalar_real, gra_pow_scalar(in[0], 1.7))
CASE(pow_scalar_strided, gra_pow_scalar(in[0], 2))

/* In place, on a result. */
CASE(add_inplace, gra_add_(case_result(in[0]), in[1]))
CASE(sub_inplace, gra_sub_(case_result(in[0]), in[1]))
CASE(mul_inplace, gra_mul_(case_result(in[0]), in[1]))
CASE(mul_inplace_then_square, case_mul_then_square(in[0], in[1]))
CASE(mul_inplace_constant, gra_mul_(case_result(in[0]), in[1]))
CASE(div_inplace, gra_div_(case_result(in[0]), in[1]))
CASE(add_scalar_inplace, gra_add_scalar_(case_result(in[0]), 2.5))
CASE(sub_scalar_inplace, gra_sub_scalar_(case_result(in[0]), 2.5))
CASE(mul_scalar_inplace, gra_mul_scalar_(case_result(in[0]), -1.5))
CASE(div_scalar_inplace, gra_div_scalar_(case_result(in[0]), 3))
CASE(copy_inplace, gra_add(in[0], gra_copy_(case_result(in[0]), in[1])))
CASE(zero_inplace, gra_add(in[0], gra_zero_(case_result(in[0]))))
CASE(fill_inplace, gra_add(in[0], gra_fill_(case_result(in[0]), 3.5)))
CASE(clamp_inplace, gra_square(gra_clamp_(case_result(in[0]), -1, 1.1)))
CASE(relu_inplace, gra_square(gra_relu_(case_result(in[0]))))

/* Comparisons. */
CASE(eq, gra_eq(in[0], in[1]))
CASE(ne, gra_ne(in[0], in[1]))
CASE(lt, gra_lt(in[0], in[1]))
CASE(le, gra_le(in[0], in[1]))
CASE(gt, gra_gt(in[0], in[1]))
CASE(ge, gra_ge(in[0], in[1]))
CASE(eq_scalar, gra_eq_scalar(in[0], 1))
CASE(ne_scalar, gra_ne_scalar(in[0], 1))
CASE(lt_scalar, gra_lt_scalar(in[0], 0.25))
CASE(le_scalar, gra_le_scalar(in[0], 1))
CASE(gt_scalar, gra_gt_scalar(in[0], 0.25))
CASE(ge_scalar, gra_ge_scalar(in[0], 1))
CASE(logical_not, gra_logical_not(in[0]))
CASE(isfinite, gra_isfinite(gra_rdiv_scalar(in[0], 1)))

/* Functions of one tensor. */
CASE(neg, gra_neg(in[0]))
CASE(neg_transposed, gra_neg(in[0]))
CASE(abs, gra_abs(in[0]))
CASE(abs_int, gra_abs(in[0]))
CASE(sign_times_x, gra_mul(gra_sign(in[0]), in[0]))
CASE(square, gra_square(in[0]))
CASE(square_strided, gra_square(in[0]))
CASE(exp, gra_exp(in[0]))
CASE(exp_empty, gra_exp(in[0]))
CASE(exp_zero_dim, gra_exp(in[0]))
CASE(exp_strided, gra_exp(in[0]))
CASE(log, gra_log(in[0]))
CASE(log_transposed, gra_log(in[0]))
CASE(sqrt, gra_sqrt(in[0]))
CASE(relu, gra_relu(in[0]))
CASE(relu_of_square, gra_square(gra_relu(in[0])))
CASE(relu_backward, case_gradient(gra_relu(in[0]), in[1], in[0]))
CASE(sigmoid, gra_sigmoid(in[0]))
CASE(sigmoid_backward, case_gradient(gra_sigmoid(in[0]), in[1], in[0]))
CASE(tanh, gra_tanh(in[0]))
CASE(tanh_transposed, gra_tanh(in[0]))
CASE(tanh_backward, case_gradient(gra_tanh(in[0]), in[1], in[0]))
CASE(clamp, gra_clamp(in[0], -1, 1.1))
CASE(clamp_low, gra_square(gra_clamp(in[0], -1, INFINITY)))
CASE(clamp_high, gra_square(gra_clamp(in[0], -INFINITY, 1.1)))
CASE(clamp_crossed, gra_add(in[0], gra_clamp(in[0], 2, 1)))
CASE(clamp_int, gra_clamp(in[0], -1, 3))
CASE(clamp_backward, case_gradient(gra_clamp(in[0], -1, 1.1), in[1], in[0]))
CASE(where, gra_where(in[0], in[1], in[2]))
CASE(where_broadcast, gra_where(in[0], in[1], in[2]))
CASE(where_transposed, gra_where(in[0], in[1], in[2]))
CASE(dropout_eval, gra_square(gra_dropout(in[0], 0.5, false)))
CASE(dropout_p0, gra_square(gra_dropout(in[0], 0, true)))
CASE(dropout_p1, gra_add(in[0], gra_dropout(in[0], 1, true)))

/* Copies. */
CASE(clone, gra_clone(in[0]))
CASE(clone_transposed, gra_clone(in[0]))
CASE(contiguous, gra_contiguous(in[0]))
CASE(contiguous_transposed, gra_contiguous(in[0]))
CASE(contiguous_strided, gra_square(gra_contiguous(in[0])))
CASE(to_int, gra_to(in[0], GRA_INT64))
CASE(to_bool, gra_to(in[0], GRA_BOOL))
CASE(to_and_back, gra_square(gra_to(gra_to(in[0], GRA_FLOAT64), gra_tensor_dtype(in[0]))))
CASE(to_same, gra_square(gra_to(in[0], gra_tensor_dtype(in[0]))))
CASE(detach, gra_mul(in[0], gra_detach(in[0])))
#endif
