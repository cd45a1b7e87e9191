/* test_shape.c - shapes, dims, broadcasting and strides. */
#include "core/scope.h"

#include "core/shape.h"
#include "core/shape_check.h"
#include "../support/test.h"

GRA_TEST(the_macros_count_their_sizes)
{
    const gra_shape shape = GRA_SHAPE(2, 3, 4);
    ck_assert_int_eq(shape.count, 3);
    ck_assert_int_eq(shape.size[0], 2);
    ck_assert_int_eq(shape.size[1], 3);
    ck_assert_int_eq(shape.size[2], 4);
    const gra_dims dims = GRA_DIMS(0, -1);
    ck_assert_int_eq(dims.count, 2);
    ck_assert_int_eq(dims.dim[0], 0);
    ck_assert_int_eq(dims.dim[1], -1);
    const gra_shape scalar = GRA_SCALAR;
    ck_assert_int_eq(scalar.count, 0);
}

GRA_TEST(a_shape_is_read_from_an_array)
{
    ck_assert(gra_shape_equal(gra_shape_of((const int64_t[]){5, 6}, 2), GRA_SHAPE(5, 6)));
    ck_assert(gra_shape_equal(gra_shape_of(NULL, 0), GRA_SCALAR));
}

GRA_TEST(too_many_sizes_keep_their_count)
{
    const int64_t sizes[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    const gra_shape shape = gra_shape_of(sizes, 9);
    ck_assert_int_eq(shape.count, 9);
    ck_assert_int_eq(shape.size[7], 8);
}

GRA_TEST(shapes_are_equal_when_count_and_sizes_are)
{
    ck_assert(gra_shape_equal(GRA_SHAPE(2, 3), GRA_SHAPE(2, 3)));
    ck_assert(!gra_shape_equal(GRA_SHAPE(2, 3), GRA_SHAPE(3, 2)));
    ck_assert(!gra_shape_equal(GRA_SHAPE(2, 3), GRA_SHAPE(2, 3, 1)));
    ck_assert(!gra_shape_equal(GRA_SHAPE(1), GRA_SCALAR));
    ck_assert(gra_shape_equal(GRA_SCALAR, GRA_SCALAR));
}

GRA_TEST(sizes_beyond_the_count_do_not_matter)
{
    gra_shape a = GRA_SHAPE(2), b = GRA_SHAPE(2);
    a.size[1] = 7;
    ck_assert(gra_shape_equal(a, b));
}

GRA_TEST(shapes_of_impossible_counts_compare_safely)
{
    const int64_t sizes[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    ck_assert(gra_shape_equal(gra_shape_of(sizes, 9), gra_shape_of(sizes, 9)));
    ck_assert(gra_shape_equal(gra_tensor_shape(NULL), gra_tensor_shape(NULL)));
    ck_assert(!gra_shape_equal(gra_tensor_shape(NULL), GRA_SCALAR));
}

static void check_shape_text(gra_shape shape, const char *expected)
{
    char text[GRA_SHAPE_TEXT];
    ck_assert_ptr_eq(gra_shape_text(shape, text), text);
    ck_assert_str_eq(text, expected);
}

GRA_TEST(the_text_is_PyTorchs)
{
    check_shape_text(GRA_SCALAR, "[]");
    check_shape_text(GRA_SHAPE(3), "[3]");
    check_shape_text(GRA_SHAPE(2, 0, -1), "[2, 0, -1]");
}

GRA_TEST(the_longest_text_fits_the_buffer)
{
    const int64_t n = INT64_MIN;
    check_shape_text(GRA_SHAPE(n, n, n, n, n, n, n, n),
                     "[-9223372036854775808, -9223372036854775808, -9223372036854775808, "
                     "-9223372036854775808, -9223372036854775808, -9223372036854775808, "
                     "-9223372036854775808, -9223372036854775808]");
}

GRA_TEST(elements_are_counted)
{
    ck_assert_int_eq(gra__shape_numel("op", GRA_SHAPE(2, 3, 4), 4), 24);
    ck_assert_int_eq(gra__shape_numel("op", GRA_SCALAR, 4), 1);
    ck_assert_int_eq(gra__shape_numel("op", GRA_SHAPE(5, 0, 2), 4), 0);
    ck_assert_int_eq(gra__shape_numel("op", GRA_SHAPE(INT64_MAX / 8), 8), INT64_MAX / 8);
}

GRA_TEST(an_empty_shape_whose_strides_overflow_is_rejected)
{
    ck_assert_int_eq(gra__shape_numel("op", GRA_SHAPE(INT64_MAX / 8, 0), 8), 0);
    ck_assert_int_eq(gra__shape_numel("op", GRA_SHAPE(1LL << 40, 0, 1LL << 40), 8), -1);
    GRA_ASSERT_ERROR(
        "op: a tensor of shape [1099511627776, 0, 1099511627776] has more bytes than the "
        "address space");
}

GRA_TEST(a_negative_size_is_rejected)
{
    ck_assert_int_eq(gra__shape_numel("zeros", GRA_SHAPE(2, -3), 4), -1);
    GRA_ASSERT_ERROR("zeros: size -3 of dim 1 in [2, -3] is negative");
    ck_assert_int_eq(gra__shape_numel("zeros", GRA_SHAPE(0, -3), 4), -1);
    GRA_ASSERT_ERROR("zeros: size -3 of dim 1 in [0, -3] is negative");
}

GRA_TEST(nine_dims_are_rejected)
{
    const int64_t sizes[9] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
    ck_assert_int_eq(gra__shape_numel("zeros", gra_shape_of(sizes, 9), 4), -1);
    GRA_ASSERT_ERROR("zeros: a tensor of 9 dims was asked for; at most 8 are possible");
    ck_assert_int_eq(gra__shape_numel("zeros", gra_tensor_shape(NULL), 4), -1);
    GRA_ASSERT_ERROR("zeros: a tensor of -1 dims was asked for; at most 8 are possible");
}

GRA_TEST(more_elements_or_bytes_than_fit_are_rejected)
{
    const int64_t large = (int64_t)1 << 32;
    ck_assert_int_eq(gra__shape_numel("zeros", GRA_SHAPE(large, large), 1), -1);
    GRA_ASSERT_ERROR("zeros: a tensor of shape [4294967296, 4294967296] has more bytes than the "
                     "address space");
    ck_assert_int_eq(gra__shape_numel("zeros", GRA_SHAPE(INT64_MAX), 4), -1);
    GRA_ASSERT_ERROR("zeros: a tensor of shape [9223372036854775807] has more bytes than the "
                     "address space");
}

static void check_broadcast(gra_shape a, gra_shape b, gra_shape expected)
{
    gra_shape result;
    ck_assert(gra__broadcast("add", &a, &b, &result));
    ck_assert(gra_shape_equal(result, expected));
    ck_assert(gra__broadcast("add", &b, &a, &result));
    ck_assert(gra_shape_equal(result, expected));
}

GRA_TEST(broadcasting_stretches_sizes_of_1_and_missing_dims)
{
    check_broadcast(GRA_SHAPE(2, 3), GRA_SHAPE(2, 3), GRA_SHAPE(2, 3));
    check_broadcast(GRA_SHAPE(2, 1), GRA_SHAPE(1, 3), GRA_SHAPE(2, 3));
    check_broadcast(GRA_SHAPE(4, 1, 3), GRA_SHAPE(2, 1), GRA_SHAPE(4, 2, 3));
    check_broadcast(GRA_SCALAR, GRA_SHAPE(5, 6), GRA_SHAPE(5, 6));
    check_broadcast(GRA_SCALAR, GRA_SCALAR, GRA_SCALAR);
}

GRA_TEST(a_size_of_1_shrinks_to_0)
{
    check_broadcast(GRA_SHAPE(0, 3), GRA_SHAPE(1, 1), GRA_SHAPE(0, 3));
    check_broadcast(GRA_SHAPE(0), GRA_SCALAR, GRA_SHAPE(0));
}

GRA_TEST(sizes_that_differ_do_not_broadcast)
{
    const gra_shape a = GRA_SHAPE(2, 3), b = GRA_SHAPE(4), zero = GRA_SHAPE(2, 0);
    gra_shape result;
    ck_assert(!gra__broadcast("mul", &a, &b, &result));
    GRA_ASSERT_ERROR("mul: shapes [2, 3] and [4] do not broadcast: sizes 3 and 4 at dim 1 differ "
                     "and neither is 1");
    ck_assert(!gra__broadcast("mul", &zero, &a, &result));
    GRA_ASSERT_ERROR("mul: shapes [2, 0] and [2, 3] do not broadcast: sizes 0 and 3 at dim 1 "
                     "differ and neither is 1");
}

GRA_TEST(negative_dims_count_from_the_end)
{
    ck_assert_int_eq(gra__wrap_dim("sum", 0, 3), 0);
    ck_assert_int_eq(gra__wrap_dim("sum", 2, 3), 2);
    ck_assert_int_eq(gra__wrap_dim("sum", -1, 3), 2);
    ck_assert_int_eq(gra__wrap_dim("sum", -3, 3), 0);
}

GRA_TEST(a_scalar_accepts_the_dims_0_and_minus_1)
{
    ck_assert_int_eq(gra__wrap_dim("sum", 0, 0), 0);
    ck_assert_int_eq(gra__wrap_dim("sum", -1, 0), 0);
    ck_assert_int_eq(gra__wrap_dim("sum", 1, 0), -1);
    GRA_ASSERT_ERROR("sum: dim 1 is out of range for a tensor of 0 dims; -1 to 0 are possible");
}

GRA_TEST(a_dim_out_of_range_is_rejected)
{
    ck_assert_int_eq(gra__wrap_dim("sum", 3, 3), -1);
    GRA_ASSERT_ERROR("sum: dim 3 is out of range for a tensor of 3 dims; -3 to 2 are possible");
    ck_assert_int_eq(gra__wrap_dim("sum", -4, 3), -1);
    GRA_ASSERT_ERROR("sum: dim -4 is out of range for a tensor of 3 dims; -3 to 2 are possible");
    ck_assert_int_eq(gra__wrap_dim("sum", INT64_MIN, 3), -1);
    GRA_ASSERT_ERROR("sum: dim -9223372036854775808 is out of range for a tensor of 3 dims; -3 to "
                     "2 are possible");
}

static unsigned mask_of(gra_dims dims, int ndim)
{
    unsigned mask = 99;
    ck_assert(gra__dims_mask("sum", dims, ndim, &mask));
    return mask;
}

GRA_TEST(dims_become_a_mask)
{
    ck_assert_uint_eq(mask_of(GRA_DIMS(0, -1), 3), 5);
    ck_assert_uint_eq(mask_of(GRA_DIMS(1), 3), 2);
    ck_assert_uint_eq(mask_of(GRA_ALL_DIMS, 3), 7);
    ck_assert_uint_eq(mask_of(GRA_ALL_DIMS, 8), 255);
    ck_assert_uint_eq(mask_of(GRA_ALL_DIMS, 0), 0);
    ck_assert_uint_eq(mask_of(GRA_DIMS(-1), 0), 0);
}

GRA_TEST(a_list_of_dims_names_each_once)
{
    unsigned mask;
    ck_assert(!gra__dims_mask("sum", GRA_DIMS(1, -1), 2, &mask));
    GRA_ASSERT_ERROR("sum: dim 1 is named twice");
    ck_assert(!gra__dims_mask("sum", GRA_DIMS(0, 2), 2, &mask));
    GRA_ASSERT_ERROR("sum: dim 2 is out of range for a tensor of 2 dims; -2 to 1 are possible");
    ck_assert(!gra__dims_mask("sum", (gra_dims){.kind = &gra_dims_kind, .count = 9}, 2, &mask));
    GRA_ASSERT_ERROR("sum: 9 dims were given; at most 8 are possible");
    ck_assert(!gra__dims_mask("sum", (gra_dims){.kind = &gra_dims_kind, .count = -1}, 2, &mask));
    GRA_ASSERT_ERROR("sum: -1 dims were given; at most 8 are possible");
}

/* Recorded from torch.empty(shape).stride(). */
GRA_TEST(row_major_strides_are_PyTorchs)
{
    int64_t stride[GRA_MAX_DIMS];
    const gra_shape plain = GRA_SHAPE(2, 3, 4), empty = GRA_SHAPE(2, 0, 3);
    gra__row_major(&plain, stride);
    ck_assert(stride[0] == 12 && stride[1] == 4 && stride[2] == 1);
    gra__row_major(&empty, stride);
    ck_assert(stride[0] == 3 && stride[1] == 3 && stride[2] == 1);
}

GRA_TEST_MAIN("shape", the_macros_count_their_sizes, a_shape_is_read_from_an_array,
              too_many_sizes_keep_their_count, shapes_are_equal_when_count_and_sizes_are,
              sizes_beyond_the_count_do_not_matter, shapes_of_impossible_counts_compare_safely,
              the_text_is_PyTorchs, the_longest_text_fits_the_buffer, elements_are_counted,
              an_empty_shape_whose_strides_overflow_is_rejected, a_negative_size_is_rejected,
              nine_dims_are_rejected, more_elements_or_bytes_than_fit_are_rejected,
              broadcasting_stretches_sizes_of_1_and_missing_dims, a_size_of_1_shrinks_to_0,
              sizes_that_differ_do_not_broadcast, negative_dims_count_from_the_end,
              a_scalar_accepts_the_dims_0_and_minus_1, a_dim_out_of_range_is_rejected,
              dims_become_a_mask, a_list_of_dims_names_each_once, row_major_strides_are_PyTorchs)
