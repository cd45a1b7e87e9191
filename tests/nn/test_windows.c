/* test_windows.c - the layers of convolution, pooling, padding and interpolation: what they compute, how they
 * print, what they refuse. */
#include "gradus.h"

#include "../support/module.h"

/* A layer whose weights are ones and whose bias is zeros. */
static gra_module *with_ones(gra_module *m)
{
    gra_init_constant_(gra_module_parameter(m, "weight"), 1);
    gra_init_constant_(gra_module_parameter(m, "bias"), 0);
    return m;
}

/* 1 2 3 as [1, 1, 3]. */
static gra_tensor *three(void)
{
    return gra_view(gra_vector(1, 2, 3), GRA_SHAPE(1, 1, 3));
}

/* 1 2 / 3 4 as [1, 1, 2, 2]. */
static gra_tensor *four(void)
{
    return gra_view(gra_vector(1, 2, 3, 4), GRA_SHAPE(1, 1, 2, 2));
}

GRA_TEST(convolutions_pad_as_their_mode_says)
{
    GRA_ASSERT_VALUES(gra_test_forward(with_ones(gra_nn_conv1d(1, 1, 3, .padding = 1)), three()), 3,
                      6, 5);
    GRA_ASSERT_VALUES(
        gra_test_forward(
            with_ones(gra_nn_conv1d(1, 1, 3, .padding = 1, .padding_mode = "circular")), three()),
        6, 6, 6);
    GRA_ASSERT_VALUES(
        gra_test_forward(with_ones(gra_nn_conv1d(1, 1, 3, .padding = 1, .padding_mode = "reflect")),
                         three()),
        5, 6, 7);
    GRA_ASSERT_VALUES(gra_test_forward(with_ones(gra_nn_conv1d(1, 1, 2, .padding = GRA_SAME,
                                                               .padding_mode = "replicate")),
                                       three()),
                      3, 5, 6);
    GRA_ASSERT_VALUES(
        gra_test_forward(
            with_ones(gra_nn_conv2d(1, 1, 3, .padding = 1, .padding_mode = "replicate")), four()),
        18, 21, 24, 27);
    GRA_ASSERT_VALUES(
        gra_test_forward(with_ones(gra_nn_conv2d(1, 1, 2, .padding = GRA_SAME)), four()), 10, 6, 7,
        4);
    GRA_ASSERT_SHAPE(gra_test_forward(gra_nn_conv3d(1, 2, 3, .padding_dhw = {1, 2, 0},
                                                    .padding_mode = "reflect"),
                                      gra_ones(GRA_SHAPE(2, 1, 3, 4, 5))),
                     2, 2, 3, 6, 3);
}

GRA_TEST(a_convolution_with_a_rectifier_and_a_pooling_pads_first_too)
{
    gra_module *const net = gra_sequential(
        gra_nn_conv2d(3, 16, 3, .padding = 1, .padding_mode = "reflect"), gra_nn_relu(),
        gra_nn_max_pool2d(2));
    gra_tensor *const x = gra_randn(GRA_SHAPE(2, 3, 8, 8));
    gra_tensor *const w = gra_module_parameter(net, "0.weight");
    gra_tensor *const b = gra_module_parameter(net, "0.bias");
    gra_tensor *const y = gra_conv2d(gra_pad(x, GRA_PADS(1, 1, 1, 1), "reflect"), w, b);
    gra_tensor *const expected = gra_max_pool2d(gra_relu(y), 2);
    ck_assert_double_le(gra_item(gra_max(gra_abs(gra_sub(gra_forward(net, x), expected)))), 1e-5);
    gra_free(net);
}

GRA_TEST(flip_kernel_of_a_layer_turns_its_filters)
{
    gra_module *const conv = gra_nn_conv2d(2, 3, 3, .flip_kernel = true);
    gra_tensor *const x = gra_randn(GRA_SHAPE(2, 2, 5, 6));
    gra_tensor *const w = gra_flip(gra_module_parameter(conv, "weight"), GRA_DIMS(2, 3));
    gra_tensor *const y = gra_conv2d(x, w, gra_module_parameter(conv, "bias"));
    ck_assert_double_le(gra_item(gra_max(gra_abs(gra_sub(gra_forward(conv, x), y)))), 1e-6);
    gra_free(conv);
}

