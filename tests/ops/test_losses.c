/* test_losses.c - softmax, log_softmax, cross_entropy and mse_loss: values, extremes, errors. */
#include "gradus.h"

#include "tests/support/test.h"

static gra_tensor *labels(const int64_t *values, int64_t count)
{
    return gra_from_data(values, GRA_SHAPE(count), .dtype = GRA_INT64);
}

#define LABELS(...)                                                                                \
    labels((const int64_t[]){__VA_ARGS__}, sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t))

GRA_TEST(softmax_sums_to_one_along_its_dim)
{
    gra_tensor *const x = gra_reshape(gra_vector(0, 0, log(3), 0, log(2), log(3)), GRA_SHAPE(2, 3));
    GRA_ASSERT_VALUES(gra_softmax(x, 1), 0.2, 0.2, 0.6, 1.0 / 6, 1.0 / 3, 0.5);
    GRA_ASSERT_VALUES(gra_softmax(x, 0), 0.5, 1.0 / 3, 0.5, 0.5, 2.0 / 3, 0.5);
    GRA_ASSERT_VALUES(gra_softmax(gra_scalar(7, GRA_FLOAT32), 0), 1);
    GRA_ASSERT_SHAPE(gra_softmax(gra_zeros(GRA_SHAPE(2, 0)), 1), 2, 0);
    GRA_ASSERT_SHAPE(gra_log_softmax(gra_zeros(GRA_SHAPE(0, 2)), 1), 0, 2);
}

GRA_TEST(softmax_of_many_narrow_rows_is_that_of_one)
{
    for (int64_t classes = 1; classes < 40; classes += 6) {
        gra_tensor *const x = gra_randn(GRA_SHAPE(300, classes));
        gra_tensor *const y = gra_softmax(x, 1), *const log_y = gra_log_softmax(x, 1);
        gra_tensor *const z = gra_logsumexp(x, GRA_DIMS(1));
        for (int64_t i = 0; i < 300; i += 23) {
            gra_tensor *const row = gra_contiguous(gra_narrow(x, 0, i, 1));
            double expected[40], log_expected[40];
            double sum = 0;
            for (int64_t k = 0; k < classes; k++)
                sum += exp(gra_tensor_at(row, GRA_SHAPE(0, k)));
            for (int64_t k = 0; k < classes; k++) {
                log_expected[k] = gra_tensor_at(row, GRA_SHAPE(0, k)) - log(sum);
                expected[k] = exp(log_expected[k]);
            }
            GRA_ASSERT_CLOSE(gra_narrow(y, 0, i, 1), expected, (size_t)classes, 1e-5, 1e-6);
            GRA_ASSERT_CLOSE(gra_narrow(log_y, 0, i, 1), log_expected, (size_t)classes, 1e-5, 1e-6);
            ck_assert_double_eq_tol(gra_tensor_at(z, GRA_SHAPE(i)), log(sum), 1e-5);
        }
    }
}

GRA_TEST(softmax_does_not_overflow)
{
    const double inf = INFINITY;
    gra_tensor *const x =
        gra_reshape(gra_vector(1e4, 1e4, -1e4, 0, -inf, 3, -inf, -inf, inf, 0), GRA_SHAPE(5, 2));
    GRA_ASSERT_VALUES(gra_softmax(x, 1), 0.5, 0.5, 0, 1, 0, 1, NAN, NAN, NAN, NAN);
    GRA_ASSERT_VALUES(gra_log_softmax(gra_narrow(x, 0, 0, 3), 1), -log(2), -log(2), -1e4, 0, -inf,
                      0);
}

GRA_TEST(bfloat16_softmax_is_computed_in_float32)
{
    gra_tensor *const x = gra_to(gra_vector(0, 0, 0), GRA_BFLOAT16);
    GRA_ASSERT_CLOSE(gra_softmax(x, 0), ((double[]){0.333984375, 0.333984375, 0.333984375}), 3, 0,
                     0);
}

GRA_TEST(cross_entropy_is_minus_the_log_of_the_probability)
{
    gra_tensor *const x = gra_reshape(gra_vector(0, 0, log(3), 0, log(2), log(3)), GRA_SHAPE(2, 3));
    gra_tensor *const t = LABELS(2, 1);
    GRA_ASSERT_VALUES(gra_cross_entropy(x, t, GRA_REDUCE_NONE), -log(0.6), log(3));
    GRA_ASSERT_VALUES(gra_cross_entropy(x, t, GRA_REDUCE_SUM), log(5));
    GRA_ASSERT_VALUES(gra_cross_entropy(x, t), log(5) / 2);
    GRA_ASSERT_VALUES(gra_cross_entropy(x, t, .ignore_index = 1), -log(0.6));
    GRA_ASSERT_VALUES(gra_cross_entropy(gra_select(x, 0, 1), gra_select(t, 0, 1)), log(3));
    ck_assert_int_eq(gra_tensor_ndim(gra_cross_entropy(x, t)), 0);
    gra_tensor *const half = gra_to(x, GRA_BFLOAT16);
    ck_assert_int_eq(gra_tensor_dtype(gra_cross_entropy(half, t)), GRA_BFLOAT16);
}

