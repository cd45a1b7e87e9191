/* test_tensor.c - handles, views, single elements, what autograd keeps on a tensor. */
#include "core/scope.h"

#include "core/create.h"
#include "core/op.h"
#include "core/tensor_struct.h"
#include "../support/test.h"

/* 0 1 2 / 3 4 5, float32. */
static gra_tensor *two_by_three(void)
{
    const float data[] = {0, 1, 2, 3, 4, 5};
    return gra_from_data(data, GRA_SHAPE(2, 3));
}

static gra_tensor *transposed(gra_tensor *t)
{
    const int64_t stride[] = {t->stride[1], t->stride[0]};
    return gra__view(t, GRA_SHAPE(t->shape.size[1], t->shape.size[0]), stride, t->offset);
}

GRA_TEST(queries_tell_shape_strides_and_dtype)
{
    gra_tensor *const t = two_by_three();
    ck_assert_int_eq(gra_tensor_ndim(t), 2);
    GRA_ASSERT_SHAPE(t, 2, 3);
    ck_assert_int_eq(gra_tensor_size(t, 0), 2);
    ck_assert_int_eq(gra_tensor_size(t, -1), 3);
    ck_assert_int_eq(gra_tensor_stride(t, 0), 3);
    ck_assert_int_eq(gra_tensor_stride(t, -1), 1);
    ck_assert_int_eq(gra_tensor_numel(t), 6);
    ck_assert_int_eq(gra_tensor_dtype(t), GRA_FLOAT32);
    ck_assert(gra_is_contiguous(t) && gra_is_leaf(t) && !gra_tensor_requires_grad(t));
}

GRA_TEST(queries_of_NULL_are_silent)
{
    ck_assert_int_eq(gra_tensor_ndim(NULL), -1);
    ck_assert_int_eq(gra_tensor_shape(NULL).count, -1);
    ck_assert_int_eq(gra_tensor_size(NULL, 0), -1);
    ck_assert_int_eq(gra_tensor_stride(NULL, 0), 0);
    ck_assert_int_eq(gra_tensor_numel(NULL), -1);
    ck_assert(!gra_is_contiguous(NULL) && !gra_is_leaf(NULL) && !gra_tensor_requires_grad(NULL));
    ck_assert_ptr_null(gra_tensor_data(NULL));
    ck_assert_ptr_null(gra_tensor_data_strided(NULL));
    ck_assert_ptr_null(gra_tensor_grad(NULL));
    ck_assert_ptr_null(gra_requires_grad(NULL));
    ck_assert_ptr_null(gra_set_requires_grad(NULL, false));
    ck_assert_ptr_null(gra_retain_grad(NULL));
    ck_assert(isnan(gra_item(NULL)));
    ck_assert_int_eq(gra_item_int(NULL), 0);
    ck_assert(isnan(gra_tensor_at(NULL, GRA_SHAPE(0))));
    gra_tensor_touch(NULL);
    gra_tensor_zero_grad(NULL);
}

GRA_TEST(a_dim_out_of_range_is_rejected)
{
    gra_tensor *const t = two_by_three();
    ck_assert_int_eq(gra_tensor_size(t, 2), -1);
    GRA_ASSERT_ERROR(
        "gra_tensor_size: dim 2 is out of range for a tensor of 2 dims; -2 to 1 are possible");
    ck_assert_int_eq(gra_tensor_stride(t, -3), 0);
    GRA_ASSERT_ERROR(
        "gra_tensor_stride: dim -3 is out of range for a tensor of 2 dims; -2 to 1 are possible");
}

GRA_TEST(writing_through_a_view_is_seen_through_all)
{
    gra_tensor *const t = two_by_three(), *const view = transposed(t);
    GRA_ASSERT_SHAPE(view, 3, 2);
    GRA_ASSERT_VALUES(view, 0, 3, 1, 4, 2, 5);
    ((float *)gra_tensor_data(t))[1 * 3 + 2] = 50;
    ck_assert(gra_tensor_at(view, GRA_SHAPE(2, 1)) == 50);
    ((float *)gra_tensor_data_strided(view))[0] = -1;
    ck_assert(gra_tensor_at(t, GRA_SHAPE(0, 0)) == -1);
}

GRA_TEST(a_view_outlives_its_base)
{
    const int64_t live = gra_live();
    const int mark = gra_mark();
    gra_tensor *const view = gra_keep(transposed(two_by_three()));
    gra_release(mark);
    ck_assert_int_eq(gra_live(), live + 1);
    GRA_ASSERT_VALUES(view, 0, 3, 1, 4, 2, 5);
    gra_free(view);
}

