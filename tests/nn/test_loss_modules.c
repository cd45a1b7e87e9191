/* test_loss_modules.c - the losses as modules: what they call, their buffers, their texts. */
#include "gradus.h"

#include "tests/support/module.h"

/* The module's loss is that of the op; the module is freed. */
#define ASSERT_LOSS(module, input, target, expected)                                               \
    do {                                                                                           \
        gra_module *const m_ = module;                                                             \
        gra_tensor *const wanted_ = expected;                                                      \
        const double value_ = gra_item(wanted_);                                                   \
        GRA_ASSERT_CLOSE(gra_loss(m_, input, target), &value_, 1, 0, 0);                           \
        gra_free(m_);                                                                              \
    } while (0)

#define ASSERT_LOSS_OF_THREE(module, a, b, c, expected)                                            \
    do {                                                                                           \
        gra_module *const m_ = module;                                                             \
        const double value_ = gra_item(expected);                                                  \
        GRA_ASSERT_CLOSE(gra_loss_three(m_, a, b, c), &value_, 1, 0, 0);                           \
        gra_free(m_);                                                                              \
    } while (0)

static gra_tensor *classes(void)
{
    const int64_t values[] = {2, 0};
    return gra_from_data(values, GRA_SHAPE(2), .dtype = GRA_INT64);
}

static gra_tensor *matrix(double a, double b, double c, double d, double e, double f)
{
    return gra_reshape(gra_vector(a, b, c, d, e, f), GRA_SHAPE(2, 3));
}

GRA_TEST(losses_of_classes_follow_their_options)
{
    gra_tensor *const x = matrix(1, 2, 3, 0, -1, 1), *const t = classes(),
                      *const w = gra_vector(1, 2, 3);
    const int64_t lists[] = {2, 0, -1, 1, -1, 0};
    gra_tensor *const labels = gra_from_data(lists, GRA_SHAPE(2, 3), .dtype = GRA_INT64);
    gra_tensor *const bits = matrix(0, 1, 1, 1, 0, 0);
    ASSERT_LOSS(gra_nn_cross_entropy_loss(.weight = w, .label_smoothing = 0.1), x, t,
                gra_cross_entropy(x, t, .weight = w, .label_smoothing = 0.1));
    ASSERT_LOSS(gra_nn_cross_entropy_loss(GRA_REDUCE_SUM, 2), x, t,
                gra_cross_entropy(x, t, GRA_REDUCE_SUM, 2));
    ASSERT_LOSS(gra_nn_nll_loss(w), x, t, gra_nll_loss(x, t, w));
    ASSERT_LOSS(gra_nn_nll_loss(.ignore_index = 0, .reduction = GRA_REDUCE_SUM), x, t,
                gra_nll_loss(x, t, .ignore_index = 0, .reduction = GRA_REDUCE_SUM));
    ASSERT_LOSS(gra_nn_multi_margin_loss(2, 0.5, w), x, t, gra_multi_margin_loss(x, t, 2, 0.5, w));
    ASSERT_LOSS(gra_nn_multilabel_margin_loss(GRA_REDUCE_SUM), x, labels,
                gra_multilabel_margin_loss(x, labels, GRA_REDUCE_SUM));
    ASSERT_LOSS(gra_nn_multilabel_soft_margin_loss(w), x, bits,
                gra_multilabel_soft_margin_loss(x, bits, w));
}

GRA_TEST(losses_of_elements_follow_their_options)
{
    gra_tensor *const x = matrix(0.1, 0.2, 0.9, 0.4, 0.3, 0.6);
    gra_tensor *const t = matrix(1, 0, 1, 0.5, 0, 1), *const w = gra_vector(1, 2, 3);
    ASSERT_LOSS(gra_nn_mse_loss(GRA_REDUCE_SUM), x, t, gra_mse_loss(x, t, GRA_REDUCE_SUM));
    ASSERT_LOSS(gra_nn_l1_loss(), x, t, gra_l1_loss(x, t));
    ASSERT_LOSS(gra_nn_smooth_l1_loss(.beta = 0.3), x, t, gra_smooth_l1_loss(x, t, .beta = 0.3));
    ASSERT_LOSS(gra_nn_huber_loss(.delta = 0.3), x, t, gra_huber_loss(x, t, .delta = 0.3));
    ASSERT_LOSS(gra_nn_bce_loss(w), x, t, gra_binary_cross_entropy(x, t, w));
    ASSERT_LOSS(
        gra_nn_bce_with_logits_loss(.pos_weight = w, .reduction = GRA_REDUCE_SUM), x, t,
        gra_binary_cross_entropy_with_logits(x, t, .pos_weight = w, .reduction = GRA_REDUCE_SUM));
    ASSERT_LOSS(gra_nn_kl_div_loss(GRA_REDUCE_BATCHMEAN, true), x, t,
                gra_kl_div(x, t, GRA_REDUCE_BATCHMEAN, true));
    ASSERT_LOSS(gra_nn_poisson_nll_loss(false, true, 0.1), x, t,
                gra_poisson_nll_loss(x, t, false, true, 0.1));
    ASSERT_LOSS(gra_nn_soft_margin_loss(), x, t, gra_soft_margin_loss(x, t));
    ASSERT_LOSS(gra_nn_hinge_embedding_loss(.margin = 0.4), x, t,
                gra_hinge_embedding_loss(x, t, .margin = 0.4));
}

