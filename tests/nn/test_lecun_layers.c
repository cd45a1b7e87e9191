/* test_lecun_layers.c - the parts of LeNet-5: what they compute, how they print and count, what they refuse. */
#include "gradus.h"

#include "../support/test.h"

static void check_text(gra_module *m, const char *expected)
{
    char *const text = gra_module_text(m);
    ck_assert_msg(text && strcmp(text, expected) == 0, "the text is %s, expected %s", text,
                  expected);
    free(text);
    gra_free(m);
}

#define ASSERT_REJECTED(m, text)                                                                   \
    do {                                                                                           \
        ck_assert_ptr_null(m);                                                                     \
        GRA_ASSERT_ERROR(text);                                                                    \
    } while (0)

static const unsigned char TABLE[] = {1, 0, 1, /* */ 0, 1, 0};

GRA_TEST(layers_print_what_they_are)
{
    check_text(gra_nn_scaled_tanh(), "ScaledTanh(amplitude=1.7159, slope=0.666666666667)");
    check_text(gra_nn_subsampling2d(6), "Subsampling2d(6, kernel_size=2)");
    check_text(gra_nn_table_conv2d(3, 2, 5, .table = TABLE),
               "TableConv2d(3, 2, kernel_size=(5, 5), connections=3)");
    check_text(gra_nn_table_conv2d(3, 2, 5, TABLE, .bias = false),
               "TableConv2d(3, 2, kernel_size=(5, 5), connections=3, bias=False)");
    check_text(gra_nn_rbf(84, 10), "Rbf(in_features=84, out_features=10)");
    check_text(gra_nn_map_loss(), "MapLoss()");
}

GRA_TEST(the_squashing_function_maps_1_to_1)
{
    gra_module *const m = gra_nn_scaled_tanh();
    static const double expected[] = {1, -1, 0, 1.7159};
    gra_tensor *const y = gra_forward(m, gra_vector(1, -1, 0, 100));
    GRA_ASSERT_CLOSE(y, expected, 4, 1e-4, 1e-4);
    gra_free(m);
}

GRA_TEST(subsampling_adds_four_pixels_times_a_coefficient)
{
    gra_module *const m = gra_nn_subsampling2d(2);
    GRA_ASSERT_SHAPE(gra_module_parameter(m, "weight"), 2, 1, 1);
    gra_copy_(gra_detach(gra_module_parameter(m, "weight")),
              gra_reshape(gra_vector(10, 1), GRA_SHAPE(2, 1, 1)));
    gra_copy_(gra_detach(gra_module_parameter(m, "bias")),
              gra_reshape(gra_vector(0, 5), GRA_SHAPE(2, 1, 1)));
    gra_tensor *const x =
        gra_reshape(gra_vector(1, 2, 3, 4, 10, 20, 30, 40), GRA_SHAPE(1, 2, 2, 2));
    gra_tensor *const y = gra_forward(m, x);
    GRA_ASSERT_SHAPE(y, 1, 2, 1, 1);
    GRA_ASSERT_VALUES(y, 100, 105);
    gra_free(m);
}

