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
