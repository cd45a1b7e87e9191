/* test_activation_layers.c - the elementwise layers with options, PReLU, Embedding and CosineSimilarity: what
 * they compute, how they print, what they refuse. */
#include "gradus.h"

#include "../support/module.h"

GRA_TEST(layers_print_as_in_pytorch)
{
    GRA_ASSERT_TEXT(gra_nn_leaky_relu(), "LeakyReLU(negative_slope=0.01)");
    GRA_ASSERT_TEXT(gra_nn_leaky_relu(0.2, true), "LeakyReLU(negative_slope=0.2, inplace=True)");
    GRA_ASSERT_TEXT(gra_nn_elu(), "ELU(alpha=1.0)");
    GRA_ASSERT_TEXT(gra_nn_elu(0.5, .inplace = true), "ELU(alpha=0.5, inplace=True)");
    GRA_ASSERT_TEXT(gra_nn_selu(), "SELU()");
    GRA_ASSERT_TEXT(gra_nn_selu(true), "SELU(inplace=True)");
    GRA_ASSERT_TEXT(gra_nn_celu(), "CELU(alpha=1.0)");
    GRA_ASSERT_TEXT(gra_nn_celu(2, true), "CELU(alpha=2.0, inplace=True)");
    GRA_ASSERT_TEXT(gra_nn_gelu(), "GELU(approximate='none')");
    GRA_ASSERT_TEXT(gra_nn_gelu("tanh"), "GELU(approximate='tanh')");
    GRA_ASSERT_TEXT(gra_nn_silu(), "SiLU()");
    GRA_ASSERT_TEXT(gra_nn_silu(true), "SiLU(inplace=True)");
    GRA_ASSERT_TEXT(gra_nn_softplus(), "Softplus(beta=1.0, threshold=20.0)");
    GRA_ASSERT_TEXT(gra_nn_hardtanh(), "Hardtanh(min_val=-1.0, max_val=1.0)");
    GRA_ASSERT_TEXT(gra_nn_hardtanh(-2.5, 2.5, true),
                    "Hardtanh(min_val=-2.5, max_val=2.5, inplace=True)");
    GRA_ASSERT_TEXT(gra_nn_relu6(), "ReLU6()");
    GRA_ASSERT_TEXT(gra_nn_relu6(true), "ReLU6(inplace=True)");
    GRA_ASSERT_TEXT(gra_nn_softmax(1), "Softmax(dim=1)");
    GRA_ASSERT_TEXT(gra_nn_log_softmax(1), "LogSoftmax(dim=1)");
    GRA_ASSERT_TEXT(gra_nn_prelu(), "PReLU(num_parameters=1)");
    GRA_ASSERT_TEXT(gra_nn_prelu(3), "PReLU(num_parameters=3)");
    GRA_ASSERT_TEXT(gra_nn_embedding(3, 4), "Embedding(3, 4)");
    GRA_ASSERT_TEXT(gra_nn_embedding(3, 4, .padding_idx = -1, .scale_grad_by_freq = true),
                    "Embedding(3, 4, padding_idx=2, scale_grad_by_freq=True)");
    GRA_ASSERT_TEXT(gra_nn_cosine_similarity(), "CosineSimilarity()");
}

GRA_TEST(layers_apply_their_functions)
{
    gra_tensor *const x = gra_vector(-2, 0.5, 7);
    GRA_ASSERT_VALUES(gra_test_forward(gra_nn_leaky_relu(0.5), x), -1, 0.5, 7);
    GRA_ASSERT_VALUES(gra_test_forward(gra_nn_elu(2), x), -1.7293294, 0.5, 7);
    GRA_ASSERT_VALUES(gra_test_forward(gra_nn_selu(), x), -1.5201665, 0.5253505, 7.3549070);
    GRA_ASSERT_VALUES(gra_test_forward(gra_nn_celu(2), x), -1.2642411, 0.5, 7);
    GRA_ASSERT_VALUES(gra_test_forward(gra_nn_gelu(), x), -0.045500264, 0.34573123, 7);
    GRA_ASSERT_VALUES(gra_test_forward(gra_nn_gelu("tanh"), x), -0.045402306, 0.34571401, 7);
    GRA_ASSERT_VALUES(gra_test_forward(gra_nn_silu(), x), -0.23840584, 0.31122967, 6.9936224);
    GRA_ASSERT_VALUES(gra_test_forward(gra_nn_softplus(2, 5), x), 0.0090749742, 0.65663084, 7);
    GRA_ASSERT_VALUES(gra_test_forward(gra_nn_hardtanh(-1, 2), x), -1, 0.5, 2);
    GRA_ASSERT_VALUES(gra_test_forward(gra_nn_relu6(), x), 0, 0.5, 6);
    GRA_ASSERT_VALUES(gra_test_forward(gra_nn_softmax(0), gra_vector(0, 0)), 0.5, 0.5);
    GRA_ASSERT_VALUES(gra_test_forward(gra_nn_log_softmax(), gra_vector(0, 0)), -0.69314718,
                      -0.69314718);
    GRA_ASSERT_VALUES(gra_test_forward(gra_nn_prelu(), x), -0.5, 0.5, 7);
    GRA_ASSERT_VALUES(gra_test_forward(gra_nn_prelu(.init = -1), x), 2, 0.5, 7);
}

