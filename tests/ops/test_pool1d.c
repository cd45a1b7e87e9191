/* test_pool1d.c - pooling along one dim: numbers by hand, dtypes and what is refused. */
#include "gradus.h"

#include "tests/support/test.h"

/* 1 5 2 4 3 as [1, 1, 5]. */
static gra_tensor *five(void)
{
    return gra_view(gra_vector(1, 5, 2, 4, 3), GRA_SHAPE(1, 1, 5));
}

GRA_TEST(pools_along_one_dim_reduce_windows)
{
    gra_tensor *at;
    GRA_ASSERT_VALUES(gra_avg_pool1d(five(), 2), 3, 3);
    GRA_ASSERT_VALUES(gra_avg_pool1d(five(), 2, .ceil_mode = true), 3, 3, 3);
    GRA_ASSERT_VALUES(gra_avg_pool1d(five(), 2, .padding = 1), 0.5, 3.5, 3.5);
    GRA_ASSERT_VALUES(gra_max_pool1d(five(), 3, .stride = 1), 5, 5, 4);
    GRA_ASSERT_VALUES(gra_max_pool1d_with_indices(&at, five(), 2), 5, 4);
    GRA_ASSERT_VALUES(at, 1, 3);
    ck_assert_int_eq(gra_tensor_dtype(at), GRA_INT64);
    GRA_ASSERT_VALUES(gra_lp_pool1d(gra_view(gra_vector(3, 4), GRA_SHAPE(1, 2)), 2, 2), 5);
    GRA_ASSERT_VALUES(gra_adaptive_avg_pool1d(five(), 2), 8.0 / 3, 3);
    GRA_ASSERT_VALUES(gra_adaptive_max_pool1d(five(), 2, &at), 5, 4);
    GRA_ASSERT_VALUES(at, 1, 3);
    GRA_ASSERT_SHAPE(gra_adaptive_max_pool1d(gra_zeros(GRA_SHAPE(2, 5)), 3, NULL), 2, 3);
}

GRA_TEST(pools_along_one_dim_take_bfloat16)
{
    gra_tensor *y = gra_max_pool1d(gra_to(five(), GRA_BFLOAT16), 2);
    ck_assert_int_eq(gra_tensor_dtype(y), GRA_BFLOAT16);
    GRA_ASSERT_VALUES(y, 5, 4);
}

GRA_TEST(pools_along_one_dim_reject_wrong_shapes_and_dtypes)
{
    ck_assert_ptr_null(gra_avg_pool1d(gra_vector(1, 2), 2));
    GRA_ASSERT_ERROR("avg_pool1d: input has shape [2]; [N, C, L] or [C, L] is needed");
    ck_assert_ptr_null(gra_max_pool1d(gra_to(five(), GRA_INT64), 2));
    GRA_ASSERT_ERROR("max_pool1d: dtype int64 is not supported; gra_to(x, GRA_FLOAT32) converts");
    gra_tensor *at;
    ck_assert_ptr_null(gra_max_pool1d_with_indices(&at, NULL, 2));
    ck_assert_ptr_null(at);
    GRA_ASSERT_ERROR("max_pool1d_with_indices: input is NULL; a tensor is needed");
}

GRA_TEST(pools_along_one_dim_reject_windows_that_do_not_fit)
{
    ck_assert_ptr_null(gra_avg_pool1d(five(), 6));
    GRA_ASSERT_ERROR("avg_pool1d: no output pixel is left: length 5 with padding 0 is smaller than "
                     "a kernel of 6 with dilation 1");
    ck_assert_ptr_null(gra_max_pool1d(five(), 2, .padding = 2));
    GRA_ASSERT_ERROR("max_pool1d: padding 2 is more than half of kernel_size 2");
    ck_assert_ptr_null(gra_max_pool1d(five(), 2, .dilation = 0));
    GRA_ASSERT_ERROR("max_pool1d: dilation 0 is out of range; at least 1 is needed");
    ck_assert_ptr_null(gra_lp_pool1d(five(), 2));
    GRA_ASSERT_ERROR("lp_pool1d: kernel_size 0 is out of range; at least 1 is needed");
    ck_assert_ptr_null(gra_avg_pool1d(five(), 2, .stride = -1));
    GRA_ASSERT_ERROR("avg_pool1d: stride -1 is out of range; at least 1 is needed");
    ck_assert_ptr_null(gra_adaptive_avg_pool1d(five(), 0));
    GRA_ASSERT_ERROR("adaptive_avg_pool1d: a length of 5 cannot be pooled to 0; at least 1 is "
                     "needed on both sides");
    ck_assert_ptr_null(gra_adaptive_max_pool1d(gra_zeros(GRA_SHAPE(1, 1, 0)), 2, NULL));
    GRA_ASSERT_ERROR("adaptive_max_pool1d: a length of 0 cannot be pooled to 2; at least 1 is "
                     "needed on both sides");
}

GRA_TEST_MAIN("pool1d", pools_along_one_dim_reduce_windows, pools_along_one_dim_take_bfloat16,
              pools_along_one_dim_reject_wrong_shapes_and_dtypes,
              pools_along_one_dim_reject_windows_that_do_not_fit)
