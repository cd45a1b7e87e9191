/* test_reductions.c - reductions over dims: values, dtypes, strides, empty tensors, errors, zeros in
 * products, ties, and that threads do not change the bits. */
#include "gradus.h"

#include "tests/support/test.h"

/* 0, 1, ... over a shape, as float64. */
static gra_tensor *counting(gra_shape shape)
{
    int64_t count = 1;
    for (int i = 0; i < shape.count; i++)
        count *= shape.size[i];
    return gra_to(gra_reshape(gra_arange(0, (double)count, 1), shape), GRA_FLOAT64);
}

GRA_TEST(sum_adds_over_any_dims)
{
    gra_tensor *const x = counting(GRA_SHAPE(2, 3));
    GRA_ASSERT_VALUES(gra_sum(x), 15);
    GRA_ASSERT_VALUES(gra_sum(x, GRA_DIMS(0)), 3, 5, 7);
    GRA_ASSERT_VALUES(gra_sum(x, GRA_DIMS(1)), 3, 12);
    GRA_ASSERT_VALUES(gra_sum(x, GRA_DIMS(-1, 0)), 15);
    GRA_ASSERT_SHAPE(gra_sum(x, GRA_DIMS(1), .keepdim = true), 2, 1);
    GRA_ASSERT_SHAPE(gra_sum(x, .keepdim = true), 1, 1);
    ck_assert_int_eq(gra_tensor_ndim(gra_sum(x)), 0);
    GRA_ASSERT_VALUES(gra_sum(gra_scalar(4, GRA_FLOAT32), GRA_DIMS(0)), 4);
    GRA_ASSERT_VALUES(gra_sum(gra_scalar(4, GRA_FLOAT32), GRA_DIMS(-1), .keepdim = true), 4);
}

GRA_TEST(reductions_choose_the_dtype_as_pytorch_does)
{
    static const gra_dtype whole[] = {GRA_INT64, GRA_INT32, GRA_UINT8, GRA_BOOL};
    for (size_t i = 0; i < 4; i++) {
        gra_tensor *const x = gra_ones(GRA_SHAPE(300), .dtype = whole[i]);
        GRA_ASSERT_VALUES(gra_sum(x), 300);
        ck_assert_int_eq(gra_tensor_dtype(gra_sum(x)), GRA_INT64);
        ck_assert_int_eq(gra_tensor_dtype(gra_prod(x)), GRA_INT64);
        ck_assert_int_eq(gra_tensor_dtype(gra_max(x)), whole[i]);
        ck_assert_int_eq(gra_tensor_dtype(gra_any(x)), GRA_BOOL);
        ck_assert_int_eq(gra_tensor_dtype(gra_argmax(x)), GRA_INT64);
        ck_assert_int_eq(gra_tensor_dtype(gra_logsumexp(x)), GRA_FLOAT32);
    }
    static const gra_dtype real[] = {GRA_FLOAT32, GRA_FLOAT64, GRA_BFLOAT16};
    for (size_t i = 0; i < 3; i++) {
        gra_tensor *const x = gra_ones(GRA_SHAPE(2, 2), .dtype = real[i]);
        gra_tensor *const y[] = {gra_sum(x),  gra_mean(x),          gra_var(x),
                                 gra_max(x),  gra_logsumexp(x),     gra_softmax(x, 0),
                                 gra_prod(x), gra_log_softmax(x, 0)};
        for (size_t k = 0; k < 8; k++)
            ck_assert_int_eq(gra_tensor_dtype(y[k]), real[i]);
    }
}

GRA_TEST(bfloat16_is_summed_in_float32)
{
    gra_tensor *const x = gra_ones(GRA_SHAPE(4, 1000), .dtype = GRA_BFLOAT16);
    GRA_ASSERT_VALUES(gra_sum(x, GRA_DIMS(1)), 1000, 1000, 1000, 1000);
    GRA_ASSERT_VALUES(gra_mean(x), 1);
    GRA_ASSERT_VALUES(gra_var(x), 0);
    GRA_ASSERT_VALUES(gra_max(gra_mul_scalar(x, 3)), 3);
    GRA_ASSERT_VALUES(gra_all(x), 1);
    GRA_ASSERT_VALUES(gra_argmax(x, 1), 0, 0, 0, 0);
    GRA_ASSERT_VALUES(gra_prod(x, GRA_DIMS(1)), 1, 1, 1, 1);
}

