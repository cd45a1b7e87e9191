"""Runs the table: each sample of each op in Gradus and in PyTorch, and compares."""
import re
import zlib

import torch

import gradus as g
from samples import FLOATS, TABLE

LAYOUTS = ("plain", "transposed", "strided", "channels_last", "expanded", "mixed")
# (rtol, share of the largest element) by dtype: of float32 against float64 of the same inputs.
TOLERANCE = {torch.float64: (1e-9, 1e-10), torch.float32: (2e-5, 2e-5), torch.bfloat16: (2e-2, 2e-2)}
KINDS = {"int": g.INT, "float": g.FLOAT, "bool": g.BOOL, "ScalarType": g.DTYPE, "str": g.STRING}


class Schema:
    def __init__(self, text):
        head, results = text.split(") -> ")
        self.name, parameters = head.split("(", 1)
        parameters = re.sub(r"\[[^\]]*\](?=[,)]|$)", lambda m: m[0].replace(",", ";"), parameters)  # of defaults
        self.parameters = [p.split("=")[0].rsplit(" ", 1) for p in parameters.split(", ") if p and p != "*"]
        self.tensors = [name for kind, name in self.parameters if kind.startswith("Tensor")]
        self.outputs = results.count("Tensor")


def lay_out(case, t, leaf, kind, which):
    """(Gradus's tensor, PyTorch's) with the same elements as the leaf; a layout that the shape cannot have is None."""
    invoke = case.lib.invoke
    if kind == "mixed":
        kind = LAYOUTS[1 + (which + 1) % 2] if which else "plain"
    dims = leaf.dim()
    if kind == "transposed" and dims >= 2:
        swap = [(None, g.INT, -1), (None, g.INT, -2)]
        other = invoke("contiguous", [(None, g.TENSOR, invoke("transpose", [(None, g.TENSOR, t), *swap], 1)[0])], 1)[0]
        return invoke("transpose", [(None, g.TENSOR, other), *swap], 1)[0], leaf
    if kind == "strided" and dims >= 1:
        twice = invoke("stack", [(None, g.TENSORS, [t, t]), (None, g.INT, -1)], 1)[0]
        return invoke("select", [(None, g.TENSOR, twice), (None, g.INT, -1), (None, g.INT, 0)], 1)[0], leaf
    if kind == "channels_last" and dims == 4:
        return invoke("to_channels_last", [(None, g.TENSOR, t)], 1)[0], leaf
    if kind == "expanded" and dims >= 1 and leaf.shape[0] > 1 and which == 0:
        first = invoke("narrow", [(None, g.TENSOR, t), (None, g.INT, 0), (None, g.INT, 0), (None, g.INT, 1)], 1)[0]
        return invoke("expand", [(None, g.TENSOR, first), (None, g.INTS, list(leaf.shape))], 1)[0], leaf[:1].expand(leaf.shape)
    return (t, leaf) if kind == "plain" or which else (None, None)


