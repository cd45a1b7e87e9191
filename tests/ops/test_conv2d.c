/* test_conv2d.c - convolution: numbers by hand, layouts, engines, dtypes and what is refused. */
#include "gradus.h"

#include "tests/support/test.h"

/* 1 2 3 / 4 5 6 / 7 8 9 as [1, 1, 3, 3]. */
static gra_tensor *nine(void)
{
    return gra_view(gra_vector(1, 2, 3, 4, 5, 6, 7, 8, 9), GRA_SHAPE(1, 1, 3, 3));
}

/* 1 0 / 0 -1 as [1, 1, 2, 2]: the difference along the diagonal. */
static gra_tensor *diagonal(void)
{
    return gra_view(gra_vector(1, 0, 0, -1), GRA_SHAPE(1, 1, 2, 2));
}

GRA_TEST(conv2d_adds_up_products_without_turning_the_filter)
{
    gra_tensor *y = gra_conv2d(nine(), diagonal());
    GRA_ASSERT_SHAPE(y, 1, 1, 2, 2);
    GRA_ASSERT_VALUES(y, -4, -4, -4, -4); /* 1 - 5, 2 - 6, 4 - 8, 5 - 9 */
    GRA_ASSERT_VALUES(gra_conv2d(nine(), diagonal(), gra_vector(10)), 6, 6, 6, 6);
}

GRA_TEST(conv2d_pads_with_zeros_and_strides)
{
    gra_tensor *y = gra_conv2d(nine(), diagonal(), .stride = 2, .padding = 1);
    GRA_ASSERT_SHAPE(y, 1, 1, 2, 2);
    GRA_ASSERT_VALUES(y, -1, -3, -7, -4); /* 0 - 1, 0 - 3, 0 - 7, 5 - 9 */
    GRA_ASSERT_VALUES(gra_conv2d(nine(), diagonal(), .dilation = 2), -8);
}

GRA_TEST(gradients_of_conv2d_are_right_by_hand)
{
    gra_tensor *x = gra_requires_grad(nine()), *w = gra_requires_grad(diagonal());
    gra_tensor *b = gra_requires_grad(gra_vector(0));
    gra_backward(gra_sum(gra_conv2d(x, w, b)));
    GRA_ASSERT_VALUES(gra_tensor_grad(x), 1, 1, 0, 1, 0, -1, 0, -1, -1);
    GRA_ASSERT_VALUES(gra_tensor_grad(w), 12, 16, 24, 28); /* the sums of the 2x2 corners */
    GRA_ASSERT_VALUES(gra_tensor_grad(b), 4);
}

/* One layer of either kind, with its gradients. */
static void assert_is_linear(gra_dtype dtype, int64_t n, bool relu)
{
    gra_manual_seed(3);
    gra_tensor *const x = gra_to(gra_randn(GRA_SHAPE(n, 3, 4, 5)), dtype);
    gra_tensor *const w = gra_to(gra_randn(GRA_SHAPE(7, 3, 4, 5)), dtype);
    gra_tensor *const b = gra_to(gra_randn(GRA_SHAPE(7)), dtype);
    gra_tensor *in[2][3], *y[2];
    for (int k = 0; k < 2; k++) {
        in[k][0] =
            gra_requires_grad(k ? gra_to_channels_last(x) : gra_reshape(x, GRA_SHAPE(n, 60)));
        in[k][1] = gra_requires_grad(k ? gra_clone(w) : gra_reshape(w, GRA_SHAPE(7, 60)));
        in[k][2] = gra_requires_grad(gra_clone(b));
        y[k] =
            k ? gra_conv2d(in[k][0], in[k][1], in[k][2]) : gra_linear(in[k][0], in[k][1], in[k][2]);
        y[k] = relu ? gra_relu(y[k]) : y[k];
        gra_backward(gra_sum(gra_square(y[k])));
    }
    const double tolerance = dtype == GRA_FLOAT64 ? 1e-12 : dtype == GRA_FLOAT32 ? 1e-5 : 0.1;
    GRA_ASSERT_SHAPE(y[1], n, 7, 1, 1);
    for (int i = 0; i < 3; i++) {
        gra_tensor *const a = gra_tensor_grad(in[0][i]), *const c = gra_tensor_grad(in[1][i]);
        gra_tensor *const off = gra_sub(gra_reshape(c, gra_tensor_shape(a)), a);
        const double most = gra_item(gra_max(gra_abs(gra_to(a, GRA_FLOAT64))));
        ck_assert(gra_item(gra_max(gra_abs(gra_to(off, GRA_FLOAT64)))) <= tolerance * most);
    }
}

