/* test_shapes.c - view, reshape, permute and the other ops that move elements about. */
#include "gradus.h"

#include "tests/support/test.h"

/* 0, 1, 2, .. in a shape. */
static gra_tensor *counted(gra_shape shape)
{
    gra_tensor *const t = gra_zeros(shape);
    float *const p = gra_tensor_data(t);
    for (int64_t i = 0; i < gra_tensor_numel(t); i++)
        p[i] = (float)i;
    return t;
}

static bool share_memory(gra_tensor *a, gra_tensor *b)
{
    return gra_tensor_data_strided(a) == gra_tensor_data_strided(b);
}

GRA_TEST(view_lays_the_same_memory_out_anew)
{
    gra_tensor *x = counted(GRA_SHAPE(2, 6));
    gra_tensor *y = gra_view(x, GRA_SHAPE(3, -1));
    GRA_ASSERT_SHAPE(y, 3, 4);
    ck_assert(share_memory(x, y));
    ck_assert_double_eq(gra_tensor_at(y, GRA_SHAPE(2, 1)), 9);
    ((float *)gra_tensor_data(x))[9] = -1;
    ck_assert_double_eq(gra_tensor_at(y, GRA_SHAPE(2, 1)), -1);
}

GRA_TEST(view_goes_through_strides_where_they_allow_it)
{
    gra_tensor *x = gra_narrow(counted(GRA_SHAPE(4, 3, 2)), 1, 0, 2);
    gra_tensor *y = gra_view(x, GRA_SHAPE(2, 2, 4));
    ck_assert(share_memory(x, y));
    ck_assert_int_eq(gra_tensor_stride(y, 0), 12);
    ck_assert_int_eq(gra_tensor_stride(y, 2), 1);
    GRA_ASSERT_VALUES(y, 0, 1, 2, 3, 6, 7, 8, 9, 12, 13, 14, 15, 18, 19, 20, 21);
}

GRA_TEST(view_gives_new_dims_of_size_1_anywhere)
{
    gra_tensor *x = gra_transpose(counted(GRA_SHAPE(2, 3)), 0, 1);
    gra_tensor *y = gra_view(x, GRA_SHAPE(1, 3, 1, 2, 1));
    GRA_ASSERT_SHAPE(y, 1, 3, 1, 2, 1);
    GRA_ASSERT_VALUES(y, 0, 3, 1, 4, 2, 5);
}

GRA_TEST(view_rejects_strides_that_need_a_copy)
{
    gra_tensor *x = gra_transpose(counted(GRA_SHAPE(2, 3)), 0, 1);
    ck_assert_ptr_null(gra_view(x, GRA_SHAPE(6)));
    GRA_ASSERT_ERROR("view: shape [6] cannot be laid over a tensor of shape [3, 2] with strides "
                     "[1, 3]; gra_reshape copies where it must");
}

GRA_TEST(view_rejects_another_number_of_elements)
{
    ck_assert_ptr_null(gra_view(counted(GRA_SHAPE(2, 3)), GRA_SHAPE(4, 2)));
    GRA_ASSERT_ERROR("view: a tensor of shape [2, 3] has 6 elements, but shape [4, 2] has 8");
}

GRA_TEST(view_rejects_a_size_that_cannot_be_inferred)
{
    ck_assert_ptr_null(gra_view(counted(GRA_SHAPE(2, 3)), GRA_SHAPE(4, -1)));
    GRA_ASSERT_ERROR("view: the -1 in [4, -1] cannot be inferred for a tensor of shape [2, 3]: the "
                     "other sizes multiply to 4, which does not divide its 6 elements");
    ck_assert_ptr_null(gra_view(gra_zeros(GRA_SHAPE(2, 0)), GRA_SHAPE(-1, 0)));
    GRA_ASSERT_ERROR("view: the -1 in [-1, 0] cannot be inferred for a tensor of shape [2, 0]: the "
                     "other sizes multiply to 0, so that any size would do for its 0 elements");
    ck_assert_ptr_null(gra_view(counted(GRA_SHAPE(2, 3)), GRA_SHAPE(-1, 2, -1)));
    GRA_ASSERT_ERROR(
        "view: dims 0 and 2 of [-1, 2, -1] are both -1; only one size can be inferred");
}

