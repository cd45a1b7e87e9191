/* windows.h - padding, the convolution family, pooling and interpolation, as
 * tests/pytorch/cases/windows.py has them. */
#ifndef CASE
static gra_tensor *max_pool2d_places(gra_tensor *x, bool indices, gra_max_pool2d_options o)
{
    gra_tensor *places;
    o.input = x;
    gra_tensor *const y = gra_max_pool2d_with_indices_with(&places, o);
    return indices ? places : y;
}

/* Pooled and put back. */
static gra_tensor *max_unpooled(gra_tensor *x, gra_max_unpool2d_options o)
{
    gra_tensor *places;
    o.input =
        gra_max_pool2d_with_indices(&places, x, .kernel_size = o.kernel_size,
                                    .kernel_size_hw = {o.kernel_size_hw[0], o.kernel_size_hw[1]},
                                    .stride = o.stride, .padding = o.padding);
    o.indices = places;
    return gra_max_unpool2d_with(o);
}

static gra_tensor *max_pool1d_places(gra_tensor *x, bool indices)
{
    gra_tensor *places;
    gra_tensor *const y = gra_max_pool1d_with_indices(&places, x, 3, .stride = 2, .padding = 1);
    return indices ? places : y;
}

static gra_tensor *adaptive_max(gra_tensor *x, int64_t h, int64_t w, bool indices)
{
    gra_tensor *places;
    gra_tensor *const y =
        h ? gra_adaptive_max_pool2d(x, h, w, &places) : gra_adaptive_max_pool1d(x, w, &places);
    return indices ? places : y;
}

#define POOL(...) ((gra_max_pool2d_options){.dilation = 1, __VA_ARGS__})
#define UNPOOL(...) ((gra_max_unpool2d_options){__VA_ARGS__})
#else
CASE(pad_constant, gra_square(gra_pad(in[0], GRA_PADS(1, 2), .value = 0.5)))
CASE(pad_constant_sides, gra_square(gra_pad(in[0], GRA_PADS(1, 0, 2, 1))))
CASE(pad_constant_all_dims,
     gra_square(gra_pad(in[0], GRA_PADS(0, 1, 1, 0, 2, 0, 0, 1), .value = -1)))
CASE(pad_constant_crops, gra_square(gra_pad(in[0], GRA_PADS(-1, 2, 1, -2), .value = 3)))
CASE(pad_constant_crops_all, gra_square(gra_pad(in[0], GRA_PADS(-1, -2))))
CASE(pad_constant_channels_last, gra_square(gra_pad(in[0], GRA_PADS(1, 1, 0, 2))))
CASE(pad_constant_empty, gra_square(gra_pad(in[0], GRA_PADS(2, 1), .value = 2)))
CASE(pad_none, gra_square(gra_pad(in[0], GRA_PADS(0, 0))))
CASE(pad_int, gra_pad(in[0], GRA_PADS(1, 1), .value = 7))
CASE(pad_bool, gra_pad(in[0], GRA_PADS(1, 2), .value = 1))
CASE(pad_reflect_1d, gra_square(gra_pad(in[0], GRA_PADS(3, 2), .mode = "reflect")))
CASE(pad_reflect_2d, gra_square(gra_pad(in[0], GRA_PADS(1, 2, 2, 0), .mode = "reflect")))
CASE(pad_reflect_3d, gra_square(gra_pad(in[0], GRA_PADS(1, 1, 1, 0, 0, 1), .mode = "reflect")))
CASE(pad_reflect_crops, gra_square(gra_pad(in[0], GRA_PADS(-1, 3, 2, -2), .mode = "reflect")))
CASE(pad_reflect_channels_last, gra_square(gra_pad(in[0], GRA_PADS(1, 1, 1, 2), .mode = "reflect")))
CASE(pad_replicate_1d, gra_square(gra_pad(in[0], GRA_PADS(4, 3), .mode = "replicate")))
CASE(pad_replicate_2d, gra_square(gra_pad(in[0], GRA_PADS(1, 5, 4, 0), .mode = "replicate")))
CASE(pad_replicate_3d, gra_square(gra_pad(in[0], GRA_PADS(1, 1, 1, 0, 0, 3), .mode = "replicate")))
CASE(pad_replicate_crops, gra_square(gra_pad(in[0], GRA_PADS(-1, 3, 2, -2), .mode = "replicate")))
CASE(pad_replicate_one, gra_square(gra_pad(in[0], GRA_PADS(2, 1), .mode = "replicate")))
CASE(pad_circular_1d, gra_square(gra_pad(in[0], GRA_PADS(3, 4), .mode = "circular")))
CASE(pad_circular_2d, gra_square(gra_pad(in[0], GRA_PADS(1, 2, 3, 0), .mode = "circular")))
CASE(pad_circular_3d, gra_square(gra_pad(in[0], GRA_PADS(1, 1, 1, 0, 0, 2), .mode = "circular")))
CASE(pad_circular_crops, gra_square(gra_pad(in[0], GRA_PADS(-1, 2, 1, -1), .mode = "circular")))
CASE(pad_circular_channels_last,
     gra_square(gra_pad(in[0], GRA_PADS(1, 1, 2, 1), .mode = "circular")))