/* Sums by the definition, over elements of any strides. */
static double sum_at(const gra_tensor *x, unsigned mask, gra_shape index, int dim)
{
    if (dim == index.count)
        return gra_tensor_at(x, index);
    if (!(mask >> dim & 1))
        return sum_at(x, mask, index, dim + 1);
    double sum = 0;
    for (index.size[dim] = 0; index.size[dim] < gra_tensor_size(x, dim); index.size[dim]++)
        sum += sum_at(x, mask, index, dim + 1);
    return sum;
}

static gra_dims dims_of(unsigned mask)
{
    gra_dims dims = GRA_ALL_DIMS;
    for (int i = 0; i < 4; i++)
        if (mask >> i & 1)
            dims.dim[dims.count++] = i;
    return dims;
}

static void check_sums(const gra_tensor *x, const gra_tensor *y, unsigned mask)
{
    const gra_shape shape = gra_tensor_shape(y);
    for (int64_t i = 0; i < gra_tensor_numel(y); i++) {
        const gra_shape index = gra_test_index(shape, i);
        ck_assert_double_eq(gra_tensor_at(y, index), sum_at(x, mask, index, 0));
    }
}

GRA_TEST(sums_are_right_for_all_dims_and_strides)
{
    static const int64_t sizes[][4] = {
        {2, 3, 4, 5}, {1, 7, 2, 3}, {40, 2, 1, 30}, {3, 1, 60, 2}, {2, 1, 140, 3}};
    for (int s = 0; s < 5; s++)
        for (int order = 0; order < 24; order++)
            for (unsigned mask = 1; mask < 16; mask++) {
                const int mark = gra_mark();
                int64_t left[] = {0, 1, 2, 3};
                gra_dims dims = {.kind = &gra_dims_kind, .count = 4};
                for (int i = 0, rest = order; i < 4; rest /= 4 - i, i++) {
                    const int k = rest % (4 - i);
                    dims.dim[i] = left[k];
                    for (int j = k; j < 3; j++)
                        left[j] = left[j + 1];
                }
                gra_tensor *const base = counting(gra_shape_of(sizes[s], 4));
                gra_tensor *const x =
                    order % 2 ? gra_permute(base, dims)
                              : gra_permute(gra_narrow(base, 3, 1, sizes[s][3] - 1), dims);
                check_sums(x, gra_sum(x, dims_of(mask), .keepdim = true), mask);
                gra_release(mark);
            }
}

GRA_TEST(short_rows_are_folded_side_by_side)
{
    gra_tensor *const x = counting(GRA_SHAPE(3, 1000, 3));
    GRA_ASSERT_VALUES(gra_sum(x, GRA_DIMS(0, 1)), 13495500, 13498500, 13501500);
    GRA_ASSERT_VALUES(gra_max(x, GRA_DIMS(1)), 2997, 2998, 2999, 5997, 5998, 5999, 8997, 8998,
                      8999);
    GRA_ASSERT_VALUES(gra_min(gra_narrow(x, 1, 1, 901), GRA_DIMS(0, 1)), 3, 4, 5);
    GRA_ASSERT_VALUES(gra_var(gra_narrow(x, 0, 0, 1), GRA_DIMS(0, 1)), 750750, 750750, 750750);
    GRA_ASSERT_VALUES(gra_all(gra_gt_scalar(x, 0), GRA_DIMS(0, 1)), 0, 1, 1);
}