GRA_TEST(row_major_means_without_gaps)
{
    gra_tensor *const t = gra_zeros(GRA_SHAPE(2, 3));
    const int64_t plain[] = {3, 1}, gap[] = {3, 2}, any[] = {77, 1}, expanded[] = {0, 1};
    ck_assert(gra_is_contiguous(gra__view(t, GRA_SHAPE(2, 3), plain, 0)));
    ck_assert(gra_is_contiguous(gra__view(t, GRA_SHAPE(3), plain + 1, 3)));
    ck_assert(!gra_is_contiguous(gra__view(t, GRA_SHAPE(2, 2), plain, 0)));
    ck_assert(!gra_is_contiguous(gra__view(t, GRA_SHAPE(2, 2), gap, 0)));
    ck_assert(!gra_is_contiguous(transposed(t)));
    ck_assert(!gra_is_contiguous(gra__view(t, GRA_SHAPE(2, 3), expanded, 0)));
    ck_assert(gra_is_contiguous(gra__view(t, GRA_SHAPE(1, 3), any, 0))); /* its stride is unused */
    ck_assert(gra_is_contiguous(gra__view(t, GRA_SHAPE(0, 3), gap, 0)));
    ck_assert(gra_is_contiguous(gra_scalar(1, GRA_FLOAT32)));
}

GRA_TEST(data_demands_a_row_major_tensor)
{
    gra_tensor *const view = transposed(two_by_three());
    ck_assert_ptr_null(gra_tensor_data(view));
    GRA_ASSERT_ERROR("gra_tensor_data: the tensor of shape [3, 2] is not row-major in memory; read "
                     "gra_contiguous(t), or gra_tensor_data_strided(t) with its strides");
    ck_assert_ptr_nonnull(gra_tensor_data_strided(view));
}

GRA_TEST(data_of_a_view_begins_at_its_offset)
{
    gra_tensor *const t = two_by_three();
    const int64_t stride[] = {1};
    gra_tensor *const row = gra__view(t, GRA_SHAPE(3), stride, 3);
    ck_assert_ptr_eq(gra_tensor_data(row), (float *)gra_tensor_data(t) + 3);
    ck_assert_ptr_eq(gra_tensor_data_strided(row), gra_tensor_data(row));
}

GRA_TEST(item_reads_the_only_element)
{
    ck_assert(gra_item(gra_scalar(2.5, GRA_FLOAT64)) == 2.5);
    ck_assert(gra_item(gra_full(GRA_SHAPE(1, 1, 1), 3)) == 3);
    ck_assert_int_eq(gra_item_int(gra_scalar(7, GRA_UINT8)), 7);
    ck_assert_int_eq(gra_item_int(gra_scalar(-2.75, GRA_FLOAT32)), -2);
    const int64_t exact = INT64_MAX;
    gra_tensor *const t = gra_from_data(&exact, GRA_SHAPE(1), .dtype = GRA_INT64);
    ck_assert_int_eq(gra_item_int(t), INT64_MAX);
}

GRA_TEST(item_demands_one_element)
{
    ck_assert(isnan(gra_item(two_by_three())));
    GRA_ASSERT_ERROR("gra_item: the tensor of shape [2, 3] has 6 elements; exactly one is needed");
    ck_assert_int_eq(gra_item_int(gra_zeros(GRA_SHAPE(0))), 0);
    GRA_ASSERT_ERROR("gra_item_int: the tensor of shape [0] has 0 elements; exactly one is needed");
}

GRA_TEST(at_reads_by_index_through_strides)
{
    gra_tensor *const t = two_by_three();
    ck_assert(gra_tensor_at(t, GRA_SHAPE(1, 2)) == 5);
    ck_assert(gra_tensor_at(transposed(t), GRA_SHAPE(2, 0)) == 2);
    ck_assert(gra_tensor_at(gra_scalar(4, GRA_INT32), GRA_SCALAR) == 4);
}

