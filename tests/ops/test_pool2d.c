/* test_pool2d.c - pooling: numbers by hand, options, dtypes and what is refused. */
#include "gradus.h"

#include "tests/support/test.h"

/* 1 ... 16 as [1, 1, 4, 4]. */
static gra_tensor *sixteen(void)
{
    return gra_view(gra_to(gra_arange(1, 17, 1), GRA_FLOAT32), GRA_SHAPE(1, 1, 4, 4));
}

GRA_TEST(avg_pool2d_gives_means_and_shares_the_gradient)
{
    gra_tensor *x = gra_requires_grad(sixteen());
    gra_tensor *y = gra_avg_pool2d(x, 2);
    GRA_ASSERT_VALUES(y, 3.5, 5.5, 11.5, 13.5);
    gra_backward(gra_sum(y));
    GRA_ASSERT_VALUES(gra_sum(gra_tensor_grad(x)), 4);
    ck_assert_double_eq(gra_tensor_at(gra_tensor_grad(x), GRA_SHAPE(0, 0, 3, 3)), 0.25);
}

GRA_TEST(avg_pool2d_counts_the_padding_unless_told_otherwise)
{
    gra_tensor *corner = gra_narrow(gra_narrow(sixteen(), 2, 0, 2), 3, 0, 2); /* 1 2 / 5 6 */
    GRA_ASSERT_VALUES(gra_avg_pool2d(corner, 2, .padding = 1), 0.25, 0.5, 1.25, 1.5);
    GRA_ASSERT_VALUES(gra_avg_pool2d(corner, 2, .padding = 1, .count_include_pad = false), 1, 2, 5,
                      6);
    GRA_ASSERT_VALUES(gra_avg_pool2d(corner, 2, .divisor_override = 7), 2);
}

GRA_TEST(max_pool2d_gives_maxima_and_the_gradient_to_the_first_winner)
{
    gra_tensor *x = gra_requires_grad(sixteen());
    GRA_ASSERT_VALUES(gra_max_pool2d(x, 2), 6, 8, 14, 16);
    GRA_ASSERT_VALUES(gra_max_pool2d(x, 3, .stride = 1), 11, 12, 15, 16);
    gra_tensor *equal = gra_requires_grad(gra_ones(GRA_SHAPE(1, 1, 2, 2)));
    gra_backward(gra_sum(gra_max_pool2d(equal, 2)));
    GRA_ASSERT_VALUES(gra_tensor_grad(equal), 1, 0, 0, 0);
}

GRA_TEST(nan_wins_a_maximum)
{
    GRA_ASSERT_VALUES(gra_max_pool2d(gra_full(GRA_SHAPE(1, 1, 2, 2), NAN), 2), NAN);
}

GRA_TEST(ceil_mode_adds_the_last_windows)
{
    gra_tensor *x = gra_zeros(GRA_SHAPE(1, 1, 5, 4));
    GRA_ASSERT_SHAPE(gra_max_pool2d(x, 2), 1, 1, 2, 2);
    GRA_ASSERT_SHAPE(gra_max_pool2d(x, 2, .ceil_mode = true), 1, 1, 3, 2);
    GRA_ASSERT_SHAPE(gra_avg_pool2d(x, 2, .ceil_mode = true), 1, 1, 3, 2);
}

GRA_TEST(pooling_takes_images_without_a_batch_and_bfloat16)
{
    GRA_ASSERT_SHAPE(gra_max_pool2d(gra_zeros(GRA_SHAPE(3, 4, 6)), 2), 3, 2, 3);
    gra_tensor *y = gra_avg_pool2d(gra_to(sixteen(), GRA_BFLOAT16), 2);
    ck_assert_int_eq(gra_tensor_dtype(y), GRA_BFLOAT16);
    GRA_ASSERT_VALUES(y, 3.5, 5.5, 11.5, 13.5);
}

GRA_TEST(max_pool2d_says_where_its_winners_stand)
{
    gra_tensor *at;
    GRA_ASSERT_VALUES(gra_max_pool2d_with_indices(&at, sixteen(), 2), 6, 8, 14, 16);
    GRA_ASSERT_VALUES(at, 5, 7, 13, 15);
    gra_max_pool2d_with_indices(&at, gra_full(GRA_SHAPE(1, 2, 2), NAN), 2);
    GRA_ASSERT_SHAPE(at, 1, 1, 1);
    GRA_ASSERT_VALUES(at, 3); /* the last one of several */
    gra_tensor *x = gra_requires_grad(gra_to_channels_last(gra_randn(GRA_SHAPE(2, 3, 6, 6))));
    gra_tensor *y = gra_max_pool2d_with_indices(&at, x, 3, .stride = 2), *places;
    ck_assert(gra_is_channels_last(y) && !gra_tensor_requires_grad(at));
    gra_max_pool2d_with_indices(&places, gra_contiguous(x), 3, .stride = 2);
    ck_assert(gra_item(gra_all(gra_eq(at, places))) == 1);
}