class Case:
    """One sample in one dtype and layout."""

    def __init__(self, lib, schema, sample, dtype, layout):
        self.lib, self.schema, self.sample, self.dtype, self.layout = lib, schema, sample, dtype, layout
        self.reference, _, _, self.writes, self.by_output = TABLE[schema.name]

    def make_inputs(self):
        """Leaves by position: of what the sample has, lists flattened."""
        earlier, self.flat, self.exact = [], [], []
        for description in self.sample.inputs:
            for t in description if isinstance(description, list) else [description]:
                if t is None:
                    continue
                value = t.make(earlier)
                if t.follows:
                    value = value.round().clamp(0, 5) if self.dtype == torch.uint8 else value
                    value = value.to(self.dtype)
                earlier.append(value.double() if value.is_floating_point() else value)
                self.flat.append((value, t.grad and value.is_floating_point()))

    def torch_inputs(self, leaves):
        """The reference's arguments from leaves, laid out."""
        rest = iter(leaves)
        result = []
        for description in self.sample.inputs:
            if isinstance(description, list):
                result.append([next(rest) for _ in description])
            else:
                result.append(None if description is None else next(rest))
        return result

    def call_reference(self, dtype, mine=None):
        """(leaves, outputs) in a dtype; None where PyTorch refuses."""
        leaves = []
        for value, grad in self.flat:
            value = value.detach().clone()
            value = value.to(dtype) if value.is_floating_point() else value
            leaves.append(value.requires_grad_(grad))
        seen = []
        for which, leaf in enumerate(leaves):
            expanded = self.layout == "expanded" and which == 0 and leaf.dim() and leaf.shape[0] > 1
            seen.append(leaf[:1].expand(leaf.shape) if expanded else leaf)
        if self.writes:
            seen[0] = seen[0].clone()
        inputs = self.torch_inputs(seen)
        out = self.reference(*([mine] if self.by_output else []), *inputs, **self.sample.arguments)
        return leaves, list(out) if isinstance(out, (tuple, list)) else [out]

    def call_gradus(self):
        lib = self.lib
        self.leaves = [lib.tensor(value, grad) for value, grad in self.flat]
        placed = []
        for which, (t, (value, _)) in enumerate(zip(self.leaves, self.flat)):
            t, _ = lay_out(self, t, value, self.layout, which)
            if t is None:
                return None
            placed.append(t)
        if self.writes:
            placed[0] = lib.invoke("clone", [(None, g.TENSOR, placed[0])], 1)[0]
        given = dict(zip(self.schema.tensors, self.torch_inputs(placed)))
        values, positional = [], True
        for kind, name in self.schema.parameters:
            if name in given:
                value = given[name]
                box = g.TENSORS if isinstance(value, list) else g.NONE if value is None else g.TENSOR
            elif name in self.sample.arguments:
                value = self.sample.arguments[name]
                box = self.kind_of(kind, value)
                value = g.DTYPES.index(value) if box == g.DTYPE else value
            else:
                positional = False
                continue
            values.append((None if positional else name, box, value))
        return lib.invoke(self.schema.name, values, self.schema.outputs)

    @staticmethod
    def kind_of(kind, value):
        if kind.startswith("int["):
            return g.INTS if isinstance(value, (list, tuple)) else g.INT
        return g.INT if kind == "float" and isinstance(value, int) else KINDS[kind]

    # ---- comparisons ----

    def compare(self, what, got, wanted, loosely=1):
        if list(got.shape) != list(wanted.shape):
            raise AssertionError(f"{what} has shape {list(got.shape)}, PyTorch's {list(wanted.shape)}")
        if not wanted.is_floating_point():
            if not torch.equal(got.to(wanted.dtype), wanted):
                raise AssertionError(f"{what} is {got.flatten()[:6].tolist()}, PyTorch's {wanted.flatten()[:6].tolist()}")
            return
        got, wanted = got.double(), wanted.double()
        rtol, share = TOLERANCE.get(self.dtype, TOLERANCE[torch.float32])
        if self.dtype == torch.float32 and self.sample.rtol:
            rtol = share = self.sample.rtol
        finite = wanted[wanted.isfinite()]
        atol = share * max(1.0, finite.abs().max().item() if finite.numel() else 0)
        if not torch.allclose(got, wanted, rtol=rtol * loosely, atol=atol * loosely, equal_nan=True):
            worst = (got - wanted).abs().nan_to_num(nan=float("inf"))
            worst[(got.isnan() & wanted.isnan()) | (got == wanted)] = 0
            i = worst.argmax().item()
            raise AssertionError(f"{what} is {got.flatten()[i].item():.9g} at {i}, PyTorch's {wanted.flatten()[i].item():.9g}")

    def run(self):
        """Whether it is a case; an AssertionError or Failure where the two differ."""
        torch.manual_seed(zlib.crc32(f"{self.schema.name}{self.sample.arguments}".encode()))
        self.make_inputs()
        if not self.by_output:
            try:
                _, native = self.call_reference(self.dtype)
            except (RuntimeError, IndexError, ValueError):
                return False
        outs = self.call_gradus()
        if outs is None:
            return False
        got = [self.lib.read(t) for t in outs]
        if self.by_output:
            _, native = self.call_reference(self.dtype, got[0] if len(got) == 1 else got)
        exact = torch.float64 if self.dtype in FLOATS else self.dtype
        leaves, wanted = self.call_reference(exact, got[0] if len(got) == 1 else got)
        if len(wanted) != len(got):
            raise AssertionError(f"there are {len(got)} results, PyTorch has {len(wanted)}")
        for k, (mine, theirs, typed) in enumerate(zip(got, wanted, native)):
            if mine.dtype != typed.dtype:
                raise AssertionError(f"result {k} has dtype {mine.dtype}, PyTorch's {typed.dtype}")
            self.compare(f"result {k}", mine, theirs)
        self.differentiate(outs, leaves, wanted)
        return True

    def differentiate(self, outs, leaves, wanted):
        ours = [i for i, t in enumerate(outs) if self.lib.requires_grad(t)]
        theirs = [i for i, t in enumerate(wanted) if t.requires_grad]
        inputs = [i for i, (_, grad) in enumerate(self.flat) if grad]
        if self.dtype in FLOATS and ours != theirs:
            raise AssertionError(f"results {ours} require gradients, PyTorch's {theirs}")
        if not inputs or not theirs or self.dtype not in FLOATS:
            return
        seeds = [torch.rand(wanted[k].shape).to(self.dtype) + 0.5 for k in theirs]
        my_seeds = [self.lib.tensor(s, True) for s in seeds]
        their_seeds = [s.double().requires_grad_() for s in seeds]
        first = self.dtype == torch.bfloat16 or not self.sample.second
        grads = torch.autograd.grad([wanted[k] for k in theirs], [leaves[i] for i in inputs], their_seeds,
                                    create_graph=not first, allow_unused=True)
        mine = self.lib.grad([outs[k] for k in ours], my_seeds, [self.leaves[i] for i in inputs], not first)
        for i, a, b in zip(inputs, mine, grads):
            self.compare(f"the gradient of input {i}", self.lib.read(a), torch.zeros_like(leaves[i]) if b is None else b, 4)
        if not first:
            self.differentiate_again(mine, grads, my_seeds + [self.leaves[i] for i in inputs],
                                     their_seeds + [leaves[i] for i in inputs])

    def differentiate_again(self, mine, grads, my_leaves, their_leaves):
        pairs = [(a, b) for a, b in zip(mine, grads) if b is not None and b.requires_grad]
        if not pairs:
            return
        seeds = [torch.rand(b.shape).to(self.dtype) + 0.5 for _, b in pairs]
        wanted = torch.autograd.grad([b for _, b in pairs], their_leaves, [s.double() for s in seeds], allow_unused=True)
        usable = [k for k, (a, _) in enumerate(pairs) if self.lib.requires_grad(a)]
        if not usable and all(w is None or not w.count_nonzero() for w in wanted):
            return
        got = self.lib.grad([pairs[k][0] for k in usable], [self.lib.tensor(seeds[k]) for k in usable], my_leaves, False)
        for i, (a, b) in enumerate(zip(got, wanted)):
            b = torch.zeros_like(their_leaves[i]) if b is None else b
            self.compare(f"the second gradient {i}", self.lib.read(a), b, 16)