GRA_TEST(an_index_outside_is_rejected)
{
    gra_tensor *const t = two_by_three();
    ck_assert(isnan(gra_tensor_at(t, GRA_SHAPE(2, 0))));
    GRA_ASSERT_ERROR("gra_tensor_at: index [2, 0] lies outside a tensor of shape [2, 3]");
    ck_assert(isnan(gra_tensor_at(t, GRA_SHAPE(0, -1))));
    GRA_ASSERT_ERROR("gra_tensor_at: index [0, -1] lies outside a tensor of shape [2, 3]");
    ck_assert(isnan(gra_tensor_at(t, GRA_SHAPE(1))));
    GRA_ASSERT_ERROR("gra_tensor_at: index [1] lies outside a tensor of shape [2, 3]");
    ck_assert(isnan(gra_tensor_at(t, GRA_SHAPE(INT64_MAX, INT64_MAX))));
    GRA_ASSERT_ERROR("gra_tensor_at: index [9223372036854775807, 9223372036854775807] lies outside "
                     "a tensor of shape [2, 3]");
}

GRA_TEST(elements_are_converted_from_and_to_every_dtype)
{
    static const struct {
        gra_dtype dtype;
        double written, read;
    } expected[] = {
        {GRA_FLOAT32, 0.1, 0.1f}, {GRA_FLOAT64, 0.1, 0.1}, {GRA_BFLOAT16, 0.1, 0.10009765625},
        {GRA_INT64, -3.9, -3},    {GRA_INT32, 3.9, 3},     {GRA_UINT8, 200.5, 200},
        {GRA_UINT8, -1, 255},     {GRA_UINT8, 257, 1},     {GRA_BOOL, 0.25, 1},
        {GRA_BOOL, 0, 0},         {GRA_BOOL, NAN, 1},      {GRA_FLOAT32, 1e300, INFINITY},
    };
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        gra_tensor *const t = gra_zeros(GRA_SHAPE(3), .dtype = expected[i].dtype);
        gra__store(t, 1, expected[i].written);
        ck_assert(gra__load(t, 0) == 0 && gra__load(t, 2) == 0);
        ck_assert_msg(gra__load(t, 1) == expected[i].read, "%g in %s reads %g", expected[i].written,
                      gra_dtype_name(expected[i].dtype), gra__load(t, 1));
    }
}

GRA_TEST(a_leaf_can_be_told_to_require_a_gradient_and_not_to)
{
    gra_tensor *const t = two_by_three();
    ck_assert_ptr_eq(gra_requires_grad(t), t);
    ck_assert(gra_tensor_requires_grad(t) && gra_is_leaf(t));
    ck_assert_ptr_eq(gra_set_requires_grad(t, false), t);
    ck_assert(!gra_tensor_requires_grad(t));
    ck_assert_ptr_null(gra_tensor_grad(t));
}

GRA_TEST(only_floating_point_tensors_can_require_a_gradient)
{
    static const gra_dtype rejected[] = {GRA_INT64, GRA_INT32, GRA_UINT8, GRA_BOOL};
    char expected[160];
    for (int i = 0; i < 4; i++) {
        gra_tensor *const t = gra_zeros(GRA_SHAPE(2), .dtype = rejected[i]);
        ck_assert_ptr_null(gra_requires_grad(t));
        snprintf(expected, sizeof expected,
                 "gra_requires_grad: a tensor of dtype %s cannot have a gradient; only "
                 "floating-point ones can",
                 gra_dtype_name(rejected[i]));
        GRA_ASSERT_ERROR(expected);
        ck_assert_ptr_eq(gra_set_requires_grad(t, false), t);
    }
}

static void same_forward(gra_call *c)
{
    c->out[0] = gra_zeros_like(c->in[0]);
}

static const gra_op same_op = {
    .schema = "same(Tensor x) -> Tensor", .forward = same_forward, .saves = GRA_SAVE_NOTHING};

GRA_TEST(a_result_cannot_stop_requiring_a_gradient)
{
    gra_tensor *const x = gra_requires_grad(two_by_three());
    gra_tensor *const y = gra_apply(&same_op, (gra_tensor *[]){x}, 1, NULL);
    ck_assert(gra_tensor_requires_grad(y) && !gra_is_leaf(y));
    ck_assert_ptr_eq(gra_requires_grad(y), y);
    ck_assert_ptr_null(gra_set_requires_grad(y, false));
    GRA_ASSERT_ERROR("gra_set_requires_grad: only a leaf can stop requiring a gradient; use "
                     "gra_detach(t) for the result of an op");
}

