/* activations.h - the cases of tests/pytorch/cases/activations.py in C; see there for the inputs. */
#ifdef CASE
/* leaky_relu. */
CASE(leaky_relu, gra_leaky_relu(in[0]))
CASE(leaky_relu_slope, gra_square(gra_leaky_relu(in[0], 0.3)))
CASE(leaky_relu_negative_slope, gra_leaky_relu(in[0], .negative_slope = -0.5))
CASE(leaky_relu_empty, gra_leaky_relu(in[0]))
CASE(leaky_relu_zero_dim, gra_leaky_relu(in[0]))
CASE(leaky_relu_inplace, gra_square(gra_leaky_relu(case_result(in[0]), 0.3, .inplace = true)))
CASE(leaky_relu_backward, case_gradient(gra_square(gra_leaky_relu(in[0], 0.3)), in[1], in[0]))

/* elu, selu, celu. */
CASE(elu, gra_elu(in[0]))
CASE(elu_alpha, gra_square(gra_elu(in[0], .alpha = 0.7)))
CASE(elu_negative_alpha, gra_elu(in[0], -0.7))
CASE(elu_one_element, gra_elu(in[0]))
CASE(elu_empty, gra_elu(in[0]))
CASE(elu_inplace, gra_square(gra_elu(case_result(in[0]), 0.7, .inplace = true)))
CASE(elu_backward, case_gradient(gra_elu(in[0], 0.7), in[1], in[0]))
CASE(elu_backward_inplace,
     case_gradient(gra_elu(case_result(in[0]), 0.7, .inplace = true), in[1], in[0]))
CASE(selu, gra_selu(in[0]))
CASE(selu_inplace, gra_square(gra_selu(case_result(in[0]), .inplace = true)))
CASE(celu, gra_celu(in[0], 2))
CASE(celu_default, gra_celu(in[0]))
CASE(celu_inplace, gra_square(gra_celu(case_result(in[0]), 0.5, .inplace = true)))

/* gelu. */
CASE(gelu, gra_gelu(in[0]))
CASE(gelu_transposed, gra_gelu(gra_mul_scalar(in[0], 3)))
CASE(gelu_tanh, gra_gelu(in[0], .approximate = "tanh"))
CASE(gelu_tanh_strided, gra_gelu(gra_mul_scalar(in[0], 3), .approximate = "tanh"))
CASE(gelu_empty, gra_gelu(in[0]))
CASE(gelu_zero_dim, gra_gelu(in[0]))
CASE(gelu_backward, case_gradient(gra_gelu(in[0]), in[1], in[0]))
CASE(gelu_tanh_backward, case_gradient(gra_gelu(in[0], .approximate = "tanh"), in[1], in[0]))

/* silu. */
CASE(silu, gra_silu(in[0]))
CASE(silu_transposed, gra_silu(gra_mul_scalar(in[0], 3)))
CASE(silu_strided, gra_silu(gra_mul_scalar(in[0], 3)))
CASE(silu_empty, gra_silu(in[0]))
CASE(silu_inplace, gra_square(gra_silu(case_result(in[0]), .inplace = true)))
CASE(silu_backward, case_gradient(gra_silu(in[0]), in[1], in[0]))

/* softplus. */
CASE(softplus, gra_softplus(in[0]))
CASE(softplus_beta, gra_softplus(in[0], .beta = 2.5))
CASE(softplus_negative_beta, gra_softplus(in[0], .beta = -0.5))
CASE(softplus_threshold, gra_softplus(in[0], 2, 1))
CASE(softplus_empty, gra_softplus(in[0]))
CASE(softplus_backward, case_gradient(gra_softplus(in[0], 2, 1), in[1], in[0]))

/* hardtanh, relu6. */
CASE(hardtanh, gra_hardtanh(in[0]))
CASE(hardtanh_bounds, gra_square(gra_hardtanh(in[0], -0.5, 1.25)))
CASE(hardtanh_int, gra_hardtanh(in[0], -2.5, 3.5))
CASE(hardtanh_empty, gra_hardtanh(in[0]))
CASE(hardtanh_inplace, gra_square(gra_hardtanh(case_result(in[0]), -0.5, 1.25, .inplace = true)))
CASE(hardtanh_backward, case_gradient(gra_square(gra_hardtanh(in[0])), in[1], in[0]))
CASE(relu6, gra_relu6(gra_mul_scalar(in[0], 5)))
CASE(relu6_int, gra_relu6(in[0]))
CASE(relu6_inplace, gra_square(gra_relu6(gra_mul_scalar(in[0], 5), .inplace = true)))

/* prelu. */
CASE(prelu_channels, gra_prelu(in[0], in[1]))
CASE(prelu_one, gra_prelu(in[0], in[1]))
CASE(prelu_zero_dim_weight, gra_prelu(in[0], in[1]))
CASE(prelu_zero_dim, gra_prelu(in[0], in[1]))
CASE(prelu_vector, gra_prelu(in[0], in[1]))
CASE(prelu_matrix, gra_prelu(in[0], in[1]))
CASE(prelu_images, gra_square(gra_prelu(in[0], in[1])))
CASE(prelu_empty, gra_prelu(in[0], in[1]))
CASE(prelu_constant_weight, gra_prelu(in[0], in[1]))
CASE(prelu_constant_x, gra_prelu(in[0], in[1]))
CASE(prelu_backward, case_gradient(gra_prelu(in[0], in[1]), in[2], in[0]))
CASE(prelu_backward_weight, case_gradient(gra_prelu(in[0], in[1]), in[2], in[1]))

/* Functions of one tensor. */
CASE(erf, gra_erf(in[0]))
CASE(erf_transposed, gra_erf(gra_mul_scalar(in[0], 2)))
CASE(sin, gra_sin(gra_mul_scalar(in[0], 10)))
CASE(sin_strided, gra_sin(in[0]))
CASE(cos, gra_cos(gra_mul_scalar(in[0], 10)))
CASE(cos_transposed, gra_cos(in[0]))
CASE(rsqrt, gra_rsqrt(in[0]))
CASE(reciprocal, gra_reciprocal(in[0]))
CASE(expm1, gra_expm1(in[0]))
CASE(log1p, gra_log1p(in[0]))
CASE(floor, gra_mul(gra_floor(in[0]), in[0]))
CASE(floor_int, gra_floor(in[0]))
CASE(ceil, gra_mul(gra_ceil(in[0]), in[0]))
CASE(ceil_int, gra_ceil(in[0]))
CASE(trunc, gra_mul(gra_trunc(in[0]), in[0]))
CASE(trunc_int, gra_trunc(in[0]))
CASE(round, gra_mul(gra_round(in[0]), in[0]))
CASE(round_int, gra_round(in[0]))

/* Logic. */
CASE(logical_and, gra_logical_and(in[0], in[1]))
CASE(logical_or, gra_logical_or(in[0], in[1]))
CASE(logical_xor, gra_logical_xor(in[0], in[1]))
#endif
