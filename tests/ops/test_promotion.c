/* test_promotion.c - which dtype an op computes in and gives, for every pair of dtypes. The tables
 * are PyTorch's. */
#include "gradus.h"

#include "../support/test.h"

#define F32 GRA_FLOAT32
#define F64 GRA_FLOAT64
#define B16 GRA_BFLOAT16
#define I64 GRA_INT64
#define I32 GRA_INT32
#define U8 GRA_UINT8
#define B8 GRA_BOOL

/* Two tensors with dims. */
static const gra_dtype with_dims[GRA_DTYPE_COUNT][GRA_DTYPE_COUNT] = {
    {F32, F64, F32, F32, F32, F32, F32}, {F64, F64, F64, F64, F64, F64, F64},
    {F32, F64, B16, B16, B16, B16, B16}, {F32, F64, B16, I64, I64, I64, I64},
    {F32, F64, B16, I64, I32, I32, I32}, {F32, F64, B16, I64, I32, U8, U8},
    {F32, F64, B16, I64, I32, U8, B8},
};

/* The second one has no dims: only its category counts where that is higher. */
static const gra_dtype without_dims[GRA_DTYPE_COUNT][GRA_DTYPE_COUNT] = {
    {F32, F32, F32, F32, F32, F32, F32}, {F64, F64, F64, F64, F64, F64, F64},
    {B16, B16, B16, B16, B16, B16, B16}, {F32, F64, B16, I64, I64, I64, I64},
    {F32, F64, B16, I32, I32, I32, I32}, {F32, F64, B16, U8, U8, U8, U8},
    {F32, F64, B16, I64, I32, U8, B8},
};

static gra_tensor *ones(gra_dtype dtype)
{
    return gra_ones(GRA_SHAPE(2), dtype);
}

static void assert_dtype(const gra_tensor *t, gra_dtype expected, const char *what, gra_dtype a,
                         gra_dtype b)
{
    ck_assert_msg(t != NULL, "%s of %s and %s: %s", what, gra_dtype_name(a), gra_dtype_name(b),
                  gra_error());
    ck_assert_msg(gra_tensor_dtype(t) == expected, "%s of %s and %s is %s, expected %s", what,
                  gra_dtype_name(a), gra_dtype_name(b), gra_dtype_name(gra_tensor_dtype(t)),
                  gra_dtype_name(expected));
}

#define EACH_PAIR(a, b)                                                                            \
    for (gra_dtype a = 0; a < GRA_DTYPE_COUNT; a++)                                                \
        for (gra_dtype b = 0; b < GRA_DTYPE_COUNT; b++)

GRA_TEST(tensors_with_dims_promote)
{
    EACH_PAIR(a, b)
    {
        gra_tensor *const sum = gra_add(ones(a), ones(b)), *const product =
                                                               gra_mul(ones(a), ones(b));
        assert_dtype(sum, with_dims[a][b], "the sum", a, b);
        assert_dtype(product, with_dims[a][b], "the product", a, b);
        const double two = with_dims[a][b] == B8 ? 1 : 2; /* true or true */
        GRA_ASSERT_VALUES(sum, two, two);
        GRA_ASSERT_VALUES(product, 1, 1);
    }
}

GRA_TEST(a_tensor_without_dims_counts_by_its_category)
{
    EACH_PAIR(a, b)
    {
        gra_tensor *const number = gra_scalar(1, b);
        assert_dtype(gra_add(ones(a), number), without_dims[a][b], "the sum", a, b);
        assert_dtype(gra_add(number, ones(a)), without_dims[a][b], "the swapped sum", b, a);
        assert_dtype(gra_add(gra_scalar(1, a), number), with_dims[a][b], "the sum of scalars", a,
                     b);
    }
}

GRA_TEST(division_gives_real_numbers)
{
    EACH_PAIR(a, b)
    {
        const gra_dtype promoted = with_dims[a][b];
        const gra_dtype expected = gra_dtype_is_floating(promoted) ? promoted : GRA_FLOAT32;
        gra_tensor *const y = gra_div(ones(a), gra_full(GRA_SHAPE(2), 2, b));
        assert_dtype(y, expected, "the quotient", a, b);
        const double half = b == B8 ? 1 : 0.5; /* 2 as a bool is true */
        GRA_ASSERT_VALUES(y, half, half);
    }
}

