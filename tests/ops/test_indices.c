/* test_indices.c - gather, index_select and one_hot. */
#include "gradus.h"

#include "tests/support/test.h"

static gra_tensor *ints_of(const int64_t *values, gra_shape shape)
{
    return gra_from_data(values, shape, .dtype = GRA_INT64);
}

#define INTS(shape, ...) ints_of((const int64_t[]){__VA_ARGS__}, shape)

static gra_tensor *matrix(void)
{
    return gra_view(gra_vector(1, 2, 3, 4, 5, 6), GRA_SHAPE(2, 3));
}

GRA_TEST(gather_picks_along_a_dim)
{
    gra_tensor *x = matrix();
    GRA_ASSERT_VALUES(gra_gather(x, 1, INTS(GRA_SHAPE(2, 2), 2, 0, 1, 1)), 3, 1, 5, 5);
    GRA_ASSERT_VALUES(gra_gather(x, -2, INTS(GRA_SHAPE(1, 3), 1, 0, 1)), 4, 2, 6);
    GRA_ASSERT_VALUES(gra_gather(gra_transpose(x, 0, 1), 0, INTS(GRA_SHAPE(1, 2), 2, 0)), 3, 4);
}

GRA_TEST(gather_takes_every_dtype)
{
    const gra_dtype dtypes[] = {GRA_FLOAT32, GRA_FLOAT64, GRA_BFLOAT16, GRA_INT64,
                                GRA_INT32,   GRA_UINT8,   GRA_BOOL};
    for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++) {
        gra_tensor *x = gra_to(gra_vector(1, 0, 1), dtypes[i]);
        gra_tensor *y = gra_gather(x, 0, INTS(GRA_SHAPE(4), 2, 1, 1, 0));
        ck_assert_int_eq(gra_tensor_dtype(y), dtypes[i]);
        GRA_ASSERT_VALUES(y, 1, 0, 0, 1);
        GRA_ASSERT_VALUES(gra_index_select(x, 0, INTS(GRA_SHAPE(2), 1, 2)), 0, 1);
    }
}

GRA_TEST(gather_takes_other_integers_as_indices)
{
    gra_tensor *index = gra_to(INTS(GRA_SHAPE(2, 1), 2, 0), GRA_INT32);
    GRA_ASSERT_VALUES(gra_gather(matrix(), 1, index), 3, 4);
}

GRA_TEST(gather_of_tensors_without_dims)
{
    gra_tensor *x = gra_scalar(7, GRA_FLOAT32);
    gra_tensor *zero = gra_scalar(0, GRA_INT64);
    gra_tensor *y = gra_gather(x, 0, zero);
    ck_assert_int_eq(gra_tensor_ndim(y), 0);
    ck_assert_double_eq(gra_item(y), 7);
    GRA_ASSERT_VALUES(gra_gather(x, 0, INTS(GRA_SHAPE(2), 0, 0)), 7, 7);
    ck_assert_int_eq(gra_tensor_ndim(gra_gather(gra_vector(1, 2), 0, zero)), 0);
}

GRA_TEST(gather_of_nothing)
{
    gra_tensor *none = gra_zeros(GRA_SHAPE(2, 0), .dtype = GRA_INT64);
    GRA_ASSERT_SHAPE(gra_gather(matrix(), 1, none), 2, 0);
}

GRA_TEST(gather_adds_gradients_that_meet)
{
    gra_tensor *x = gra_ones(GRA_SHAPE(2, 2), .requires_grad = true);
    gra_tensor *index = INTS(GRA_SHAPE(2, 3), 0, 0, 1, 1, 1, 1);
    gra_tensor *w = gra_view(gra_vector(1, 2, 3, 4, 5, 6), GRA_SHAPE(2, 3));
    ck_assert_int_eq(gra_backward(gra_sum(gra_mul(gra_gather(x, 1, index), w))), 0);
    GRA_ASSERT_VALUES(gra_tensor_grad(x), 3, 3, 0, 15);
}

