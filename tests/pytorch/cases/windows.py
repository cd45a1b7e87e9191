"""Cases of padding, the convolution family, pooling and interpolation; their twins are in
tests/ops/cases/windows.h."""

import torch
import torch.nn.functional as F

from support import T, case


def turned(*shape, **options):
    return T(*shape, layout="channels_last", **options)


def pad(name, *pads, x, **options):
    case(f"pad_{name}", lambda x: (lambda y: y.square() if y.is_floating_point() else y)(F.pad(x, pads, **options)), x)


pad("constant", 1, 2, value=0.5, x=T(2, 3))
pad("constant_sides", 1, 0, 2, 1, x=T(2, 3, 2, layout="transposed"))
pad("constant_all_dims", 0, 1, 1, 0, 2, 0, 0, 1, value=-1, x=T(1, 2, 2, 2))
pad("constant_crops", -1, 2, 1, -2, value=3, x=T(2, 4, 3, layout="strided"))
pad("constant_crops_all", -1, -2, x=T(2, 3))
pad("constant_channels_last", 1, 1, 0, 2, x=turned(2, 3, 2, 2))
pad("constant_empty", 2, 1, value=2, x=T(2, 0))
pad("none", 0, 0, x=T(2, 3))
pad("int", 1, 1, value=7, x=T(2, 3, kind="int:-3:4"))
pad("bool", 1, 2, value=True, x=T(3, kind="bool"))
pad("reflect_1d", 3, 2, mode="reflect", x=T(2, 2, 4))
pad("reflect_2d", 1, 2, 2, 0, mode="reflect", x=T(2, 2, 4, 3, layout="transposed"))
pad("reflect_3d", 1, 1, 1, 0, 0, 1, mode="reflect", x=T(1, 2, 2, 2, 2))
pad("reflect_crops", -1, 3, 2, -2, mode="reflect", x=T(1, 2, 4, 4))
pad("reflect_channels_last", 1, 1, 1, 2, mode="reflect", x=turned(2, 3, 3, 2))
pad("replicate_1d", 4, 3, mode="replicate", x=T(2, 2, 3))
pad("replicate_2d", 1, 5, 4, 0, mode="replicate", x=T(2, 2, 2, 3, layout="strided"))
pad("replicate_3d", 1, 1, 1, 0, 0, 3, mode="replicate", x=T(1, 2, 2, 2, 2))
pad("replicate_crops", -1, 3, 2, -2, mode="replicate", x=turned(1, 2, 4, 4))
pad("replicate_one", 2, 1, mode="replicate", x=T(2, 1, 1))
pad("circular_1d", 3, 4, mode="circular", x=T(2, 2, 4))
pad("circular_2d", 1, 2, 3, 0, mode="circular", x=T(2, 2, 3, 2))
pad("circular_3d", 1, 1, 1, 0, 0, 2, mode="circular", x=T(1, 2, 2, 2, 2))
pad("circular_crops", -1, 2, 1, -1, mode="circular", x=T(1, 2, 4, 4))
pad("circular_channels_last", 1, 1, 2, 1, mode="circular", x=turned(2, 3, 2, 2))

conv1d = F.conv1d
case("conv1d_plain", lambda x, w: conv1d(x, w), T(2, 3, 6), T(2, 3, 3))
case("conv1d_bias", lambda x, w, b: conv1d(x, w, b), T(2, 3, 5, layout="transposed"), T(2, 3, 2), T(2))
case("conv1d_options", lambda x, w, b: conv1d(x, w, b, stride=2, padding=3, dilation=2, groups=2), T(2, 4, 7), T(6, 2, 3), T(6))
case("conv1d_no_batch", lambda x, w: conv1d(x, w, padding=1), T(2, 5), T(3, 2, 3))
case("conv1d_same", lambda x, w: conv1d(x, w, padding="same", dilation=2), T(1, 2, 6), T(2, 2, 3))
case("conv1d_same_even", lambda x, w: conv1d(x, w, padding="same"), T(1, 2, 5), T(2, 2, 4))
case("conv1d_empty", conv1d, T(0, 2, 5), T(3, 2, 3), T(3))
case("conv1d_relu", lambda x, w, b: conv1d(x, w, b).relu(), T(2, 3, 5), T(2, 3, 2, layout="strided"), T(2))
case("conv1d_flipped", lambda x, w: conv1d(x, w.flip(2)), T(2, 3, 6), T(2, 3, 3))
case("conv1d_depthwise", lambda x, w: conv1d(x, w, groups=3), T(2, 3, 6), T(3, 1, 3))

