/* test_layers.c - the ready-made modules: what they compute, how they print, what they refuse. */
#include "gradus.h"

#include "../support/module.h"

/* 0, 1, 2, ... as an image [1, 1, height, width]. */
static gra_tensor *image(int64_t height, int64_t width)
{
    gra_tensor *const x = gra_to(gra_arange(0, (double)(height * width), 1), GRA_FLOAT32);
    return gra_reshape(x, GRA_SHAPE(1, 1, height, width));
}

GRA_TEST(conv2d_adds_up_windows_and_a_bias)
{
    gra_module *const conv = gra_nn_conv2d(1, 2, .kernel_size_hw = {1, 2}, .stride_hw = {2, 1});
    gra_init_constant_(gra_module_parameter(conv, "weight"), 1);
    gra_init_constant_(gra_module_parameter(conv, "bias"), 0.5);
    gra_tensor *const y = gra_test_forward(conv, image(3, 3));
    GRA_ASSERT_SHAPE(y, 1, 2, 2, 2);
    GRA_ASSERT_VALUES(y, 1.5, 3.5, 13.5, 15.5, 1.5, 3.5, 13.5, 15.5);
}

GRA_TEST(conv2d_pads_dilates_and_groups)
{
    gra_module *const conv =
        gra_nn_conv2d(2, 2, 3, .padding = 2, .dilation_hw = {2, 3}, .groups = 2, .bias = false);
    GRA_ASSERT_SHAPE(gra_module_parameter(conv, "weight"), 2, 1, 3, 3);
    ck_assert_ptr_null(gra_module_parameter(conv, "bias"));
    GRA_ASSERT_ERROR("gra_module_parameter: Conv2d has no parameter \"bias\"");
    GRA_ASSERT_SHAPE(gra_test_forward(conv, gra_ones(GRA_SHAPE(4, 2, 5, 6))), 4, 2, 5, 4);
}

GRA_TEST(weights_are_drawn_within_pytorchs_bounds)
{
    gra_module *const conv = gra_nn_conv2d(4, 16, 5, .groups = 2), *const fc =
                                                                       gra_nn_linear(50, 40);
    const struct {
        gra_tensor *tensor;
        double bound;
    } drawn[] = {
        {gra_module_parameter(conv, "weight"), 1 / sqrt(50)},
        {gra_module_parameter(conv, "bias"), 1 / sqrt(50)},
        {gra_module_parameter(fc, "weight"), 1 / sqrt(50)},
        {gra_module_parameter(fc, "bias"), 1 / sqrt(50)},
    };
    for (size_t i = 0; i < sizeof drawn / sizeof *drawn; i++) {
        const double most = gra_item(gra_max(gra_abs(drawn[i].tensor)));
        ck_assert_msg(most <= drawn[i].bound && most > 0.8 * drawn[i].bound,
                      "tensor %zu reaches %g, its bound is %g", i, most, drawn[i].bound);
    }
    gra_free(conv, fc);
}

GRA_TEST(the_same_seed_gives_the_same_weights)
{
    gra_manual_seed(7);
    gra_module *const a = gra_nn_linear(3, 2);
    gra_manual_seed(7);
    gra_module *const b = gra_nn_linear(3, 2);
    ck_assert(gra_item(gra_all(gra_eq(gra_module_parameter(a, "weight"),
                                      gra_module_parameter(b, "weight")))) == 1);
    gra_free(a, b);
}

GRA_TEST(linear_is_a_product_and_a_bias)
{
    gra_module *const fc = gra_nn_linear(2, 2);
    const float w[] = {1, 2, 3, 4};
    gra_set_grad(false);
    gra_copy_(gra_module_parameter(fc, "weight"), gra_from_data(w, GRA_SHAPE(2, 2)));
    gra_copy_(gra_module_parameter(fc, "bias"), gra_vector(10, 20));
    GRA_ASSERT_VALUES(gra_test_forward(fc, gra_vector(1, -1)), 9, 19);
}

