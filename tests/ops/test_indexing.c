/* test_indexing.c - masks, indices, sorting, sums along a dim, einsum and norms, in limits, dtypes and
 * errors; their values and gradients at ordinary points are in cases/indexing.h. */
#include "gradus.h"

#include "../support/test.h"

static gra_tensor *ints_of(const int64_t *values, gra_shape shape)
{
    return gra_from_data(values, shape, .dtype = GRA_INT64);
}

#define INTS(shape, ...) ints_of((const int64_t[]){__VA_ARGS__}, shape)

static const gra_dtype dtypes[] = {GRA_FLOAT32, GRA_FLOAT64, GRA_BFLOAT16, GRA_INT64,
                                   GRA_INT32,   GRA_UINT8,   GRA_BOOL};

enum { DTYPES = sizeof dtypes / sizeof *dtypes };

static gra_tensor *mask(void)
{
    return gra_to(gra_vector(1, 0, 1), GRA_BOOL);
}

/* ---- masked_fill ---- */

GRA_TEST(masked_fill_takes_every_dtype)
{
    for (int i = 0; i < DTYPES; i++) {
        gra_tensor *const y = gra_masked_fill(gra_to(gra_vector(0, 0, 1), dtypes[i]), mask(), 1);
        ck_assert_int_eq(gra_tensor_dtype(y), dtypes[i]);
        GRA_ASSERT_VALUES(y, 1, 0, 1);
    }
}

GRA_TEST(masked_fill_converts_a_tensor_value)
{
    gra_tensor *const y =
        gra_masked_fill_tensor(INTS(GRA_SHAPE(3), 1, 2, 3), mask(), gra_scalar(7.5, GRA_FLOAT64));
    ck_assert_int_eq(gra_tensor_dtype(y), GRA_INT64);
    GRA_ASSERT_VALUES(y, 7, 2, 7);
}

GRA_TEST(masked_fill_stops_gradients_that_are_not_finite)
{
    gra_tensor *const x = gra_requires_grad(gra_vector(0, 4, 0));
    gra_tensor *const y = gra_masked_fill(gra_sqrt(x), mask(), 1);
    ck_assert_int_eq(gra_backward(y, .gradient = gra_vector(INFINITY, 1, NAN)), 0);
    gra_tensor *const z = gra_requires_grad(gra_vector(1, 2, 3));
    gra_tensor *const seed = gra_vector(INFINITY, 1, NAN);
    GRA_ASSERT_VALUES(gra_grad(gra_masked_fill(z, mask(), 1), z, .gradient = seed), 0, 1, 0);
}

GRA_TEST(masked_fill_says_what_is_wrong)
{
    gra_tensor *const x = gra_vector(1, 2, 3);
    ck_assert_ptr_null(gra_masked_fill(x, x, 1));
    GRA_ASSERT_ERROR("masked_fill: the mask has dtype float32; it must be bool, as "
                     "gra_ne_scalar(mask, 0) is");
    ck_assert_ptr_null(gra_masked_fill_tensor(x, mask(), x));
    GRA_ASSERT_ERROR(
        "masked_fill_tensor: the value has shape [3]; a tensor without dims is needed");
    ck_assert_ptr_null(gra_masked_fill_(gra_vector(1), mask(), 1));
    GRA_ASSERT_ERROR(
        "masked_fill_: the result has shape [3], which does not fit into a tensor of shape [1]");
}

/* ---- cumsum ---- */

GRA_TEST(cumsum_adds_in_float64)
{
    gra_tensor *const x = gra_full(GRA_SHAPE(20000), 0.1);
    gra_tensor *const y = gra_cumsum(x, 0), *const last = gra_select(y, 0, -1);
    ck_assert_double_eq_tol(gra_item(last), 2000.00003, 1e-3);
    gra_tensor *const b = gra_cumsum(gra_ones(GRA_SHAPE(400), .dtype = GRA_BFLOAT16), 0);
    ck_assert_int_eq(gra_tensor_dtype(b), GRA_BFLOAT16);
    ck_assert_double_eq(gra_item(gra_select(b, 0, -1)), 400);
    gra_tensor *const whole = gra_cumsum(gra_to(gra_vector(200, 100), GRA_UINT8), 0);
    ck_assert_int_eq(gra_tensor_dtype(whole), GRA_INT64);
    GRA_ASSERT_VALUES(whole, 200, 300);
}