/* The same as a convolution whose weight has zeros where the table has none; the gradients as well. */
GRA_TEST(a_table_leaves_connections_out)
{
    gra_module *const m = gra_nn_table_conv2d(3, 2, 2, .table = TABLE);
    gra_tensor *const packed = gra_module_parameter(m, "weight"), *const bias =
                                                                      gra_module_parameter(m,
                                                                                           "bias");
    GRA_ASSERT_SHAPE(packed, 3, 2, 2);
    gra_tensor *const x = gra_randn(GRA_SHAPE(2, 3, 4, 4));
    gra_tensor *const w = gra_zeros(GRA_SHAPE(2, 3, 2, 2));
    gra_copy_(gra_select(gra_select(w, 0, 0), 0, 0), gra_detach(gra_select(packed, 0, 0)));
    gra_copy_(gra_select(gra_select(w, 0, 0), 0, 2), gra_detach(gra_select(packed, 0, 1)));
    gra_copy_(gra_select(gra_select(w, 0, 1), 0, 1), gra_detach(gra_select(packed, 0, 2)));
    gra_requires_grad(w);
    gra_tensor *const y = gra_forward(m, x), *const expected = gra_conv2d(x, w, gra_detach(bias));
    ck_assert(gra_item(gra_max(gra_abs(gra_sub(y, expected)))) < 1e-6);
    gra_backward(gra_sum(gra_square(y)));
    gra_backward(gra_sum(gra_square(expected)));
    gra_tensor *const dw = gra_tensor_grad(w), *const got = gra_tensor_grad(packed);
    gra_tensor *const parts[] = {gra_select(gra_select(dw, 0, 0), 0, 0),
                                 gra_select(gra_select(dw, 0, 0), 0, 2),
                                 gra_select(gra_select(dw, 0, 1), 0, 1)};
    ck_assert(gra_item(gra_max(gra_abs(gra_sub(got, gra_stack(parts, 3, 0))))) < 1e-4);
    gra_free(m);
}

GRA_TEST(a_map_begins_with_weights_by_how_many_it_sees)
{
    static unsigned char table[2 * 64];
    for (int i = 0; i < 64; i++)
        table[i] = 1;
    table[64] = 1;
    gra_module *const m = gra_nn_table_conv2d(64, 2, 4, .table = table);
    gra_tensor *const w = gra_abs(gra_detach(gra_module_parameter(m, "weight")));
    const double wide = gra_item(gra_max(gra_narrow(w, 0, 0, 64)));
    const double narrow = gra_item(gra_max(gra_narrow(w, 0, 64, 1)));
    ck_assert(wide <= 1 / 32.0 && wide > 0.95 / 32);
    ck_assert(narrow <= 1 / 4.0 && narrow > 0.6 / 4);
    gra_free(m);
}

GRA_TEST(codes_are_fixed_and_given_or_drawn)
{
    gra_tensor *const codes = gra_reshape(gra_vector(1, -1, -1, -1), GRA_SHAPE(2, 2));
    gra_module *const m = gra_nn_rbf(2, 2, .weight = codes), *const drawn = gra_nn_rbf(50, 4);
    ck_assert_int_eq(gra_module_parameter_count(m), 0);
    GRA_ASSERT_VALUES(gra_forward(m, gra_reshape(gra_vector(1, 2), GRA_SHAPE(1, 2))), 9, 13);
    gra_fill_(codes, 0);
    GRA_ASSERT_VALUES(gra_module_buffer(m, "weight"), 1, -1, -1, -1);
    gra_tensor *const w = gra_module_buffer(drawn, "weight");
    GRA_ASSERT_SHAPE(w, 4, 50);
    ck_assert_double_eq(gra_item(gra_min(gra_abs(w))), 1);
    ck_assert_double_eq(gra_item(gra_max(gra_abs(w))), 1);
    ck_assert(fabs(gra_item(gra_mean(w))) < 0.4);
    gra_free(m, drawn);
}

GRA_TEST(the_criterion_is_equation_9)
{
    gra_module *const m = gra_nn_map_loss(.j = 2, .reduction = GRA_REDUCE_SUM);
    gra_tensor *const y = gra_reshape(gra_vector(1, 3, 50, 900), GRA_SHAPE(2, 2));
    gra_tensor *const target = gra_to(gra_vector(1, 0), GRA_INT64);
    const double expected = 3 + log(exp(-2) + exp(-1) + exp(-3)) + 50 - 2;
    ck_assert_double_eq_tol(gra_item(gra_loss(m, y, target)), expected, 1e-5);
    gra_free(m);
}