GRA_TEST(losses_of_three_tensors_are_called_through_gra_loss_three)
{
    gra_tensor *const a = matrix(0.1, 0.2, 0.9, 0.4, 0.3, 0.6), *const b = matrix(1, 0, 1, 2, 0, 1);
    gra_tensor *const c = matrix(0, 1, 2, 1, 1, 3), *const signs = gra_vector(1, -1);
    ASSERT_LOSS_OF_THREE(gra_nn_margin_ranking_loss(0.2), a, b, c,
                         gra_margin_ranking_loss(a, b, c, 0.2));
    ASSERT_LOSS_OF_THREE(gra_nn_cosine_embedding_loss(-0.5), a, b, signs,
                         gra_cosine_embedding_loss(a, b, signs, -0.5));
    ASSERT_LOSS_OF_THREE(gra_nn_gaussian_nll_loss(true), a, b, c,
                         gra_gaussian_nll_loss(a, b, c, true));
    ASSERT_LOSS_OF_THREE(gra_nn_triplet_margin_loss(2, 1, .swap = true), a, b, c,
                         gra_triplet_margin_loss(a, b, c, 2, 1, .swap = true));
}

GRA_TEST(weights_are_buffers_of_the_module)
{
    gra_module *const m =
        gra_nn_bce_with_logits_loss(gra_vector(1, 2, 3), .pos_weight = gra_vector(4, 5, 6));
    GRA_ASSERT_VALUES(gra_module_buffer(m, "weight"), 1, 2, 3);
    GRA_ASSERT_VALUES(gra_module_buffer(m, "pos_weight"), 4, 5, 6);
    gra_module_to(m, GRA_FLOAT64);
    gra_tensor *const x = gra_zeros(GRA_SHAPE(1, 3), GRA_FLOAT64);
    ck_assert_int_eq(gra_tensor_dtype(gra_loss(m, x, x)), GRA_FLOAT64);
    ck_assert_int_eq(gra_module_parameter_count(m), 0);
    gra_free(m);
}

GRA_TEST(texts_are_pytorchs)
{
    GRA_ASSERT_TEXT(gra_nn_nll_loss(), "NLLLoss()");
    GRA_ASSERT_TEXT(gra_nn_bce_loss(), "BCELoss()");
    GRA_ASSERT_TEXT(gra_nn_bce_with_logits_loss(), "BCEWithLogitsLoss()");
    GRA_ASSERT_TEXT(gra_nn_l1_loss(), "L1Loss()");
    GRA_ASSERT_TEXT(gra_nn_smooth_l1_loss(), "SmoothL1Loss()");
    GRA_ASSERT_TEXT(gra_nn_huber_loss(), "HuberLoss()");
    GRA_ASSERT_TEXT(gra_nn_kl_div_loss(), "KLDivLoss()");
    GRA_ASSERT_TEXT(gra_nn_poisson_nll_loss(), "PoissonNLLLoss()");
    GRA_ASSERT_TEXT(gra_nn_gaussian_nll_loss(), "GaussianNLLLoss()");
    GRA_ASSERT_TEXT(gra_nn_margin_ranking_loss(), "MarginRankingLoss()");
    GRA_ASSERT_TEXT(gra_nn_hinge_embedding_loss(), "HingeEmbeddingLoss()");
    GRA_ASSERT_TEXT(gra_nn_cosine_embedding_loss(), "CosineEmbeddingLoss()");
    GRA_ASSERT_TEXT(gra_nn_soft_margin_loss(), "SoftMarginLoss()");
    GRA_ASSERT_TEXT(gra_nn_multilabel_soft_margin_loss(), "MultiLabelSoftMarginLoss()");
    GRA_ASSERT_TEXT(gra_nn_multi_margin_loss(), "MultiMarginLoss()");
    GRA_ASSERT_TEXT(gra_nn_multilabel_margin_loss(), "MultiLabelMarginLoss()");
    GRA_ASSERT_TEXT(gra_nn_triplet_margin_loss(), "TripletMarginLoss()");
}