GRA_TEST(conv_transpose2d_enlarges_and_has_pytorchs_weights)
{
    gra_module *const up = gra_nn_conv_transpose2d(4, 8, 3, .stride = 2, .output_padding = 1,
                                                   .padding = 1, .groups = 2);
    gra_tensor *const w = gra_module_parameter(up, "weight");
    GRA_ASSERT_SHAPE(w, 4, 4, 3, 3);
    GRA_ASSERT_SHAPE(gra_module_parameter(up, "bias"), 8);
    const double most = gra_item(gra_max(gra_abs(w)));
    ck_assert_double_le(most, 1.0 / 6); /* fan in 4 * 9 */
    ck_assert_double_gt(most, 0.8 / 6);
    GRA_ASSERT_SHAPE(gra_test_forward(up, gra_ones(GRA_SHAPE(2, 4, 5, 6))), 2, 8, 10, 12);
}

GRA_TEST(a_locally_connected_layer_trains_each_pixels_weights)
{
    gra_module *const local = gra_nn_locally_connected2d(1, 2, 2, 2, .padding_hw = {0, 1});
    GRA_ASSERT_SHAPE(gra_module_parameter(local, "weight"), 1, 3, 2, 1, 2, 2);
    GRA_ASSERT_SHAPE(gra_module_parameter(local, "bias"), 2, 1, 3);
    gra_backward(gra_sum(gra_forward(local, four())));
    GRA_ASSERT_VALUES(gra_narrow(gra_tensor_grad(gra_module_parameter(local, "weight")), 2, 0, 1),
                      0, 1, 0, 3, 1, 2, 3, 4, 2, 0, 4, 0);
    ck_assert_ptr_null(gra_forward(local, gra_ones(GRA_SHAPE(1, 1, 3, 3))));
    GRA_ASSERT_ERROR("locally_connected2d: input [1, 1, 3, 3] has 1 channels and 2 x 4 windows, "
                     "weight [1, 3, 2, 1, 2, 2] expects 1 and 1 x 3");
    gra_free(local);
}

GRA_TEST(pooling_layers_reduce_windows)
{
    GRA_ASSERT_VALUES(gra_test_forward(gra_nn_avg_pool1d(2, 1), three()), 1.5, 2.5);
    GRA_ASSERT_VALUES(gra_test_forward(gra_nn_max_pool1d(2, .stride = 1), three()), 2, 3);
    GRA_ASSERT_VALUES(gra_test_forward(gra_nn_lp_pool1d(1, 3), three()), 6);
    GRA_ASSERT_VALUES(gra_test_forward(gra_nn_lp_pool2d(2, 2), four()), sqrt(30));
    GRA_ASSERT_VALUES(gra_test_forward(gra_nn_adaptive_avg_pool1d(1), three()), 2);
    GRA_ASSERT_VALUES(gra_test_forward(gra_nn_adaptive_max_pool1d(2), three()), 2, 3);
    GRA_ASSERT_VALUES(
        gra_test_forward(gra_nn_adaptive_max_pool2d(.output_size_hw = {1, 2}), four()), 3, 4);
}

GRA_TEST(max_unpool2d_takes_maxima_and_their_places)
{
    gra_tensor *at, *const y = gra_max_pool2d_with_indices(&at, four(), 2);
    gra_module *const unpool = gra_nn_max_unpool2d(2);
    GRA_ASSERT_VALUES(gra_loss(unpool, y, at), 0, 0, 0, 4);
    gra_free(unpool);
}

