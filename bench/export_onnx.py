"""Exports a network of bench/compare for ONNX Runtime.

    export_onnx.py NET BATCH FILE
"""
import sys

import torch

from pytorch_networks import KINDS


def main():
    net, batch, file = sys.argv[1:]
    make, shape, _, _ = KINDS[net]
    torch.manual_seed(1)
    torch.onnx.export(make().eval(), (torch.randn(int(batch), *shape),), file, verbose=False)


main()
