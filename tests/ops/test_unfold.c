/* test_unfold.c - unfold, fold and locally connected layers: numbers by hand, dtypes and what is refused. */
#include "gradus.h"

#include "tests/support/test.h"

/* 1 ... 9 as [1, 1, 3, 3]. */
static gra_tensor *nine(void)
{
    return gra_view(gra_vector(1, 2, 3, 4, 5, 6, 7, 8, 9), GRA_SHAPE(1, 1, 3, 3));
}

GRA_TEST(unfold_has_a_column_for_each_window)
{
    gra_tensor *y = gra_unfold(nine(), 2);
    GRA_ASSERT_SHAPE(y, 1, 4, 4);
    GRA_ASSERT_VALUES(y, 1, 2, 4, 5, 2, 3, 5, 6, 4, 5, 7, 8, 5, 6, 8, 9);
    GRA_ASSERT_VALUES(gra_unfold(nine(), 1, .padding = 1, .stride = 2), 0, 0, 0, 0, 5, 0, 0, 0, 0);
    GRA_ASSERT_VALUES(gra_unfold(nine(), 2, 2), 1, 3, 7, 9);
    GRA_ASSERT_SHAPE(gra_unfold(gra_zeros(GRA_SHAPE(2, 3, 3)), 2), 8, 4);
}

