"""The PyTorch side of bench/compare NET-layers.

    pytorch_layer_worker.py THREADS FORMAT       FORMAT contiguous or channels_last: of x, g and the weight

Otherwise the arguments and answers of layer_worker.c.  The operators of aten are called without autograd.
"""
import sys

import torch

from timing import answer

aten = torch.ops.aten


def linear_step(sizes, which, _):
    n, c, _, _, k, *_ = sizes
    x, w, bias, g = torch.randn(n, c), torch.randn(k, c), torch.randn(k), torch.randn(n, k)
    return {"forward": lambda: aten.addmm(bias, x, w.t()),
            "input": lambda: aten.mm(g, w),
            "weight": lambda: aten.mm(g.t(), x)}[which]


def conv2d_step(sizes, which, memory_format):
    n, c, h, w, k, r, stride, padding, groups = sizes
    x = torch.randn(n, c, h, w).to(memory_format=memory_format)
    weight = torch.randn(k, c // groups, r, r).to(memory_format=memory_format)
    bias = torch.randn(k)
    options = [stride] * 2, [padding] * 2, [1, 1], False, [0, 0], groups
    if which == "forward":
        return lambda: aten.convolution(x, weight, bias, *options)
    g = torch.randn_like(aten.convolution(x, weight, bias, *options)).to(memory_format=memory_format)
    mask = [which == "input", which == "weight", False]
    return lambda: aten.convolution_backward(g, x, weight, [k], *options, mask)


def main():
    threads, memory_format = sys.argv[1:]
    torch.set_num_threads(int(threads))
    torch.set_grad_enabled(False)
    formats = {"contiguous": torch.contiguous_format, "channels_last": torch.channels_last}
    last = []

    def step_of(request):
        """Requests of one layer and pass follow each other, so the step of the last one is kept."""
        if last[:1] != [request]:
            last.clear()
            kind, *sizes, which = request
            make = {"linear": linear_step, "conv2d": conv2d_step}[kind]
            last[:] = request, make([int(size) for size in sizes], which, formats[memory_format])
        return last[1]

    answer(step_of)


main()