GRA_TEST(view_rejects_negative_sizes_and_too_many_dims)
{
    ck_assert_ptr_null(gra_view(counted(GRA_SHAPE(2, 3)), GRA_SHAPE(-2, -3)));
    GRA_ASSERT_ERROR("view: size -2 of dim 0 in [-2, -3] is negative");
    ck_assert_ptr_null(gra_reshape(counted(GRA_SHAPE(1)), (gra_shape){.count = 9}));
    GRA_ASSERT_ERROR("reshape: a tensor of 9 dims was asked for; at most 8 are possible");
}

GRA_TEST(view_of_null_is_an_error)
{
    ck_assert_ptr_null(gra_view(NULL, GRA_SHAPE(1)));
    GRA_ASSERT_ERROR("view: x is NULL; a tensor is needed");
}

GRA_TEST(reshape_is_a_view_where_possible_and_a_copy_otherwise)
{
    gra_tensor *x = counted(GRA_SHAPE(2, 3));
    ck_assert(share_memory(x, gra_reshape(x, GRA_SHAPE(6))));
    gra_tensor *t = gra_transpose(x, 0, 1);
    gra_tensor *y = gra_reshape(t, GRA_SHAPE(-1));
    ck_assert(!share_memory(x, y));
    GRA_ASSERT_VALUES(y, 0, 3, 1, 4, 2, 5);
    ck_assert(gra_is_contiguous(y));
}

GRA_TEST(reshape_copies_integers_exactly)
{
    gra_tensor *x = gra_full(GRA_SHAPE(2, 2), 0, .dtype = GRA_INT64);
    int64_t *const p = gra_tensor_data(x);
    p[1] = INT64_MAX;
    gra_tensor *y = gra_reshape(gra_transpose(x, 0, 1), GRA_SHAPE(4));
    ck_assert(((int64_t *)gra_tensor_data(y))[2] == INT64_MAX);
}

GRA_TEST(reshape_keeps_bfloat16)
{
    gra_tensor *x = gra_full(GRA_SHAPE(2, 3), 1.5, .dtype = GRA_BFLOAT16);
    gra_tensor *y = gra_reshape(gra_transpose(x, 0, 1), GRA_SHAPE(6));
    ck_assert_int_eq(gra_tensor_dtype(y), GRA_BFLOAT16);
    GRA_ASSERT_VALUES(y, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5);
}

GRA_TEST(reshape_of_empty_tensors)
{
    GRA_ASSERT_SHAPE(gra_reshape(gra_zeros(GRA_SHAPE(0, 3)), GRA_SHAPE(-1, 7)), 0, 7);
    GRA_ASSERT_SHAPE(gra_reshape(gra_zeros(GRA_SHAPE(2, 0)), GRA_SHAPE(0)), 0);
    ck_assert_ptr_null(gra_reshape(gra_zeros(GRA_SHAPE(2, 0)), GRA_SHAPE(2)));
    GRA_ASSERT_ERROR("reshape: a tensor of shape [2, 0] has 0 elements, but shape [2] has 2");
}

GRA_TEST(flatten_joins_dims)
{
    gra_tensor *x = counted(GRA_SHAPE(2, 3, 4, 5));
    GRA_ASSERT_SHAPE(gra_flatten(x, 1, 2), 2, 12, 5);
    GRA_ASSERT_SHAPE(gra_flatten(x, 1, -1), 2, 60);
    GRA_ASSERT_SHAPE(gra_flatten(x, -2, -2), 2, 3, 4, 5);
    GRA_ASSERT_SHAPE(gra_flatten(gra_scalar(7, GRA_FLOAT32), 0, -1), 1);
    GRA_ASSERT_SHAPE(gra_flatten(gra_zeros(GRA_SHAPE(0, 3)), 0, -1), 0);
}

GRA_TEST(flatten_rejects_dims_in_the_wrong_order)
{
    gra_tensor *x = counted(GRA_SHAPE(2, 3, 4));
    ck_assert_ptr_null(gra_flatten(x, -1, 1));
    GRA_ASSERT_ERROR("flatten: start_dim 2 comes after end_dim 1");
    ck_assert_ptr_null(gra_flatten(x, 0, 3));
    GRA_ASSERT_ERROR("flatten: dim 3 is out of range for a tensor of 3 dims; -3 to 2 are possible");
    ck_assert_ptr_null(gra_flatten(NULL, 0, -1));
    GRA_ASSERT_ERROR("flatten: x is NULL; a tensor is needed");
}

