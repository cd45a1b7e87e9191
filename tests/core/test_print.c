/* test_print.c - tensors as text.
 *
 * The texts were recorded from PyTorch 2.13's repr. They differ from it in two ways: dtypes stand
 * without "torch.", and grad_fn names the op.
 */
#include <unistd.h>

#include "core/scope.h"

#include "core/alloc.h"
#include "core/create.h"
#include "core/op.h"
#include "core/print.h"
#include "core/tensor_struct.h"
#include "../support/test.h"

static void check_text(const gra_tensor *t, const char *expected, int line)
{
    char *const text = gra_tensor_text(t);
    ck_assert_msg(text && strcmp(text, expected) == 0, "line %d: the text is\n%s\nexpected\n%s",
                  line, text ? text : "NULL", expected);
    free(text);
}

#define ASSERT_TEXT(tensor, expected) check_text(tensor, expected, __LINE__)

/* start, start + step, ... in row-major order. */
static gra_tensor *counting(gra_shape shape, gra_dtype dtype, double start, double step)
{
    gra_tensor *const t = gra__empty("counting", shape, dtype);
    for (int64_t i = 0; t && i < t->numel; i++)
        gra__store(t, i, start + (double)i * step);
    return t;
}

static gra_tensor *of(gra_dtype dtype, gra_shape shape, const void *data)
{
    return gra_from_data(data, shape, .dtype = dtype);
}

/* An op that is recorded, by the name of mul. */
static void twice_forward(gra_call *c)
{
    c->out[0] = gra_empty_like(c->in[0]);
    for (int64_t i = 0; c->out[0] && i < c->out[0]->numel; i++)
        gra__store(c->out[0], i, 2 * gra__load(c->in[0], i));
}

static const gra_op twice_op = {
    .schema = "mul(Tensor x) -> Tensor",
    .forward = twice_forward,
    .saves = GRA_SAVE_NOTHING,
};

static gra_tensor *twice(gra_tensor *x)
{
    return gra_apply(&twice_op, &x, 1, NULL);
}

GRA_TEST(scalars_have_no_brackets)
{
    ASSERT_TEXT(gra_scalar(3.14159, GRA_FLOAT32), "tensor(3.1416)");
    ASSERT_TEXT(gra_scalar(-2, GRA_FLOAT32), "tensor(-2.)");
    ASSERT_TEXT(gra_scalar(7, GRA_INT64), "tensor(7)");
    ASSERT_TEXT(gra_scalar(1, GRA_BOOL), "tensor(True)");
    ASSERT_TEXT(gra_scalar(1e-9, GRA_FLOAT64), "tensor(1.0000e-09, dtype=float64)");
    ASSERT_TEXT(gra_scalar(NAN, GRA_FLOAT32), "tensor(nan)");
}

GRA_TEST(whole_floats_end_in_a_point)
{
    ASSERT_TEXT(gra_vector(1, 2, -3), "tensor([ 1.,  2., -3.])");
    ASSERT_TEXT(gra_vector(0, 0), "tensor([0., 0.])");
    ASSERT_TEXT(gra_vector(100, 5), "tensor([100.,   5.])");
}

GRA_TEST(other_floats_have_four_decimals)
{
    ASSERT_TEXT(gra_vector(1.5, 2, 0.33333), "tensor([1.5000, 2.0000, 0.3333])");
    ASSERT_TEXT(gra_vector(0.12345, 0.99999), "tensor([0.1235, 1.0000])");
}

GRA_TEST(columns_are_as_wide_as_the_widest_element)
{
    ASSERT_TEXT(
        of(GRA_FLOAT32, GRA_SHAPE(2, 3), ((const float[]){-1.5, 22.25, 0.0, 3.0, -100.125, 7.0})),
        "tensor([[  -1.5000,   22.2500,    0.0000],\n"
        "        [   3.0000, -100.1250,    7.0000]])");
    ASSERT_TEXT(of(GRA_INT64, GRA_SHAPE(2, 3), ((const int64_t[]){1, -20, 300, 4, 5, -6})),
                "tensor([[  1, -20, 300],\n"
                "        [  4,   5,  -6]])");
}

