/* test_conv3d.c - 3-D convolution: numbers by hand, engines, pieces and what is refused. */
#include "gradus.h"

#include "tests/support/test.h"

/* 1 ... 8 as [1, 1, 2, 2, 2]. */
static gra_tensor *eight(void)
{
    return gra_view(gra_vector(1, 2, 3, 4, 5, 6, 7, 8), GRA_SHAPE(1, 1, 2, 2, 2));
}

GRA_TEST(conv3d_adds_up_products_over_three_dims)
{
    gra_tensor *ones = gra_ones(GRA_SHAPE(1, 1, 2, 2, 2));
    GRA_ASSERT_VALUES(gra_conv3d(eight(), ones), 36);
    GRA_ASSERT_VALUES(gra_conv3d(eight(), gra_narrow(ones, 2, 0, 1), gra_vector(100)), 110, 126);
    GRA_ASSERT_VALUES(gra_conv3d(eight(), ones, .padding = 1, .stride = 2), 1, 2, 3, 4, 5, 6, 7, 8);
    GRA_ASSERT_SHAPE(gra_conv3d(gra_select(eight(), 0, 0), ones), 1, 1, 1, 1);
}

GRA_TEST(conv3d_of_bfloat16_is_computed_in_float32)
{
    gra_tensor *y =
        gra_conv3d(gra_to(eight(), GRA_BFLOAT16), gra_ones(GRA_SHAPE(1, 1, 2, 2, 2), GRA_BFLOAT16));
    ck_assert_int_eq(gra_tensor_dtype(y), GRA_BFLOAT16);
    GRA_ASSERT_VALUES(y, 36);
}

/* As a sum of 2-D convolutions, with channels enough for every kernel, and slices in several pieces. */
GRA_TEST(conv3d_is_a_sum_of_2d_convolutions_over_the_depth)
{
    gra_tensor *x = gra_randn(GRA_SHAPE(3, 64, 6, 28, 30)),
               *w = gra_randn(GRA_SHAPE(16, 64, 3, 3, 3));
    gra_tensor *y = gra_conv3d(x, w, .padding_dhw = {0, 1, 1});
    gra_tensor *sum = NULL;
    for (int t = 0; t < 3; t++) {
        gra_tensor *part = gra_conv2d(gra_select(x, 2, 1 + t), gra_select(w, 2, t), .padding = 1);
        sum = sum ? gra_add(sum, part) : part;
    }
    gra_tensor *slice = gra_select(y, 2, 1);
    ck_assert(gra_shape_equal(gra_tensor_shape(slice), gra_tensor_shape(sum)));
    const double rms = sqrt(gra_item(gra_mean(gra_square(sum))));
    ck_assert_double_le(gra_item(gra_max(gra_abs(gra_sub(slice, sum)))) / rms, 1e-4);
}

/* The slices of 3 images of 64 channels are made in several pieces; those of one image in one. */
GRA_TEST(gradients_of_conv3d_are_the_sums_of_those_of_its_images)
{
    gra_tensor *x = gra_requires_grad(gra_randn(GRA_SHAPE(3, 64, 6, 28, 30)));
    gra_tensor *w = gra_requires_grad(gra_randn(GRA_SHAPE(16, 64, 3, 3, 3)));
    gra_tensor *whole, *y = gra_conv3d(x, w, .padding = 1, .stride_dhw = {2, 1, 1});
    gra_tensor *g = gra_randn(gra_tensor_shape(y));
    whole = gra_grad(y, w, .gradient = g);
    gra_tensor *sum = NULL;
    for (int n = 0; n < 3; n++) {
        gra_tensor *one =
            gra_conv3d(gra_narrow(x, 0, n, 1), w, .padding = 1, .stride_dhw = {2, 1, 1});
        gra_tensor *part = gra_grad(one, w, .gradient = gra_narrow(g, 0, n, 1));
        sum = sum ? gra_add(sum, part) : part;
    }
    const double rms = sqrt(gra_item(gra_mean(gra_square(sum))));
    ck_assert_double_le(gra_item(gra_max(gra_abs(gra_sub(whole, sum)))) / rms, 1e-4);
}