GRA_TEST(pools_reduce_windows)
{
    GRA_ASSERT_VALUES(gra_test_forward(gra_nn_avg_pool2d(2), image(4, 4)), 2.5, 4.5, 10.5, 12.5);
    GRA_ASSERT_VALUES(gra_test_forward(gra_nn_max_pool2d(2, 1), image(3, 3)), 4, 5, 7, 8);
    GRA_ASSERT_VALUES(
        gra_test_forward(gra_nn_avg_pool2d(2, .padding = 1, .count_include_pad = false),
                         image(2, 2)),
        0, 1, 2, 3);
    GRA_ASSERT_VALUES(gra_test_forward(gra_nn_avg_pool2d(2, .divisor_override = 1), image(2, 2)),
                      6);
    GRA_ASSERT_VALUES(
        gra_test_forward(gra_nn_max_pool2d(.kernel_size_hw = {1, 2}, .ceil_mode = true),
                         image(2, 3)),
        1, 2, 4, 5);
    GRA_ASSERT_VALUES(
        gra_test_forward(gra_nn_max_pool2d(2, .stride = 1, .dilation = 2), image(3, 3)), 8);
}

GRA_TEST(activations_work_elementwise)
{
    gra_tensor *const x = gra_vector(-1, 0, 2);
    GRA_ASSERT_VALUES(gra_test_forward(gra_nn_relu(), x), 0, 0, 2);
    GRA_ASSERT_VALUES(gra_test_forward(gra_nn_sigmoid(), x), 0.26894142, 0.5, 0.88079708);
    GRA_ASSERT_VALUES(gra_test_forward(gra_nn_tanh(), x), -0.76159416, 0, 0.96402758);
    ck_assert_ptr_eq(gra_test_forward(gra_nn_identity(), x), x);
    GRA_ASSERT_VALUES(x, -1, 0, 2);
    ck_assert_ptr_eq(gra_test_forward(gra_nn_relu(.inplace = true), x), x);
    GRA_ASSERT_VALUES(x, 0, 0, 2);
}

GRA_TEST(dropout_drops_while_training_only)
{
    gra_module *const dropout = gra_nn_dropout(.p = 0.25);
    gra_tensor *const x = gra_ones(GRA_SHAPE(10000));
    gra_tensor *const y = gra_forward(dropout, x);
    const double kept = gra_item(gra_sum(gra_ne_scalar(y, 0))) / 10000;
    ck_assert_msg(kept > 0.73 && kept < 0.77, "%g of the elements were kept, not 0.75", kept);
    ck_assert_double_eq_tol(gra_item(gra_max(y)), 1 / 0.75, 1e-6);
    gra_eval(dropout);
    ck_assert(gra_item(gra_all(gra_eq(gra_forward(dropout, x), x))) == 1);
    gra_free(dropout);
    GRA_ASSERT_VALUES(gra_test_forward(gra_nn_dropout(0), gra_vector(1, 2)), 1, 2);
    GRA_ASSERT_VALUES(gra_test_forward(gra_nn_dropout(1), gra_vector(1, 2)), 0, 0);
}

GRA_TEST(dropout2d_drops_whole_channels_while_training)
{
    gra_module *const dropout = gra_nn_dropout2d(.p = 0.25);
    gra_tensor *const x = gra_ones(GRA_SHAPE(50, 40, 2, 3));
    gra_tensor *const y = gra_forward(dropout, x);
    gra_tensor *const sums = gra_sum(y, GRA_DIMS(2, 3)); /* each 0 or 6 / 0.75 */
    const double kept = gra_item(gra_sum(gra_eq_scalar(sums, 8)));
    ck_assert_double_eq(gra_item(gra_sum(gra_eq_scalar(sums, 0))), 2000 - kept);
    ck_assert_msg(kept > 1400 && kept < 1600, "%g of 2000 channels were kept, not 1500", kept);
    gra_eval(dropout);
    ck_assert(gra_item(gra_all(gra_eq(gra_forward(dropout, x), x))) == 1);
    gra_free(dropout);
}

GRA_TEST(zero_pad2d_puts_zeros_around)
{
    GRA_ASSERT_VALUES(
        gra_test_forward(gra_nn_zero_pad2d(.padding_lrtb = {1, 0, 0, 1}), image(1, 2)), 0, 0, 1, 0,
        0, 0);
    GRA_ASSERT_SHAPE(gra_test_forward(gra_nn_zero_pad2d(2), image(1, 2)), 1, 1, 5, 6);
}