GRA_TEST(a_ratio_above_1000_is_scientific)
{
    ASSERT_TEXT(gra_vector(1, 2000.5), "tensor([1.0000e+00, 2.0005e+03])");
    ASSERT_TEXT(gra_vector(0.5, -600, 0), "tensor([ 5.0000e-01, -6.0000e+02,  0.0000e+00])");
    ASSERT_TEXT(gra_vector(1, 5000), "tensor([1.0000e+00, 5.0000e+03])");
}

GRA_TEST(large_and_tiny_floats_are_scientific)
{
    ASSERT_TEXT(gra_vector(123456789), "tensor([1.2346e+08])");
    ASSERT_TEXT(gra_vector(1e-05, 2e-05), "tensor([1.0000e-05, 2.0000e-05])");
    ASSERT_TEXT(gra_vector(0.0001), "tensor([1.0000e-04])");
}

GRA_TEST(the_limits_themselves_are_not_scientific)
{
    ASSERT_TEXT(gra_vector(100000000), "tensor([100000000.])");
    ASSERT_TEXT(gra_vector(1, 1000), "tensor([   1., 1000.])");
    ASSERT_TEXT(gra_vector(0.5, 500), "tensor([  0.5000, 500.0000])");
    ASSERT_TEXT(gra_scalar(1e-4, GRA_FLOAT64), "tensor(0.0001, dtype=float64)");
}

GRA_TEST(scientific_columns_align)
{
    ASSERT_TEXT(of(GRA_FLOAT32, GRA_SHAPE(2, 2), ((const float[]){1e-07, -2.5, 0.0, 30000.0})),
                "tensor([[ 1.0000e-07, -2.5000e+00],\n"
                "        [ 0.0000e+00,  3.0000e+04]])");
}

GRA_TEST(three_digits_of_exponent_widen_the_column)
{
    ASSERT_TEXT(of(GRA_FLOAT64, GRA_SHAPE(2, 2), ((const double[]){1e-300, 1.0, -5e-324, 1e+100})),
                "tensor([[ 1.0000e-300,   1.0000e+00],\n"
                "        [-4.9407e-324,  1.0000e+100]], dtype=float64)");
}

GRA_TEST(nan_and_infinity_have_no_say_in_the_width)
{
    ASSERT_TEXT(gra_vector(1.5, NAN, INFINITY, -INFINITY),
                "tensor([1.5000,    nan,    inf,   -inf])");
    ASSERT_TEXT(gra_vector(1, NAN, -INFINITY), "tensor([1., nan, -inf])");
    ASSERT_TEXT(gra_vector(NAN, INFINITY), "tensor([nan, inf])");
    ASSERT_TEXT(gra_vector(0, NAN), "tensor([0., nan])");
}

GRA_TEST(nan_and_infinity_are_padded_in_a_scientific_column)
{
    ASSERT_TEXT(gra_vector(1e-06, NAN, INFINITY, -INFINITY, 2),
                "tensor([1.0000e-06,        nan,        inf,       -inf, 2.0000e+00])");
}

GRA_TEST(a_negative_zero_keeps_its_sign)
{
    ASSERT_TEXT(gra_vector(0, -0.0), "tensor([0., -0.])");
    ASSERT_TEXT(gra_vector(-0.0, 0.5), "tensor([-0.0000, 0.5000])");
}

GRA_TEST(bools_are_True_and_False)
{
    ASSERT_TEXT(of(GRA_BOOL, GRA_SHAPE(3), ((const uint8_t[]){1, 0, 1})),
                "tensor([ True, False,  True])");
    ASSERT_TEXT(of(GRA_BOOL, GRA_SHAPE(2, 2), ((const uint8_t[]){1, 1, 1, 1})),
                "tensor([[True, True],\n"
                "        [True, True]])");
    ASSERT_TEXT(of(GRA_BOOL, GRA_SHAPE(2), ((const uint8_t[]){0, 0})), "tensor([False, False])");
}

GRA_TEST(bytes_carry_their_dtype)
{
    ASSERT_TEXT(of(GRA_UINT8, GRA_SHAPE(2, 3), ((const uint8_t[]){0, 1, 255, 10, 20, 30})),
                "tensor([[  0,   1, 255],\n"
                "        [ 10,  20,  30]], dtype=uint8)");
}

GRA_TEST(int64_is_exact)
{
    ASSERT_TEXT(of(GRA_INT64, GRA_SHAPE(3), ((const int64_t[]){INT64_MAX, INT64_MIN + 1, 0})),
                "tensor([ 9223372036854775807, -9223372036854775807,                    0])");
    ASSERT_TEXT(
        of(GRA_INT64, GRA_SHAPE(2), ((const int64_t[]){9007199254740993, -9007199254740993})),
        "tensor([ 9007199254740993, -9007199254740993])");
}

