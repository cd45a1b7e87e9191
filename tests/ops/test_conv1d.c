/* test_conv1d.c - 1-D convolution: numbers by hand, dtypes and what is refused. */
#include "gradus.h"

#include "tests/support/test.h"

/* 1 2 4 8 as [1, 1, 4]. */
static gra_tensor *four(void)
{
    return gra_view(gra_vector(1, 2, 4, 8), GRA_SHAPE(1, 1, 4));
}

/* 1 -1 as [1, 1, 2]: the difference of neighbours. */
static gra_tensor *difference(void)
{
    return gra_view(gra_vector(1, -1), GRA_SHAPE(1, 1, 2));
}

GRA_TEST(conv1d_adds_up_products_along_one_dim)
{
    gra_tensor *y = gra_conv1d(four(), difference());
    GRA_ASSERT_SHAPE(y, 1, 1, 3);
    GRA_ASSERT_VALUES(y, -1, -2, -4);
    GRA_ASSERT_VALUES(gra_conv1d(four(), difference(), gra_vector(10)), 9, 8, 6);
    GRA_ASSERT_VALUES(gra_conv1d(four(), difference(), .flip_kernel = true), 1, 2, 4);
    GRA_ASSERT_VALUES(gra_conv1d(four(), difference(), .stride = 2, .padding = 1), -1, -2, 8);
    GRA_ASSERT_VALUES(gra_conv1d(four(), difference(), .padding = GRA_SAME), -1, -2, -4, 8);
    GRA_ASSERT_SHAPE(gra_conv1d(gra_zeros(GRA_SHAPE(1, 4)), difference()), 1, 3);
}

GRA_TEST(conv1d_of_bfloat16_is_computed_in_float32)
{
    gra_tensor *y = gra_conv1d(gra_to(four(), GRA_BFLOAT16), gra_to(difference(), GRA_BFLOAT16));
    ck_assert_int_eq(gra_tensor_dtype(y), GRA_BFLOAT16);
    GRA_ASSERT_VALUES(y, -1, -2, -4);
}

GRA_TEST(conv1d_rejects_shapes_that_do_not_agree)
{
    ck_assert_ptr_null(gra_conv1d(gra_zeros(GRA_SHAPE(1, 1, 1, 4)), difference()));
    GRA_ASSERT_ERROR("conv1d: input has shape [1, 1, 1, 4]; [N, C, L] or [C, L] is needed");
    ck_assert_ptr_null(gra_conv1d(four(), gra_zeros(GRA_SHAPE(1, 1, 1, 2))));
    GRA_ASSERT_ERROR("conv1d: weight has shape [1, 1, 1, 2]; [K, C / groups, S] is needed");
    ck_assert_ptr_null(gra_conv1d(gra_zeros(GRA_SHAPE(1, 3, 8)), gra_zeros(GRA_SHAPE(6, 1, 5))));
    GRA_ASSERT_ERROR(
        "conv1d: input [1, 3, 8] has 3 channels, weight [6, 1, 5] with groups 1 expects 1");
    ck_assert_ptr_null(
        gra_conv1d(gra_zeros(GRA_SHAPE(1, 4, 8)), gra_zeros(GRA_SHAPE(6, 1, 3)), .groups = 4));
    GRA_ASSERT_ERROR(
        "conv1d: groups 4 does not divide the 4 channels of input and the 6 of the output");
    ck_assert_ptr_null(gra_conv1d(four(), difference(), gra_zeros(GRA_SHAPE(3))));
    GRA_ASSERT_ERROR("conv1d: bias has shape [3]; [1] is needed, one for each output channel");
    ck_assert_ptr_null(gra_conv1d(four(), gra_zeros(GRA_SHAPE(1, 1, 7)), .padding = 1));
    GRA_ASSERT_ERROR("conv1d: no output pixel is left: length 4 with padding 1 is smaller than a "
                     "kernel of 7 with dilation 1");
}

GRA_TEST(conv1d_rejects_mixed_dtypes_and_null)
{
    ck_assert_ptr_null(gra_conv1d(four(), gra_to(difference(), GRA_FLOAT64)));
    GRA_ASSERT_ERROR("conv1d: input is float32, weight float64; one floating-point dtype is needed "
                     "(gra_to converts)");
    ck_assert_ptr_null(gra_conv1d(NULL, difference()));
    GRA_ASSERT_ERROR("conv1d: input is NULL; a tensor is needed");
}

GRA_TEST(conv1d_rejects_options_that_are_out_of_range)
{
    ck_assert_ptr_null(gra_conv1d(four(), difference(), .stride = 0));
    GRA_ASSERT_ERROR("conv1d: stride 0 is out of range; at least 1 is needed");
    ck_assert_ptr_null(gra_conv1d(four(), difference(), .padding = -1));
    GRA_ASSERT_ERROR("conv1d: padding -1 is out of range; at least 0 is needed");
    ck_assert_ptr_null(gra_conv1d(four(), difference(), .dilation = 1LL << 40));
    GRA_ASSERT_ERROR(
        "conv1d: dilation 1099511627776 is out of range; at most 2147483647 is possible");
    ck_assert_ptr_null(gra_conv1d(four(), difference(), .padding = GRA_SAME, .stride = 2));
    GRA_ASSERT_ERROR("conv1d: padding GRA_SAME needs stride 1; it is 2");
}

GRA_TEST_MAIN("conv1d", conv1d_adds_up_products_along_one_dim,
              conv1d_of_bfloat16_is_computed_in_float32, conv1d_rejects_shapes_that_do_not_agree,
              conv1d_rejects_mixed_dtypes_and_null, conv1d_rejects_options_that_are_out_of_range)