GRA_TEST(adaptive_avg_pool2d_has_the_size_it_was_given)
{
    GRA_ASSERT_VALUES(gra_test_forward(gra_nn_adaptive_avg_pool2d(2), image(3, 3)), 2, 3, 5, 6);
    GRA_ASSERT_VALUES(
        gra_test_forward(gra_nn_adaptive_avg_pool2d(.output_size_hw = {1, 3}), image(2, 3)), 1.5,
        2.5, 3.5);
    GRA_ASSERT_SHAPE(gra_test_forward(gra_nn_adaptive_avg_pool2d(7), image(1, 1)), 1, 1, 7, 7);
}

/* By hand: channel 1 of three has x^2 + neighbours = 1 + 4 + 9. */
GRA_TEST(local_response_norm_divides_by_its_neighbours)
{
    const float channels[] = {1, 2, 3};
    gra_tensor *const x = gra_from_data(channels, GRA_SHAPE(1, 3, 1, 1));
    GRA_ASSERT_VALUES(
        gra_test_forward(gra_nn_local_response_norm(3, .alpha = 3, .beta = 1, .k = 2), x), 1.0 / 7,
        2.0 / 16, 3.0 / 15);
    GRA_ASSERT_VALUES(gra_test_forward(gra_nn_local_response_norm(1), x), 1 / pow(1.0001, 0.75),
                      2 / pow(1.0004, 0.75), 3 / pow(1.0009, 0.75));
}

/* Two channels of four numbers: 0 2 4 6 and 1 3 5 7, with means 3 and 4, variances 5 (20/3 over n - 1).
 * The running values begin at 0 and 1. */
GRA_TEST(batch_norm2d_normalises_and_remembers)
{
    gra_module *const bn = gra_nn_batch_norm2d(2, .eps = 4);
    gra_tensor *const x =
        gra_reshape(gra_to(gra_arange(0, 8, 1), GRA_FLOAT32), GRA_SHAPE(4, 2, 1, 1));
    GRA_ASSERT_VALUES(gra_forward(bn, x), -1, -1, -1.0 / 3, -1.0 / 3, 1.0 / 3, 1.0 / 3, 1, 1);
    GRA_ASSERT_VALUES(gra_module_buffer(bn, "running_mean"), 0.3, 0.4);
    GRA_ASSERT_VALUES(gra_module_buffer(bn, "running_var"), 0.9 + 2.0 / 3, 0.9 + 2.0 / 3);
    GRA_ASSERT_VALUES(gra_module_buffer(bn, "num_batches_tracked"), 1);
    ck_assert_int_eq(gra_tensor_dtype(gra_module_buffer(bn, "num_batches_tracked")), GRA_INT64);
    gra_eval(bn);
    const double deviation = sqrt(0.9 + 2.0 / 3 + 4);
    GRA_ASSERT_VALUES(gra_forward(bn, gra_reshape(gra_vector(0.3, 1.4), GRA_SHAPE(1, 2, 1, 1))), 0,
                      1 / deviation);
    GRA_ASSERT_VALUES(gra_module_buffer(bn, "num_batches_tracked"), 1);
    gra_free(bn);
}

GRA_TEST(batch_norm2d_trains_its_weight_and_bias)
{
    gra_module *const bn = gra_nn_batch_norm2d(2);
    ck_assert_int_eq(gra_module_parameter_count(bn), 4);
    gra_init_constant_(gra_module_parameter(bn, "bias"), 5);
    gra_tensor *const x = gra_randn(GRA_SHAPE(3, 2, 4, 5));
    gra_tensor *const y = gra_forward(bn, x);
    GRA_ASSERT_CLOSE(gra_mean(y, GRA_DIMS(0, 2, 3)), ((const double[]){5, 5}), 2, 1e-5, 0);
    gra_backward(gra_sum(y));
    GRA_ASSERT_VALUES(gra_tensor_grad(gra_module_parameter(bn, "bias")), 60, 60);
    GRA_ASSERT_CLOSE(gra_tensor_grad(gra_module_parameter(bn, "weight")), ((const double[]){0, 0}),
                     2, 0, 1e-4);
    gra_free(bn);
}