GRA_TEST(permute_exchanges_dims)
{
    gra_tensor *x = counted(GRA_SHAPE(2, 3, 4));
    gra_tensor *y = gra_permute(x, GRA_DIMS(2, 0, -2));
    GRA_ASSERT_SHAPE(y, 4, 2, 3);
    ck_assert(share_memory(x, y));
    ck_assert_double_eq(gra_tensor_at(y, GRA_SHAPE(3, 1, 2)), 23);
    ck_assert_double_eq(gra_tensor_at(y, GRA_SHAPE(1, 0, 2)), 9);
}

GRA_TEST(permute_wants_each_dim_once)
{
    gra_tensor *x = counted(GRA_SHAPE(2, 3));
    ck_assert_ptr_null(gra_permute(x, GRA_DIMS(1, -1)));
    GRA_ASSERT_ERROR("permute: dim 1 is named twice");
    ck_assert_ptr_null(gra_permute(x, GRA_DIMS(0)));
    GRA_ASSERT_ERROR("permute: 1 dims were given for a tensor of shape [2, 3]; each of its 2 dims "
                     "must be named once");
    ck_assert_ptr_null(gra_permute(x, GRA_DIMS(0, 2)));
    GRA_ASSERT_ERROR("permute: dim 2 is out of range for a tensor of 2 dims; -2 to 1 are possible");
}

GRA_TEST(transpose_exchanges_two_dims)
{
    gra_tensor *x = counted(GRA_SHAPE(2, 3));
    GRA_ASSERT_VALUES(gra_transpose(x, 0, -1), 0, 3, 1, 4, 2, 5);
    GRA_ASSERT_VALUES(gra_transpose(gra_scalar(3, GRA_FLOAT32), 0, -1), 3);
    ck_assert_ptr_null(gra_transpose(x, 0, 2));
    GRA_ASSERT_ERROR(
        "transpose: dim 2 is out of range for a tensor of 2 dims; -2 to 1 are possible");
}

GRA_TEST(squeeze_drops_only_dims_of_size_1)
{
    gra_tensor *x = counted(GRA_SHAPE(1, 3, 1, 2));
    GRA_ASSERT_SHAPE(gra_squeeze(x, GRA_ALL_DIMS), 3, 2);
    GRA_ASSERT_SHAPE(gra_squeeze(x, GRA_DIMS(-2)), 1, 3, 2);
    GRA_ASSERT_SHAPE(gra_squeeze(x, GRA_DIMS(1)), 1, 3, 1, 2);
    ck_assert_int_eq(gra_tensor_ndim(gra_squeeze(gra_ones(GRA_SHAPE(1, 1)), GRA_ALL_DIMS)), 0);
    ck_assert_ptr_null(gra_squeeze(x, GRA_DIMS(0, -4)));
    GRA_ASSERT_ERROR("squeeze: dim 0 is named twice");
    ck_assert_ptr_null(gra_squeeze(x, GRA_DIMS(4)));
    GRA_ASSERT_ERROR("squeeze: dim 4 is out of range for a tensor of 4 dims; -4 to 3 are possible");
}

GRA_TEST(unsqueeze_adds_a_dim)
{
    gra_tensor *x = gra_transpose(counted(GRA_SHAPE(2, 3)), 0, 1);
    GRA_ASSERT_SHAPE(gra_unsqueeze(x, 0), 1, 3, 2);
    GRA_ASSERT_SHAPE(gra_unsqueeze(x, -1), 3, 2, 1);
    GRA_ASSERT_SHAPE(gra_unsqueeze(x, 1), 3, 1, 2);
    GRA_ASSERT_VALUES(gra_unsqueeze(x, 1), 0, 3, 1, 4, 2, 5);
    ck_assert_ptr_null(gra_unsqueeze(x, 3));
    GRA_ASSERT_ERROR(
        "unsqueeze: dim 3 is out of range for a new dim beside 2; -3 to 2 are possible");
    ck_assert_ptr_null(gra_unsqueeze(gra_zeros(GRA_SHAPE(1, 1, 1, 1, 1, 1, 1, 1)), 0));
    GRA_ASSERT_ERROR("unsqueeze: a tensor of 9 dims was asked for; at most 8 are possible");
}

