"""The cases that compare Gradus's ops with PyTorch's.

A case has a name, a function of tensors, and descriptions of its inputs; the C expression of the same
name stands in tests/ops/cases/. record() evaluates a case in float64 and returns named tensors:

    NAME/in0/LAYOUT   the inputs; LAYOUT says how the C side lays them out in memory
    NAME/out          the output
    NAME/seed         weights s, and
    NAME/grad0        the gradient of sum(out * s) for each input that has one
"""
import zlib

import torch

CASES = {}


class T:
    """An input: its shape, what it is filled with, whether it has a gradient, its layout in C."""

    def __init__(self, *shape, kind="normal", grad=True, layout="plain"):
        assert layout in ("plain", "transposed", "strided", "channels_last"), layout
        self.shape, self.kind, self.layout = shape, kind, layout
        self.grad = grad and not kind.startswith(("int", "bool"))

    def make(self):
        n = torch.Size(self.shape).numel()
        if self.kind == "normal":
            return torch.randn(self.shape, dtype=torch.float64)
        if self.kind == "uniform":
            return torch.rand(self.shape, dtype=torch.float64)
        if self.kind == "positive":
            return torch.rand(self.shape, dtype=torch.float64) * 1.5 + 0.5
        if self.kind == "distinct":  # no two alike, none near 0
            grid = (torch.arange(n, dtype=torch.float64) - n / 2 + 0.5) * 0.13
            grid = grid + 0.05 * torch.sign(grid)
            return grid[torch.randperm(n)].reshape(self.shape)
        if self.kind == "bool":
            return torch.rand(self.shape) < 0.5
        if self.kind.startswith("int:"):
            low, high = map(int, self.kind.split(":")[1:])
            return torch.randint(low, high, self.shape)
        raise ValueError(self.kind)


def case(name, function, *inputs):
    assert name not in CASES, f"two cases are called {name}"
    CASES[name] = (function, inputs)


def gradient(y, weights, x):
    """The gradient of sum(y * weights) by x, for the cases of the private ops."""
    return torch.autograd.grad(y, x, weights, create_graph=True)[0]


def result(x):
    """A tensor that an op may overwrite."""
    return x * 1


def record(name, seed):
    function, inputs = CASES[name]
    torch.manual_seed(zlib.crc32(name.encode()) + seed)
    values = [t.make() for t in inputs]
    leaves = [v.clone().requires_grad_(t.grad) for v, t in zip(values, inputs)]
    out = function(*leaves)
    named = {f"{name}/in{i}/{t.layout}": v for i, (v, t) in enumerate(zip(values, inputs))}
    named[f"{name}/out"] = out.detach().clone().contiguous()
    if out.requires_grad:
        weights = torch.rand(out.shape, dtype=torch.float64) + 0.5
        named[f"{name}/seed"] = weights
        wanted = [i for i, t in enumerate(inputs) if t.grad]
        gradients = torch.autograd.grad((out * weights).sum(), [leaves[i] for i in wanted], allow_unused=True)
        for i, g in zip(wanted, gradients):
            g = torch.zeros_like(values[i]) if g is None else g
            named[f"{name}/grad{i}"] = g.detach().clone().contiguous()
    return named