GRA_TEST(shapes_are_changed_by_unfold_fold_upsample_and_pads)
{
    GRA_ASSERT_VALUES(gra_test_forward(gra_nn_unfold(.kernel_size_hw = {2, 1}), four()), 1, 2, 3,
                      4);
    GRA_ASSERT_VALUES(gra_test_forward(gra_nn_fold(2, 1), gra_view(four(), GRA_SHAPE(1, 1, 4))), 1,
                      2, 3, 4);
    GRA_ASSERT_VALUES(gra_test_forward(gra_nn_upsample(GRA_SHAPE(6)), three()), 1, 1, 2, 2, 3, 3);
    GRA_ASSERT_VALUES(
        gra_test_forward(gra_nn_upsample(.scale_factor = 2, .mode = "linear"), three()), 1, 1.25,
        1.75, 2.25, 2.75, 3);
    GRA_ASSERT_VALUES(gra_test_forward(gra_nn_zero_pad1d(1), three()), 0, 1, 2, 3, 0);
    GRA_ASSERT_VALUES(
        gra_test_forward(gra_nn_constant_pad1d(.padding_each = {2}, .value = 9), three()), 9, 9, 1,
        2, 3);
    GRA_ASSERT_VALUES(gra_test_forward(gra_nn_reflection_pad1d(1), three()), 2, 1, 2, 3, 2);
    GRA_ASSERT_VALUES(gra_test_forward(gra_nn_replication_pad1d(1), three()), 1, 1, 2, 3, 3);
    GRA_ASSERT_VALUES(gra_test_forward(gra_nn_circular_pad1d(1), three()), 3, 1, 2, 3, 1);
    gra_tensor *const volume = gra_ones(GRA_SHAPE(1, 2, 3, 3, 3));
    GRA_ASSERT_SHAPE(gra_test_forward(gra_nn_constant_pad2d(1), four()), 1, 1, 4, 4);
    GRA_ASSERT_SHAPE(gra_test_forward(gra_nn_reflection_pad2d(1), four()), 1, 1, 4, 4);
    GRA_ASSERT_SHAPE(gra_test_forward(gra_nn_replication_pad2d(1), four()), 1, 1, 4, 4);
    GRA_ASSERT_SHAPE(gra_test_forward(gra_nn_circular_pad2d(1), four()), 1, 1, 4, 4);
    GRA_ASSERT_SHAPE(gra_test_forward(gra_nn_zero_pad3d(1), volume), 1, 2, 5, 5, 5);
    GRA_ASSERT_SHAPE(gra_test_forward(gra_nn_constant_pad3d(1), volume), 1, 2, 5, 5, 5);
    GRA_ASSERT_SHAPE(gra_test_forward(gra_nn_reflection_pad3d(1), volume), 1, 2, 5, 5, 5);
    GRA_ASSERT_SHAPE(gra_test_forward(gra_nn_replication_pad3d(1), volume), 1, 2, 5, 5, 5);
    GRA_ASSERT_SHAPE(
        gra_test_forward(gra_nn_circular_pad3d(.padding_each = {1, 0, 0, 2, 0, 0}), volume), 1, 2,
        3, 5, 4);
}