case("conv2d_flipped", lambda x, w, b: F.conv2d(x, w.flip(2, 3), b), T(2, 2, 4, 5), T(3, 2, 2, 3), T(3))
case("conv2d_flipped_options", lambda x, w, b: F.conv2d(x, w.flip(2, 3), b, stride=(2, 1), padding=(1, 2), dilation=(1, 2), groups=2), turned(2, 4, 4, 5), T(6, 2, 2, 3, layout="transposed"), T(6))
case("conv2d_flipped_relu", lambda x, w, b: F.conv2d(x, w.flip(2, 3), b).relu(), T(1, 2, 4, 3), T(2, 2, 2, 2), T(2))
case("conv2d_flipped_one", lambda x, w: F.conv2d(x, w), T(1, 2, 3, 3), T(2, 2, 1, 1))
case("conv2d_same", lambda x, w: F.conv2d(x, w, padding="same"), T(1, 2, 3, 5), T(2, 2, 2, 3))
case("conv2d_same_dilated", lambda x, w: F.conv2d(x, w, padding="same", dilation=(2, 1)), turned(1, 2, 4, 5), T(2, 2, 2, 4))

transposed = F.conv_transpose2d
case("conv_transpose2d_plain", lambda x, w: transposed(x, w), T(2, 3, 3, 4), T(3, 2, 2, 3))
case("conv_transpose2d_bias", transposed, T(2, 3, 3, 2, layout="transposed"), T(3, 2, 3, 2), T(2))
case("conv_transpose2d_stride", lambda x, w: transposed(x, w, stride=2), T(1, 2, 3, 3), T(2, 3, 3, 3))
case("conv_transpose2d_options", lambda x, w, b: transposed(x, w, b, stride=(2, 3), padding=(1, 0), output_padding=(1, 2), groups=2, dilation=(1, 2)), T(2, 4, 3, 2), T(4, 3, 3, 2), T(6))
case("conv_transpose2d_wide_padding", lambda x, w: transposed(x, w, dilation=3, output_padding=2), turned(1, 2, 2, 3), T(2, 2, 2, 2))
case("conv_transpose2d_no_batch", lambda x, w, b: transposed(x, w, b, stride=2), T(2, 3, 2), T(2, 2, 2, 2), T(2))
case("conv_transpose2d_channels_last", lambda x, w, b: transposed(x, w, b, padding=1), turned(2, 3, 3, 3), T(3, 2, 3, 3, layout="strided"), T(2))
case("conv_transpose2d_empty", transposed, T(0, 2, 3, 3), T(2, 2, 2, 2), T(2))
case("conv_transpose2d_one", lambda x, w: transposed(x, w, stride=3), T(1, 1, 1, 1), T(1, 1, 1, 1))

case("unfold_plain", lambda x: F.unfold(x, 2).square(), T(2, 3, 3, 4))
case("unfold_options", lambda x: F.unfold(x, (2, 3), dilation=(2, 1), padding=(1, 2), stride=(1, 2)).square(), T(2, 2, 4, 3, layout="transposed"))
case("unfold_no_batch", lambda x: F.unfold(x, 2, padding=1).square(), T(2, 2, 3))
case("unfold_channels_last", lambda x: F.unfold(x, 3, padding=1, stride=2).square(), turned(2, 3, 4, 4))
case("unfold_one", lambda x: F.unfold(x, 1).square(), T(1, 1, 1, 1))
case("unfold_empty", lambda x: F.unfold(x, 2).square(), T(0, 2, 3, 3))
case("fold_plain", lambda y: F.fold(y, 3, 2).square(), T(2, 8, 4))
case("fold_options", lambda y: F.fold(y, (4, 5), (2, 3), dilation=(2, 1), padding=(1, 2), stride=(1, 2)).square(), T(2, 12, 16, layout="transposed"))
case("fold_no_batch", lambda y: F.fold(y, 4, 2, stride=2).square(), T(8, 4, layout="strided"))
case("fold_empty", lambda y: F.fold(y, 3, 2).square(), T(0, 4, 4))


def local(x, w, b=None, **options):
    """A convolution with weights of each pixel's own, by way of unfold."""
    p, q, k, c, r, s = w.shape
    batch = x if x.dim() == 4 else x[None]
    patches = F.unfold(batch, (r, s), **options).view(len(batch), c, r, s, p, q)
    y = torch.einsum("ncrspq,pqkcrs->nkpq", patches, w)
    y = y if b is None else y + b
    return y if x.dim() == 4 else y[0]


