/* products.h - convolution and pooling, as tests/pytorch/cases/products.py has them. */
#ifdef CASE
CASE(conv2d_plain, gra_conv2d(in[0], in[1], in[2]))
CASE(conv2d_without_bias, gra_conv2d(in[0], in[1]))
CASE(conv2d_stride_padding,
     gra_conv2d(in[0], in[1], in[2], .stride_hw = {2, 1}, .padding_hw = {1, 2}))
CASE(conv2d_dilation, gra_conv2d(in[0], in[1], .padding = 2, .dilation = 2))
CASE(conv2d_groups, gra_conv2d(in[0], in[1], in[2], .groups = 2))
CASE(conv2d_depthwise, gra_conv2d(in[0], in[1], .padding = 1, .groups = 3))
CASE(conv2d_one_by_one, gra_conv2d(in[0], in[1], in[2]))
CASE(conv2d_no_batch, gra_conv2d(in[0], in[1], in[2], .padding = 1))
CASE(conv2d_empty_batch, gra_conv2d(in[0], in[1], in[2]))
CASE(conv2d_transposed, gra_conv2d(in[0], in[1]))
CASE(conv2d_relu, gra_conv2d(in[0], in[1], in[2], .padding = 1, .activation = GRA_RELU))
CASE(conv2d_winograd, gra_conv2d(in[0], in[1], in[2], .padding = 1, .activation = GRA_RELU))
CASE(avg_pool2d_plain, gra_avg_pool2d(in[0], 2))
CASE(avg_pool2d_options,
     gra_avg_pool2d(in[0], .kernel_size_hw = {3, 2}, .stride_hw = {2, 1}, .padding_hw = {1, 1}))
CASE(avg_pool2d_ceil, gra_avg_pool2d(in[0], 3, .stride = 2, .padding = 1, .ceil_mode = true,
                                     .count_include_pad = false))
CASE(avg_pool2d_ceil_counting_pad,
     gra_avg_pool2d(in[0], 3, .stride = 2, .padding = 1, .ceil_mode = true))
CASE(avg_pool2d_divisor, gra_avg_pool2d(in[0], 2, .stride = 1, .divisor_override = 3))
CASE(avg_pool2d_no_batch, gra_avg_pool2d(in[0], 2))
CASE(max_pool2d_plain, gra_max_pool2d(in[0], 2))
CASE(max_pool2d_overlapping, gra_max_pool2d(in[0], 3, .stride = 2))
CASE(max_pool2d_options, gra_max_pool2d(in[0], .kernel_size_hw = {2, 3}, .stride_hw = {1, 2},
                                        .padding_hw = {1, 1}, .dilation_hw = {2, 1}))
CASE(max_pool2d_ceil, gra_max_pool2d(in[0], 3, .stride = 2, .padding = 1, .ceil_mode = true))
CASE(max_pool2d_no_batch, gra_max_pool2d(in[0], 2, .stride = 1))
#endif