GRA_TEST(conv3d_has_the_same_bits_for_any_number_of_threads)
{
    gra_tensor *x = gra_requires_grad(gra_randn(GRA_SHAPE(2, 8, 6, 14, 15)));
    gra_tensor *w = gra_requires_grad(gra_randn(GRA_SHAPE(8, 8, 3, 3, 3))), *results[2][2];
    for (int threads = 1; threads <= 2; threads++) {
        gra_set_threads(threads);
        gra_tensor *y = gra_conv3d(x, w, .padding = 1);
        gra_tensor **const r = results[threads - 1];
        r[0] = gra_grad(gra_sum(gra_square(y)), x, .retain_graph = true);
        r[1] = gra_grad(gra_sum(gra_square(y)), w);
    }
    gra_set_threads(0);
    for (int k = 0; k < 2; k++)
        ck_assert(gra_item(gra_all(gra_eq(results[0][k], results[1][k]))) == 1);
}

GRA_TEST(conv3d_rejects_what_does_not_agree)
{
    gra_tensor *w = gra_ones(GRA_SHAPE(1, 1, 2, 2, 2));
    ck_assert_ptr_null(gra_conv3d(gra_zeros(GRA_SHAPE(2, 2, 2)), w));
    GRA_ASSERT_ERROR(
        "conv3d: input has shape [2, 2, 2]; [N, C, D, H, W] or [C, D, H, W] is needed");
    ck_assert_ptr_null(gra_conv3d(eight(), gra_zeros(GRA_SHAPE(1, 1, 2, 2))));
    GRA_ASSERT_ERROR("conv3d: weight has shape [1, 1, 2, 2]; [K, C / groups, T, R, S] is needed");
    ck_assert_ptr_null(gra_conv3d(eight(), gra_ones(GRA_SHAPE(1, 3, 2, 2, 2))));
    GRA_ASSERT_ERROR("conv3d: input [1, 1, 2, 2, 2] has 1 channels, weight [1, 3, 2, 2, 2] with "
                     "groups 1 expects 3");
    ck_assert_ptr_null(gra_conv3d(eight(), w, gra_vector(1, 2)));
    GRA_ASSERT_ERROR("conv3d: bias has shape [2]; [1] is needed, one for each output channel");
    ck_assert_ptr_null(gra_conv3d(eight(), gra_ones(GRA_SHAPE(1, 1, 3, 1, 1))));
    GRA_ASSERT_ERROR("conv3d: no output pixel is left: depth 2 with padding 0 is smaller than a "
                     "kernel of 3 with dilation 1");
    ck_assert_ptr_null(gra_conv3d(eight(), gra_to(w, GRA_FLOAT64)));
    GRA_ASSERT_ERROR("conv3d: input is float32, weight float64; one floating-point dtype is needed "
                     "(gra_to converts)");
    ck_assert_ptr_null(gra_conv3d(eight(), NULL));
    GRA_ASSERT_ERROR("conv3d: weight is NULL; a tensor is needed");
}

GRA_TEST(conv3d_rejects_options_that_are_out_of_range_or_given_twice)
{
    gra_tensor *w = gra_ones(GRA_SHAPE(1, 1, 2, 2, 2));
    ck_assert_ptr_null(gra_conv3d(eight(), w, .stride = 0));
    GRA_ASSERT_ERROR("conv3d: stride 0 is out of range; at least 1 is needed");
    ck_assert_ptr_null(gra_conv3d(eight(), w, .padding = 1, .padding_dhw = {1, 1, 1}));
    GRA_ASSERT_ERROR("conv3d: both .padding and .padding_dhw were given; one of them is enough");
    ck_assert_ptr_null(gra_conv3d(eight(), w, .padding = GRA_SAME, .stride = 2));
    GRA_ASSERT_ERROR("conv3d: padding GRA_SAME needs stride 1; it is (2, 2, 2)");
}

GRA_TEST_MAIN("conv3d", conv3d_adds_up_products_over_three_dims,
              conv3d_of_bfloat16_is_computed_in_float32,
              conv3d_is_a_sum_of_2d_convolutions_over_the_depth,
              gradients_of_conv3d_are_the_sums_of_those_of_its_images,
              conv3d_has_the_same_bits_for_any_number_of_threads,
              conv3d_rejects_what_does_not_agree,
              conv3d_rejects_options_that_are_out_of_range_or_given_twice)