GRA_TEST(gather_adds_bfloat16_gradients_in_float32)
{
    gra_tensor *x = gra_ones(GRA_SHAPE(1), .dtype = GRA_BFLOAT16, .requires_grad = true);
    gra_tensor *index = gra_zeros(GRA_SHAPE(400), .dtype = GRA_INT64);
    ck_assert_int_eq(gra_backward(gra_sum(gra_gather(x, 0, index))), 0);
    ck_assert_int_eq(gra_tensor_dtype(gra_tensor_grad(x)), GRA_BFLOAT16);
    GRA_ASSERT_VALUES(gra_tensor_grad(x), 400); /* in bfloat16 alone the sum stays at 256 */
}

GRA_TEST(gather_rejects_indices_outside)
{
    ck_assert_ptr_null(gra_gather(matrix(), 1, INTS(GRA_SHAPE(2, 2), 0, 1, 2, 3)));
    GRA_ASSERT_ERROR("gather: index 3 at [1, 1] is out of range for dim 1 of size 3");
    ck_assert_ptr_null(gra_gather(matrix(), 0, INTS(GRA_SHAPE(1, 3), 0, -1, 0)));
    GRA_ASSERT_ERROR("gather: index -1 at [0, 1] is out of range for dim 0 of size 2");
}

GRA_TEST(gather_rejects_other_shapes_and_dtypes)
{
    ck_assert_ptr_null(gra_gather(matrix(), 1, INTS(GRA_SHAPE(2), 0, 1)));
    GRA_ASSERT_ERROR("gather: index has shape [2] for a tensor of shape [2, 3]; as many dims are "
                     "needed, and no larger sizes beside dim 1");
    ck_assert_ptr_null(gra_gather(matrix(), 1, INTS(GRA_SHAPE(3, 1), 0, 1, 2)));
    GRA_ASSERT_ERROR(
        "gather: index has shape [3, 1] for a tensor of shape [2, 3]; as many dims are "
        "needed, and no larger sizes beside dim 1");
    ck_assert_ptr_null(gra_gather(matrix(), 1, gra_zeros(GRA_SHAPE(2, 1))));
    GRA_ASSERT_ERROR("gather: index has dtype float32; int64 is needed (gra_to converts)");
    ck_assert_ptr_null(gra_gather(matrix(), 2, INTS(GRA_SHAPE(1, 1), 0)));
    GRA_ASSERT_ERROR("gather: dim 2 is out of range for a tensor of 2 dims; -2 to 1 are possible");
    ck_assert_ptr_null(gra_gather(matrix(), 1, NULL));
    GRA_ASSERT_ERROR("gather: index is NULL; a tensor is needed");
}

GRA_TEST(index_select_picks_slices)
{
    gra_tensor *x = matrix();
    GRA_ASSERT_VALUES(gra_index_select(x, 0, INTS(GRA_SHAPE(3), 1, 0, 1)), 4, 5, 6, 1, 2, 3, 4, 5,
                      6);
    GRA_ASSERT_VALUES(gra_index_select(x, -1, INTS(GRA_SHAPE(2), 2, 0)), 3, 1, 6, 4);
    GRA_ASSERT_VALUES(gra_index_select(gra_transpose(x, 0, 1), 0, INTS(GRA_SHAPE(1), 1)), 2, 5);
    GRA_ASSERT_SHAPE(gra_index_select(x, 0, gra_scalar(1, GRA_INT64)), 1, 3);
    GRA_ASSERT_SHAPE(gra_index_select(x, 1, gra_zeros(GRA_SHAPE(0), .dtype = GRA_INT64)), 2, 0);
    gra_tensor *y = gra_index_select(gra_scalar(5, GRA_FLOAT32), 0, INTS(GRA_SHAPE(1), 0));
    ck_assert_int_eq(gra_tensor_ndim(y), 0);
    ck_assert_double_eq(gra_item(y), 5);
}