GRA_TEST(only_what_requires_a_gradient_can_retain_it)
{
    gra_tensor *const t = two_by_three();
    ck_assert_ptr_null(gra_retain_grad(t));
    GRA_ASSERT_ERROR("gra_retain_grad: the tensor does not require a gradient");
    gra_requires_grad(t);
    ck_assert_ptr_eq(gra_retain_grad(t), t);
}

GRA_TEST(zero_grad_forgets_the_gradient)
{
    const int64_t live = gra_live();
    gra_tensor *const t = gra_requires_grad(two_by_three());
    gra_tensor_zero_grad(t);
    const int mark = gra_mark();
    t->grad = gra_ones_like(t);
    gra__retain(t->grad);
    gra_release(mark);
    GRA_ASSERT_VALUES(gra_tensor_grad(t), 1, 1, 1, 1, 1, 1);
    gra_tensor_zero_grad(t);
    ck_assert_ptr_null(gra_tensor_grad(t));
    ck_assert_int_eq(gra_live(), live + 1);
}

GRA_TEST(a_tensor_takes_its_gradient_with_it)
{
    const int64_t live = gra_live();
    const int mark = gra_mark();
    gra_tensor *const t = gra_requires_grad(two_by_three());
    t->grad = gra_ones_like(t);
    gra__retain(t->grad);
    gra_release(mark);
    ck_assert_int_eq(gra_live(), live);
}

GRA_TEST(touching_moves_the_version_that_all_views_share)
{
    gra_tensor *const t = two_by_three(), *const view = transposed(t);
    const uint32_t version = t->storage->version;
    gra_tensor_touch(view);
    ck_assert_uint_eq(t->storage->version, version + 1);
    ck_assert_ptr_eq(view->storage, t->storage);
}

GRA_TEST(an_alias_shares_the_storage_and_has_no_history)
{
    const int64_t live = gra_live();
    gra_tensor *const x = gra_requires_grad(two_by_three());
    gra_tensor *const y = gra_apply(&same_op, (gra_tensor *[]){x}, 1, NULL);
    gra_tensor *const alias = gra__alias(y);
    ck_assert_ptr_eq(alias->storage, y->storage);
    ck_assert(gra_is_leaf(alias) && !gra_tensor_requires_grad(alias));
    ck_assert_int_eq(gra_live(), live + 4); /* x, y, their node, the alias */
    gra__release(alias);
    ck_assert_int_eq(gra_live(), live + 3);
}

GRA_TEST(replace_takes_another_tensors_storage_shape_and_dtype)
{
    gra_tensor *const t = gra_requires_grad(two_by_three());
    const uint32_t version = t->storage->version;
    gra__replace(t, gra_full(GRA_SHAPE(4), 7, .dtype = GRA_FLOAT64));
    GRA_ASSERT_SHAPE(t, 4);
    GRA_ASSERT_VALUES(t, 7, 7, 7, 7);
    ck_assert_int_eq(gra_tensor_dtype(t), GRA_FLOAT64);
    ck_assert(gra_tensor_requires_grad(t) && gra_is_leaf(t));
    ck_assert_uint_eq(t->storage->version, version + 1);
}

GRA_TEST(replacing_a_tensor_by_itself_changes_nothing_but_the_version)
{
    gra_tensor *const t = two_by_three();
    gra__replace(t, t);
    GRA_ASSERT_VALUES(t, 0, 1, 2, 3, 4, 5);
}

GRA_TEST_MAIN("tensor", queries_tell_shape_strides_and_dtype, queries_of_NULL_are_silent,
              a_dim_out_of_range_is_rejected, writing_through_a_view_is_seen_through_all,
              a_view_outlives_its_base, row_major_means_without_gaps,
              data_demands_a_row_major_tensor, data_of_a_view_begins_at_its_offset,
              item_reads_the_only_element, item_demands_one_element,
              at_reads_by_index_through_strides, an_index_outside_is_rejected,
              elements_are_converted_from_and_to_every_dtype,
              a_leaf_can_be_told_to_require_a_gradient_and_not_to,
              only_floating_point_tensors_can_require_a_gradient,
              a_result_cannot_stop_requiring_a_gradient,
              only_what_requires_a_gradient_can_retain_it, zero_grad_forgets_the_gradient,
              a_tensor_takes_its_gradient_with_it, touching_moves_the_version_that_all_views_share,
              an_alias_shares_the_storage_and_has_no_history,
              replace_takes_another_tensors_storage_shape_and_dtype,
              replacing_a_tensor_by_itself_changes_nothing_but_the_version)