GRA_TEST(layers_in_place_return_their_input)
{
    gra_tensor *const x = gra_vector(-2, 0.5, 7);
    ck_assert_ptr_eq(gra_test_forward(gra_nn_hardtanh(-3, 3, .inplace = true), x), x);
    ck_assert_ptr_eq(gra_test_forward(gra_nn_leaky_relu(0.5, .inplace = true), x), x);
    ck_assert_ptr_eq(gra_test_forward(gra_nn_relu6(.inplace = true), x), x);
    GRA_ASSERT_VALUES(x, 0, 0.5, 3);
    gra_module *const all[] = {gra_nn_elu(.inplace = true), gra_nn_selu(.inplace = true),
                               gra_nn_celu(.inplace = true), gra_nn_silu(.inplace = true)};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        ck_assert_ptr_eq(gra_test_forward(all[i], x), x);
}

GRA_TEST(prelu_learns_its_slope)
{
    gra_module *const m = gra_nn_prelu(2);
    gra_tensor *const w = gra_module_parameter(m, "weight");
    GRA_ASSERT_VALUES(w, 0.25, 0.25);
    gra_tensor *const x = gra_view(gra_vector(-1, -2, 3, -4), GRA_SHAPE(2, 2));
    ck_assert_int_eq(gra_backward(gra_sum(gra_forward(m, x))), 0);
    GRA_ASSERT_VALUES(gra_tensor_grad(w), -1, -6);
    gra_free(m);
}

GRA_TEST(embedding_looks_up_rows_and_keeps_padding_at_0)
{
    gra_manual_seed(1);
    gra_module *const m = gra_nn_embedding(100, 50, .padding_idx = -1);
    gra_tensor *const w = gra_module_parameter(m, "weight");
    GRA_ASSERT_SHAPE(w, 100, 50);
    ck_assert_double_eq(gra_item(gra_sum(gra_abs(gra_select(w, 0, 99)))), 0);
    ck_assert_double_eq_tol(gra_item(gra_mean(w)), 0, 0.05);
    ck_assert_double_eq_tol(gra_item(gra_var(w)), 1, 0.05);
    gra_tensor *const index =
        gra_from_data(((const int64_t[]){99, 3, 3}), GRA_SHAPE(3, 1), .dtype = GRA_INT64);
    gra_tensor *const y = gra_forward(m, index);
    GRA_ASSERT_SHAPE(y, 3, 1, 50);
    ck_assert_int_eq(gra_backward(gra_sum(y)), 0);
    gra_tensor *const g = gra_tensor_grad(w);
    ck_assert_double_eq(gra_item(gra_sum(g)), 100);
    ck_assert_double_eq(gra_item(gra_sum(gra_select(g, 0, 3))), 100);
    gra_free(m);
}

GRA_TEST(cosine_similarity_takes_two_inputs)
{
    gra_module *const m = gra_nn_cosine_similarity(.dim = 0);
    GRA_ASSERT_VALUES(gra_loss(m, gra_vector(3, 4), gra_vector(1, 0)), 0.6);
    gra_free(m);
}

GRA_TEST(layers_refuse_what_makes_no_sense)
{
    GRA_ASSERT_REJECTED(gra_nn_gelu("erf"),
                        "GELU: approximate is 'erf'; it must be 'none' or 'tanh'");
    GRA_ASSERT_REJECTED(gra_nn_gelu(NULL),
                        "GELU: approximate is '(NULL)'; it must be 'none' or 'tanh'");
    GRA_ASSERT_REJECTED(gra_nn_hardtanh(1, 1), "Hardtanh: max_val 1 is not greater than min_val 1");
    GRA_ASSERT_REJECTED(gra_nn_celu(0), "CELU: alpha is 0, but x is divided by it");
    GRA_ASSERT_REJECTED(gra_nn_prelu(0),
                        "PReLU: num_parameters 0 is out of range; at least 1 is needed");
    GRA_ASSERT_REJECTED(gra_nn_embedding(0, 1),
                        "Embedding: num_embeddings 0 is out of range; at least 1 is needed");
    GRA_ASSERT_REJECTED(gra_nn_embedding(1, 0),
                        "Embedding: embedding_dim 0 is out of range; at least 1 is needed");
    GRA_ASSERT_REJECTED(gra_nn_embedding(3, 2, .padding_idx = -4),
                        "Embedding: padding_idx -4 is out of range for 3 rows");
}

GRA_TEST_MAIN("activation_layers", layers_print_as_in_pytorch, layers_apply_their_functions,
              layers_in_place_return_their_input, prelu_learns_its_slope,
              embedding_looks_up_rows_and_keeps_padding_at_0, cosine_similarity_takes_two_inputs,
              layers_refuse_what_makes_no_sense)