GRA_TEST(int32_carries_its_dtype)
{
    ASSERT_TEXT(of(GRA_INT32, GRA_SHAPE(2, 2), ((const int32_t[]){-1, 100, 2147483647, 0})),
                "tensor([[        -1,        100],\n"
                "        [2147483647,          0]], dtype=int32)");
}

GRA_TEST(bfloat16_and_float64_carry_their_dtype)
{
    ASSERT_TEXT(gra_full(GRA_SHAPE(2), 3.14159, .dtype = GRA_BFLOAT16),
                "tensor([3.1406, 3.1406], dtype=bfloat16)");
    ASSERT_TEXT(counting(GRA_SHAPE(2, 2), GRA_FLOAT64, 0.5, 0.25),
                "tensor([[0.5000, 0.7500],\n"
                "        [1.0000, 1.2500]], dtype=float64)");
    ASSERT_TEXT(counting(GRA_SHAPE(3), GRA_BFLOAT16, 1, 1), "tensor([1., 2., 3.], dtype=bfloat16)");
}

GRA_TEST(empty_tensors_say_their_size)
{
    ASSERT_TEXT(gra_zeros(GRA_SHAPE(0)), "tensor([])");
    ASSERT_TEXT(gra_zeros(GRA_SHAPE(0, 3)), "tensor([], size=(0, 3))");
    ASSERT_TEXT(gra_zeros(GRA_SHAPE(2, 0, 3)), "tensor([], size=(2, 0, 3))");
    ASSERT_TEXT(gra_zeros(GRA_SHAPE(0), .dtype = GRA_INT64), "tensor([], dtype=int64)");
    ASSERT_TEXT(gra_zeros(GRA_SHAPE(1, 0), .dtype = GRA_BOOL),
                "tensor([], size=(1, 0), dtype=bool)");
    ASSERT_TEXT(gra_zeros(GRA_SHAPE(0, 0), .dtype = GRA_FLOAT64),
                "tensor([], size=(0, 0), dtype=float64)");
}

GRA_TEST(long_vectors_wrap_at_80_columns)
{
    ASSERT_TEXT(counting(GRA_SHAPE(20), GRA_FLOAT32, -2.5, 0.75),
                "tensor([-2.5000, -1.7500, -1.0000, -0.2500,  0.5000,  1.2500,  2.0000,  2.7500,\n"
                "         3.5000,  4.2500,  5.0000,  5.7500,  6.5000,  7.2500,  8.0000,  8.7500,\n"
                "         9.5000, 10.2500, 11.0000, 11.7500])");
    ASSERT_TEXT(counting(GRA_SHAPE(40), GRA_INT64, -5, 3),
                "tensor([ -5,  -2,   1,   4,   7,  10,  13,  16,  19,  22,  25,  28,  31,  34,\n"
                "         37,  40,  43,  46,  49,  52,  55,  58,  61,  64,  67,  70,  73,  76,\n"
                "         79,  82,  85,  88,  91,  94,  97, 100, 103, 106, 109, 112])");
    ASSERT_TEXT(counting(GRA_SHAPE(11), GRA_FLOAT32, 1e-06, 0.5),
                "tensor([1.0000e-06, 5.0000e-01, 1.0000e+00, 1.5000e+00, 2.0000e+00, 2.5000e+00,\n"
                "        3.0000e+00, 3.5000e+00, 4.0000e+00, 4.5000e+00, 5.0000e+00])");
}

GRA_TEST(zeros_wrap_by_the_width_of_one_digit)
{
    ASSERT_TEXT(
        gra_zeros(GRA_SHAPE(30)),
        "tensor([0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0.,\n"
        "        0., 0., 0., 0., 0., 0.])");
}

GRA_TEST(rows_of_a_matrix_wrap)
{
    ASSERT_TEXT(counting(GRA_SHAPE(2, 11), GRA_FLOAT32, 0.125, 0.5),
                "tensor([[ 0.1250,  0.6250,  1.1250,  1.6250,  2.1250,  2.6250,  3.1250,  3.6250,\n"
                "          4.1250,  4.6250,  5.1250],\n"
                "        [ 5.6250,  6.1250,  6.6250,  7.1250,  7.6250,  8.1250,  8.6250,  9.1250,\n"
                "          9.6250, 10.1250, 10.6250]])");
}