GRA_TEST(cumsum_of_large_tensors_does_not_depend_on_threads)
{
    gra_tensor *const x = gra_randn(GRA_SHAPE(300, 700));
    gra_set_threads(1);
    gra_tensor *const rows = gra_cumsum(x, 1), *const columns = gra_cumsum(x, 0);
    gra_set_threads(5);
    gra_tensor *const rows5 = gra_cumsum(x, 1), *const columns5 = gra_cumsum(x, 0);
    gra_set_threads(0);
    ck_assert_mem_eq(gra_tensor_data(rows), gra_tensor_data(rows5), 300 * 700 * sizeof(float));
    ck_assert_mem_eq(gra_tensor_data(columns), gra_tensor_data(columns5),
                     300 * 700 * sizeof(float));
}

GRA_TEST(cumsum_rejects_a_dim_outside)
{
    ck_assert_ptr_null(gra_cumsum(gra_vector(1, 2), 1));
    GRA_ASSERT_ERROR("cumsum: dim 1 is out of range for a tensor of 1 dims; -1 to 0 are possible");
}

/* ---- sort ---- */

GRA_TEST(sort_takes_every_dtype)
{
    for (int i = 0; i < DTYPES; i++) {
        gra_tensor *indices;
        gra_tensor *const y =
            gra_sort(gra_to(gra_vector(1, 0, 1, 0), dtypes[i]), .indices = &indices);
        ck_assert_int_eq(gra_tensor_dtype(y), dtypes[i]);
        ck_assert_int_eq(gra_tensor_dtype(indices), GRA_INT64);
        GRA_ASSERT_VALUES(y, 0, 0, 1, 1);
        GRA_ASSERT_VALUES(indices, 1, 3, 0, 2);
    }
}

GRA_TEST(sort_puts_nan_last_and_keeps_equal_zeros_in_order)
{
    gra_tensor *indices, *const x = gra_vector(NAN, INFINITY, 0, -0.0, -INFINITY, -1, -NAN, 1e-40);
    GRA_ASSERT_VALUES(gra_sort(x, .indices = &indices), -INFINITY, -1, 0, 0, 1e-40, INFINITY, NAN,
                      NAN);
    GRA_ASSERT_VALUES(indices, 4, 5, 2, 3, 7, 1, 0, 6);
    GRA_ASSERT_VALUES(gra_sort(x, .descending = true, .indices = &indices), NAN, NAN, INFINITY,
                      1e-40, 0, 0, -1, -INFINITY);
    GRA_ASSERT_VALUES(indices, 0, 6, 1, 7, 2, 3, 5, 4);
    gra_tensor *const b = gra_to(x, GRA_BFLOAT16);
    GRA_ASSERT_VALUES(gra_argsort(b), 4, 5, 2, 3, 7, 1, 0, 6);
}

GRA_TEST(sort_of_large_integers_looks_at_all_bits)
{
    gra_tensor *const x =
        INTS(GRA_SHAPE(4), INT64_MAX, INT64_MIN, (INT64_C(1) << 53) + 1, INT64_C(1) << 53);
    GRA_ASSERT_VALUES(gra_argsort(x), 1, 3, 2, 0);
}

GRA_TEST(sort_of_many_is_stable_and_in_order)
{
    enum { N = 40000 };
    gra_tensor *const x = gra_floor(gra_mul_scalar(gra_randn(GRA_SHAPE(2, N)), 50));
    gra_tensor *indices, *const y = gra_sort(x, .indices = &indices);
    const float *const values = gra_tensor_data(y), *const from = gra_tensor_data(x);
    const int64_t *const at = gra_tensor_data(indices);
    for (int64_t i = 0; i < 2 * N; i++) {
        const int64_t row = i / N * N;
        bool fine = values[i] == from[row + at[i]];
        if (i > row)
            fine = fine &&
                   (values[i - 1] < values[i] || (values[i - 1] == values[i] && at[i - 1] < at[i]));
        if (!fine)
            ck_abort_msg("element %lld is out of order", (long long)i);
    }
}

