"""The table of the conformance test: for each op what PyTorch does, and samples of its arguments.

    op("mul", torch.mul, S(T(3, 4), T(3, 4)), S(T(3, 1), T(2, 1, 4)), dtypes=ALL)

A sample has the tensors in the order of the schema (a list for Tensor[], None for one that is left out) and the other
arguments by their names in the schema; the reference is called with the same. Each sample runs in several dtypes and
memory layouts; what PyTorch refuses is no case.
"""
import torch

FLOATS = (torch.float64, torch.float32, torch.bfloat16)
INTEGERS = (torch.int64, torch.int32, torch.uint8, torch.bool)
ALL = FLOATS + INTEGERS
TABLE = {}


class T:
    """An input: its shape, what it is filled with, and whether its dtype follows that of the case (kind "int:..", "bool"
    and given tensors stay as they are) and it has a gradient."""

    def __init__(self, *shape, kind="normal", grad=True):
        self.shape, self.kind, self.grad = shape, kind, grad
        self.follows = not (kind.startswith("int:") or kind == "bool")

    def make(self, earlier):
        n = torch.Size(self.shape).numel()
        if self.kind == "normal":
            return torch.randn(self.shape, dtype=torch.float64)
        if self.kind == "uniform":
            return torch.rand(self.shape, dtype=torch.float64) * 0.9 + 0.05
        if self.kind == "positive":
            return torch.rand(self.shape, dtype=torch.float64) * 1.5 + 0.5
        if self.kind == "sign":
            return torch.randint(0, 2, self.shape).double() * 2 - 1
        if self.kind == "distinct":  # no two alike, none near 0, and far apart also in bfloat16 where there are few
            grid = (torch.arange(n, dtype=torch.float64) - n // 2 + 0.5) * 0.125
            return grid[torch.randperm(n)].reshape(self.shape)
        if self.kind == "probabilities":
            return torch.rand(self.shape, dtype=torch.float64).softmax(1)
        if self.kind == "bool":
            return torch.rand(self.shape) < 0.5
        _, low, high = self.kind.split(":")
        return torch.randint(int(low), int(high), self.shape)


class Given(T):
    """An input that is computed of those before it, or a tensor as it is; without a gradient unless asked."""

    def __init__(self, value, grad=False, follows=False):
        super().__init__(kind="given", grad=grad)
        self.value, self.follows = value, follows

    def make(self, earlier):
        return self.value(*earlier) if callable(self.value) else self.value.clone()


class S:
    def __init__(self, *inputs, layouts=True, second=True, only=None, rtol=None, **arguments):
        self.inputs, self.arguments = inputs, arguments
        self.layouts = layouts  # whether other memory layouts have the same result
        self.second = second    # whether PyTorch has a second derivative
        self.only = only        # dtypes, where not those of the op
        self.rtol = rtol        # of float32, where the result is a difference of large numbers


def op(name, reference, *samples, dtypes=FLOATS, writes=False, by_output=False):
    """writes: in place, so that the input is a copy; by_output: the reference takes our results first, for random ops."""
    assert name not in TABLE, f"{name} is in the table already"
    TABLE[name] = (reference, samples, dtypes, writes, by_output)


def slope(g, x, function):
    """The gradient of a function at x for g, recorded: what a NAME_backward op computes."""
    x = x if x.requires_grad else x.clone().requires_grad_()
    return torch.autograd.grad(function(x), x, g, create_graph=True)[0]