case("locally_connected2d_plain", local, T(2, 3, 3, 4), T(2, 2, 2, 3, 2, 3))
case("locally_connected2d_bias", local, turned(2, 2, 3, 3), T(2, 2, 3, 2, 2, 2, layout="transposed"), T(3, 2, 2))
case("locally_connected2d_options", lambda x, w, b: local(x, w, b, stride=(2, 1), padding=(1, 0), dilation=(1, 2)), T(2, 2, 3, 4), T(2, 2, 2, 2, 2, 2), T(2, 2, 2))
case("locally_connected2d_no_batch", local, T(2, 3, 3), T(2, 2, 1, 2, 2, 2))
case("locally_connected2d_empty", local, T(0, 1, 2, 2), T(1, 1, 2, 1, 2, 2), T(2, 1, 1))


def places(x, *sizes, **options):
    return F.max_pool2d(x, *sizes, return_indices=True, **options)


def unpooled(x, kernel, stride=None, padding=0, output_size=None):
    y, at = places(x, kernel, stride=stride, padding=padding)
    return F.max_unpool2d(y, at, kernel, stride=stride, padding=padding, output_size=output_size)


def lp(name, x, *sizes, pool=F.lp_pool2d, **options):
    case(name, lambda x: pool(x, *sizes, **options), x)


def distinct(*shape, **options):
    return T(*shape, kind="distinct", **options)


case("max_pool2d_with_indices_values", lambda x: places(x, 2)[0], distinct(2, 3, 4, 5))
case("max_pool2d_with_indices_places", lambda x: places(x, 2)[1], distinct(2, 3, 4, 5))
case("max_pool2d_with_indices_options", lambda x: places(x, (2, 3), stride=(1, 2), padding=(1, 1), ceil_mode=True)[0], distinct(1, 2, 5, 4, layout="transposed"))
case("max_pool2d_with_indices_places_options", lambda x: places(x, 2, stride=1, padding=1, dilation=2)[1], distinct(1, 2, 4, 5))
case("max_pool2d_with_indices_channels_last", lambda x: places(x, 3, stride=2)[0], distinct(2, 3, 5, 5, layout="channels_last"))
case("max_pool2d_with_indices_places_channels_last", lambda x: places(x, 3, stride=2)[1], distinct(2, 3, 5, 5, layout="channels_last"))
case("max_pool2d_with_indices_no_batch", lambda x: places(x, 2)[1], distinct(2, 4, 4))
case("max_unpool2d_plain", lambda x: unpooled(x, 2).square(), distinct(2, 2, 4, 4))
case("max_unpool2d_output_size", lambda x: unpooled(x, 2, output_size=(5, 5)).square(), distinct(1, 2, 5, 5))
case("max_unpool2d_options", lambda x: unpooled(x, (2, 3), stride=3, padding=1, output_size=(6, 5)).square(), distinct(1, 2, 6, 5, layout="strided"))
case("max_unpool2d_no_batch", lambda x: unpooled(x, 2).square(), distinct(2, 4, 4))
case("max_unpool2d_channels_last", lambda x: unpooled(x, 2).square(), distinct(2, 3, 4, 4, layout="channels_last"))
case("max_unpool2d_given", lambda x, at: F.max_unpool2d(x, at + torch.arange(4).view(1, 1, 2, 2) * 4, 2), T(1, 1, 2, 2), T(1, 1, 2, 2, kind="int:0:4"))
lp("lp_pool2d_two", T(2, 2, 4, 5), 2, 2)
lp("lp_pool2d_options", T(1, 2, 5, 4, kind="positive", layout="transposed"), 3, (3, 2), stride=(2, 1))
lp("lp_pool2d_ceil", T(1, 2, 5, 3, kind="positive"), 1.5, 2, ceil_mode=True)
lp("lp_pool2d_no_batch", T(2, 3, 4), 2, 2, stride=1)
lp("lp_pool2d_channels_last", turned(2, 3, 4, 4), 2, 2)
case("avg_pool1d_plain", lambda x: F.avg_pool1d(x, 2).square(), T(2, 3, 5))
case("avg_pool1d_options", lambda x: F.avg_pool1d(x, 3, stride=2, padding=1, ceil_mode=True, count_include_pad=False).square(), T(2, 3, 6, layout="transposed"))
case("avg_pool1d_no_batch", lambda x: F.avg_pool1d(x, 3, 1).square(), T(2, 5))
case("max_pool1d_plain", lambda x: F.max_pool1d(x, 2), distinct(2, 3, 5))
case("max_pool1d_options", lambda x: F.max_pool1d(x, 3, stride=2, padding=1, dilation=2, ceil_mode=True), distinct(2, 2, 8, layout="strided"))
case("max_pool1d_no_batch", lambda x: F.max_pool1d(x, 2, 1), distinct(2, 5))
case("max_pool1d_with_indices_values", lambda x: F.max_pool1d(x, 3, 2, 1, return_indices=True)[0], distinct(2, 3, 6))
case("max_pool1d_with_indices_places", lambda x: F.max_pool1d(x, 3, 2, 1, return_indices=True)[1], distinct(2, 3, 6))
lp("lp_pool1d_two", T(2, 3, 6), 2, 3, stride=2, pool=F.lp_pool1d)
lp("lp_pool1d_ceil", T(2, 5, kind="positive"), 3, 2, ceil_mode=True, pool=F.lp_pool1d)
case("adaptive_avg_pool1d_uneven", lambda x: F.adaptive_avg_pool1d(x, 3).square(), T(2, 3, 7))
case("adaptive_avg_pool1d_no_batch", lambda x: F.adaptive_avg_pool1d(x, 2).square(), T(3, 4))
case("adaptive_max_pool1d_uneven", lambda x: F.adaptive_max_pool1d(x, 3), distinct(2, 3, 7))
case("adaptive_max_pool1d_places", lambda x: F.adaptive_max_pool1d(x, 3, return_indices=True)[1], distinct(2, 3, 7))
case("adaptive_max_pool2d_uneven", lambda x: F.adaptive_max_pool2d(x, (2, 3)), distinct(2, 2, 5, 7))
case("adaptive_max_pool2d_places", lambda x: F.adaptive_max_pool2d(x, (2, 3), return_indices=True)[1], distinct(2, 2, 5, 7, layout="transposed"))
case("adaptive_max_pool2d_even", lambda x: F.adaptive_max_pool2d(x, (2, 3)), distinct(1, 2, 4, 6, layout="channels_last"))
case("adaptive_max_pool2d_even_places", lambda x: F.adaptive_max_pool2d(x, (2, 3), return_indices=True)[1], distinct(1, 2, 4, 6, layout="channels_last"))
case("adaptive_max_pool2d_larger", lambda x: F.adaptive_max_pool2d(x, (3, 5)), distinct(1, 2, 2, 3))
case("adaptive_max_pool2d_channels_last", lambda x: F.adaptive_max_pool2d(x, (3, 2)), distinct(2, 3, 5, 4, layout="channels_last"))
case("adaptive_max_pool2d_channels_last_places", lambda x: F.adaptive_max_pool2d(x, (3, 2), return_indices=True)[1], distinct(2, 3, 5, 4, layout="channels_last"))
case("adaptive_max_pool2d_no_batch", lambda x: F.adaptive_max_pool2d(x, 2), distinct(2, 3, 5))