GRA_TEST(topk_of_equal_elements_takes_the_first)
{
    gra_tensor *indices;
    GRA_ASSERT_VALUES(gra_topk(gra_vector(1, 3, 3, NAN, 3), 3, .indices = &indices), NAN, 3, 3);
    GRA_ASSERT_VALUES(indices, 3, 1, 2);
    gra_tensor *const x = gra_reshape(gra_arange(0, 200, 1), GRA_SHAPE(2, 100));
    GRA_ASSERT_VALUES(gra_topk(x, 2, .largest = false), 0, 1, 100, 101);
}

GRA_TEST(sort_and_topk_say_what_is_wrong)
{
    gra_tensor *const x = gra_vector(1, 2, 3);
    gra_tensor *indices = x;
    ck_assert_ptr_null(gra_topk(x, 4, .indices = &indices));
    ck_assert_ptr_null(indices);
    GRA_ASSERT_ERROR("topk: k is 4; dim 0 has 3 elements");
    ck_assert_ptr_null(gra_topk(x, -1));
    GRA_ASSERT_ERROR("topk: k is -1; it must not be negative");
    ck_assert_ptr_null(gra_sort(x, 2));
    GRA_ASSERT_ERROR("sort: dim 2 is out of range for a tensor of 1 dims; -1 to 0 are possible");
}

/* ---- scatter ---- */

GRA_TEST(scatter_writes_and_adds_every_dtype)
{
    gra_tensor *const index = INTS(GRA_SHAPE(2), 2, 0);
    for (int i = 0; i < DTYPES; i++) {
        gra_tensor *const x = gra_to(gra_vector(0, 1, 0), dtypes[i]);
        gra_tensor *const source = gra_to(gra_vector(1, 0), dtypes[i]);
        GRA_ASSERT_VALUES(gra_scatter(x, 0, index, source), 0, 1, 1);
        GRA_ASSERT_VALUES(gra_scatter_add(x, 0, index, source), 0, 1, 1);
        ck_assert_ptr_eq(gra_scatter_add_(x, 0, index, source), x);
        GRA_ASSERT_VALUES(x, 0, 1, 1);
    }
}

GRA_TEST(scatter_add_of_bfloat16_adds_in_float32)
{
    gra_tensor *const x = gra_zeros(GRA_SHAPE(1), .dtype = GRA_BFLOAT16);
    gra_tensor *const index = gra_zeros(GRA_SHAPE(400), .dtype = GRA_INT64);
    gra_tensor *const ones = gra_ones(GRA_SHAPE(400), .dtype = GRA_BFLOAT16);
    GRA_ASSERT_VALUES(gra_scatter_add(x, 0, index, ones), 400);
    GRA_ASSERT_VALUES(gra_scatter_add_(x, 0, index, ones), 400);
}

GRA_TEST(scatter_into_its_own_source)
{
    gra_tensor *const x = gra_vector(1, 2, 3);
    gra_scatter_(x, 0, INTS(GRA_SHAPE(3), 2, 1, 0), x);
    GRA_ASSERT_VALUES(x, 3, 2, 1);
    gra_scatter_add_(x, 0, INTS(GRA_SHAPE(2), 0, 0), gra_narrow(x, 0, 1, 2));
    GRA_ASSERT_VALUES(x, 6, 2, 1);
}

GRA_TEST(scatter_ignores_the_rest_of_a_larger_source)
{
    gra_tensor *const x = gra_zeros(GRA_SHAPE(3, 2)), *const source = gra_requires_grad(
                                                          gra_ones(GRA_SHAPE(3, 4)));
    gra_tensor *const y = gra_scatter_add(x, 0, INTS(GRA_SHAPE(2, 1), 1, 1), source);
    GRA_ASSERT_VALUES(y, 0, 0, 2, 0, 0, 0);
    GRA_ASSERT_VALUES(gra_grad(gra_sum(gra_mul_scalar(y, 3)), source), 3, 0, 0, 0, 3, 0, 0, 0, 0, 0,
                      0, 0);
}