GRA_TEST(narrow_takes_a_range)
{
    gra_tensor *x = counted(GRA_SHAPE(3, 4));
    gra_tensor *y = gra_narrow(x, -1, 1, 2);
    GRA_ASSERT_VALUES(y, 1, 2, 5, 6, 9, 10);
    GRA_ASSERT_SHAPE(gra_narrow(x, 0, 3, 0), 0, 4);
    ck_assert_ptr_null(gra_narrow(x, 1, 3, 2));
    GRA_ASSERT_ERROR("narrow: start 3 and length 2 lie outside dim 1 of shape [3, 4]");
    ck_assert_ptr_null(gra_narrow(gra_scalar(1, GRA_FLOAT32), 0, 0, 1));
    GRA_ASSERT_ERROR("narrow: a tensor without dims cannot be narrowed");
}

GRA_TEST(select_drops_the_dim)
{
    gra_tensor *x = counted(GRA_SHAPE(2, 3, 2));
    GRA_ASSERT_SHAPE(gra_select(x, 1, 0), 2, 2);
    GRA_ASSERT_VALUES(gra_select(x, 1, -1), 4, 5, 10, 11);
    ck_assert_double_eq(gra_item(gra_select(gra_vector(5, 6, 7), 0, 1)), 6);
    ck_assert_ptr_null(gra_select(x, 1, 3));
    GRA_ASSERT_ERROR("select: index 3 is out of range for dim 1 of shape [2, 3, 2]");
    ck_assert_ptr_null(gra_select(x, 0, -3));
    GRA_ASSERT_ERROR("select: index -3 is out of range for dim 0 of shape [2, 3, 2]");
    ck_assert_ptr_null(gra_select(gra_scalar(1, GRA_FLOAT32), 0, 0));
    GRA_ASSERT_ERROR("select: a tensor without dims has no index to select");
}

GRA_TEST(expand_repeats_without_a_copy)
{
    gra_tensor *x = gra_view(counted(GRA_SHAPE(3)), GRA_SHAPE(3, 1));
    gra_tensor *y = gra_expand(x, GRA_SHAPE(2, -1, 2));
    GRA_ASSERT_VALUES(y, 0, 0, 1, 1, 2, 2, 0, 0, 1, 1, 2, 2);
    ck_assert(share_memory(x, y));
    ck_assert_int_eq(gra_tensor_stride(y, 2), 0);
    GRA_ASSERT_SHAPE(gra_expand(x, GRA_SHAPE(3, 0)), 3, 0);
}

GRA_TEST(expand_rejects_what_does_not_expand)
{
    gra_tensor *x = counted(GRA_SHAPE(2, 3));
    ck_assert_ptr_null(gra_expand(x, GRA_SHAPE(2, 4)));
    GRA_ASSERT_ERROR("expand: shape [2, 3] does not expand to [2, 4]: size 3 at dim 1 is neither 1 "
                     "nor 4");
    ck_assert_ptr_null(gra_expand(x, GRA_SHAPE(-1, 2, 3)));
    GRA_ASSERT_ERROR(
        "expand: size -1 of dim 0 in [-1, 2, 3] is negative though the dim is new, for "
        "a tensor of shape [2, 3]");
    ck_assert_ptr_null(gra_expand(x, GRA_SHAPE(3)));
    GRA_ASSERT_ERROR("expand: [3] has 1 sizes for a tensor of shape [2, 3]; 2 to 8 are possible");
}

GRA_TEST(repeat_lays_copies_side_by_side)
{
    gra_tensor *x = counted(GRA_SHAPE(2, 2));
    GRA_ASSERT_VALUES(gra_repeat(x, GRA_SHAPE(1, 2)), 0, 1, 0, 1, 2, 3, 2, 3);
    GRA_ASSERT_VALUES(gra_repeat(x, GRA_SHAPE(2, 1, 1)), 0, 1, 2, 3, 0, 1, 2, 3);
    GRA_ASSERT_VALUES(gra_repeat(gra_vector(1, 2), GRA_SHAPE(5)), 1, 2, 1, 2, 1, 2, 1, 2, 1, 2);
    GRA_ASSERT_SHAPE(gra_repeat(x, GRA_SHAPE(3, 0)), 6, 0);
    ck_assert(!share_memory(x, gra_repeat(x, GRA_SHAPE(1, 1))));
}