CASE(conv1d_plain, gra_conv1d(in[0], in[1]))
CASE(conv1d_bias, gra_conv1d(in[0], in[1], in[2]))
CASE(conv1d_options,
     gra_conv1d(in[0], in[1], in[2], .stride = 2, .padding = 3, .dilation = 2, .groups = 2))
CASE(conv1d_no_batch, gra_conv1d(in[0], in[1], .padding = 1))
CASE(conv1d_same, gra_conv1d(in[0], in[1], .padding = GRA_SAME, .dilation = 2))
CASE(conv1d_same_even, gra_conv1d(in[0], in[1], .padding = GRA_SAME))
CASE(conv1d_empty, gra_conv1d(in[0], in[1], in[2]))
CASE(conv1d_relu, gra_conv1d(in[0], in[1], in[2], .activation = GRA_RELU))
CASE(conv1d_flipped, gra_conv1d(in[0], in[1], .flip_kernel = true))
CASE(conv1d_depthwise, gra_conv1d(in[0], in[1], .groups = 3))
CASE(conv2d_flipped, gra_conv2d(in[0], in[1], in[2], .flip_kernel = true))
CASE(conv2d_flipped_options,
     gra_conv2d(in[0], in[1], in[2], .stride_hw = {2, 1}, .padding_hw = {1, 2},
                .dilation_hw = {1, 2}, .groups = 2, .flip_kernel = true))
CASE(conv2d_flipped_relu,
     gra_conv2d(in[0], in[1], in[2], .activation = GRA_RELU, .flip_kernel = true))
CASE(conv2d_flipped_one, gra_conv2d(in[0], in[1], .flip_kernel = true))
CASE(conv2d_same, gra_conv2d(in[0], in[1], .padding = GRA_SAME))
CASE(conv2d_same_dilated, gra_conv2d(in[0], in[1], .padding = GRA_SAME, .dilation_hw = {2, 1}))
CASE(conv_transpose2d_plain, gra_conv_transpose2d(in[0], in[1]))
CASE(conv_transpose2d_bias, gra_conv_transpose2d(in[0], in[1], in[2]))
CASE(conv_transpose2d_stride, gra_conv_transpose2d(in[0], in[1], .stride = 2))
CASE(conv_transpose2d_options,
     gra_conv_transpose2d(in[0], in[1], in[2], .stride_hw = {2, 3}, .padding_hw = {1, 0},
                          .output_padding_hw = {1, 2}, .groups = 2, .dilation_hw = {1, 2}))
CASE(conv_transpose2d_wide_padding,
     gra_conv_transpose2d(in[0], in[1], .dilation = 3, .output_padding = 2))
CASE(conv_transpose2d_no_batch, gra_conv_transpose2d(in[0], in[1], in[2], .stride = 2))
CASE(conv_transpose2d_channels_last, gra_conv_transpose2d(in[0], in[1], in[2], .padding = 1))
CASE(conv_transpose2d_empty, gra_conv_transpose2d(in[0], in[1], in[2]))
CASE(conv_transpose2d_one, gra_conv_transpose2d(in[0], in[1], .stride = 3))
CASE(unfold_plain, gra_square(gra_unfold(in[0], 2)))
CASE(unfold_options, gra_square(gra_unfold(in[0], .kernel_size_hw = {2, 3}, .dilation_hw = {2, 1},
                                           .padding_hw = {1, 2}, .stride_hw = {1, 2})))