GRA_TEST(a_filter_as_large_as_the_image_is_a_linear_layer)
{
    static const gra_dtype dtypes[] = {GRA_FLOAT32, GRA_FLOAT64, GRA_BFLOAT16};
    for (int d = 0; d < 3; d++)
        for (int relu = 0; relu < 2; relu++) {
            assert_is_linear(dtypes[d], 1, relu);
            assert_is_linear(dtypes[d], 6, relu);
        }
}

GRA_TEST(flip_kernel_turns_the_filter)
{
    gra_tensor *x = gra_requires_grad(nine()), *w = gra_requires_grad(diagonal());
    gra_tensor *y = gra_conv2d(x, w, .flip_kernel = true);
    GRA_ASSERT_VALUES(y, 4, 4, 4, 4); /* 5 - 1, 6 - 2, 8 - 4, 9 - 5 */
    gra_backward(gra_sum(y));
    GRA_ASSERT_VALUES(gra_tensor_grad(x), -1, -1, 0, -1, 0, 1, 0, 1, 1);
    GRA_ASSERT_VALUES(gra_tensor_grad(w), 28, 24, 16, 12);
}

/* In the kernels for channels-last and the direct ones. */
GRA_TEST(flip_kernel_is_a_convolution_with_the_turned_filter)
{
    gra_tensor *x = gra_randn(GRA_SHAPE(2, 32, 9, 10)), *w = gra_randn(GRA_SHAPE(16, 32, 3, 3));
    gra_tensor *turned = gra_flip(w, GRA_DIMS(2, 3));
    for (int direct = 0; direct < 2; direct++) {
        gra_set_conv_algorithm(direct ? GRA_CONV_DIRECT : GRA_CONV_AUTO);
        gra_tensor *y = gra_conv2d(x, w, .padding = 1, .flip_kernel = true);
        ck_assert(gra_item(gra_all(gra_eq(y, gra_conv2d(x, turned, .padding = 1)))) == 1);
    }
    gra_set_conv_algorithm(GRA_CONV_AUTO);
}

GRA_TEST(padding_same_keeps_the_size)
{
    gra_tensor *y = gra_conv2d(nine(), diagonal(), .padding = GRA_SAME);
    GRA_ASSERT_VALUES(y, -4, -4, 3, -4, -4, 6, 7, 8, 9); /* the zeros stand behind */
    GRA_ASSERT_SHAPE(gra_conv2d(nine(), gra_zeros(GRA_SHAPE(1, 1, 3, 2)), .padding = GRA_SAME,
                                .dilation_hw = {2, 3}),
                     1, 1, 3, 3);
    ck_assert_ptr_null(gra_conv2d(nine(), diagonal(), .padding = GRA_SAME, .stride = 2));
    GRA_ASSERT_ERROR("conv2d: padding GRA_SAME needs stride 1; it is (2, 2)");
    ck_assert_ptr_null(gra_conv2d(nine(), gra_zeros(GRA_SHAPE(2, 2)), .padding = GRA_SAME));
    GRA_ASSERT_ERROR("conv2d: weight has shape [2, 2]; [K, C / groups, R, S] is needed");
}

GRA_TEST(conv2d_takes_an_image_without_a_batch_and_an_empty_batch)
{
    GRA_ASSERT_SHAPE(gra_conv2d(gra_zeros(GRA_SHAPE(2, 5, 6)), gra_zeros(GRA_SHAPE(3, 2, 3, 3))), 3,
                     3, 4);
    GRA_ASSERT_SHAPE(gra_conv2d(gra_zeros(GRA_SHAPE(0, 2, 5, 6)), gra_zeros(GRA_SHAPE(3, 2, 3, 3))),
                     0, 3, 3, 4);
}

