/* test_norms.c - layer, group and instance norm, and dropout: values by hand, statistics, dtypes, errors. */
#include "gradus.h"

#include "tests/support/test.h"

GRA_TEST(layer_norm_brings_each_row_to_mean_0_and_variance_1)
{
    gra_tensor *const x = gra_reshape(gra_vector(1, 3, 10, 30), GRA_SHAPE(2, 2));
    GRA_ASSERT_VALUES(gra_layer_norm(x, GRA_SHAPE(2), .eps = 0), -1, 1, -1, 1);
    GRA_ASSERT_VALUES(gra_layer_norm(x, GRA_SHAPE(2), gra_vector(2, 3), gra_vector(10, 20), 0), 8,
                      23, 8, 23);
    GRA_ASSERT_VALUES(gra_layer_norm(gra_zeros(GRA_SHAPE(1, 3)), GRA_SHAPE(3)), 0, 0, 0);
    GRA_ASSERT_SHAPE(gra_layer_norm(gra_zeros(GRA_SHAPE(2, 0)), GRA_SHAPE(0)), 2, 0);
}

GRA_TEST(group_norm_takes_neighbouring_channels_together)
{
    gra_tensor *const x = gra_reshape(gra_vector(1, 1, 3, 3, 5, 7, 7, 5), GRA_SHAPE(1, 4, 2));
    gra_tensor *const w = gra_vector(1, 2, 3, 4);
    GRA_ASSERT_VALUES(gra_group_norm(x, 2, w, .eps = 0), -1, -1, 2, 2, -3, 3, 4, -4);
    GRA_ASSERT_VALUES(gra_instance_norm(x, .weight = w, .eps = 1), 0, 0, 0, 0, -3 / sqrt(2),
                      3 / sqrt(2), 4 / sqrt(2), -4 / sqrt(2));
}

/* PyTorch 2.13: F.instance_norm of arange(12).view(2, 2, 3) with momentum 0.5. */
GRA_TEST(instance_norm_remembers_the_mean_over_the_samples)
{
    gra_tensor *const x =
        gra_reshape(gra_vector(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11), GRA_SHAPE(2, 2, 3));
    gra_tensor *const mean = gra_zeros(GRA_SHAPE(2)), *const var = gra_ones(GRA_SHAPE(2));
    gra_instance_norm(x, mean, var, .momentum = 0.5);
    GRA_ASSERT_VALUES(mean, 2, 3.5);
    GRA_ASSERT_VALUES(var, 1, 1);
    gra_tensor *const y = gra_instance_norm(x, mean, var, .use_input_stats = false, .eps = 0);
    GRA_ASSERT_VALUES(gra_narrow(y, 0, 0, 1), -2, -1, 0, -0.5, 0.5, 1.5);
    GRA_ASSERT_VALUES(mean, 2, 3.5);
}

GRA_TEST(bfloat16_norms_are_computed_in_float32)
{
    gra_tensor *const x = gra_requires_grad(gra_to(gra_vector(1, 2, 3, 6), GRA_BFLOAT16));
    gra_tensor *const y = gra_layer_norm(x, GRA_SHAPE(4));
    ck_assert_int_eq(gra_tensor_dtype(y), GRA_BFLOAT16);
    GRA_ASSERT_CLOSE(y, ((double[]){-1.069, -0.5345, 0, 1.6036}), 4, 1e-2, 0);
    ck_assert_int_eq(gra_tensor_dtype(gra_grad(gra_sum(y), x)), GRA_BFLOAT16);
    gra_tensor *const mixed = gra_layer_norm(x, GRA_SHAPE(4), gra_ones(GRA_SHAPE(4)));
    ck_assert_int_eq(gra_tensor_dtype(mixed), GRA_BFLOAT16);
}

