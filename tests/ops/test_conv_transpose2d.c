/* test_conv_transpose2d.c - the transposed convolution: numbers by hand, dtypes, engines and what is refused. */
#include "gradus.h"

#include "tests/support/test.h"

/* 1 2 / 3 4 as [1, 1, 2, 2]. */
static gra_tensor *four(void)
{
    return gra_view(gra_vector(1, 2, 3, 4), GRA_SHAPE(1, 1, 2, 2));
}

static gra_tensor *ones(void)
{
    return gra_ones(GRA_SHAPE(1, 1, 2, 2));
}

GRA_TEST(conv_transpose2d_spreads_each_pixel_with_the_filter)
{
    gra_tensor *y = gra_conv_transpose2d(four(), ones());
    GRA_ASSERT_SHAPE(y, 1, 1, 3, 3);
    GRA_ASSERT_VALUES(y, 1, 3, 2, 4, 10, 6, 3, 7, 4);
    y = gra_conv_transpose2d(four(), ones(), gra_vector(10), .stride = 2);
    GRA_ASSERT_VALUES(y, 11, 11, 12, 12, 11, 11, 12, 12, 13, 13, 14, 14, 13, 13, 14, 14);
    GRA_ASSERT_VALUES(gra_conv_transpose2d(four(), ones(), .padding = 1), 10);
    GRA_ASSERT_SHAPE(gra_conv_transpose2d(four(), ones(), .stride = 3, .output_padding_hw = {2, 1}),
                     1, 1, 7, 6);
}

/* <conv2d(a, w), b> = <a, conv_transpose2d(b, w)> for any a and b. */
GRA_TEST(conv_transpose2d_is_the_adjoint_of_conv2d_with_every_engine)
{
    const int64_t channels[][2] = {{3, 5}, {32, 16}, {64, 64}};
    for (int i = 0; i < 3; i++)
        for (int turned = 0; turned < 2; turned++) {
            gra_tensor *a = gra_randn(GRA_SHAPE(2, channels[i][0], 9, 11));
            gra_tensor *w = gra_randn(GRA_SHAPE(channels[i][1], channels[i][0], 3, 3));
            gra_tensor *y = gra_conv2d(a, w, .padding = 1, .stride = 2);
            gra_tensor *b = gra_randn(gra_tensor_shape(y));
            b = turned ? gra_to_channels_last(b) : b;
            gra_tensor *x = gra_conv_transpose2d(b, w, .padding = 1, .stride = 2);
            ck_assert(gra_shape_equal(gra_tensor_shape(x), gra_tensor_shape(a)));
            const double left = gra_item(gra_sum(gra_mul(y, b)));
            GRA_ASSERT_CLOSE(gra_sum(gra_mul(a, x)), &left, 1, 1e-3, 1e-2);
        }
}

GRA_TEST(conv_transpose2d_takes_bfloat16_and_images_without_a_batch)
{
    gra_tensor *y = gra_conv_transpose2d(gra_to(four(), GRA_BFLOAT16), gra_to(ones(), GRA_BFLOAT16),
                                         gra_to(gra_vector(1), GRA_BFLOAT16));
    ck_assert_int_eq(gra_tensor_dtype(y), GRA_BFLOAT16);
    GRA_ASSERT_VALUES(y, 2, 4, 3, 5, 11, 7, 4, 8, 5);
    GRA_ASSERT_SHAPE(gra_conv_transpose2d(gra_select(four(), 0, 0), ones()), 1, 3, 3);
}

GRA_TEST(conv_transpose2d_rejects_shapes_that_do_not_agree)
{
    ck_assert_ptr_null(gra_conv_transpose2d(gra_zeros(GRA_SHAPE(2, 2)), ones()));
    GRA_ASSERT_ERROR(
        "conv_transpose2d: input has shape [2, 2]; [N, C, H, W] or [C, H, W] is needed");
    ck_assert_ptr_null(gra_conv_transpose2d(four(), gra_zeros(GRA_SHAPE(2, 2))));
    GRA_ASSERT_ERROR("conv_transpose2d: weight has shape [2, 2]; [C, K / groups, R, S] is needed");
    ck_assert_ptr_null(gra_conv_transpose2d(four(), gra_zeros(GRA_SHAPE(3, 2, 2, 2))));
    GRA_ASSERT_ERROR("conv_transpose2d: input [1, 1, 2, 2] has 1 channels, weight [3, 2, 2, 2] "
                     "expects 3");
    ck_assert_ptr_null(gra_conv_transpose2d(four(), ones(), .groups = 2));
    GRA_ASSERT_ERROR("conv_transpose2d: groups 2 does not divide the 1 channels of input");
    ck_assert_ptr_null(gra_conv_transpose2d(four(), ones(), gra_vector(1, 2)));
    GRA_ASSERT_ERROR(
        "conv_transpose2d: bias has shape [2]; [1] is needed, one for each output channel");
    ck_assert_ptr_null(gra_conv_transpose2d(four(), ones(), .padding = 2));
    GRA_ASSERT_ERROR("conv_transpose2d: no output pixel is left: height 2 with stride 1, padding 2 "
                     "and a kernel of 2 with dilation 1");
}

GRA_TEST(conv_transpose2d_rejects_options_that_are_out_of_range)
{
    ck_assert_ptr_null(gra_conv_transpose2d(four(), ones(), .stride = 0));
    GRA_ASSERT_ERROR("conv_transpose2d: stride 0 is out of range; at least 1 is needed");
    ck_assert_ptr_null(gra_conv_transpose2d(four(), ones(), .padding = -1));
    GRA_ASSERT_ERROR("conv_transpose2d: padding -1 is out of range; at least 0 is needed");
    ck_assert_ptr_null(gra_conv_transpose2d(four(), ones(), .stride = 2, .output_padding = 2));
    GRA_ASSERT_ERROR("conv_transpose2d: output_padding 2 is too large; less than the stride 2 or "
                     "the dilation 1 is needed");
    ck_assert_ptr_null(gra_conv_transpose2d(four(), ones(), .stride = 2, .stride_hw = {2, 2}));
    GRA_ASSERT_ERROR("conv_transpose2d: both .stride and .stride_hw were given; one of them is "
                     "enough");
}

GRA_TEST(conv_transpose2d_rejects_mixed_dtypes_and_null)
{
    ck_assert_ptr_null(gra_conv_transpose2d(four(), gra_to(ones(), GRA_FLOAT64)));
    GRA_ASSERT_ERROR("conv_transpose2d: input is float32, weight float64; one floating-point dtype "
                     "is needed (gra_to converts)");
    ck_assert_ptr_null(gra_conv_transpose2d(four(), NULL));
    GRA_ASSERT_ERROR("conv_transpose2d: weight is NULL; a tensor is needed");
}

GRA_TEST_MAIN("conv_transpose2d", conv_transpose2d_spreads_each_pixel_with_the_filter,
              conv_transpose2d_is_the_adjoint_of_conv2d_with_every_engine,
              conv_transpose2d_takes_bfloat16_and_images_without_a_batch,
              conv_transpose2d_rejects_shapes_that_do_not_agree,
              conv_transpose2d_rejects_options_that_are_out_of_range,
              conv_transpose2d_rejects_mixed_dtypes_and_null)
