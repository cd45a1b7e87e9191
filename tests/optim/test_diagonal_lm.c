/* test_diagonal_lm.c - the stochastic diagonal Levenberg-Marquardt method: its steps and its estimates by hand,
 * errors. */
#include "gradus.h"

#include "../support/test.h"

/* The loss (w x)^2 of one number, whose second derivative is 2 x^2. */
static gra_tensor *loss_of(gra_tensor *w, double x)
{
    return gra_mse_loss(gra_mul_scalar(w, x), gra_zeros_like(w));
}

GRA_TEST(a_step_is_divided_by_mu_and_the_curvature)
{
    gra_tensor *w = gra_requires_grad(gra_vector(1));
    gra_optim *const opt = gra_diagonal_lm(.tensors = &w, .count = 1, .lr = 0.1, .mu = 0.5);
    ck_assert_str_eq(gra_optim_name(opt), "DiagonalLM");
    ck_assert_int_eq(gra_diagonal_lm_estimate(opt, loss_of(w, 3)), 0);
    GRA_ASSERT_VALUES(gra_optim_state(opt, w, "curvature"), 18);
    gra_backward(loss_of(w, 3)); /* 2 w x^2 = 18 */
    ck_assert_int_eq(gra_step(opt), 0);
    ck_assert_double_eq_tol(gra_item(w), 1 - 0.1 * 18 / 18.5, 1e-6);
    gra_free(opt);
}

GRA_TEST(without_an_estimate_the_rate_is_divided_by_mu)
{
    gra_tensor *w = gra_requires_grad(gra_vector(1));
    gra_optim *const opt = gra_diagonal_lm(.tensors = &w, .count = 1);
    ck_assert_double_eq(gra_optim_lr(opt), 5e-5);
    ck_assert_double_eq(gra_optim_option(opt, 0, "mu"), 0.02);
    gra_backward(loss_of(w, 3));
    ck_assert_int_eq(gra_step(opt), 0);
    ck_assert_double_eq_tol(gra_item(w), 1 - 5e-5 * 18 / 0.02, 1e-6);
    gra_free(opt);
}

GRA_TEST(gamma_makes_a_running_average)
{
    gra_tensor *w = gra_requires_grad(gra_vector(1));
    gra_optim *const opt = gra_diagonal_lm(.tensors = &w, .count = 1);
    gra_diagonal_lm_estimate(opt, loss_of(w, 1));
    gra_diagonal_lm_estimate(opt, loss_of(w, 3), .gamma = 0.25);
    GRA_ASSERT_VALUES(gra_optim_state(opt, w, "curvature"), 0.75 * 2 + 0.25 * 18);
    gra_diagonal_lm_estimate(opt, loss_of(w, 2));
    GRA_ASSERT_VALUES(gra_optim_state(opt, w, "curvature"), 8);
    gra_free(opt);
}

GRA_TEST(the_mean_over_a_batch_is_the_average_of_the_samples)
{
    gra_module *const net =
        gra_sequential(gra_nn_linear(3, 4), gra_nn_scaled_tanh(), gra_nn_linear(4, 2));
    gra_tensor *const x = gra_randn(GRA_SHAPE(5, 3)), *const y = gra_randn(GRA_SHAPE(5, 2));
    gra_tensor *const w = gra_module_parameter(net, "0.weight");
    gra_optim *const opt = gra_diagonal_lm(net);
    gra_tensor *sum = gra_zeros(GRA_SHAPE(4, 3));
    for (int i = 0; i < 5; i++) {
        gra_tensor *const one = gra_forward(net, gra_narrow(x, 0, i, 1));
        gra_diagonal_lm_estimate(opt, gra_mse_loss(one, gra_narrow(y, 0, i, 1)));
        sum = gra_add(sum, gra_optim_state(opt, w, "curvature"));
    }
    gra_diagonal_lm_estimate(opt, gra_mse_loss(gra_forward(net, x), y));
    gra_tensor *const off = gra_sub(gra_optim_state(opt, w, "curvature"), gra_div_scalar(sum, 5));
    ck_assert(gra_item(gra_max(gra_abs(off))) < 1e-6);
    ck_assert(gra_item(gra_min(sum)) > 0);
    gra_free(opt, net);
}

/* Three steps with an estimate before each. */
static gra_tensor *weight_after_steps(bool fused)
{
    gra_manual_seed(2);
    gra_module *const net =
        gra_sequential(gra_nn_linear(3, 4), gra_nn_scaled_tanh(), gra_nn_linear(4, 2));
    gra_tensor *const x = gra_randn(GRA_SHAPE(5, 3)), *const y = gra_randn(GRA_SHAPE(5, 2));
    gra_optim *const opt = gra_diagonal_lm(net, .lr = 0.01, .fused_backward = fused);
    for (int step = 0; step < 3; step++) {
        gra_tensor *const loss = gra_mse_loss(gra_forward(net, x), y);
        ck_assert_int_eq(gra_diagonal_lm_estimate(opt, loss, .gamma = 0.5), 0);
        gra_zero_grad(opt);
        ck_assert_int_eq(gra_backward(loss), 0);
        ck_assert_int_eq(gra_step(opt), 0);
    }
    gra_tensor *const w = gra_detach(gra_clone(gra_module_parameter(net, "0.weight")));
    gra_free(opt, net);
    return w;
}