/* A group's channels lie together in memory, or not; the values are the same. */
GRA_TEST(group_norm_keeps_channels_last)
{
    gra_tensor *const x = gra_randn(GRA_SHAPE(2, 6, 3, 5));
    gra_tensor *const row_major = gra_requires_grad(x);
    gra_tensor *const last = gra_requires_grad(gra_to_channels_last(gra_detach(x)));
    gra_tensor *const w = gra_randn(GRA_SHAPE(6)), *const b = gra_randn(GRA_SHAPE(6));
    gra_tensor *const y = gra_group_norm(row_major, 3, w, b);
    gra_tensor *const z = gra_group_norm(last, 3, w, b);
    ck_assert(gra_is_channels_last(z));
    const gra_shape at[] = {GRA_SHAPE(0, 0, 0, 0), GRA_SHAPE(1, 5, 2, 4), GRA_SHAPE(1, 2, 1, 3)};
    gra_tensor *const dx = gra_grad(gra_sum(gra_square(y)), row_major);
    gra_tensor *const dz = gra_grad(gra_sum(gra_square(z)), last);
    for (int i = 0; i < 3; i++) {
        ck_assert(gra_test_close(gra_tensor_at(z, at[i]), gra_tensor_at(y, at[i]), 1e-5, 1e-5));
        ck_assert(gra_test_close(gra_tensor_at(dz, at[i]), gra_tensor_at(dx, at[i]), 1e-4, 1e-4));
    }
}

GRA_TEST(normalize_divides_by_no_less_than_eps)
{
    gra_tensor *const x = gra_requires_grad(gra_reshape(gra_vector(3, 4, 0, 0), GRA_SHAPE(2, 2)));
    gra_tensor *const y = gra_normalize(x, .eps = 0.5);
    GRA_ASSERT_VALUES(y, 0.6, 0.8, 0, 0);
    GRA_ASSERT_VALUES(gra_grad(gra_sum(y), x), 0.2 - 0.6 * 1.4 / 5, 0.2 - 0.8 * 1.4 / 5, 2, 2);
    gra_tensor *const zero = gra_zeros(GRA_SHAPE(1, 2), .requires_grad = true);
    const double powers[] = {1, 2, 7, INFINITY};
    for (int i = 0; i < 4; i++) {
        gra_tensor *const unit = gra_normalize(zero, powers[i], .eps = 1e-6);
        GRA_ASSERT_VALUES(unit, 0, 0);
        GRA_ASSERT_VALUES(gra_grad(gra_sum(unit), zero), 1e6, 1e6);
    }
    GRA_ASSERT_REJECTED(gra_normalize(x, 0), "normalize: p 0 is out of range; it is above 0");
    GRA_ASSERT_REJECTED(gra_normalize(x, .eps = 0),
                        "normalize: eps 0 is out of range; it is above 0");
    GRA_ASSERT_REJECTED(
        gra_normalize(gra_zeros(GRA_SHAPE(2, 2), GRA_INT64)),
        "normalize: x has dtype int64; a floating point dtype is needed, convert it with "
        "gra_to");
}

GRA_TEST(norms_reject_what_does_not_fit)
{
    gra_tensor *const x = gra_zeros(GRA_SHAPE(2, 4, 3)), *const three = gra_zeros(GRA_SHAPE(3));
    gra_tensor *const whole = gra_zeros(GRA_SHAPE(2, 4, 3), GRA_INT64);
    GRA_ASSERT_REJECTED(
        gra_layer_norm(x, GRA_SHAPE(4)),
        "layer_norm: normalized_shape is [4] and input has shape [2, 4, 3]; it must be "
        "what the shape ends with");
    GRA_ASSERT_REJECTED(
        gra_layer_norm(x, GRA_SCALAR),
        "layer_norm: normalized_shape is [] and input has shape [2, 4, 3]; it must be "
        "what the shape ends with");
    GRA_ASSERT_REJECTED(gra_layer_norm(x, GRA_SHAPE(4, 3), three),
                        "layer_norm: weight has shape [3]; [4, 3] is needed");
    GRA_ASSERT_REJECTED(
        gra_layer_norm(whole, GRA_SHAPE(3)),
        "layer_norm: input has dtype int64; a floating point dtype is needed, convert "
        "it with gra_to");
    GRA_ASSERT_REJECTED(gra_group_norm(three, 1),
                        "group_norm: input has shape [3]; [N, C, ...] is needed");
    GRA_ASSERT_REJECTED(gra_group_norm(x, 0),
                        "group_norm: num_groups 0 is out of range; at least 1 is needed");
    GRA_ASSERT_REJECTED(gra_group_norm(x, 3),
                        "group_norm: num_groups 3 does not divide the 4 channels of input");
    GRA_ASSERT_REJECTED(gra_group_norm(x, 2, .bias = three),
                        "group_norm: bias has shape [3]; [4] is needed");
}