GRA_TEST(cross_entropy_has_the_gradient_softmax_minus_one_hot)
{
    gra_tensor *const x = gra_requires_grad(
        gra_reshape(gra_vector(0, 0, log(3), 0, log(2), log(3)), GRA_SHAPE(2, 3)));
    gra_tensor *const t = LABELS(2, 1);
    GRA_ASSERT_VALUES(gra_grad(gra_cross_entropy(x, t), x), 0.1, 0.1, -0.2, 1.0 / 12, -1.0 / 3,
                      0.25);
    GRA_ASSERT_VALUES(gra_grad(gra_cross_entropy(x, t, .ignore_index = 1), x), 0.2, 0.2, -0.4, 0, 0,
                      0);
    gra_tensor *const loss = gra_cross_entropy(x, t, GRA_REDUCE_NONE);
    GRA_ASSERT_VALUES(gra_grad(loss, x, .gradient = gra_vector(1, 6)), 0.2, 0.2, -0.4, 1, -4, 3);
}

GRA_TEST(cross_entropy_stays_accurate_where_the_loss_is_small)
{
    gra_tensor *const x = gra_reshape(gra_vector(100, 88, 80), GRA_SHAPE(1, 3));
    GRA_ASSERT_CLOSE(gra_cross_entropy(x, LABELS(0)), (double[]){6.1462738e-06}, 1, 2e-2, 0);
}

GRA_TEST(cross_entropy_of_no_targets_is_nan_and_its_gradient_zero)
{
    gra_tensor *const none = gra_zeros(GRA_SHAPE(0), .dtype = GRA_INT64);
    GRA_ASSERT_VALUES(gra_cross_entropy(gra_zeros(GRA_SHAPE(0, 3)), none), NAN);
    GRA_ASSERT_VALUES(gra_cross_entropy(gra_zeros(GRA_SHAPE(0, 3)), none, GRA_REDUCE_SUM), 0);
    gra_tensor *const x = gra_zeros(GRA_SHAPE(2, 2), .requires_grad = true);
    gra_tensor *const loss = gra_cross_entropy(x, LABELS(-100, -100));
    GRA_ASSERT_VALUES(loss, NAN);
    GRA_ASSERT_VALUES(gra_grad(loss, x), 0, 0, 0, 0);
    GRA_ASSERT_VALUES(gra_cross_entropy(x, LABELS(-100, -100), GRA_REDUCE_SUM), 0);
}

GRA_TEST(cross_entropy_says_which_label_is_no_class)
{
    ck_assert_ptr_null(gra_cross_entropy(gra_zeros(GRA_SHAPE(4, 10)), LABELS(1, 9, 0, 12)));
    GRA_ASSERT_ERROR(
        "cross_entropy: target 12 at position [3] is no class; there are 10 classes, 0 "
        "to 9");
    gra_tensor *const t = gra_reshape(LABELS(0, 0, 0, -1, 0, 0), GRA_SHAPE(2, 3));
    ck_assert_ptr_null(gra_cross_entropy(gra_zeros(GRA_SHAPE(2, 2, 3)), t));
    GRA_ASSERT_ERROR(
        "cross_entropy: target -1 at position [1, 0] is no class; there are 2 classes, "
        "0 to 1");
}