GRA_TEST(scatter_says_what_is_wrong_and_leaves_x_alone)
{
    gra_tensor *const x = gra_vector(1, 2, 3), *const index = INTS(GRA_SHAPE(2), 0, 3);
    ck_assert_ptr_null(gra_scatter_(x, 0, index, gra_vector(7, 7)));
    GRA_ASSERT_ERROR("scatter_: index 3 at [1] is out of range for dim 0 of size 3");
    GRA_ASSERT_VALUES(x, 1, 2, 3);
    ck_assert_ptr_null(gra_scatter_add(x, 0, index, gra_vector(7)));
    GRA_ASSERT_ERROR(
        "scatter_add: source has shape [1] for an index of shape [2]; as many dims are "
        "needed, and no smaller sizes");
    ck_assert_ptr_null(gra_scatter(x, 0, index, INTS(GRA_SHAPE(2), 1, 2)));
    GRA_ASSERT_ERROR("scatter: x has dtype float32 and source int64; they must be equal");
    ck_assert_ptr_null(gra_scatter(x, 0, gra_vector(0, 1), gra_vector(1, 2)));
    GRA_ASSERT_ERROR("scatter: index has dtype float32; int64 is needed (gra_to converts)");
}

/* ---- index, index_put, index_add, nonzero, embedding ---- */

GRA_TEST(nonzero_lists_indices_in_row_major_order)
{
    gra_tensor *const x = gra_transpose(gra_view(gra_vector(0, NAN, 2, 0), GRA_SHAPE(2, 2)), 0, 1);
    GRA_ASSERT_VALUES(gra_nonzero(x), 0, 1, 1, 0);
    GRA_ASSERT_SHAPE(gra_nonzero(gra_zeros(GRA_SHAPE(3, 2))), 0, 2);
    GRA_ASSERT_SHAPE(gra_nonzero(gra_scalar(1, GRA_FLOAT32)), 1, 0);
}

GRA_TEST(index_put_writes_in_place)
{
    gra_tensor *const x = gra_vector(1, 2, 3);
    ck_assert_ptr_eq(
        gra_index_put_(x, (gra_tensor *[]){mask()}, 1, gra_scalar(9, GRA_FLOAT32), false), x);
    GRA_ASSERT_VALUES(x, 9, 2, 9);
}

GRA_TEST(index_put_of_bfloat16_adds_in_float32)
{
    gra_tensor *const index = gra_zeros(GRA_SHAPE(400), .dtype = GRA_INT64);
    gra_tensor *const y =
        gra_index_put(gra_zeros(GRA_SHAPE(2), .dtype = GRA_BFLOAT16), (gra_tensor *[]){index}, 1,
                      gra_ones(GRA_SHAPE(1), .dtype = GRA_BFLOAT16), true);
    GRA_ASSERT_VALUES(y, 400, 0);
}

GRA_TEST(index_says_what_is_wrong)
{
    gra_tensor *const x = gra_ones(GRA_SHAPE(2, 3)), *const i = INTS(GRA_SHAPE(2), 0, -3);
    gra_tensor *const one = gra_scalar(1, GRA_FLOAT32);
    ck_assert_ptr_null(gra_index(x, (gra_tensor *[]){i}, 1));
    GRA_ASSERT_ERROR("index: index -1 at [1] is out of range for dim 0 of size 2");
    ck_assert_ptr_null(gra_index(x, (gra_tensor *[]){mask()}, 1));
    GRA_ASSERT_ERROR(
        "index: a mask has shape [3] for dims 0 and on of x of shape [2, 3]; their sizes "
        "are needed");
    gra_tensor *const zero = INTS(GRA_SHAPE(1), 0);
    ck_assert_ptr_null(gra_index(x, (gra_tensor *[]){zero, zero, zero}, 3));
    GRA_ASSERT_ERROR("index: there are more indices than x of shape [2, 3] has dims");
    ck_assert_ptr_null(gra_index(x, NULL, 1));
    GRA_ASSERT_ERROR("index: 0 indices are not possible; 1 to 8 are, one for each dim of x");
    ck_assert_ptr_null(gra_index(x, (gra_tensor *[]){x}, 1));
    GRA_ASSERT_ERROR("index: index has dtype float32; int64 is needed (gra_to converts)");
    ck_assert_ptr_null(gra_index_put(x, (gra_tensor *[]){zero}, 0, one, false));
    GRA_ASSERT_ERROR("index_put: there are no indices; at least one is needed");
    ck_assert_ptr_null(gra_index_put(x, (gra_tensor *[]){zero}, 1, INTS(GRA_SHAPE(1), 1), false));
    GRA_ASSERT_ERROR("index_put: x has dtype float32 and values int64; they must be equal");
}