GRA_TEST(repeat_rejects_too_few_and_negative_repeats)
{
    gra_tensor *x = counted(GRA_SHAPE(2, 2));
    ck_assert_ptr_null(gra_repeat(x, GRA_SHAPE(2)));
    GRA_ASSERT_ERROR("repeat: 1 repeats [2] were given for a tensor of shape [2, 2]; 2 to 8 are "
                     "possible");
    ck_assert_ptr_null(gra_repeat(x, GRA_SHAPE(2, -1)));
    GRA_ASSERT_ERROR("repeat: repeat -1 of dim 1 in [2, -1] is negative");
    ck_assert_ptr_null(gra_repeat(x, GRA_SHAPE(INT64_MAX, 1)));
    GRA_ASSERT_ERROR(
        "repeat: repeats [9223372036854775807, 1] of a tensor of shape [2, 2] are more "
        "than the address space");
}

GRA_TEST(flip_reverses_dims)
{
    gra_tensor *x = counted(GRA_SHAPE(2, 3));
    GRA_ASSERT_VALUES(gra_flip(x, GRA_DIMS(1)), 2, 1, 0, 5, 4, 3);
    GRA_ASSERT_VALUES(gra_flip(x, GRA_DIMS(0, -1)), 5, 4, 3, 2, 1, 0);
    GRA_ASSERT_VALUES(gra_flip(x, GRA_ALL_DIMS), 5, 4, 3, 2, 1, 0);
    GRA_ASSERT_VALUES(gra_flip(gra_transpose(x, 0, 1), GRA_DIMS(0)), 2, 5, 1, 4, 0, 3);
    GRA_ASSERT_VALUES(gra_flip(gra_scalar(4, GRA_BOOL), GRA_DIMS(0)), 1);
    GRA_ASSERT_SHAPE(gra_flip(gra_zeros(GRA_SHAPE(0, 2)), GRA_DIMS(0)), 0, 2);
    ck_assert_ptr_null(gra_flip(x, GRA_DIMS(1, 1)));
    GRA_ASSERT_ERROR("flip: dim 1 is named twice");
}

GRA_TEST(split_makes_the_last_part_smaller)
{
    gra_tensor *parts[4], *x = counted(GRA_SHAPE(2, 7));
    ck_assert_int_eq(gra_split(x, 3, -1, parts, 4), 3);
    GRA_ASSERT_VALUES(parts[0], 0, 1, 2, 7, 8, 9);
    GRA_ASSERT_VALUES(parts[2], 6, 13);
    ck_assert_ptr_null(parts[3]);
    ck_assert(share_memory(x, parts[0]));
    ck_assert_int_eq(gra_split(gra_zeros(GRA_SHAPE(0, 2)), 3, 0, parts, 4), 1);
    GRA_ASSERT_SHAPE(parts[0], 0, 2);
}

GRA_TEST(split_rejects_bad_sizes_and_little_room)
{
    gra_tensor *parts[4], *x = counted(GRA_SHAPE(2, 7));
    ck_assert_int_eq(gra_split(x, 2, 1, parts, 3), -1);
    GRA_ASSERT_ERROR("split: dim 1 of shape [2, 7] makes 4 parts; there is room for 3");
    ck_assert_ptr_null(parts[0]);
    ck_assert_int_eq(gra_split(x, 0, 1, parts, 4), -1);
    GRA_ASSERT_ERROR("split: parts of size 0 are not possible for a dim of size 7; a positive size "
                     "is needed");
    ck_assert_int_eq(gra_split(gra_scalar(1, GRA_FLOAT32), 1, 0, parts, 4), -1);
    GRA_ASSERT_ERROR("split: a tensor without dims cannot be cut");
    ck_assert_int_eq(gra_split(NULL, 1, 0, parts, 4), -1);
    GRA_ASSERT_ERROR("split: x is NULL; a tensor is needed");
}

GRA_TEST(chunk_makes_parts_of_the_ceiling)
{
    gra_tensor *parts[4], *x = counted(GRA_SHAPE(5));
    ck_assert_int_eq(gra_chunk(x, 4, 0, parts, 4), 3); /* 2, 2, 1: fewer than asked for */
    GRA_ASSERT_VALUES(parts[2], 4);
    ck_assert_int_eq(gra_chunk(gra_zeros(GRA_SHAPE(0, 2)), 3, 0, parts, 4), 3);
    GRA_ASSERT_SHAPE(parts[2], 0, 2);
    ck_assert_int_eq(gra_chunk(x, 0, 0, parts, 4), -1);
    GRA_ASSERT_ERROR("chunk: 0 chunks are not possible; at least 1 is needed");
    ck_assert_int_eq(gra_chunk(x, 5, 0, parts, 4), -1);
    GRA_ASSERT_ERROR("chunk: dim 0 of shape [5] makes 5 parts; there is room for 4");
}