GRA_TEST(conv2d_of_bfloat16_is_computed_in_float32)
{
    gra_tensor *y = gra_conv2d(gra_to(nine(), GRA_BFLOAT16), gra_to(diagonal(), GRA_BFLOAT16));
    ck_assert_int_eq(gra_tensor_dtype(y), GRA_BFLOAT16);
    GRA_ASSERT_VALUES(y, -4, -4, -4, -4);
}

GRA_TEST(the_engines_agree_and_the_direct_one_can_be_forced)
{
    gra_tensor *x = gra_to_channels_last(gra_randn(GRA_SHAPE(2, 32, 9, 10)));
    gra_tensor *w = gra_randn(GRA_SHAPE(16, 32, 3, 3));
    ck_assert_int_eq(gra_set_conv_algorithm(GRA_CONV_DIRECT), GRA_CONV_AUTO);
    gra_tensor *direct = gra_conv2d(x, w, .padding = 1);
    ck_assert_int_eq(gra_set_conv_algorithm(GRA_CONV_AUTO), GRA_CONV_DIRECT);
    ck_assert(gra_is_contiguous(direct));
    gra_tensor *fast = gra_conv2d(x, w, .padding = 1);
    ck_assert(gra_is_channels_last(fast));
    const double rms = sqrt(gra_item(gra_mean(gra_square(direct))));
    const double worst = gra_item(gra_max(gra_abs(gra_sub(fast, direct))));
    ck_assert_double_gt(worst, 0); /* two ways indeed */
    ck_assert_double_le(worst / rms, 1e-4);
}

/* 36 MB of output, which are written past the caches. */
GRA_TEST(an_output_larger_than_the_caches_is_the_same)
{
    gra_tensor *x = gra_randn(GRA_SHAPE(2, 3, 266, 266)), *w = gra_randn(GRA_SHAPE(64, 3, 3, 3));
    gra_tensor *b = gra_randn(GRA_SHAPE(64));
    gra_set_conv_algorithm(GRA_CONV_DIRECT);
    gra_tensor *direct = gra_conv2d(x, w, b, .padding = 1, .activation = GRA_RELU);
    gra_set_conv_algorithm(GRA_CONV_AUTO);
    gra_tensor *fast = gra_conv2d(x, w, b, .padding = 1, .activation = GRA_RELU);
    ck_assert(gra_is_channels_last(fast));
    ck_assert_double_le(gra_item(gra_max(gra_abs(gra_sub(fast, direct)))), 2e-5);
}

GRA_TEST(conv2d_rejects_a_channel_mismatch)
{
    ck_assert_ptr_null(
        gra_conv2d(gra_zeros(GRA_SHAPE(1, 3, 8, 8)), gra_zeros(GRA_SHAPE(6, 1, 5, 5))));
    GRA_ASSERT_ERROR("conv2d: input [1, 3, 8, 8] has 3 channels, weight [6, 1, 5, 5] with groups 1 "
                     "expects 1");
}

GRA_TEST(conv2d_rejects_groups_that_do_not_divide)
{
    ck_assert_ptr_null(gra_conv2d(gra_zeros(GRA_SHAPE(1, 4, 8, 8)),
                                  gra_zeros(GRA_SHAPE(6, 1, 3, 3)), .groups = 4));
    GRA_ASSERT_ERROR(
        "conv2d: groups 4 does not divide the 4 channels of input and the 6 of the output");
}

GRA_TEST(conv2d_rejects_filters_larger_than_the_image)
{
    ck_assert_ptr_null(gra_conv2d(nine(), gra_zeros(GRA_SHAPE(1, 1, 5, 2)), .padding_hw = {0, 1}));
    GRA_ASSERT_ERROR(
        "conv2d: no output pixel is left: height 3 with padding 0 is smaller than a kernel "
        "of 5 with dilation 1");
}