CASE(unfold_no_batch, gra_square(gra_unfold(in[0], 2, .padding = 1)))
CASE(unfold_channels_last, gra_square(gra_unfold(in[0], 3, .padding = 1, .stride = 2)))
CASE(unfold_one, gra_square(gra_unfold(in[0], 1)))
CASE(unfold_empty, gra_square(gra_unfold(in[0], 2)))
CASE(fold_plain, gra_square(gra_fold(in[0], 3, 2)))
CASE(fold_options,
     gra_square(gra_fold(in[0], .output_size_hw = {4, 5}, .kernel_size_hw = {2, 3},
                         .dilation_hw = {2, 1}, .padding_hw = {1, 2}, .stride_hw = {1, 2})))
CASE(fold_no_batch, gra_square(gra_fold(in[0], 4, 2, .stride = 2)))
CASE(fold_empty, gra_square(gra_fold(in[0], 3, 2)))
CASE(locally_connected2d_plain, gra_locally_connected2d(in[0], in[1]))
CASE(locally_connected2d_bias, gra_locally_connected2d(in[0], in[1], in[2]))
CASE(locally_connected2d_options,
     gra_locally_connected2d(in[0], in[1], in[2], .stride_hw = {2, 1}, .padding_hw = {1, 0},
                             .dilation_hw = {1, 2}))
CASE(locally_connected2d_no_batch, gra_locally_connected2d(in[0], in[1]))
CASE(locally_connected2d_empty, gra_locally_connected2d(in[0], in[1], in[2]))
CASE(max_pool2d_with_indices_values, max_pool2d_places(in[0], false, POOL(.kernel_size = 2)))
CASE(max_pool2d_with_indices_places, max_pool2d_places(in[0], true, POOL(.kernel_size = 2)))
CASE(max_pool2d_with_indices_options,
     max_pool2d_places(in[0], false,
                       POOL(.kernel_size_hw = {2, 3}, .stride_hw = {1, 2}, .padding_hw = {1, 1},
                            .ceil_mode = true)))
CASE(max_pool2d_with_indices_places_options,
     max_pool2d_places(in[0], true,
                       POOL(.kernel_size_hw = {2, 2}, .stride = 1, .padding = 1, .dilation = 2)))
CASE(max_pool2d_with_indices_channels_last,
     max_pool2d_places(in[0], false, POOL(.kernel_size = 3, .stride = 2)))
CASE(max_pool2d_with_indices_places_channels_last,
     max_pool2d_places(in[0], true, POOL(.kernel_size = 3, .stride = 2)))
CASE(max_pool2d_with_indices_no_batch, max_pool2d_places(in[0], true, POOL(.kernel_size = 2)))
CASE(max_unpool2d_plain, gra_square(max_unpooled(in[0], UNPOOL(.kernel_size = 2))))
CASE(max_unpool2d_output_size,
     gra_square(max_unpooled(in[0], UNPOOL(.kernel_size = 2, .output_size_hw = {5, 5}))))
CASE(max_unpool2d_options,
     gra_square(max_unpooled(in[0], UNPOOL(.kernel_size_hw = {2, 3}, .stride = 3, .padding = 1,
                                           .output_size_hw = {6, 5}))))
CASE(max_unpool2d_no_batch, gra_square(max_unpooled(in[0], UNPOOL(.kernel_size = 2))))
CASE(max_unpool2d_channels_last, gra_square(max_unpooled(in[0], UNPOOL(.kernel_size = 2))))
CASE(max_unpool2d_given,
     gra_max_unpool2d(in[0], gra_add(in[1], gra_view(gra_arange(0, 16, 4), GRA_SHAPE(1, 1, 2, 2))),
                      2))