GRA_TEST(a_column_wraps_where_bools_do)
{
    ASSERT_TEXT(gra_ones(GRA_SHAPE(14), .dtype = GRA_BOOL),
                "tensor([True, True, True, True, True, True, True, True, True, True, True, True,\n"
                "        True, True])");
}

GRA_TEST(matrices_are_separated_by_a_blank_line)
{
    ASSERT_TEXT(counting(GRA_SHAPE(2, 2, 3), GRA_INT64, 0, 1), "tensor([[[ 0,  1,  2],\n"
                                                               "         [ 3,  4,  5]],\n"
                                                               "\n"
                                                               "        [[ 6,  7,  8],\n"
                                                               "         [ 9, 10, 11]]])");
}

GRA_TEST(four_dims_are_separated_by_two_blank_lines)
{
    ASSERT_TEXT(counting(GRA_SHAPE(2, 1, 2, 2), GRA_FLOAT32, 0, 0.5),
                "tensor([[[[0.0000, 0.5000],\n"
                "          [1.0000, 1.5000]]],\n"
                "\n"
                "\n"
                "        [[[2.0000, 2.5000],\n"
                "          [3.0000, 3.5000]]]])");
    ASSERT_TEXT(counting(GRA_SHAPE(1, 1, 1, 1, 2), GRA_FLOAT32, 0, 1), "tensor([[[[[0., 1.]]]]])");
}

GRA_TEST(a_vector_above_1000_elements_is_summarised)
{
    ASSERT_TEXT(counting(GRA_SHAPE(1001), GRA_INT64, 0, 1),
                "tensor([   0,    1,    2,  ...,  998,  999, 1000])");
    ASSERT_TEXT(counting(GRA_SHAPE(5000), GRA_FLOAT32, -0.5, 0.5),
                "tensor([-5.0000e-01,  0.0000e+00,  5.0000e-01,  ...,  2.4980e+03,\n"
                "         2.4985e+03,  2.4990e+03])");
}

GRA_TEST(a_matrix_above_1000_elements_is_summarised)
{
    ASSERT_TEXT(counting(GRA_SHAPE(40, 30), GRA_FLOAT32, 0.5, 1),
                "tensor([[5.0000e-01, 1.5000e+00, 2.5000e+00,  ..., 2.7500e+01, 2.8500e+01,\n"
                "         2.9500e+01],\n"
                "        [3.0500e+01, 3.1500e+01, 3.2500e+01,  ..., 5.7500e+01, 5.8500e+01,\n"
                "         5.9500e+01],\n"
                "        [6.0500e+01, 6.1500e+01, 6.2500e+01,  ..., 8.7500e+01, 8.8500e+01,\n"
                "         8.9500e+01],\n"
                "        ...,\n"
                "        [1.1105e+03, 1.1115e+03, 1.1125e+03,  ..., 1.1375e+03, 1.1385e+03,\n"
                "         1.1395e+03],\n"
                "        [1.1405e+03, 1.1415e+03, 1.1425e+03,  ..., 1.1675e+03, 1.1685e+03,\n"
                "         1.1695e+03],\n"
                "        [1.1705e+03, 1.1715e+03, 1.1725e+03,  ..., 1.1975e+03, 1.1985e+03,\n"
                "         1.1995e+03]])");
    ASSERT_TEXT(counting(GRA_SHAPE(2, 501), GRA_INT64, 0, 1),
                "tensor([[   0,    1,    2,  ...,  498,  499,  500],\n"
                "        [ 501,  502,  503,  ...,  999, 1000, 1001]])");
    ASSERT_TEXT(counting(GRA_SHAPE(501, 2), GRA_INT64, -500, 1), "tensor([[-500, -499],\n"
                                                                 "        [-498, -497],\n"
                                                                 "        [-496, -495],\n"
                                                                 "        ...,\n"
                                                                 "        [ 496,  497],\n"
                                                                 "        [ 498,  499],\n"
                                                                 "        [ 500,  501]])");
    ASSERT_TEXT(counting(GRA_SHAPE(7, 300), GRA_UINT8, 0, 1),
                "tensor([[  0,   1,   2,  ...,  41,  42,  43],\n"
                "        [ 44,  45,  46,  ...,  85,  86,  87],\n"
                "        [ 88,  89,  90,  ..., 129, 130, 131],\n"
                "        ...,\n"
                "        [176, 177, 178,  ..., 217, 218, 219],\n"
                "        [220, 221, 222,  ...,   5,   6,   7],\n"
                "        [  8,   9,  10,  ...,  49,  50,  51]], dtype=uint8)");
}

