/* test_dtype.c - sizes, names, categories and promotion of the element types. */
#include "core/scope.h"

#include "core/dtype.h"
#include "core/tensor_struct.h"
#include "../support/test.h"

GRA_TEST(each_dtype_has_its_size_and_name)
{
    static const struct {
        gra_dtype dtype;
        size_t size;
        const char *name;
    } expected[GRA_DTYPE_COUNT] = {
        {GRA_FLOAT32, 4, "float32"}, {GRA_FLOAT64, 8, "float64"}, {GRA_BFLOAT16, 2, "bfloat16"},
        {GRA_INT64, 8, "int64"},     {GRA_INT32, 4, "int32"},     {GRA_UINT8, 1, "uint8"},
        {GRA_BOOL, 1, "bool"},
    };
    for (int i = 0; i < GRA_DTYPE_COUNT; i++) {
        ck_assert_uint_eq(gra_dtype_size(expected[i].dtype), expected[i].size);
        ck_assert_str_eq(gra_dtype_name(expected[i].dtype), expected[i].name);
    }
}

GRA_TEST(bool_is_neither_an_integer_nor_floating)
{
    static const gra_dtype floating[] = {GRA_FLOAT32, GRA_FLOAT64, GRA_BFLOAT16};
    static const gra_dtype integer[] = {GRA_INT64, GRA_INT32, GRA_UINT8};
    for (int i = 0; i < 3; i++) {
        ck_assert(gra_dtype_is_floating(floating[i]) && !gra_dtype_is_integer(floating[i]));
        ck_assert(gra_dtype_is_integer(integer[i]) && !gra_dtype_is_floating(integer[i]));
    }
    ck_assert(!gra_dtype_is_integer(GRA_BOOL) && !gra_dtype_is_floating(GRA_BOOL));
}

/* Recorded from torch.promote_types of PyTorch 2.13. */
GRA_TEST(promotion_agrees_with_PyTorch)
{
    const gra_dtype F32 = GRA_FLOAT32, F64 = GRA_FLOAT64, B16 = GRA_BFLOAT16, I64 = GRA_INT64;
    const gra_dtype I32 = GRA_INT32, U8 = GRA_UINT8, BOO = GRA_BOOL;
    const gra_dtype expected[GRA_DTYPE_COUNT][GRA_DTYPE_COUNT] = {
        {F32, F64, F32, F32, F32, F32, F32}, {F64, F64, F64, F64, F64, F64, F64},
        {F32, F64, B16, B16, B16, B16, B16}, {F32, F64, B16, I64, I64, I64, I64},
        {F32, F64, B16, I64, I32, I32, I32}, {F32, F64, B16, I64, I32, U8, U8},
        {F32, F64, B16, I64, I32, U8, BOO},
    };
    for (int a = 0; a < GRA_DTYPE_COUNT; a++)
        for (int b = 0; b < GRA_DTYPE_COUNT; b++)
            ck_assert_msg(gra_promote_types((gra_dtype)a, (gra_dtype)b) == expected[a][b],
                          "%s with %s gives %s", gra_dtype_name((gra_dtype)a),
                          gra_dtype_name((gra_dtype)b),
                          gra_dtype_name(gra_promote_types((gra_dtype)a, (gra_dtype)b)));
}

/* Recorded from PyTorch: ties, carries into the exponent, subnormals. */
GRA_TEST(a_float_rounds_to_the_nearest_even_bfloat16)
{
    static const struct {
        float value;
        uint16_t bits;
    } expected[] = {
        {1, 0x3f80},
        {1 + 0x1p-8f, 0x3f80},
        {1 + 3 * 0x1p-8f, 0x3f82},
        {-2.5f, 0xc020},
        {1 + 0x1p-8f + 0x1p-20f, 0x3f81},
        {0.1f, 0x3dcd},
        {1e-40f, 0x0001},
        {3.4028234e38f, 0x7f80},
        {INFINITY, 0x7f80},
        {-INFINITY, 0xff80},
        {-0.0f, 0x8000},
    };
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        ck_assert_msg(gra__float_to_bfloat16(expected[i].value) == expected[i].bits,
                      "%.9g becomes %#x, expected %#x", (double)expected[i].value,
                      (unsigned)gra__float_to_bfloat16(expected[i].value),
                      (unsigned)expected[i].bits);
}

GRA_TEST(every_bfloat16_survives_the_way_through_float)
{
    for (unsigned bits = 0; bits <= 0xffff; bits++) {
        const float wide = gra__bfloat16_to_float((uint16_t)bits);
        const uint16_t back = gra__float_to_bfloat16(wide);
        if (isnan(wide))
            ck_assert(isnan(gra__bfloat16_to_float(back)));
        else
            ck_assert_uint_eq(back, bits);
    }
}

GRA_TEST(a_NaN_whose_payload_is_cut_off_stays_a_NaN)
{
    const uint32_t bits = 0x7f800001u;
    float value;
    memcpy(&value, &bits, sizeof value);
    ck_assert(isnan(gra__bfloat16_to_float(gra__float_to_bfloat16(value))));
}

GRA_TEST_MAIN("dtype", each_dtype_has_its_size_and_name, bool_is_neither_an_integer_nor_floating,
              promotion_agrees_with_PyTorch, a_float_rounds_to_the_nearest_even_bfloat16,
              every_bfloat16_survives_the_way_through_float,
              a_NaN_whose_payload_is_cut_off_stays_a_NaN)
