/* test_create.c - tensors from sizes, ranges and data. */
#include "core/scope.h"

#include "core/create.h"
#include "core/tensor_struct.h"
#include "../support/test.h"

static const gra_dtype all_dtypes[GRA_DTYPE_COUNT] = {
    GRA_FLOAT32, GRA_FLOAT64, GRA_BFLOAT16, GRA_INT64, GRA_INT32, GRA_UINT8, GRA_BOOL};

GRA_TEST(new_tensors_are_row_major_float32_leaves)
{
    gra_tensor *const t = gra_zeros(GRA_SHAPE(2, 3, 4));
    GRA_ASSERT_SHAPE(t, 2, 3, 4);
    ck_assert_int_eq(gra_tensor_dtype(t), GRA_FLOAT32);
    ck_assert(gra_is_contiguous(t) && gra_is_leaf(t) && !gra_tensor_requires_grad(t));
    ck_assert_int_eq(gra_tensor_stride(t, 0), 12);
    ck_assert_int_eq(gra_tensor_stride(t, 1), 4);
    ck_assert_int_eq(gra_tensor_stride(t, 2), 1);
}

GRA_TEST(new_data_is_aligned_to_64_bytes)
{
    for (int64_t n = 0; n < 300; n += 7)
        ck_assert_uint_eq((uintptr_t)gra_tensor_data(gra_empty(GRA_SHAPE(n))) % 64, 0);
}

GRA_TEST(zeros_ones_and_full_work_in_every_dtype)
{
    for (int i = 0; i < GRA_DTYPE_COUNT; i++) {
        const gra_dtype dtype = all_dtypes[i];
        const double seven = dtype == GRA_BOOL ? 1 : 7;
        gra_tensor *const full = gra_full(GRA_SHAPE(2, 2), 7, .dtype = dtype);
        ck_assert_int_eq(gra_tensor_dtype(full), dtype);
        GRA_ASSERT_VALUES(full, seven, seven, seven, seven);
        GRA_ASSERT_VALUES(gra_zeros(GRA_SHAPE(3), .dtype = dtype), 0, 0, 0);
        GRA_ASSERT_VALUES(gra_ones(GRA_SHAPE(3), .dtype = dtype), 1, 1, 1);
    }
}

GRA_TEST(full_fills_sizes_that_are_no_power_of_two)
{
    for (int64_t n = 0; n < 40; n++) {
        gra_tensor *const t = gra_full(GRA_SHAPE(n), -2.5, .dtype = GRA_FLOAT64);
        for (int64_t i = 0; i < n; i++)
            ck_assert(gra__load(t, i) == -2.5);
    }
}

GRA_TEST(a_shape_without_dims_has_one_element)
{
    gra_tensor *const t = gra_full(GRA_SCALAR, 5);
    ck_assert_int_eq(gra_tensor_ndim(t), 0);
    ck_assert_int_eq(gra_tensor_numel(t), 1);
    ck_assert(gra_item(t) == 5);
}

GRA_TEST(a_size_of_0_gives_an_empty_tensor)
{
    gra_tensor *const t = gra_ones(GRA_SHAPE(2, 0, 3));
    GRA_ASSERT_SHAPE(t, 2, 0, 3);
    ck_assert_int_eq(gra_tensor_numel(t), 0);
    ck_assert(gra_is_contiguous(t));
    ck_assert_ptr_nonnull(gra_tensor_data(t));
}

GRA_TEST(eight_dims_are_possible_and_nine_are_not)
{
    const int64_t sizes[9] = {2, 1, 2, 1, 2, 1, 2, 1, 2};
    ck_assert_int_eq(gra_tensor_numel(gra_zeros(gra_shape_of(sizes, 8))), 16);
    ck_assert_ptr_null(gra_zeros(gra_shape_of(sizes, 9)));
    GRA_ASSERT_ERROR("gra_zeros: a tensor of 9 dims was asked for; at most 8 are possible");
}

GRA_TEST(a_negative_size_is_rejected_by_name)
{
    ck_assert_ptr_null(gra_empty(GRA_SHAPE(2, -1)));
    GRA_ASSERT_ERROR("gra_empty: size -1 of dim 1 in [2, -1] is negative");
    ck_assert_ptr_null(gra_zeros(GRA_SHAPE(-1)));
    GRA_ASSERT_ERROR("gra_zeros: size -1 of dim 0 in [-1] is negative");
    ck_assert_ptr_null(gra_ones(GRA_SHAPE(-1)));
    GRA_ASSERT_ERROR("gra_ones: size -1 of dim 0 in [-1] is negative");
    ck_assert_ptr_null(gra_full(GRA_SHAPE(-1), 1));
    GRA_ASSERT_ERROR("gra_full: size -1 of dim 0 in [-1] is negative");
    ck_assert_ptr_null(gra_from_data("", GRA_SHAPE(-1)));
    GRA_ASSERT_ERROR("gra_from_data: size -1 of dim 0 in [-1] is negative");
    ck_assert_ptr_null(gra_eye(-1));
    GRA_ASSERT_ERROR("gra_eye: size -1 of dim 0 in [-1, -1] is negative");
    ck_assert_ptr_null(gra_linspace(0, 1, -1));
    GRA_ASSERT_ERROR("gra_linspace: size -1 of dim 0 in [-1] is negative");
}

