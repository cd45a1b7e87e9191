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