GRA_TEST(steps_inside_of_the_backward_pass_give_the_same_bits)
{
    gra_tensor *const w = weight_after_steps(false), *const fused = weight_after_steps(true);
    ck_assert_int_eq(memcmp(gra_tensor_data(w), gra_tensor_data(fused), 12 * sizeof(float)), 0);
}

GRA_TEST(frozen_parameters_are_left_out)
{
    gra_tensor *w[] = {gra_requires_grad(gra_vector(1)), gra_requires_grad(gra_vector(2))};
    gra_optim *const opt = gra_diagonal_lm(.tensors = w, .count = 2);
    gra_set_requires_grad(w[0], false);
    ck_assert_int_eq(gra_diagonal_lm_estimate(opt, loss_of(w[1], 3)), 0);
    ck_assert_ptr_null(gra_optim_state(opt, w[0], "curvature"));
    GRA_ASSERT_VALUES(gra_optim_state(opt, w[1], "curvature"), 18);
    gra_free(opt);
}

GRA_TEST(the_curvature_is_saved_and_loaded)
{
    gra_module *const net = gra_nn_linear(2, 1);
    gra_tensor *const w = gra_module_parameter(net, "weight");
    gra_optim *const opt = gra_diagonal_lm(net), *const other = gra_diagonal_lm(net);
    char path[] = "/tmp/gradus-lm-XXXXXX";
    ck_assert_int_ge(mkstemp(path), 0);
    gra_tensor *const y = gra_forward(net, gra_reshape(gra_vector(1, 2), GRA_SHAPE(1, 2)));
    gra_diagonal_lm_estimate(opt, gra_mse_loss(y, gra_zeros_like(y)));
    ck_assert_int_eq(gra_save_training(path, .module = net, .optim = opt), 0);
    ck_assert_int_eq(gra_load_training(path, .module = net, .optim = other), 0);
    GRA_ASSERT_VALUES(gra_optim_state(other, w, "curvature"), 2, 8);
    remove(path);
    gra_free(opt, other, net);
}

GRA_TEST(an_estimate_that_fails_changes_nothing)
{
    gra_tensor *w = gra_requires_grad(gra_vector(1));
    gra_optim *const opt = gra_diagonal_lm(.tensors = &w, .count = 1), *const sgd =
                                                                           gra_sgd(.tensors = &w,
                                                                                   .count = 1);
    gra_diagonal_lm_estimate(opt, loss_of(w, 3));
    ck_assert_int_eq(gra_diagonal_lm_estimate(opt, gra_tanh(w)), -1);
    GRA_ASSERT_ERROR(
        "gra_curvature: tanh stands where no loss has come yet; second derivatives begin at an op "
        "such as mse_loss or rbf, and only affine ops may stand between it and the result (in the rule of tanh)");
    ck_assert_int_eq(gra_diagonal_lm_estimate(sgd, loss_of(w, 3)), -1);
    GRA_ASSERT_ERROR(
        "gra_diagonal_lm_estimate: the optimizer is SGD; one of gra_diagonal_lm is needed");
    ck_assert_int_eq(gra_diagonal_lm_estimate(opt, loss_of(w, 3), .gamma = 0), -1);
    GRA_ASSERT_ERROR(
        "gra_diagonal_lm_estimate: gamma 0 is out of range; above 0, at most 1, is needed");
    ck_assert_int_eq(gra_diagonal_lm_estimate(opt, NULL), -1);
    GRA_ASSERT_ERROR("gra_diagonal_lm_estimate: the loss is NULL");
    ck_assert_int_eq(gra_diagonal_lm_estimate(NULL, loss_of(w, 3)), -1);
    GRA_ASSERT_ERROR("gra_diagonal_lm_estimate: the optimizer is NULL");
    GRA_ASSERT_VALUES(gra_optim_state(opt, w, "curvature"), 18);
    ck_assert_ptr_null(gra_diagonal_lm(.tensors = &w, .count = 1, .mu = -1));
    GRA_ASSERT_ERROR("DiagonalLM: mu -1 is out of range; a number of at least 0 is needed");
    gra_free(opt, sgd);
}

GRA_TEST_MAIN("diagonal_lm", a_step_is_divided_by_mu_and_the_curvature,
              without_an_estimate_the_rate_is_divided_by_mu, gamma_makes_a_running_average,
              the_mean_over_a_batch_is_the_average_of_the_samples,
              steps_inside_of_the_backward_pass_give_the_same_bits, frozen_parameters_are_left_out,
              the_curvature_is_saved_and_loaded, an_estimate_that_fails_changes_nothing)