GRA_TEST(conv2d_rejects_wrong_numbers_of_dims)
{
    ck_assert_ptr_null(gra_conv2d(gra_zeros(GRA_SHAPE(8, 8)), diagonal()));
    GRA_ASSERT_ERROR("conv2d: input has shape [8, 8]; [N, C, H, W] or [C, H, W] is needed");
    ck_assert_ptr_null(gra_conv2d(nine(), gra_zeros(GRA_SHAPE(2, 2))));
    GRA_ASSERT_ERROR("conv2d: weight has shape [2, 2]; [K, C / groups, R, S] is needed");
    ck_assert_ptr_null(gra_conv2d(nine(), diagonal(), gra_zeros(GRA_SHAPE(3))));
    GRA_ASSERT_ERROR("conv2d: bias has shape [3]; [1] is needed, one for each output channel");
}

GRA_TEST(conv2d_rejects_mixed_and_integer_dtypes)
{
    ck_assert_ptr_null(gra_conv2d(nine(), gra_to(diagonal(), GRA_FLOAT64)));
    GRA_ASSERT_ERROR(
        "conv2d: input is float32, weight float64; one floating-point dtype is needed (gra_to "
        "converts)");
    ck_assert_ptr_null(gra_conv2d(gra_to(nine(), GRA_INT64), gra_to(diagonal(), GRA_INT64)));
    GRA_ASSERT_ERROR(
        "conv2d: input is int64, weight int64; one floating-point dtype is needed (gra_to "
        "converts)");
}

GRA_TEST(conv2d_rejects_options_that_are_out_of_range_or_given_twice)
{
    ck_assert_ptr_null(gra_conv2d(nine(), diagonal(), .stride = 0));
    GRA_ASSERT_ERROR("conv2d: stride 0 is out of range; at least 1 is needed");
    ck_assert_ptr_null(gra_conv2d(nine(), diagonal(), .padding = -1));
    GRA_ASSERT_ERROR("conv2d: padding -1 is out of range; at least 0 is needed");
    ck_assert_ptr_null(gra_conv2d(nine(), diagonal(), .stride = 1LL << 40));
    GRA_ASSERT_ERROR(
        "conv2d: stride 1099511627776 is out of range; at most 2147483647 is possible");
    ck_assert_ptr_null(gra_conv2d(nine(), diagonal(), .stride = 2, .stride_hw = {1, 2}));
    GRA_ASSERT_ERROR("conv2d: both .stride and .stride_hw were given; one of them is enough");
}

GRA_TEST(conv2d_rejects_null)
{
    ck_assert_ptr_null(gra_conv2d(NULL, diagonal()));
    GRA_ASSERT_ERROR("conv2d: input is NULL; a tensor is needed");
    ck_assert_ptr_null(gra_conv2d(nine(), NULL));
    GRA_ASSERT_ERROR("conv2d: weight is NULL; a tensor is needed");
}

GRA_TEST_MAIN("conv2d", conv2d_adds_up_products_without_turning_the_filter,
              conv2d_pads_with_zeros_and_strides, gradients_of_conv2d_are_right_by_hand,
              a_filter_as_large_as_the_image_is_a_linear_layer, flip_kernel_turns_the_filter,
              flip_kernel_is_a_convolution_with_the_turned_filter, padding_same_keeps_the_size,
              conv2d_takes_an_image_without_a_batch_and_an_empty_batch,
              conv2d_of_bfloat16_is_computed_in_float32,
              the_engines_agree_and_the_direct_one_can_be_forced,
              an_output_larger_than_the_caches_is_the_same, conv2d_rejects_a_channel_mismatch,
              conv2d_rejects_groups_that_do_not_divide,
              conv2d_rejects_filters_larger_than_the_image, conv2d_rejects_wrong_numbers_of_dims,
              conv2d_rejects_mixed_and_integer_dtypes,
              conv2d_rejects_options_that_are_out_of_range_or_given_twice, conv2d_rejects_null)
