"""torchvision's transforms, also from a wheel whose C++ operators are for another build of PyTorch than ours.

Importing torchvision describes its operators nms and qnms to PyTorch, which fails where they could not be loaded, as
the wheel for GPUs cannot by PyTorch's build for CPUs. Declarations of the same names are all it needs: transforms of
Pillow's images and of tensors are Python and PyTorch's own operators.
"""
import torch

try:
    import torchvision  # noqa: F401
except RuntimeError:
    import sys

    for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
        del sys.modules[name]
    library = torch.library.Library("torchvision", "DEF")
    for name in ("nms", "qnms"):
        library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    import torchvision  # noqa: F401