GRA_TEST(cross_entropy_rejects_wrong_dtypes_and_shapes)
{
    gra_tensor *const x = gra_zeros(GRA_SHAPE(4, 10));
    ck_assert_ptr_null(gra_cross_entropy(x, gra_zeros(GRA_SHAPE(4))));
    GRA_ASSERT_ERROR("cross_entropy: target has dtype float32 and shape [4]; it holds int64 class "
                     "indices, or a probability for each class in input's shape [4, 10]");
    ck_assert_ptr_null(gra_cross_entropy(x, gra_zeros(GRA_SHAPE(4), GRA_INT32)));
    GRA_ASSERT_ERROR("cross_entropy: target has dtype int32; class indices are int64, convert "
                     "them with gra_to");
    ck_assert_ptr_null(gra_cross_entropy(gra_to(x, GRA_INT64), LABELS(0, 0, 0, 0)));
    GRA_ASSERT_ERROR("cross_entropy: input has dtype int64; a floating point dtype is needed, "
                     "convert it with gra_to");
    ck_assert_ptr_null(gra_cross_entropy(x, LABELS(0, 0, 0, 0, 0)));
    GRA_ASSERT_ERROR("cross_entropy: target has shape [5]; input of shape [4, 10] needs class "
                     "indices of shape [4]");
    ck_assert_ptr_null(gra_cross_entropy(gra_sum(x), LABELS(0)));
    GRA_ASSERT_ERROR("cross_entropy: input has no dims; [N, C], [C] or [N, C, d1, ...] is needed");
    ck_assert_ptr_null(gra_cross_entropy(x, NULL));
    GRA_ASSERT_ERROR("cross_entropy: target is NULL; a tensor is needed");
    ck_assert_ptr_null(gra_cross_entropy(x, LABELS(0, 0, 0, 0), (gra_reduction)3));
    GRA_ASSERT_ERROR("cross_entropy: reduction 3 is unknown; 0 (mean), 1 (sum) and 2 (none) are "
                     "possible");
}

/* Classes 2 and 1 with p = 0.6 and 1/3, weights 3 and 2; with half of each target spread over the others. */
GRA_TEST(cross_entropy_weighs_classes_and_smooths_labels)
{
    gra_tensor *const x = gra_requires_grad(
        gra_reshape(gra_vector(0, 0, log(3), 0, log(2), log(3)), GRA_SHAPE(2, 3)));
    gra_tensor *const t = LABELS(2, 1), *const w = gra_vector(1, 2, 3);
    const double a = -log(0.6), b = log(3), all_a = -2 * log(0.2) + a, all_b = log(6) + b + log(2);
    GRA_ASSERT_VALUES(gra_cross_entropy(x, t, .weight = w), (3 * a + 2 * b) / 5);
    GRA_ASSERT_VALUES(gra_cross_entropy(x, t, .label_smoothing = 0.5),
                      (a / 2 + all_a / 6 + b / 2 + all_b / 6) / 2);
    GRA_ASSERT_VALUES(gra_cross_entropy(x, t, .label_smoothing = 1, .ignore_index = 1), all_a / 3);
    gra_tensor *const loss = gra_cross_entropy(x, t, .weight = w, .ignore_index = 1);
    GRA_ASSERT_VALUES(gra_grad(loss, x), 0.2, 0.2, -0.4, 0, 0, 0);
    gra_tensor *const smooth = gra_cross_entropy(x, t, GRA_REDUCE_SUM, .label_smoothing = 0.3);
    GRA_ASSERT_VALUES(gra_grad(smooth, x), 0.1, 0.1, 0.6 - 0.8, 1.0 / 6 - 0.1, 1.0 / 3 - 0.8, 0.4);
}

GRA_TEST(cross_entropy_of_probabilities_is_that_of_classes_in_between)
{
    gra_tensor *const x = gra_reshape(gra_vector(0, 0, log(3), 0, log(2), log(3)), GRA_SHAPE(2, 3));
    gra_tensor *const hard = gra_reshape(gra_vector(0, 0, 1, 0, 1, 0), GRA_SHAPE(2, 3));
    GRA_ASSERT_VALUES(gra_cross_entropy(x, hard), log(5) / 2);
    GRA_ASSERT_VALUES(gra_cross_entropy(x, gra_mul_scalar(hard, 0.5), GRA_REDUCE_NONE),
                      -log(0.6) / 2, log(3) / 2);
    ck_assert_ptr_null(gra_cross_entropy(x, hard, .ignore_index = 1));
    GRA_ASSERT_ERROR("cross_entropy: ignore_index 1 was given with class probabilities, of which "
                     "none can be ignored; leave it out");
    ck_assert_ptr_null(gra_cross_entropy(x, hard, .label_smoothing = 1.5));
    GRA_ASSERT_ERROR("cross_entropy: label_smoothing 1.5 is out of range; it lies between 0 and 1");
    ck_assert_ptr_null(gra_cross_entropy(x, LABELS(0, 1), .weight = gra_vector(1, 2)));
    GRA_ASSERT_ERROR(
        "cross_entropy: weight has shape [2]; one number for each of 3 classes is needed");
}