def cases_of(lib, schema):
    """Each sample in its dtypes and layouts: all layouts in float64, some in the others."""
    _, samples, dtypes, writes, _ = TABLE[schema.name]
    for sample in samples:
        for dtype in sample.only or dtypes:
            layouts = LAYOUTS if dtype in (torch.float64, torch.float32) else ("plain", "strided")
            for layout in layouts if sample.layouts else ("plain",):
                if not (writes and layout == "expanded"):
                    yield Case(lib, schema, sample, dtype, layout)


def run_op(lib, text):
    """(number of cases, failures) of an op."""
    schema, count, failures, used = Schema(text), 0, [], set()
    for case in cases_of(lib, schema):
        mark = lib.lib.gra_mark()
        try:
            if case.run():
                count += 1
                used.add(case.sample)
        except Exception as error:  # a test's failure, whatever it is
            shapes = [list(value.shape) for value, _ in case.flat]
            failures.append(f"{shapes} {case.sample.arguments or ''} {str(case.dtype)[6:]} {case.layout}: "
                            f"{' '.join(str(error).split())}")
        lib.lib.gra_release(mark)
        lib.lib.gra_clear_error()
        if failures:
            used.add(case.sample)
    for sample in TABLE[schema.name][1]:
        if sample not in used:
            failures.append(f"{[getattr(t, 'shape', t) for t in sample.inputs]} {sample.arguments}: PyTorch refuses this sample")
    return count, failures