GRA_TEST(max_unpool2d_puts_maxima_back)
{
    gra_tensor *at, *x = gra_max_pool2d_with_indices(&at, sixteen(), 2);
    GRA_ASSERT_VALUES(gra_max_unpool2d(x, at, 2), 0, 0, 0, 0, 0, 6, 0, 8, 0, 0, 0, 0, 0, 14, 0, 16);
    GRA_ASSERT_SHAPE(gra_max_unpool2d(x, at, 2, .output_size_hw = {5, 4}), 1, 1, 5, 4);
    gra_tensor *y = gra_max_unpool2d(gra_to(x, GRA_BFLOAT16), at, 2);
    ck_assert_int_eq(gra_tensor_dtype(y), GRA_BFLOAT16);
}

GRA_TEST(max_unpool2d_rejects_places_outside)
{
    gra_tensor *at, *x = gra_max_pool2d_with_indices(&at, sixteen(), 2);
    ck_assert_ptr_null(gra_max_unpool2d(x, at, 2, .output_size_hw = {3, 5}));
    GRA_ASSERT_ERROR(
        "max_unpool2d: index 15 at [0, 0, 1, 1] is out of range for an output of 3 x 5 "
        "pixels");
    ck_assert_ptr_null(gra_max_unpool2d(x, gra_narrow(at, 2, 0, 1), 2));
    GRA_ASSERT_ERROR("max_unpool2d: input has shape [1, 1, 2, 2], indices have shape [1, 1, 1, 2]; "
                     "they must be equal");
    ck_assert_ptr_null(gra_max_unpool2d(x, x, 2));
    GRA_ASSERT_ERROR("max_unpool2d: index has dtype float32; int64 is needed (gra_to converts)");
    ck_assert_ptr_null(gra_max_unpool2d(x, at));
    GRA_ASSERT_ERROR("max_unpool2d: kernel_size 0 is out of range; at least 1 is needed");
    ck_assert_ptr_null(gra_max_unpool2d(x, at, 2, .output_size_hw = {-1, 5}));
    GRA_ASSERT_ERROR("max_unpool2d: output_size -1 is out of range; at least 1 is needed");
    ck_assert_ptr_null(gra_max_unpool2d(x, NULL, 2));
    GRA_ASSERT_ERROR("max_unpool2d: indices is NULL; a tensor is needed");
}

GRA_TEST(lp_pool2d_is_the_norm_of_each_window)
{
    gra_tensor *x = gra_view(gra_vector(1, 2, 2, 4), GRA_SHAPE(1, 1, 2, 2));
    GRA_ASSERT_VALUES(gra_lp_pool2d(x, 2, 2), 5);
    GRA_ASSERT_VALUES(gra_lp_pool2d(x, 1, .kernel_size_hw = {1, 2}), 3, 6);
    ck_assert_ptr_null(gra_lp_pool2d(x, 0, 2));
    GRA_ASSERT_ERROR("lp_pool2d: norm_type 0 is no power; any number but 0 is possible");
    ck_assert_ptr_null(gra_lp_pool2d(x, 2));
    GRA_ASSERT_ERROR("lp_pool2d: kernel_size 0 is out of range; at least 1 is needed");
    ck_assert_ptr_null(gra_lp_pool2d(gra_to(x, GRA_INT64), 2, 2));
    GRA_ASSERT_ERROR("lp_pool2d: dtype int64 is not supported; gra_to(x, GRA_FLOAT32) converts");
}

GRA_TEST(adaptive_max_pool2d_takes_the_maximum_of_uneven_windows)
{
    gra_tensor *at;
    GRA_ASSERT_VALUES(gra_adaptive_max_pool2d(sixteen(), 1, 3, &at), 14, 15, 16);
    GRA_ASSERT_VALUES(at, 13, 14, 15);
    GRA_ASSERT_VALUES(gra_adaptive_max_pool2d(gra_to(sixteen(), GRA_BFLOAT16), 3, 1, NULL), 8, 12,
                      16);
    GRA_ASSERT_VALUES(gra_adaptive_max_pool2d(gra_full(GRA_SHAPE(1, 3, 3), NAN), 1, 2, &at), NAN,
                      NAN);
    GRA_ASSERT_VALUES(at, 7, 8);
}

GRA_TEST(adaptive_max_pool2d_rejects_sizes_and_dtypes)
{
    ck_assert_ptr_null(gra_adaptive_max_pool2d(sixteen(), 0, 2, NULL));
    GRA_ASSERT_ERROR("adaptive_max_pool2d: an image of shape [1, 1, 4, 4] cannot be pooled to 0 x "
                     "2; at least one pixel is needed on both sides");
    ck_assert_ptr_null(gra_adaptive_max_pool2d(gra_to(sixteen(), GRA_INT64), 2, 2, NULL));
    GRA_ASSERT_ERROR(
        "adaptive_max_pool2d: dtype int64 is not supported; gra_to(x, GRA_FLOAT32) converts");
    ck_assert_ptr_null(gra_adaptive_max_pool2d(gra_vector(1), 2, 2, NULL));
    GRA_ASSERT_ERROR(
        "adaptive_max_pool2d: input has shape [1]; [N, C, H, W] or [C, H, W] is needed");
}