GRA_TEST(nll_loss_picks_the_targets_numbers)
{
    gra_tensor *const x =
        gra_requires_grad(gra_reshape(gra_vector(-1, -2, -3, -4, -5, -6), GRA_SHAPE(2, 3)));
    gra_tensor *const t = LABELS(2, 0), *const w = gra_vector(1, 2, 3);
    GRA_ASSERT_VALUES(gra_nll_loss(x, t), 3.5);
    GRA_ASSERT_VALUES(gra_nll_loss(x, t, w, GRA_REDUCE_NONE), 9, 4);
    GRA_ASSERT_VALUES(gra_nll_loss(x, t, w), 13.0 / 4);
    GRA_ASSERT_VALUES(gra_nll_loss(x, t, .ignore_index = 0), 3);
    GRA_ASSERT_VALUES(gra_grad(gra_nll_loss(x, t, w), x), 0, 0, -0.75, -0.25, 0, 0);
    GRA_ASSERT_VALUES(gra_nll_loss(x, LABELS(-100, -100)), NAN);
    ck_assert_ptr_null(gra_nll_loss(x, LABELS(0, 3)));
    GRA_ASSERT_ERROR("nll_loss: target 3 at position [1] is no class; there are 3 classes, 0 to 2");
    ck_assert_ptr_null(gra_nll_loss(x, w));
    GRA_ASSERT_ERROR(
        "nll_loss: target has dtype float32; class indices are int64, convert them with gra_to");
    ck_assert_ptr_null(gra_nll_loss(x, t, LABELS(1, 2, 3)));
    GRA_ASSERT_ERROR("nll_loss: weight has dtype int64; a floating point dtype is needed, convert "
                     "it with gra_to");
}

GRA_TEST(mse_loss_is_the_mean_of_squares)
{
    gra_tensor *const a = gra_requires_grad(gra_vector(1, 2, 3)), *const b = gra_vector(1, 0, 6);
    gra_tensor *const loss = gra_mse_loss(a, b);
    GRA_ASSERT_VALUES(loss, 13.0 / 3);
    GRA_ASSERT_VALUES(gra_mse_loss(a, b, GRA_REDUCE_SUM), 13);
    GRA_ASSERT_VALUES(gra_mse_loss(a, b, GRA_REDUCE_NONE), 0, 4, 9);
    GRA_ASSERT_VALUES(gra_grad(loss, a), 0, 4.0 / 3, -2);
    GRA_ASSERT_SHAPE(gra_mse_loss(gra_zeros(GRA_SHAPE(2, 1)), a, GRA_REDUCE_NONE), 2, 3);
    GRA_ASSERT_VALUES(gra_mse_loss(gra_zeros(GRA_SHAPE(0)), gra_zeros(GRA_SHAPE(0))), NAN);
    ck_assert_int_eq(gra_tensor_dtype(gra_mse_loss(a, gra_to(b, GRA_FLOAT64))), GRA_FLOAT64);
}

GRA_TEST(mse_loss_rejects_integers_and_other_shapes)
{
    gra_tensor *const x = gra_zeros(GRA_SHAPE(3));
    ck_assert_ptr_null(gra_mse_loss(x, LABELS(1, 2, 3)));
    GRA_ASSERT_ERROR("mse_loss: target has dtype int64; a floating point dtype is needed, convert "
                     "it with gra_to");
    ck_assert_ptr_null(gra_mse_loss(LABELS(1, 2, 3), x));
    GRA_ASSERT_ERROR(
        "mse_loss: input has dtype int64; a floating point dtype is needed, convert it "
        "with gra_to");
    ck_assert_ptr_null(gra_mse_loss(x, gra_zeros(GRA_SHAPE(2))));
    GRA_ASSERT_ERROR("mse_loss: shapes [3] and [2] do not broadcast: sizes 3 and 2 at dim 0 differ "
                     "and neither is 1");
    ck_assert_ptr_null(gra_mse_loss(x, x, (gra_reduction)-1));
    ck_assert_ptr_nonnull(strstr(gra_error(), "mse_loss: reduction "));
    gra_clear_error();
}

GRA_TEST_MAIN("losses", softmax_sums_to_one_along_its_dim,
              softmax_of_many_narrow_rows_is_that_of_one, softmax_does_not_overflow,
              bfloat16_softmax_is_computed_in_float32,
              cross_entropy_is_minus_the_log_of_the_probability,
              cross_entropy_has_the_gradient_softmax_minus_one_hot,
              cross_entropy_stays_accurate_where_the_loss_is_small,
              cross_entropy_of_no_targets_is_nan_and_its_gradient_zero,
              cross_entropy_says_which_label_is_no_class,
              cross_entropy_rejects_wrong_dtypes_and_shapes,
              cross_entropy_weighs_classes_and_smooths_labels,
              cross_entropy_of_probabilities_is_that_of_classes_in_between,
              nll_loss_picks_the_targets_numbers, mse_loss_is_the_mean_of_squares,
              mse_loss_rejects_integers_and_other_shapes)