GRA_TEST(cat_joins_along_a_dim)
{
    gra_tensor *a = counted(GRA_SHAPE(2, 2)), *b = gra_transpose(a, 0, 1);
    GRA_ASSERT_VALUES(gra_cat((gra_tensor *[]){a, b}, 2, 0), 0, 1, 2, 3, 0, 2, 1, 3);
    GRA_ASSERT_VALUES(gra_cat((gra_tensor *[]){a, b}, 2, -1), 0, 1, 0, 2, 2, 3, 1, 3);
}

GRA_TEST(cat_promotes_dtypes)
{
    gra_tensor *i = gra_full(GRA_SHAPE(1), 3, .dtype = GRA_INT64);
    gra_tensor *b = gra_full(GRA_SHAPE(2), 1.5, .dtype = GRA_BFLOAT16);
    gra_tensor *y = gra_cat((gra_tensor *[]){i, b}, 2, 0);
    ck_assert_int_eq(gra_tensor_dtype(y), GRA_BFLOAT16);
    GRA_ASSERT_VALUES(y, 3, 1.5, 1.5);
}

GRA_TEST(cat_skips_empty_vectors)
{
    gra_tensor *none = gra_zeros(GRA_SHAPE(0), .requires_grad = true),
               *x = counted(GRA_SHAPE(1, 2));
    gra_tensor *y = gra_cat((gra_tensor *[]){none, x, none}, 3, 1);
    GRA_ASSERT_SHAPE(y, 1, 2);
    ck_assert_int_eq(gra_backward(gra_sum(y)), 0);
    GRA_ASSERT_SHAPE(gra_tensor_grad(none), 0);
    GRA_ASSERT_SHAPE(gra_cat((gra_tensor *[]){none, none}, 2, 0), 0);
}

GRA_TEST(cat_gives_each_its_part_of_the_gradient)
{
    gra_tensor *a = gra_ones(GRA_SHAPE(2), .requires_grad = true);
    gra_tensor *b = gra_ones(GRA_SHAPE(1), .dtype = GRA_FLOAT64, .requires_grad = true);
    gra_tensor *y = gra_mul(gra_cat((gra_tensor *[]){a, b, a}, 3, 0), gra_vector(1, 2, 3, 4, 5));
    ck_assert_int_eq(gra_backward(gra_sum(y)), 0);
    GRA_ASSERT_VALUES(gra_tensor_grad(a), 5, 7);
    GRA_ASSERT_VALUES(gra_tensor_grad(b), 3);
    ck_assert_int_eq(gra_tensor_dtype(gra_tensor_grad(a)), GRA_FLOAT32);
}

GRA_TEST(cat_rejects_shapes_that_differ)
{
    gra_tensor *a = counted(GRA_SHAPE(2, 3)), *b = counted(GRA_SHAPE(2, 2));
    ck_assert_ptr_null(gra_cat((gra_tensor *[]){a, b}, 2, 0));
    GRA_ASSERT_ERROR("cat: shape [2, 2] of tensor 1 does not fit behind [2, 3]; all sizes but that "
                     "of dim 0 must be equal");
    ck_assert_ptr_null(gra_cat((gra_tensor *[]){a, counted(GRA_SHAPE(3))}, 2, 0));
    GRA_ASSERT_ERROR("cat: shape [3] of tensor 1 does not fit behind [2, 3]; all sizes but that of "
                     "dim 0 must be equal");
    ck_assert_ptr_null(gra_cat((gra_tensor *[]){a, gra_scalar(1, GRA_FLOAT32)}, 2, 0));
    GRA_ASSERT_ERROR("cat: tensor 1 has no dims; gra_stack joins such tensors");
    ck_assert_ptr_null(gra_cat((gra_tensor *[]){a, a}, 2, 2));
    GRA_ASSERT_ERROR("cat: dim 2 is out of range for a tensor of 2 dims; -2 to 1 are possible");
}