GRA_TEST(index_select_adds_gradients_that_meet)
{
    gra_tensor *x = gra_ones(GRA_SHAPE(3, 2), .requires_grad = true);
    gra_tensor *w = gra_view(gra_vector(1, 2, 3, 4, 5, 6), GRA_SHAPE(3, 2));
    gra_tensor *y = gra_index_select(x, 0, INTS(GRA_SHAPE(3), 2, 0, 2));
    ck_assert_int_eq(gra_backward(gra_sum(gra_mul(y, w))), 0);
    GRA_ASSERT_VALUES(gra_tensor_grad(x), 3, 4, 0, 0, 6, 8);
}

GRA_TEST(index_select_rejects_what_is_no_vector_of_indices)
{
    ck_assert_ptr_null(gra_index_select(matrix(), 0, INTS(GRA_SHAPE(1, 1), 0)));
    GRA_ASSERT_ERROR("index_select: index has shape [1, 1]; a vector is needed");
    ck_assert_ptr_null(gra_index_select(matrix(), 0, INTS(GRA_SHAPE(3), 0, 1, 2)));
    GRA_ASSERT_ERROR("index_select: index 2 at [2] is out of range for dim 0 of size 2");
    ck_assert_ptr_null(gra_index_select(matrix(), 0, gra_zeros(GRA_SHAPE(1), .dtype = GRA_BOOL)));
    GRA_ASSERT_ERROR("index_select: index has dtype bool; int64 is needed (gra_to converts)");
    ck_assert_ptr_null(gra_index_select(gra_scalar(1, GRA_FLOAT32), 0, INTS(GRA_SHAPE(2), 0, 0)));
    GRA_ASSERT_ERROR("index_select: index has shape [2]; a vector of one element, for a tensor "
                     "without dims, is needed");
}

GRA_TEST(one_hot_marks_classes)
{
    gra_tensor *y = gra_one_hot(INTS(GRA_SHAPE(2), 2, 0), 4);
    ck_assert_int_eq(gra_tensor_dtype(y), GRA_INT64);
    GRA_ASSERT_VALUES(y, 0, 0, 1, 0, 1, 0, 0, 0);
    GRA_ASSERT_SHAPE(gra_one_hot(INTS(GRA_SHAPE(1, 2), 2, 0), -1), 1, 2, 3);
    GRA_ASSERT_VALUES(gra_one_hot(gra_scalar(1, GRA_UINT8), -1), 0, 1);
    GRA_ASSERT_SHAPE(gra_one_hot(gra_zeros(GRA_SHAPE(0), .dtype = GRA_INT64), 3), 0, 3);
}

GRA_TEST(one_hot_rejects_bad_classes)
{
    gra_tensor *x = INTS(GRA_SHAPE(2), 2, -1);
    ck_assert_ptr_null(gra_one_hot(x, 2));
    GRA_ASSERT_ERROR("one_hot: index 2 at [0] is out of range for 2 classes");
    ck_assert_ptr_null(gra_one_hot(x, -1));
    GRA_ASSERT_ERROR("one_hot: index -1 at [1] is out of range for 3 classes");
    ck_assert_ptr_null(gra_one_hot(x, 0));
    GRA_ASSERT_ERROR("one_hot: 0 classes are not possible; a positive number is needed, or -1 for "
                     "the largest index plus one");
    ck_assert_ptr_null(gra_one_hot(gra_zeros(GRA_SHAPE(0), .dtype = GRA_INT64), -1));
    GRA_ASSERT_ERROR("one_hot: the number of classes cannot be told from an empty tensor; give it");
    ck_assert_ptr_null(gra_one_hot(gra_zeros(GRA_SHAPE(2)), -1));
    GRA_ASSERT_ERROR("one_hot: index has dtype float32; int64 is needed (gra_to converts)");
}

GRA_TEST_MAIN("indices", gather_picks_along_a_dim, gather_takes_every_dtype,
              gather_takes_other_integers_as_indices, gather_of_tensors_without_dims,
              gather_of_nothing, gather_adds_gradients_that_meet,
              gather_adds_bfloat16_gradients_in_float32, gather_rejects_indices_outside,
              gather_rejects_other_shapes_and_dtypes, index_select_picks_slices,
              index_select_adds_gradients_that_meet,
              index_select_rejects_what_is_no_vector_of_indices, one_hot_marks_classes,
              one_hot_rejects_bad_classes)