/* PyTorch 2.13's repr. */
GRA_TEST(texts_of_convolutions_are_pytorchs)
{
    GRA_ASSERT_TEXT(gra_nn_conv1d(4, 8, 3), "Conv1d(4, 8, kernel_size=(3,), stride=(1,))");
    GRA_ASSERT_TEXT(gra_nn_conv1d(4, 8, 3, .stride = 2, .padding = 1, .dilation = 2, .groups = 2,
                                  .bias = false, .padding_mode = "reflect"),
                    "Conv1d(4, 8, kernel_size=(3,), stride=(2,), padding=(1,), dilation=(2,), "
                    "groups=2, bias=False, padding_mode=reflect)");
    GRA_ASSERT_TEXT(gra_nn_conv1d(4, 8, 3, .padding = GRA_SAME),
                    "Conv1d(4, 8, kernel_size=(3,), stride=(1,), padding=same)");
    GRA_ASSERT_TEXT(gra_nn_conv2d(4, 8, 3, .padding = GRA_SAME, .padding_mode = "circular"),
                    "Conv2d(4, 8, kernel_size=(3, 3), stride=(1, 1), padding=same, "
                    "padding_mode=circular)");
    GRA_ASSERT_TEXT(gra_nn_conv2d(4, 8, 3, .flip_kernel = true),
                    "Conv2d(4, 8, kernel_size=(3, 3), stride=(1, 1), flip_kernel=True)");
    GRA_ASSERT_TEXT(
        gra_nn_conv3d(2, 3, .kernel_size_dhw = {1, 2, 3}, .stride = 2, .padding_dhw = {0, 1, 2}),
        "Conv3d(2, 3, kernel_size=(1, 2, 3), stride=(2, 2, 2), padding=(0, 1, 2))");
    GRA_ASSERT_TEXT(gra_nn_conv_transpose2d(4, 8, 3),
                    "ConvTranspose2d(4, 8, kernel_size=(3, 3), stride=(1, 1))");
    GRA_ASSERT_TEXT(gra_nn_conv_transpose2d(4, 8, .kernel_size_hw = {3, 2}, .stride = 2,
                                            .padding = 1, .output_padding = 1, .groups = 2,
                                            .bias = false, .dilation = 2),
                    "ConvTranspose2d(4, 8, kernel_size=(3, 2), stride=(2, 2), padding=(1, 1), "
                    "dilation=(2, 2), output_padding=(1, 1), groups=2, bias=False)");
    GRA_ASSERT_TEXT(
        gra_nn_locally_connected2d(1, 2, 8, 3, .padding = 1, .bias = false),
        "LocallyConnected2d(1, 2, input_size=(8, 8), kernel_size=(3, 3), stride=(1, 1), "
        "padding=(1, 1), bias=False)");
}

GRA_TEST(texts_of_pools_pads_and_the_rest_are_pytorchs)
{
    GRA_ASSERT_TEXT(gra_nn_unfold(3), "Unfold(kernel_size=3, dilation=1, padding=0, stride=1)");
    GRA_ASSERT_TEXT(
        gra_nn_unfold(.kernel_size_hw = {2, 3}, .dilation = 2, .padding = 1, .stride_hw = {1, 2}),
        "Unfold(kernel_size=(2, 3), dilation=2, padding=1, stride=(1, 2))");
    GRA_ASSERT_TEXT(gra_nn_fold(4, .kernel_size_hw = {2, 3}, .padding = 1, .stride = 2),
                    "Fold(output_size=4, kernel_size=(2, 3), dilation=1, padding=1, stride=2)");
    GRA_ASSERT_TEXT(gra_nn_adaptive_max_pool2d(.output_size_hw = {7, 5}),
                    "AdaptiveMaxPool2d(output_size=(7, 5))");
    GRA_ASSERT_TEXT(gra_nn_adaptive_avg_pool1d(5), "AdaptiveAvgPool1d(output_size=5)");
    GRA_ASSERT_TEXT(gra_nn_adaptive_max_pool1d(5), "AdaptiveMaxPool1d(output_size=5)");
    GRA_ASSERT_TEXT(gra_nn_lp_pool2d(2, 3),
                    "LPPool2d(norm_type=2, kernel_size=3, stride=None, ceil_mode=False)");
    GRA_ASSERT_TEXT(gra_nn_lp_pool2d(1.5, .kernel_size_hw = {3, 2}, .stride = 2, .ceil_mode = true),
                    "LPPool2d(norm_type=1.5, kernel_size=(3, 2), stride=2, ceil_mode=True)");
    GRA_ASSERT_TEXT(gra_nn_lp_pool1d(2, 3),
                    "LPPool1d(norm_type=2, kernel_size=3, stride=None, ceil_mode=False)");
    GRA_ASSERT_TEXT(
        gra_nn_max_unpool2d(.kernel_size_hw = {2, 3}, .stride_hw = {2, 1}, .padding = 1),
        "MaxUnpool2d(kernel_size=(2, 3), stride=(2, 1), padding=(1, 1))");
    GRA_ASSERT_TEXT(gra_nn_max_pool1d(3, 2, 1, 2, true),
                    "MaxPool1d(kernel_size=3, stride=2, padding=1, dilation=2, ceil_mode=True)");
    GRA_ASSERT_TEXT(gra_nn_avg_pool1d(2), "AvgPool1d(kernel_size=(2,), stride=(2,), padding=(0,))");
    GRA_ASSERT_TEXT(gra_nn_upsample(GRA_SHAPE(4)), "Upsample(size=4, mode='nearest')");
    GRA_ASSERT_TEXT(gra_nn_upsample(GRA_SHAPE(4, 5), .mode = "bilinear"),
                    "Upsample(size=(4, 5), mode='bilinear')");
    GRA_ASSERT_TEXT(gra_nn_upsample(.scale_factor = 2, .mode = "bilinear", .align_corners = true),
                    "Upsample(scale_factor=2.0, mode='bilinear')");
    GRA_ASSERT_TEXT(gra_nn_upsample(.scale_factor_dhw = {0, 2, 1.5}),
                    "Upsample(scale_factor=(2.0, 1.5), mode='nearest')");
    GRA_ASSERT_TEXT(gra_nn_zero_pad1d(.padding_each = {1, 2}), "ZeroPad1d((1, 2))");
    GRA_ASSERT_TEXT(gra_nn_zero_pad3d(1), "ZeroPad3d((1, 1, 1, 1, 1, 1))");
    GRA_ASSERT_TEXT(gra_nn_constant_pad1d(2, 3.5), "ConstantPad1d(padding=(2, 2), value=3.5)");
    GRA_ASSERT_TEXT(gra_nn_constant_pad3d(1, -1),
                    "ConstantPad3d(padding=(1, 1, 1, 1, 1, 1), value=-1.0)");
    GRA_ASSERT_TEXT(gra_nn_reflection_pad2d(1), "ReflectionPad2d((1, 1, 1, 1))");
    GRA_ASSERT_TEXT(gra_nn_replication_pad2d(.padding_each = {1, 2, 3, 4}),
                    "ReplicationPad2d((1, 2, 3, 4))");
    GRA_ASSERT_TEXT(gra_nn_circular_pad1d(2), "CircularPad1d((2, 2))");
}