GRA_TEST(three_dims_above_1000_elements_are_summarised)
{
    ASSERT_TEXT(counting(GRA_SHAPE(7, 7, 21), GRA_INT64, 0, 1),
                "tensor([[[   0,    1,    2,  ...,   18,   19,   20],\n"
                "         [  21,   22,   23,  ...,   39,   40,   41],\n"
                "         [  42,   43,   44,  ...,   60,   61,   62],\n"
                "         ...,\n"
                "         [  84,   85,   86,  ...,  102,  103,  104],\n"
                "         [ 105,  106,  107,  ...,  123,  124,  125],\n"
                "         [ 126,  127,  128,  ...,  144,  145,  146]],\n"
                "\n"
                "        [[ 147,  148,  149,  ...,  165,  166,  167],\n"
                "         [ 168,  169,  170,  ...,  186,  187,  188],\n"
                "         [ 189,  190,  191,  ...,  207,  208,  209],\n"
                "         ...,\n"
                "         [ 231,  232,  233,  ...,  249,  250,  251],\n"
                "         [ 252,  253,  254,  ...,  270,  271,  272],\n"
                "         [ 273,  274,  275,  ...,  291,  292,  293]],\n"
                "\n"
                "        [[ 294,  295,  296,  ...,  312,  313,  314],\n"
                "         [ 315,  316,  317,  ...,  333,  334,  335],\n"
                "         [ 336,  337,  338,  ...,  354,  355,  356],\n"
                "         ...,\n"
                "         [ 378,  379,  380,  ...,  396,  397,  398],\n"
                "         [ 399,  400,  401,  ...,  417,  418,  419],\n"
                "         [ 420,  421,  422,  ...,  438,  439,  440]],\n"
                "\n"
                "        ...,\n"
                "\n"
                "        [[ 588,  589,  590,  ...,  606,  607,  608],\n"
                "         [ 609,  610,  611,  ...,  627,  628,  629],\n"
                "         [ 630,  631,  632,  ...,  648,  649,  650],\n"
                "         ...,\n"
                "         [ 672,  673,  674,  ...,  690,  691,  692],\n"
                "         [ 693,  694,  695,  ...,  711,  712,  713],\n"
                "         [ 714,  715,  716,  ...,  732,  733,  734]],\n"
                "\n"
                "        [[ 735,  736,  737,  ...,  753,  754,  755],\n"
                "         [ 756,  757,  758,  ...,  774,  775,  776],\n"
                "         [ 777,  778,  779,  ...,  795,  796,  797],\n"
                "         ...,\n"
                "         [ 819,  820,  821,  ...,  837,  838,  839],\n"
                "         [ 840,  841,  842,  ...,  858,  859,  860],\n"
                "         [ 861,  862,  863,  ...,  879,  880,  881]],\n"
                "\n"
                "        [[ 882,  883,  884,  ...,  900,  901,  902],\n"
                "         [ 903,  904,  905,  ...,  921,  922,  923],\n"
                "         [ 924,  925,  926,  ...,  942,  943,  944],\n"
                "         ...,\n"
                "         [ 966,  967,  968,  ...,  984,  985,  986],\n"
                "         [ 987,  988,  989,  ..., 1005, 1006, 1007],\n"
                "         [1008, 1009, 1010,  ..., 1026, 1027, 1028]]])");
    ASSERT_TEXT(counting(GRA_SHAPE(2, 3, 400), GRA_INT64, 0, 1),
                "tensor([[[   0,    1,    2,  ...,  397,  398,  399],\n"
                "         [ 400,  401,  402,  ...,  797,  798,  799],\n"
                "         [ 800,  801,  802,  ..., 1197, 1198, 1199]],\n"
                "\n"
                "        [[1200, 1201, 1202,  ..., 1597, 1598, 1599],\n"
                "         [1600, 1601, 1602,  ..., 1997, 1998, 1999],\n"
                "         [2000, 2001, 2002,  ..., 2397, 2398, 2399]]])");
}