GRA_TEST(index_add_says_what_is_wrong)
{
    gra_tensor *const x = gra_vector(1, 2), *const i = INTS(GRA_SHAPE(1), 0);
    ck_assert_ptr_null(gra_index_add(x, 0, i, x));
    GRA_ASSERT_ERROR("index_add: source has shape [2]; [1] is needed");
    ck_assert_ptr_null(gra_index_add(i, 0, i, i));
    GRA_ASSERT_ERROR("index_add: x has dtype int64 and source int64; one floating-point dtype is "
                     "needed");
}

GRA_TEST(embedding_gives_no_gradient_to_padding)
{
    gra_tensor *const w = gra_requires_grad(gra_ones(GRA_SHAPE(3, 2)));
    gra_tensor *const index = INTS(GRA_SHAPE(2, 2), 0, 2, 2, 2);
    GRA_ASSERT_VALUES(gra_grad(gra_sum(gra_embedding(index, w)), w), 1, 1, 0, 0, 3, 3);
    GRA_ASSERT_VALUES(gra_grad(gra_sum(gra_embedding(index, w, .padding_idx = 0)), w), 0, 0, 0, 0,
                      3, 3);
    GRA_ASSERT_VALUES(gra_grad(gra_sum(gra_embedding(index, w, .padding_idx = -1)), w), 1, 1, 0, 0,
                      0, 0);
    GRA_ASSERT_VALUES(gra_grad(gra_sum(gra_embedding(index, w, .scale_grad_by_freq = true)), w), 1,
                      1, 0, 0, 1, 1);
}

GRA_TEST(embedding_says_what_is_wrong)
{
    gra_tensor *const w = gra_ones(GRA_SHAPE(3, 2)), *const i = INTS(GRA_SHAPE(2), 0, 3);
    ck_assert_ptr_null(gra_embedding(i, w));
    GRA_ASSERT_ERROR("embedding: index 3 at [1] is out of range for 3 rows");
    ck_assert_ptr_null(gra_embedding(i, w, .padding_idx = 3));
    GRA_ASSERT_ERROR("embedding: padding_idx 3 is out of range for 3 rows");
    ck_assert_ptr_null(gra_embedding(i, w, .padding_idx = -4));
    GRA_ASSERT_ERROR("embedding: padding_idx -4 is out of range for 3 rows");
    ck_assert_ptr_null(gra_embedding(i, gra_vector(1, 2)));
    GRA_ASSERT_ERROR("embedding: weight has shape [2]; [rows, features] is needed");
}

/* ---- einsum, bmm, norm, cosine_similarity ---- */

GRA_TEST(bmm_rejects_what_does_not_fit)
{
    ck_assert_ptr_null(gra_bmm(gra_ones(GRA_SHAPE(1, 2, 3)), gra_ones(GRA_SHAPE(2, 3, 4))));
    GRA_ASSERT_ERROR("bmm: shapes [1, 2, 3] and [2, 3, 4] do not fit; [B, M, K] and [B, K, N] are "
                     "needed");
}

static void assert_einsum_fails(const char *equation, const char *error)
{
    gra_tensor *const x = gra_ones(GRA_SHAPE(2, 3));
    ck_assert_ptr_null(gra_einsum(equation, x, x));
    GRA_ASSERT_ERROR(error);
}

GRA_TEST(einsum_says_what_is_wrong)
{
    assert_einsum_fails("ij,jk->ik", "einsum: subscript j stands for sizes 3 and 2");
    assert_einsum_fails("ii,jk", "einsum: subscript i stands for sizes 2 and 3 in operand 0");
    assert_einsum_fails("ij", "einsum: the equation has fewer operands than the 2 that were given");
    assert_einsum_fails("ij,ij,ij",
                        "einsum: the equation has more operands than the 2 that were given");
    assert_einsum_fails("ij,ijk", "einsum: operand 1 has shape [2, 3], but 3 subscripts");
    assert_einsum_fails("i,ij", "einsum: operand 0 has shape [2, 3], but 1 subscripts");
    assert_einsum_fails("ij,ijk...",
                        "einsum: operand 1 has shape [2, 3], but 3 subscripts beside ...");
    assert_einsum_fails("ij,i1", "einsum: '1' is no subscript; letters and ... are");
    assert_einsum_fails("ij,ij->ik", "einsum: subscript k of the result stands in no operand");
    assert_einsum_fails("ij,ij->ii", "einsum: subscript i stands twice in the result");
    assert_einsum_fails("ij,ij->i,j",
                        "einsum: ',' stands in the result; it is one list of subscripts");
    assert_einsum_fails("ij,ij-i", "einsum: '-' stands without '>'");
    assert_einsum_fails("......,ij", "einsum: ... stands twice in one operand or in the result");
}