GRA_TEST(expanded_tensors_are_reduced)
{
    gra_tensor *const x = gra_expand(gra_vector(1, 2, 3), GRA_SHAPE(4, 3));
    GRA_ASSERT_VALUES(gra_sum(x), 24);
    GRA_ASSERT_VALUES(gra_sum(x, GRA_DIMS(0)), 4, 8, 12);
    GRA_ASSERT_VALUES(gra_prod(x, GRA_DIMS(1)), 6, 6, 6, 6);
    GRA_ASSERT_VALUES(gra_argmax(x, 1), 2, 2, 2, 2);
    GRA_ASSERT_VALUES(gra_argmax(x), 2);
    GRA_ASSERT_VALUES(gra_var(x, GRA_DIMS(1)), 1, 1, 1, 1);
}

GRA_TEST(empty_reductions_give_the_neutral_element)
{
    gra_tensor *const x = gra_zeros(GRA_SHAPE(2, 0));
    GRA_ASSERT_VALUES(gra_sum(x, GRA_DIMS(1)), 0, 0);
    GRA_ASSERT_VALUES(gra_prod(x, GRA_DIMS(1)), 1, 1);
    GRA_ASSERT_VALUES(gra_mean(x, GRA_DIMS(1)), NAN, NAN);
    GRA_ASSERT_VALUES(gra_var(x), NAN);
    GRA_ASSERT_VALUES(gra_any(x), 0);
    GRA_ASSERT_VALUES(gra_all(x, GRA_DIMS(1)), 1, 1);
    GRA_ASSERT_VALUES(gra_logsumexp(x, GRA_DIMS(1)), -INFINITY, -INFINITY);
    GRA_ASSERT_SHAPE(gra_sum(x, GRA_DIMS(0)), 0);
    GRA_ASSERT_SHAPE(gra_max(x, GRA_DIMS(0)), 0);
    GRA_ASSERT_SHAPE(gra_argmin(x, 0), 0);
}

GRA_TEST(extrema_of_nothing_are_errors)
{
    gra_tensor *const x = gra_zeros(GRA_SHAPE(3, 0));
    ck_assert_ptr_null(gra_max(x, GRA_DIMS(1)));
    GRA_ASSERT_ERROR("max: dim 1 of shape [3, 0] is empty; at least one element is needed");
    ck_assert_ptr_null(gra_min(x));
    GRA_ASSERT_ERROR("min: dim 1 of shape [3, 0] is empty; at least one element is needed");
    ck_assert_ptr_null(gra_argmax(x));
    GRA_ASSERT_ERROR("argmax: dim 1 of shape [3, 0] is empty; at least one element is needed");
    ck_assert_ptr_null(gra_argmin(x, -1));
    GRA_ASSERT_ERROR("argmin: dim 1 of shape [3, 0] is empty; at least one element is needed");
}

GRA_TEST(dims_out_of_range_and_named_twice_are_errors)
{
    gra_tensor *const x = gra_zeros(GRA_SHAPE(2, 3));
    ck_assert_ptr_null(gra_sum(x, GRA_DIMS(2)));
    GRA_ASSERT_ERROR("sum: dim 2 is out of range for a tensor of 2 dims; -2 to 1 are possible");
    ck_assert_ptr_null(gra_var(x, GRA_DIMS(0, -2)));
    GRA_ASSERT_ERROR("var: dim 0 is named twice");
    ck_assert_ptr_null(gra_argmax(x, -3));
    GRA_ASSERT_ERROR("argmax: dim -3 is out of range for a tensor of 2 dims; -2 to 1 are possible");
    ck_assert_ptr_null(gra_softmax(x, 2));
    GRA_ASSERT_ERROR("softmax: dim 2 is out of range for a tensor of 2 dims; -2 to 1 are possible");
}

GRA_TEST(means_of_integers_are_errors)
{
    gra_tensor *const x = gra_ones(GRA_SHAPE(2), .dtype = GRA_INT64);
    ck_assert_ptr_null(gra_mean(x));
    GRA_ASSERT_ERROR("mean: x has dtype int64; a floating point dtype is needed, convert it with "
                     "gra_to");
    ck_assert_ptr_null(gra_var(gra_to(x, GRA_BOOL)));
    GRA_ASSERT_ERROR("var: x has dtype bool; a floating point dtype is needed, convert it with "
                     "gra_to");
    ck_assert_ptr_null(gra_softmax(x, 0));
    GRA_ASSERT_ERROR(
        "softmax: x has dtype int64; a floating point dtype is needed, convert it with "
        "gra_to");
    ck_assert_ptr_null(gra_log_softmax(gra_to(x, GRA_UINT8), 0));
    GRA_ASSERT_ERROR("log_softmax: x has dtype uint8; a floating point dtype is needed, convert it "
                     "with gra_to");
}