case("interpolate_nearest", lambda x: F.interpolate(x, (5, 3), mode="nearest").square(), T(2, 2, 3, 4))
case("interpolate_nearest_1d", lambda x: F.interpolate(x, 7, mode="nearest").square(), T(2, 2, 3, layout="transposed"))
case("interpolate_nearest_3d", lambda x: F.interpolate(x, (3, 4, 5), mode="nearest").square(), T(1, 2, 2, 3, 2))
case("interpolate_nearest_channels_last", lambda x: F.interpolate(x, (6, 4), mode="nearest").square(), turned(2, 3, 3, 2))
case("interpolate_nearest_exact", lambda x: F.interpolate(x, (5, 7), mode="nearest-exact").square(), T(2, 2, 3, 4, layout="strided"))
case("interpolate_nearest_int", lambda x: F.interpolate(x.float(), (5, 3), mode="nearest").long(), T(1, 2, 3, 4, kind="int:0:9"))
case("interpolate_nearest_empty", lambda x: F.interpolate(x, (5, 3), mode="nearest").square(), T(0, 2, 3, 4))
case("interpolate_linear", lambda x: F.interpolate(x, 7, mode="linear").square(), T(2, 2, 4))
case("interpolate_linear_corners", lambda x: F.interpolate(x, 7, mode="linear", align_corners=True).square(), T(2, 2, 4, layout="transposed"))
case("interpolate_linear_one", lambda x: F.interpolate(x, 3, mode="linear").square(), T(1, 2, 1))
case("interpolate_bilinear", lambda x: F.interpolate(x, (5, 7), mode="bilinear").square(), T(2, 2, 3, 4))
case("interpolate_bilinear_smaller", lambda x: F.interpolate(x, (2, 3), mode="bilinear").square(), T(2, 2, 5, 7, layout="transposed"))
case("interpolate_bilinear_corners", lambda x: F.interpolate(x, (5, 3), mode="bilinear", align_corners=True).square(), T(1, 2, 3, 4))
case("interpolate_bilinear_corners_one", lambda x: F.interpolate(x, (1, 1), mode="bilinear", align_corners=True).square(), T(1, 2, 3, 4))
case("interpolate_bilinear_channels_last", lambda x: F.interpolate(x, (6, 5), mode="bilinear").square(), turned(2, 3, 3, 2))
case("interpolate_bilinear_same", lambda x: F.interpolate(x, (3, 4), mode="bilinear").square(), T(1, 2, 3, 4))
case("interpolate_bilinear_empty", lambda x: F.interpolate(x, (3, 4), mode="bilinear").square(), T(0, 2, 2, 2))
case("interpolate_bicubic", lambda x: F.interpolate(x, (5, 7), mode="bicubic").square(), T(2, 2, 3, 4))
case("interpolate_bicubic_corners", lambda x: F.interpolate(x, (5, 7), mode="bicubic", align_corners=True).square(), T(1, 2, 4, 3))
case("interpolate_bicubic_channels_last", lambda x: F.interpolate(x, (3, 4), mode="bicubic").square(), turned(1, 3, 5, 6))
case("interpolate_trilinear", lambda x: F.interpolate(x, (3, 4, 3), mode="trilinear").square(), T(1, 2, 2, 3, 2))
case("interpolate_trilinear_corners", lambda x: F.interpolate(x, (2, 4, 3), mode="trilinear", align_corners=True).square(), T(1, 2, 3, 2, 2))
case("interpolate_nearest_scale", lambda x: F.interpolate(x, scale_factor=2, mode="nearest").square(), T(1, 2, 2, 3))
case("interpolate_nearest_scale_odd", lambda x: F.interpolate(x, scale_factor=1.7, mode="nearest").square(), T(1, 2, 5, 3))
case("interpolate_nearest_exact_scale", lambda x: F.interpolate(x, scale_factor=0.6, mode="nearest-exact").square(), T(1, 2, 5, 7))
case("interpolate_bilinear_scale", lambda x: F.interpolate(x, scale_factor=2, mode="bilinear").square(), T(1, 2, 2, 3))
case("interpolate_bilinear_scale_odd", lambda x: F.interpolate(x, scale_factor=1.7, mode="bilinear").square(), T(1, 2, 3, 4))
case("interpolate_bicubic_scale_odd", lambda x: F.interpolate(x, scale_factor=0.6, mode="bicubic").square(), T(1, 2, 5, 7))
case("interpolate_linear_scale", lambda x: F.interpolate(x, scale_factor=2.5, mode="linear").square(), T(1, 2, 4))
case("interpolate_trilinear_scale", lambda x: F.interpolate(x, scale_factor=1.5, mode="trilinear").square(), T(1, 1, 2, 3, 2))
case("interpolate_bilinear_scales", lambda x: F.interpolate(x, scale_factor=(1.5, 2), mode="bilinear").square(), T(1, 2, 3, 2))

