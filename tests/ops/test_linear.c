/* test_linear.c - the fully connected layer. */
#include "gradus.h"

#include "tests/support/test.h"

static gra_tensor *weight(void)
{
    return gra_view(gra_vector(1, 0, 2, 0, 1, -1), GRA_SHAPE(2, 3));
}

GRA_TEST(linear_multiplies_and_adds)
{
    gra_tensor *x = gra_view(gra_vector(1, 2, 3, 4, 5, 6), GRA_SHAPE(2, 3));
    GRA_ASSERT_VALUES(gra_linear(x, weight(), gra_vector(10, 20)), 17, 19, 26, 19);
    GRA_ASSERT_VALUES(gra_linear(x, weight(), NULL), 7, -1, 16, -1);
}

GRA_TEST(linear_takes_any_leading_dims)
{
    gra_tensor *y = gra_linear(gra_vector(1, 2, 3), weight(), gra_vector(10, 20));
    GRA_ASSERT_SHAPE(y, 2);
    GRA_ASSERT_VALUES(y, 17, 19);
    GRA_ASSERT_SHAPE(gra_linear(gra_ones(GRA_SHAPE(4, 5, 3)), weight(), NULL), 4, 5, 2);
    GRA_ASSERT_SHAPE(gra_linear(gra_ones(GRA_SHAPE(0, 3)), weight(), gra_vector(1, 2)), 0, 2);
    y = gra_linear(gra_ones(GRA_SHAPE(2, 0)), gra_ones(GRA_SHAPE(2, 0)), gra_vector(1, 2));
    GRA_ASSERT_VALUES(y, 1, 2, 1, 2);
}

GRA_TEST(linear_reads_strides)
{
    gra_tensor *x = gra_transpose(gra_view(gra_vector(1, 4, 2, 5, 3, 6), GRA_SHAPE(3, 2)), 0, 1);
    gra_tensor *w = gra_transpose(gra_view(gra_vector(1, 0, 0, 1, 2, -1), GRA_SHAPE(3, 2)), 0, 1);
    gra_tensor *b = gra_select(gra_view(gra_vector(10, 0, 20, 0), GRA_SHAPE(2, 2)), 1, 0);
    GRA_ASSERT_VALUES(gra_linear(x, w, b), 17, 19, 26, 19);
    x = gra_expand(gra_vector(1, 2, 3), GRA_SHAPE(2, 1, 3));
    GRA_ASSERT_VALUES(gra_linear(x, w, b), 17, 19, 17, 19);
}

GRA_TEST(linear_of_bfloat16_and_integers)
{
    gra_tensor *x = gra_full(GRA_SHAPE(1, 400), 1, .dtype = GRA_BFLOAT16);
    gra_tensor *b = gra_full(GRA_SHAPE(1), 16, .dtype = GRA_BFLOAT16);
    gra_tensor *y = gra_linear(x, x, b);
    ck_assert_int_eq(gra_tensor_dtype(y), GRA_BFLOAT16);
    GRA_ASSERT_VALUES(y, 416);
    gra_tensor *i = gra_full(GRA_SHAPE(2, 3), 2, .dtype = GRA_INT32);
    y = gra_linear(i, i, gra_full(GRA_SHAPE(2), 1, .dtype = GRA_INT32));
    ck_assert_int_eq(gra_tensor_dtype(y), GRA_INT32);
    GRA_ASSERT_VALUES(y, 13, 13, 13, 13);
}

GRA_TEST(linear_gradients)
{
    gra_tensor *x = gra_requires_grad(gra_view(gra_vector(1, 2, 3, 4, 5, 6), GRA_SHAPE(2, 1, 3)));
    gra_tensor *w = gra_requires_grad(weight()), *b = gra_requires_grad(gra_vector(0, 0));
    gra_tensor *seed = gra_view(gra_vector(1, 2, 3, 4), GRA_SHAPE(2, 1, 2));
    ck_assert_int_eq(gra_backward(gra_linear(x, w, b), .gradient = seed), 0);
    GRA_ASSERT_SHAPE(gra_tensor_grad(x), 2, 1, 3);
    GRA_ASSERT_VALUES(gra_tensor_grad(x), 1, 2, 0, 3, 4, 2);
    GRA_ASSERT_VALUES(gra_tensor_grad(w), 13, 17, 21, 18, 24, 30);
    GRA_ASSERT_VALUES(gra_tensor_grad(b), 4, 6);
}

GRA_TEST(linear_of_an_empty_batch_has_gradients_of_zero)
{
    gra_tensor *w = gra_requires_grad(weight()), *b = gra_requires_grad(gra_vector(0, 0));
    ck_assert_int_eq(gra_backward(gra_sum(gra_linear(gra_zeros(GRA_SHAPE(0, 3)), w, b))), 0);
    GRA_ASSERT_VALUES(gra_tensor_grad(w), 0, 0, 0, 0, 0, 0);
    GRA_ASSERT_VALUES(gra_tensor_grad(b), 0, 0);
}

GRA_TEST(linear_rejects_what_does_not_fit)
{
    gra_tensor *x = gra_ones(GRA_SHAPE(2, 4)), *w = weight();
    ck_assert_ptr_null(gra_linear(x, w, NULL));
    GRA_ASSERT_ERROR(
        "linear: input of shape [2, 4] has 4 features, weight of shape [2, 3] expects 3");
    ck_assert_ptr_null(gra_linear(gra_ones(GRA_SHAPE(2, 3)), w, gra_ones(GRA_SHAPE(3))));
    GRA_ASSERT_ERROR("linear: bias has shape [3]; [2] is needed for a weight of shape [2, 3]");
    ck_assert_ptr_null(gra_linear(x, gra_ones(GRA_SHAPE(4)), NULL));
    GRA_ASSERT_ERROR("linear: input has shape [2, 4], weight has shape [4]; [.., in] and [out, in] "
                     "are needed");
    ck_assert_ptr_null(gra_linear(gra_scalar(1, GRA_FLOAT32), w, NULL));
    GRA_ASSERT_ERROR("linear: input has shape [], weight has shape [2, 3]; [.., in] and [out, in] "
                     "are needed");
}

GRA_TEST(linear_rejects_dtypes_that_differ)
{
    gra_tensor *x = gra_ones(GRA_SHAPE(2, 3), .dtype = GRA_UINT8);
    ck_assert_ptr_null(gra_linear(x, weight(), NULL));
    GRA_ASSERT_ERROR("linear: dtypes uint8 and float32 differ; convert one with gra_to");
    ck_assert_ptr_null(gra_linear(NULL, weight(), NULL));
    GRA_ASSERT_ERROR("linear: x is NULL; a tensor is needed");
}

GRA_TEST_MAIN("linear", linear_multiplies_and_adds, linear_takes_any_leading_dims,
              linear_reads_strides, linear_of_bfloat16_and_integers, linear_gradients,
              linear_of_an_empty_batch_has_gradients_of_zero, linear_rejects_what_does_not_fit,
              linear_rejects_dtypes_that_differ)