GRA_TEST(comparisons_promote_too)
{
    EACH_PAIR(a, b)
    {
        gra_tensor *const y = gra_le(ones(a), ones(b));
        assert_dtype(y, GRA_BOOL, "the comparison", a, b);
        GRA_ASSERT_VALUES(y, 1, 1);
    }
    gra_tensor *const whole = gra_to(gra_vector(1, 2), GRA_INT64);
    GRA_ASSERT_VALUES(gra_lt(whole, gra_vector(1.5, 1.5)), 1, 0);
}

GRA_TEST(maximum_and_where_promote)
{
    EACH_PAIR(a, b)
    {
        gra_tensor *const mask = gra_from_data(((bool[]){true, false}), GRA_SHAPE(2), GRA_BOOL);
        assert_dtype(gra_maximum(ones(a), ones(b)), with_dims[a][b], "the maximum", a, b);
        gra_tensor *const y = gra_where(mask, ones(a), gra_zeros(GRA_SHAPE(2), b));
        assert_dtype(y, with_dims[a][b], "the choice", a, b);
        GRA_ASSERT_VALUES(y, 1, 0);
    }
}

GRA_TEST(any_dtype_converts_to_any)
{
    EACH_PAIR(a, b)
    {
        gra_tensor *const y = gra_to(ones(a), b);
        assert_dtype(y, b, "the conversion", a, b);
        GRA_ASSERT_VALUES(y, 1, 1);
        GRA_ASSERT_VALUES(gra_copy_(gra_zeros(GRA_SHAPE(2), b), ones(a)), 1, 1);
    }
}

GRA_TEST(a_whole_number_keeps_the_dtype)
{
    for (gra_dtype a = 0; a < GRA_DTYPE_COUNT; a++) {
        const gra_dtype whole = a == GRA_BOOL ? GRA_INT64 : a;
        const gra_dtype real = gra_dtype_is_floating(a) ? a : GRA_FLOAT32;
        assert_dtype(gra_add_scalar(ones(a), 2), whole, "the sum with 2", a, a);
        assert_dtype(gra_mul_scalar(ones(a), 1.5), real, "the product with 1.5", a, a);
        assert_dtype(gra_div_scalar(ones(a), 2), real, "the quotient by 2", a, a);
        assert_dtype(gra_rdiv_scalar(ones(a), 2), real, "2 divided by it", a, a);
        assert_dtype(gra_pow_scalar(ones(a), 2), whole, "the power 2", a, a);
        assert_dtype(gra_square(ones(a)), whole, "the square", a, a);
        assert_dtype(gra_clamp(ones(a), 0, INFINITY), whole, "the clamp from 0", a, a);
        assert_dtype(gra_clamp(ones(a), 0.5, 2), real, "the clamp from 0.5", a, a);
        GRA_ASSERT_VALUES(gra_add_scalar(ones(a), 2), 3, 3);
        GRA_ASSERT_VALUES(gra_mul_scalar(ones(a), 1.5), 1.5, 1.5);
        GRA_ASSERT_VALUES(gra_clamp(ones(a), 1.5, 2), 1.5, 1.5);
    }
    assert_dtype(gra_add_scalar(ones(I32), INFINITY), GRA_FLOAT32, "the sum with infinity", I32,
                 I32);
    assert_dtype(gra_add_scalar(ones(I64), 1e30), GRA_FLOAT32, "the sum with 1e30", I64, I64);
}

GRA_TEST(integers_wrap_around)
{
    gra_tensor *const bytes = gra_full(GRA_SHAPE(1), 250, GRA_UINT8);
    GRA_ASSERT_VALUES(gra_add_scalar(bytes, 300), 38);
    GRA_ASSERT_VALUES(gra_mul_scalar(bytes, -1), 6);
    GRA_ASSERT_VALUES(gra_rsub_scalar(bytes, 0), 6);
    GRA_ASSERT_VALUES(gra_neg(bytes), 6);
    gra_tensor *const ints = gra_full(GRA_SHAPE(1), 2147483647, GRA_INT32);
    GRA_ASSERT_VALUES(gra_add_scalar(ints, 1), -2147483648.0);
    GRA_ASSERT_VALUES(gra_add_scalar(ints, 0x1p40), 2147483647);
}

