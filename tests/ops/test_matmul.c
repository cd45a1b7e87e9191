/* test_matmul.c - products of vectors, matrices and batches. */
#include "gradus.h"

#include "tests/support/test.h"

/* Whole numbers from -3 to 3, so that products of floats are exact. */
static gra_tensor *numbers(gra_shape shape, gra_dtype dtype)
{
    gra_tensor *const t = gra_zeros(shape, .dtype = GRA_FLOAT64);
    double *const p = gra_tensor_data(t);
    for (int64_t i = 0; i < gra_tensor_numel(t); i++)
        p[i] = (double)(i * i * 5 % 7) - 3;
    return gra_to(t, dtype);
}

/* y[i][j] of two matrices, element by element. */
static void assert_is_product(gra_tensor *y, gra_tensor *a, gra_tensor *b)
{
    ck_assert_msg(y != NULL, "%s", gra_error());
    GRA_ASSERT_SHAPE(y, gra_tensor_size(a, 0), gra_tensor_size(b, 1));
    for (int64_t i = 0; i < gra_tensor_size(a, 0); i++)
        for (int64_t j = 0; j < gra_tensor_size(b, 1); j++) {
            double sum = 0;
            for (int64_t k = 0; k < gra_tensor_size(a, 1); k++)
                sum += gra_tensor_at(a, GRA_SHAPE(i, k)) * gra_tensor_at(b, GRA_SHAPE(k, j));
            ck_assert_double_eq(gra_tensor_at(y, GRA_SHAPE(i, j)), sum);
        }
}

GRA_TEST(matmul_multiplies_matrices)
{
    gra_tensor *a = gra_view(gra_vector(1, 2, 3, 4, 5, 6), GRA_SHAPE(2, 3));
    gra_tensor *b = gra_view(gra_vector(1, 0, -1, 2, 1, 3), GRA_SHAPE(3, 2));
    GRA_ASSERT_VALUES(gra_matmul(a, b), 2, 13, 5, 28);
}

GRA_TEST(matmul_of_odd_sizes_and_dtypes)
{
    const int64_t sizes[][3] = {{1, 1, 1},  {1, 7, 5},    {5, 7, 1},    {17, 3, 2},
                                {2, 3, 17}, {33, 65, 19}, {64, 64, 64}, {1, 130, 67}};
    const gra_dtype dtypes[] = {GRA_FLOAT32, GRA_FLOAT64, GRA_INT64, GRA_INT32};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (size_t d = 0; d < sizeof dtypes / sizeof *dtypes; d++) {
            const int mark = gra_mark();
            gra_tensor *a = numbers(GRA_SHAPE(sizes[s][0], sizes[s][1]), dtypes[d]);
            gra_tensor *b = numbers(GRA_SHAPE(sizes[s][1], sizes[s][2]), dtypes[d]);
            gra_tensor *bt = numbers(GRA_SHAPE(sizes[s][2], sizes[s][1]), dtypes[d]);
            gra_tensor *at = numbers(GRA_SHAPE(sizes[s][1], sizes[s][0]), dtypes[d]);
            assert_is_product(gra_matmul(a, b), a, b);
            bt = gra_transpose(bt, 0, 1);
            at = gra_transpose(at, 0, 1);
            assert_is_product(gra_matmul(a, bt), a, bt);
            assert_is_product(gra_matmul(at, b), at, b);
            assert_is_product(gra_matmul(at, bt), at, bt);
            gra_release(mark);
        }
}

GRA_TEST(matmul_of_vectors)
{
    gra_tensor *v = gra_vector(1, 2, 3);
    gra_tensor *m = gra_view(gra_vector(1, 0, 2, 0, 1, 1), GRA_SHAPE(2, 3));
    gra_tensor *dot = gra_matmul(v, v);
    ck_assert_int_eq(gra_tensor_ndim(dot), 0);
    ck_assert_double_eq(gra_item(dot), 14);
    GRA_ASSERT_SHAPE(gra_matmul(m, v), 2);
    GRA_ASSERT_VALUES(gra_matmul(m, v), 7, 5);
    GRA_ASSERT_VALUES(gra_matmul(gra_vector(1, 2), m), 1, 2, 4);
}