case("conv3d_plain", lambda x, w: F.conv3d(x, w), T(2, 2, 3, 3, 2), T(2, 2, 2, 2, 2))
case("conv3d_bias", lambda x, w, b: F.conv3d(x, w, b, padding=1), T(1, 2, 2, 2, 3, layout="transposed"), T(3, 2, 3, 2, 3, layout="strided"), T(3))
case("conv3d_options", lambda x, w, b: F.conv3d(x, w, b, stride=(2, 1, 2), padding=(1, 0, 2), dilation=(1, 2, 1), groups=2), T(1, 4, 3, 3, 2), T(4, 2, 2, 2, 3), T(4))
case("conv3d_dilated_depth", lambda x, w: F.conv3d(x, w, padding=(3, 0, 0), dilation=(2, 1, 1)), T(2, 1, 2, 2, 2), T(1, 1, 3, 1, 2))
case("conv3d_no_batch", lambda x, w: F.conv3d(x, w), T(2, 2, 3, 2), T(2, 2, 2, 2, 1))
case("conv3d_same", lambda x, w: F.conv3d(x, w, padding="same"), T(1, 1, 3, 2, 3), T(2, 1, 2, 3, 2))
case("conv3d_one", lambda x, w: F.conv3d(x, w), T(1, 1, 1, 1, 1), T(1, 1, 1, 1, 1))
case("conv3d_empty", F.conv3d, T(0, 2, 2, 2, 2), T(2, 2, 1, 2, 2), T(2))