CASE(lp_pool2d_two, gra_lp_pool2d(in[0], 2, 2))
CASE(lp_pool2d_options, gra_lp_pool2d(in[0], 3, .kernel_size_hw = {3, 2}, .stride_hw = {2, 1}))
CASE(lp_pool2d_ceil, gra_lp_pool2d(in[0], 1.5, 2, .ceil_mode = true))
CASE(lp_pool2d_no_batch, gra_lp_pool2d(in[0], 2, 2, .stride = 1))
CASE(lp_pool2d_channels_last, gra_lp_pool2d(in[0], 2, 2))
CASE(avg_pool1d_plain, gra_square(gra_avg_pool1d(in[0], 2)))
CASE(avg_pool1d_options, gra_square(gra_avg_pool1d(in[0], 3, .stride = 2, .padding = 1,
                                                   .ceil_mode = true, .count_include_pad = false)))
CASE(avg_pool1d_no_batch, gra_square(gra_avg_pool1d(in[0], 3, 1)))
CASE(max_pool1d_plain, gra_max_pool1d(in[0], 2))
CASE(max_pool1d_options,
     gra_max_pool1d(in[0], 3, .stride = 2, .padding = 1, .dilation = 2, .ceil_mode = true))
CASE(max_pool1d_no_batch, gra_max_pool1d(in[0], 2, 1))
CASE(max_pool1d_with_indices_values, max_pool1d_places(in[0], false))
CASE(max_pool1d_with_indices_places, max_pool1d_places(in[0], true))
CASE(lp_pool1d_two, gra_lp_pool1d(in[0], 2, 3, .stride = 2))
CASE(lp_pool1d_ceil, gra_lp_pool1d(in[0], 3, 2, .ceil_mode = true))
CASE(adaptive_avg_pool1d_uneven, gra_square(gra_adaptive_avg_pool1d(in[0], 3)))
CASE(adaptive_avg_pool1d_no_batch, gra_square(gra_adaptive_avg_pool1d(in[0], 2)))
CASE(adaptive_max_pool1d_uneven, adaptive_max(in[0], 0, 3, false))
CASE(adaptive_max_pool1d_places, adaptive_max(in[0], 0, 3, true))
CASE(adaptive_max_pool2d_uneven, adaptive_max(in[0], 2, 3, false))
CASE(adaptive_max_pool2d_places, adaptive_max(in[0], 2, 3, true))
CASE(adaptive_max_pool2d_even, adaptive_max(in[0], 2, 3, false))
CASE(adaptive_max_pool2d_even_places, adaptive_max(in[0], 2, 3, true))
CASE(adaptive_max_pool2d_larger, adaptive_max(in[0], 3, 5, false))
CASE(adaptive_max_pool2d_channels_last, adaptive_max(in[0], 3, 2, false))
CASE(adaptive_max_pool2d_channels_last_places, adaptive_max(in[0], 3, 2, true))
CASE(adaptive_max_pool2d_no_batch, adaptive_max(in[0], 2, 2, false))
CASE(interpolate_nearest, gra_square(gra_interpolate(in[0], GRA_SHAPE(5, 3), .mode = "nearest")))
CASE(interpolate_nearest_1d, gra_square(gra_interpolate(in[0], GRA_SHAPE(7), .mode = "nearest")))
CASE(interpolate_nearest_3d,
     gra_square(gra_interpolate(in[0], GRA_SHAPE(3, 4, 5), .mode = "nearest")))
CASE(interpolate_nearest_channels_last,
     gra_square(gra_interpolate(in[0], GRA_SHAPE(6, 4), .mode = "nearest")))
CASE(interpolate_nearest_exact,
     gra_square(gra_interpolate(in[0], GRA_SHAPE(5, 7), .mode = "nearest-exact")))
CASE(interpolate_nearest_int, gra_interpolate(in[0], GRA_SHAPE(5, 3), .mode = "nearest"))
CASE(interpolate_nearest_empty,
     gra_square(gra_interpolate(in[0], GRA_SHAPE(5, 3), .mode = "nearest")))
CASE(interpolate_linear, gra_square(gra_interpolate(in[0], GRA_SHAPE(7), .mode = "linear")))
CASE(interpolate_linear_corners,
     gra_square(gra_interpolate(in[0], GRA_SHAPE(7), .mode = "linear", .align_corners = true)))
CASE(interpolate_linear_one, gra_square(gra_interpolate(in[0], GRA_SHAPE(3), .mode = "linear")))
CASE(interpolate_bilinear, gra_square(gra_interpolate(in[0], GRA_SHAPE(5, 7), .mode = "bilinear")))
CASE(interpolate_bilinear_smaller,
     gra_square(gra_interpolate(in[0], GRA_SHAPE(2, 3), .mode = "bilinear")))