GRA_TEST(matmul_broadcasts_batches)
{
    gra_tensor *a = numbers(GRA_SHAPE(3, 1, 2, 4), GRA_FLOAT32);
    gra_tensor *b = numbers(GRA_SHAPE(2, 4, 3), GRA_FLOAT32);
    gra_tensor *y = gra_matmul(a, b);
    GRA_ASSERT_SHAPE(y, 3, 2, 2, 3);
    for (int64_t i = 0; i < 3; i++)
        for (int64_t j = 0; j < 2; j++)
            assert_is_product(gra_select(gra_select(y, 0, i), 0, j),
                              gra_select(gra_select(a, 0, i), 0, 0), gra_select(b, 0, j));
}

GRA_TEST(matmul_folds_the_batch_of_a)
{
    gra_tensor *a = gra_transpose(numbers(GRA_SHAPE(2, 4, 3), GRA_FLOAT32), 1, 2);
    gra_tensor *b = numbers(GRA_SHAPE(4, 2), GRA_FLOAT32);
    gra_tensor *y = gra_matmul(a, b);
    GRA_ASSERT_SHAPE(y, 2, 3, 2);
    for (int64_t i = 0; i < 2; i++)
        assert_is_product(gra_select(y, 0, i), gra_select(a, 0, i), b);
    GRA_ASSERT_SHAPE(gra_matmul(a, numbers(GRA_SHAPE(1, 1, 4, 2), GRA_FLOAT32)), 1, 2, 3, 2);
    GRA_ASSERT_SHAPE(gra_matmul(a, numbers(GRA_SHAPE(4), GRA_FLOAT32)), 2, 3);
}

GRA_TEST(matmul_shares_batches_among_threads)
{
    gra_tensor *a = numbers(GRA_SHAPE(64, 40, 40), GRA_FLOAT32);
    gra_tensor *b = numbers(GRA_SHAPE(64, 40, 40), GRA_FLOAT32);
    gra_tensor *y = gra_matmul(a, b);
    gra_set_threads(1);
    gra_tensor *z = gra_matmul(a, b);
    gra_set_threads(0);
    const size_t bytes = (size_t)gra_tensor_numel(y) * sizeof(float);
    ck_assert_int_eq(memcmp(gra_tensor_data(y), gra_tensor_data(z), bytes), 0);
    assert_is_product(gra_select(y, 0, 63), gra_select(a, 0, 63), gra_select(b, 0, 63));
}

GRA_TEST(matmul_of_expanded_tensors)
{
    gra_tensor *a = gra_expand(gra_scalar(2, GRA_FLOAT64), GRA_SHAPE(3, 4));
    gra_tensor *b = gra_expand(gra_vector(1, 2), GRA_SHAPE(4, 2));
    assert_is_product(gra_matmul(a, gra_to(b, GRA_FLOAT64)), a, b);
    GRA_ASSERT_VALUES(gra_matmul(gra_to(a, GRA_FLOAT32), b), 8, 16, 8, 16, 8, 16);
    gra_tensor *batch =
        gra_expand(gra_ones(GRA_SHAPE(1, 4), .dtype = GRA_FLOAT64), GRA_SHAPE(3, 1, 4));
    GRA_ASSERT_VALUES(gra_matmul(batch, gra_to(b, GRA_FLOAT64)), 4, 8, 4, 8, 4, 8);
}

GRA_TEST(matmul_of_bfloat16_adds_in_float32)
{
    gra_tensor *a = gra_full(GRA_SHAPE(1, 400), 1, .dtype = GRA_BFLOAT16);
    gra_tensor *y = gra_matmul(a, gra_transpose(a, 0, 1));
    ck_assert_int_eq(gra_tensor_dtype(y), GRA_BFLOAT16);
    GRA_ASSERT_VALUES(y, 400);
}

GRA_TEST(matmul_of_integers_wraps_around)
{
    gra_tensor *a = gra_full(GRA_SHAPE(1, 2), 100, .dtype = GRA_UINT8);
    gra_tensor *y = gra_matmul(a, gra_transpose(a, 0, 1));
    ck_assert_int_eq(gra_tensor_dtype(y), GRA_UINT8);
    GRA_ASSERT_VALUES(y, 20000 % 256);
}