GRA_TEST(batch_norm2d_without_running_values_always_takes_the_batchs)
{
    gra_module *const bn = gra_nn_batch_norm2d(1, .affine = false, .track_running_stats = false);
    ck_assert_int_eq(gra_module_parameter_count(bn), 0);
    gra_eval(bn);
    GRA_ASSERT_CLOSE(gra_forward(bn, image(1, 2)), ((const double[]){-1, 1}), 2, 1e-4, 0);
    gra_free(bn);
}

GRA_TEST(batch_norm2d_wants_images)
{
    gra_module *const bn = gra_nn_batch_norm2d(2);
    ck_assert_ptr_null(gra_forward(bn, gra_ones(GRA_SHAPE(2, 3, 4))));
    GRA_ASSERT_ERROR("BatchNorm2d: the input's shape is [2, 3, 4]; [N, C, H, W] is needed");
    ck_assert_ptr_null(gra_forward(bn, gra_ones(GRA_SHAPE(2, 3, 4, 4))));
    ck_assert_ptr_nonnull(gra_error());
    gra_clear_error();
    GRA_ASSERT_VALUES(gra_module_buffer(bn, "num_batches_tracked"), 0);
    gra_free(bn);
}

GRA_TEST(flatten_and_reshape_change_the_shape)
{
    gra_tensor *const x = gra_ones(GRA_SHAPE(2, 3, 4, 5));
    GRA_ASSERT_SHAPE(gra_test_forward(gra_nn_flatten(), x), 2, 60);
    GRA_ASSERT_SHAPE(gra_test_forward(gra_nn_flatten(.start_dim = 0, .end_dim = 1), x), 6, 4, 5);
    GRA_ASSERT_SHAPE(gra_test_forward(gra_nn_flatten(-2), x), 2, 3, 20);
    GRA_ASSERT_SHAPE(gra_test_forward(gra_nn_reshape(-1, 1, 6, 10), x), 2, 1, 6, 10);
    GRA_ASSERT_SHAPE(gra_test_forward(gra_nn_reshape(120), x), 120);
}

/* PyTorch 2.13: F.cross_entropy and F.mse_loss. */
GRA_TEST(loss_modules_follow_their_options)
{
    const float logits[] = {1, 2, 3, 1, 1, 1};
    const int64_t classes[] = {2, -100};
    gra_tensor *const x = gra_from_data(logits, GRA_SHAPE(2, 3));
    gra_tensor *const y = gra_from_data(classes, GRA_SHAPE(2), GRA_INT64);
    gra_module *const mean = gra_nn_cross_entropy_loss();
    gra_module *const each = gra_nn_cross_entropy_loss(.reduction = GRA_REDUCE_NONE);
    gra_module *const sum = gra_nn_mse_loss(.reduction = GRA_REDUCE_SUM);
    GRA_ASSERT_VALUES(gra_loss(mean, x, y), 0.40760596);
    GRA_ASSERT_VALUES(gra_loss(each, x, y), 0.40760596, 0);
    GRA_ASSERT_VALUES(gra_loss(sum, gra_vector(1, 2), gra_vector(3, 5)), 13);
    gra_free(mean, each, sum);
}