GRA_TEST(a_summary_cuts_only_above_six_items)
{
    ASSERT_TEXT(counting(GRA_SHAPE(6, 2, 84), GRA_INT64, 0, 1),
                "tensor([[[   0,    1,    2,  ...,   81,   82,   83],\n"
                "         [  84,   85,   86,  ...,  165,  166,  167]],\n"
                "\n"
                "        [[ 168,  169,  170,  ...,  249,  250,  251],\n"
                "         [ 252,  253,  254,  ...,  333,  334,  335]],\n"
                "\n"
                "        [[ 336,  337,  338,  ...,  417,  418,  419],\n"
                "         [ 420,  421,  422,  ...,  501,  502,  503]],\n"
                "\n"
                "        [[ 504,  505,  506,  ...,  585,  586,  587],\n"
                "         [ 588,  589,  590,  ...,  669,  670,  671]],\n"
                "\n"
                "        [[ 672,  673,  674,  ...,  753,  754,  755],\n"
                "         [ 756,  757,  758,  ...,  837,  838,  839]],\n"
                "\n"
                "        [[ 840,  841,  842,  ...,  921,  922,  923],\n"
                "         [ 924,  925,  926,  ..., 1005, 1006, 1007]]])");
}

GRA_TEST(a_summarised_line_wraps)
{
    ASSERT_TEXT(counting(GRA_SHAPE(1001), GRA_FLOAT64, -1e-310, 1e+300),
                "tensor([-1.0000e-310,  1.0000e+300,  2.0000e+300,  ...,  9.9800e+302,\n"
                "         9.9900e+302,  1.0000e+303], dtype=float64)");
}

GRA_TEST(a_transposed_view_is_read_by_its_strides)
{
    ASSERT_TEXT(gra__view(counting(GRA_SHAPE(2, 3), GRA_FLOAT32, 0, 1), GRA_SHAPE(3, 2),
                          (const int64_t[]){1, 3}, 0),
                "tensor([[0., 3.],\n"
                "        [1., 4.],\n"
                "        [2., 5.]])");
}

GRA_TEST(a_sliced_view_begins_at_its_offset)
{
    ASSERT_TEXT(gra__view(counting(GRA_SHAPE(4, 4), GRA_FLOAT32, 0, 0.5), GRA_SHAPE(2, 2),
                          (const int64_t[]){8, 2}, 5),
                "tensor([[2.5000, 3.5000],\n"
                "        [6.5000, 7.5000]])");
    ASSERT_TEXT(
        gra__view(counting(GRA_SHAPE(10), GRA_INT64, 0, 1), GRA_SHAPE(3), (const int64_t[]){3}, 1),
        "tensor([1, 4, 7])");
    ASSERT_TEXT(
        gra__view(counting(GRA_SHAPE(10), GRA_INT64, 0, 1), GRA_SCALAR, (const int64_t[]){0}, 4),
        "tensor(4)");
}

GRA_TEST(an_expanded_view_repeats_its_elements)
{
    ASSERT_TEXT(gra__view(counting(GRA_SHAPE(3), GRA_FLOAT32, 1, 1), GRA_SHAPE(2, 3),
                          (const int64_t[]){0, 1}, 0),
                "tensor([[1., 2., 3.],\n"
                "        [1., 2., 3.]])");
}

GRA_TEST(a_large_transposed_view_is_summarised)
{
    ASSERT_TEXT(gra__view(counting(GRA_SHAPE(30, 40), GRA_INT64, 0, 1), GRA_SHAPE(40, 30),
                          (const int64_t[]){1, 40}, 0),
                "tensor([[   0,   40,   80,  ..., 1080, 1120, 1160],\n"
                "        [   1,   41,   81,  ..., 1081, 1121, 1161],\n"
                "        [   2,   42,   82,  ..., 1082, 1122, 1162],\n"
                "        ...,\n"
                "        [  37,   77,  117,  ..., 1117, 1157, 1197],\n"
                "        [  38,   78,  118,  ..., 1118, 1158, 1198],\n"
                "        [  39,   79,  119,  ..., 1119, 1159, 1199]])");
}