GRA_TEST(constructors_reject_bad_options)
{
    GRA_ASSERT_REJECTED(gra_nn_kl_div_loss((gra_reduction)9),
                        "KLDivLoss: reduction 9 is unknown; GRA_REDUCE_MEAN, GRA_REDUCE_SUM, "
                        "GRA_REDUCE_NONE and GRA_REDUCE_BATCHMEAN are there");
    GRA_ASSERT_REJECTED(
        gra_nn_triplet_margin_loss(.reduction = GRA_REDUCE_BATCHMEAN),
        "TripletMarginLoss: reduction 3 is unknown; GRA_REDUCE_MEAN, GRA_REDUCE_SUM "
        "and GRA_REDUCE_NONE are there");
    GRA_ASSERT_REJECTED(
        gra_nn_cross_entropy_loss(.label_smoothing = 2),
        "CrossEntropyLoss: label_smoothing 2 is out of range; it lies between 0 and 1");
    GRA_ASSERT_REJECTED(gra_nn_multi_margin_loss(.p = 3),
                        "MultiMarginLoss: p is 3; 1 and 2 are possible");
}

GRA_TEST(a_loss_with_the_wrong_number_of_inputs_says_what_to_call)
{
    gra_tensor *const x = gra_vector(1, 2);
    gra_module *const triplet = gra_nn_triplet_margin_loss(), *const l1 = gra_nn_l1_loss(),
                      *const relu = gra_nn_relu();
    GRA_ASSERT_REJECTED(gra_forward(triplet, x),
                        "gra_forward: TripletMarginLoss has no forward for one "
                        "input; call gra_loss_three(m, a, b, c)");
    GRA_ASSERT_REJECTED(gra_loss(triplet, x, x),
                        "gra_loss: TripletMarginLoss has no forward for two "
                        "inputs; call gra_loss_three(m, a, b, c)");
    GRA_ASSERT_REJECTED(gra_loss_three(l1, x, x, x),
                        "gra_loss_three: L1Loss has no forward for three "
                        "inputs; call gra_loss(m, input, target)");
    GRA_ASSERT_REJECTED(gra_loss_three(relu, x, x, x),
                        "gra_loss_three: ReLU has no forward for three "
                        "inputs; call gra_forward(m, x)");
    GRA_ASSERT_REJECTED(
        gra_loss_three(triplet, x, NULL, x),
        "gra_loss_three: the second input of TripletMarginLoss is NULL; a tensor is "
        "needed");
    GRA_ASSERT_REJECTED(gra_loss_three(triplet, x, x, NULL),
                        "gra_loss_three: the third input of TripletMarginLoss is NULL; a tensor is "
                        "needed");
    gra_free(triplet, l1, relu);
}

static gra_tensor *doubled(gra_module *m, gra_tensor *x, gra_tensor *y, void *context)
{
    (void)m, (void)x, (void)context;
    return gra_mul_scalar(y, 2);
}

GRA_TEST(hooks_run_around_a_loss_of_three_tensors)
{
    gra_module *const m = gra_nn_margin_ranking_loss();
    gra_tensor *const a = gra_vector(1), *const b = gra_vector(4);
    GRA_ASSERT_VALUES(gra_loss_three(m, a, b, gra_vector(1)), 3);
    ck_assert_int_ge(gra_module_forward_hook(m, doubled, NULL), 0);
    GRA_ASSERT_VALUES(gra_loss_three(m, a, b, gra_vector(1)), 6);
    gra_free(m);
}

GRA_TEST(defaults_are_those_of_the_macros)
{
    ck_assert(gra_nn_poisson_nll_loss_defaults().log_input);
    ck_assert(gra_nn_triplet_margin_loss_defaults().p == 2);
    ck_assert(gra_nn_huber_loss_defaults().delta == 1);
    ck_assert(gra_nn_smooth_l1_loss_defaults().beta == 1);
    ck_assert(gra_nn_multi_margin_loss_defaults().margin == 1);
    ck_assert(gra_nn_hinge_embedding_loss_defaults().margin == 1);
    ck_assert_int_eq(gra_nn_nll_loss_defaults().ignore_index, -100);
    GRA_ASSERT_TEXT(gra_nn_l1_loss_with(gra_nn_l1_loss_defaults()), "L1Loss()");
    gra_fail("pending");
    ck_assert_ptr_null(gra_nn_l1_loss());
    ck_assert_ptr_null(gra_nn_nll_loss());
    ck_assert_ptr_null(gra_nn_multi_margin_loss(.p = 7));
    GRA_ASSERT_ERROR("pending");
}

GRA_TEST_MAIN("loss_modules", losses_of_classes_follow_their_options,
              losses_of_elements_follow_their_options,
              losses_of_three_tensors_are_called_through_gra_loss_three,
              weights_are_buffers_of_the_module, texts_are_pytorchs,
              constructors_reject_bad_options,
              a_loss_with_the_wrong_number_of_inputs_says_what_to_call,
              hooks_run_around_a_loss_of_three_tensors, defaults_are_those_of_the_macros)