GRA_TEST(instance_norm_rejects_what_does_not_fit)
{
    gra_tensor *const x = gra_zeros(GRA_SHAPE(2, 4, 3)), *const three = gra_zeros(GRA_SHAPE(3));
    gra_tensor *const four = gra_zeros(GRA_SHAPE(4));
    GRA_ASSERT_REJECTED(gra_instance_norm(three),
                        "instance_norm: input has shape [3]; [N, C, ...] is needed");
    GRA_ASSERT_REJECTED(
        gra_instance_norm(gra_zeros(GRA_SHAPE(2, 4, 1))),
        "instance_norm: input of shape [2, 4, 1] has one value for each channel of a "
        "sample; more are needed");
    GRA_ASSERT_REJECTED(
        gra_instance_norm(x, .use_input_stats = false),
        "instance_norm: running_mean and running_var are needed where .use_input_stats "
        "is false");
    GRA_ASSERT_REJECTED(gra_instance_norm(x, four),
                        "instance_norm: running_mean and running_var are given both or not at all");
    GRA_ASSERT_REJECTED(gra_instance_norm(x, three, four),
                        "instance_norm: running_mean has shape [3]; [4] is needed");
    GRA_ASSERT_REJECTED(gra_instance_norm(x, four, gra_zeros(GRA_SHAPE(4), GRA_INT64)),
                        "instance_norm: running_var has an integer dtype; a floating point tensor "
                        "without a gradient is needed");
    GRA_ASSERT_REJECTED(gra_instance_norm(x, gra_zeros(GRA_SHAPE(4), .requires_grad = true), four),
                        "instance_norm: running_mean requires a gradient; a floating point tensor "
                        "without a gradient is needed");
}

/* A channel is dropped as a whole, and what stays is doubled. */
static int dropped_channels(gra_tensor *y, int64_t channels)
{
    gra_tensor *const rows = gra_reshape(y, GRA_SHAPE(channels, -1));
    const int64_t n = gra_tensor_shape(rows).size[1];
    int dropped = 0;
    for (int64_t c = 0; c < channels; c++) {
        const double first = gra_tensor_at(rows, GRA_SHAPE(c, 0));
        ck_assert(first == 0 || first == 2);
        dropped += first == 0;
        for (int64_t i = 0; i < n; i++)
            ck_assert(gra_tensor_at(rows, GRA_SHAPE(c, i)) == first);
    }
    return dropped;
}

GRA_TEST(channel_dropouts_drop_whole_channels)
{
    gra_tensor *const one = gra_dropout1d(gra_ones(GRA_SHAPE(20, 10, 4)), 0.5, true);
    gra_tensor *const alone = gra_dropout1d(gra_ones(GRA_SHAPE(200, 4)), 0.5, true);
    gra_tensor *const three = gra_dropout3d(gra_ones(GRA_SHAPE(20, 10, 2, 1, 2)), 0.5, true);
    gra_tensor *const cube = gra_dropout3d(gra_ones(GRA_SHAPE(200, 2, 1, 2)), 0.5, true);
    gra_tensor *const all[] = {one, alone, three, cube};
    for (int i = 0; i < 4; i++) {
        const int dropped = dropped_channels(all[i], 200);
        ck_assert_int_gt(dropped, 60);
        ck_assert_int_lt(dropped, 140);
    }
}

GRA_TEST(alpha_dropout_keeps_mean_and_variance)
{
    gra_tensor *const x = gra_randn(GRA_SHAPE(100, 400));
    gra_tensor *const y = gra_alpha_dropout(x, 0.3, true);
    gra_tensor *const z = gra_feature_alpha_dropout(gra_randn(GRA_SHAPE(200, 200, 2)), 0.3, true);
    ck_assert_double_eq_tol(gra_item(gra_mean(y)), 0, 0.03);
    ck_assert_double_eq_tol(gra_item(gra_var(y)), 1, 0.03);
    ck_assert_double_eq_tol(gra_item(gra_mean(z)), 0, 0.03);
    ck_assert_double_eq_tol(gra_item(gra_var(z)), 1, 0.03);
}