GRA_TEST(leaves_say_that_they_require_a_gradient)
{
    ASSERT_TEXT(gra_ones(GRA_SHAPE(2, 2), .requires_grad = true),
                "tensor([[1., 1.],\n"
                "        [1., 1.]], requires_grad=True)");
    ASSERT_TEXT(gra_requires_grad(gra_scalar(0.5, GRA_FLOAT64)),
                "tensor(0.5000, dtype=float64, requires_grad=True)");
    ASSERT_TEXT(gra_zeros(GRA_SHAPE(0, 2), .requires_grad = true),
                "tensor([], size=(0, 2), requires_grad=True)");
}

GRA_TEST(results_name_the_op_that_made_them)
{
    ASSERT_TEXT(twice(gra_requires_grad(gra_vector(1, 2.5))), "tensor([2., 5.], grad_fn=<mul>)");
    ASSERT_TEXT(twice(gra_requires_grad(counting(GRA_SHAPE(2, 2), GRA_FLOAT64, 1, 1))),
                "tensor([[2., 4.],\n"
                "        [6., 8.]], dtype=float64, grad_fn=<mul>)");
}

GRA_TEST(a_suffix_that_does_not_fit_begins_a_line)
{
    ASSERT_TEXT(gra_requires_grad(counting(GRA_SHAPE(7), GRA_FLOAT32, 0.5, 1)),
                "tensor([0.5000, 1.5000, 2.5000, 3.5000, 4.5000, 5.5000, 6.5000],\n"
                "       requires_grad=True)");
    ASSERT_TEXT(gra_requires_grad(counting(GRA_SHAPE(6), GRA_FLOAT32, 0.5, 1)),
                "tensor([0.5000, 1.5000, 2.5000, 3.5000, 4.5000, 5.5000], requires_grad=True)");
    ASSERT_TEXT(counting(GRA_SHAPE(8), GRA_FLOAT64, 0.5, 1),
                "tensor([0.5000, 1.5000, 2.5000, 3.5000, 4.5000, 5.5000, 6.5000, 7.5000],\n"
                "       dtype=float64)");
    ASSERT_TEXT(counting(GRA_SHAPE(7), GRA_FLOAT64, 0.5, 1),
                "tensor([0.5000, 1.5000, 2.5000, 3.5000, 4.5000, 5.5000, 6.5000], dtype=float64)");
    ASSERT_TEXT(gra_requires_grad(counting(GRA_SHAPE(8), GRA_FLOAT64, 0.5, 1)),
                "tensor([0.5000, 1.5000, 2.5000, 3.5000, 4.5000, 5.5000, 6.5000, 7.5000],\n"
                "       dtype=float64, requires_grad=True)");
    ASSERT_TEXT(
        gra_requires_grad(counting(GRA_SHAPE(2, 8), GRA_FLOAT32, 0.5, 1)),
        "tensor([[ 0.5000,  1.5000,  2.5000,  3.5000,  4.5000,  5.5000,  6.5000,  7.5000],\n"
        "        [ 8.5000,  9.5000, 10.5000, 11.5000, 12.5000, 13.5000, 14.5000, 15.5000]],\n"
        "       requires_grad=True)");
}

GRA_TEST(a_nan_has_no_sign)
{
    ASSERT_TEXT(gra_vector(-NAN, NAN), "tensor([nan, nan])");
}

GRA_TEST(exactly_1000_elements_are_shown_in_full)
{
    char *const text = gra_tensor_text(counting(GRA_SHAPE(1000), GRA_INT64, 0, 1));
    ck_assert_ptr_nonnull(text);
    ck_assert_ptr_null(strstr(text, "..."));
    ck_assert_ptr_nonnull(strstr(text, " 499, "));
    free(text);
}

GRA_TEST(the_elements_left_out_do_not_decide_the_look)
{
    gra_tensor *const t = counting(GRA_SHAPE(1001), GRA_FLOAT32, 0, 0);
    gra__store(t, 500, 1.25e9);
    ASSERT_TEXT(t, "tensor([0., 0., 0.,  ..., 0., 0., 0.])");
    gra__store(t, 2, 1.25e9);
    ASSERT_TEXT(t, "tensor([0.0000e+00, 0.0000e+00, 1.2500e+09,  ..., 0.0000e+00, 0.0000e+00,\n"
                   "        0.0000e+00])");
}

GRA_TEST(a_result_that_is_not_recorded_names_no_op)
{
    gra_tensor *const x = gra_requires_grad(gra_vector(1, 2.5));
    gra_set_grad(false);
    gra_tensor *const y = twice(x);
    gra_set_grad(true);
    ASSERT_TEXT(y, "tensor([2., 5.])");
}