GRA_TEST(convolutions_reject_what_makes_none)
{
    GRA_ASSERT_REJECTED(gra_nn_conv2d(1, 1, 3, .padding_mode = "mirror"),
                        "Conv2d: padding_mode \"mirror\" is unknown; \"zeros\", \"reflect\", "
                        "\"replicate\" and \"circular\" are there");
    GRA_ASSERT_REJECTED(
        gra_nn_conv2d(1, 1, 3, .padding_mode = NULL),
        "Conv2d: padding_mode NULL is unknown; \"zeros\", \"reflect\", \"replicate\" "
        "and \"circular\" are there");
    GRA_ASSERT_REJECTED(gra_nn_conv2d(1, 1, 3, .padding = GRA_SAME, .stride = 2),
                        "Conv2d: padding GRA_SAME needs stride 1; it is 2");
    GRA_ASSERT_REJECTED(gra_nn_conv1d(1, 1), "Conv1d: kernel_size 0 is out of range; at least 1 is "
                                             "needed");
    GRA_ASSERT_REJECTED(gra_nn_conv1d(3, 2, 1, .groups = 2),
                        "Conv1d: groups 2 does not divide in_channels 3");
    GRA_ASSERT_REJECTED(gra_nn_conv3d(1, 1, 3, .kernel_size_dhw = {1, 1, 1}),
                        "Conv3d: both .kernel_size and .kernel_size_dhw were given; one of them is "
                        "enough");
    GRA_ASSERT_REJECTED(
        gra_nn_conv_transpose2d(1, 1, 3, .output_padding = 1),
        "ConvTranspose2d: output_padding 1 is too large; less than the stride 1 or the "
        "dilation 1 is needed");
    GRA_ASSERT_REJECTED(gra_nn_conv_transpose2d(2, 3, 3, .groups = 2),
                        "ConvTranspose2d: groups 2 does not divide out_channels 3");
    GRA_ASSERT_REJECTED(gra_nn_locally_connected2d(1, 1, 2, 3),
                        "LocallyConnected2d: no output pixel is left: height 2 with padding 0 is "
                        "smaller than a kernel of 3 with dilation 1");
    GRA_ASSERT_REJECTED(gra_nn_locally_connected2d(1, 1),
                        "LocallyConnected2d: input_size 0 is out of range; at least 1 is needed");
}