GRA_TEST(null_gives_null_with_one_error)
{
    ck_assert_ptr_null(gra_sum(NULL));
    GRA_ASSERT_ERROR("sum: x is NULL; a tensor is needed");
    ck_assert_ptr_null(gra_sum_to(NULL, GRA_SHAPE(2)));
    GRA_ASSERT_ERROR("sum_to: x is NULL; a tensor is needed");
    ck_assert_ptr_null(gra_argmax(gra_mean(gra_max(NULL))));
    GRA_ASSERT_ERROR("max: x is NULL; a tensor is needed");
}

GRA_TEST(var_divides_by_n_minus_correction)
{
    gra_tensor *const x = gra_vector(1, 2, 4);
    GRA_ASSERT_VALUES(gra_var(x), 7.0 / 3);
    GRA_ASSERT_VALUES(gra_var(x, .correction = 0), 14.0 / 9);
    GRA_ASSERT_VALUES(gra_var(x, .correction = 3), INFINITY);
    GRA_ASSERT_VALUES(gra_var(x, .correction = 4), INFINITY);
    GRA_ASSERT_VALUES(gra_var(gra_vector(2)), NAN);
    gra_tensor *const far = gra_add_scalar(gra_to(x, GRA_FLOAT64), 1e8);
    GRA_ASSERT_VALUES(gra_var(far), 7.0 / 3);
    gra_requires_grad(x);
    GRA_ASSERT_VALUES(gra_grad(gra_var(x, .correction = 3), x), INFINITY, INFINITY, INFINITY);
}

GRA_TEST(extrema_let_nan_win)
{
    gra_tensor *const x =
        gra_reshape(gra_vector(1, NAN, -2, 5, 3, NAN, 7, -INFINITY), GRA_SHAPE(4, 2));
    GRA_ASSERT_VALUES(gra_max(x, GRA_DIMS(0)), 7, NAN);
    GRA_ASSERT_VALUES(gra_min(x, GRA_DIMS(1)), NAN, -2, NAN, -INFINITY);
    GRA_ASSERT_VALUES(gra_argmax(x, 0), 3, 0);
    GRA_ASSERT_VALUES(gra_argmin(x), 1);
    GRA_ASSERT_VALUES(gra_max(gra_full(GRA_SHAPE(3), -INFINITY)), -INFINITY);
}

GRA_TEST(ties_share_the_gradient_evenly)
{
    gra_tensor *const x = gra_reshape(gra_vector(1, 3, 3, 2, 2, 2), GRA_SHAPE(2, 3));
    gra_requires_grad(x);
    gra_tensor *const seed = gra_vector(1, 6);
    GRA_ASSERT_VALUES(gra_grad(gra_max(x, GRA_DIMS(1)), x, .gradient = seed), 0, 0.5, 0.5, 2, 2, 2);
    GRA_ASSERT_VALUES(gra_grad(gra_min(x, GRA_DIMS(1)), x, .gradient = seed), 1, 0, 0, 2, 2, 2);
    GRA_ASSERT_VALUES(gra_grad(gra_max(x), x), 0, 0.5, 0.5, 0, 0, 0);
    gra_tensor *const nan = gra_requires_grad(gra_vector(1, NAN));
    GRA_ASSERT_VALUES(gra_grad(gra_max(nan), nan), NAN, NAN);
}