GRA_TEST(matmul_of_size_0)
{
    gra_tensor *y = gra_matmul(gra_zeros(GRA_SHAPE(2, 0)), gra_zeros(GRA_SHAPE(0, 3)));
    GRA_ASSERT_VALUES(y, 0, 0, 0, 0, 0, 0);
    y = gra_matmul(gra_zeros(GRA_SHAPE(1, 0), .dtype = GRA_FLOAT64),
                   gra_zeros(GRA_SHAPE(0, 2), .dtype = GRA_FLOAT64));
    GRA_ASSERT_VALUES(y, 0, 0);
    ck_assert_double_eq(gra_item(gra_matmul(gra_zeros(GRA_SHAPE(0)), gra_zeros(GRA_SHAPE(0)))), 0);
    GRA_ASSERT_SHAPE(gra_matmul(gra_zeros(GRA_SHAPE(0, 2)), gra_zeros(GRA_SHAPE(2, 3))), 0, 3);
    GRA_ASSERT_SHAPE(gra_matmul(gra_zeros(GRA_SHAPE(0, 2, 3)), gra_zeros(GRA_SHAPE(3, 1))), 0, 2,
                     1);
}

GRA_TEST(matmul_keeps_nan)
{
    gra_tensor *y = gra_matmul(gra_view(gra_vector(0, 1), GRA_SHAPE(1, 2)),
                               gra_view(gra_vector(NAN, 1), GRA_SHAPE(2, 1)));
    ck_assert(isnan(gra_item(y)));
}

GRA_TEST(matmul_gradients)
{
    gra_tensor *a = gra_requires_grad(gra_view(gra_vector(1, 2, 3, 4), GRA_SHAPE(2, 2)));
    gra_tensor *b = gra_vector(5, 6);
    gra_requires_grad(b);
    ck_assert_int_eq(gra_backward(gra_sum(gra_matmul(a, b))), 0);
    GRA_ASSERT_VALUES(gra_tensor_grad(a), 5, 6, 5, 6);
    GRA_ASSERT_VALUES(gra_tensor_grad(b), 4, 6);
}

GRA_TEST(matmul_rejects_shapes_that_do_not_fit)
{
    gra_tensor *a = gra_ones(GRA_SHAPE(2, 3));
    ck_assert_ptr_null(gra_matmul(a, gra_ones(GRA_SHAPE(4, 5))));
    GRA_ASSERT_ERROR("matmul: shapes [2, 3] and [4, 5] do not fit: the inner sizes 3 and 4 differ");
    ck_assert_ptr_null(gra_matmul(a, gra_ones(GRA_SHAPE(2))));
    GRA_ASSERT_ERROR("matmul: shapes [2, 3] and [2] do not fit: the inner sizes 3 and 2 differ");
    ck_assert_ptr_null(gra_matmul(a, gra_scalar(1, GRA_FLOAT32)));
    GRA_ASSERT_ERROR("matmul: shapes [2, 3] and [] do not fit: both need at least one dim");
    ck_assert_ptr_null(gra_matmul(gra_ones(GRA_SHAPE(2, 1, 3)), gra_ones(GRA_SHAPE(4, 3, 1))));
    GRA_ASSERT_ERROR("matmul: shapes [2, 1, 3] and [4, 3, 1] do not fit: the leading dims [2] and "
                     "[4] do not broadcast");
}

GRA_TEST(matmul_rejects_dtypes_that_differ)
{
    gra_tensor *a = gra_ones(GRA_SHAPE(2, 3));
    ck_assert_ptr_null(gra_matmul(a, gra_ones(GRA_SHAPE(3, 2), .dtype = GRA_FLOAT64)));
    GRA_ASSERT_ERROR("matmul: dtypes float32 and float64 differ; convert one with gra_to");
    gra_tensor *b = gra_ones(GRA_SHAPE(2, 2), .dtype = GRA_BOOL);
    ck_assert_ptr_null(gra_matmul(b, b));
    GRA_ASSERT_ERROR("matmul: dtype bool has no product; convert with gra_to");
    ck_assert_ptr_null(gra_matmul(a, NULL));
    GRA_ASSERT_ERROR("matmul: b is NULL; a tensor is needed");
}

GRA_TEST_MAIN("matmul", matmul_multiplies_matrices, matmul_of_odd_sizes_and_dtypes,
              matmul_of_vectors, matmul_broadcasts_batches, matmul_folds_the_batch_of_a,
              matmul_shares_batches_among_threads, matmul_of_expanded_tensors,
              matmul_of_bfloat16_adds_in_float32, matmul_of_integers_wraps_around, matmul_of_size_0,
              matmul_keeps_nan, matmul_gradients, matmul_rejects_shapes_that_do_not_fit,
              matmul_rejects_dtypes_that_differ)