GRA_TEST(null_prints_as_NULL_and_the_pending_error)
{
    ASSERT_TEXT(NULL, "NULL");
    gra_fail("add: shapes [2] and [3] do not broadcast");
    ASSERT_TEXT(NULL, "NULL (add: shapes [2] and [3] do not broadcast)");
    GRA_ASSERT_ERROR("add: shapes [2] and [3] do not broadcast");
}

GRA_TEST(a_tensor_prints_while_an_error_is_pending)
{
    gra_tensor *const t = gra_vector(1, 2);
    gra_fail("add: an earlier mistake");
    ASSERT_TEXT(t, "tensor([1., 2.])");
    GRA_ASSERT_ERROR("add: an earlier mistake");
}

GRA_TEST(printing_makes_no_tensor)
{
    gra_tensor *const t = counting(GRA_SHAPE(40, 30), GRA_FLOAT32, 0, 1);
    const int64_t live = gra_live();
    const int mark = gra_mark();
    const uint64_t calls = gra_memory_stats().system_calls;
    free(gra_tensor_text(t));
    ck_assert_int_eq(gra_live(), live);
    ck_assert_int_eq(gra_mark(), mark);
    ck_assert_uint_eq(gra_memory_stats().system_calls, calls);
}

/* What a file holds, from its beginning. */
static void check_file(FILE *file, const char *expected)
{
    char got[256] = {0};
    rewind(file);
    ck_assert_uint_lt(fread(got, 1, sizeof got - 1, file), sizeof got - 1);
    ck_assert_str_eq(got, expected);
}

GRA_TEST(fprint_writes_the_text_and_a_newline)
{
    FILE *const file = tmpfile();
    gra_fprint(file, gra_vector(1, 2));
    gra_fprint(file, NULL);
    check_file(file, "tensor([1., 2.])\nNULL\n");
    fclose(file);
}

GRA_TEST(print_writes_to_standard_output)
{
    FILE *const file = tmpfile();
    fflush(stdout);
    const int terminal = dup(STDOUT_FILENO);
    dup2(fileno(file), STDOUT_FILENO);
    gra_print(gra_vector(0.5));
    fflush(stdout);
    dup2(terminal, STDOUT_FILENO);
    close(terminal);
    check_file(file, "tensor([0.5000])\n");
    fclose(file);
}

GRA_TEST_MAIN(
    "print", scalars_have_no_brackets, whole_floats_end_in_a_point, other_floats_have_four_decimals,
    columns_are_as_wide_as_the_widest_element, a_ratio_above_1000_is_scientific,
    large_and_tiny_floats_are_scientific, the_limits_themselves_are_not_scientific,
    scientific_columns_align, three_digits_of_exponent_widen_the_column,
    nan_and_infinity_have_no_say_in_the_width, nan_and_infinity_are_padded_in_a_scientific_column,
    a_negative_zero_keeps_its_sign, bools_are_True_and_False, bytes_carry_their_dtype,
    int64_is_exact, int32_carries_its_dtype, bfloat16_and_float64_carry_their_dtype,
    empty_tensors_say_their_size, long_vectors_wrap_at_80_columns,
    zeros_wrap_by_the_width_of_one_digit, rows_of_a_matrix_wrap, a_column_wraps_where_bools_do,
    matrices_are_separated_by_a_blank_line, four_dims_are_separated_by_two_blank_lines,
    a_vector_above_1000_elements_is_summarised, a_matrix_above_1000_elements_is_summarised,
    three_dims_above_1000_elements_are_summarised, a_summary_cuts_only_above_six_items,
    a_summarised_line_wraps, a_transposed_view_is_read_by_its_strides,
    a_sliced_view_begins_at_its_offset, an_expanded_view_repeats_its_elements,
    a_large_transposed_view_is_summarised, leaves_say_that_they_require_a_gradient,
    results_name_the_op_that_made_them, a_suffix_that_does_not_fit_begins_a_line, a_nan_has_no_sign,
    exactly_1000_elements_are_shown_in_full, the_elements_left_out_do_not_decide_the_look,
    a_result_that_is_not_recorded_names_no_op, null_prints_as_NULL_and_the_pending_error,
    a_tensor_prints_while_an_error_is_pending, printing_makes_no_tensor,
    fprint_writes_the_text_and_a_newline, print_writes_to_standard_output)