GRA_TEST(more_bytes_than_the_address_space_are_rejected)
{
    const int64_t large = (int64_t)1 << 40;
    ck_assert_ptr_null(gra_zeros(GRA_SHAPE(large, large)));
    GRA_ASSERT_ERROR("gra_zeros: a tensor of shape [1099511627776, 1099511627776] has more bytes "
                     "than the address space");
}

GRA_TEST(a_leaf_can_require_a_gradient_from_the_beginning)
{
    const float data[2] = {1, 2};
    gra_tensor *const made[] = {
        gra_empty(GRA_SHAPE(2), .requires_grad = true),
        gra_zeros(GRA_SHAPE(2), .requires_grad = true),
        gra_ones(GRA_SHAPE(2), .requires_grad = true, .dtype = GRA_BFLOAT16),
        gra_full(GRA_SHAPE(2), 3, .requires_grad = true, .dtype = GRA_FLOAT64),
        gra_from_data(data, GRA_SHAPE(2), .requires_grad = true),
    };
    for (size_t i = 0; i < sizeof made / sizeof *made; i++)
        ck_assert(gra_tensor_requires_grad(made[i]) && gra_is_leaf(made[i]));
}

GRA_TEST(integers_cannot_require_a_gradient)
{
    ck_assert_ptr_null(gra_ones(GRA_SHAPE(2), .dtype = GRA_INT64, .requires_grad = true));
    GRA_ASSERT_ERROR("gra_requires_grad: a tensor of dtype int64 cannot have a gradient; only "
                     "floating-point ones can");
}

GRA_TEST(the_defaults_are_float32_without_gradient)
{
    ck_assert_int_eq(gra_create_defaults().dtype, GRA_FLOAT32);
    ck_assert(!gra_create_defaults().requires_grad);
    ck_assert_int_eq(gra_full_defaults().dtype, GRA_FLOAT32);
    ck_assert(!gra_full_defaults().requires_grad);
    ck_assert_int_eq(gra_from_data_defaults().dtype, GRA_FLOAT32);
    ck_assert(!gra_from_data_defaults().requires_grad);
    gra_full_options options = gra_full_defaults();
    options.shape = GRA_SHAPE(2);
    options.value = 3;
    GRA_ASSERT_VALUES(gra_full_with(options), 3, 3);
}

GRA_TEST(data_is_copied_row_by_row)
{
    float data[6] = {1, 2, 3, 4, 5, 6};
    gra_tensor *const t = gra_from_data(data, GRA_SHAPE(2, 3));
    data[0] = 99;
    GRA_ASSERT_VALUES(t, 1, 2, 3, 4, 5, 6);
    ck_assert(gra_tensor_at(t, GRA_SHAPE(1, 0)) == 4);
}

GRA_TEST(data_has_the_dtype_that_is_said)
{
    const int64_t longs[2] = {INT64_MAX, INT64_MIN};
    gra_tensor *const t = gra_from_data(longs, GRA_SHAPE(2), .dtype = GRA_INT64);
    ck_assert_int_eq(((const int64_t *)gra_tensor_data(t))[0], INT64_MAX);
    ck_assert_int_eq(((const int64_t *)gra_tensor_data(t))[1], INT64_MIN);
    const int32_t ints[2] = {-3, 1 << 30};
    GRA_ASSERT_VALUES(gra_from_data(ints, GRA_SHAPE(2), .dtype = GRA_INT32), -3, 1 << 30);
    const uint8_t bytes[3] = {0, 128, 255};
    GRA_ASSERT_VALUES(gra_from_data(bytes, GRA_SHAPE(3), .dtype = GRA_UINT8), 0, 128, 255);
    const uint16_t halves[2] = {0x3f80, 0xc020};
    GRA_ASSERT_VALUES(gra_from_data(halves, GRA_SHAPE(2), .dtype = GRA_BFLOAT16), 1, -2.5);
}