GRA_TEST(norm_has_the_gradient_0_where_it_is_0)
{
    const double ps[] = {0.5, 1, 1.5, 2, 3};
    for (size_t i = 0; i < sizeof ps / sizeof *ps; i++) {
        gra_tensor *const x = gra_requires_grad(gra_zeros(GRA_SHAPE(2)));
        GRA_ASSERT_VALUES(gra_grad(gra_norm(x, ps[i]), x), 0, 0);
    }
    gra_tensor *const x = gra_requires_grad(gra_vector(-3, 1, 3));
    GRA_ASSERT_VALUES(gra_grad(gra_norm(x, INFINITY), x), -0.5, 0, 0.5);
    GRA_ASSERT_VALUES(gra_grad(gra_norm(x, -INFINITY), x), 0, 1, 0);
    GRA_ASSERT_VALUES(gra_grad(gra_norm(x, 0), x), 0, 0, 0);
    GRA_ASSERT_VALUES(gra_norm(x, 0), 3);
}

GRA_TEST(norm_says_what_is_wrong)
{
    ck_assert_ptr_null(gra_norm(INTS(GRA_SHAPE(2), 1, 2)));
    GRA_ASSERT_ERROR(
        "norm: x has dtype int64; a floating point dtype is needed, convert it with gra_to");
    ck_assert_ptr_null(gra_norm(gra_zeros(GRA_SHAPE(0)), INFINITY));
    GRA_ASSERT_ERROR("norm: dim 0 of shape [0] is empty; at least one element is needed");
}

GRA_TEST(cosine_similarity_keeps_away_from_0)
{
    gra_tensor *const a = gra_view(gra_vector(0, 0, 3, 4), GRA_SHAPE(2, 2));
    GRA_ASSERT_VALUES(gra_cosine_similarity(a, gra_view(gra_vector(1, 0), GRA_SHAPE(1, 2))), 0,
                      0.6);
    ck_assert_ptr_null(gra_cosine_similarity(a, a, 2));
    GRA_ASSERT_ERROR(
        "cosine_similarity: dim 2 is out of range for a tensor of 2 dims; -2 to 1 are possible");
}

GRA_TEST_MAIN("indexing", masked_fill_takes_every_dtype, masked_fill_converts_a_tensor_value,
              masked_fill_stops_gradients_that_are_not_finite, masked_fill_says_what_is_wrong,
              cumsum_adds_in_float64, cumsum_of_large_tensors_does_not_depend_on_threads,
              cumsum_rejects_a_dim_outside, sort_takes_every_dtype,
              sort_puts_nan_last_and_keeps_equal_zeros_in_order,
              sort_of_large_integers_looks_at_all_bits, sort_of_many_is_stable_and_in_order,
              topk_of_equal_elements_takes_the_first, sort_and_topk_say_what_is_wrong,
              scatter_writes_and_adds_every_dtype, scatter_add_of_bfloat16_adds_in_float32,
              scatter_into_its_own_source, scatter_ignores_the_rest_of_a_larger_source,
              scatter_says_what_is_wrong_and_leaves_x_alone,
              nonzero_lists_indices_in_row_major_order, index_put_writes_in_place,
              index_put_of_bfloat16_adds_in_float32, index_says_what_is_wrong,
              index_add_says_what_is_wrong, embedding_gives_no_gradient_to_padding,
              embedding_says_what_is_wrong, bmm_rejects_what_does_not_fit,
              einsum_says_what_is_wrong, norm_has_the_gradient_0_where_it_is_0,
              norm_says_what_is_wrong, cosine_similarity_keeps_away_from_0)
