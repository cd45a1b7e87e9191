#!/usr/bin/env python3
"""Random programs of views, writes into them, and gradients: the library against PyTorch.

    check_views.py [COUNT [SEED]]

Each program is made while PyTorch runs it, so that it does what is possible there, and now and then what
is not; tests/pytorch/views_tool runs it then. Compared are all values, gradients and flags, whether each
instruction is an error, and that nothing is left alive. Run by ./run-tests --with-pytorch; GRADUS_BUILD
names the build folder.
"""
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import torch

from checks import Tool

tool = Tool("views_tool")


def filled(seed, *shape):
    n = torch.Size(shape).numel()
    values = [0.5 + (7 * i + 3 * seed) % 11 / 8 for i in range(n)]
    return torch.tensor(values, dtype=torch.float64).reshape(shape).clone()


def grad2(a, b):
    (g,) = torch.autograd.grad(a.sum(), b, create_graph=True)
    (h,) = torch.autograd.grad(g.square().sum(), b, retain_graph=True, allow_unused=True)
    return torch.zeros_like(b) if h is None else h


def as_strided(a, offset, *numbers):
    return a.as_strided(numbers[:len(numbers) // 2], numbers[len(numbers) // 2:], offset)


# name -> the number of tensors that it takes, and what it does; what gives a tensor makes a variable.
MAKE = {
    "leaf": (0, lambda seed, *shape: filled(seed, *shape).requires_grad_()),
    "constant": (0, filled),
    "twice": (1, lambda a: a * 2),
    "square": (1, lambda a: a.square()),
    "tanh": (1, lambda a: a.tanh()),
    "clone": (1, lambda a: a.clone()),
    "detach": (1, lambda a: a.detach()),
    "sum": (1, lambda a: a.sum()),
    "add": (2, lambda a, b: a + b),
    "mul": (2, lambda a, b: a * b),
    "select": (1, lambda a, dim, i: a.select(dim, i)),
    "narrow": (1, lambda a, dim, start, length: a.narrow(dim, start, length)),
    "transpose": (1, lambda a, i, j: a.transpose(i, j)),
    "unsqueeze": (1, lambda a, dim: a.unsqueeze(dim)),
    "squeeze": (1, lambda a: a.squeeze()),
    "expand": (1, lambda a, *shape: a.expand(shape)),
    "view": (1, lambda a, *shape: a.view(shape)),
    "reshape": (1, lambda a, *shape: a.reshape(shape)),
    "flatten": (1, lambda a: a.flatten()),
    "as_strided": (1, as_strided),
}
WRITE = {
    "add_": (2, lambda a, b: a.add_(b)),
    "sub_": (2, lambda a, b: a.sub_(b)),
    "mul_": (2, lambda a, b: a.mul_(b)),
    "div_": (2, lambda a, b: a.div_(b)),
    "copy_": (2, lambda a, b: a.copy_(b)),
    "scale_": (1, lambda a, value: a.mul_(value)),
    "shift_": (1, lambda a, value: a.add_(value)),
    "fill_": (1, lambda a, value: a.fill_(value)),
    "zero_": (1, lambda a: a.zero_()),
    "relu_": (1, lambda a: a.relu_()),
    "clamp_": (1, lambda a, low, high: a.clamp_(low, high)),
}
READ = {
    "record": (0, lambda on: torch.set_grad_enabled(bool(on)) and None),
    "retain": (1, lambda a: a.retain_grad()),
    "read": (1, lambda a: a),
    "flags": (1, lambda a: torch.tensor([a.requires_grad, a.is_leaf])),
    "backward": (1, lambda a: a.sum().backward(retain_graph=True)),
    "collected": (1, lambda a: a.grad),
    "grad": (2, lambda a, b: torch.autograd.grad(a.sum(), b, retain_graph=True)[0]),
    "grad2": (2, grad2),
}
ALL = {**MAKE, **WRITE, **READ}


def apart(a, b):
    """Whether two tensors lie in different memory, or are the same elements in the same order."""
    def end(t):
        return t.data_ptr() + 8 * (1 + sum((size - 1) * step for size, step in zip(t.shape, t.stride())))
    same = (a.data_ptr(), a.shape, a.stride()) == (b.data_ptr(), b.shape, b.stride())
    return same or a.numel() == 0 or b.numel() == 0 or end(a) <= b.data_ptr() or end(b) <= a.data_ptr()


class Program:
    """A program, and what PyTorch made of each of its lines."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.lines, self.expected, self.variables = [], [], []
        self.unrecorded_view = set()  # variables that are views made while recording was off
        self.unrecorded_write = False
        self.failed_backward = self.asked = False
        self.free = set()  # lines that may differ, see forgets()
        torch.set_grad_enabled(True)

    def forgets(self, name, arguments):
        """Whether an instruction asks for the gradient of a view after an unrecorded write. In PyTorch such
        a write, too, makes a view forget what was computed from it; here only a recorded one does. What a
        failed backward pass leaves in leaves is not specified; and in PyTorch grad(), too, adds to what an
        intermediate tensor retains."""
        if name == "collected" and (self.failed_backward or
                                    self.asked and arguments[0] is not None and not arguments[0].is_leaf):
            return True
        self.asked |= name in ("grad", "grad2")
        return (self.unrecorded_write and name in ("grad", "grad2", "collected") and
                arguments[-1] is not None and arguments[-1]._is_view())

    def run(self, name, *numbers):
        """Appends an instruction; its outcome is "skip", an Exception, or numbers."""
        tensors, function = ALL[name]
        arguments = [self.variables[i] for i in numbers[:tensors]] + list(numbers[tensors:])
        made = -1
        if any(a is None for a in arguments[:tensors]):
            outcome = "skip"
        else:
            try:
                if name in WRITE and torch.is_grad_enabled():
                    arguments[0].grad_fn  # else PyTorch takes a view whose base got a history for a leaf
                result = function(*arguments)
                outcome = [] if result is None else result.detach().flatten().tolist()
            except (RuntimeError, IndexError) as error:
                result, outcome = None, error
                self.failed_backward |= name == "backward"
        if name in MAKE:
            made = len(self.variables)
            self.variables.append(None if outcome == "skip" or isinstance(outcome, Exception) else result)
            outcome = outcome if outcome == "skip" or isinstance(outcome, Exception) else []
        if self.forgets(name, arguments):
            self.free.add(len(self.lines))
        self.lines.append(" ".join(map(str, [name, made, *numbers])))
        self.expected.append(outcome)
        return made

    # ---- choosing what comes next ----

    def any(self, *conditions):
        """A variable with some properties, rather one of the last; None where there is none."""
        fit = [i for i, t in enumerate(self.variables) if t is not None and all(c(t) for c in conditions)]
        if not fit:
            return None
        return fit[-1 - min(int(self.random.expovariate(0.35)), len(fit) - 1)]

    def fitting(self, a):
        """A variable that broadcasts to a, and that shares its memory with all elements of a or with none."""
        target = self.variables[a]

        def fits(t):
            try:
                return apart(t, target) and torch.broadcast_shapes(t.shape, target.shape) == target.shape
            except RuntimeError:
                return False
        return self.any(fits)

    def view(self):
        choose, a = self.random, self.any()
        t = self.variables[a]
        if not torch.is_grad_enabled() and (t.requires_grad or t._is_view() and t._base.requires_grad):
            return
        kind = choose.choice(["select", "narrow", "narrow", "transpose", "unsqueeze", "squeeze", "expand", "view",
                              "reshape", "flatten", "as_strided", "detach"])
        dim = choose.randrange(t.dim()) if t.dim() else 0
        if kind in ("select", "narrow", "transpose") and t.dim() == 0:
            return
        if kind == "select":
            numbers = [dim, choose.randrange(-t.shape[dim], t.shape[dim]) if t.shape[dim] else 0]
        elif kind == "narrow":
            start = choose.randint(0, t.shape[dim])
            numbers = [dim, start, choose.randint(0 if choose.random() < 0.1 else min(1, t.shape[dim] - start),
                                                  t.shape[dim] - start)]
        elif kind == "transpose":
            numbers = [dim, choose.randrange(t.dim())]
        elif kind == "flatten" and t.dim() == 1:
            return  # that is the tensor itself in PyTorch
        elif kind == "unsqueeze":
            if t.dim() > 3:
                return
            numbers = [choose.randint(-t.dim() - 1, t.dim())]
        elif kind == "expand":
            numbers = [choose.choice([1, 2]) if size == 1 else size for size in t.shape]
        elif kind in ("view", "reshape"):
            sizes = [s for s in t.shape]
            choose.shuffle(sizes)
            numbers = sizes if choose.random() < 0.5 else [t.numel()]
        elif kind == "as_strided":
            if t.numel() < 2 or not t.is_contiguous():
                return  # else it might show elements that t does not
            numbers = [t.storage_offset(), *choose.choice([(2, 1), (1, 2, 1, 1), (2, 1, 1, 2), (1, 1)])]
        else:
            numbers = []
        made = self.run(kind, a, *numbers)
        if kind != "detach" and (a in self.unrecorded_view or not torch.is_grad_enabled()):
            self.unrecorded_view.add(made)

    def write(self):
        choose, a = self.random, self.any(lambda t: t.numel() > 0 or self.random.random() < 0.2)
        if a is None:
            return
        kind = choose.choice(list(WRITE))
        expanded = any(step == 0 and size > 1 for step, size in zip(self.variables[a].stride(), self.variables[a].shape))
        if expanded and kind in ("zero_", "fill_", "copy_"):
            return  # PyTorch lets the first two write a number several times, and the third one itself
        b = self.fitting(a)
        if WRITE[kind][0] == 2:
            if b is None:
                return
            self.run(kind, a, b)
        elif kind == "clamp_":
            self.run(kind, a, 0.25, 1.5)
        elif kind in ("scale_", "shift_", "fill_"):
            self.run(kind, a, choose.choice([0.5, -0.5, 1.25]))
        else:
            self.run(kind, a)
        t = self.variables[a]
        if not torch.is_grad_enabled() or not t.requires_grad:
            memory = t.untyped_storage().data_ptr()
            self.unrecorded_write |= any(other is not None and other.requires_grad and
                                         other.untyped_storage().data_ptr() == memory
                                         for other in self.variables)

    def compute(self):
        kind = self.random.choice(["twice", "square", "tanh", "clone", "sum", "add", "mul"])
        a = self.any()
        if ALL[kind][0] == 1:
            self.run(kind, a)
        else:
            b = self.fitting(a)
            if b is not None:
                self.run(kind, a, b)

    def differentiate(self):
        kind = self.random.choice(["grad", "grad", "grad2", "backward"])
        a = self.any(lambda t: t.requires_grad)
        b = self.any(lambda t: t.requires_grad)
        if a is not None:
            self.run(kind, *([a] if kind == "backward" else [a, b]))

    def make(self):
        choose = self.random
        for seed in range(choose.randint(1, 3)):
            self.run("leaf", seed, *choose.choice([(3,), (2, 3), (3, 1), (2, 2, 3), ()]))
        self.run("constant", 7, *choose.choice([(2, 3), (4, 3), (2, 2, 3)]))
        self.run("twice", 0)
        for _ in range(choose.randint(6, 22)):
            step = choose.random()
            if step < 0.3:
                self.view()
            elif step < 0.62:
                self.write()
            elif step < 0.8:
                self.compute()
            elif step < 0.9:
                self.differentiate()
            elif step < 0.93:
                self.run("retain", self.any())
            elif step < 0.97:
                self.run("flags", self.any())
            else:
                self.run("record", int(not torch.is_grad_enabled()))
        self.run("record", 1)
        for i in range(len(self.variables)):
            if i not in self.unrecorded_view:
                self.run("flags", i)
        for i in (self.any(lambda t: t.requires_grad) for _ in range(3)):
            if i is not None:
                self.run("backward", i)
        for i, t in enumerate(self.variables):
            self.run("read", i)
            if t is not None and i not in self.unrecorded_view and (t.is_leaf or t.retains_grad):
                self.run("collected", i)
        self.lines.append("end")
        return self


def close(x, y):
    return x == y or (x != x and y != y) or abs(x - y) <= 1e-9 + 1e-9 * abs(y)


def difference(program, at, line):
    """How the tool's line differs from what PyTorch made of instruction `at`, or None."""
    if at in program.free:
        return None
    expected = program.expected[at]
    word, _, rest = line.partition(" ")
    if isinstance(expected, Exception):
        if word == "error":
            return None
        if "does not require grad and does not have a grad_fn" in str(expected) and set(rest.split()) == {"0"}:
            return None  # a second derivative that is known to be zero there, and computed to be here
        return f"PyTorch refuses it: {str(expected)[:160]}"
    if expected == "skip":
        return None if word == "skip" else "PyTorch has not come to it"
    if word != "ok":
        return f"it is an {line}"
    got = [float(number) for number in rest.split()]
    if len(got) == len(expected) and all(map(close, got, expected)):
        return None
    return f"it gave {got}, PyTorch {expected}"


def compare(programs, folder):
    """The first difference, as text, or None."""
    path = Path(folder) / "programs"
    path.write_text("".join("\n".join(p.lines) + "\n" for p in programs))
    output = tool(path).splitlines()
    at = 0
    for number, program in enumerate(programs):
        for i, line in enumerate(program.lines):
            if line == "end":
                wrong = None if output[at] == "end 0" else f"{output[at].split()[1]} objects are left alive"
            else:
                wrong = difference(program, i, output[at])
            at += 1
            if wrong:
                return number, f"line {i + 1}, {line}: {wrong}\n" + "\n".join(program.lines[:i + 1])
    return None


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 400
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    torch.set_num_threads(1)
    programs = [Program(first + i).make() for i in range(count)]
    refused = sum(isinstance(e, Exception) for p in programs for e in p.expected)
    with tempfile.TemporaryDirectory() as folder:
        wrong = compare(programs, folder)
    name = "programs_of_views_agree_with_pytorch"
    if wrong:
        print(f"seed {first + wrong[0]}\n{wrong[1]}")
        print(f"not ok {name} - see the output above")
    else:
        print(f"ok {name} ({count} programs, {sum(len(p.lines) for p in programs)} lines, {refused} of them errors)")
    return wrong is not None


if __name__ == "__main__":
    sys.exit(main())