GRA_TEST(cat_and_stack_reject_empty_lists_and_null)
{
    gra_tensor *a = counted(GRA_SHAPE(2));
    ck_assert_ptr_null(gra_cat(NULL, 0, 0));
    GRA_ASSERT_ERROR("cat: 0 tensors were given; at least one is needed");
    ck_assert_ptr_null(gra_stack(&a, 0, 0));
    GRA_ASSERT_ERROR("stack: 0 tensors were given; at least one is needed");
    ck_assert_ptr_null(gra_cat((gra_tensor *[]){a, NULL}, 2, 0));
    GRA_ASSERT_ERROR("cat: tensors is NULL; a tensor is needed");
}

GRA_TEST(stack_makes_a_new_dim)
{
    gra_tensor *a = gra_vector(1, 2), *b = gra_vector(3, 4);
    GRA_ASSERT_VALUES(gra_stack((gra_tensor *[]){a, b}, 2, 0), 1, 2, 3, 4);
    GRA_ASSERT_VALUES(gra_stack((gra_tensor *[]){a, b}, 2, -1), 1, 3, 2, 4);
    gra_tensor *one = gra_scalar(1, GRA_FLOAT32), *two = gra_scalar(2, GRA_INT64);
    gra_tensor *y = gra_stack((gra_tensor *[]){one, two}, 2, 0);
    GRA_ASSERT_VALUES(y, 1, 2);
    ck_assert_int_eq(gra_tensor_dtype(y), GRA_FLOAT32);
}

GRA_TEST(stack_rejects_shapes_that_differ)
{
    gra_tensor *a = counted(GRA_SHAPE(2)), *b = counted(GRA_SHAPE(3));
    ck_assert_ptr_null(gra_stack((gra_tensor *[]){a, a, b}, 3, 0));
    GRA_ASSERT_ERROR("stack: tensor 0 has shape [2] and tensor 2 has shape [3]; all must have the "
                     "same shape");
    ck_assert_ptr_null(gra_stack((gra_tensor *[]){a, a}, 2, 2));
    GRA_ASSERT_ERROR("stack: dim 2 is out of range for a new dim beside 1; -2 to 1 are possible");
}

GRA_TEST(gradients_flow_through_views)
{
    gra_tensor *x = gra_ones(GRA_SHAPE(2, 3), .requires_grad = true);
    gra_tensor *y = gra_select(gra_transpose(gra_view(x, GRA_SHAPE(3, 2)), 0, 1), 0, 1);
    ck_assert_int_eq(gra_backward(gra_sum(gra_mul(y, gra_vector(1, 2, 3)))), 0);
    GRA_ASSERT_VALUES(gra_tensor_grad(x), 0, 1, 0, 2, 0, 3);
}

GRA_TEST_MAIN("shapes", view_lays_the_same_memory_out_anew,
              view_goes_through_strides_where_they_allow_it, view_gives_new_dims_of_size_1_anywhere,
              view_rejects_strides_that_need_a_copy, view_rejects_another_number_of_elements,
              view_rejects_a_size_that_cannot_be_inferred,
              view_rejects_negative_sizes_and_too_many_dims, view_of_null_is_an_error,
              reshape_is_a_view_where_possible_and_a_copy_otherwise,
              reshape_copies_integers_exactly, reshape_keeps_bfloat16, reshape_of_empty_tensors,
              flatten_joins_dims, flatten_rejects_dims_in_the_wrong_order, permute_exchanges_dims,
              permute_wants_each_dim_once, transpose_exchanges_two_dims,
              squeeze_drops_only_dims_of_size_1, unsqueeze_adds_a_dim, narrow_takes_a_range,
              select_drops_the_dim, expand_repeats_without_a_copy,
              expand_rejects_what_does_not_expand, repeat_lays_copies_side_by_side,
              repeat_rejects_too_few_and_negative_repeats, flip_reverses_dims,
              split_makes_the_last_part_smaller, split_rejects_bad_sizes_and_little_room,
              chunk_makes_parts_of_the_ceiling, cat_joins_along_a_dim, cat_promotes_dtypes,
              cat_skips_empty_vectors, cat_gives_each_its_part_of_the_gradient,
              cat_rejects_shapes_that_differ, cat_and_stack_reject_empty_lists_and_null,
              stack_makes_a_new_dim, stack_rejects_shapes_that_differ, gradients_flow_through_views)