GRA_TEST(data_may_be_an_array_written_in_the_call)
{
    gra_tensor *const a = gra_from_data((float[]){1, 2, 3, 4, 5, 6, 7, 8}, GRA_SHAPE(8));
    gra_tensor *const b = gra_from_data((float[]){11, 12, 13, 14, 15, 16, 17, 18}, GRA_SHAPE(8));
    GRA_ASSERT_VALUES(a, 1, 2, 3, 4, 5, 6, 7, 8);
    GRA_ASSERT_VALUES(b, 11, 12, 13, 14, 15, 16, 17, 18);
}

GRA_TEST(data_may_be_NULL_only_where_there_is_none)
{
    ck_assert_ptr_null(gra_from_data(NULL, GRA_SHAPE(2, 2)));
    GRA_ASSERT_ERROR("gra_from_data: data is NULL; a pointer to 4 elements is needed");
    GRA_ASSERT_SHAPE(gra_from_data(NULL, GRA_SHAPE(0, 2)), 0, 2);
}

GRA_TEST(arange_of_whole_numbers_is_int64)
{
    gra_tensor *const t = gra_arange(0, 5, 1);
    ck_assert_int_eq(gra_tensor_dtype(t), GRA_INT64);
    GRA_ASSERT_VALUES(t, 0, 1, 2, 3, 4);
    GRA_ASSERT_VALUES(gra_arange(2, 10, 3), 2, 5, 8);
    GRA_ASSERT_VALUES(gra_arange(5, -1, -2), 5, 3, 1);
    GRA_ASSERT_SHAPE(gra_arange(3, 3, 1), 0);
    GRA_ASSERT_SHAPE(gra_arange(3, 3, -1), 0);
}

GRA_TEST(arange_of_other_numbers_is_float32)
{
    gra_tensor *const t = gra_arange(0, 1, 0.25);
    ck_assert_int_eq(gra_tensor_dtype(t), GRA_FLOAT32);
    GRA_ASSERT_VALUES(t, 0, 0.25, 0.5, 0.75);
    GRA_ASSERT_VALUES(gra_arange(0, 1, 0.3), 0, 0.3, 0.6, 0.9);
    GRA_ASSERT_VALUES(gra_arange(0.5, 3, 1), 0.5, 1.5, 2.5);
}

GRA_TEST(arange_rejects_a_step_that_leads_nowhere)
{
    ck_assert_ptr_null(gra_arange(0, 5, 0));
    GRA_ASSERT_ERROR("gra_arange: from 0 to 5 in steps of 0 is not a range; step must lead from "
                     "start to end");
    ck_assert_ptr_null(gra_arange(0, 5, -1));
    GRA_ASSERT_ERROR("gra_arange: from 0 to 5 in steps of -1 is not a range; step must lead from "
                     "start to end");
    ck_assert_ptr_null(gra_arange(0, -0.5, 1));
    GRA_ASSERT_ERROR("gra_arange: from 0 to -0.5 in steps of 1 is not a range; step must lead from "
                     "start to end");
    ck_assert_ptr_null(gra_arange(0, INFINITY, 1));
    GRA_ASSERT_ERROR("gra_arange: from 0 to inf in steps of 1 is not a range; step must lead from "
                     "start to end");
    ck_assert_ptr_null(gra_arange(NAN, 1, 1));
    GRA_ASSERT_ERROR("gra_arange: from nan to 1 in steps of 1 is not a range; step must lead from "
                     "start to end");
    ck_assert_ptr_null(gra_arange(0, 1e300, 1));
    GRA_ASSERT_ERROR("gra_arange: from 0 to 1e+300 in steps of 1 is not a range; step must lead "
                     "from start to end");
}

GRA_TEST(linspace_includes_both_ends)
{
    GRA_ASSERT_VALUES(gra_linspace(-1, 1, 5), -1, -0.5, 0, 0.5, 1);
    GRA_ASSERT_VALUES(gra_linspace(3, 0, 4), 3, 2, 1, 0);
    GRA_ASSERT_VALUES(gra_linspace(2, 9, 1), 2);
    GRA_ASSERT_SHAPE(gra_linspace(2, 9, 0), 0);
    gra_tensor *const t = gra_linspace(0.1, 0.7, 1001);
    ck_assert_int_eq(gra_tensor_dtype(t), GRA_FLOAT32);
    ck_assert(gra__load(t, 0) == (double)0.1f && gra__load(t, 1000) == (double)0.7f);
}

GRA_TEST(eye_has_ones_on_its_diagonal)
{
    GRA_ASSERT_SHAPE(gra_eye(3), 3, 3);
    GRA_ASSERT_VALUES(gra_eye(3), 1, 0, 0, 0, 1, 0, 0, 0, 1);
    GRA_ASSERT_SHAPE(gra_eye(0), 0, 0);
}