/* PyTorch 2.13: a dropped 0 becomes -1.0595 and another 0.4541, at p = 0.3. */
GRA_TEST(alpha_dropout_sets_what_it_drops_to_the_limit_of_selu)
{
    gra_tensor *const y = gra_alpha_dropout(gra_zeros(GRA_SHAPE(50)), 0.3, true);
    for (int64_t i = 0; i < 50; i++) {
        const double value = gra_tensor_at(y, GRA_SHAPE(i));
        ck_assert(gra_test_close(value, -1.0595, 0, 1e-4) ||
                  gra_test_close(value, 0.4541, 0, 1e-4));
    }
}

GRA_TEST(dropout_in_place_writes_what_dropout_gives)
{
    gra_tensor *const leaf = gra_requires_grad(gra_ones(GRA_SHAPE(40)));
    gra_manual_seed(3);
    gra_tensor *const y = gra_dropout(leaf, 0.5, true);
    gra_manual_seed(3);
    gra_tensor *const x = gra_clone(leaf), *const z = gra_dropout_(x, 0.5, true);
    ck_assert_ptr_eq(x, z);
    gra_tensor *const dy = gra_grad(gra_sum(y), leaf), *const dz = gra_grad(gra_sum(z), leaf);
    for (int64_t i = 0; i < 40; i++) {
        ck_assert(gra_tensor_at(y, GRA_SHAPE(i)) == gra_tensor_at(x, GRA_SHAPE(i)));
        ck_assert(gra_tensor_at(dy, GRA_SHAPE(i)) == gra_tensor_at(dz, GRA_SHAPE(i)));
    }
    ck_assert_ptr_eq(gra_dropout_(x, 0.5, false), x);
}

static void draw(int threads, gra_tensor **out)
{
    gra_set_threads(threads);
    gra_manual_seed(5);
    out[0] = gra_alpha_dropout(gra_ones(GRA_SHAPE(300, 1000)), 0.4, true);
    out[1] = gra_dropout1d(gra_ones(GRA_SHAPE(100, 300, 10)), 0.4, true);
    gra_set_threads(1);
}

GRA_TEST(dropouts_have_the_same_bits_for_any_number_of_threads)
{
    gra_tensor *first[2], *again[2];
    draw(1, first);
    draw(3, again);
    for (int i = 0; i < 2; i++)
        ck_assert(gra_item(gra_all(gra_eq(first[i], again[i]))) == 1);
}

GRA_TEST(dropouts_reject_what_does_not_fit)
{
    gra_tensor *const x = gra_zeros(GRA_SHAPE(3));
    GRA_ASSERT_REJECTED(gra_dropout1d(x, 0.5, true),
                        "dropout1d: x has shape [3]; [N, C, L] or [C, L] is needed");
    GRA_ASSERT_REJECTED(gra_dropout3d_(x, 0.5, true),
                        "dropout3d_: x has shape [3]; [N, C, D, H, W] or "
                        "[C, D, H, W] is needed");
    GRA_ASSERT_REJECTED(gra_feature_alpha_dropout(x, 0.5, true),
                        "feature_alpha_dropout: x has shape [3]; [N, C, ...] is needed");
    GRA_ASSERT_REJECTED(gra_alpha_dropout(x, 2, true),
                        "alpha_dropout: p is 2; a probability lies between 0 and 1");
    GRA_ASSERT_REJECTED(gra_alpha_dropout(gra_zeros(GRA_SHAPE(3), GRA_INT64), 0.5, true),
                        "alpha_dropout: dtype int64 cannot be scaled by 1 / (1 - p); convert the "
                        "tensor with gra_to first");
}

GRA_TEST_MAIN("norms", layer_norm_brings_each_row_to_mean_0_and_variance_1,
              group_norm_takes_neighbouring_channels_together,
              instance_norm_remembers_the_mean_over_the_samples,
              bfloat16_norms_are_computed_in_float32, group_norm_keeps_channels_last,
              normalize_divides_by_no_less_than_eps, norms_reject_what_does_not_fit,
              instance_norm_rejects_what_does_not_fit, channel_dropouts_drop_whole_channels,
              alpha_dropout_keeps_mean_and_variance,
              alpha_dropout_sets_what_it_drops_to_the_limit_of_selu,
              dropout_in_place_writes_what_dropout_gives,
              dropouts_have_the_same_bits_for_any_number_of_threads,
              dropouts_reject_what_does_not_fit)
