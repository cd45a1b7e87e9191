/* images.h - normalisation, padding, adaptive pooling and channels-last tensors, as
 * tests/pytorch/cases/images.py has them. */
#ifndef CASE
#include "ops/conv2d_max_pool2d.h"

/* What becomes of the running statistics. */
static gra_tensor *batch_norm_running(gra_tensor **in)
{
    gra_tensor *const mean = gra_clone(in[3]), *const var = gra_clone(in[4]);
    gra_batch_norm(in[0], mean, var, in[1], in[2], true, .momentum = 0.3, .eps = 1e-3);
    return gra_cat((gra_tensor *[]){mean, var}, 2, 0);
}
#else
CASE(to_channels_last, gra_square(gra_to_channels_last(in[0])))
CASE(channels_last_clone, gra_mul_scalar(gra_clone(in[0]), 2))
CASE(channels_last_relu, gra_relu(in[0]))
CASE(channels_last_add, gra_add(gra_mul_scalar(in[0], 2), gra_view(in[1], GRA_SHAPE(3, 1, 1))))
CASE(channels_last_mixed, gra_mul(in[0], in[1]))
CASE(channels_last_sum, gra_sum(gra_square(in[0]), .dims = GRA_DIMS(0, 2, 3)))
CASE(channels_last_var, gra_var(in[0], .dims = GRA_DIMS(0, 2, 3)))
CASE(channels_last_softmax, gra_softmax(in[0], 1))
CASE(channels_last_log_softmax, gra_log_softmax(in[0], 1))
CASE(channels_last_cat, gra_square(gra_cat(in, 2, 1)))
CASE(channels_last_flatten, gra_square(gra_flatten(in[0], 1, -1)))
CASE(channels_last_conv2d, gra_conv2d(in[0], in[1], in[2], .padding = 1))
CASE(conv2d_relu_max_pool2d,
     gra__conv2d_max_pool2d((gra_conv2d_options){.input = in[0],
                                                 .weight = in[1],
                                                 .bias = in[2],
                                                 .stride = 1,
                                                 .dilation = 1,
                                                 .groups = 1,
                                                 .padding = 1,
                                                 .activation = GRA_RELU},
                            (gra_max_pool2d_options){.kernel_size = 2, .dilation = 1}))
CASE(
    conv2d_max_pool2d_overlapping,
    gra__conv2d_max_pool2d(
        (gra_conv2d_options){
            .input = in[0], .weight = in[1], .stride = 2, .dilation = 1, .groups = 2, .padding = 2},
        (gra_max_pool2d_options){
            .kernel_size = 3, .stride = 2, .padding = 1, .dilation = 1, .ceil_mode = true}))
CASE(channels_last_avg_pool2d, gra_avg_pool2d(in[0], 3, .stride = 2, .padding = 1))
CASE(channels_last_avg_pool2d_ceil, gra_avg_pool2d(in[0], .kernel_size_hw = {3, 2}, .stride = 2,
                                                   .ceil_mode = true, .count_include_pad = false))
CASE(channels_last_avg_pool2d_divisor, gra_avg_pool2d(in[0], 2, .divisor_override = 3))
CASE(channels_last_max_pool2d, gra_max_pool2d(in[0], 2))
CASE(channels_last_max_pool2d_overlapping, gra_max_pool2d(in[0], 3, .stride = 2))
CASE(channels_last_max_pool2d_options,
     gra_max_pool2d(in[0], .kernel_size_hw = {2, 3}, .stride_hw = {1, 2}, .padding_hw = {1, 1},
                    .dilation_hw = {2, 1}, .ceil_mode = true))
CASE(local_response_norm_defaults, gra_local_response_norm(in[0], 5))
CASE(local_response_norm_strong,
     gra_local_response_norm(in[0], 5, .alpha = 2, .beta = 0.75, .k = 2))
CASE(local_response_norm_even, gra_local_response_norm(in[0], 4, .alpha = 3, .beta = 0.6, .k = 0.5))
CASE(local_response_norm_wide, gra_local_response_norm(in[0], 9, .alpha = 3))
CASE(local_response_norm_one, gra_local_response_norm(in[0], 1, .alpha = 0.5, .beta = 2))
CASE(local_response_norm_5d, gra_local_response_norm(in[0], 3, .alpha = 0.5))
CASE(adaptive_avg_pool2d_uneven, gra_adaptive_avg_pool2d(in[0], 2, 3))
CASE(adaptive_avg_pool2d_channels_last, gra_adaptive_avg_pool2d(in[0], 3, 2))
CASE(adaptive_avg_pool2d_even, gra_adaptive_avg_pool2d(in[0], 2, 3))
CASE(adaptive_avg_pool2d_same, gra_adaptive_avg_pool2d(in[0], 3, 3))
CASE(adaptive_avg_pool2d_larger, gra_adaptive_avg_pool2d(in[0], 3, 5))
CASE(adaptive_avg_pool2d_one, gra_adaptive_avg_pool2d(in[0], 1, 1))
CASE(adaptive_avg_pool2d_no_batch, gra_adaptive_avg_pool2d(in[0], 2, 2))
CASE(zero_pad2d_sides, gra_square(gra_zero_pad2d(in[0], 1, 2, 0, 3)))
CASE(zero_pad2d_channels_last, gra_square(gra_zero_pad2d(in[0], 2, 0, 1, 1)))
CASE(zero_pad2d_image, gra_square(gra_zero_pad2d(in[0], 1, 0, 2, 0)))
CASE(zero_pad2d_none, gra_square(gra_zero_pad2d(in[0], 0, 0, 0, 0)))
CASE(batch_norm_eval, gra_square(gra_batch_norm(in[0], in[3], in[4], in[1], in[2])))
CASE(batch_norm_eval_channels_last, gra_square(gra_batch_norm(in[0], in[3], in[4], in[1], in[2])))
CASE(batch_norm_eval_plain, gra_square(gra_batch_norm(in[0], in[1], in[2])))
CASE(batch_norm_training, gra_batch_norm(in[0], .weight = in[1], .bias = in[2], .training = true))
CASE(batch_norm_training_channels_last,
     gra_batch_norm(in[0], .weight = in[1], .bias = in[2], .training = true))
CASE(batch_norm_training_plain, gra_batch_norm(in[0], .training = true, .eps = 0.1))
CASE(batch_norm_training_matrix,
     gra_batch_norm(in[0], .weight = in[1], .bias = in[2], .training = true))
CASE(batch_norm_running, batch_norm_running(in))
CASE(dropout2d_eval, gra_square(gra_dropout2d(in[0], 0.5, false)))
CASE(dropout2d_p0, gra_square(gra_dropout2d(in[0], 0, true)))
CASE(dropout2d_p1, gra_add(in[0], gra_dropout2d(in[0], 1, true)))
#endif