GRA_TEST(argmax_gives_the_first_of_equals)
{
    gra_tensor *const x = gra_reshape(gra_vector(0, 4, 4, 4, 1, 4), GRA_SHAPE(2, 3));
    GRA_ASSERT_VALUES(gra_argmax(x), 1);
    GRA_ASSERT_VALUES(gra_argmax(x, 0), 1, 0, 0);
    GRA_ASSERT_VALUES(gra_argmax(x, 1), 1, 0);
    GRA_ASSERT_VALUES(gra_argmax(gra_transpose(x, 0, 1)), 1);
    GRA_ASSERT_VALUES(gra_argmin(gra_transpose(x, 0, 1), 0), 0, 1);
    GRA_ASSERT_SHAPE(gra_argmin(x, .keepdim = true), 1, 1);
    GRA_ASSERT_VALUES(gra_argmax(gra_scalar(3, GRA_FLOAT32), 0), 0);
    gra_tensor *const large = gra_zeros(GRA_SHAPE(500, 500));
    gra_fill_(gra_narrow(gra_narrow(large, 0, 300, 100), 1, 7, 2), 2);
    GRA_ASSERT_VALUES(gra_argmax(large), 300 * 500 + 7);
    GRA_ASSERT_VALUES(gra_argmin(gra_neg(large)), 300 * 500 + 7);
}

static gra_tensor *prod_rows(gra_tensor *const *in, int count, void *context)
{
    (void)count, (void)context;
    return gra_prod(in[0], GRA_DIMS(1));
}

static gra_tensor *prod_whole(gra_tensor *const *in, int count, void *context)
{
    (void)count, (void)context;
    return gra_prod(in[0]);
}

static gra_tensor *grad_of_prod(gra_tensor *const *in, int count, void *context)
{
    (void)count, (void)context;
    return gra_grad(gra_sum(gra_prod(in[0], GRA_DIMS(1))), in[0], .create_graph = true);
}