/* PyTorch 2.13's repr. */
GRA_TEST(texts_are_pytorchs)
{
    GRA_ASSERT_TEXT(
        gra_nn_conv2d(4, 8, .kernel_size_hw = {3, 5}, .stride = 2, .padding_hw = {1, 0},
                      .dilation = 2, .groups = 2, .bias = false),
        "Conv2d(4, 8, kernel_size=(3, 5), stride=(2, 2), padding=(1, 0), dilation=(2, 2), "
        "groups=2, bias=False)");
    GRA_ASSERT_TEXT(gra_nn_linear(3, 4, .bias = false),
                    "Linear(in_features=3, out_features=4, bias=False)");
    GRA_ASSERT_TEXT(gra_nn_avg_pool2d(2), "AvgPool2d(kernel_size=2, stride=2, padding=0)");
    GRA_ASSERT_TEXT(gra_nn_avg_pool2d(.kernel_size_hw = {2, 3}, .stride = 1),
                    "AvgPool2d(kernel_size=(2, 3), stride=1, padding=0)");
    GRA_ASSERT_TEXT(gra_nn_max_pool2d(.kernel_size_hw = {2, 3}),
                    "MaxPool2d(kernel_size=(2, 3), stride=(2, 3), padding=0, dilation=1, "
                    "ceil_mode=False)");
    GRA_ASSERT_TEXT(gra_nn_adaptive_avg_pool2d(7), "AdaptiveAvgPool2d(output_size=7)");
    GRA_ASSERT_TEXT(gra_nn_adaptive_avg_pool2d(.output_size_hw = {7, 5}),
                    "AdaptiveAvgPool2d(output_size=(7, 5))");
    GRA_ASSERT_TEXT(gra_nn_local_response_norm(5),
                    "LocalResponseNorm(5, alpha=0.0001, beta=0.75, k=1.0)");
    GRA_ASSERT_TEXT(gra_nn_batch_norm2d(64),
                    "BatchNorm2d(64, eps=1e-05, momentum=0.1, affine=True, "
                    "bias=True, track_running_stats=True)");
    GRA_ASSERT_TEXT(
        gra_nn_batch_norm2d(3, .eps = 1e-3, .affine = false, .track_running_stats = false),
        "BatchNorm2d(3, eps=0.001, momentum=0.1, affine=False, bias=False, "
        "track_running_stats=False)");
    GRA_ASSERT_TEXT(gra_nn_dropout2d(.p = 0.1), "Dropout2d(p=0.1, inplace=False)");
    GRA_ASSERT_TEXT(gra_nn_zero_pad2d(1), "ZeroPad2d((1, 1, 1, 1))");
    GRA_ASSERT_TEXT(gra_nn_zero_pad2d(.padding_lrtb = {1, 2, 3, 4}), "ZeroPad2d((1, 2, 3, 4))");
    GRA_ASSERT_TEXT(gra_nn_relu(), "ReLU()");
    GRA_ASSERT_TEXT(gra_nn_relu(true), "ReLU(inplace=True)");
    GRA_ASSERT_TEXT(gra_nn_sigmoid(), "Sigmoid()");
    GRA_ASSERT_TEXT(gra_nn_tanh(), "Tanh()");
    GRA_ASSERT_TEXT(gra_nn_identity(), "Identity()");
    GRA_ASSERT_TEXT(gra_nn_dropout(.p = 0.1), "Dropout(p=0.1, inplace=False)");
    GRA_ASSERT_TEXT(gra_nn_flatten(), "Flatten(start_dim=1, end_dim=-1)");
    GRA_ASSERT_TEXT(gra_nn_reshape(-1, 2), "Reshape(-1, 2)");
    GRA_ASSERT_TEXT(gra_nn_cross_entropy_loss(), "CrossEntropyLoss()");
    GRA_ASSERT_TEXT(gra_nn_mse_loss(), "MSELoss()");
}