/* A class above j is not pushed up any further. */
GRA_TEST(rubbish_keeps_wrong_classes_where_they_are)
{
    gra_tensor *y = gra_requires_grad(gra_reshape(gra_vector(0.5, 60), GRA_SHAPE(1, 2)));
    gra_backward(gra_map_loss(y, gra_to(gra_vector(0), GRA_INT64)));
    const float *const g = gra_tensor_data(gra_tensor_grad(y));
    ck_assert_double_eq_tol(g[0], 1 - exp(-0.5) / (exp(-1) + exp(-0.5)), 1e-6);
    ck_assert(g[1] <= 0 && g[1] > -1e-20);
}

GRA_TEST(wrong_options_and_inputs_are_named)
{
    static const unsigned char lonely[] = {1, 0, 0, 0};
    ASSERT_REJECTED(
        gra_nn_scaled_tanh(.slope = NAN),
        "ScaledTanh: amplitude 1.7159 and slope nan are given; finite numbers are needed");
    ASSERT_REJECTED(gra_nn_subsampling2d(0),
                    "Subsampling2d: channels 0 is out of range; at least 1 is needed");
    ASSERT_REJECTED(gra_nn_subsampling2d(1, -1),
                    "Subsampling2d: kernel_size -1 is out of range; at least 1 is needed");
    ASSERT_REJECTED(gra_nn_table_conv2d(3, 2, 5),
                    "TableConv2d: the table is NULL; 2 rows of 3 entries are needed");
    ASSERT_REJECTED(gra_nn_table_conv2d(2, 2, 5, lonely),
                    "TableConv2d: the table connects map 1 with no input; each needs one");
    ASSERT_REJECTED(gra_nn_rbf(3, 0), "Rbf: out_features 0 is out of range; at least 1 is needed");
    ASSERT_REJECTED(gra_nn_rbf(3, 2, gra_ones(GRA_SHAPE(3, 2))),
                    "Rbf: weight has shape [3, 2]; [2, 3] is needed");
    ASSERT_REJECTED(gra_nn_map_loss(.j = INFINITY),
                    "MapLoss: j is inf; a finite penalty is needed");
    ASSERT_REJECTED(
        gra_nn_map_loss(.reduction = 7),
        "MapLoss: reduction 7 is unknown; GRA_REDUCE_MEAN, GRA_REDUCE_SUM and GRA_REDUCE_NONE are there");
    gra_module *const m = gra_nn_subsampling2d(2);
    ASSERT_REJECTED(
        gra_forward(m, gra_ones(GRA_SHAPE(1, 3, 4, 4))),
        "Subsampling2d: input has shape [1, 3, 4, 4]; [.., 2, height, width] is needed");
    gra_free(m);
    ASSERT_REJECTED(
        gra_rbf(gra_ones(GRA_SHAPE(2, 3)), gra_ones(GRA_SHAPE(4, 2))),
        "rbf: input has shape [2, 3], weight has shape [4, 2]; [.., in] and [out, in] are needed");
    ASSERT_REJECTED(gra_map_loss(gra_ones(GRA_SHAPE(1, 3)), gra_to(gra_vector(3), GRA_INT64)),
                    "map_loss: target 3 at position [0] is no class; there are 3 classes, 0 to 2");
    ASSERT_REJECTED(gra_map_loss(gra_ones(GRA_SHAPE(1, 3)), gra_to(gra_vector(0), GRA_INT64), NAN),
                    "map_loss: j is nan; a finite penalty is needed");
}

GRA_TEST_MAIN("lecun_layers", layers_print_what_they_are, the_squashing_function_maps_1_to_1,
              subsampling_adds_four_pixels_times_a_coefficient, a_table_leaves_connections_out,
              a_map_begins_with_weights_by_how_many_it_sees, codes_are_fixed_and_given_or_drawn,
              the_criterion_is_equation_9, rubbish_keeps_wrong_classes_where_they_are,
              wrong_options_and_inputs_are_named)