GRA_TEST(prod_has_right_gradients_where_there_are_zeros)
{
    static const double values[] = {2, 3, 4, 5, 0, 3, 4, 5, 2, 0, 0, 5, 0, 3, 0, 0};
    gra_tensor *x =
        gra_from_data(values, GRA_SHAPE(4, 4), .dtype = GRA_FLOAT64, .requires_grad = true);
    gra_tensor *const y = gra_prod(x, GRA_DIMS(1));
    GRA_ASSERT_VALUES(y, 120, 0, 0, 0);
    GRA_ASSERT_VALUES(gra_grad(gra_sum(y), x), 60, 40, 30, 24, 60, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    GRA_ASSERT_VALUES(gra_grad(gra_prod(x), x), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    ck_assert_int_eq(gra_gradcheck(prod_rows, NULL, &x, 1), 0);
    ck_assert_int_eq(gra_gradgradcheck(prod_rows, NULL, &x, 1), 0);
    ck_assert_int_eq(gra_gradgradcheck(grad_of_prod, NULL, &x, 1), 0);
    ck_assert_int_eq(gra_gradgradcheck(prod_whole, NULL, &x, 1), 0);
    GRA_ASSERT_NO_ERROR();
}

GRA_TEST(any_and_all_take_everything_but_zero_for_true)
{
    gra_tensor *const x = gra_reshape(gra_vector(0, NAN, 0, -1, 2, 0.5), GRA_SHAPE(2, 3));
    GRA_ASSERT_VALUES(gra_any(x, GRA_DIMS(0)), 1, 1, 1);
    GRA_ASSERT_VALUES(gra_all(x, GRA_DIMS(1)), 0, 1);
    GRA_ASSERT_VALUES(gra_any(gra_zeros(GRA_SHAPE(3), .dtype = GRA_INT32)), 0);
    GRA_ASSERT_SHAPE(gra_all(x, GRA_DIMS(1), .keepdim = true), 2, 1);
}

GRA_TEST(logsumexp_neither_overflows_nor_loses_infinities)
{
    const double inf = INFINITY;
    gra_tensor *const x = gra_requires_grad(gra_reshape(
        gra_vector(1000, 1000, -1000, -1000, 0, -inf, -inf, -inf, inf, 0), GRA_SHAPE(5, 2)));
    gra_tensor *const y = gra_logsumexp(x, GRA_DIMS(1));
    GRA_ASSERT_VALUES(y, 1000 + log(2), -1000 + log(2), 0, -inf, inf);
    GRA_ASSERT_CLOSE(gra_grad(gra_sum(y), x),
                     ((double[]){0.5, 0.5, 0.5, 0.5, 1, 0, NAN, NAN, NAN, 0}), 10, 1e-4, 0);
}

GRA_TEST(sum_to_undoes_broadcasting)
{
    gra_tensor *const x = counting(GRA_SHAPE(2, 2, 3));
    GRA_ASSERT_VALUES(gra_sum_to(x, GRA_SHAPE(2, 1)), 24, 42);
    GRA_ASSERT_VALUES(gra_sum_to(x, GRA_SHAPE(3)), 18, 22, 26);
    GRA_ASSERT_VALUES(gra_sum_to(x, GRA_SCALAR), 66);
    GRA_ASSERT_SHAPE(gra_sum_to(x, GRA_SHAPE(1, 2, 1)), 1, 2, 1);
    ck_assert_ptr_eq(gra_sum_to(x, GRA_SHAPE(2, 2, 3)), x);
    ck_assert_ptr_null(gra_sum_to(x, GRA_SHAPE(2)));
    GRA_ASSERT_ERROR("sum_to: shape [2, 2, 3] does not sum to [2]; each size, from the right, must "
                     "be 1 or stay as it is");
    ck_assert_ptr_null(gra_sum_to(gra_sum(x), GRA_SHAPE(1)));
    GRA_ASSERT_ERROR(
        "sum_to: shape [] does not sum to [1]; each size, from the right, must be 1 or "
        "stay as it is");
}

GRA_TEST(threads_do_not_change_the_bits)
{
    static const int64_t sizes[][2] = {{1, 300000}, {600, 500}, {100000, 3}, {3, 100000}};
    for (int i = 0; i < 4; i++)
        for (int dim = 0; dim < 3; dim++) {
            gra_tensor *const x = gra_randn(GRA_SHAPE(sizes[i][0], sizes[i][1]));
            const gra_dims dims = dim < 2 ? GRA_DIMS(dim) : GRA_ALL_DIMS;
            gra_set_threads(1);
            gra_tensor *const one[] = {gra_sum(x, dims), gra_var(x, dims), gra_max(x, dims),
                                       gra_softmax(x, dim % 2), gra_argmax(x)};
            gra_set_threads(7);
            gra_tensor *const many[] = {gra_sum(x, dims), gra_var(x, dims), gra_max(x, dims),
                                        gra_softmax(x, dim % 2), gra_argmax(x)};
            gra_set_threads(0);
            for (int k = 0; k < 5; k++)
                ck_assert_mem_eq(gra_tensor_data(one[k]), gra_tensor_data(many[k]),
                                 (size_t)gra_tensor_numel(one[k]) *
                                     gra_dtype_size(gra_tensor_dtype(one[k])));
        }
}

GRA_TEST(large_float32_sums_are_exact)
{
    gra_tensor *const x = gra_full(GRA_SHAPE(1000, 3000), 0.1);
    GRA_ASSERT_CLOSE(gra_sum(x), (double[]){3e6 * (double)0.1f}, 1, 1e-7, 0);
    GRA_ASSERT_CLOSE(gra_mean(x), (double[]){(double)0.1f}, 1, 1e-7, 0);
}

GRA_TEST_MAIN("reductions", sum_adds_over_any_dims, reductions_choose_the_dtype_as_pytorch_does,
              bfloat16_is_summed_in_float32, sums_are_right_for_all_dims_and_strides,
              short_rows_are_folded_side_by_side, expanded_tensors_are_reduced,
              empty_reductions_give_the_neutral_element, extrema_of_nothing_are_errors,
              dims_out_of_range_and_named_twice_are_errors, means_of_integers_are_errors,
              null_gives_null_with_one_error, var_divides_by_n_minus_correction,
              extrema_let_nan_win, ties_share_the_gradient_evenly, argmax_gives_the_first_of_equals,
              prod_has_right_gradients_where_there_are_zeros,
              any_and_all_take_everything_but_zero_for_true,
              logsumexp_neither_overflows_nor_loses_infinities, sum_to_undoes_broadcasting,
              threads_do_not_change_the_bits, large_float32_sums_are_exact)