GRA_TEST(conv2d_rejects_what_makes_no_convolution)
{
    GRA_ASSERT_REJECTED(gra_nn_conv2d(0, 1, 3),
                        "Conv2d: in_channels 0 is out of range; at least 1 is needed");
    GRA_ASSERT_REJECTED(
        gra_nn_conv2d((int64_t)1 << 40, 2, 3),
        "Conv2d: in_channels 1099511627776 is out of range; at most 2147483647 is possible");
    GRA_ASSERT_REJECTED(gra_nn_conv2d(1, -1, 3),
                        "Conv2d: out_channels -1 is out of range; at least 1 is needed");
    GRA_ASSERT_REJECTED(gra_nn_conv2d(1, 1),
                        "Conv2d: kernel_size 0 is out of range; at least 1 is needed");
    GRA_ASSERT_REJECTED(
        gra_nn_conv2d(1, 1, 3, .kernel_size_hw = {3, 3}),
        "Conv2d: both .kernel_size and .kernel_size_hw were given; one of them is enough");
    GRA_ASSERT_REJECTED(gra_nn_conv2d(1, 1, .kernel_size_hw = {3}),
                        "Conv2d: kernel_size 0 is out of range; at least 1 is needed");
    GRA_ASSERT_REJECTED(gra_nn_conv2d(1, 1, 3, 0),
                        "Conv2d: stride 0 is out of range; at least 1 is needed");
    GRA_ASSERT_REJECTED(gra_nn_conv2d(1, 1, 3, 2, .stride_hw = {2, 2}),
                        "Conv2d: both .stride and .stride_hw were given; one of them is enough");
    GRA_ASSERT_REJECTED(gra_nn_conv2d(1, 1, 3, .padding = -1),
                        "Conv2d: padding -1 is out of range; at least 0 is needed");
    GRA_ASSERT_REJECTED(gra_nn_conv2d(1, 1, 3, .dilation = 0),
                        "Conv2d: dilation 0 is out of range; at least 1 is needed");
    GRA_ASSERT_REJECTED(gra_nn_conv2d(1, 1, 3, .groups = 0),
                        "Conv2d: groups 0 is out of range; at least 1 is needed");
    GRA_ASSERT_REJECTED(gra_nn_conv2d(4, 6, 3, .groups = 3),
                        "Conv2d: groups 3 does not divide in_channels 4");
    GRA_ASSERT_REJECTED(gra_nn_conv2d(6, 4, 3, .groups = 3),
                        "Conv2d: groups 3 does not divide out_channels 4");
}

GRA_TEST(other_layers_reject_bad_options)
{
    GRA_ASSERT_REJECTED(gra_nn_linear(0, 3),
                        "Linear: in_features 0 is out of range; at least 1 is needed");
    GRA_ASSERT_REJECTED(gra_nn_linear(3),
                        "Linear: out_features 0 is out of range; at least 1 is needed");
    GRA_ASSERT_REJECTED(gra_nn_avg_pool2d(),
                        "AvgPool2d: kernel_size 0 is out of range; at least 1 is needed");
    GRA_ASSERT_REJECTED(gra_nn_avg_pool2d(2, .padding = 2),
                        "AvgPool2d: padding 2 is more than half of kernel_size 2");
    GRA_ASSERT_REJECTED(
        gra_nn_avg_pool2d(2, .divisor_override = -1),
        "AvgPool2d: divisor_override -1 is negative; 0 divides by the window's size");
    GRA_ASSERT_REJECTED(gra_nn_max_pool2d(2, .stride = -1),
                        "MaxPool2d: stride -1 is out of range; at least 0 is needed");
    GRA_ASSERT_REJECTED(gra_nn_max_pool2d(2, .dilation = 0),
                        "MaxPool2d: dilation 0 is out of range; at least 1 is needed");
    GRA_ASSERT_REJECTED(gra_nn_dropout(.p = 1.5),
                        "Dropout: p 1.5 is no probability; it lies between 0 and 1");
    GRA_ASSERT_REJECTED(gra_nn_dropout(.p = NAN),
                        "Dropout: p nan is no probability; it lies between 0 and 1");
    GRA_ASSERT_REJECTED(gra_nn_adaptive_avg_pool2d(),
                        "AdaptiveAvgPool2d: output_size 0 is out of range; at least 1 is needed");
    GRA_ASSERT_REJECTED(
        gra_nn_adaptive_avg_pool2d(2, .output_size_hw = {1, 2}),
        "AdaptiveAvgPool2d: both .output_size and .output_size_hw were given; one of "
        "them is enough");
    GRA_ASSERT_REJECTED(gra_nn_local_response_norm(),
                        "LocalResponseNorm: size 0 is out of range; at least 1 is needed");
    GRA_ASSERT_REJECTED(gra_nn_batch_norm2d(),
                        "BatchNorm2d: num_features 0 is out of range; at least 1 is needed");
    GRA_ASSERT_REJECTED(gra_nn_batch_norm2d(3, .eps = -1),
                        "BatchNorm2d: eps -1 is out of range; it is 0 or above");
    GRA_ASSERT_REJECTED(gra_nn_batch_norm2d(3, .momentum = 2),
                        "BatchNorm2d: momentum 2 is out of range; it lies between 0 and 1");
    GRA_ASSERT_REJECTED(gra_nn_dropout2d(.p = -0.5),
                        "Dropout2d: p -0.5 is no probability; it lies between 0 and 1");
    GRA_ASSERT_REJECTED(
        gra_nn_zero_pad2d(1, .padding_lrtb = {1, 0, 0, 0}),
        "ZeroPad2d: both .padding and .padding_lrtb were given; one of them is enough");
    GRA_ASSERT_REJECTED(gra_nn_flatten(2, 1),
                        "Flatten: start_dim 2 and end_dim 1 name no dims in order");
    GRA_ASSERT_REJECTED(gra_nn_flatten(9),
                        "Flatten: start_dim 9 and end_dim -1 name no dims in order");
    GRA_ASSERT_REJECTED(gra_nn_reshape(-1, -1),
                        "Reshape: 2 sizes are -1; only one can follow from the input");
    GRA_ASSERT_REJECTED(gra_nn_reshape(-2, 3),
                        "Reshape: size -2 is negative; only -1, for the size that "
                        "follows from the input, may be");
    GRA_ASSERT_REJECTED(gra_nn_reshape_with((gra_shape){.count = 9}),
                        "Reshape: 9 dims were given; at most 8 are possible");
    GRA_ASSERT_REJECTED(gra_nn_mse_loss(.reduction = (gra_reduction)7),
                        "MSELoss: reduction 7 is unknown; GRA_REDUCE_MEAN, GRA_REDUCE_SUM and "
                        "GRA_REDUCE_NONE are there");
    GRA_ASSERT_REJECTED(
        gra_nn_cross_entropy_loss((gra_reduction)7),
        "CrossEntropyLoss: reduction 7 is unknown; GRA_REDUCE_MEAN, GRA_REDUCE_SUM and "
        "GRA_REDUCE_NONE are there");
}

