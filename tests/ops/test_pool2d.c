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

GRA_TEST(pooling_rejects_windows_that_do_not_fit)
{
    ck_assert_ptr_null(gra_max_pool2d(sixteen(), 5));
    GRA_ASSERT_ERROR(
        "max_pool2d: no output pixel is left: height 4 with padding 0 is smaller than a "
        "kernel of 5 with dilation 1");
    ck_assert_ptr_null(gra_avg_pool2d(sixteen(), 2, .padding = 2));
    GRA_ASSERT_ERROR("avg_pool2d: padding 2 is more than half of kernel_size 2");
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
              pooling_rejects_windows_that_do_not_fit,
              pooling_rejects_wrong_options_shapes_and_dtypes)