CASE(interpolate_bilinear_corners,
     gra_square(gra_interpolate(in[0], GRA_SHAPE(5, 3), .mode = "bilinear", .align_corners = true)))
CASE(interpolate_bilinear_corners_one,
     gra_square(gra_interpolate(in[0], GRA_SHAPE(1, 1), .mode = "bilinear", .align_corners = true)))
CASE(interpolate_bilinear_channels_last,
     gra_square(gra_interpolate(in[0], GRA_SHAPE(6, 5), .mode = "bilinear")))
CASE(interpolate_bilinear_same,
     gra_square(gra_interpolate(in[0], GRA_SHAPE(3, 4), .mode = "bilinear")))
CASE(interpolate_bilinear_empty,
     gra_square(gra_interpolate(in[0], GRA_SHAPE(3, 4), .mode = "bilinear")))
CASE(interpolate_bicubic, gra_square(gra_interpolate(in[0], GRA_SHAPE(5, 7), .mode = "bicubic")))
CASE(interpolate_bicubic_corners,
     gra_square(gra_interpolate(in[0], GRA_SHAPE(5, 7), .mode = "bicubic", .align_corners = true)))
CASE(interpolate_bicubic_channels_last,
     gra_square(gra_interpolate(in[0], GRA_SHAPE(3, 4), .mode = "bicubic")))
CASE(interpolate_trilinear,
     gra_square(gra_interpolate(in[0], GRA_SHAPE(3, 4, 3), .mode = "trilinear")))
CASE(interpolate_trilinear_corners,
     gra_square(gra_interpolate(in[0], GRA_SHAPE(2, 4, 3), .mode = "trilinear",
                                .align_corners = true)))
CASE(interpolate_nearest_scale,
     gra_square(gra_interpolate(in[0], .scale_factor = 2, .mode = "nearest")))
CASE(interpolate_nearest_scale_odd,
     gra_square(gra_interpolate(in[0], .scale_factor = 1.7, .mode = "nearest")))
CASE(interpolate_nearest_exact_scale,
     gra_square(gra_interpolate(in[0], .scale_factor = 0.6, .mode = "nearest-exact")))
CASE(interpolate_bilinear_scale,
     gra_square(gra_interpolate(in[0], .scale_factor = 2, .mode = "bilinear")))
CASE(interpolate_bilinear_scale_odd,
     gra_square(gra_interpolate(in[0], .scale_factor = 1.7, .mode = "bilinear")))
CASE(interpolate_bicubic_scale_odd,
     gra_square(gra_interpolate(in[0], .scale_factor = 0.6, .mode = "bicubic")))
CASE(interpolate_linear_scale,
     gra_square(gra_interpolate(in[0], .scale_factor = 2.5, .mode = "linear")))
CASE(interpolate_trilinear_scale,
     gra_square(gra_interpolate(in[0], .scale_factor = 1.5, .mode = "trilinear")))
CASE(interpolate_bilinear_scales,
     gra_square(gra_interpolate(in[0], .scale_factor_dhw = {0, 1.5, 2}, .mode = "bilinear")))
CASE(conv3d_plain, gra_conv3d(in[0], in[1]))
CASE(conv3d_bias, gra_conv3d(in[0], in[1], in[2], .padding = 1))
CASE(conv3d_options, gra_conv3d(in[0], in[1], in[2], .stride_dhw = {2, 1, 2},
                                .padding_dhw = {1, 0, 2}, .dilation_dhw = {1, 2, 1}, .groups = 2))
CASE(conv3d_dilated_depth,
     gra_conv3d(in[0], in[1], .padding_dhw = {3, 0, 0}, .dilation_dhw = {2, 1, 1}))
CASE(conv3d_no_batch, gra_conv3d(in[0], in[1]))
CASE(conv3d_same, gra_conv3d(in[0], in[1], .padding = GRA_SAME))
CASE(conv3d_one, gra_conv3d(in[0], in[1]))
CASE(conv3d_empty, gra_conv3d(in[0], in[1], in[2]))
#endif