GRA_TEST(sequential_with_a_failed_layer_frees_the_others)
{
    GRA_ASSERT_REJECTED(gra_sequential(gra_nn_linear(2, 3), gra_nn_conv2d(1, 1, 0), gra_nn_relu()),
                      "Conv2d: kernel_size 0 is out of range; at least 1 is needed");
    gra_module *const good = gra_nn_relu();
    GRA_ASSERT_REJECTED(gra_sequential(gra_nn_linear(2, 3), NULL, good),
                                       "Sequential: layer 1 is NULL; a module is needed");
}

GRA_TEST(sequential_rejects_a_layer_that_is_there_twice)
{
    gra_module *const relu = gra_nn_relu();
    GRA_ASSERT_REJECTED(gra_sequential(relu, gra_nn_linear(2, 2), relu),
        "gra_module_add: \"2\" of Sequential is a ReLU that belongs to another module "
        "already; make a second one");
}

GRA_TEST(constructors_are_silent_while_an_error_is_pending)
{
    gra_fail("pending");
    ck_assert_ptr_null(gra_nn_conv2d(0, 0, 0));
    ck_assert_ptr_null(gra_nn_linear(0, 0));
    ck_assert_ptr_null(gra_nn_avg_pool2d(2));
    ck_assert_ptr_null(gra_nn_max_pool2d(2));
    ck_assert_ptr_null(gra_nn_adaptive_avg_pool2d(2));
    ck_assert_ptr_null(gra_nn_local_response_norm(5));
    ck_assert_ptr_null(gra_nn_batch_norm2d(2));
    ck_assert_ptr_null(gra_nn_dropout2d(.p = 0.5));
    ck_assert_ptr_null(gra_nn_zero_pad2d(1));
    ck_assert_ptr_null(gra_nn_relu());
    ck_assert_ptr_null(gra_nn_dropout(.p = 0.5));
    ck_assert_ptr_null(gra_nn_flatten());
    ck_assert_ptr_null(gra_nn_reshape(-1));
    ck_assert_ptr_null(gra_nn_mse_loss());
    ck_assert_ptr_null(gra_sequential(gra_nn_relu()));
    GRA_ASSERT_ERROR("pending");
}