GRA_TEST(fold_adds_up_what_overlaps)
{
    gra_tensor *y = gra_fold(gra_ones(GRA_SHAPE(1, 4, 4)), 3, 2);
    GRA_ASSERT_SHAPE(y, 1, 1, 3, 3);
    GRA_ASSERT_VALUES(y, 1, 2, 1, 2, 4, 2, 1, 2, 1);
    y = gra_fold(gra_unfold(nine(), 1, .padding = 1), 3, 1, .padding = 1);
    GRA_ASSERT_VALUES(y, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    GRA_ASSERT_SHAPE(gra_fold(gra_ones(GRA_SHAPE(4, 4)), 3, 2), 1, 3, 3);
}

GRA_TEST(unfold_takes_every_dtype_and_fold_the_floating_ones)
{
    gra_tensor *y = gra_unfold(gra_to(nine(), GRA_INT64), .kernel_size_hw = {3, 1});
    ck_assert_int_eq(gra_tensor_dtype(y), GRA_INT64);
    GRA_ASSERT_VALUES(y, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    y = gra_fold(gra_to(gra_ones(GRA_SHAPE(1, 4, 4)), GRA_BFLOAT16), 3, 2);
    ck_assert_int_eq(gra_tensor_dtype(y), GRA_BFLOAT16);
    GRA_ASSERT_VALUES(y, 1, 2, 1, 2, 4, 2, 1, 2, 1);
    ck_assert_ptr_null(gra_fold(gra_zeros(GRA_SHAPE(1, 4, 4), GRA_INT64), 3, 2));
    GRA_ASSERT_ERROR("fold: a gradient has dtype int64; a floating-point one is needed");
}

GRA_TEST(unfold_rejects_what_does_not_fit)
{
    ck_assert_ptr_null(gra_unfold(nine(), 4));
    GRA_ASSERT_ERROR("unfold: no output pixel is left: height 3 with padding 0 is smaller than a "
                     "kernel of 4 with dilation 1");
    ck_assert_ptr_null(gra_unfold(nine()));
    GRA_ASSERT_ERROR("unfold: kernel_size 0 is out of range; at least 1 is needed");
    ck_assert_ptr_null(gra_unfold(nine(), 2, .stride = 0));
    GRA_ASSERT_ERROR("unfold: stride 0 is out of range; at least 1 is needed");
    ck_assert_ptr_null(gra_unfold(gra_zeros(GRA_SHAPE(3, 3)), 2));
    GRA_ASSERT_ERROR("unfold: input has shape [3, 3]; [N, C, H, W] or [C, H, W] is needed");
    ck_assert_ptr_null(gra_unfold(NULL, 2));
    GRA_ASSERT_ERROR("unfold: input is NULL; a tensor is needed");
}

GRA_TEST(fold_rejects_what_does_not_fit)
{
    ck_assert_ptr_null(gra_fold(gra_zeros(GRA_SHAPE(1, 3, 4)), 3, 2));
    GRA_ASSERT_ERROR(
        "fold: input has shape [1, 3, 4]; [N, C x 4, L] is needed for a kernel of 2 x 2");
    ck_assert_ptr_null(gra_fold(gra_zeros(GRA_SHAPE(1, 4, 5)), 3, 2));
    GRA_ASSERT_ERROR("fold: input has 5 columns; an image of 3 x 3 has 2 x 2 positions");
    ck_assert_ptr_null(gra_fold(gra_zeros(GRA_SHAPE(1, 4, 5)), 1, 2));
    GRA_ASSERT_ERROR("fold: no output pixel is left: height 1 with padding 0 is smaller than a "
                     "kernel of 2 with dilation 1");
    ck_assert_ptr_null(gra_fold(gra_zeros(GRA_SHAPE(1, 4, 5)), 0, 2));
    GRA_ASSERT_ERROR("fold: output_size 0 is out of range; at least 1 is needed");
}

GRA_TEST(a_locally_connected_layer_has_a_filter_for_each_pixel)
{
    gra_tensor *w = gra_view(gra_vector(1, 0, 0, 0, 0, 1, 0, 0), GRA_SHAPE(1, 2, 1, 1, 2, 2));
    gra_tensor *x = gra_narrow(nine(), 2, 0, 2); /* 1 2 3 / 4 5 6 */
    gra_tensor *y = gra_locally_connected2d(x, w);
    GRA_ASSERT_SHAPE(y, 1, 1, 1, 2);
    GRA_ASSERT_VALUES(y, 1, 3);
    gra_tensor *b = gra_view(gra_vector(10, 20), GRA_SHAPE(1, 1, 2));
    GRA_ASSERT_VALUES(gra_locally_connected2d(x, w, b), 11, 23);
}

GRA_TEST(with_one_filter_for_all_pixels_it_is_a_convolution)
{
    gra_tensor *x = gra_randn(GRA_SHAPE(2, 3, 6, 5)), *filter = gra_randn(GRA_SHAPE(4, 3, 3, 2));
    gra_tensor *w = gra_expand(filter, GRA_SHAPE(3, 6, 4, 3, 3, 2));
    gra_tensor *y = gra_locally_connected2d(x, w, .stride_hw = {2, 1}, .padding = 1);
    gra_tensor *expected = gra_conv2d(x, filter, .stride_hw = {2, 1}, .padding = 1);
    ck_assert_double_le(gra_item(gra_max(gra_abs(gra_sub(y, expected)))), 1e-5);
}

GRA_TEST(locally_connected2d_rejects_what_does_not_agree)
{
    gra_tensor *w = gra_zeros(GRA_SHAPE(2, 2, 1, 1, 2, 2));
    ck_assert_ptr_null(gra_locally_connected2d(nine(), gra_zeros(GRA_SHAPE(1, 1, 2, 2))));
    GRA_ASSERT_ERROR("locally_connected2d: weight has shape [1, 1, 2, 2]; [P, Q, K, C, R, S] is "
                     "needed");
    ck_assert_ptr_null(gra_locally_connected2d(nine(), w, .padding = 1));
    GRA_ASSERT_ERROR("locally_connected2d: input [1, 1, 3, 3] has 1 channels and 4 x 4 windows, "
                     "weight [2, 2, 1, 1, 2, 2] expects 1 and 2 x 2");
    ck_assert_ptr_null(gra_locally_connected2d(nine(), w, gra_vector(1)));
    GRA_ASSERT_ERROR(
        "locally_connected2d: bias has shape [1]; [1, 2, 2] is needed, one for each output");
    ck_assert_ptr_null(gra_locally_connected2d(nine(), gra_to(w, GRA_FLOAT64)));
    GRA_ASSERT_ERROR("locally_connected2d: input is float32, weight float64; one floating-point "
                     "dtype is needed (gra_to converts)");
    ck_assert_ptr_null(gra_locally_connected2d(nine(), w, .stride = 0));
    GRA_ASSERT_ERROR("locally_connected2d: stride 0 is out of range; at least 1 is needed");
    ck_assert_ptr_null(gra_locally_connected2d(gra_zeros(GRA_SHAPE(3, 3)), w));
    GRA_ASSERT_ERROR(
        "locally_connected2d: input has shape [3, 3]; [N, C, H, W] or [C, H, W] is needed");
    ck_assert_ptr_null(gra_locally_connected2d(nine(), NULL));
    GRA_ASSERT_ERROR("locally_connected2d: weight is NULL; a tensor is needed");
}

GRA_TEST_MAIN("unfold", unfold_has_a_column_for_each_window, fold_adds_up_what_overlaps,
              unfold_takes_every_dtype_and_fold_the_floating_ones, unfold_rejects_what_does_not_fit,
              fold_rejects_what_does_not_fit, a_locally_connected_layer_has_a_filter_for_each_pixel,
              with_one_filter_for_all_pixels_it_is_a_convolution,
              locally_connected2d_rejects_what_does_not_agree)