GRA_TEST(bools_add_and_multiply_logically)
{
    gra_tensor *const a = gra_to(gra_vector(1, 1, 0, 0), GRA_BOOL);
    gra_tensor *const b = gra_to(gra_vector(1, 0, 1, 0), GRA_BOOL);
    GRA_ASSERT_VALUES(gra_add(a, b), 1, 1, 1, 0);
    GRA_ASSERT_VALUES(gra_mul(a, b), 1, 0, 0, 0);
    GRA_ASSERT_VALUES(gra_maximum(a, b), 1, 1, 1, 0);
    GRA_ASSERT_VALUES(gra_minimum(a, b), 1, 0, 0, 0);
    GRA_ASSERT_VALUES(gra_add_scalar(a, 1), 2, 2, 1, 1);
    GRA_ASSERT_VALUES(gra_div(a, b), 1, INFINITY, 0, NAN);
    GRA_ASSERT_VALUES(gra_sign(a), 1, 1, 0, 0);
    ck_assert_ptr_null(gra_pow(a, b));
    GRA_ASSERT_ERROR("pow: dtype bool is not supported; convert the tensor with gra_to first");
}

GRA_TEST(bfloat16_rounds_once)
{
    gra_tensor *const x = gra_full(GRA_SHAPE(1), 0.1, GRA_BFLOAT16); /* 0.10009765625 */
    GRA_ASSERT_VALUES(gra_eq_scalar(x, 0.1), 1);
    GRA_ASSERT_VALUES(gra_lt_scalar(x, 0.1), 0);
    GRA_ASSERT_VALUES(gra_div_scalar(x, 3), 0.033447265625);
    GRA_ASSERT_VALUES(gra_mul(x, gra_scalar(0.1, GRA_FLOAT64)), 0.010009765625);
}

GRA_TEST(gradients_come_in_the_dtype_of_the_input)
{
    gra_tensor *const a = gra_requires_grad(gra_ones(GRA_SHAPE(2)));
    gra_tensor *const b = gra_requires_grad(gra_ones(GRA_SHAPE(2), GRA_FLOAT64));
    gra_tensor *const c = gra_requires_grad(gra_ones(GRA_SHAPE(2), GRA_BFLOAT16));
    gra_backward(gra_sum(gra_mul(gra_mul(a, b), gra_div(c, gra_full(GRA_SHAPE(2), 2, GRA_INT64)))));
    assert_dtype(gra_tensor_grad(a), F32, "the gradient", F32, F32);
    assert_dtype(gra_tensor_grad(b), F64, "the gradient", F64, F64);
    assert_dtype(gra_tensor_grad(c), B16, "the gradient", B16, B16);
    GRA_ASSERT_VALUES(gra_tensor_grad(a), 0.5, 0.5);
    GRA_ASSERT_VALUES(gra_tensor_grad(c), 0.5, 0.5);
}

GRA_TEST(mixed_dtypes_convert_chunk_by_chunk)
{
    const int64_t n = 1537; /* three chunks and one element */
    gra_tensor *const whole = gra_arange(0, (double)n, 1), *const step = gra_scalar(2, GRA_INT32);
    gra_tensor *const real =
        gra_to(gra_reshape(gra_repeat(whole, GRA_SHAPE(2)), GRA_SHAPE(2, n)), GRA_FLOAT64);
    gra_tensor *const y = gra_mul(gra_add(whole, real), step);
    assert_dtype(y, F64, "the result", I64, F64);
    for (int64_t i = 0; i < 2 * n; i++)
        ck_assert_double_eq(((double *)gra_tensor_data(y))[i], (double)(4 * (i % n)));
}

GRA_TEST_MAIN("promotion", tensors_with_dims_promote, a_tensor_without_dims_counts_by_its_category,
              division_gives_real_numbers, comparisons_promote_too, maximum_and_where_promote,
              any_dtype_converts_to_any, a_whole_number_keeps_the_dtype, integers_wrap_around,
              bools_add_and_multiply_logically, bfloat16_rounds_once,
              gradients_come_in_the_dtype_of_the_input, mixed_dtypes_convert_chunk_by_chunk)