GRA_TEST(pools_pads_and_the_rest_reject_bad_options)
{
    GRA_ASSERT_REJECTED(gra_nn_avg_pool1d(2, .padding = 2),
                        "AvgPool1d: padding 2 is more than half of kernel_size 2");
    GRA_ASSERT_REJECTED(gra_nn_max_pool1d(2, .dilation = 0),
                        "MaxPool1d: dilation 0 is out of range; at least 1 is needed");
    GRA_ASSERT_REJECTED(gra_nn_lp_pool2d(0, 2),
                        "LPPool2d: norm_type 0 is no power; any number but 0 is possible");
    GRA_ASSERT_REJECTED(gra_nn_lp_pool1d(2),
                        "LPPool1d: kernel_size 0 is out of range; at least 1 is needed");
    GRA_ASSERT_REJECTED(gra_nn_adaptive_avg_pool1d(),
                        "AdaptiveAvgPool1d: output_size 0 is out of range; at least 1 is needed");
    GRA_ASSERT_REJECTED(
        gra_nn_adaptive_max_pool2d(2, .output_size_hw = {1, 2}),
        "AdaptiveMaxPool2d: both .output_size and .output_size_hw were given; one of "
        "them is enough");
    GRA_ASSERT_REJECTED(gra_nn_max_unpool2d(),
                        "MaxUnpool2d: kernel_size 0 is out of range; at least 1 is needed");
    GRA_ASSERT_REJECTED(gra_nn_unfold(),
                        "Unfold: kernel_size 0 is out of range; at least 1 is needed");
    GRA_ASSERT_REJECTED(gra_nn_fold(0, 2),
                        "Fold: output_size 0 is out of range; at least 1 is needed");
    GRA_ASSERT_REJECTED(
        gra_nn_upsample(),
        "Upsample: one of .size, .scale_factor and .scale_factor_dhw is needed, no more");
    GRA_ASSERT_REJECTED(gra_nn_upsample(.scale_factor = 2, .mode = "cubic"),
                        "Upsample: mode \"cubic\" is unknown; \"nearest\", \"nearest-exact\", "
                        "\"linear\", \"bilinear\", \"bicubic\" and \"trilinear\" are there");
    GRA_ASSERT_REJECTED(
        gra_nn_zero_pad1d(1, .padding_each = {1, 1}),
        "ZeroPad1d: both .padding and .padding_each were given; one of them is enough");
    GRA_ASSERT_REJECTED(
        gra_nn_zero_pad1d(.padding_each = {1, 1, 1}),
        "ZeroPad1d: .padding_each has more than 2 numbers; two are there for each dim");
    GRA_ASSERT_REJECTED(gra_nn_reflection_pad2d(1, 2),
                        "ReflectionPad2d: a value has no meaning here; ConstantPad2d has one");
}

GRA_TEST_MAIN("windows", convolutions_pad_as_their_mode_says,
              a_convolution_with_a_rectifier_and_a_pooling_pads_first_too,
              flip_kernel_of_a_layer_turns_its_filters,
              conv_transpose2d_enlarges_and_has_pytorchs_weights,
              a_locally_connected_layer_trains_each_pixels_weights, pooling_layers_reduce_windows,
              max_unpool2d_takes_maxima_and_their_places,
              shapes_are_changed_by_unfold_fold_upsample_and_pads,
              texts_of_convolutions_are_pytorchs, texts_of_pools_pads_and_the_rest_are_pytorchs,
              convolutions_reject_what_makes_none, pools_pads_and_the_rest_reject_bad_options)