GRA_TEST(a_scalar_has_the_dtype_that_is_said)
{
    gra_tensor *const t = gra_scalar(2.75, GRA_INT32);
    ck_assert_int_eq(gra_tensor_ndim(t), 0);
    ck_assert_int_eq(gra_tensor_dtype(t), GRA_INT32);
    ck_assert_int_eq(gra_item_int(t), 2);
}

GRA_TEST(vector_takes_its_elements)
{
    gra_tensor *const t = gra_vector(1, 2.5, -3);
    GRA_ASSERT_SHAPE(t, 3);
    ck_assert_int_eq(gra_tensor_dtype(t), GRA_FLOAT32);
    GRA_ASSERT_VALUES(t, 1, 2.5, -3);
    GRA_ASSERT_SHAPE(gra_vector_of(NULL, 0), 0);
}

GRA_TEST(the_likes_take_shape_and_dtype)
{
    gra_tensor *const t = gra_full(GRA_SHAPE(2, 1), 9, .dtype = GRA_INT32);
    gra_tensor *const made[] = {gra_empty_like(t), gra_zeros_like(t), gra_ones_like(t),
                                gra_full_like(t, 4)};
    for (int i = 0; i < 4; i++) {
        GRA_ASSERT_SHAPE(made[i], 2, 1);
        ck_assert_int_eq(gra_tensor_dtype(made[i]), GRA_INT32);
    }
    GRA_ASSERT_VALUES(made[1], 0, 0);
    GRA_ASSERT_VALUES(made[2], 1, 1);
    GRA_ASSERT_VALUES(made[3], 4, 4);
}

GRA_TEST(the_like_of_a_view_keeps_its_strides_and_is_no_leaf_of_its_gradient)
{
    gra_tensor *const base = gra_ones(GRA_SHAPE(2, 3), .requires_grad = true);
    const int64_t stride[] = {1, 3};
    gra_tensor *const like = gra_zeros_like(gra__view(base, GRA_SHAPE(3, 2), stride, 0));
    GRA_ASSERT_SHAPE(like, 3, 2);
    ck_assert_int_eq(gra_tensor_stride(like, 0), 1);
    ck_assert_int_eq(gra_tensor_stride(like, 1), 3);
    ck_assert(!gra_tensor_requires_grad(like));
    const int64_t gaps[] = {3, 2};
    ck_assert(gra_is_contiguous(gra_zeros_like(gra__view(base, GRA_SHAPE(2, 2), gaps, 0))));
}

GRA_TEST(the_like_of_NULL_is_NULL)
{
    ck_assert_ptr_null(gra_empty_like(NULL));
    ck_assert_ptr_null(gra_zeros_like(NULL));
    ck_assert_ptr_null(gra_ones_like(NULL));
    ck_assert_ptr_null(gra_full_like(NULL, 1));
}

GRA_TEST(what_is_no_dtype_is_rejected)
{
    ck_assert_ptr_null(gra_zeros(GRA_SHAPE(2), .dtype = (gra_dtype)99));
    GRA_ASSERT_ERROR("gra_zeros: 99 is no dtype; GRA_FLOAT32 to GRA_BOOL are");
}

GRA_TEST_MAIN("create", new_tensors_are_row_major_float32_leaves, new_data_is_aligned_to_64_bytes,
              zeros_ones_and_full_work_in_every_dtype, full_fills_sizes_that_are_no_power_of_two,
              a_shape_without_dims_has_one_element, a_size_of_0_gives_an_empty_tensor,
              eight_dims_are_possible_and_nine_are_not, a_negative_size_is_rejected_by_name,
              more_bytes_than_the_address_space_are_rejected,
              a_leaf_can_require_a_gradient_from_the_beginning, integers_cannot_require_a_gradient,
              the_defaults_are_float32_without_gradient, data_is_copied_row_by_row,
              data_has_the_dtype_that_is_said, data_may_be_an_array_written_in_the_call,
              data_may_be_NULL_only_where_there_is_none, arange_of_whole_numbers_is_int64,
              arange_of_other_numbers_is_float32, arange_rejects_a_step_that_leads_nowhere,
              linspace_includes_both_ends, eye_has_ones_on_its_diagonal,
              a_scalar_has_the_dtype_that_is_said, vector_takes_its_elements,
              the_likes_take_shape_and_dtype,
              the_like_of_a_view_keeps_its_strides_and_is_no_leaf_of_its_gradient,
              the_like_of_NULL_is_NULL, what_is_no_dtype_is_rejected)