GRA_TEST(defaults_are_those_of_the_macros)
{
    gra_nn_conv2d_options o = gra_nn_conv2d_defaults();
    o.in_channels = 2, o.out_channels = 3, o.kernel_size = 3;
    GRA_ASSERT_TEXT(gra_nn_conv2d_with(o), "Conv2d(2, 3, kernel_size=(3, 3), stride=(1, 1))");
    gra_nn_max_pool2d_options p = gra_nn_max_pool2d_defaults();
    p.kernel_size = 2;
    GRA_ASSERT_TEXT(gra_nn_max_pool2d_with(p), "MaxPool2d(kernel_size=2, stride=2, padding=0, "
                                               "dilation=1, ceil_mode=False)");
    gra_nn_linear_options l = gra_nn_linear_defaults();
    l.in_features = l.out_features = 1;
    GRA_ASSERT_TEXT(gra_nn_linear_with(l), "Linear(in_features=1, out_features=1, bias=True)");
    GRA_ASSERT_TEXT(gra_nn_dropout_with(gra_nn_dropout_defaults()),
                    "Dropout(p=0.5, inplace=False)");
    GRA_ASSERT_TEXT(gra_nn_flatten_with(gra_nn_flatten_defaults()),
                    "Flatten(start_dim=1, end_dim=-1)");
    ck_assert(gra_nn_avg_pool2d_defaults().count_include_pad);
    gra_nn_batch_norm2d_options b = gra_nn_batch_norm2d_defaults();
    b.num_features = 2;
    GRA_ASSERT_TEXT(gra_nn_batch_norm2d_with(b),
                    "BatchNorm2d(2, eps=1e-05, momentum=0.1, affine=True, "
                    "bias=True, track_running_stats=True)");
    gra_nn_local_response_norm_options n = gra_nn_local_response_norm_defaults();
    n.size = 2;
    GRA_ASSERT_TEXT(gra_nn_local_response_norm_with(n),
                    "LocalResponseNorm(2, alpha=0.0001, beta=0.75, k=1.0)");
    GRA_ASSERT_TEXT(gra_nn_dropout2d_with(gra_nn_dropout2d_defaults()),
                    "Dropout2d(p=0.5, inplace=False)");
    GRA_ASSERT_TEXT(gra_nn_zero_pad2d_with(gra_nn_zero_pad2d_defaults()),
                    "ZeroPad2d((0, 0, 0, 0))");
    ck_assert_ptr_null(gra_nn_adaptive_avg_pool2d_with(gra_nn_adaptive_avg_pool2d_defaults()));
    gra_clear_error();
    ck_assert_int_eq(gra_nn_cross_entropy_loss_defaults().ignore_index, -100);
}

GRA_TEST(a_module_that_is_listed_twice_is_freed_once)
{
    gra_module *const m = gra_nn_relu();
    gra_fail("pending");
    ck_assert_ptr_null(gra_sequential(m, m));
    GRA_ASSERT_ERROR("pending");
    gra_module *const n = gra_nn_relu();
    ck_assert_ptr_null(gra_sequential(NULL, n, n));
    GRA_ASSERT_ERROR("Sequential: layer 0 is NULL; a module is needed");
}

GRA_TEST_MAIN("layers", conv2d_adds_up_windows_and_a_bias, conv2d_pads_dilates_and_groups,
              weights_are_drawn_within_pytorchs_bounds, the_same_seed_gives_the_same_weights,
              linear_is_a_product_and_a_bias, pools_reduce_windows, activations_work_elementwise,
              dropout_drops_while_training_only, dropout2d_drops_whole_channels_while_training,
              zero_pad2d_puts_zeros_around, adaptive_avg_pool2d_has_the_size_it_was_given,
              local_response_norm_divides_by_its_neighbours, batch_norm2d_normalises_and_remembers,
              batch_norm2d_trains_its_weight_and_bias,
              batch_norm2d_without_running_values_always_takes_the_batchs,
              batch_norm2d_wants_images, flatten_and_reshape_change_the_shape,
              loss_modules_follow_their_options, texts_are_pytorchs,
              conv2d_rejects_what_makes_no_convolution, other_layers_reject_bad_options,
              sequential_with_a_failed_layer_frees_the_others,
              sequential_rejects_a_layer_that_is_there_twice,
              constructors_are_silent_while_an_error_is_pending, defaults_are_those_of_the_macros,
              a_module_that_is_listed_twice_is_freed_once)