GRA_TEST(pooling_rejects_windows_that_do_not_fit)
{
    ck_assert_ptr_null(gra_max_pool2d(sixteen(), 5));
    GRA_ASSERT_ERROR(
        "max_pool2d: no output pixel is left: height 4 with padding 0 is smaller than a "
        "kernel of 5 with dilation 1");
    ck_assert_ptr_null(gra_avg_pool2d(sixteen(), 2, .padding = 2));
    GRA_ASSERT_ERROR("avg_pool2d: padding 2 is more than half of kernel_size 2");
}

/* Called by name, an op may be given what its function would have seen to. */
GRA_TEST(pools_and_convolutions_called_by_name_check_what_they_get)
{
    gra_tensor *x = gra_zeros(GRA_SHAPE(2, 4, 4));
    gra_value y, values[] = {gra_tensor_value(sixteen()), gra_int_value(2)};
    ck_assert_int_eq(gra_invoke("avg_pool2d", values, 2, &y), 0);
    GRA_ASSERT_VALUES(y.tensor, 3.5, 5.5, 11.5, 13.5);
    ck_assert_int_eq(gra_invoke("max_pool2d", values, 2, &y), 0);
    GRA_ASSERT_VALUES(y.tensor, 6, 8, 14, 16);
    values[1] = gra_int_value(0);
    ck_assert_int_eq(gra_invoke("max_pool2d", values, 2, &y), -1);
    GRA_ASSERT_ERROR("max_pool2d: kernel_size 0 is out of range; at least 1 is needed");
    values[0] = gra_tensor_value(x);
    values[1] = gra_int_value(2);
    ck_assert_int_eq(gra_invoke("avg_pool2d", values, 2, &y), -1);
    GRA_ASSERT_ERROR("avg_pool2d: input has shape [2, 4, 4]; [N, C, H, W] is needed");
    values[1] = gra_tensor_value(gra_zeros(GRA_SHAPE(1, 2, 3, 3)));
    ck_assert_int_eq(gra_invoke("conv2d", values, 2, &y), -1);
    GRA_ASSERT_ERROR("conv2d: input has shape [2, 4, 4]; [N, C, H, W] is needed");
    gra_value strided[] = {gra_tensor_value(gra_zeros(GRA_SHAPE(1, 2, 4, 4))), values[1],
                           gra_named("stride", gra_int_value(0))};
    ck_assert_int_eq(gra_invoke("conv2d", strided, 3, &y), -1);
    GRA_ASSERT_ERROR("conv2d: stride 0 is out of range; at least 1 is needed");
}

GRA_TEST(pooling_rejects_wrong_options_shapes_and_dtypes)
{
    ck_assert_ptr_null(gra_avg_pool2d(sixteen(), 0));
    GRA_ASSERT_ERROR("avg_pool2d: kernel_size 0 is out of range; at least 1 is needed");
    ck_assert_ptr_null(gra_max_pool2d(sixteen(), 2, .kernel_size_hw = {2, 3}));
    GRA_ASSERT_ERROR(
        "max_pool2d: both .kernel_size and .kernel_size_hw were given; one of them is enough");
    ck_assert_ptr_null(gra_avg_pool2d(sixteen(), 2, .divisor_override = -3));
    GRA_ASSERT_ERROR(
        "avg_pool2d: divisor_override -3 is negative; a positive divisor is needed, or 0 for "
        "the window's size");
    ck_assert_ptr_null(gra_max_pool2d(gra_zeros(GRA_SHAPE(4, 4)), 2));
    GRA_ASSERT_ERROR("max_pool2d: input has shape [4, 4]; [N, C, H, W] or [C, H, W] is needed");
    ck_assert_ptr_null(gra_max_pool2d(gra_to(sixteen(), GRA_INT64), 2));
    GRA_ASSERT_ERROR("max_pool2d: dtype int64 is not supported; gra_to(x, GRA_FLOAT32) converts");
    ck_assert_ptr_null(gra_avg_pool2d(NULL, 2));
    GRA_ASSERT_ERROR("avg_pool2d: input is NULL; a tensor is needed");
}

GRA_TEST_MAIN("pool2d", avg_pool2d_gives_means_and_shares_the_gradient,
              avg_pool2d_counts_the_padding_unless_told_otherwise,
              max_pool2d_gives_maxima_and_the_gradient_to_the_first_winner, nan_wins_a_maximum,
              ceil_mode_adds_the_last_windows, pooling_takes_images_without_a_batch_and_bfloat16,
              max_pool2d_says_where_its_winners_stand, max_unpool2d_puts_maxima_back,
              max_unpool2d_rejects_places_outside, lp_pool2d_is_the_norm_of_each_window,
              adaptive_max_pool2d_takes_the_maximum_of_uneven_windows,
              adaptive_max_pool2d_rejects_sizes_and_dtypes, pooling_rejects_windows_that_do_not_fit,
              pools_and_convolutions_called_by_name_check_what_they_get,
              pooling_rejects_wrong_options_shapes_and_dtypes)
